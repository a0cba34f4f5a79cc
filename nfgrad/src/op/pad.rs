//! Zeros before and after one axis: `pad(x, axis = 1, before = 1, after = 2)` of `[m, n]` is `[m, n + 3]`.
//!
//! | | |
//! |---|---|
//! | Value | `y[i, before + j] = x[i, j]`, and 0 elsewhere; exact |
//! | Cotangent | `x̄[i, j] = ȳ[i, before + j]`, exact |
//!
//! # Error bound
//!
//! Elements move and nothing is computed: the radii are `α` or 0, and `δ`.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::{Dim, Shape};

use super::axis::{Axis, OneAxis};
use super::window::Window;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain};
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// `Before` zeros before and `After` zeros after the axis `A`, which then has the length `L`; see the [module](self).
#[derive(Clone, Copy)]
pub struct Pad<A, Before, After, L>(PhantomData<(A, Before, After, L)>);

impl<A, Before, After, L> Debug for Pad<A, Before, After, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pad")
    }
}

impl<const K: usize, Before: Dim, After: Dim, L: Dim> Pad<Axis<K>, Before, After, L> {
    /// The operand in the result.
    const fn window<S: Shape>() -> Window
    where
        Axis<K>: OneAxis<S>,
    {
        Window::new(<<Axis<K> as OneAxis<S>>::With<L> as Shape>::DIMS, K, Before::SIZE, S::DIMS[K])
    }
}

impl<S: Shape, const K: usize, Before: Dim, After: Dim, L: Dim> Op<(S,)> for Pad<Axis<K>, Before, After, L>
where
    Axis<K>: OneAxis<S>,
{
    const NAME: &'static str = "pad";
    type Out = <Axis<K> as OneAxis<S>>::With<L>;
    const VALID: () = assert!(
        Before::SIZE + S::DIMS[K] + After::SIZE == L::SIZE,
        "the length of `pad` is not that of its operand and the zeros"
    );

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        const { Self::window::<S>() }.surround(x, y);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        const { Self::window::<S>() }.surround_radii(x, y, radii);
    }

    #[inline]
    fn vjp<F: Format>(_: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            const { Self::window::<S>() }.read(dy, dx);
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
            const { Self::window::<S>() }.read_radii(dy, mid, radii);
        }
    }

    fn enclose<const N: usize>([x]: [&[WideBall<N>]; 1], y: &mut [WideBall<N>]) {
        const { Self::window::<S>() }.surround(x, y);
    }

    fn enclose_vjp<const N: usize>(
        _: [&[WideBall<N>]; 1],
        _: &[WideBall<N>],
        dy: &[WideBall<N>],
        [dx]: [Option<&mut [WideBall<N>]>; 1],
    ) {
        if let Some(dx) = dx {
            const { Self::window::<S>() }.read(dy, dx);
        }
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;

    #[test]
    fn zeros_are_certain() {
        let case = Case1::<f32> {
            x: &[1.0, 2.0, 3.0, 4.0],
            alpha: &[0.1, 0.2, 0.3, 0.4],
            dy: &[9.0, 9.0, 1.0, 2.0, 9.0, 9.0, 9.0, 3.0, 4.0, 9.0],
            delta: &[9.0, 9.0, 0.0, 0.5, 9.0, 9.0, 9.0, 0.0, 0.0, 9.0],
        };
        let result = elementwise1::<Pad<Axis<1>, D<2>, D<1>, D<5>>, (D<2>, D<2>), _>(case);
        assert_eq!(result.y, [0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 3.0, 4.0, 0.0]);
        assert_eq!(result.rad_y, [0.0, 0.0, 0.1, 0.2, 0.0, 0.0, 0.0, 0.3, 0.4, 0.0]);
        assert_eq!((&result.dx[0][..], &result.rad_dx[0][..]), (&[1.0, 2.0, 3.0, 4.0][..], &[0.0, 0.5, 0.0, 0.0][..]));
    }
}
