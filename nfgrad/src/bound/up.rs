//! [`Up`]: a non-negative number that can only be too large.

use std::ops::{Add, AddAssign, Mul};

use crate::kernel::elementary::{Elementary, Exp};

/// The relative error of one rounded f64 operation is at most half of this.
const EPSILON: f64 = f64::EPSILON;

/// The smallest positive number, `2^-1074`: twice what one underflow may cost.
const LEAST: f64 = f64::from_bits(1);

/// A non-negative number that is at least the real number it stands for: the arithmetic of radii.
///
/// Every operation rounds to nearest and then inflates its result by one unit in the last place, so the result is at
/// least what exact arithmetic would give. A NaN becomes ∞: "nothing is known".
///
/// # Why inflating is sound
///
/// Let `s` be the rounded result of an operation on non-negative numbers and `e` the exact one. If `s` is normal then
/// `s * 2^-52 >= ulp(s)`, so `fl(s (1 + 2^-52)) >= next_up(s) >= e`. A subnormal *sum* is exact. A product or quotient that is
/// subnormal differs from `e` by at most `2^-1075`; the first step leaves it no smaller, and adding `2^-1074`, which is exact, covers that.
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
    ///
    /// Of `-0.0` the sign is dropped: maxima of radii are taken on their bits, where that sign would be the largest of all.
    #[inline]
    pub const fn new(x: f64) -> Self {
        Self(Self::unsigned(x).0.abs())
    }

    /// [`Up::new`] of what is not `-0.0`.
    #[inline]
    const fn unsigned(x: f64) -> Self {
        Self(if x >= 0.0 { x } else { f64::INFINITY })
    }

    /// The magnitude of `x`, exactly.
    #[inline]
    pub const fn abs(x: f64) -> Self {
        Self::unsigned(x.abs())
    }

    /// At least the magnitude of a sum or difference whose rounded value is `x`: a subnormal one is exact.
    #[inline]
    pub const fn of_rounded_sum(x: f64) -> Self {
        Self::unsigned(x.abs() * (1.0 + EPSILON))
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

    /// `self / divisor`; ∞ unless the divisor is positive and finite. The divisor must be a lower bound of what it stands for, which an
    /// overflow is not.
    #[inline]
    #[must_use]
    pub fn over(self, divisor: f64) -> Self {
        let usable = (divisor > 0.0) & (divisor < f64::INFINITY);
        if usable { Self::rounded_up(self.0 / divisor, self.0 == 0.0) } else { Self::INFINITY }
    }

    /// The square root.
    #[inline]
    #[must_use]
    pub fn sqrt(self) -> Self {
        Self::unsigned(self.0.sqrt() * (1.0 + EPSILON))
    }

    /// `e^self - 1`.
    ///
    /// Up to 1 by the series `x + x²/2 + x³/6 + …`: from the third term on each is at most `x/4` times the one before, so it
    /// is at most `x (1 + x/2 (1 + x/(3 - 3x/4)))`, where the inverse is convex and below its chord `1/3 + x/9`. No
    /// operation there, and neither constant, loses more than a factor `1 - 2^-52`, and there are nine.
    #[inline]
    #[must_use]
    pub fn exp_m1(self) -> Self {
        let x = self.0;
        if self.is_small() {
            self.exp_m1_of_small()
        } else if x <= 1.0 {
            let series = x * (1.0 + 0.5 * x * (1.0 + x * (1.0 / 3.0 + x * (1.0 / 9.0))));
            Self::rounded_up(series * (1.0 + 10.0 * EPSILON), x == 0.0)
        } else {
            Self::rounded_up(Exp::wide(x) * (1.0 + (Exp::WIDE_ULPS + 2.0) * EPSILON) - 1.0, false)
        }
    }

    /// Whether [`Up::exp_m1_of_small`] may be asked for.
    #[inline]
    pub(crate) fn is_small(self) -> bool {
        self.0 <= 1.0 / 4096.0
    }

    /// `e^self - 1` of a [small](Up::is_small) number, without a branch.
    ///
    /// `x/2 + x²/6 + … <= x/2 + x²/4 <= x (1/2 + 2^-14)`: a sliver more than the series, and no division.
    #[inline]
    pub(crate) fn exp_m1_of_small(self) -> Self {
        let x = self.0;
        Self::rounded_up(x * (1.0 + x * (0.5 + 1.0 / 16384.0)) * (1.0 + 4.0 * EPSILON), x == 0.0)
    }

    /// At most `x - self`: what is left of `x`, rounded down.
    ///
    /// The difference `d` is rounded once; `|d| 2^-52` is at least a unit in its last place, unless `d` is subnormal and
    /// exact. A NaN where `x` is infinite.
    #[inline]
    pub const fn below(self, x: f64) -> f64 {
        let difference = x - self.0;
        difference - difference.abs() * EPSILON
    }

    /// A sum of `n` non-negative numbers that was computed in f64, in any order: inflated by `n` roundings.
    ///
    /// Each rounding loses at most a factor `1 - 2^-53`, so the exact sum is at most `s (1 - 2^-53)^-n <= s (1 + n 2^-52)`
    /// for `n < 2^50`; two more units cover the rounding of this very product. Terms that are products may have
    /// underflowed by `2^-1075` each: `(n + 1) 2^-1074` covers those, enlarged by the same factor, and one of this product.
    #[inline]
    #[must_use]
    pub fn of_sum(sum: f64, n: usize) -> Self {
        // `n` is a buffer length, so the conversion is exact.
        let factor = 1.0 + (n as f64 + 2.0) * EPSILON;
        if sum == 0.0 && n == 0 { Self::ZERO } else { Self::inflated(sum * factor, f64::from_bits(n as u64 + 1)) }
    }

    /// [`Up::of_sum`] of terms that are themselves exact or rounded up: a sum of zeros is 0.
    #[inline]
    #[must_use]
    pub fn of_terms(sum: f64, n: usize) -> Self {
        if sum == 0.0 { Self::ZERO } else { Self::of_sum(sum, n) }
    }

    /// A polynomial of non-negative numbers that was computed in f64 with no more than twelve roundings in all factors of a
    /// term together; exactly 0 only where `is_zero` says so, for a product may have underflowed. No factor that such a
    /// product meets on the way may be larger than 2^50.
    ///
    /// Each rounding loses at most a factor `1 - 2^-53`, and `(1 - 2^-53)^-14 < 1 + 8 * 2^-52`.
    #[inline]
    pub(crate) fn of_polynomial(x: f64, is_zero: bool) -> Self {
        // `2^50` times a few `2^-1075`.
        if is_zero & (x == 0.0) { Self::ZERO } else { Self::inflated(x * (1.0 + 8.0 * EPSILON), f64::MIN_POSITIVE) }
    }

    /// A sum of up to three products of two non-negative factors, each of which may be a sum; computed in f64, and exactly 0 only where
    /// `is_zero` says so.
    ///
    /// No more than five roundings meet in a term, as in [`Up::of_polynomial`]. Each product may have underflowed by `2^-1075`, and where it is
    /// subnormal the roundings of its factors cost no more than that again: `2^-1072` is more than six times as much.
    #[inline]
    pub(crate) fn of_products(x: f64, is_zero: bool) -> Self {
        // `is_zero` is not enough: 0 times what is not known is a NaN.
        if is_zero & (x == 0.0) { Self::ZERO } else { Self::inflated(x * (1.0 + 8.0 * EPSILON), 4.0 * LEAST) }
    }

    /// `x` rounded up, or 0 if it is known to be exactly 0.
    #[inline]
    fn rounded_up(x: f64, is_zero: bool) -> Self {
        if is_zero { Self::ZERO } else { Self::inflated(x, LEAST) }
    }

    /// A unit in the last place more than `x`, and what underflowed.
    #[inline]
    fn inflated(x: f64, underflow: f64) -> Self {
        Self::unsigned(x * (1.0 + EPSILON) + underflow)
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
        // No `&&`: a select, unlike a branch, can be vectorised.
        Self::rounded_up(product, (product == 0.0) & ((self.0 == 0.0) | (other.0 == 0.0)))
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

    /// In units of the smallest number, and of a 64th of that what is exact.
    fn covers(bound: Up, exact: u64, slack: u64) {
        let units = bound.get().to_bits();
        assert!(units * 64 >= exact && units * 64 <= exact + slack * 64, "{units} {exact}");
    }

    #[test]
    fn what_underflows_is_covered_and_hardly_more() {
        let (small, unit) = (|n: u64| Up::new(n as f64 * 2f64.powi(-540)), |n: u64| Up::new(f64::from_bits(n)));
        for (a, b) in (1..40).flat_map(|a| (1..40).map(move |b| (a, b))) {
            // 2^-1080 is a 64th of 2^-1074.
            covers(small(a) * small(b), a * b, 2);
            covers(unit(a).over(b as f64), (64 * a).div_ceil(b), 2);
            covers(unit(a).exp_m1(), 64 * a, 1);
            let products = |c: u64| small(a).get() * small(c).get() + (small(b) + small(c)).get() * small(a).get();
            covers(Up::of_products(products(3), false), a * 3 + (b + 3) * a, 6);
            let sum = (0..a).map(|_| small(1).get() * small(b).get()).sum();
            covers(Up::of_sum(sum, usize::try_from(a).unwrap()), a * b, 2 * a + 1);
        }
        // The largest subnormal number becomes the smallest normal one, or more.
        assert!((Up::new(f64::MIN_POSITIVE) * Up::new(1.0 - EPSILON / 2.0)).get() >= f64::MIN_POSITIVE);
        assert_eq!(Up::of_products(f64::NAN, true), Up::INFINITY);
    }

    #[test]
    fn a_zero_has_no_sign() {
        assert_eq!(Up::new(-0.0).get().to_bits(), 0);
        assert_eq!(Up::new(-f64::MIN_POSITIVE), Up::INFINITY);
        for zero in
            [Up::new(-0.0).sqrt(), Up::new(-0.0) + Up::new(-0.0), Up::new(-0.0) * Up::new(3.0), Up::of_terms(-0.0, 1)]
        {
            assert_eq!(zero.get().to_bits(), 0);
        }
    }

    #[test]
    fn the_exponential_is_an_upper_bound_and_close() {
        assert_eq!(Up::ZERO.exp_m1(), Up::ZERO);
        assert_eq!(Up::INFINITY.exp_m1(), Up::INFINITY);
        assert_eq!(Up::new(710.0).exp_m1(), Up::INFINITY);
        assert!(Up::new(1e-310).exp_m1().get() > 1e-310);
        for x in (1..2000).map(|i| f64::from(i) / 256.0) {
            // The platform's function is good to some units in the last place.
            let bound = Up::new(x).exp_m1().get();
            assert!(bound > x.exp_m1() * (1.0 - 1e-15) && bound < x.exp_m1() * 1.003, "{x}: {bound}");
        }
    }

    #[test]
    fn a_difference_is_rounded_down() {
        assert!(Up::new(1e-30).below(1.0) < 1.0);
        assert_eq!(Up::INFINITY.below(1.0), f64::NEG_INFINITY);
    }

    #[test]
    fn what_is_not_known_stays_unknown() {
        assert_eq!(Up::ZERO * Up::INFINITY, Up::INFINITY);
        assert_eq!(Up::INFINITY + Up::new(1.0), Up::INFINITY);
        assert_eq!(Up::new(1.0).over(0.0), Up::INFINITY);
        assert_eq!(Up::new(1.0).over(-1.0), Up::INFINITY);
        assert_eq!(Up::new(1.0).over(f64::INFINITY), Up::INFINITY);
        assert_eq!(Up::new(f64::MAX) * Up::new(2.0), Up::INFINITY);
    }
}
