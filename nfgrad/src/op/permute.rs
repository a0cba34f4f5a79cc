//! The axes in another order: `permute(x, axes = [2, 0, 1])` of a tensor `[a, b, c]` is `[c, a, b]`.
//!
//! | | |
//! |---|---|
//! | Value | `y[k, i, j] = x[i, j, k]`, axis `n` of the result is axis `axes[n]` of `x`; exact |
//! | Cotangent | `x̄[i, j, k] = ȳ[k, i, j]`, exact |
//!
//! # Error bound
//!
//! Elements move and nothing is computed, so each takes its radius with it: `α` for the value, `δ` for the cotangent.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::{Dim, Shape};

use super::axis::OneAxis;
use super::view::View;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain};
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// The axes in the order `A`, a tuple of [`Axis`](super::Axis); see the [module](self).
#[derive(Clone, Copy)]
pub struct Permute<A>(PhantomData<fn() -> A>);

impl<A> Debug for Permute<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permute")
    }
}

/// `A: Order<S>` reads "`A` names as many axes as `S` has, and every one of them exists".
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an order of the axes of the shape `{S}`",
    note = "an order names every axis once, such as `(Axis<1>, Axis<0>)` for a matrix"
)]
pub trait Order<S: Shape>: 'static {
    /// The shape with its axes in this order.
    type Out: Shape;
    /// The axes, by their positions in `S`.
    const AXES: &'static [usize];
}

macro_rules! impl_order {
    ($shape:tt: [$($dim:ident)*] [$($axis:ident)*]) => {
        impl<$($dim: Dim,)* $($axis: OneAxis<$shape>),*> Order<$shape> for ($($axis,)*) {
            type Out = ($($axis::Length,)*);
            const AXES: &'static [usize] = &[$($axis::INDEX),*];
        }
    };
}

impl_order!((A,): [A] [I]);
impl_order!((A, B): [A B] [I J]);
impl_order!((A, B, C): [A B C] [I J K]);
impl_order!((A, B, C, E): [A B C E] [I J K L]);
impl_order!((A, B, C, E, F): [A B C E F] [I J K L M]);
impl_order!((A, B, C, E, F, G): [A B C E F G] [I J K L M N]);

/// Where each axis has gone: the order that undoes `axes`. The first `axes.len()` numbers.
const fn inverse(axes: &[usize]) -> [usize; 6] {
    let (mut inverse, mut i) = ([usize::MAX; 6], 0);
    while i < axes.len() {
        assert!(inverse[axes[i]] == usize::MAX, "`permute` names an axis twice");
        inverse[axes[i]] = i;
        i += 1;
    }
    inverse
}

impl<A: 'static> Permute<A> {
    /// The result in the operand.
    const fn there<S: Shape>() -> View
    where
        A: Order<S>,
    {
        View::permuted(S::DIMS, A::AXES)
    }

    /// The operand in the result.
    const fn back<S: Shape>() -> View
    where
        A: Order<S>,
    {
        let inverse = inverse(A::AXES);
        View::permuted(<A::Out as Shape>::DIMS, inverse.split_at(A::AXES.len()).0)
    }
}

impl<S: Shape, A: Order<S>> Op<(S,)> for Permute<A> {
    const NAME: &'static str = "permute";
    type Out = A::Out;
    const VALID: () = {
        inverse(A::AXES);
    };

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        const { Self::there::<S>() }.copy(x, y);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        const { Self::there::<S>() }.copy_radii(x, y, radii);
    }

    #[inline]
    fn vjp<F: Format>(_: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            const { Self::back::<S>() }.copy(dy, dx);
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        _: [Ball<'_, F, D>; 1],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx]: [Option<Contribution<'_, F>>; 1],
    ) {
        if let Some(Contribution { mid, radii }) = dx {
            const { Self::back::<S>() }.copy_radii(dy, mid, radii);
        }
    }

    fn enclose<const K: usize>([x]: [&[WideBall<K>]; 1], y: &mut [WideBall<K>]) {
        const { Self::there::<S>() }.copy(x, y);
    }

    fn enclose_vjp<const K: usize>(
        _: [&[WideBall<K>]; 1],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx]: [Option<&mut [WideBall<K>]>; 1],
    ) {
        if let Some(dx) = dx {
            const { Self::back::<S>() }.copy(dy, dx);
        }
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::Axis;
    use super::super::testing::{Case1, elementwise1, uniform1};
    use super::*;

    type Cube = (D<2>, D<1>, D<3>);
    type LastFirst = Permute<(Axis<2>, Axis<0>, Axis<1>)>;

    #[test]
    fn elements_take_their_radii_with_them() {
        let case = Case1::<f32> {
            x: &[1.0, 2.0, 3.0, 4.0, 5.0, f32::INFINITY],
            alpha: &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
            dy: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            delta: &[0.0, 0.0, 0.0, 0.0, 0.5, 0.25],
        };
        let result = elementwise1::<LastFirst, Cube, _>(case);
        assert_eq!(<<LastFirst as Op<(Cube,)>>::Out as Shape>::DIMS, [3, 2, 1]);
        assert_eq!(result.y, [1.0, 4.0, 2.0, 5.0, 3.0, f32::INFINITY]);
        assert_eq!(result.rad_y, [0.1, 0.4, 0.2, 0.5, 0.3, f64::INFINITY]);
        assert_eq!(result.dx[0], [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
        assert_eq!(result.rad_dx[0], [0.0, 0.0, 0.5, 0.0, 0.0, 0.25]);
        let result = uniform1::<LastFirst, Cube, _>(Case1 { x: &[0.0; 6], ..case });
        assert_eq!((result.rad_y, result.rad_dx), (vec![0.6], [vec![0.5]]));
    }

    #[test]
    fn nothing_is_moved_nowhere() {
        let result = elementwise1::<Permute<(Axis<1>, Axis<0>)>, (D<0>, D<3>), f32>(Case1::default());
        assert!(result.y.is_empty() && result.dx[0].is_empty());
    }
}
