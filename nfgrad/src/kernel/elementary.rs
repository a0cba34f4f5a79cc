//! Elementary functions with a stated error, for f32 and f64.
//!
//! They are ours, and not a library's, because the bound of a node rests on them: each is a straight line of IEEE additions,
//! multiplications and divisions, with selects in place of branches. So the compiler turns a loop over them into vector code, no FMA or
//! table is needed, and the same input gives the same bits on every machine.
//!
//! An error is stated in units of ulp(exact result), where an ulp is never less than the smallest subnormal. For f32 it was shown by
//! trying all 2^32 inputs, for f64 it is derived in the comments of the `_f64` functions (u = 2^-53 there) and was compared with an
//! oracle; `tests/tests/elementary_exhaustive.rs` holds both checks. Where a result overflows the functions return an infinity.
//!
//! Notation: n is an integer held in a float, x = n ln 2 + r with |r| <= RMAX = 0.34658 for exponentials, x = 2^n m with m in [√½, √2]
//! for logarithms. `hi + lo` is the unevaluated sum of two floats.

use core::hint::select_unpredictable as select;

/// Error of every `_f32` function: the worst bound seen over all inputs is 0.500 000 015, of which 0.000 000 015 is doubt of the reference.
pub(crate) const F32_ULPS: f64 = 0.500_000_02;
/// Error of [`exp_f64`].
pub(crate) const EXP_F64_ULPS: f64 = 0.56;
/// Error of [`exp_m1_f64`].
pub(crate) const EXP_M1_F64_ULPS: f64 = 0.75;
/// Error of [`tanh_f64`].
pub(crate) const TANH_F64_ULPS: f64 = 0.67;
/// Error of [`ln_f64`].
pub(crate) const LN_F64_ULPS: f64 = 0.59;
/// Error of [`ln_1p_f64`].
pub(crate) const LN_1P_F64_ULPS: f64 = 0.59;
/// Error of [`sigmoid_f64`].
pub(crate) const SIGMOID_F64_ULPS: f64 = 2.7;
/// Error of [`softplus_f64`].
pub(crate) const SOFTPLUS_F64_ULPS: f64 = 2.9;

/// 1.5 * 2^52: adding it to |x| < 2^51 rounds x to an integer, which then stands in the low bits.
const SHIFT: f64 = 6_755_399_441_055_744.0;
/// The leading 42 bits of ln 2, so that n * `LN2_HI` is exact for |n| < 2^11; a multiple of 2^-42.
const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fefa_3800);
/// ln 2 - `LN2_HI` to within 2^-102.
const LN2_LO: f64 = f64::from_bits(0x3d2e_f357_93c7_6730);
/// The least x at which exp(x) is a normal f64.
const LN_MIN_POSITIVE: f64 = -708.396_418_532_264_1;
/// √½, where the mantissa range of the logarithms begins.
const SQRT_HALF: u64 = core::f64::consts::FRAC_1_SQRT_2.to_bits();
/// The exponent field of a f64 with its sign.
const EXPONENT: u64 = 0xfff << 52;

/// 2^n for an integer -1022 <= n <= 1023.
#[inline]
fn pow2(n: f64) -> f64 {
    f64::from_bits(((n + SHIFT).to_bits() << 52).wrapping_add(1.0_f64.to_bits()))
}

/// y 2^n for an integer -2044 <= n <= 2046: two exact steps while y 2^n is representable.
#[inline]
fn scale(y: f64, n: f64) -> f64 {
    let half = (n * 0.5 + SHIFT) - SHIFT;
    y * pow2(half) * pow2(n - half)
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

/// The sum as hi + lo, exactly, in any order of magnitude (Knuth).
#[inline]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

/// The sum as hi + lo, exactly, when |a| >= |b| or a = 0 (Dekker).
#[inline]
fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, (a - s) + b)
}

/// x as the sum of its 26 leading bits and the remaining 27.
#[inline]
fn split(x: f64) -> (f64, f64) {
    let head = f64::from_bits(x.to_bits() & !0x7ff_ffff);
    (head, x - head)
}

