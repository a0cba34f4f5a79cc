//! [`Radius`]: a non-negative number that can only be too large, with an exponent of its own.

use std::ops::{Add, Mul};

use super::{MAX_EXPONENT, MIN_EXPONENT};

/// A non-negative number that is at least the real number it stands for.
///
/// It is `mantissa 2^(exponent - 32)`, where the mantissa has 32 bits, so it lies in `[2^(exponent - 1), 2^exponent)`. It is a radius, and as
/// precise as a radius need be: an operation makes it too large by a factor of at most `1 + 2^-30`.
///
/// It neither underflows nor overflows to a lie. What is below the smallest positive number becomes that number, what is beyond the
/// largest becomes ∞, "nothing is known", and ∞ stays ∞ in every operation, also times 0.
///
/// The field of the exponent comes first: so the derived order is that of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Radius {
    exponent: i32,
    mantissa: u32,
}

impl Default for Radius {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Radius {
    /// Nothing is uncertain.
    pub const ZERO: Self = Self { exponent: i32::MIN, mantissa: 0 };
    /// Nothing is known.
    pub const INFINITY: Self = Self { exponent: i32::MAX, mantissa: u32::MAX };

    /// Nothing is known but that it is no number: the radius of [`WideBall::MINUS_INFINITY`](super::WideBall::MINUS_INFINITY). Above all others but ∞, and lost in
    /// all operations but sums.
    pub(super) const OF_MINUS_INFINITY: Self = Self { exponent: i32::MAX, mantissa: 1 << 31 };

    /// `2^n`; ∞ or the smallest positive number where that is out of range.
    #[inline]
    pub fn power_of_two(n: i64) -> Self {
        Self::up(1, n)
    }

    /// `m 2^e`, rounded up.
    #[inline]
    pub(super) fn up(m: u64, e: i64) -> Self {
        if m == 0 {
            return Self::ZERO;
        }
        let zeros = m.leading_zeros();
        let m = m << zeros;
        let (top, rest) = (halves(m).0, halves(m).1);
        let (mantissa, carry) = top.overflowing_add(u32::from(rest != 0));
        // A carry means that the mantissa was all ones: the next number is a power of two.
        let exponent = e + 64 - i64::from(zeros) + i64::from(carry);
        Self::in_range(if carry { 1 << 31 } else { mantissa }, exponent)
    }

    /// `mantissa 2^(exponent - 32)`, rounded up to what there is.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "in range")]
    fn in_range(mantissa: u32, exponent: i64) -> Self {
        match exponent {
            _ if exponent > i64::from(MAX_EXPONENT) => Self::INFINITY,
            _ if exponent < i64::from(MIN_EXPONENT) => Self { exponent: MIN_EXPONENT, mantissa: 1 << 31 },
            _ => Self { exponent: exponent as i32, mantissa },
        }
    }

    /// At least the magnitude of `x`; ∞ for a NaN.
    #[inline]
    pub fn of_f64(x: f64) -> Self {
        if !x.is_finite() {
            return Self::INFINITY;
        }
        let (_, m, e) = super::parts(x);
        Self::up(m, e.into())
    }

    /// An f64 that is at least the number.
    pub fn to_f64(self) -> f64 {
        if self.is_zero() {
            return 0.0;
        }
        let m = f64::from(self.mantissa);
        match i64::from(self.exponent) {
            1025.. => f64::INFINITY,
            // The power of two and the product are exact: 32 bits fit.
            e @ -989..=1024 => m * power(e - 32),
            // Subnormal, or below: one unit more than what is cut off.
            e @ -1074..=-990 => (m * power(e + 200 - 32) * power(-200)).next_up(),
            _ => f64::from_bits(1),
        }
    }

    /// At least the number times `2^-unit`, as an f64 that is 0 or at least `2^least`; ∞ if that is beyond `2^1000`, or nothing is known.
    #[inline]
    pub(super) fn in_units(self, unit: i64, least: i64) -> f64 {
        if self.is_zero() {
            return 0.0;
        }
        let exponent = i64::from(self.exponent) - unit;
        match exponent {
            _ if !self.is_finite() || exponent > 1000 => f64::INFINITY,
            _ if exponent <= least => power(least),
            _ => f64::from(self.mantissa) * power(exponent - 32),
        }
    }

    /// Whether it is exactly 0.
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Whether anything is known.
    #[inline]
    pub const fn is_finite(self) -> bool {
        self.exponent != i32::MAX
    }

    /// The number is `mantissa 2^(exponent - 32)`.
    #[inline]
    pub(super) fn mantissa(self) -> u64 {
        self.mantissa.into()
    }

