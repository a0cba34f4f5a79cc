//! The activations of neural networks: functions of their own, so that they are rounded once.

use core::cmp::Ordering::{Greater, Less};

use super::logarithm::ln_1p_wide;
use super::near::{FIRST_ORDER, Near, outward};
use super::normal::{tail, tail_f64};
use super::{Elementary, Exp, Real, WideBall, clamp, select, two_product};

/// `1 / (1 + e^-x)`.
#[derive(Debug, Clone, Copy)]
pub struct Sigmoid;

impl Elementary for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const MONOTONE: bool = true;
    /// With `u = 2^-53`: the exponential is off by 2u of itself, of which half arrives in `1 + e`; three roundings.
    const WIDE_ULPS: f64 = 5.0;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        sigmoid_of(x, Exp::narrow(-x.abs()))
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        sigmoid_of(x, libm::exp(-x.abs()))
    }

    /// `|σ(x) - 1/2| < |x|/4`, `1 - σ(64) < e^-64 < 2^-92`, and `σ(x) < e^x`.
    fn near(x: f64) -> Option<Near> {
        match x {
            0.0 => Some(Near::Exactly(0.5)),
            _ if x.abs() < FIRST_ORDER => Some(Near::Number(0.5, outward(x))),
            64.0.. => Some(Near::Number(1.0, Less)),
            ..-800.0 => Some(Near::Number(0.0, Greater)),
            _ => None,
        }
    }

    fn real(x: &Real) -> Real {
        x.sigmoid()
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.sigmoid()
    }
}

/// The sigmoid of x from `e = exp(-|x|)`: nothing overflows and nothing cancels.
#[inline(always)]
fn sigmoid_of(x: f64, e: f64) -> f64 {
    select(x < 0.0, e, 1.0) / (1.0 + e)
}

/// `ln(1 + e^x)`.
#[derive(Debug, Clone, Copy)]
pub struct Softplus;

impl Elementary for Softplus {
    const NAME: &'static str = "softplus";
    const MONOTONE: bool = true;
    /// The exponential is off by 2u of itself, the logarithm by as much again; one rounding.
    const WIDE_ULPS: f64 = 5.0;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        select(x < 0.0, 0.0, x) + ln_1p_wide(Exp::narrow(-x.abs()))
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        select(x < 0.0, 0.0, x) + libm::log1p(libm::exp(-x.abs()))
    }

    /// `0 < ln(1 + e^x) - x = ln(1 + e^-x) < e^-x`, and `ln(1 + e^x) < e^x`.
    fn near(x: f64) -> Option<Near> {
        match x {
            64.0.. => Some(Near::Argument(Greater)),
            ..-800.0 => Some(Near::Number(0.0, Greater)),
            _ => None,
        }
    }

    fn real(x: &Real) -> Real {
        x.exp().ln_1p()
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.softplus()
    }
}

/// `x / (1 + e^-x)`, also called swish.
#[derive(Debug, Clone, Copy)]
pub struct Silu;

impl Elementary for Silu {
    const NAME: &'static str = "silu";
    /// One rounding more than the sigmoid.
    const WIDE_ULPS: f64 = 6.0;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        // Below, the function vanishes; and -∞ times 0 would be a NaN.
        let x = select(x < -800.0, -800.0, x);
        above_half(x, x * Sigmoid::narrow(x))
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        let x = select(x < -800.0, -800.0, x);
        x * Sigmoid::wide(x)
    }

    /// `x σ(x)` with [`Sigmoid::near`]; below -800 it rises toward 0.
    fn near(x: f64) -> Option<Near> {
        beside_a_line(x, 64.0, -800.0)
    }

    fn real(x: &Real) -> Real {
        x.times(&x.sigmoid())
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x * x.sigmoid()
    }
}

/// `y`, or the f64 above `x/2` where `x` is tiny.
///
/// There silu and both forms of gelu are `x/2 + c x²` with a positive `c`: more than `x/2` by less than an f64 can tell. But `x/2` may be
/// half-way between two subnormal numbers of the format that it is rounded to, and then that little decides.
#[inline(always)]
fn above_half(x: f64, y: f64) -> f64 {
    let half = (0.5 * x).to_bits();
    let above = f64::from_bits(select(x < 0.0, half.wrapping_sub(1), half.wrapping_add(1)));
    select((x.abs() < TINY) & (x != 0.0), above, y)
}

