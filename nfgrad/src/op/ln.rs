//! `ln x`, entry by entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y`, which is `ln x` within the [error `ρ` of the function](crate::format::Format::eval_error) |
//! | Cotangent | `x̄ = fl(ȳ / x)` |
//!
//! # Error bound
//!
//! Where `α < x`, with `q = α / x`,
//!
//! ```text
//! |y - ln x*| <= ρ - ln(1 - q) <= ρ + q (1 - q/2) / (1 - q)
//! |x̄ - ȳ*/x*| <= |fl(ȳ / x) - ȳ/x| + (δ + |ȳ/x| α) / (x - α)
//! ```
//!
//! and ∞ elsewhere: `x*` might not be positive.
//!
//! *Proof.* `ln x - ln x*` is largest in magnitude for the smaller argument, `x* = x - α`. `-ln(1 - q) = q + q²/2 + q³/3 + …` is at most
//! `q + (q²/2)(1 + q + q² + …) = q + q² / (2 (1 - q))`. The second line is the rule of quotients. ∎

use super::rounding::{in_f64, quotient_spread};
use super::{Defined, Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::{Format, elementary};
use crate::kernel::wide::WideBall;

/// The natural logarithm, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Ln;

impl Pointwise for Ln {
    const NAME: &'static str = "ln";
    const IS_SHORT: [bool; 2] = [false, true];
    const DEFINED: Defined = Defined::Above(0.0);

    /// `α/x` and `1/(x - α)` are power series in `α` whose coefficients are not negative.
    const STEADY: Steadiness = Steadiness::SMOOTH;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        x.eval::<elementary::Ln>()
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        // ln 1 is exactly 0.
        let own = if (x == F::ONE) & (y == F::ZERO) { Up::ZERO } else { y.eval_error::<elementary::Ln>() };
        let (x, alpha) = in_f64((x, alpha));
        own + spread(x, alpha)
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        dy.div(x)
    }

    #[inline(always)]
    fn vjp_radius<F: Format>((x, alpha): (F, Up), _: (F, Up), (dy, delta): (F, Up), dx: F) -> Up {
        let rounding = F::div_error(dy, x, dx);
        let positive = if x > F::ZERO { Up::ZERO } else { Up::INFINITY };
        rounding + quotient_spread(delta, (x, alpha), dx.magnitude() + rounding) + positive
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.ln()
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.positive().recip()
    }
}

/// At least `|ln x - ln x*|` for `|x - x*| <= alpha`; ∞ unless all of those are positive.
///
/// `q + q² / (2 (1 - q)) = (α/x) (1 + α / (2 (x - α)))`.
#[inline(always)]
pub(super) fn spread(x: f64, alpha: Up) -> Up {
    // Halved after the division: twice a large `x` is not a number.
    alpha.over(x) * (Up::new(1.0) + alpha.over(alpha.below(x)) * Up::new(0.5))
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;

    #[test]
    fn the_spread_is_that_of_the_smaller_end() {
        for x in [1e-30_f64, 0.5, 1.0, 7.0] {
            for q in [1e-9, 0.01, 0.5, 0.9] {
                let (bound, exact) = (spread(x, Up::new(q * x)).get(), -f64::ln_1p(-q));
                assert!(
                    bound >= exact * (1.0 - 1e-14) && bound <= exact * (1.0 + 2.0 * q * q + 1e-14),
                    "{x} {q}: {bound} {exact}"
                );
            }
        }
    }

    #[test]
    fn where_there_may_be_no_logarithm_nothing_is_claimed() {
        let case = Case1::<f32> {
            x: &[1.0, 0.0, -1.0, 0.5, 2.0],
            alpha: &[0.0, 0.0, 0.0, 0.5, 0.0],
            dy: &[1.0; 5],
            ..Case1::default()
        };
        let result = elementwise1::<Ln, (D<5>,), _>(case);
        assert_eq!(result.rad_y[..4], [0.0, f64::INFINITY, f64::INFINITY, f64::INFINITY]);
        assert_eq!(result.rad_dx[0], [0.0, f64::INFINITY, f64::INFINITY, f64::INFINITY, 0.0]);
    }
}
