//! The elementary functions against references that are not ours: f32 and the narrow formats over every input there is, f64 over
//! random and adversarial ones.
//!
//! All inputs of f32 take one to two minutes a function:
//! `cargo test --release -p nfgrad-tests --test elementary_exhaustive -- --ignored --nocapture`. The environment variable
//! `NFGRAD_FUNCTIONS`, a list such as `exp,sin`, picks some.

use std::f64::consts::{LN_2, SQRT_2};

use dashu_float::{FBig, round::mode::HalfEven};
use nfgrad::format::elementary::{self, Elementary};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[path = "elementary_exhaustive/every_number.rs"]
mod every_number;
#[path = "elementary_exhaustive/mpfr.rs"]
mod mpfr;

/// A number of many digits.
type Big = FBig<HalfEven, 2>;

/// One function without its type.
struct Function {
    name: &'static str,
    narrow: fn(f64) -> f64,
    narrow_error: f64,
    narrow_anywhere: bool,
    wide: fn(f64) -> f64,
    wide_ulps: f64,
    /// The same in arbitrary precision.
    exact: fn(Big) -> Big,
    /// Where the results of `wide` are finite and not zero.
    domain: [f64; 2],
    /// What both return at -∞, -0, +0 and +∞.
    edges: [f64; 4],
    /// One more number and its result.
    also: (f64, f64),
}

impl Function {
    fn of<E: Elementary>(exact: fn(Big) -> Big, domain: [f64; 2], edges: [f64; 4], also: (f64, f64)) -> Self {
        let (name, narrow_error, wide_ulps) = (E::NAME, E::NARROW_ERROR, E::WIDE_ULPS);
        let narrow_anywhere = E::NARROW_ANYWHERE;
        Self {
            name,
            narrow: E::narrow,
            narrow_error,
            narrow_anywhere,
            wide: E::wide,
            wide_ulps,
            exact,
            domain,
            edges,
            also,
        }
    }
}

/// Every function, or those that the environment picks.
fn functions() -> Vec<Function> {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let all = vec![
        Function::of::<elementary::Exp>(|x| x.exp(), [-745.1, 709.78], [0.0, 1.0, 1.0, inf], (-1e9, 0.0)),
        Function::of::<elementary::Ln>(|x| x.ln(), [5e-324, f64::MAX], [nan, -inf, -inf, inf], (-1.0, nan)),
        Function::of::<elementary::Ln1p>(|x| x.ln_1p(), [-1.0, f64::MAX], [nan, -0.0, 0.0, inf], (-1.0, -inf)),
        Function::of::<elementary::Tanh>(|x| x.tanh(), [-50.0, 50.0], [-1.0, -0.0, 0.0, 1.0], (1e9, 1.0)),
        Function::of::<elementary::ExpM1>(|x| x.exp_m1(), [-800.0, 709.78], [-1.0, -0.0, 0.0, inf], (-1e9, -1.0)),
        Function::of::<elementary::Sin>(
            |x| x.sin(),
            [-f64::MAX, f64::MAX],
            [nan, -0.0, 0.0, nan],
            (f64::MIN_POSITIVE, f64::MIN_POSITIVE),
        ),
        Function::of::<elementary::Cos>(|x| x.cos(), [-f64::MAX, f64::MAX], [nan, 1.0, 1.0, nan], (1e-30, 1.0)),
        Function::of::<elementary::Sigmoid>(sigmoid, [-745.1, f64::MAX], [0.0, 0.5, 0.5, 1.0], (-1e9, 0.0)),
        Function::of::<elementary::Softplus>(
            |x| if x > big(900.0) { x } else { precise(x.exp()).ln_1p() },
            [-745.1, f64::MAX],
            [0.0, LN_2, LN_2, inf],
            (1e30, 1e30),
        ),
        Function::of::<elementary::Silu>(
            |x| x.clone() * sigmoid(x),
            [-745.1, f64::MAX],
            [-0.0, -0.0, 0.0, inf],
            (1e30, 1e30),
        ),
        Function::of::<elementary::GeluTanh>(
            |x| x.clone() * sigmoid(gelu_argument(x)),
            [-21.5, f64::MAX],
            [-0.0, -0.0, 0.0, inf],
            (1e30, 1e30),
        ),
        Function::of::<elementary::NormalCdf>(normal_cdf, [-38.4, f64::MAX], [0.0, 0.5, 0.5, 1.0], (-1e9, 0.0)),
        Function::of::<elementary::Gelu>(
            |x| x.clone() * normal_cdf(x),
            [-38.4, f64::MAX],
            [-0.0, -0.0, 0.0, inf],
            (1e30, 1e30),
        ),
    ];
    let picked = std::env::var("NFGRAD_FUNCTIONS").ok();
    all.into_iter()
        .filter(|f| picked.as_ref().is_none_or(|names| names.split(',').any(|name| name == f.name)))
        .collect()
}

