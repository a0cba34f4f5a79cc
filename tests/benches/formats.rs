//! What other formats cost: each op beside a plain loop of f32 over as many numbers, in turn, in one process.
//!
//!     cargo bench -p nfgrad-tests --bench formats
//!
//! A ratio is the median over rounds of (time of the op in the format / time of the yardstick), both timed in the same round, so
//! that it holds when the speed of the machine drifts. The yardstick of `add`, `mul`, `relu` and their ways back is `*y = a + b`
//! in a loop, as rustc compiles it for a user of f32; that of `exp`, `tanh` and the radii is the same op of ours in f32. In the
//! first table the numbers lie in the nearest cache, where nothing but arithmetic counts; in the second they come from memory. The third
//! has the value and the cotangents of each op on entries, beside those of the same op in f32, and the fourth those of a few from memory.

use std::hint::black_box;
use std::time::Instant;

use nfgrad::bound::Ball;
use nfgrad::format::{Carried, E4m3, E5m2, Flt, NearestEven, Nf, Tf32, f16};
use nfgrad::op::{
    Abs, Add, Cos, Div, Divide, Exp, Expm1, Gelu, GeluTanh, Integer, Invert, LeakyRelu, Literal, Ln, Log1p, Maximum,
    Minimum, Mul, Neg, Op, Pow, Recip, Relu, SafeDiv, SafeLog, SafeLogSmooth, Scale, Shift, Sigmoid, Silu, Sin,
    Softplus, Sqrt, Sub, Tanh,
};
use nfgrad::prelude::*;

/// Rounded as f32 is, in 64 bits.
type Carried24 = Carried<24, -149, 127>;
/// One bit more than f32, and larger and smaller numbers.
type Carried25 = Carried<25, -200, 200>;
/// The same as the first by exact integers.
type Generic24 = Nf<2, Flt<-149, 24>, NearestEven>;

fn main() {
    let plain: [&mut dyn FnMut(); 3] = [&mut sum::<4096>(), &mut product::<4096>(), &mut larger::<4096>()];
    let [add, mul, relu] =
        plain.map(|body| (0..20).map(|_| time(256, body)).fold(f64::INFINITY, f64::min) * 1e9 / 4096.0);
    println!("plain f32: add {add:.3} ns, mul {mul:.3} ns, relu {relu:.3} ns a number\n");
    heading("4,096 numbers");
    row::<f32, 4096>("f32");
    row::<bf16, 4096>("bf16 (goal 1.5)");
    row::<f16, 4096>("f16");
    row::<Tf32, 4096>("tf32");
    row::<E4m3, 4096>("e4m3 (goal 3)");
    row::<E5m2, 4096>("e5m2 (goal 3)");
    row::<Carried24, 4096>("24 bits in f64 (goal 5)");
    row::<f64, 4096>("f64");
    row::<Generic24, 4096>("24 bits in Nf");
    heading("1,048,576 numbers");
    row::<f32, 0x10_0000>("f32");
    row::<bf16, 0x10_0000>("bf16 (goal 1.5)");
    row::<E4m3, 0x10_0000>("e4m3 (goal 3)");
    row::<Carried24, 0x10_0000>("24 bits in f64 (goal 5)");
    every_op();
}

/// As many as a layer may have, more than the nearest cache holds.
const MANY: usize = 0x1_0000;
/// More than any cache holds.
const HUGE: usize = 0x80_0000;

/// A tenth, of no format a number.
struct Tenth;

impl Literal for Tenth {
    const TEXT: &'static str = "0.1";
    const NEAREST: f64 = 0.1;
    const EXACT: bool = false;
}

fn every_op() {
    ops_heading("65,536 numbers / f32");
    of_one::<MANY, Neg>("neg");
    of_one::<MANY, Abs>("abs");
    of_one::<MANY, Relu>("relu");
    of_one::<MANY, LeakyRelu<Tenth>>("leaky_relu");
    of_one::<MANY, Scale<Tenth>>("scale");
    of_one::<MANY, Shift<Tenth>>("shift");
    of_one::<MANY, Divide<Tenth>>("divide");
    of_one::<MANY, Invert<Tenth>>("invert");
    of_one::<MANY, Pow<Integer<2>>>("pow, 2");
    of_one::<MANY, Pow<Integer<5>>>("pow, 5");
    of_one::<MANY, Recip>("recip");
    of_one::<MANY, Sqrt>("sqrt");
    of_one::<MANY, Exp>("exp");
    of_one::<MANY, Expm1>("expm1");
    of_one::<MANY, Ln>("ln");
    of_one::<MANY, Log1p>("log1p");
    of_one::<MANY, SafeLog<Tenth>>("safe_log");
    of_one::<MANY, SafeLogSmooth<Tenth>>("safe_log_smooth");
    of_one::<MANY, Tanh>("tanh");
    of_one::<MANY, Sigmoid>("sigmoid");
    of_one::<MANY, Softplus>("softplus");
    of_one::<MANY, Silu>("silu");
    of_one::<MANY, Gelu>("gelu");
    of_one::<MANY, GeluTanh>("gelu_tanh");
    of_one::<MANY, Sin>("sin");
    of_one::<MANY, Cos>("cos");
    of_two::<MANY, Add>("add");
    of_two::<MANY, Sub>("sub");
    of_two::<MANY, Mul>("mul");
    of_two::<MANY, Div>("div");
    of_two::<MANY, SafeDiv<Tenth>>("safe_div");
    of_two::<MANY, Maximum>("maximum");
    of_two::<MANY, Minimum>("minimum");
    ops_heading("8,388,608 numbers / f32");
    of_one::<HUGE, Pow<Integer<2>>>("pow, 2");
    of_one::<HUGE, Pow<Integer<5>>>("pow, 5");
    of_one::<HUGE, Log1p>("log1p");
    of_one::<HUGE, Tanh>("tanh");
}

