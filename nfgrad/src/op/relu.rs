//! `relu(x) = max(x, 0)`, entry by entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = max(x, 0)`, exact |
//! | Cotangent | `x̄ = ȳ` where `x > 0`, else 0; exact |
//!
//! # Error bound
//!
//! `max(·, 0)` is exact and moves two numbers no further apart, so `|y - y*| <= α`; where `x <= 0` the real result lies
//! in `[0, max(x + α, 0)]`, which is smaller.
//!
//! The cotangent depends on the sign of `x*`. It is known where `x > α` (then `x* > 0`, the radius is `δ`) and where
//! `x <= -α` (then `x* <= 0`, both sides are 0). In between the two may be on different sides, and one of them 0:
//! `|x̄ - x̄*| <= |ȳ| + δ`.

use super::Pointwise;
use crate::bound::Up;
use crate::format::Format;

/// `max(x, 0)`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Relu;

impl Pointwise for Relu {
    const NAME: &'static str = "relu";

    #[inline]
    fn value<F: Format>(x: F) -> F {
        x.max(F::ZERO)
    }

    #[inline]
    fn radius<F: Format>(x: F, alpha: Up, _: F) -> Up {
        if x >= F::ZERO || !alpha.is_finite() {
            alpha
        } else {
            // x + α with x < 0: rounded up by one step.
            Up::new((x.to_f64() + alpha.get()).next_up().max(0.0))
        }
    }

    #[inline]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        if x > F::ZERO { dy } else { F::ZERO }
    }

    #[inline]
    fn vjp_radius<F: Format>((x, alpha): (F, Up), _: (F, Up), (dy, delta): (F, Up), _: F) -> Up {
        let x = x.to_f64();
        if x > alpha.get() || !delta.is_finite() {
            delta
        } else if x <= -alpha.get() {
            Up::ZERO
        } else {
            dy.magnitude() + delta
        }
    }
}
