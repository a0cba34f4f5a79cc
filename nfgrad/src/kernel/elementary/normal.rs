//! The normal distribution function.

use core::cmp::Ordering::{Greater, Less};

use super::near::{FIRST_ORDER, Near, outward};
use super::{Elementary, Exp, Real, WideBall, clamp, select, two_product};

/// `Φ(x)`, the probability that a normally distributed number is below `x`.
#[derive(Debug, Clone, Copy)]
pub struct NormalCdf;

impl Elementary for NormalCdf {
    const NAME: &'static str = "normal_cdf";
    const MONOTONE: bool = true;
    const NARROW_ERROR: f64 = 1.0 / (1_u64 << 44) as f64;
    /// The error function is off by 2u of itself, three roundings.
    const WIDE_ULPS: f64 = 5.0;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        let below = tail(x);
        select(x < 0.0, below, 1.0 - below)
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        let below = tail_f64(x);
        select(x < 0.0, below, 1.0 - below)
    }

    const NEVER_RATIONAL: bool = false;

    /// `|Φ(x) - 1/2| < |x|/2`, `1 - Φ(16) < e^-128`, and `Φ(-45) < e^-1012`.
    fn near(x: f64) -> Option<Near> {
        match x {
            0.0 => Some(Near::Exactly(0.5)),
            _ if x.abs() < FIRST_ORDER => Some(Near::Number(0.5, outward(x))),
            16.0.. => Some(Near::Number(1.0, Less)),
            ..-45.0 => Some(Near::Number(0.0, Greater)),
            _ => None,
        }
    }

    fn real(x: &Real) -> Real {
        x.normal_cdf()
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.normal_cdf()
    }
}

/// `Φ(-|x|) / (t e^(-x²/2))` as a polynomial in `t = 1/(1 + |x|/4.5)`, from a Chebyshev fit for |x| <= 42; relative error 2^-48.
const TAIL: [f64; 20] = [
    0.088_653_840_155_299_92,
    0.088_653_835_846_699_82,
    0.084_275_996_753_975_21,
    0.075_517_739_345_655_82,
    0.063_061_101_660_127_04,
    0.047_886_587_236_922_164,
    0.034_058_971_106_679_6,
    0.010_733_174_641_510_046,
    0.036_696_769_776_465_944,
    -0.091_811_494_738_396_9,
    0.220_698_193_567_085_25,
    -0.436_101_178_001_257,
    0.655_253_296_577_599_3,
    -0.770_756_121_625_035_8,
    0.686_261_680_699_425_1,
    -0.441_812_948_003_606_93,
    0.197_404_435_010_763_07,
    -0.057_934_339_381_206_99,
    0.010_037_067_053_848_908,
    -0.000_776_607_682_553_433_5,
];

/// `Φ(-|x|)` to the needs of f32.
#[inline(always)]
pub(super) fn tail(x: f64) -> f64 {
    let x = clamp(x.abs(), 0.0, 40.0);
    let t = 4.5 / (4.5 + x);
    let mut sum = 0.0;
    // The length is a constant, so this is a straight line.
    for &c in TAIL.iter().rev() {
        sum = sum * t + c;
    }
    // The square of an f32 is exact.
    sum * t * Exp::narrow(-0.5 * (x * x))
}

/// `Φ(-|x|)` for f64: `erfc(z)/2` with `z = |x| / √2`, corrected for what the f64 nearest to `z` lacks; the derivative is
/// `-2/√π e^(-z²)`.
#[inline]
pub(super) fn tail_f64(x: f64) -> f64 {
    let x = clamp(x.abs(), 0.0, 40.0);
    let (z, low) = two_product(x, core::f64::consts::FRAC_1_SQRT_2);
    // The f64 nearest to √½ is 4.83e-17 too large.
    let low = low - x * 4.833_646_656_726_457e-17;
    0.5 * (libm::erfc(z) - core::f64::consts::FRAC_2_SQRT_PI * low * libm::exp(-z * z))
}