/// Silu and both forms of gelu: a little more than `x/2` next to 0, less than `x` from `far` on, and next to 0, from below, up to `low`.
fn beside_a_line(x: f64, far: f64, low: f64) -> Option<Near> {
    if x == 0.0 {
        Some(Near::Exactly(0.0))
    } else if x.abs() < FIRST_ORDER {
        Some(Near::HalfArgument(Greater))
    } else if x >= far {
        Some(Near::Argument(Less))
    } else if x < low {
        Some(Near::Number(0.0, Less))
    } else {
        None
    }
}

/// 2^-100: no format has subnormal numbers from here up to 2^-25, where f64 can tell.
const TINY: f64 = f64::from_bits((1023 - 100) << 52);

/// `x Φ(x)`, where `Φ` is the [normal distribution function](super::NormalCdf): the exact form of the Gaussian error linear unit.
#[derive(Debug, Clone, Copy)]
pub struct Gelu;

impl Elementary for Gelu {
    const NAME: &'static str = "gelu";
    const NARROW_ERROR: f64 = 1.0 / (1_u64 << 44) as f64;
    /// One rounding more than Φ.
    const WIDE_ULPS: f64 = 6.0;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        let x = select(x < -40.0, -40.0, x);
        let below = tail(x);
        above_half(x, x * select(x < 0.0, below, 1.0 - below))
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        let x = select(x < -40.0, -40.0, x);
        let below = tail_f64(x);
        x * select(x < 0.0, below, 1.0 - below)
    }

    const NEVER_RATIONAL: bool = false;

    /// `x Φ(x)` with [`NormalCdf::near`](super::NormalCdf); below -45 it is at most `φ(45)` from 0.
    fn near(x: f64) -> Option<Near> {
        beside_a_line(x, 16.0, -45.0)
    }

    fn real(x: &Real) -> Real {
        x.times(&x.normal_cdf())
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x * x.normal_cdf()
    }
}

/// `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`: the form of the Gaussian error linear unit that many models use.
///
/// It is `x σ(v)` with `v = 2 √(2/π) (x + 0.044715 x³)`.
#[derive(Debug, Clone, Copy)]
pub struct GeluTanh;

/// `2 √(2/π)` and what its f64 lacks.
const LINEAR: (f64, f64) = (1.595_769_121_605_730_8, -9.969_308_809_110_92e-17);
/// `0.044715` times that.
const CUBIC: (f64, f64) = (0.071_354_816_272_600_25, -6.175_149_918_155_315e-19);

impl Elementary for GeluTanh {
    const NAME: &'static str = "gelu_tanh";
    /// The argument of the exponential, up to 710, is off by 3u of itself.
    const NARROW_ERROR: f64 = 1.0 / (1_u64 << 41) as f64;
    /// As many as those of silu, and what the argument is off by.
    const WIDE_ULPS: f64 = 8.0;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        let (x, z) = gelu_tanh_reduced(x);
        above_half(x, x * Sigmoid::narrow(z * (LINEAR.0 + CUBIC.0 * (z * z))))
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        let (x, z) = gelu_tanh_reduced(x);
        let (high, low) = gelu_tanh_argument(z);
        let e = libm::exp(-high.abs());
        // e^-|v| with v = high + low.
        let e = e - e * select(high < 0.0, -low, low);
        x * sigmoid_of(high, e)
    }

    const NEVER_RATIONAL: bool = false;

    /// `x σ(v)` with `v > 300` at 16, and `v < -6000` at -45 and falling; `|σ(v) - 1/2| < |v|/4 < |x|/2` for tiny `x`.
    fn near(x: f64) -> Option<Near> {
        beside_a_line(x, 16.0, -45.0)
    }

    fn real(x: &Real) -> Real {
        x.times(&x.gelu_argument().sigmoid())
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x * x.gelu_argument().sigmoid()
    }
}

/// x where the function vanishes below no smaller than there, and the same where the sigmoid is 1 above no larger.
#[inline(always)]
fn gelu_tanh_reduced(x: f64) -> (f64, f64) {
    let x = select(x < -24.0, -24.0, x);
    (x, clamp(x, -24.0, 24.0))
}

/// `v` as the sum of two numbers, to within 2^-70 of itself or so.
#[inline]
fn gelu_tanh_argument(x: f64) -> (f64, f64) {
    let (square, square_low) = two_product(x, x);
    let (cubic, cubic_low) = two_product(square, CUBIC.0);
    let factor_low = cubic_low + (square_low * CUBIC.0 + square * CUBIC.1) + LINEAR.1;
    // LINEAR is larger than CUBIC x² or not: Knuth's sum does not mind.
    let factor = LINEAR.0 + cubic;
    let part = factor - LINEAR.0;
    let rounding = (LINEAR.0 - (factor - part)) + (cubic - part);
    let (high, low) = two_product(factor, x);
    (high, low + (factor_low + rounding) * x)
}