fn ops_heading(title: &str) {
    let columns = ["bf16", "back", "e4m3", "back", "24 bits", "back", "25 bits", "back"];
    println!("{title:<24}{}", columns.map(|column| format!("{column:>10}")).concat());
}

/// A row: the time of a value and that of the way back, in each format.
fn show(name: &str, ratios: [[f64; 2]; 4]) {
    print!("{name:<24}");
    ratios.as_flattened().iter().for_each(|ratio| print!("{ratio:>10.2}"));
    println!();
}

fn of_one<const LEN: usize, O: Op<((D<LEN>,),)>>(name: &str) {
    fn both<const LEN: usize, O: Op<((D<LEN>,),)>, F: Format>() -> [f64; 2] {
        [
            ratio::<LEN>(&mut unary::<O, F, LEN>(), &mut unary::<O, f32, LEN>()),
            ratio::<LEN>(&mut unary_back::<O, F, LEN>(), &mut unary_back::<O, f32, LEN>()),
        ]
    }
    show(
        name,
        [both::<LEN, O, bf16>(), both::<LEN, O, E4m3>(), both::<LEN, O, Carried24>(), both::<LEN, O, Carried25>()],
    );
}

fn of_two<const LEN: usize, O: Op<((D<LEN>,), (D<LEN>,))>>(name: &str) {
    fn both<const LEN: usize, O: Op<((D<LEN>,), (D<LEN>,))>, F: Format>() -> [f64; 2] {
        [
            ratio::<LEN>(&mut binary::<O, F, LEN>(), &mut binary::<O, f32, LEN>()),
            ratio::<LEN>(&mut binary_back::<O, F, LEN>(), &mut binary_back::<O, f32, LEN>()),
        ]
    }
    show(
        name,
        [both::<LEN, O, bf16>(), both::<LEN, O, E4m3>(), both::<LEN, O, Carried24>(), both::<LEN, O, Carried25>()],
    );
}

fn heading(title: &str) {
    let columns = ["add", "mul", "relu", "exp", "tanh", "mul back", "relu back", "mul radii"];
    println!("{title:<24}{}", columns.map(|column| format!("{column:>10}")).concat());
}

fn row<F: Format, const LEN: usize>(name: &str) {
    let ratios = [
        ratio::<LEN>(&mut binary::<Add, F, LEN>(), &mut sum::<LEN>()),
        ratio::<LEN>(&mut binary::<Mul, F, LEN>(), &mut product::<LEN>()),
        ratio::<LEN>(&mut unary::<Relu, F, LEN>(), &mut larger::<LEN>()),
        ratio::<LEN>(&mut unary::<Exp, F, LEN>(), &mut unary::<Exp, f32, LEN>()),
        ratio::<LEN>(&mut unary::<Tanh, F, LEN>(), &mut unary::<Tanh, f32, LEN>()),
        ratio::<LEN>(&mut product_back::<F, LEN>(), &mut product::<LEN>()),
        ratio::<LEN>(&mut relu_back::<F, LEN>(), &mut selected::<LEN>()),
        ratio::<LEN>(&mut product_radii::<F, LEN>(), &mut product_radii::<f32, LEN>()),
    ];
    println!("{name:<24}{}", ratios.map(|ratio| format!("{ratio:>10.2}")).concat());
}

/// Numbers that begin on a cache line, as the buffers of a run do.
struct Numbers<F> {
    data: Vec<F>,
    start: usize,
    len: usize,
}

impl<F: Format> Numbers<F> {
    fn new<const LEN: usize>(seed: usize) -> Self {
        let mut data = vec![F::ZERO; LEN + 64];
        let start = data.as_ptr().align_offset(64).min(64);
        for (i, x) in data[start..].iter_mut().enumerate() {
            *x = F::from_f64(((i * 61 + seed) % 127) as f64 / 32.0 - 2.0);
        }
        Self { data, start, len: LEN }
    }

