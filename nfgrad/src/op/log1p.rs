//! `ln(1 + x)`, entry by entry: `[s] -> [s]`. Accurate near 0, where `ln` of the rounded sum is not.
//!
//! | | |
//! |---|---|
//! | Value | `y`, which is `ln(1 + x)` within the [error `ρ` of the function](crate::format::Format::eval_error) |
//! | Cotangent | `x̄ = fl(ȳ / (1 + x))`, with the sum and the quotient in the accumulator if that is wider than the format, else in f64 |
//!
//! # Error bound
//!
//! That of [`ln`](super::ln) at `1 + x`, which has the same radius `α`: finite where `α < 1 + x`. The sum `s` is rounded down where a bound
//! divides by it, and its error is added to the radius of the divisor of the cotangent. The bound of that takes the quotient once more in f64 and measures
//! how far the cotangent is from it.

use num_traits::One;

use super::ln::spread;
use super::rounding::{in_f64, quotient_spread};
use super::{Defined, Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::{Format, elementary};
use crate::kernel::wide::WideBall;

/// `ln(1 + x)`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Log1p;

impl Pointwise for Log1p {
    const NAME: &'static str = "log1p";
    const IS_SHORT: [bool; 2] = [false, true];
    const DEFINED: Defined = Defined::Above(-1.0);

    /// As for the logarithm.
    const STEADY: Steadiness = Steadiness::SMOOTH;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        x.eval::<elementary::Ln1p>()
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let own = if (x == F::ZERO) & (y == F::ZERO) { Up::ZERO } else { y.eval_error::<elementary::Ln1p>() };
        let (x, alpha) = in_f64((x, alpha));
        own + spread(Up::ZERO.below(1.0 + x), alpha)
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        if F::ROUNDS_ONCE {
            F::from_acc(dy.to_acc() / (F::Acc::one() + x.to_acc()))
        } else {
            F::from_f64(dy.to_f64() / (1.0 + x.to_f64()))
        }
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(x: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        let ((x, alpha), (dy, delta)) = (in_f64(x), in_f64(dy));
        let sum = 1.0 + x;
        let quotient = dy / sum;
        let rounding = f64::div_error(dy, sum, quotient);
        let radius = alpha + f64::add_error(1.0, x, sum);
        let positive = if sum > 0.0 { Up::ZERO } else { Up::INFINITY };
        let spread = quotient_spread(delta, (sum, radius), Up::abs(quotient) + rounding);
        rounding + spread + dx.distance(quotient) + positive
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.ln_1p()
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        (WideBall::ONE + x).positive().recip()
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;

    #[test]
    fn near_zero_it_is_accurate_and_near_minus_one_nothing_is_claimed() {
        let case = Case1::<f32> {
            x: &[0.0, 1e-20, -0.5, -1.0],
            alpha: &[0.0, 0.0, 0.5, 0.0],
            dy: &[1.0, 2.0, 1.0, 1.0],
            ..Case1::default()
        };
        let result = elementwise1::<Log1p, (D<4>,), _>(case);
        assert_eq!((result.y[0], result.rad_y[0]), (0.0, 0.0));
        assert!(result.y[1] == 1e-20 && result.rad_y[1] < 1e-27);
        assert_eq!(result.rad_y[2..], [f64::INFINITY; 2]);
        assert_eq!(result.rad_dx[0][2..], [f64::INFINITY; 2]);
        assert!(result.rad_dx[0][1] < 1e-15);
    }
}
