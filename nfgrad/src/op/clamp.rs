//! A number kept from falling below a literal: `max(x, ε)`, and where the real one may be.

use super::literal::{Literal, nearest};
use super::rounding::in_f64;
use crate::bound::Up;
use crate::format::Format;

/// On which side of `ε*` the real number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Above it.
    Above,
    /// At it or below.
    Below,
    /// Either.
    Doubtful,
}

/// `m = max(x, ε)` in f64, with `ε` the f64 nearest to the literal `ε*`, and what is known of `m* = max(x*, ε*)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clamped {
    /// `m`.
    pub(super) mid: f64,
    /// `m` is `x`, not `ε`.
    pub(super) is_above: bool,
    /// At most `m*`, and positive: the least of `ε*` at least.
    pub(super) least: f64,
    /// At least `m - m*`.
    pub(super) below: Up,
    /// At least `m* - m`.
    pub(super) above: Up,
    /// At least how far `x*` may be below `ε*`.
    pub(super) deficit: Up,
    pub(super) place: Place,
}

/// The literal as an f64, how far it may be from the real one, and at most the real one.
#[inline(always)]
pub(super) fn threshold<L: Literal>() -> (f64, Up, f64) {
    if L::EXACT {
        return (L::NEAREST, Up::ZERO, L::NEAREST);
    }
    let error = L::NEAREST.half_ulp();
    (L::NEAREST, error, error.below(L::NEAREST))
}

/// Whether the number is clamped: at the threshold or below, and no NaN.
///
/// Numbers of the format are compared with the one nearest to the threshold, if there is one, which takes less time.
#[inline(always)]
pub(super) fn is_clamped<L: Literal, F: Format>(x: F) -> bool {
    let nearest = nearest::<L, F>();
    if F::CONVERSION != 0.0 || !nearest.is_finite() {
        x.to_f64() <= L::NEAREST
    } else if nearest.to_f64() > L::NEAREST {
        x < nearest
    } else {
        (x < nearest) | (x == nearest)
    }
}

impl Clamped {
    #[inline(always)]
    pub(super) fn new<L: Literal, F: Format>(x: (F, Up)) -> Self {
        let ((x, alpha), (epsilon, error, least)) = (in_f64(x), threshold::<L>());
        let is_above = x > epsilon;
        // One rounded difference, which may overflow: how far the two are apart, from below and from above.
        let gap = (x - epsilon).abs();
        let (closer, farther) = (gap.min(f64::MAX) * (1.0 - f64::EPSILON), Up::of_rounded_sum(gap));
        let reach = alpha + error;
        let decided = (closer > reach.get()) | (reach == Up::ZERO);
        let (mid, below, above, deficit) = if is_above {
            (x, alpha.min(farther + error), alpha.max(rest(error, closer)), rest(reach, closer))
        } else {
            (epsilon, error, error.max(rest(alpha, closer)), farther + reach)
        };
        Self {
            mid,
            is_above,
            least: least.max(below.below(mid)),
            below,
            above,
            deficit,
            place: match (decided, is_above) {
                (true, true) => Place::Above,
                (true, false) => Place::Below,
                (false, _) => Place::Doubtful,
            },
        }
    }

    /// At least `|a/m - a*/m*|` for `|a - a*| <= alpha` and `size >= |a/m|`: `(α + size |m - m*|) / m*` at either end of `m*`.
    ///
    /// Towards larger `m*` the quotient grows or falls throughout, so it is largest there or at `m* = m`, which the first covers. However large
    /// `m*` is, it is between `alpha / m` and `size`.
    #[inline(always)]
    pub(super) fn quotient_spread(&self, alpha: Up, size: Up) -> Up {
        let most = (self.mid + self.above.get()) * (1.0 - f64::EPSILON);
        let upward = (alpha + size * self.above).over(most).min(size.max(alpha.over(self.mid)));
        (alpha + size * self.below).over(self.least).max(upward)
    }
}

/// At least `a` less a number that is at least `closer`, and 0.
#[inline(always)]
fn rest(a: Up, closer: f64) -> Up {
    let rest = a.get() - closer;
    if rest > 0.0 { Up::of_rounded_sum(rest) } else { Up::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Half;

    impl Literal for Half {
        const TEXT: &'static str = "0.5";
        const NEAREST: f64 = 0.5;
        const EXACT: bool = true;
    }

    struct Tenth;

    impl Literal for Tenth {
        const TEXT: &'static str = "0.1";
        const NEAREST: f64 = 0.1;
        const EXACT: bool = false;
    }

    #[test]
    fn the_real_number_is_no_less_than_the_threshold() {
        let of = |x: f64, alpha| Clamped::new::<Half, f64>((x, Up::new(alpha)));
        let near = |x: f64, exact: f64| (x - exact).abs() < 1e-12;
        for (x, alpha, mid, least, below, above, place) in [
            (2.0, 1.0, 2.0, 1.0, 1.0, 1.0, Place::Above),
            (2.0, 3.0, 2.0, 0.5, 1.5, 3.0, Place::Doubtful),
            (-1.0, 1.25, 0.5, 0.5, 0.0, 0.0, Place::Below),
            (-1.0, 2.0, 0.5, 0.5, 0.0, 0.5, Place::Doubtful),
            (0.5, 0.0, 0.5, 0.5, 0.0, 0.0, Place::Below),
        ] {
            let c = of(x, alpha);
            assert_eq!((c.mid, c.place), (mid, place), "{x} {alpha}");
            assert!(near(c.least, least) && c.least <= least, "{x} {alpha}: {c:?}");
            assert!(near(c.below.get(), below) && near(c.above.get(), above), "{x} {alpha}: {c:?}");
        }
        assert!(near(of(2.0, 3.0).deficit.get(), 1.5) && near(of(-1.0, 2.0).deficit.get(), 3.5));
        assert_eq!(of(f64::MAX, f64::MAX).least, 0.5);
    }

    #[test]
    fn a_threshold_that_is_no_f64_is_in_doubt_at_its_neighbour() {
        let c = Clamped::new::<Tenth, f64>((0.1, Up::ZERO));
        assert_eq!(c.place, Place::Doubtful);
        assert!(c.least < 0.1 && c.below.get() > 0.0 && c.above.get() > 0.0);
        assert_eq!(Clamped::new::<Tenth, f64>((0.1_f64.next_up(), Up::ZERO)).place, Place::Above);
    }
}
