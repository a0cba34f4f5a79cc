//! [`Narrow`]: formats that are widened to f32 to be computed with, such as bf16, f16, tf32 and fp8.
//!
//! Sums and matrix products accumulate in f32 and round once, as the hardware does; every other operation rounds to the
//! format from the exact result.

use std::fmt::{Debug, Display};

use super::native::{quotient_residual, root_residual, two_sum};
use super::{Format, accumulated_product};
use crate::bound::Up;
use crate::kernel::entrywise::Entry;
use crate::kernel::gemm::Mat;
use crate::kernel::pairs::one_by_one;

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
/// | `*` | `2p <= p'` and either `e' <= 2e`, since then the first rounding is exact, or `e' + 2p <= e` |
/// | `/` | `2p <= p'` and `e' <= e - p - 2` |
/// | `√` | `2p + 2 <= p'`, `e <= 0` and `e' <= e - p - 2` |
///
/// f32 has `p' = 24`, `e' = -149`: enough for all but the products of tf32, `e = -136`.
///
/// The second condition for products, which bf16 needs (`-149 + 16 <= -133`), is not in those papers. *Proof.* A product has at most `2p`
/// bits. From `2^(e-1)` on the last of them is at least `2^(e - 2p) >= 2^e'`, so the first rounding is exact. Below, the product rounds to
/// 0; and the first rounding, which keeps order, leaves it at most `2^(e-1)`, which is a tie and rounds to 0 too. ∎
///
/// A number of f64 is rounded to `p + 2` bits *to odd* first, which changes nothing about what it rounds to in a format with at least two bits
/// less (Boldo and Melquiond 2008, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd").
///
/// What overflows in f32 overflows in the format too.
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

    /// Not a number.
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.widen().is_nan()
    }

    /// `f(self, other)`, rounded, where `f` is one rounded operation of f32.
    #[inline(always)]
    #[must_use]
    fn combine(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self::round(f(self.widen(), other.widen()))
    }

    /// `fl(self + other)`.
    #[inline(always)]
    #[must_use]
    fn sum(self, other: Self) -> Self {
        self.combine(other, |a, b| a + b)
    }

    /// `fl(self - other)`.
    #[inline(always)]
    #[must_use]
    fn difference(self, other: Self) -> Self {
        self.combine(other, |a, b| a - b)
    }

    /// `fl(self * other)`.
    #[inline(always)]
    #[must_use]
    fn product(self, other: Self) -> Self {
        if const { products_fit::<Self>() } {
            self.combine(other, |a, b| a * b)
        } else {
            Self::round(small_rounded::<Self>(self.widen(), other.widen()))
        }
    }

    /// `fl(self / other)`.
    #[inline(always)]
    #[must_use]
    fn quotient(self, other: Self) -> Self {
        self.combine(other, |a, b| a / b)
    }

    /// See [`Format::map`].
    #[doc(hidden)]
    #[inline(always)]
    fn map<E: Entry<Self, N>, const N: usize>(x: [&[Self]; N], y: &mut [Self]) {
        one_by_one::<E, Self, N>(x, y);
    }

    /// See [`Format::is_positive`].
    #[doc(hidden)]
    #[inline(always)]
    fn is_positive(self) -> bool {
        self > Self::ZERO
    }

    /// Whether everything beyond the largest number rounds to this one, so that nothing is known of what was rounded to it.
    #[inline]
    fn is_saturated(self) -> bool {
        false
    }
}

/// Whether products may be rounded to f32 first; see [`Narrow`].
const fn products_fit<T: Narrow>() -> bool {
    let (p, e) = (T::PRECISION, T::EMIN);
    assert!(p >= 2 && p <= 11 && -149 <= e - p - 2, "not a format that f32 can compute for");
    -149 <= 2 * e || -149 + 2 * p <= e
}

/// A product of which the smallest, those that are no normal f32, have been rounded to the format already.
///
/// Other products are exact: not below `2^-127`, their last bit is at least `2^(-126 - 2p) >= 2^-149`. The small ones are computed
/// `2^64` times as large, so they are exact too, since no number is below `2^-136`; adding a large number rounds them to multiples
/// of the smallest number, ties to even. (If the product is 0 without a factor being 0 it is below `2^-149`. If it is not, no
/// factor is above `2^11`.)
#[inline(always)]
fn small_rounded<T: Narrow>(a: f32, b: f32) -> f32 {
    const { assert!(T::EMIN >= -136 && T::PRECISION <= 11) };
    let product = a * b;
    let [scale, back] = [f32::from_bits((127 + 32) << 23), f32::from_bits((127 - 32) << 23)];
    #[allow(clippy::cast_possible_truncation, reason = "three times a power of two")]
    let shift = const { (1.5 * power_of_two(T::EMIN + 64 + 23)) as f32 };
    let rounded = ((a * scale) * (b * scale) + shift) - shift;
    let small = (rounded * back * back).copysign(product);
    if (product.abs() < f32::MIN_POSITIVE) & (product != 0.0) { small } else { product }
}

