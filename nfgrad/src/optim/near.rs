//! Numbers as they are, or each with how far it may be from a real one: a step of an optimizer is written once for both.

use crate::bound::Up;
use crate::format::{Format, Primitive};
use crate::op::rounding::{guarded, product_error, quotient_spread};

/// What a step computes with: the numbers of a format, or [`Near`] ones. Each operation rounds once, and both round alike.
pub(super) trait Number: Copy {
    #[must_use]
    fn add(self, other: Self) -> Self;
    #[must_use]
    fn sub(self, other: Self) -> Self;
    #[must_use]
    fn mul(self, other: Self) -> Self;
    /// `fl(√self)`, of a number whose real one is not negative.
    #[must_use]
    fn root(self) -> Self;
    /// `fl(self / fl(root + least))`, where the real `root` is not negative and the real `least` is the number `exact`.
    #[must_use]
    fn over_sum(self, root: Self, least: Self, exact: f64) -> Self;
    /// The number, or `limit` or `-limit` if it is beyond.
    #[must_use]
    fn within(self, limit: Self) -> Self;
}

impl<F: Format> Number for F {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Format::add(self, other)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Format::sub(self, other)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Format::mul(self, other)
    }

    #[inline(always)]
    fn root(self) -> Self {
        Format::sqrt(self)
    }

    #[inline(always)]
    fn over_sum(self, root: Self, least: Self, _: f64) -> Self {
        Format::div(self, Format::add(root, least))
    }

    /// A NaN stays one.
    #[inline(always)]
    fn within(self, limit: Self) -> Self {
        let (least, below) = (limit.neg(), if self > limit { limit } else { self });
        if below < least { least } else { below }
    }
}

/// A number within `rad` of a real one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Near<F> {
    pub(super) mid: F,
    pub(super) rad: Up,
}

impl<F: Format> Near<F> {
    /// The number itself.
    #[inline]
    pub(super) fn exact(mid: F) -> Self {
        Self { mid, rad: Up::ZERO }
    }

    /// A result whose radius is ∞ if it is not finite.
    #[inline(always)]
    fn result(mid: F, rad: Up) -> Self {
        Self { mid, rad: guarded(mid, rad) }
    }

    /// At least the magnitude of the real number.
    #[inline]
    pub(super) fn magnitude(self) -> Up {
        self.mid.magnitude() + self.rad
    }
}

impl<W: Primitive> Near<W> {
    /// The number of a format that is carried in a wider one.
    #[inline(always)]
    pub(super) fn widened<F: Format>(x: F) -> Self {
        Self::result(W::widen(x), x.magnitude() * Up::new(2.0 * F::CONVERSION))
    }

    /// The real number in another format: rounded, and the rounding counted.
    #[inline(always)]
    pub(super) fn rounded<F: Format>(self) -> Near<F> {
        let mid = F::from_f64(self.mid.to_f64());
        Near::result(mid, self.rad + mid.distance(self.mid.to_f64()))
    }
}

impl Near<f64> {
    /// The real number `x`, or one of which nothing is known if `x` is none.
    pub(super) fn real(x: f64) -> Self {
        Self::result(x, Up::ZERO)
    }

    /// `fl(self / other)`.
    pub(super) fn over(self, other: Self) -> Self {
        let quotient = self.mid / other.mid;
        let rounding = f64::div_error(self.mid, other.mid, quotient);
        let spread = quotient_spread(self.rad, (other.mid, other.rad), Up::abs(quotient) + rounding);
        Self::result(quotient, spread + rounding)
    }
}

