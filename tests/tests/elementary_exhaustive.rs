//! The elementary functions against references that are not ours: f32 over every input there is, f64 over random and adversarial ones.
//!
//! The source file is included as it stands, since the functions are private to the library. All inputs of f32 take one to two minutes a
//! function: `cargo test --release -p nfgrad-tests --test elementary_exhaustive -- --ignored --nocapture`.

#[path = "../../nfgrad/src/kernel/elementary.rs"]
mod elementary;

use dashu_float::{FBig, round::mode::HalfEven};
use elementary as e;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::{LN_2, SQRT_2};

/// One f32 function, the f64 function that judges it, and how far that may be off in ulps of f64.
struct Narrow {
    name: &'static str,
    ours: fn(f32) -> f32,
    reference: fn(f64) -> f64,
    slack: f64,
}

/// `libm` documents less than 1 ulp for exp, log and log1p, but its tanh was seen to err by 2.09.
const NARROW: [Narrow; 4] = [
    Narrow { name: "exp", ours: e::exp_f32, reference: libm::exp, slack: 4.0 },
    Narrow { name: "ln", ours: e::ln_f32, reference: libm::log, slack: 4.0 },
    Narrow { name: "ln_1p", ours: e::ln_1p_f32, reference: libm::log1p, slack: 4.0 },
    Narrow { name: "tanh", ours: e::tanh_f32, reference: libm::tanh, slack: 8.0 },
];

/// The distance from |x| to the next larger number of `digits` digits, at least 2^`least`, for x that is normal or tiny.
fn ulp(x: f64, digits: i32, least: i32) -> f64 {
    let exponent = i32::try_from((x.to_bits() >> 52) & 0x7ff).expect("11 bits") - 1023;
    let ulp = (exponent - digits + 1).max(least);
    // 2^-1074 in one step would pass through a zero.
    2f64.powi(ulp / 2) * 2f64.powi(ulp - ulp / 2)
}

/// An upper bound of the error of y = f(x) in ulps of the exact f32 result; infinite if y is of the wrong kind.
fn error_bound(case: &Narrow, x: f32) -> f64 {
    let (y, r) = ((case.ours)(x), (case.reference)(f64::from(x)));
    let verdict = |right: bool| if right { 0.0 } else { f64::INFINITY };
    if r.is_nan() || y.is_nan() {
        return verdict(r.is_nan() && y.is_nan());
    }
    if y.is_infinite() {
        // Right if the exact result rounds to an infinity, whose border lies half an ulp above the greatest number.
        let border = (f64::from(f32::MAX) + 2f64.powi(103)) * (1.0 - 8.0 * f64::EPSILON);
        return verdict(r.abs() >= border && (y < 0.0) == (r < 0.0));
    }
    if r == 0.0 {
        return verdict(y == 0.0 && y.is_sign_negative() == r.is_sign_negative());
    }
    let doubt = case.slack * ulp(r, 53, -1074);
    // Rounded thrice at most; the last factor covers that.
    ((f64::from(y) - r).abs() + doubt) / ulp(r.abs() - doubt, 24, -149) * (1.0 + 4.0 * f64::EPSILON)
}

/// The worst of a set of inputs.
#[derive(Clone, Copy, Default)]
struct Report {
    bound: f64,
    at: f32,
    /// How many bounds exceed half an ulp: the result may not be the nearest number there.
    doubtful: u64,
}

impl Report {
    fn of(case: &Narrow, inputs: impl Iterator<Item = f32>) -> Self {
        let mut report = Self::default();
        for x in inputs {
            let bound = error_bound(case, x);
            report.doubtful += u64::from(bound > 0.5);
            if bound > report.bound {
                report = Self { bound, at: x, ..report };
            }
        }
        report
    }

    fn merge(self, other: Self) -> Self {
        let worse = if other.bound > self.bound { other } else { self };
        Self { doubtful: self.doubtful + other.doubtful, ..worse }
    }

    fn check(self, case: &Narrow) {
        let Self { bound, at, doubtful } = self;
        let bits = at.to_bits();
        println!("{:9} {bound:.9} ulp at {at:e} ({bits:#010x}); possibly not nearest: {doubtful}", case.name);
        assert!(bound <= e::F32_ULPS, "{}({at:e}) may err by {bound} ulp", case.name);
    }
}

#[test]
#[ignore = "all 2^32 inputs of four functions: five minutes"]
fn every_f32() {
    for case in &NARROW {
        let half = |range: std::ops::RangeInclusive<u32>| Report::of(case, range.map(f32::from_bits));
        let (positive, negative) = std::thread::scope(|scope| {
            let positive = scope.spawn(|| half(0..=0x7fff_ffff));
            let negative = half(0x8000_0000..=u32::MAX);
            (positive.join().expect("the checks do not panic"), negative)
        });
        positive.merge(negative).check(case);
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
        1e30,
        f64::from(f32::MAX),
        f64::INFINITY,
    ];
    points.into_iter().flat_map(|x| [x, -x])
}

