//! The same elements under another shape: `reshape(x, [B, 28, 28])`. `flatten(x)` is the reshape that puts axes together.
//!
//! | | |
//! |---|---|
//! | Value | `y = x`, element by element in row-major order; exact |
//! | Cotangent | `x̄ = ȳ`, exact |
//!
//! # Error bound
//!
//! Nothing is computed: the radii are `α` and `δ`.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::{Contribution, Op};
use crate::bound::{Ball, Domain};
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// The same elements under the shape `T`, which has as many; see the [module](self).
#[derive(Clone, Copy)]
pub struct Reshape<T>(PhantomData<fn() -> T>);

impl<T: Shape> Debug for Reshape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reshape({:?})", T::DIMS)
    }
}

impl<S: Shape, T: Shape> Op<(S,)> for Reshape<T> {
    const NAME: &'static str = "reshape";
    type Out = T;
    const VALID: () = assert!(S::NUMEL == T::NUMEL, "`reshape` changes the number of elements");

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        y.copy_from_slice(x);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], _: &[F], radii: &mut [f64]) {
        radii.copy_from_slice(x.rad);
    }

    #[inline]
    fn vjp<F: Format>(_: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            dx.copy_from_slice(dy);
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        _: [Ball<'_, F, D>; 1],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx]: [Option<Contribution<'_, F>>; 1],
    ) {
        if let Some(Contribution { radii, .. }) = dx {
            radii.copy_from_slice(dy.rad);
        }
    }

    fn enclose<const K: usize>([x]: [&[WideBall<K>]; 1], y: &mut [WideBall<K>]) {
        y.copy_from_slice(x);
    }

    fn enclose_vjp<const K: usize>(
        _: [&[WideBall<K>]; 1],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx]: [Option<&mut [WideBall<K>]>; 1],
    ) {
        if let Some(dx) = dx {
            dx.copy_from_slice(dy);
        }
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1, uniform1};
    use super::*;

    type Flat = Reshape<(D<4>,)>;

    #[test]
    fn everything_stays_where_it_is() {
        let case = Case1::<f32> {
            x: &[1.0, 2.0, 3.0, 4.0],
            alpha: &[0.0, 0.5, 0.0, 0.25],
            dy: &[4.0, 3.0, 2.0, 1.0],
            delta: &[1.0, 0.0, 0.0, 0.0],
        };
        let result = elementwise1::<Flat, (D<2>, D<2>), _>(case);
        assert_eq!((result.y, result.rad_y), (case.x.to_vec(), case.alpha.to_vec()));
        assert_eq!((&result.dx[0][..], &result.rad_dx[0][..]), (case.dy, case.delta));
        assert_eq!(uniform1::<Flat, (D<2>, D<2>), _>(case).rad_y, [0.5]);
    }
}