// "Help: implement `Narrow`" is no help to whoever wrote a type that is no format.
#[diagnostic::do_not_recommend]
impl<T: Narrow> Format for T {
    const NAME: &'static str = <T as Narrow>::NAME;
    const ZERO: Self = <T as Narrow>::ZERO;
    const ONE: Self = <T as Narrow>::ONE;
    type Acc = f32;
    type Carrier = f32;
    const ROUNDS_ONCE: bool = true;
    const SATURATES: bool = T::SATURATES;
    const ROUNDOFF: [f64; 2] = [power_of_two(-T::PRECISION), power_of_two(T::EMIN - 1)];

    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        round_f64(x)
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self.widen())
    }

    #[inline(always)]
    fn to_acc(self) -> f32 {
        self.widen()
    }

    #[inline(always)]
    fn from_acc(acc: f32) -> Self {
        T::round(acc)
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        self.widen().is_finite()
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.sum(other)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.difference(other)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.product(other)
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.quotient(other)
    }

    #[inline(always)]
    fn neg(self) -> Self {
        self.negated()
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        if (self > other) | self.is_nan() { self } else { other }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        T::round(self.widen().sqrt())
    }

    /// `2^n 2^-p` for a number in `[2^n, 2^(n+1))`, and half the smallest number for subnormals and zero; ∞ for a number that
    /// is saturated.
    #[inline(always)]
    fn half_ulp(self) -> Up {
        let power = f64::from(f32::from_bits(self.widen().to_bits() & 0x7f80_0000));
        let half = (power * const { power_of_two(-T::PRECISION) }).max(const { power_of_two(T::EMIN - 1) });
        Up::new(if self.is_saturated() { f64::INFINITY } else { half })
    }

    /// The sum of two numbers is known exactly, as a rounded f64 and its own error.
    #[inline(always)]
    fn add_error(a: Self, b: Self, sum: Self) -> Up {
        let (s, e) = two_sum(a.to_f64(), b.to_f64());
        Up::of_rounded_sum((s - sum.to_f64()) + e)
    }

    /// The product of two numbers is exact in f64, and so is its distance to the nearest number.
    #[inline(always)]
    fn mul_error(a: Self, b: Self, product: Self) -> Up {
        Up::abs(a.to_f64() * b.to_f64() - product.to_f64())
    }

    #[inline(always)]
    fn div_error(a: Self, b: Self, quotient: Self) -> Up {
        quotient_residual(a.to_f64(), b.to_f64(), quotient.to_f64())
    }

    #[inline(always)]
    fn sqrt_error(x: Self, root: Self) -> Up {
        root_residual(x.to_f64(), root.to_f64(), const { power_of_two(-T::PRECISION) })
    }

    #[inline(always)]
    fn is_positive(self) -> bool {
        <T as Narrow>::is_positive(self)
    }

    #[inline(always)]
    fn map<E: Entry<Self, N>, const N: usize>(x: [&[Self]; N], y: &mut [Self]) {
        <T as Narrow>::map::<E, N>(x, y);
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
#[inline(always)]
pub(super) fn round_f64<T: Narrow>(x: f64) -> T {
    #[allow(clippy::cast_possible_truncation, reason = "exact, or of no consequence: see `to_odd`")]
    T::round(to_odd::<T>(x) as f32)
}

/// To `p + 2` bits by rounding to odd: toward zero, and the last bit set if anything was cut off.
///
/// With so few bits the number is an f32, unless it is so large that it overflows there too, or below `2^(p - 148)`. Then it is below
/// half of the smallest number, `2^(e - 1)`, whichever f32 it becomes is no larger than that, and so all round to 0.
#[inline(always)]
fn to_odd<T: Narrow>(x: f64) -> f64 {
    #[allow(clippy::cast_sign_loss, reason = "a precision is positive")]
    let cut = const {
        assert!(T::PRECISION - 147 <= T::EMIN, "f32 is too coarse near 0");
        (1_u64 << (52 - (T::PRECISION + 1) as u32)) - 1
    };
    let bits = x.to_bits();
    // The sum carries into the last bit that is kept unless all that are cut off are 0.
    f64::from_bits((bits | ((bits & cut) + cut)) & !cut)
}

/// `x` to nearest, ties to even, in a format with the exponents of f32 and `cut` bits less precision: add just under half of
/// the part that is cut off, and one more if the part that is kept is odd. The part that is cut off is still there. A NaN
/// becomes quiet.
#[inline(always)]
pub(super) fn rounded_bits(x: f32, cut: u32) -> u32 {
    let bits = x.to_bits();
    let half = (1 << (cut - 1)) - 1;
    if x.is_nan() { bits | 0x0040_0000 } else { bits.wrapping_add(half + (bits >> cut & 1)) }
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

    /// Products and quotients are those of f64, which is wide enough by the first conditions of the table, rounded to odd; and numbers
    /// are ordered as theirs are.
    pub(in super::super) fn computes_as_f64_does<T: Narrow>(a: T, b: T) {
        let (x, y) = (a.to_f64(), b.to_f64());
        for (ours, exact) in [(Format::mul(a, b), x * y), (Format::div(a, b), x / y), (Format::add(a, b), x + y)] {
            let theirs: T = round_f64(exact);
            assert!(
                ours.to_f64().to_bits() == theirs.to_f64().to_bits() || ours.is_nan() && theirs.is_nan(),
                "{a} {b}"
            );
        }
        assert_eq!((a == b, a < b, a > b, a <= b, a >= b), (x == y, x < y, x > y, x <= y, x >= y), "{a} {b}");
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
