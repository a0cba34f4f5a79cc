//! `e^x - 1`, entry by entry: `[s] -> [s]`. Accurate near 0, where the difference is not.
//!
//! | | |
//! |---|---|
//! | Value | `y`, which is `e^x - 1` within the [error `ρ` of the function](crate::format::Format::eval_error) |
//! | Cotangent | `x̄ = fl(ȳ w)`, where `w` is `e^x` in f64 |
//!
//! # Error bound
//!
//! ```text
//! |y - (e^x* - 1)| <= ρ + e^x (e^α - 1)
//! |x̄ - e^x* ȳ*| <= |fl(ȳ w) - ȳ w| + |ȳ| r + w δ + r δ      r = |w - e^x| + e^x (e^α - 1)
//! ```
//!
//! as for [`exp`](super::exp).

use super::curve::scaled_error;
use super::rounding::in_f64;
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::{Carrier, Format, elementary};
use crate::kernel::wide::WideBall;

/// `e^x - 1`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Expm1;

/// `e^x` in f64 with its error, and at least `|e^x - e^x*|`.
#[inline(always)]
fn exponential<A: Carrier>((x, alpha): (f64, Up)) -> (f64, Up, Up) {
    let w = A::carry::<elementary::Exp>(x);
    let error = A::carry_error::<elementary::Exp>(Up::new(w));
    (w, error, (Up::new(w) + error) * alpha.exp_m1())
}

impl Pointwise for Expm1 {
    const NAME: &'static str = "expm1";

    /// Power series in `α`, times affine functions of `δ`.
    const STEADY: Steadiness = Steadiness::SMOOTH;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        x.eval::<elementary::ExpM1>()
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let own = if (x == F::ZERO) & (y == F::ZERO) { Up::ZERO } else { y.eval_error::<elementary::ExpM1>() };
        own + exponential::<F::Carrier>(in_f64((x, alpha))).2
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        F::from_f64(dy.to_f64() * F::Carrier::carry::<elementary::Exp>(x.to_f64()))
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(x: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        let (w, error, spread) = exponential::<F::Carrier>(in_f64(x));
        scaled_error(in_f64(dy), (w, error + spread), dx)
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.exp_m1()
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.exp()
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;

    #[test]
    fn small_numbers_keep_their_digits() {
        let case = Case1::<f32> { x: &[0.0, 1e-20, -50.0], dy: &[1.0; 3], ..Case1::default() };
        let result = elementwise1::<Expm1, (D<3>,), _>(case);
        assert_eq!(result.y, [0.0, 1e-20, -1.0]);
        assert!(result.rad_y[0] == 0.0 && result.rad_y[1] < 1e-27 && result.rad_y[2] < 1e-7);
        // The slope of the last one is e^-50, not 0.
        assert!(
            (f64::from(result.dx[0][2]) - (-50_f64).exp()).abs() <= result.rad_dx[0][2] && result.rad_dx[0][2] < 1e-28
        );
    }
}