impl<F: Format> Number for Near<F> {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let sum = self.mid.add(other.mid);
        Self::result(sum, self.rad + other.rad + F::add_error(self.mid, other.mid, sum))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Number::add(self, Self { mid: other.mid.neg(), rad: other.rad })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let product = self.mid.mul(other.mid);
        let spread = product_error((self.mid, self.rad), (other.mid, other.rad));
        Self::result(product, spread + F::mul_error(self.mid, other.mid, product))
    }

    #[inline(always)]
    fn root(self) -> Self {
        let root = self.mid.sqrt();
        Self::result(root, root_spread(self) + F::sqrt_error(self.mid, root))
    }

    /// `u/w - u*/w* = ((u - u*) + (u/w)(w* - w)) / w*`, and `w* >= max(root - its radius, 0) + exact`.
    #[inline(always)]
    fn over_sum(self, root: Self, least: Self, exact: f64) -> Self {
        let divisor = Number::add(root, least);
        let quotient = self.mid.div(divisor.mid);
        let rounding = F::div_error(self.mid, divisor.mid, quotient);
        let [low, _] = root.mid.enclosure();
        // A NaN counts as 0 here.
        let smallest = Up::ZERO.below(root.rad.below(low).max(0.0) + exact);
        let spread = (self.rad + (quotient.magnitude() + rounding) * divisor.rad).over(smallest);
        Self::result(quotient, spread + rounding)
    }

    /// As far from the real number as before and by how far it was brought back, which is less than both magnitudes together.
    #[inline(always)]
    fn within(self, limit: Self) -> Self {
        let mid = Number::within(self.mid, limit.mid);
        let moved = if mid == self.mid { Up::ZERO } else { self.mid.magnitude() + mid.magnitude() };
        Self { mid, rad: self.rad + moved }
    }
}

/// At least `|√x - √x*|`, where `x*` is not negative.
///
/// Below `x` lies `√x - √(x - α) = α / (√x + √(x - α))`, or `√x` where `α > x`; above it `α / (√x + √(x + α))`, at `x = 0` the
/// finite `√α`. Both fall as `x` grows, so of the two f64 between which `x` lies the smaller is taken, but for `√x` alone.
#[inline(always)]
fn root_spread<F: Format>(x: Near<F>) -> Up {
    let ([low, high], alpha) = (x.mid.enclosure(), x.rad);
    // From below: a root in f64 is off by half a unit.
    let root = |x: f64| Up::ZERO.below(Up::ZERO.below(x).max(0.0).sqrt());
    let least = root(low);
    let downward = alpha.over(least + root(alpha.below(low))).min(Up::new(high.max(0.0)).sqrt());
    let upward = alpha.over(least + root(low.max(0.0) + alpha.get()));
    if alpha == Up::ZERO { Up::ZERO } else { downward.max(upward) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_number_that_may_be_zero_is_known() {
        let root = |mid: f64, rad: f64| Near { mid, rad: Up::new(rad) }.root().rad.get();
        let close = |bound: f64, exact: f64| bound >= exact && bound < exact * (1.0 + 1e-12);
        assert!(close(root(0.0, 1e-8), 1e-4));
        assert!(close(root(4.0, 4.0), 2.0));
        assert!(close(root(4.0, 5.0), 2.0));
        assert!(close(root(4.0, 21.0), 3.0));
        assert!(close(root(4.0, 3.0), 1.0));
        assert_eq!(root(1.0, 0.0), 0.0);
        assert_eq!(root(4.0, f64::INFINITY), f64::INFINITY);
        assert_eq!(root(-1.0, 2.0), f64::INFINITY);
    }

    #[test]
    fn a_quotient_with_a_tiny_root_is_bounded_by_what_is_added_to_it() {
        let [u, root, least] =
            [(0.0, 1e-3), (0.0, 1e-6), (1e-8, 0.0)].map(|(mid, rad)| Near { mid, rad: Up::new(rad) });
        let quotient = u.over_sum(root, least, 1e-8);
        assert_eq!(quotient.mid, 0.0);
        assert!((1e5..1.001e5).contains(&quotient.rad.get()));
        assert!(!u.over_sum(root, Near::exact(0.0), 0.0).rad.is_finite());
    }

    #[test]
    fn a_third_is_known_to_the_last_place() {
        let third = Near::real(1.0).over(Near::real(3.0));
        assert!(third.rad.get() > 1.8e-17 && third.rad.get() < 3e-17);
        let narrow = third.rounded::<f32>();
        assert!(narrow.rad.get() >= (f64::from(1.0_f32 / 3.0) - 1.0 / 3.0).abs());
        assert!(!Near::real(1.0).over(Near::real(0.0)).rad.is_finite());
        assert!(!Near::real(f64::NAN).rad.is_finite());
    }
}
