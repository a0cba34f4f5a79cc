//! The exponential and what is made of it.

use core::cmp::Ordering::Greater;

use super::near::{FIRST_ORDER, Near, SECOND_ORDER, inward, outward};
use super::{Elementary, Real, SHIFT, WideBall, clamp};

/// The leading 42 bits of ln 2, so that n * `LN2_HI` is exact for |n| < 2^11; a multiple of 2^-42.
const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fefa_3800);
/// ln 2 - `LN2_HI` to within 2^-102.
const LN2_LO: f64 = f64::from_bits(0x3d2e_f357_93c7_6730);

/// `e^x`.
///
/// `narrow` keeps its error for every f64 and not for f32 only: the reduction leaves `r` within 2^-53 |r| + 2^-91, and the
/// polynomial does not see how many digits `x` had.
#[derive(Debug, Clone, Copy)]
pub struct Exp;

impl Elementary for Exp {
    const NAME: &'static str = "exp";
    const WIDE_ULPS: f64 = 2.0;
    const MONOTONE: bool = true;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        // e^-708 is the last normal number; the factor 2^1024 is an infinity.
        let (n, r) = reduce(clamp(x, -708.0, 710.0));
        pow2(n) * (1.0 + exp_m1_short(r))
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        libm::exp(x)
    }

    /// `|e^x - 1| < 2 |x|`; above `e^750` and below `e^-800` no format has numbers.
    fn near(x: f64) -> Option<Near> {
        match x {
            0.0 => Some(Near::Exactly(1.0)),
            _ if x.abs() < FIRST_ORDER => Some(Near::Number(1.0, outward(x))),
            750.0.. => Some(Near::Exactly(f64::INFINITY)),
            ..-800.0 => Some(Near::Number(0.0, Greater)),
            _ => None,
        }
    }

    fn real(x: &Real) -> Real {
        x.exp()
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.exp()
    }
}

/// `e^x - 1`.
#[derive(Debug, Clone, Copy)]
pub struct ExpM1;

impl Elementary for ExpM1 {
    const NAME: &'static str = "exp_m1";
    const MONOTONE: bool = true;
    const WIDE_ULPS: f64 = 2.0;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        // -0 is kept: the polynomial begins with r, but 0 is added to it.
        exp_m1_wide(clamp(x, -100.0, 400.0)).copysign(x)
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        libm::expm1(x)
    }

    /// `0 < e^x - 1 - x < x²`, and `e^-64 < 2^-92`.
    fn near(x: f64) -> Option<Near> {
        match x {
            0.0 => Some(Near::Exactly(0.0)),
            _ if x.abs() < FIRST_ORDER => Some(Near::Argument(Greater)),
            750.0.. => Some(Near::Exactly(f64::INFINITY)),
            ..-64.0 => Some(Near::Number(-1.0, Greater)),
            _ => None,
        }
    }

    fn real(x: &Real) -> Real {
        x.exp_m1()
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.exp_m1()
    }
}

/// The hyperbolic tangent.
#[derive(Debug, Clone, Copy)]
pub struct Tanh;

impl Elementary for Tanh {
    const NAME: &'static str = "tanh";
    /// Errors of 2.09 were seen.
    const WIDE_ULPS: f64 = 3.0;
    const MONOTONE: bool = true;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        // 1 - tanh(20) is 2^-57.
        let e = exp_m1_wide(clamp(2.0 * x.abs(), 0.0, 40.0));
        (e / (e + 2.0)).copysign(x)
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        libm::tanh(x)
    }

    /// `0 < 1 - tanh x / x < x²/3`, and `1 - tanh 32 < 2 e^-64 < 2^-91`.
    fn near(x: f64) -> Option<Near> {
        match x.abs() {
            0.0 => Some(Near::Exactly(0.0)),
            ..SECOND_ORDER => Some(Near::Argument(inward(x))),
            32.0.. => Some(Near::Number(1f64.copysign(x), inward(x))),
            _ => None,
        }
    }

    fn real(x: &Real) -> Real {
        x.tanh()
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.tanh()
    }
}

/// 2^n for an integer -1022 <= n <= 1024, where 2^1024 is ∞.
#[inline(always)]
fn pow2(n: f64) -> f64 {
    f64::from_bits(((n + SHIFT).to_bits() << 52).wrapping_add(1.0_f64.to_bits()))
}

/// (n, r) with x = n ln 2 + r, |r| <= 0.34658, to within 2^-53 |r|, for |x| < 1000.
///
/// x - n `LN2_HI` is exact for an f32: n = 0, or |x| > 1/4 and both are multiples of 2^-54 while the difference is below 1/2.
/// (For other numbers it is rounded by no more than 2^-54 |r|.)
#[inline(always)]
fn reduce(x: f64) -> (f64, f64) {
    let n = (x * core::f64::consts::LOG2_E + SHIFT) - SHIFT;
    (n, (x - n * LN2_HI) - n * LN2_LO)
}

/// exp(r) - 1 for |r| <= RMAX: r + r² q(r), with q of degree 8 from a Chebyshev fit; relative error 2^-48.
#[inline(always)]
fn exp_m1_short(r: f64) -> f64 {
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = (0.5 + r * 0.166_666_666_666_483_03) + r2 * (0.041_666_666_666_651_364 + r * 0.008_333_333_353_718_381);
    let high = (0.001_388_888_890_587_236_7 + r * 0.000_198_412_087_545_470_57)
        + r2 * (2.480_153_640_702_703e-5 + r * 2.762_510_336_261_67e-6)
        + r4 * 2.761_379_668_517_062e-7;
    r + r2 * (low + r4 * high)
}

/// exp(x) - 1 for -708 <= x <= 700, to the needs of f32.
#[inline(always)]
fn exp_m1_wide(x: f64) -> f64 {
    let (n, r) = reduce(x);
    let factor = pow2(n);
    factor * exp_m1_short(r) + (factor - 1.0)
}
