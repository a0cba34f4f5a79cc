//! Logarithms.

use core::cmp::Ordering::Less;

use super::near::{FIRST_ORDER, Near};
use super::{Elementary, Real, WideBall, select};

/// √½, where the mantissa range of the logarithms begins.
const SQRT_HALF: u64 = core::f64::consts::FRAC_1_SQRT_2.to_bits();
/// The exponent field of a f64 with its sign.
const EXPONENT: u64 = 0xfff << 52;

/// The natural logarithm: -∞ at zero, NaN below.
#[derive(Debug, Clone, Copy)]
pub struct Ln;

impl Elementary for Ln {
    const NAME: &'static str = "ln";
    const WIDE_ULPS: f64 = 2.0;
    const MONOTONE: bool = true;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        // Every positive f32 is a normal f64.
        let (n, m) = mantissa(x);
        let (z, tail) = ln_1p_short(m - 1.0);
        edges(n * core::f64::consts::LN_2 + z + tail, x, x)
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        libm::log(x)
    }

    fn near(x: f64) -> Option<Near> {
        match x {
            ..0.0 => Some(Near::Exactly(f64::NAN)),
            0.0 => Some(Near::Exactly(f64::NEG_INFINITY)),
            1.0 => Some(Near::Exactly(0.0)),
            _ => None,
        }
    }

    fn real(x: &Real) -> Real {
        x.ln()
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.ln()
    }
}

/// `ln(1 + x)`: -∞ at -1, NaN below.
#[derive(Debug, Clone, Copy)]
pub struct Ln1p;

impl Elementary for Ln1p {
    const NAME: &'static str = "ln_1p";
    const WIDE_ULPS: f64 = 2.0;
    const MONOTONE: bool = true;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        edges(ln_1p_wide(x).copysign(x), x, x + 1.0)
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        libm::log1p(x)
    }

    /// `0 < x - ln(1 + x) < x²` for `|x| < 1/2`.
    fn near(x: f64) -> Option<Near> {
        match x {
            ..-1.0 => Some(Near::Exactly(f64::NAN)),
            -1.0 => Some(Near::Exactly(f64::NEG_INFINITY)),
            0.0 => Some(Near::Exactly(0.0)),
            _ if x.abs() < FIRST_ORDER => Some(Near::Argument(Less)),
            _ => None,
        }
    }

    fn real(x: &Real) -> Real {
        x.ln_1p()
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.ln_1p()
    }
}

/// ln(1 + x) for x > -1, to the needs of f32, whether x is one or not.
#[inline(always)]
pub(super) fn ln_1p_wide(x: f64) -> f64 {
    let (n, m) = mantissa(1.0 + x);
    // Where n = 0 the sum 1 + x may have lost bits of x; elsewhere |ln(1 + x)| > 1/3 and they do not matter.
    let (z, tail) = ln_1p_short(select(n == 0.0, x, m - 1.0));
    n * core::f64::consts::LN_2 + z + tail
}

/// (n, m) with x = 2^n m, √½ <= m < √2, for normal x > 0.
#[inline(always)]
fn mantissa(x: f64) -> (f64, f64) {
    let bits = x.to_bits();
    let steps = bits.wrapping_sub(SQRT_HALF).wrapping_add(1 << 63);
    let m = bits.wrapping_sub(steps & EXPONENT).wrapping_add(1 << 63);
    // `steps >> 52` is n + 2048; under the exponent of 2^52 it reads as 2^52 + 2048 + n.
    let n = f64::from_bits((steps >> 52) | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 2048.0);
    (n, f64::from_bits(m))
}

/// ln(1 + f) for √½ <= 1 + f <= √2, from z = f/(1 + f/2) as 2 atanh(z/2) = z + z³ p(z²), with p of degree 5 from a Chebyshev fit;
/// relative error 2^-49.
#[inline(always)]
fn ln_1p_short(f: f64) -> (f64, f64) {
    let z = f / (1.0 + f * 0.5);
    let w = z * z;
    let w2 = w * w;
    let p = (0.083_333_333_333_327_6 + w * 0.012_500_000_003_505_592)
        + w2 * ((0.002_232_142_510_524_046_5 + w * 0.000_434_040_286_594_752_4)
            + w2 * (8.857_508_105_622_705e-5 + w * 2.029_062_138_889_645e-5));
    (z, z * (w * p))
}

/// y = the logarithm of `argument` (or of about it), corrected where there is none: x is what the caller passed.
#[inline(always)]
fn edges(y: f64, x: f64, argument: f64) -> f64 {
    let y = select(x < f64::INFINITY, y, x);
    let y = select(argument < 0.0, f64::NAN, y);
    select(argument == 0.0, f64::NEG_INFINITY, y)
}