/// (n, r, lo) with x = n ln 2 + r + lo, |r| <= RMAX, |lo| <= u |r|, up to 2^-84, for |x| < 1000.
///
/// x - n `LN2_HI` is exact: n = 0, or |x| > 1/4 and both are multiples of 2^-54 while the difference is below 1/2.
#[inline]
fn reduce(x: f64) -> (f64, f64, f64) {
    let n = (x * core::f64::consts::LOG2_E + SHIFT) - SHIFT;
    let (r, lo) = two_sum(x - n * LN2_HI, -(n * LN2_LO));
    (n, r, lo)
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
    let (n, r, _) = reduce(x);
    let factor = pow2(n);
    factor * exp_m1_short(r) + (factor - 1.0)
}

/// exp(x).
#[inline]
pub(crate) fn exp_f32(x: f32) -> f32 {
    let (n, r, _) = reduce(clamp(x.into(), -104.0, 89.0));
    nearest(pow2(n) * (1.0 + exp_m1_short(r)))
}

/// exp(x) - 1.
#[inline]
pub(crate) fn exp_m1_f32(x: f32) -> f32 {
    // Below -20 the result is -1; the sign of a zero is that of x.
    nearest(exp_m1_wide(clamp(x.into(), -20.0, 89.0))).copysign(x)
}

/// tanh(x).
#[inline]
pub(crate) fn tanh_f32(x: f32) -> f32 {
    // tanh(10) rounds to 1.
    let e = exp_m1_wide(clamp(2.0 * f64::from(x).abs(), 0.0, 20.0));
    nearest(e / (e + 2.0)).copysign(x)
}

