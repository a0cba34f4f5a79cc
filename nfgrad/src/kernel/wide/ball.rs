//! [`WideBall`]: all real numbers within a radius of a number.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::compiled::once;
use super::{Radius, Wide};

/// All real numbers `x` with `|x - mid| <= radius`: a number to compute with.
///
/// Every operation returns a ball that contains the exact result for all numbers of its operands; the proof stands with each. A radius of ∞ says
/// that nothing is known, not even that there is a number.
///
/// ```ignore
/// let third = WideBall::<4>::ONE / WideBall::new(Wide::integer(3), Radius::ZERO);
/// assert!(third.radius() < Radius::power_of_two(-256));
/// ```
#[derive(Clone, Copy)]
pub struct WideBall<const K: usize> {
    mid: Wide<K>,
    radius: Radius,
}

impl<const K: usize> Default for WideBall<K> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<const K: usize> From<Wide<K>> for WideBall<K> {
    /// The number alone.
    #[inline]
    fn from(mid: Wide<K>) -> Self {
        Self { mid, radius: Radius::ZERO }
    }
}

impl<const K: usize> From<f64> for WideBall<K> {
    /// The number alone, exactly; nothing is known of what is not finite.
    #[inline]
    fn from(x: f64) -> Self {
        Wide::new(x).map_or(Self::UNKNOWN, Self::from)
    }
}

impl<const K: usize> WideBall<K> {
    /// Zero, exactly.
    pub const ZERO: Self = Self { mid: Wide::ZERO, radius: Radius::ZERO };
    /// One, exactly.
    pub const ONE: Self = Self { mid: Wide::ONE, radius: Radius::ZERO };
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { mid: Wide::ZERO, radius: Radius::INFINITY };

    /// What is -∞ itself, as in a mask that is added to scores: no number, so nothing is known of it, but that it stays what it is when a number is added.
    ///
    /// Any other operation returns what is unknown; [`WideBall::is_minus_infinity`] is for the ops that leave such an entry out.
    pub const MINUS_INFINITY: Self = Self { mid: Wide::ZERO, radius: Radius::OF_MINUS_INFINITY };

    /// The ball around `mid`.
    #[inline]
    pub const fn new(mid: Wide<K>, radius: Radius) -> Self {
        Self { mid, radius }
    }

    /// The number in the middle.
    #[inline]
    pub const fn mid(&self) -> Wide<K> {
        self.mid
    }

    /// How far from it a number of the ball may be.
    #[inline]
    pub const fn radius(&self) -> Radius {
        self.radius
    }

    /// Whether anything is known.
    #[inline]
    pub const fn is_known(&self) -> bool {
        self.radius.is_finite()
    }

    /// Whether it is -∞ itself.
    #[inline]
    pub fn is_minus_infinity(&self) -> bool {
        self.radius == Radius::OF_MINUS_INFINITY
    }

    /// The radius; ∞ where nothing is known.
    #[inline]
    pub(super) fn plain_radius(&self) -> Radius {
        if self.is_known() { self.radius } else { Radius::INFINITY }
    }

    /// Whether it is one number.
    #[inline]
    pub const fn is_exact(&self) -> bool {
        self.radius.is_zero()
    }

    /// The ball with a larger radius: it contains all numbers that are within `by` of one of this.
    #[inline]
    #[must_use]
    pub fn widened(self, by: Radius) -> Self {
        Self { radius: self.radius + by, ..self }
    }

    /// At least the magnitude of every number.
    #[inline]
    pub fn at_most(&self) -> Radius {
        self.mid.at_most() + self.plain_radius()
    }

    /// At most the magnitude of every number: 0 if one of them may be 0.
    #[inline]
    pub fn at_least(&self) -> Radius {
        self.mid.at_least().minus(self.radius)
    }

    /// The numbers times `2^n`, exactly.
    #[inline]
    #[must_use]
    pub fn scaled(self, n: i64) -> Self {
        self.mid.scaled(n).widened(self.radius.scaled(n))
    }