    /// The least `n` such that the number is below `2^n`; that of 0 is below all others.
    #[inline]
    pub const fn exponent(self) -> i32 {
        self.exponent
    }

    /// The number times `2^n`.
    #[inline]
    #[must_use]
    pub fn scaled(self, n: i64) -> Self {
        if self.is_zero() {
            return self;
        }
        if !self.is_finite() {
            return Self::INFINITY;
        }
        Self::in_range(self.mantissa, i64::from(self.exponent) + n)
    }

    /// `self / divisor`, where the divisor is a *lower* bound of what it stands for ([`Radius::minus`], [`super::Wide::at_least`]); ∞ if that is 0.
    ///
    /// With mantissas `a` and `b` the quotient is `a/b 2^(difference of the exponents)`, and `a 2^32 / b < q + 1` for the quotient `q` of integers.
    #[inline]
    #[must_use]
    pub fn over(self, divisor: Self) -> Self {
        if divisor.is_zero() | !self.is_finite() | !divisor.is_finite() {
            return Self::INFINITY;
        }
        if self.is_zero() {
            return self;
        }
        let q = (u64::from(self.mantissa) << 32) / u64::from(divisor.mantissa) + 1;
        Self::up(q, i64::from(self.exponent) - i64::from(divisor.exponent) - 32)
    }

    /// At most `self - other`, for a lower bound `self`; 0 where the difference is not positive.
    ///
    /// In units of `2^(exponent - 32 - 30)` the first number is an integer, the second is rounded up to one, and their difference rounded down.
    #[inline]
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        if other.is_zero() {
            return self;
        }
        let distance = i64::from(self.exponent) - i64::from(other.exponent);
        if self <= other || distance < 0 {
            return Self::ZERO;
        }
        let (a, b) = (u64::from(self.mantissa) << 30, shifted_up(u64::from(other.mantissa) << 30, distance));
        Self::down(a.saturating_sub(b), i64::from(self.exponent) - 62)
    }

    /// At most the product of two lower bounds.
    #[inline]
    #[must_use]
    pub fn times_down(self, other: Self) -> Self {
        let m = u64::from(self.mantissa) * u64::from(other.mantissa);
        Self::down(m, i64::from(self.exponent) + i64::from(other.exponent) - 64)
    }

    /// `m 2^e`, rounded down: to 0 below the smallest positive number.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "in range")]
    pub(super) fn down(m: u64, e: i64) -> Self {
        let zeros = m.leading_zeros();
        let exponent = e + 64 - i64::from(zeros);
        match exponent {
            _ if m == 0 || exponent < i64::from(MIN_EXPONENT) => Self::ZERO,
            _ if exponent > i64::from(MAX_EXPONENT) => Self { exponent: MAX_EXPONENT, mantissa: u32::MAX },
            _ => Self { exponent: exponent as i32, mantissa: halves(m << zeros).0 },
        }
    }
}

/// The upper and the lower half.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "the halves")]
const fn halves(m: u64) -> (u32, u32) {
    ((m >> 32) as u32, m as u32)
}

/// `x 2^-distance`, rounded up.
#[inline]
fn shifted_up(x: u64, distance: i64) -> u64 {
    if distance >= 64 {
        return u64::from(x != 0);
    }
    let low = x >> distance;
    low + u64::from(low << distance != x)
}

/// `2^n`, for an `n` in the range of normal numbers.
#[inline]
pub(super) fn power(n: i64) -> f64 {
    f64::from_bits((n + 1023).unsigned_abs() << 52)
}

impl Add for Radius {
    type Output = Self;

    /// In units of `2^(exponent - 32 - 30)` of the larger one: it is an integer below `2^62`, and the other is rounded up to one.
    #[inline]
    fn add(self, other: Self) -> Self {
        let (large, small) = if self >= other { (self, other) } else { (other, self) };
        if small.is_zero() | !large.is_finite() {
            return large;
        }
        let distance = i64::from(large.exponent) - i64::from(small.exponent);
        let small = shifted_up(u64::from(small.mantissa) << 30, distance);
        Self::up((u64::from(large.mantissa) << 30) + small, i64::from(large.exponent) - 62)
    }
}

impl Mul for Radius {
    type Output = Self;

    /// The product of the mantissas is exact.
    #[inline]
    fn mul(self, other: Self) -> Self {
        if !self.is_finite() | !other.is_finite() {
            return Self::INFINITY;
        }
        let m = u64::from(self.mantissa) * u64::from(other.mantissa);
        Self::up(m, i64::from(self.exponent) + i64::from(other.exponent) - 64)
    }
}

impl std::iter::Sum for Radius {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, |sum, term| sum + term)
    }
}
