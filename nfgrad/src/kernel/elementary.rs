//! Elementary functions with a stated error.
//!
//! Those of f32 are ours, because the bound of a node rests on them and every one of the 2^32 inputs can be tried: each is a
//! straight line of f64 additions, multiplications and divisions, with selects in place of branches, rounded once at the end.
//! So the compiler turns a loop over them into vector code, no FMA or table is needed, and the same input gives the same bits
//! on every machine. Those of f64 are the `libm` crate's, whose error is its own statement and a comparison with an
//! oracle. `tests/tests/elementary_exhaustive.rs` holds both checks.
//!
//! Where a result overflows the functions return an infinity.
//!
//! Notation: n is an integer held in a float, x = n ln 2 + r with |r| <= 0.34658 for exponentials, x = 2^n m with m in
//! [√½, √2] for logarithms.

use core::hint::select_unpredictable as select;

pub(crate) use libm::{exp as exp_f64, log as ln_f64, log1p as ln_1p_f64, tanh as tanh_f64};

/// Error of every `_f32` function in units in the last place of the result, floored at the smallest subnormal: the worst
/// bound seen over all inputs is 0.500 000 015, of which 0.000 000 015 is doubt of the reference.
///
/// Half a unit of the computed result is the last rounding and the rest stays below a quarter, so this holds in units
/// of the computed result too.
pub(crate) const F32_ULPS: f64 = 0.500_000_02;
/// Error of every `_f64` function, likewise, in units of the *computed* result: the library's analysis says less than one
/// unit of the exact result for exp, ln and ln(1 + x), which may be two of a computed one just below a power of two; tanh
/// was seen to err by 2.09.
pub(crate) const F64_ULPS: f64 = 3.0;

/// 1.5 * 2^52: adding it to |x| < 2^51 rounds x to an integer, which then stands in the low bits.
const SHIFT: f64 = 6_755_399_441_055_744.0;
/// The leading 42 bits of ln 2, so that n * `LN2_HI` is exact for |n| < 2^11; a multiple of 2^-42.
const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fefa_3800);
/// ln 2 - `LN2_HI` to within 2^-102.
const LN2_LO: f64 = f64::from_bits(0x3d2e_f357_93c7_6730);
/// √½, where the mantissa range of the logarithms begins.
const SQRT_HALF: u64 = core::f64::consts::FRAC_1_SQRT_2.to_bits();
/// The exponent field of a f64 with its sign.
const EXPONENT: u64 = 0xfff << 52;

/// 2^n for an integer -1022 <= n <= 1023.
#[inline]
fn pow2(n: f64) -> f64 {
    f64::from_bits(((n + SHIFT).to_bits() << 52).wrapping_add(1.0_f64.to_bits()))
}

/// x between two limits; a NaN stays a NaN, which `f64::max` would not promise.
#[inline]
fn clamp(x: f64, lo: f64, hi: f64) -> f64 {
    let x = select(x < lo, lo, x);
    select(x > hi, hi, x)
}

/// The f32 nearest to x, an infinity beyond their range.
#[allow(clippy::cast_possible_truncation, reason = "the one rounding of every f32 function")]
#[inline]
fn nearest(x: f64) -> f32 {
    x as f32
}

/// (n, r) with x = n ln 2 + r, |r| <= 0.34658, to within 2^-53 |r|, for |x| < 1000.
///
/// x - n `LN2_HI` is exact: n = 0, or |x| > 1/4 and both are multiples of 2^-54 while the difference is below 1/2.
#[inline]
fn reduce(x: f64) -> (f64, f64) {
    let n = (x * core::f64::consts::LOG2_E + SHIFT) - SHIFT;
    (n, (x - n * LN2_HI) - n * LN2_LO)
}

/// (n, m) with x = 2^n m, √½ <= m < √2, for normal x > 0.
#[inline]
fn mantissa(x: f64) -> (f64, f64) {
    let bits = x.to_bits();
    let steps = bits.wrapping_sub(SQRT_HALF).wrapping_add(1 << 63);
    let m = bits.wrapping_sub(steps & EXPONENT).wrapping_add(1 << 63);
    // `steps >> 52` is n + 2048; under the exponent of 2^52 it reads as 2^52 + 2048 + n.
    let n = f64::from_bits((steps >> 52) | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 2048.0);
    (n, f64::from_bits(m))
}

