//! [`Up`]: a non-negative number that can only be too large.

use std::ops::{Add, AddAssign, Mul};

/// The relative error of one rounded f64 operation is at most half of this.
const EPSILON: f64 = f64::EPSILON;

/// A non-negative number that is at least the real number it stands for: the arithmetic of radii.
///
/// Every operation rounds to nearest and then inflates its result by one unit in the last place, so the result is at
/// least what exact arithmetic would give. A NaN becomes ∞: "nothing is known".
///
/// # Why inflating is sound
///
/// Let `s` be the rounded result of an operation on non-negative numbers and `e` the exact one. If `s` is normal then
/// `s * 2^-52 >= ulp(s)`, so `fl(s (1 + 2^-52)) >= next_up(s) >= e`. A subnormal *sum* is exact. A product, quotient
/// that is subnormal differs from `e` by at most `2^-1075`, which the addition of the smallest normal number covers.
///
/// ```
/// use nfgrad::bound::Up;
/// let third = Up::new(1.0).over(3.0);
/// assert!(third.get() > 1.0 / 3.0);
/// assert_eq!(Up::new(f64::NAN), Up::INFINITY);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Up(f64);

impl Up {
    /// Nothing is uncertain.
    pub const ZERO: Self = Self(0.0);
    /// Nothing is known.
    pub const INFINITY: Self = Self(f64::INFINITY);

    /// The number `x` itself; ∞ if it is negative or NaN, which no radius can be.
    #[inline]
    pub const fn new(x: f64) -> Self {
        Self(if x >= 0.0 { x } else { f64::INFINITY })
    }

    /// The magnitude of `x`, exactly.
    #[inline]
    pub const fn abs(x: f64) -> Self {
        Self::new(x.abs())
    }

    /// The number.
    #[inline]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Whether anything is known.
    #[inline]
    pub const fn is_finite(self) -> bool {
        self.0 < f64::INFINITY
    }

    /// The larger of two.
    #[inline]
    #[must_use]
    pub const fn max(self, other: Self) -> Self {
        if self.0 > other.0 { self } else { other }
    }

    /// The smaller of two: both must bound the same number.
    #[inline]
    #[must_use]
    pub const fn min(self, other: Self) -> Self {
        if self.0 < other.0 { self } else { other }
    }

    /// `self / divisor`; ∞ unless the divisor is positive. The divisor must be a lower bound of what it stands for.
    #[inline]
    #[must_use]
    pub fn over(self, divisor: f64) -> Self {
        if divisor > 0.0 { Self::rounded_up(self.0 / divisor, self.0 == 0.0) } else { Self::INFINITY }
    }

    /// The square root.
    #[inline]
    #[must_use]
    pub fn sqrt(self) -> Self {
        Self::new(self.0.sqrt() * (1.0 + EPSILON))
    }

    /// A sum of `n` non-negative numbers that was computed in f64, in any order: inflated by `n` roundings.
    ///
    /// Each rounding loses at most a factor `1 - 2^-53`, so the exact sum is at most `s (1 - 2^-53)^-n <= s (1 + n 2^-52)`
    /// for `n < 2^50`; two more units cover the rounding of this very product. Terms that are products may have
    /// underflowed by `2^-1075` each, which the smallest normal number covers.
    #[inline]
    #[must_use]
    pub fn of_sum(sum: f64, n: usize) -> Self {
        // `n` is a buffer length, so the conversion is exact.
        #[allow(clippy::cast_precision_loss, reason = "a length below 2^50 is exact in f64")]
        let factor = 1.0 + (n as f64 + 2.0) * EPSILON;
        Self::rounded_up(sum * factor, sum == 0.0 && n == 0)
    }

    /// `x` rounded up, or 0 if it is known to be exactly 0.
    #[inline]
    fn rounded_up(x: f64, is_zero: bool) -> Self {
        if is_zero { Self::ZERO } else { Self::new(x * (1.0 + EPSILON) + f64::MIN_POSITIVE) }
    }
}

impl Add for Up {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0) * (1.0 + EPSILON))
    }
}

impl AddAssign for Up {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul for Up {
    type Output = Self;

    #[inline]
    fn mul(self, other: Self) -> Self {
        // 0 * ∞ is NaN in f64 and not known to be zero here: it becomes ∞ in `new`.
        let product = self.0 * other.0;
        Self::rounded_up(product, product == 0.0 && (self.0 == 0.0 || other.0 == 0.0))
    }
}

impl Mul<f64> for Up {
    type Output = Self;

    /// By the magnitude of an exact number.
    #[inline]
    fn mul(self, other: f64) -> Self {
        self * Self::abs(other)
    }
}

impl std::iter::Sum for Up {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, |sum, term| sum + term)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_stays_zero_and_nothing_else_shrinks() {
        assert_eq!(Up::ZERO * Up::new(3.0), Up::ZERO);
        assert_eq!(Up::ZERO + Up::ZERO, Up::ZERO);
        assert!((Up::new(1e-200) * Up::new(1e-200)).get() > 0.0);
        assert!((Up::new(0.1) + Up::new(0.2)).get() > 0.1 + 0.2);
    }

    #[test]
    fn what_is_not_known_stays_unknown() {
        assert_eq!(Up::ZERO * Up::INFINITY, Up::INFINITY);
        assert_eq!(Up::INFINITY + Up::new(1.0), Up::INFINITY);
        assert_eq!(Up::new(1.0).over(0.0), Up::INFINITY);
        assert_eq!(Up::new(1.0).over(-1.0), Up::INFINITY);
        assert_eq!(Up::new(f64::MAX) * Up::new(2.0), Up::INFINITY);
    }
}
