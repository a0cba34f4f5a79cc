//! What other formats cost: each op of 4,096 numbers beside the same op in f32, in turn, in one process.
//!
//!     cargo bench -p nfgrad-tests --bench formats
//!
//! A ratio is the median over rounds of (time in the format / time in f32), both timed in the same round, so that it holds
//! when the speed of the machine drifts.

use std::hint::black_box;
use std::time::Instant;

use nfgrad::format::{Carried, E4m3, E5m2, Tf32, f16};
use nfgrad::op::{Add, Exp, Mul, Op, Relu, Tanh};
use nfgrad::prelude::*;

const LEN: usize = 4096;
const ROUNDS: usize = 40;

type S = (D<LEN>,);
/// Rounded as f32 is, in 64 bits.
type Carried24 = Carried<24, -149, 127>;

fn main() {
    println!("{:<28} {:>7} {:>7} {:>7} {:>7} {:>7}", "time over that of f32", "add", "mul", "relu", "exp", "tanh");
    row::<bf16>("bf16 (goal 1.5)");
    row::<f16>("f16");
    row::<Tf32>("tf32");
    row::<E4m3>("e4m3 (goal 3)");
    row::<E5m2>("e5m2 (goal 3)");
    row::<Carried24>("24 bits in f64 (goal 5)");
    row::<f64>("f64");
}

fn row<F: Format>(name: &str) {
    let add = ratio(&mut binary::<Add, F>(), &mut binary::<Add, f32>());
    let mul = ratio(&mut binary::<Mul, F>(), &mut binary::<Mul, f32>());
    let relu = ratio(&mut unary::<Relu, F>(), &mut unary::<Relu, f32>());
    let exp = ratio(&mut unary::<Exp, F>(), &mut unary::<Exp, f32>());
    let tanh = ratio(&mut unary::<Tanh, F>(), &mut unary::<Tanh, f32>());
    println!("{name:<28} {add:>7.2} {mul:>7.2} {relu:>7.2} {exp:>7.2} {tanh:>7.2}");
}

fn numbers<F: Format>(seed: usize) -> Vec<F> {
    (0..LEN).map(|i| F::from_f64(((i * 61 + seed) % 127) as f64 / 32.0 - 2.0)).collect()
}

fn binary<O: Op<(S, S)>, F: Format>() -> impl FnMut() {
    let (a, b, mut y) = (numbers::<F>(1), numbers::<F>(7), numbers::<F>(0));
    move || {
        O::forward::<F>([black_box(&a), black_box(&b)], &mut y);
        black_box(&mut y);
    }
}

fn unary<O: Op<(S,)>, F: Format>() -> impl FnMut() {
    let (x, mut y) = (numbers::<F>(1), numbers::<F>(0));
    move || {
        O::forward::<F>([black_box(&x)], &mut y);
        black_box(&mut y);
    }
}

fn ratio(ours: &mut dyn FnMut(), yardstick: &mut dyn FnMut()) -> f64 {
    let mut ratios: Vec<f64> = (0..ROUNDS).map(|_| time(ours) / time(yardstick)).skip(5).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// Seconds for one call.
fn time(body: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..200 {
        body();
    }
    start.elapsed().as_secs_f64()
}
