//! [`Narrow`]: formats that are widened to f32 to be computed with, such as bf16, f16, tf32 and fp8.
//!
//! Sums and matrix products accumulate in f32 and round once, as the hardware does; every other operation rounds to the
//! format from the exact result.

use std::fmt::{Debug, Display};

use super::native::{quotient_residual, root_residual, two_sum};
use super::{Format, accumulated_product};
use crate::bound::Up;
use crate::kernel::gemm::Mat;

/// A binary format with subnormals, at most 11 bits of precision and no more range than f32. How to widen a number to f32
/// and how to round one is all that [`Format`] needs to know of it.
///
/// # Why rounding twice is innocuous
///
/// Let `p` be the precision and `2^e` the smallest positive number. Rounding to nearest in a format with `p'` and `e'`
/// first gives the correctly rounded result (Figueroa 1995, "When is double rounding innocuous?"; with subnormals
/// Roux 2014, "Innocuous double rounding of basic arithmetic operations", proved in Coq) of
///
/// | operation | if |
/// |---|---|
/// | `+`, `-` | `2p + 1 <= p'` and `e' <= e` |
/// | `*` | `2p <= p'` and `e' <= 2e`, since then the first rounding is exact |
/// | `/` | `2p <= p'` and `e' <= e - p - 2` |
/// | `√` | `2p + 2 <= p'`, `e <= 0` and `e' <= e - p - 2` |
///
/// f32 has `p' = 24`, `e' = -149`: enough for sums, and for the rest if `e >= -74`. Formats with smaller numbers, bf16 and
/// tf32, compute products and quotients in f64 (53, -1074) and round them to f32 *to odd*, which changes nothing about what
/// they round to in a format with at least two bits less (Boldo and Melquiond 2008, "Emulation of FMA and correctly rounded
/// sums: proved algorithms using rounding to odd").
///
/// What overflows in f32 or f64 overflows in the format too.
pub trait Narrow: Copy + Default + PartialEq + PartialOrd + Debug + Display + Send + Sync + 'static {
    /// The name that people use.
    const NAME: &'static str;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The bits of precision, the leading one included.
    const PRECISION: i32;
    /// The smallest positive number is 2 to this.
    const EMIN: i32;
    /// Whether what is beyond the largest number becomes the largest number.
    const SATURATES: bool = false;

    /// The number as an f32, exactly.
    fn widen(self) -> f32;
    /// The nearest number of the format, ties to even.
    #[must_use]
    fn round(x: f32) -> Self;
    /// `-self`.
    #[must_use]
    fn negated(self) -> Self;

    /// Whether everything beyond the largest number rounds to this one, so that nothing is known of what was rounded to it.
    #[inline]
    fn is_saturated(self) -> bool {
        false
    }
}

/// Whether products, quotients and square roots may be rounded to f32 first.
const fn fits_f32<T: Narrow>() -> bool {
    assert!(T::PRECISION >= 2 && T::PRECISION <= 11 && T::EMIN >= -149, "not a format that f32 can compute for");
    T::EMIN >= -74
}

impl<T: Narrow> Format for T {
    const NAME: &'static str = <T as Narrow>::NAME;
    const ZERO: Self = <T as Narrow>::ZERO;
    const ONE: Self = <T as Narrow>::ONE;
    type Acc = f32;
    const ROUNDS_ONCE: bool = true;
    const SATURATES: bool = T::SATURATES;
    const ROUNDOFF: [f64; 2] = [power_of_two(-T::PRECISION), power_of_two(T::EMIN - 1)];