/// exp(r) - 1 for |r| <= RMAX: r + r² q(r), with q of degree 8 from a Chebyshev fit; relative error 2^-48.
#[inline]
fn exp_m1_short(r: f64) -> f64 {
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = (0.5 + r * 0.166_666_666_666_483_03) + r2 * (0.041_666_666_666_651_364 + r * 0.008_333_333_353_718_381);
    let high = (0.001_388_888_890_587_236_7 + r * 0.000_198_412_087_545_470_57)
        + r2 * (2.480_153_640_702_703e-5 + r * 2.762_510_336_261_67e-6)
        + r4 * 2.761_379_668_517_062e-7;
    r + r2 * (low + r4 * high)
}

/// ln(1 + f) for √½ <= 1 + f <= √2, from z = f/(1 + f/2) as 2 atanh(z/2) = z + z³ p(z²), with p of degree 5 from a Chebyshev fit;
/// relative error 2^-49.
#[inline]
fn ln_1p_short(f: f64) -> (f64, f64) {
    let z = f / (1.0 + f * 0.5);
    let w = z * z;
    let w2 = w * w;
    let p = (0.083_333_333_333_327_6 + w * 0.012_500_000_003_505_592)
        + w2 * ((0.002_232_142_510_524_046_5 + w * 0.000_434_040_286_594_752_4)
            + w2 * (8.857_508_105_622_705e-5 + w * 2.029_062_138_889_645e-5));
    (z, z * (w * p))
}

/// exp(x) - 1 for -746 <= x <= 700, to f32's needs.
#[inline]
fn exp_m1_wide(x: f64) -> f64 {
    let (n, r) = reduce(x);
    let factor = pow2(n);
    factor * exp_m1_short(r) + (factor - 1.0)
}

/// exp(x).
#[inline]
pub(crate) fn exp_f32(x: f32) -> f32 {
    let (n, r) = reduce(clamp(x.into(), -104.0, 89.0));
    nearest(pow2(n) * (1.0 + exp_m1_short(r)))
}

/// tanh(x).
#[inline]
pub(crate) fn tanh_f32(x: f32) -> f32 {
    // tanh(10) rounds to 1.
    let e = exp_m1_wide(clamp(2.0 * f64::from(x).abs(), 0.0, 20.0));
    nearest(e / (e + 2.0)).copysign(x)
}

/// ln(x): -∞ at zero, NaN below.
#[inline]
pub(crate) fn ln_f32(x: f32) -> f32 {
    // Every positive f32 is a normal f64.
    let (n, m) = mantissa(x.into());
    let (z, tail) = ln_1p_short(m - 1.0);
    logarithm_edges(nearest(n * core::f64::consts::LN_2 + z + tail), x, x)
}

/// ln(1 + x): -∞ at -1, NaN below.
#[inline]
pub(crate) fn ln_1p_f32(x: f32) -> f32 {
    logarithm_edges(nearest(ln_1p_wide(x.into())).copysign(x), x, x + 1.0)
}

/// ln(1 + x) for x > -1, to f32's needs.
#[inline]
fn ln_1p_wide(x: f64) -> f64 {
    let (n, m) = mantissa(1.0 + x);
    // Where n = 0 the sum 1 + x may have lost bits of x; elsewhere |ln(1 + x)| > 1/3 and they do not matter.
    let (z, tail) = ln_1p_short(select(n == 0.0, x, m - 1.0));
    n * core::f64::consts::LN_2 + z + tail
}

/// y = the logarithm of `argument` (or of about it), corrected where there is none: x is what the caller passed.
#[inline]
fn logarithm_edges(y: f32, x: f32, argument: f32) -> f32 {
    let y = select(x < f32::INFINITY, y, x);
    let y = select(argument < 0.0, f32::NAN, y);
    select(argument == 0.0, f32::NEG_INFINITY, y)
}