/// 1/(1 + exp(-x)).
#[inline]
pub(crate) fn sigmoid_f32(x: f32) -> f32 {
    // Both halves of the sum are positive, so there is no cancellation on either side.
    let (n, r, _) = reduce(clamp(-f64::from(x), -104.0, 104.0));
    nearest(1.0 / (1.0 + pow2(n) * (1.0 + exp_m1_short(r))))
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

/// ln(1 + exp(x)).
#[inline]
pub(crate) fn softplus_f32(x: f32) -> f32 {
    let d = f64::from(x);
    let (n, r, _) = reduce(clamp(-d.abs(), -104.0, 0.0));
    nearest(select(d < 0.0, 0.0, d) + ln_1p_wide(pow2(n) * (1.0 + exp_m1_short(r))))
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

/// (s, tail) with exp(r + lo) - 1 = s + tail, for the results of `reduce`.
///
/// r and r²/2 are carried exactly; q is r³/6 and what follows, |q| <= 0.0076 (0.0064 for r < 0). The error of q is 3u from its products,
/// 0.9u from the last addition, 0.6u from 1/6 in binary, 0.5u from the rest of the series: 5u |q|. One more rounding gives the tail, and
/// 0.004u covers `lo q`, the terms beyond r^14 and the sums of what is tiny. So the tail errs by at most 0.05u (0.043u for r < 0), and
/// by at most 6u |q| + 0.01u |r| for a smaller r.
#[inline]
fn exp_m1_parts(r: f64, lo: f64) -> (f64, f64) {
    let (head, rest) = split(r);
    let (s, lost) = fast_two_sum(r, 0.5 * (head * head));
    let r2 = r * r;
    let r4 = r2 * r2;
    let high = (1.0 / 362_880.0 + r * (1.0 / 3_628_800.0))
        + r2 * (1.0 / 39_916_800.0 + r * (1.0 / 479_001_600.0))
        + r4 * (1.0 / 6_227_020_800.0 + r * (1.0 / 87_178_291_200.0));
    let series =
        (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5040.0)) + r4 * (1.0 / 40_320.0 + r * high);
    let q = r * r2 * (1.0 / 6.0 + r * series);
    (s, q + (lost + (lo + lo * s) + 0.5 * (rest * (head + r))))
}

/// a/b as hi + lo to within 2^-74, for 1/4 < b, with b of 53 bits and the small parts `a_lo`, `b_lo` within u of a and b.
#[inline]
fn divide(a: f64, a_lo: f64, b: f64, b_lo: f64) -> (f64, f64) {
    let q = a / b;
    let (q_head, q_rest) = split(q);
    let (b_head, b_rest) = split(b);
    // q_head b_head is within 2^-24 of a and has 52 bits, so that the first difference is exact; the others lose 2^-24 u |a|.
    let left = ((a - q_head * b_head) - q_head * b_rest) - q_rest * b;
    (q, (left + a_lo - q * b_lo) / b)
}

/// (z, tail) with ln(1 + f + c) = z + tail, for √½ <= 1 + f <= √2 and |c| <= u.
///
/// z is the leading part of (f + c)/(1 + (f + c)/2), then ln = z + w z/12 + w² z/80 + ..., w = z² <= 0.118, |z| <= 0.3432. The terms after the
/// first are q <= 0.01 |z|, with an error of 3u from products, 0.8u from the last addition, 0.5u from 1/12 in binary, 0.1u from the rest:
/// 4.5u |q|. Beyond w^10 there is 0.006u |z|; `lo` w/4 <= 0.03u |z| is left out. With the rounding of the tail: 0.095u |z|, and
/// 0.058u |z| for |z| <= 1/4.
#[inline]
fn ln_1p_parts(f: f64, c: f64) -> (f64, f64) {
    let (a, a_lo) = fast_two_sum(f, c);
    let (b, b_lo) = fast_two_sum(1.0, 0.5 * a);
    let (z, lo) = divide(a, a_lo, b, b_lo + 0.5 * a_lo);
    let w = z * z;
    let w2 = w * w;
    let w4 = w2 * w2;
    let series = (1.0 / 80.0 + w * (1.0 / 448.0))
        + w2 * (1.0 / 2304.0 + w * (1.0 / 11_264.0))
        + w4 * ((1.0 / 53_248.0 + w * (1.0 / 245_760.0))
            + w2 * (1.0 / 1_114_112.0 + w * (1.0 / 4_980_736.0))
            + w4 * (1.0 / 22_020_096.0));
    (z, z * (w * (1.0 / 12.0 + w * series)) + lo)
}

/// exp(x).
///
/// The sum of 1, s and the tail has an error of 0.05u + 0.008u before the last rounding where it exceeds 1 (an ulp is 2u there), of
/// 0.043u + 0.007u where it is in [√½, 1) (an ulp is u): 0.55 ulp. A subnormal result is rounded once, by an anchor whose ulp is the
/// result's: the sum errs by less than 0.06 of half the smallest subnormal there.
#[inline]
pub(crate) fn exp_f64(x: f64) -> f64 {
    let x = clamp(x, -746.0, 710.0);
    let (n, r, lo) = reduce(x);
    let (s, tail) = exp_m1_parts(r, lo);
    let (one_s, lost) = fast_two_sum(1.0, s);
    // In [2^52, 2^53) of the smallest subnormal, before the scaling by 2^n.
    let anchor = select(x < LN_MIN_POSITIVE, pow2(-1022.0 - n), 0.0);
    let (sum, more) = fast_two_sum(anchor, one_s);
    scale((sum + (more + (lost + tail))) - anchor, n)
}

/// (n, hi, lo) with exp(x) - 1 = 2^n (hi + lo) for -38 <= x <= 710.
///
/// 2^-n (exp(x) - 1) = s + tail + (1 - 2^-n). Beside the error of the tail, 0.008u (0.007u for r < 0) for each of two sums.
#[inline]
fn exp_m1_scaled(x: f64) -> (f64, f64, f64) {
    let (n, r, lo) = reduce(x);
    let (s, tail) = exp_m1_parts(r, lo);
    // 2^-100 is as good as anything smaller.
    let (d, d_lo) = two_sum(1.0, -pow2(select(n > 100.0, -100.0, -n)));
    // d is 0 for n = 0, and at least 1/2 in size otherwise.
    let (hi, lost) = fast_two_sum(d, s);
    (n, hi, lost + (tail + d_lo))
}

/// exp(x) - 1.
///
/// Before the last rounding the scaled sum errs by 0.066u, or 0.057u for r < 0. It is at least 0.2071 in size for n = 1 (where r < 0 and an
/// ulp is u/4 up to 1/4, which gives 0.23 ulp, then u/2), at least 0.58 for other n but 0, where it is 0.293 for the least r (0.12 ulp), 0.414
/// for the greatest (0.14 ulp), and errs less below, as r³ to r: 0.75 ulp with the last rounding.
#[inline]
pub(crate) fn exp_m1_f64(x: f64) -> f64 {
    // Below -38 the result rounds to -1.
    let (n, hi, lo) = exp_m1_scaled(clamp(x, -38.0, 710.0));
    scale(hi + lo, n).copysign(x)
}

/// tanh(x).
///
/// With y = 2^-n (exp(2|x|) - 1), tanh |x| = y/(y + 2^(1-n)), carried in two parts. The relative error of y is multiplied by 2^(1-n)/(y + 2^(1-n)):
/// 0.066u/0.414 times 0.83 for n = 0, 0.057u/0.207 times 0.83 for n = 1, less for others: 0.23u of a result of 0.1716,
/// whose ulp is u/4: 0.16 ulp, and 0.66 ulp with the last rounding.
#[inline]
pub(crate) fn tanh_f64(x: f64) -> f64 {
    // tanh(20) rounds to 1.
    let (n, hi, lo) = exp_m1_scaled(clamp(2.0 * x.abs(), 0.0, 40.0));
    let (a, a_lo) = fast_two_sum(hi, lo);
    let (b, b_lo) = two_sum(a, pow2(1.0 - n));
    let (q, q_lo) = divide(a, a_lo, b, b_lo + a_lo);
    (q + q_lo).copysign(x)
}

/// 1/(1 + exp(-x)), as e/(1 + e) or 1/(1 + e) with e = exp(-|x|).
///
/// e errs by 1.1u, 1 + e by another u, the quotient by half an ulp: 2.1u + 0.5 ulp, and u <= 1 ulp.
#[inline]
pub(crate) fn sigmoid_f64(x: f64) -> f64 {
    let e = exp_f64(-x.abs());
    select(x < 0.0, e, 1.0) / (1.0 + e)
}

/// ln(x): -∞ at zero, NaN below.
///
/// For n = 0 the tail is all that errs: 0.095u |z|, where |z| > 1/4 and an ulp is u/2: 0.066 ulp; 0.058u |z| <= 0.058 ulp elsewhere. For
/// other n, |y| > 0.3465, an ulp is at least u/2, n `LN2_HI` is exact, and three sums of parts below 0.0035 add 0.0105u to 0.033u: 0.087 ulp.
#[inline]
pub(crate) fn ln_f64(x: f64) -> f64 {
    let tiny = x < f64::MIN_POSITIVE;
    let (n, m) = mantissa(select(tiny, x * 18_014_398_509_481_984.0, x));
    let n = select(tiny, n - 54.0, n);
    let y = logarithm(n, ln_1p_parts(m - 1.0, 0.0));
    let y = select(x < f64::INFINITY, y, x);
    let y = select(x < 0.0, f64::NAN, y);
    select(x == 0.0, f64::NEG_INFINITY, y)
}

/// ln(1 + x): -∞ at -1, NaN below.
///
/// As `ln_f64`: 1 + x is carried in two parts, so that for n = 0 it is x itself that enters `ln_1p_parts`.
#[inline]
pub(crate) fn ln_1p_f64(x: f64) -> f64 {
    let (sum, lost) = two_sum(1.0, x);
    let (n, m) = mantissa(sum);
    // What is lost does not matter beyond 2^60, nor does its scale.
    let lost = lost * pow2(select(n > 1000.0, -1000.0, -n));
    let y = logarithm(n, ln_1p_parts(m - 1.0, lost)).copysign(x);
    let y = select(x < f64::INFINITY, y, x);
    let y = select(x < -1.0, f64::NAN, y);
    select(x == -1.0, f64::NEG_INFINITY, y)
}

/// n ln 2 + z + tail.
#[inline]
fn logarithm(n: f64, (z, tail): (f64, f64)) -> f64 {
    let (hi, lo) = fast_two_sum(n * LN2_HI, z);
    hi + (lo + (tail + n * LN2_LO))
}

/// ln(1 + exp(x)), as max(x, 0) + ln(1 + e) with e = exp(-|x|).
///
/// e errs by 1.1u, and so does ln(1 + e) from it at most; its own error is 1.2u, the sum's half an ulp: 2.3u + 0.5 ulp, and u <= 1 ulp.
#[inline]
pub(crate) fn softplus_f64(x: f64) -> f64 {
    select(x < 0.0, 0.0, x) + ln_1p_f64(exp_f64(-x.abs()))
}
