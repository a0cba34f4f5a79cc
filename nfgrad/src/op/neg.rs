//! `-x`, entry by entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = -x`, exact |
//! | Cotangent | `x̄ = -ȳ`, exact |
//!
//! # Error bound
//!
//! A change of sign is exact and keeps distances: the radii are `α` and `δ`.

use super::torchlean::{self, Tensor};
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// `-x`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Neg;

impl Pointwise for Neg {
    const NAME: &'static str = "neg";
    const IS_SHORT: [bool; 2] = [true, true];

    /// Both radii are affine in what they are made of.
    const STEADY: Steadiness = Steadiness::LINEAR;

    #[inline]
    fn value<F: Format>(x: F) -> F {
        x.neg()
    }

    #[inline]
    fn radius<F: Format>(_: F, alpha: Up, _: F) -> Up {
        alpha
    }

    #[inline]
    fn vjp<F: Format>(_: F, _: F, dy: F) -> F {
        dy.neg()
    }

    #[inline]
    fn vjp_radius<F: Format>(_: (F, Up), _: (F, Up), (_, delta): (F, Up), _: F) -> Up {
        delta
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        Some(torchlean::neg(x))
    }

    fn torchlean_vjp<F: Format>(_: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        Some(dy.map(torchlean::neg))
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        -x
    }

    #[inline]
    fn enclose_slope<const K: usize>(_: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        -WideBall::ONE
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;

    #[test]
    fn nothing_is_added_to_the_radii() {
        let case = Case1::<f32> {
            x: &[1.5, -2.0, f32::INFINITY],
            alpha: &[0.0, 0.5, 0.0],
            dy: &[1.0, -3.0, 1.0],
            delta: &[0.25, 0.0, 0.0],
        };
        let result = elementwise1::<Neg, (D<3>,), _>(case);
        assert_eq!(result.y, [-1.5, 2.0, f32::NEG_INFINITY]);
        assert_eq!(result.rad_y, [0.0, 0.5, f64::INFINITY]);
        assert_eq!(result.dx[0], [-1.0, 3.0, -1.0]);
        assert_eq!(result.rad_dx[0], [0.25, 0.0, f64::INFINITY]);
    }
}