/// An exact number, such as e^0, has no precision of its own.
fn precise(x: Big) -> Big {
    x.with_precision(200).value()
}

/// `1 / (1 + e^-x)`; 1 - 2^-1000 and more is 1.
fn sigmoid(x: Big) -> Big {
    if x > big(700.0) { big(1.0) } else { big(1.0) / precise(big(1.0) + (-x).exp()) }
}

/// `2 √(2/π) (x + 0.044715 x³)`; beyond 1e9 any number as large.
fn gelu_argument(x: Big) -> Big {
    if x > big(1e9) {
        return x;
    }
    let cubic = x.clone() * &x * &x * big(44_715.0) / big(1e6);
    big(2.0) * (big(2.0) / Big::pi(200)).sqrt() * (x + cubic)
}

/// The normal distribution function, by the series `Φ(x) = 1/2 + φ(x) Σ x^(2n+1) / (1 3 5 … (2n+1))`, whose terms all have one sign.
///
/// Below zero the sum cancels: as many bits more are carried as the result has leading zeros.
fn normal_cdf(x: Big) -> Big {
    let size = x.to_f64().value();
    if size > 50.0 {
        return big(1.0);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 1,100")]
    let precision = 240 + (size * size) as usize;
    let x = x.with_precision(precision).value();
    let square = x.clone() * &x;
    let (mut term, mut sum, mut odd) = (x.clone(), x.clone(), 1_u32);
    let least = Big::ONE >> precision.cast_signed();
    while &term * &term.signum() > least {
        odd += 2;
        term = term * &square / Big::from(odd);
        sum += &term;
    }
    let density = (-square / Big::from(2_u8)).exp() / (Big::pi(precision) * Big::from(2_u8)).sqrt();
    Big::ONE / Big::from(2_u8) + density * sum
}

/// The distance from |x| to the next larger number of `digits` digits, at least 2^`least`, for x that is normal or tiny.
fn ulp(x: f64, digits: i32, least: i32) -> f64 {
    let exponent = i32::try_from((x.to_bits() >> 52) & 0x7ff).expect("11 bits") - 1023;
    let ulp = (exponent - digits + 1).max(least);
    // 2^-1074 in one step would pass through a zero.
    2f64.powi(ulp / 2) * 2f64.powi(ulp - ulp / 2)
}

#[allow(clippy::cast_possible_truncation, reason = "rounding is what it is for")]
fn rounded(x: f64) -> f32 {
    x as f32
}

/// Upper bounds of the errors of `narrow` at one number: relative, before it is rounded, and in ulps of the exact f32 result
/// after; infinite if the result is of the wrong kind.
///
/// The judge is `wide`, which is itself held to arbitrary precision.
fn error_bounds(f: &Function, x: f32) -> (f64, f64) {
    let (carried, r) = ((f.narrow)(x.into()), (f.wide)(x.into()));
    let verdict = |right: bool| if right { (0.0, 0.0) } else { (f64::INFINITY, f64::INFINITY) };
    if r.is_nan() || carried.is_nan() {
        return verdict(r.is_nan() && carried.is_nan());
    }
    if carried.abs().min(r.abs()) > 2f64.powi(500) && (carried > 0.0) == (r > 0.0) {
        return (0.0, 0.0);
    }
    let doubt = (f.wide_ulps + 1.0) * ulp(r, 53, -1060);
    let relative = if (carried - r).abs() <= 2f64.powi(-1000) { 0.0 } else { ((carried - r).abs() + doubt) / r.abs() };
    let y = rounded(carried);
    if y.is_infinite() {
        // Right if the exact result rounds to an infinity, whose border lies half an ulp above the greatest number.
        let border = (f64::from(f32::MAX) + 2f64.powi(103)) * (1.0 - 8.0 * f64::EPSILON);
        return verdict(r.abs() >= border && (y < 0.0) == (r < 0.0));
    }
    if r == 0.0 {
        return verdict(y == 0.0 && y.is_sign_negative() == r.is_sign_negative());
    }
    // Rounded thrice at most; the last factor covers that.
    (relative, ((f64::from(y) - r).abs() + doubt) / ulp(r.abs() - doubt, 24, -149) * (1.0 + 4.0 * f64::EPSILON))
}

/// The worst of a set of inputs.
#[derive(Clone, Copy, Default)]
struct Report {
    relative: f64,
    ulps: f64,
    at: f32,
    /// How many bounds exceed half an ulp: the result may not be the nearest number there.
    doubtful: u64,
}

impl Report {
    fn of(f: &Function, inputs: impl Iterator<Item = f32>) -> Self {
        let mut report = Self::default();
        for x in inputs {
            let (relative, ulps) = error_bounds(f, x);
            report.doubtful += u64::from(ulps > 0.5);
            report.relative = report.relative.max(relative);
            if ulps > report.ulps {
                report = Self { ulps, at: x, ..report };
            }
        }
        report
    }

    fn merge(self, other: Self) -> Self {
        let worse = if other.ulps > self.ulps { other } else { self };
        let (relative, doubtful) = (self.relative.max(other.relative), self.doubtful + other.doubtful);
        Self { relative, doubtful, ..worse }
    }

    fn check(self, f: &Function) {
        let Self { relative, ulps, at, doubtful } = self;
        let (name, bits, stated) = (f.name, at.to_bits(), f.narrow_error.log2());
        println!(
            "{name:11} 2^{:.2} before rounding, stated 2^{stated}; {ulps:.9} ulp at {at:e} ({bits:#010x}); possibly not nearest: {doubtful}",
            relative.log2()
        );
        assert!(relative <= f.narrow_error, "{name} may err by {relative:e} before rounding");
        assert!(ulps <= 0.5 + f.narrow_error * 2f64.powi(24), "{name}({at:e}) may err by {ulps} ulp");
    }
}

#[test]
#[ignore = "all 2^32 inputs of every function: minutes each"]
fn every_f32() {
    for f in &functions() {
        let half = |range: std::ops::RangeInclusive<u32>| Report::of(f, range.map(f32::from_bits));
        let (positive, negative) = std::thread::scope(|scope| {
            let positive = scope.spawn(|| half(0..=0x7fff_ffff));
            let negative = half(0x8000_0000..=u32::MAX);
            (positive.join().expect("the checks do not panic"), negative)
        });
        positive.merge(negative).check(f);
    }
}

/// The numbers around which functions change their course or their range, with both signs and their neighbours.
fn turning_points() -> impl Iterator<Item = f64> {
    let points = [
        0.0,
        1e-45,
        1e-38,
        1e-7,
        1.0 / 3.0,
        LN_2 / 4.0,
        LN_2 / 2.0,
        SQRT_2 - 1.0,
        0.5,
        SQRT_2 / 2.0,
        LN_2,
        1.0,
        SQRT_2,
        2.0,
        9.01,
        10.0,
        17.33,
        20.0,
        87.336_54,
        88.722_84,
        103.278_93,
        104.0,
        708.0,
        1e30,
        f64::from(f32::MAX),
        f64::INFINITY,
    ];
    points.into_iter().flat_map(|x| [x, -x])
}

#[test]
fn some_f32() {
    for f in &functions() {
        let spread = (0..=u32::MAX).step_by(3989);
        let near =
            turning_points().flat_map(|x| (-300..=300).map(move |step| rounded(x).to_bits().wrapping_add_signed(step)));
        Report::of(f, spread.chain(near).map(f32::from_bits)).check(f);
    }
}

#[test]
fn edges() {
    for f in &functions() {
        let points = [-f64::INFINITY, -0.0, 0.0, f64::INFINITY].into_iter().zip(f.edges);
        for (x, y) in points.chain([f.also, (f64::NAN, f64::NAN)]) {
            let (wide, narrow) = ((f.wide)(x), rounded((f.narrow)(rounded(x).into())));
            let same = wide.to_bits() == y.to_bits() && narrow.to_bits() == rounded(y).to_bits();
            assert!(
                same || (y.is_nan() && wide.is_nan() && narrow.is_nan()),
                "{}({x}) is {wide} and {narrow}, not {y}",
                f.name
            );
        }
    }
}

/// x with 200 bits to come, so that an oracle's own error is 2^-140 of an ulp.
fn big(x: f64) -> Big {
    Big::try_from(x).expect("finite").with_precision(200).value()
}

/// |computed - exact| in ulps of the computed result.
fn error(f: &Function, x: f64) -> f64 {
    let (y, exact) = ((f.wide)(x), (f.exact)(big(x)));
    let distance = big(y) - exact;
    (distance / big(ulp(y, 53, -1060))).to_f64().value().abs()
}

/// A number inside the domain: uniform, of any magnitude, around zero, around a turning point, or where argument reduction switches.
fn draw(rng: &mut ChaCha8Rng, [lo, hi]: [f64; 2], turning: &[f64]) -> f64 {
    loop {
        let middle = hi.min(800.0);
        let x = match rng.random_range(0..6) {
            0 => lo + (middle - lo) * rng.random::<f64>(),
            1 => f64::from_bits(rng.random::<u64>()),
            2 => (rng.random::<f64>() - 0.5) * 2f64.powi(-rng.random_range(0..60)),
            3 => {
                turning[rng.random_range(0..turning.len())]
                    * (1.0 + (rng.random::<f64>() - 0.5) * 2f64.powi(-rng.random_range(0..52)))
            }
            4 => (f64::from(rng.random_range(-1080..1030)) + 0.5) * LN_2 / f64::from(rng.random_range(1..=2)),
            _ => {
                (1.0 + 2f64.powi(-rng.random_range(1..53)) * rng.random::<f64>())
                    * [1.0, SQRT_2 / 2.0, SQRT_2][rng.random_range(0..3)]
            }
        };
        if x > lo && x <= hi {
            return x;
        }
    }
}

/// The worst error of `count` draws for each function.
fn compare_f64(count: usize) {
    let turning: Vec<f64> = turning_points().filter(|x| x.is_finite()).collect();
    for f in &functions() {
        let mut rng = ChaCha8Rng::seed_from_u64(20);
        let (mut worst, mut at) = (0.0, 0.0);
        for x in (0..count).map(|_| draw(&mut rng, f.domain, &turning)) {
            let error = error(f, x);
            assert!(error <= f.wide_ulps, "{}({x:e}) errs by {error} ulp", f.name);
            if error > worst {
                (worst, at) = (error, x);
            }
        }
        println!("{:11} {worst:.5} ulp at {at:e}; stated {}", f.name, f.wide_ulps);
    }
}

#[test]
fn some_f64() {
    compare_f64(5000);
}

/// What `Carried` relies on: other numbers of 25 bits than those of f32.
#[test]
fn the_narrow_functions_take_numbers_of_any_size() {
    let mut rng = ChaCha8Rng::seed_from_u64(22);
    let turning: Vec<f64> = turning_points().filter(|x| x.is_finite()).collect();
    for f in functions().iter().filter(|f| f.narrow_anywhere) {
        for _ in 0..1500 {
            let x = draw(&mut rng, f.domain, &turning);
            // 25 bits are kept.
            let x = f64::from_bits(x.to_bits() >> 28 << 28);
            if !(2f64.powi(-537)..2f64.powi(500)).contains(&x.abs()) || x <= f.domain[0] {
                continue;
            }
            let (y, exact) = ((f.narrow)(x), (f.exact)(big(x)));
            let size = exact.to_f64().value().abs();
            if y.abs() > 2f64.powi(500) && size > 2f64.powi(500) {
                continue;
            }
            let distance = (big(y) - exact).to_f64().value().abs();
            assert!(
                distance <= f.narrow_error * size + 2f64.powi(-1000),
                "{}({x:e}): {distance:e} of {size:e}",
                f.name
            );
        }
    }
}

/// Slopes are computed from exponentials of numbers that are neither f32 nor of 25 bits.
#[test]
fn the_narrow_exponential_takes_every_f64() {
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    for i in 0..300_000 {
        let size = 709.0 * rng.random::<f64>() * 2f64.powi(-rng.random_range(0..40));
        let x = if i % 3 == 0 { size } else { -size };
        let (y, exact) = (elementary::Exp::narrow(x), libm::exp(x));
        let allowed = elementary::Exp::NARROW_ERROR * exact + 2f64.powi(-1000);
        assert!((y - exact).abs() <= allowed, "{x:e}: {y:e} and not {exact:e}");
    }
    for x in [-2f64.powi(500), -1e4, -745.0, f64::NEG_INFINITY] {
        assert!(elementary::Exp::narrow(x) <= 2f64.powi(-1000), "{x}");
    }
}

#[test]
#[ignore = "200,000 numbers for each function in arbitrary precision: a minute"]
fn many_f64() {
    compare_f64(200_000);
}