    #[inline]
    fn from_f64(x: f64) -> Self {
        round_f64(x)
    }

    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(self.widen())
    }

    #[inline]
    fn to_acc(self) -> f32 {
        self.widen()
    }

    #[inline]
    fn from_acc(acc: f32) -> Self {
        T::round(acc)
    }

    #[inline]
    fn is_finite(self) -> bool {
        self.widen().is_finite()
    }

    #[inline]
    fn add(self, other: Self) -> Self {
        T::round(self.widen() + other.widen())
    }

    #[inline]
    fn sub(self, other: Self) -> Self {
        T::round(self.widen() - other.widen())
    }

    #[inline]
    fn mul(self, other: Self) -> Self {
        if const { fits_f32::<T>() } {
            T::round(self.widen() * other.widen())
        } else {
            round_f64(self.to_f64() * other.to_f64())
        }
    }

    #[inline]
    fn div(self, other: Self) -> Self {
        if const { fits_f32::<T>() } {
            T::round(self.widen() / other.widen())
        } else {
            round_f64(self.to_f64() / other.to_f64())
        }
    }

    #[inline]
    fn neg(self) -> Self {
        self.negated()
    }

    #[inline]
    fn max(self, other: Self) -> Self {
        let (a, b) = (self.widen(), other.widen());
        if (a > b) | a.is_nan() { self } else { other }
    }

    #[inline]
    fn sqrt(self) -> Self {
        if const { fits_f32::<T>() } { T::round(self.widen().sqrt()) } else { round_f64(self.to_f64().sqrt()) }
    }

    /// `2^n 2^-p` for a number in `[2^n, 2^(n+1))`, and half the smallest number for subnormals and zero; ∞ for a number that
    /// is saturated.
    #[inline]
    fn half_ulp(self) -> Up {
        let power = f64::from(f32::from_bits(self.widen().to_bits() & 0x7f80_0000));
        let half = (power * const { power_of_two(-T::PRECISION) }).max(const { power_of_two(T::EMIN - 1) });
        Up::new(if self.is_saturated() { f64::INFINITY } else { half })
    }

    /// The sum of two numbers is known exactly, as a rounded f64 and its own error.
    #[inline]
    fn add_error(a: Self, b: Self, sum: Self) -> Up {
        let (s, e) = two_sum(a.to_f64(), b.to_f64());
        Up::of_rounded_sum((s - sum.to_f64()) + e)
    }

    /// The product of two numbers is exact in f64, and so is its distance to the nearest number.
    #[inline]
    fn mul_error(a: Self, b: Self, product: Self) -> Up {
        Up::abs(a.to_f64() * b.to_f64() - product.to_f64())
    }

    #[inline]
    fn div_error(a: Self, b: Self, quotient: Self) -> Up {
        quotient_residual(a.to_f64(), b.to_f64(), quotient.to_f64())
    }

    #[inline]
    fn sqrt_error(x: Self, root: Self) -> Up {
        root_residual(x.to_f64(), root.to_f64(), const { power_of_two(-T::PRECISION) })
    }

    fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        accumulated_product(a, b, c);
    }
}

/// `2^n` for `-1022 <= n <= 1023`.
pub(super) const fn power_of_two(n: i32) -> f64 {
    assert!(n >= -1022 && n <= 1023);
    #[allow(clippy::cast_sign_loss, reason = "the biased exponent is positive")]
    f64::from_bits(((n + 1023) as u64) << 52)
}

/// To nearest, ties to even, in one rounding.
#[inline]
pub(super) fn round_f64<T: Narrow>(x: f64) -> T {
    T::round(to_odd(x))
}

/// To f32 by rounding to odd: toward zero, and the last bit set if anything was cut off.
#[inline]
pub(super) fn to_odd(x: f64) -> f32 {
    #[allow(clippy::cast_possible_truncation, reason = "corrected below")]
    let nearest = x as f32;
    let back = f64::from(nearest);
    let toward_zero = nearest.to_bits() - u32::from(back.abs() > x.abs());
    let inexact = back != x && !x.is_nan();
    f32::from_bits(toward_zero | u32::from(inexact))
}

/// `x` to nearest, ties to even, in a format with the exponents of f32 and `cut` bits less precision: add just under half of
/// the part that is cut off, and one more if the part that is kept is odd. The part that is cut off is still there. A NaN
/// becomes quiet.
#[inline]
pub(super) fn rounded_bits(x: f32, cut: u32) -> u32 {
    let bits = x.to_bits();
    let half = (1 << (cut - 1)) - 1;
    if x.is_nan() { bits | 0x0040_0000 } else { bits.wrapping_add(half + ((bits >> cut) & 1)) }
}

/// Sign, `EXPONENT` bits and `MANTISSA` bits as IEEE 754 lays them out, but for what the topmost codes mean: how numbers of
/// such a format are widened and rounded, in integer arithmetic without branches or tables, so that loops are vectorised.
pub(super) struct Layout<const EXPONENT: u32, const MANTISSA: u32>;