    /// The order of two balls: of all their numbers, or none if some are in another order. Equal are only two exact numbers.
    ///
    /// The midpoints' distance `|a - b|` is at least that of its rounded value less what that is off by. If that is larger than both radii together,
    /// no number of one ball is on the other side of a number of the other.
    #[inline]
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        if self.is_exact() & other.is_exact() {
            return Some(self.mid.cmp(&other.mid));
        }
        let apart = self.mid.sub(&other.mid).at_least() > self.radius + other.radius;
        apart.then(|| self.mid.cmp(&other.mid))
    }

    /// The sign of all numbers, as their order beside 0.
    #[inline]
    pub fn sign(&self) -> Option<Ordering> {
        self.order(&Self::ZERO)
    }

    /// Whether two balls have a number in common, as far as can be told: balls that do are never told apart.
    pub fn overlaps(&self, other: &Self) -> bool {
        matches!(self.order(other), None | Some(Ordering::Equal))
    }

    /// `1 / self`; unknown if 0 is one of the numbers.
    #[inline]
    #[must_use]
    pub fn recip(self) -> Self {
        Self::ONE / self
    }

    /// `√self`; unknown if a number below 0 is one of them.
    ///
    /// For `|d| <= r <= m`: `|√(m + d) - √m| = |d| / (√(m + d) + √m)`, largest at `d = -r`, and `√(m - r) = √m √(1 - r/m) >= √m (1 - r/m)`. So it is at most
    /// `r / (√m (2 - r/m))`. Where the root of `m` was rounded, `√m` is at least what is left of it; the factor is at least 1.
    #[must_use]
    pub fn sqrt(self) -> Self {
        let x = self;
        once!(K, sqrt_of(x))
    }

    fn sqrt_of(self) -> Self {
        let root = self.mid.sqrt();
        if self.is_exact() {
            return root;
        }
        if self.mid.is_negative() || self.radius > self.mid.at_least() {
            return Self::UNKNOWN;
        }
        let relative = self.radius.over(self.mid.at_least());
        let slope = root.at_least().times_down(Radius::power_of_two(1).minus(relative));
        root.widened(self.radius.over(slope))
    }

    /// `1 / √self`; unknown unless all numbers are known to be above 0.
    #[must_use]
    pub fn rsqrt(self) -> Self {
        self.sqrt().recip()
    }

    /// `self^n`; `x^0` is 1.
    ///
    /// By products of balls: each contains the power of every number, if its factors do.
    #[must_use]
    pub fn powi(self, n: i64) -> Self {
        let (mut power, mut square, mut left) = (Self::ONE, self, n.unsigned_abs());
        while left > 0 {
            if left & 1 == 1 {
                power = power * square;
            }
            left >>= 1;
            if left > 0 {
                square = square * square;
            }
        }
        if n < 0 { power.recip() } else { power }
    }

    /// The numbers times an integer: each is off by as much times it.
    #[inline]
    #[must_use]
    pub fn times(self, n: u64) -> Self {
        let product = self.mid.times(n);
        if self.is_exact() { product } else { product.widened(self.radius * Radius::up(n, 0)) }
    }

    /// The numbers over an integer.
    #[inline]
    #[must_use]
    pub fn over(self, n: u64) -> Self {
        let quotient = self.mid.over(n);
        if self.is_exact() { quotient } else { quotient.widened(self.radius.over(Radius::down(n, 0))) }
    }
}

impl<const K: usize> WideBall<K> {
    /// `|(x + y) - (a + b)| <= |x - a| + |y - b|`, and the rounding.
    fn add_of(self, other: Self) -> Self {
        let sum = self.mid.add(&other.mid);
        if self.is_exact() & other.is_exact() { sum } else { sum.widened(self.radius + other.radius) }
    }
}

impl<const K: usize> Add for WideBall<K> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let x = self;
        once!(K, add_of(x, other))
    }
}

impl<const K: usize> Sub for WideBall<K> {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl<const K: usize> Neg for WideBall<K> {
    type Output = Self;

    #[inline]
    fn neg(self) -> Self {
        Self { mid: self.mid.neg(), radius: self.plain_radius() }
    }
}

impl<const K: usize> WideBall<K> {
    /// `x y - a b = a (y - b) + (x - a) y`, so `|x y - a b| <= |a| s + r (|b| + s)`, and the rounding.
    fn mul_of(self, other: Self) -> Self {
        let product = self.mid.mul(&other.mid);
        match (self.is_exact(), other.is_exact()) {
            (true, true) => product,
            (true, false) => product.widened(self.mid.at_most() * other.radius),
            (false, true) => product.widened(other.mid.at_most() * self.radius),
            (false, false) => product.widened(self.mid.at_most() * other.radius + self.radius * other.at_most()),
        }
    }
}

impl<const K: usize> Mul for WideBall<K> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let x = self;
        once!(K, mul_of(x, other))
    }
}

impl<const K: usize> WideBall<K> {
    /// `x/y - a/b = ((x - a) - (a/b) (y - b)) / y`, so `|x/y - a/b| <= (r + |a/b| s) / (|b| - s)`, and the rounding. Unknown where that is not positive.
    fn div_of(self, other: Self) -> Self {
        let quotient = self.mid.div(&other.mid);
        if self.is_exact() & other.is_exact() {
            return quotient;
        }
        let off = self.radius + quotient.at_most() * other.radius;
        quotient.widened(off.over(other.at_least()))
    }
}

impl<const K: usize> Div for WideBall<K> {
    type Output = Self;

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        let x = self;
        once!(K, div_of(x, other))
    }
}

impl<const K: usize> fmt::Debug for WideBall<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} +/- {}", self.mid, self)
    }
}

impl<const K: usize> fmt::Display for WideBall<K> {
    /// The nearest f64 and the radius: as a power of two where no f64 is near it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.radius {
            Radius::INFINITY => f.write_str("unknown"),
            Radius::OF_MINUS_INFINITY => f.write_str("-inf"),
            radius if radius.is_zero() => write!(f, "{}", self.mid),
            radius => write!(f, "{} +/- 2^{}", self.mid, radius.exponent()),
        }
    }
}
