//! The elementary functions against references that are not ours: f32 over every input there is, f64 over random and adversarial ones.
//!
//! The source file is included as it stands, since the functions are private to the library. Every input of f32 takes one to two minutes a
//! function: `cargo test --release -p nfgrad-tests --test elementary_exhaustive -- --ignored --nocapture`.

#[path = "../../nfgrad/src/kernel/elementary.rs"]
mod elementary;

use elementary as e;

/// One f32 function, the f64 function that judges it, how far that may be off in ulps of f64, and the error that we state.
struct Case {
    name: &'static str,
    ours: fn(f32) -> f32,
    reference: fn(f64) -> f64,
    slack: f64,
    stated: f64,
}

/// `libm` documents less than 1 ulp for exp, expm1, log and log1p, but its tanh was seen to err by 2.09.
const CASES: [Case; 7] = [
    Case { name: "exp", ours: e::exp_f32, reference: libm::exp, slack: 4.0, stated: e::EXP_F32_ULPS },
    Case { name: "exp_m1", ours: e::exp_m1_f32, reference: libm::expm1, slack: 4.0, stated: e::EXP_M1_F32_ULPS },
    Case { name: "ln", ours: e::ln_f32, reference: libm::log, slack: 4.0, stated: e::LN_F32_ULPS },
    Case { name: "ln_1p", ours: e::ln_1p_f32, reference: libm::log1p, slack: 4.0, stated: e::LN_1P_F32_ULPS },
    Case { name: "tanh", ours: e::tanh_f32, reference: libm::tanh, slack: 8.0, stated: e::TANH_F32_ULPS },
    Case { name: "sigmoid", ours: e::sigmoid_f32, reference: sigmoid, slack: 8.0, stated: e::SIGMOID_F32_ULPS },
    Case { name: "softplus", ours: e::softplus_f32, reference: softplus, slack: 8.0, stated: e::SOFTPLUS_F32_ULPS },
];

/// exp within 1 ulp, then two roundings, all of positive terms: within 3 ulps.
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// exp and log1p within 1 ulp each, log1p no steeper than the identity in relative terms, one sum of positive terms: within 4 ulps.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

/// The distance from |x| to the next larger number of the format with `digits` digits and the smallest positive number 2^`least`.
fn ulp(x: f64, digits: i32, least: i32) -> f64 {
    let exponent = i32::try_from((x.to_bits() >> 52) & 0x7ff).expect("11 bits") - 1023;
    2f64.powi((exponent - digits + 1).max(least))
}

/// An upper bound of the error of y = f(x) in ulps of the exact f32 result; infinite if y is of the wrong kind.
fn error_bound(case: &Case, x: f32) -> f64 {
    let (y, r) = ((case.ours)(x), (case.reference)(f64::from(x)));
    if r.is_nan() || y.is_nan() {
        return if r.is_nan() && y.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if y.is_infinite() {
        // Right if the exact result rounds to an infinity, whose border lies half an ulp above the greatest number.
        let border = f64::from(f32::MAX) + 2f64.powi(103);
        let right = y.is_sign_negative() == r.is_sign_negative() && r.abs() * (1.0 + 8.0 * f64::EPSILON) >= border;
        return if right { 0.0 } else { f64::INFINITY };
    }
    if r == 0.0 {
        let same = y.to_bits() == (r as f32).to_bits();
        return if same { 0.0 } else { f64::INFINITY };
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
    fn of(case: &Case, inputs: impl Iterator<Item = f32>) -> Self {
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

    fn check(self, case: &Case) {
        let Self { bound, at, doubtful } = self;
        let bits = at.to_bits();
        println!("{:9} {bound:.9} ulp at {at:e} ({bits:#010x}); possibly not nearest: {doubtful}", case.name);
        assert!(bound <= case.stated, "{}({at:e}) errs by up to {bound} ulp", case.name);
    }
}

#[test]
#[ignore = "all 2^32 inputs of seven functions: ten minutes"]
fn every_f32() {
    for case in &CASES {
        let half = |range: std::ops::RangeInclusive<u32>| Report::of(case, range.map(f32::from_bits));
        let (positive, negative) = std::thread::scope(|scope| {
            let positive = scope.spawn(|| half(0..=0x7fff_ffff));
            let negative = half(0x8000_0000..=u32::MAX);
            (positive.join().expect("the checks do not panic"), negative)
        });
        positive.merge(negative).check(case);
    }
}
