//! What decides: maxima, absolute values and steps of balls.
//!
//! Where all numbers of a ball are on one side the answer is that of an exact number. Where they are not, there are two answers, and the ball that
//! is returned contains both: no guess is made, and with more bits the ball is smaller and mostly decided. Two *exact* numbers that are equal are decided: they
//! are a tie, and each op says what it does there.

use std::cmp::Ordering;

use super::{Radius, Wide, WideBall};

impl<const K: usize> WideBall<K> {
    /// 1/2, exactly.
    pub const HALF: Self = Self::new(Wide::power_of_two(-1), Radius::ZERO);

    /// `|x|`: its distance from that of the midpoint is at most `|x - m|`.
    #[inline]
    #[must_use]
    pub fn abs(self) -> Self {
        Self::new(self.mid().abs(), self.plain_radius())
    }

    /// The larger of two: `|max(x, y) - max(a, b)| <= max(|x - a|, |y - b|)`, and where one is known to be larger it is that one.
    #[inline]
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        match self.order(&other) {
            Some(Ordering::Less) => other,
            Some(_) => self,
            None => Self::new(self.mid().max(other.mid()), self.plain_radius().max(other.plain_radius())),
        }
    }

    /// A ball that contains both: around the mean of the midpoints, to half of their distance and the larger radius, and what the mean was rounded by.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        if !self.is_known() | !other.is_known() {
            return Self::UNKNOWN;
        }
        let mean = self.mid().add(&other.mid()).scaled(-1);
        let apart = self.mid().sub(&other.mid()).scaled(-1).at_most();
        mean.widened(apart + self.radius().max(other.radius()))
    }

    /// The ball itself, if all its numbers are known to be above 0; else unknown.
    #[inline]
    #[must_use]
    pub fn positive(self) -> Self {
        if self.sign() == Some(Ordering::Greater) { self } else { Self::UNKNOWN }
    }

    /// 1 where `x` is known to be greater than `y`, 0 where it is known to be less, `tie` where both are one number, and else anything from 0 to 1.
    ///
    /// Unknown where one of them is: there need not be such a number, and then there is no step either.
    #[inline]
    #[must_use]
    pub fn step(x: &Self, y: &Self, tie: Self) -> Self {
        match x.order(y) {
            Some(Ordering::Greater) => Self::ONE,
            Some(Ordering::Less) => Self::ZERO,
            Some(Ordering::Equal) => tie,
            None if x.is_known() & y.is_known() => Self::HALF.widened(Radius::power_of_two(-1)),
            None => Self::UNKNOWN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Ball = WideBall<2>;

    fn ball(mid: f64, radius: f64) -> Ball {
        Ball::from(mid).widened(Radius::of_f64(radius))
    }

    /// Whether a ball contains a number, both sides of the comparison being exact here.
    fn contains(ball: Ball, x: f64) -> bool {
        (ball - Ball::from(x)).mid().abs().at_most() <= ball.radius()
    }

    #[test]
    fn the_maximum_contains_all_maxima() {
        for (a, b) in
            [((1.0, 0.5), (2.0, 0.25)), ((1.0, 0.5), (1.25, 0.25)), ((-1.0, 3.0), (0.0, 0.0)), ((2.0, 0.0), (2.0, 0.0))]
        {
            let max = ball(a.0, a.1).max(ball(b.0, b.1));
            for x in [a.0 - a.1, a.0, a.0 + a.1] {
                for y in [b.0 - b.1, b.0, b.0 + b.1] {
                    assert!(contains(max, x.max(y)), "{x} {y}: {max:?}");
                }
            }
        }
        assert!(ball(2.0, 0.25).max(ball(1.0, 0.5)).radius() <= Radius::of_f64(0.25));
    }

    #[test]
    fn a_hull_contains_both_and_little_else() {
        let hull = ball(1.0, 0.5).hull(ball(4.0, 0.25));
        assert!([0.5, 1.5, 3.75, 4.25].iter().all(|&x| contains(hull, x)));
        assert!(hull.radius() <= Radius::of_f64(2.001));
        assert!(!ball(1.0, 0.0).hull(Ball::UNKNOWN).is_known());
    }

    #[test]
    fn a_step_is_decided_by_what_is_known() {
        let step = |mid, radius| Ball::step(&ball(mid, radius), &Ball::ZERO, Ball::ZERO);
        assert!(step(1.0, 0.5).order(&Ball::ONE) == Some(Ordering::Equal) && step(-1.0, 0.5).mid().is_zero());
        assert!(step(0.0, 0.0).is_exact() && step(0.0, 0.0).mid().is_zero());
        let either = step(0.25, 0.5);
        assert!(contains(either, 0.0) && contains(either, 1.0));
        assert!(!Ball::step(&Ball::UNKNOWN, &Ball::ZERO, Ball::ZERO).is_known());
        assert!(!Ball::step(&Ball::ONE, &Ball::UNKNOWN, Ball::ZERO).is_known());
    }

    #[test]
    fn the_size_of_a_ball_contains_all_sizes() {
        for (mid, radius) in [(1.0, 0.5), (-1.0, 0.5), (0.25, 1.0), (-0.25, 1.0)] {
            let size = ball(mid, radius).abs();
            assert!(contains(size, f64::abs(mid - radius)) && contains(size, f64::abs(mid + radius)));
        }
    }
}