impl<const EXPONENT: u32, const MANTISSA: u32> Layout<EXPONENT, MANTISSA> {
    const BIAS: u32 = (1 << (EXPONENT - 1)) - 1;
    pub(super) const SIGN: u32 = 1 << (EXPONENT + MANTISSA);
    #[allow(clippy::cast_possible_wrap, reason = "a few bits")]
    pub(super) const EMIN: i32 = 1 - (Self::BIAS + MANTISSA) as i32;
    /// How much further left the mantissa of an f32 reaches.
    const SHIFT: u32 = 23 - MANTISSA;
    /// The difference of the biases, in the place of an f32's exponent.
    const REBIAS: u32 = (127 - Self::BIAS) << 23;
    /// The bits of the smallest normal number as an f32.
    const NORMAL: u32 = Self::REBIAS + (1 << 23);

    /// The number with this code, without regard to what the topmost codes mean.
    ///
    /// A subnormal number is `m` units; with the exponent of the smallest normal number put in front it is that number
    /// and `m` units, and the difference is exact.
    #[inline(always)]
    pub(super) fn widen(code: u32) -> f32 {
        let magnitude = code & (Self::SIGN - 1);
        let shifted = (magnitude << Self::SHIFT) + Self::REBIAS;
        let normal = f32::from_bits(shifted);
        let subnormal = f32::from_bits(shifted + (1 << 23)) - f32::from_bits(Self::NORMAL);
        let size = if magnitude < 1 << MANTISSA { subnormal } else { normal };
        f32::from_bits(size.to_bits() | (code & Self::SIGN) << (31 - EXPONENT - MANTISSA))
    }

    /// The code of `|x|` to nearest, ties to even, as if the exponents went on for ever: what is beyond the largest number
    /// has a larger code, and so has a NaN.
    ///
    /// Below the smallest normal number the unit is that of `2^(e + 23)` as an f32: adding that number rounds to it, ties to
    /// even, and leaves the number of units in the low bits.
    #[inline(always)]
    pub(super) fn magnitude(x: f32) -> u32 {
        let size = x.abs();
        let normal = (rounded_bits(size, Self::SHIFT) - Self::REBIAS.min(size.to_bits())) >> Self::SHIFT;
        let unit = f32::from_bits((24 + 127 - Self::BIAS - MANTISSA) << 23);
        let subnormal = (size + unit).to_bits().wrapping_sub(unit.to_bits());
        if size.to_bits() < Self::NORMAL { subnormal } else { normal }
    }

    /// The sign of `x` in its place.
    #[inline(always)]
    pub(super) fn sign(x: f32) -> u32 {
        x.to_bits() >> (31 - EXPONENT - MANTISSA) & Self::SIGN
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Every number of the format survives; half-way points go to the even neighbour, and what is next to them does not.
    /// `codes` are those of the non-negative numbers in ascending order.
    pub(in super::super) fn rounds_to_nearest<T: Narrow>(codes: std::ops::Range<u16>, number: impl Fn(u16) -> T) {
        for code in codes.start..codes.end - 1 {
            let (x, next) = (number(code), number(code + 1));
            let middle = f64::midpoint(x.to_f64(), next.to_f64());
            let even = if code % 2 == 0 { x } else { next };
            for sign in [1.0, -1.0] {
                let is = |at: f64, y: T| {
                    let rounded: T = round_f64(sign * at);
                    assert_eq!(rounded.to_f64().to_bits(), (sign * y.to_f64()).to_bits(), "{at:e}");
                };
                is(x.to_f64(), x);
                is(middle, even);
                is(middle.next_down(), x);
                is(middle.next_up(), next);
            }
            assert_eq!(T::round(x.widen()), x);
            assert_eq!(x.half_ulp().get(), (next.to_f64() - x.to_f64()) / 2.0, "{x}");
        }
        assert!(!round_f64::<T>(f64::NAN).is_finite() && !T::round(f32::NAN).is_finite());
    }

    /// The errors of sums and products are those of exact arithmetic, and no more than half an ulp.
    pub(in super::super) fn errors_are_measured<T: Narrow>(numbers: &(impl Iterator<Item = T> + Clone)) {
        for a in numbers.clone() {
            for b in numbers.clone() {
                let (product, sum) = (Format::mul(a, b), Format::add(a, b));
                for (result, error) in [(product, T::mul_error(a, b, product)), (sum, T::add_error(a, b, sum))] {
                    // An error that is computed is inflated by one rounding.
                    let bound = result.half_ulp().get() * (1.0 + f64::EPSILON);
                    assert!(error.get() <= bound, "{a} {b} {result} {error:?}");
                }
            }
        }
    }
}