    fn get(&self) -> &[F] {
        black_box(&self.data[self.start..][..self.len])
    }

    fn get_mut(&mut self) -> &mut [F] {
        black_box(&mut self.data[self.start..][..self.len])
    }
}

/// `body` on two operands and a result.
fn run<F: Format, const LEN: usize>(mut body: impl FnMut(&[F], &[F], &mut [F])) -> impl FnMut() {
    let (a, b, mut y) = (Numbers::new::<LEN>(1), Numbers::new::<LEN>(7), Numbers::new::<LEN>(0));
    move || body(a.get(), b.get(), y.get_mut())
}

fn sum<const LEN: usize>() -> impl FnMut() {
    run::<f32, LEN>(|a, b, y| y.iter_mut().zip(a).zip(b).for_each(|((y, a), b)| *y = a + b))
}

fn product<const LEN: usize>() -> impl FnMut() {
    run::<f32, LEN>(|a, b, y| y.iter_mut().zip(a).zip(b).for_each(|((y, a), b)| *y = a * b))
}

fn larger<const LEN: usize>() -> impl FnMut() {
    run::<f32, LEN>(|a, _, y| y.iter_mut().zip(a).for_each(|(y, a)| *y = a.max(0.0)))
}

fn selected<const LEN: usize>() -> impl FnMut() {
    run::<f32, LEN>(|x, dy, dx| {
        dx.iter_mut().zip(x).zip(dy).for_each(|((dx, &x), &dy)| *dx = if x > 0.0 { dy } else { 0.0 });
    })
}

fn binary<O: Op<((D<LEN>,), (D<LEN>,))>, F: Format, const LEN: usize>() -> impl FnMut() {
    run::<F, LEN>(|a, b, y| O::forward::<F>([a, b], y))
}

fn unary<O: Op<((D<LEN>,),)>, F: Format, const LEN: usize>() -> impl FnMut() {
    run::<F, LEN>(|x, _, y| O::forward::<F>([x], y))
}

/// The cotangent of the left operand.
fn product_back<F: Format, const LEN: usize>() -> impl FnMut() {
    run::<F, LEN>(|a, b, dx| <Mul as Op<((D<LEN>,), (D<LEN>,))>>::vjp([a, b], a, b, [Some(dx), None]))
}

/// Both cotangents.
fn binary_back<O: Op<((D<LEN>,), (D<LEN>,))>, F: Format, const LEN: usize>() -> impl FnMut() {
    let (y, mut db) = (Numbers::new::<LEN>(0), Numbers::new::<LEN>(0));
    run::<F, LEN>(move |a, b, da| O::vjp([a, b], y.get(), a, [Some(da), Some(db.get_mut())]))
}

/// The cotangent of a function, given its value.
fn unary_back<O: Op<((D<LEN>,),)>, F: Format, const LEN: usize>() -> impl FnMut() {
    let mut y = Numbers::new::<LEN>(0);
    O::forward::<F>([Numbers::new::<LEN>(1).get()], y.get_mut());
    run::<F, LEN>(move |x, dy, dx| O::vjp([x], y.get(), dy, [Some(dx)]))
}

fn relu_back<F: Format, const LEN: usize>() -> impl FnMut() {
    run::<F, LEN>(|x, dy, dx| <Relu as Op<((D<LEN>,),)>>::vjp([x], x, dy, [Some(dx)]))
}

/// The radii of a product of exact numbers.
fn product_radii<F: Format, const LEN: usize>() -> impl FnMut() {
    let (a, b, y) = (Numbers::new::<LEN>(1), Numbers::new::<LEN>(7), Numbers::new::<LEN>(0));
    let (zero, mut radii) = (vec![0.0; LEN], vec![0.0; LEN]);
    move || {
        let balls = [Ball::<F, Elementwise>::new(a.get(), &zero), Ball::new(b.get(), &zero)];
        <Mul as Op<((D<LEN>,), (D<LEN>,))>>::forward_radius(balls, y.get(), black_box(&mut radii));
    }
}

fn ratio<const LEN: usize>(ours: &mut dyn FnMut(), yardstick: &mut dyn FnMut()) -> f64 {
    // A slow format needs fewer rounds.
    let slow = time(1, ours) > 20.0 * time(1, yardstick);
    let (rounds, calls) =
        if slow { (3, 1) } else { (if LEN > 1 << 20 { 7 } else { 40 }, (1_usize << 20).div_ceil(LEN)) };
    let mut ratios: Vec<f64> = (0..rounds).map(|_| time(calls, ours) / time(calls, yardstick)).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// Seconds for one of so many calls, the least of three times.
fn time(calls: usize, body: &mut dyn FnMut()) -> f64 {
    let one = |_| {
        let start = Instant::now();
        (0..calls).for_each(|_| body());
        start.elapsed().as_secs_f64() / calls as f64
    };
    (0..3).map(one).fold(f64::INFINITY, f64::min)
}
