//! `e^x`, entry by entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y`, which is `e^x` within the [error `ρ` of the function](crate::format::Format::eval_error) |
//! | Cotangent | `x̄ = fl(y ȳ)` |
//!
//! # Error bound
//!
//! ```text
//! |y - e^x*| <= ρ + (y + ρ)(e^α - 1)
//! |x̄ - e^x* ȳ*| <= |fl(y ȳ) - y ȳ| + |y| δ + |ȳ| r + r δ      r the radius of y
//! ```
//!
//! *Proof.* `|e^x - e^x*| = e^x |1 - e^(x* - x)| <= e^x (e^α - 1)`, for `1 - e^-α <= e^α - 1`, and `e^x <= y + ρ`. The
//! derivative is the function itself, so the cotangent is a product with a factor that is within `r` of `y`, and the rule
//! of products applies. ∎  `r` is the smaller of the radius that `y` carries and of the first line.

use super::rounding::product_error;
use super::torchlean::{self, Tensor};
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::{Format, elementary};
use crate::kernel::wide::WideBall;

/// `e^x`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Exp;

impl Pointwise for Exp {
    const NAME: &'static str = "exp";
    const IS_SHORT: [bool; 2] = [false, true];

    /// Power series in `α`, times affine functions of `δ`.
    const STEADY: Steadiness = Steadiness::SMOOTH;

    #[inline]
    fn value<F: Format>(x: F) -> F {
        x.eval::<elementary::Exp>()
    }

    #[inline]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let own = if (x == F::ZERO) & (y == F::ONE) { Up::ZERO } else { y.eval_error::<elementary::Exp>() };
        own + (y.magnitude() + own) * alpha.exp_m1()
    }

    #[inline]
    fn vjp<F: Format>(_: F, y: F, dy: F) -> F {
        y.mul(dy)
    }

    /// Without a look at the radius of `y`, of which only the minimum would be used.
    #[inline]
    fn steady_vjp_radius<F: Format>((x, alpha): (F, Up), (y, _): (F, Up), dy: (F, Up), dx: F) -> Up {
        product_error((y, Self::radius(x, alpha, y)), dy) + F::mul_error(y, dy.0, dx)
    }

    #[inline]
    fn vjp_radius<F: Format>((x, alpha): (F, Up), (y, rad_y): (F, Up), dy: (F, Up), dx: F) -> Up {
        let derivative = (y, rad_y.min(Self::radius(x, alpha, y)));
        product_error(derivative, dy) + F::mul_error(y, dy.0, dx)
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        Some(torchlean::exp(x))
    }

    fn torchlean_vjp<F: Format>(x: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        Some(x.map(torchlean::exp).mul(dy))
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.exp()
    }

    #[inline]
    fn enclose_slope<const K: usize>(_: WideBall<K>, y: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        y
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1, uniform1};
    use super::*;
    use crate::format::bf16;

    #[test]
    fn the_exponential_of_zero_is_exact() {
        let result = elementwise1::<Exp, (D<1>,), _>(Case1::<f32> { x: &[0.0], dy: &[3.0], ..Case1::default() });
        assert_eq!((result.y[0], result.rad_y[0]), (1.0, 0.0));
        assert_eq!((result.dx[0][0], result.rad_dx[0][0]), (3.0, 0.0));
    }

    #[test]
    fn the_radius_is_relative_to_the_value() {
        let case = Case1::<f64> { x: &[1.0, -1.0], alpha: &[0.125, 0.0], dy: &[1.0, 2.0], delta: &[0.0, 0.5] };
        let result = elementwise1::<Exp, (D<2>,), _>(case);
        let exact = 1.125_f64.exp() - 1.0_f64.exp();
        assert!(result.rad_y[0] >= exact && result.rad_y[0] < exact * 1.0001);
        assert!(result.rad_y[1] < 2e-16);
        assert!(result.rad_dx[0][0] >= exact && result.rad_dx[0][0] < exact * 1.0001);
        let exact = 0.5 * (-1.0_f64).exp();
        assert!(result.rad_dx[0][1] >= exact && result.rad_dx[0][1] < exact * 1.0001);
    }

    #[test]
    fn underflow_is_charged_and_overflow_is_unbounded() {
        let result =
            elementwise1::<Exp, (D<2>,), _>(Case1::<f32> { x: &[-200.0, 200.0], dy: &[1.0, 1.0], ..Case1::default() });
        assert_eq!(result.y, [0.0, f32::INFINITY]);
        assert!(result.rad_y[0] >= (-200.0_f64).exp() && result.rad_y[0] < 1e-40);
        assert_eq!(result.rad_y[1], f64::INFINITY);
        assert_eq!(result.rad_dx[0][1], f64::INFINITY);
    }

    #[test]
    fn a_wide_ball_is_unbounded_only_if_it_reaches_too_far() {
        let case = Case1::<bf16> { x: &[bf16::ONE; 2], alpha: &[100.0, 1e4], dy: &[bf16::ONE; 2], ..Case1::default() };
        let result = elementwise1::<Exp, (D<2>,), _>(case);
        assert!(result.rad_y[0] > 100_f64.exp() && result.rad_y[0] < 102_f64.exp());
        assert_eq!(result.rad_y[1], f64::INFINITY);
        assert_eq!(uniform1::<Exp, (D<2>,), _>(case).rad_y, [f64::INFINITY]);
    }

    #[test]
    fn what_tends_to_zero_is_still_not_known() {
        let case = Case1::<f32> {
            x: &[f32::NEG_INFINITY, -1.0],
            alpha: &[0.0, f64::INFINITY],
            dy: &[1.0, 0.0],
            ..Case1::default()
        };
        let result = elementwise1::<Exp, (D<2>,), _>(case);
        assert_eq!(result.rad_y, [f64::INFINITY; 2]);
        assert_eq!(result.rad_dx[0], [f64::INFINITY; 2]);
    }
}
