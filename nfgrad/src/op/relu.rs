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

use super::torchlean::{self, Tensor};
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// `max(x, 0)`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Relu;

impl Pointwise for Relu {
    const NAME: &'static str = "relu";
    const IS_SHORT: [bool; 2] = [false; 2];

    /// The value's is `α` or `max(x + α, 0)`; that of the cotangent is affine in `δ` whether or not the sign of `x*` is decided.
    const STEADY: Steadiness = Steadiness::LINEAR;

    #[inline]
    fn value<F: Format>(x: F) -> F {
        x.max(F::ZERO)
    }

    #[inline]
    fn radius<F: Format>(x: F, alpha: Up, _: F) -> Up {
        // Where x < 0: the sum is one rounded operation, inflated by the product with 1, and 0 only where it is exactly 0.
        let [_, above] = x.enclosure();
        let below = Up::new((above + alpha.get()).max(0.0)) * Up::new(1.0);
        if x >= F::ZERO { alpha } else { below }
    }

    #[inline]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        if x > F::ZERO { dy } else { F::ZERO }
    }

    #[inline]
    fn vjp_radius<F: Format>((x, alpha): (F, Up), _: (F, Up), (dy, delta): (F, Up), _: F) -> Up {
        let [low, high] = x.enclosure();
        let doubtful = dy.magnitude() + delta;
        // Operands are known here: α and δ are finite.
        let decided = if x > F::ZERO { delta } else { Up::ZERO };
        if (low > alpha.get()) | (high <= -alpha.get()) { decided } else { doubtful }
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        Some(torchlean::relu(x))
    }

    fn torchlean_vjp<F: Format>(x: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        Some(torchlean::relu_vjp(x, dy))
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.max(WideBall::ZERO)
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        WideBall::step(&x, &WideBall::ZERO, WideBall::ZERO)
    }
}