#[test]
fn some_f32() {
    for case in &NARROW {
        let spread = (0..=u32::MAX).step_by(3989);
        let near =
            turning_points().flat_map(|x| (-300..=300).map(move |step| narrow(x).to_bits().wrapping_add_signed(step)));
        Report::of(case, spread.chain(near).map(f32::from_bits)).check(case);
    }
}

#[allow(clippy::cast_possible_truncation, reason = "rounding is what it is for")]
fn narrow(x: f64) -> f32 {
    x as f32
}

/// What a function and its f32 counterpart return at -∞, -0, +0, +∞, and at one more number.
struct Edges {
    wide: fn(f64) -> f64,
    narrow: fn(f32) -> f32,
    results: [f64; 4],
    also: (f64, f64),
}

#[test]
fn edges() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let edges = [
        Edges { wide: e::exp_f64, narrow: e::exp_f32, results: [0.0, 1.0, 1.0, inf], also: (-1e9, 0.0) },
        Edges { wide: e::ln_f64, narrow: e::ln_f32, results: [nan, -inf, -inf, inf], also: (-1.0, nan) },
        Edges { wide: e::ln_1p_f64, narrow: e::ln_1p_f32, results: [nan, -0.0, 0.0, inf], also: (-1.0, -inf) },
        Edges { wide: e::tanh_f64, narrow: e::tanh_f32, results: [-1.0, -0.0, 0.0, 1.0], also: (1e9, 1.0) },
    ];
    for (row, case) in edges.into_iter().enumerate() {
        let points = [-inf, -0.0, 0.0, inf].into_iter().zip(case.results);
        for (x, y) in points.chain([case.also, (nan, nan)]) {
            let (w, n) = ((case.wide)(x), (case.narrow)(narrow(x)));
            let same = w.to_bits() == y.to_bits() && n.to_bits() == narrow(y).to_bits();
            assert!(same || (y.is_nan() && w.is_nan() && n.is_nan()), "row {row}: {w} and {n} at {x}, not {y}");
        }
    }
}

type Big = FBig<HalfEven, 2>;

/// One f64 function, the same in arbitrary precision, and where its results are finite and not zero.
struct Wide {
    name: &'static str,
    ours: fn(f64) -> f64,
    exact: fn(Big) -> Big,
    domain: [f64; 2],
}

const WIDE: [Wide; 4] = [
    Wide { name: "exp", ours: e::exp_f64, exact: |x| x.exp(), domain: [-745.1, 709.78] },
    Wide { name: "ln", ours: e::ln_f64, exact: |x| x.ln(), domain: [5e-324, f64::MAX] },
    Wide { name: "ln_1p", ours: e::ln_1p_f64, exact: |x| x.ln_1p(), domain: [-1.0, f64::MAX] },
    Wide { name: "tanh", ours: e::tanh_f64, exact: |x| x.tanh(), domain: [-50.0, 50.0] },
];

/// x with 200 bits to come, so that an oracle's own error is 2^-140 of an ulp.
fn big(x: f64) -> Big {
    Big::try_from(x).expect("finite").with_precision(200).value()
}

/// |ours - exact| in ulps of the computed result.
fn error(case: &Wide, x: f64) -> f64 {
    let (y, exact) = ((case.ours)(x), (case.exact)(big(x)));
    let distance = big(y) - exact;
    (distance / big(ulp(y, 53, -1074))).to_f64().value().abs()
}

/// A number inside the domain: uniform, of any magnitude, around zero, around a turning point, or where argument reduction switches.
fn draw(rng: &mut ChaCha8Rng, [lo, hi]: [f64; 2], turning: &[f64]) -> f64 {
    loop {
        let narrow = hi.min(800.0);
        let x = match rng.random_range(0..6) {
            0 => lo + (narrow - lo) * rng.random::<f64>(),
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
    for case in &WIDE {
        let mut rng = ChaCha8Rng::seed_from_u64(20);
        let (mut worst, mut at) = (0.0, 0.0);
        for x in (0..count).map(|_| draw(&mut rng, case.domain, &turning)) {
            let error = error(case, x);
            assert!(error <= e::F64_ULPS, "{}({x:e}) errs by {error} ulp", case.name);
            if error > worst {
                (worst, at) = (error, x);
            }
        }
        println!("{:9} {worst:.5} ulp at {at:e}; stated {}", case.name, e::F64_ULPS);
    }
}

#[test]
fn some_f64() {
    compare_f64(5000);
}

#[test]
#[ignore = "200,000 numbers for each of four functions in arbitrary precision: a minute"]
fn many_f64() {
    compare_f64(200_000);
}
