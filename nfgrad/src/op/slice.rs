//! A range of one axis: `slice(x, axis = 1, range = 2..5)` of `[m, 8]` is `[m, 3]`. As in Rust, the end is not in it.
//!
//! | | |
//! |---|---|
//! | Value | `y[i, j] = x[i, start + j]`, exact |
//! | Cotangent | `x̄[i, start + j] = ȳ[i, j]`, and 0 outside of the range; exact |
//!
//! # Error bound
//!
//! Elements move and nothing is computed: the radii are `α`, and `δ` or 0.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::{Dim, Shape};

use super::axis::{Axis, OneAxis};
use super::window::Window;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain};
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// The `L` entries from `Start` on of the axis `A`; see the [module](self).
#[derive(Clone, Copy)]
pub struct Slice<A, Start, L>(PhantomData<(A, Start, L)>);

impl<A, Start, L> Debug for Slice<A, Start, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slice")
    }
}

impl<S: Shape, const K: usize, Start: Dim, L: Dim> Op<(S,)> for Slice<Axis<K>, Start, L>
where
    Axis<K>: OneAxis<S>,
{
    const NAME: &'static str = "slice";
    type Out = <Axis<K> as OneAxis<S>>::With<L>;
    const VALID: () = assert!(Start::SIZE + L::SIZE <= S::DIMS[K], "the range of `slice` goes beyond the axis");

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        const { Window::new(S::DIMS, K, Start::SIZE, L::SIZE) }.read(x, y);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        const { Window::new(S::DIMS, K, Start::SIZE, L::SIZE) }.read_radii(x, y, radii);
    }

    #[inline]
    fn vjp<F: Format>(_: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            const { Window::new(S::DIMS, K, Start::SIZE, L::SIZE) }.surround(dy, dx);
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
            const { Window::new(S::DIMS, K, Start::SIZE, L::SIZE) }.surround_radii(dy, mid, radii);
        }
    }

    fn enclose<const N: usize>([x]: [&[WideBall<N>]; 1], y: &mut [WideBall<N>]) {
        const { Window::new(S::DIMS, K, Start::SIZE, L::SIZE) }.read(x, y);
    }

    fn enclose_vjp<const N: usize>(
        _: [&[WideBall<N>]; 1],
        _: &[WideBall<N>],
        dy: &[WideBall<N>],
        [dx]: [Option<&mut [WideBall<N>]>; 1],
    ) {
        if let Some(dx) = dx {
            const { Window::new(S::DIMS, K, Start::SIZE, L::SIZE) }.surround(dy, dx);
        }
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1, uniform1};
    use super::*;

    type Middle = Slice<Axis<1>, D<1>, D<2>>;

    #[test]
    fn outside_of_the_range_nothing_is_known_to_matter() {
        let case = Case1::<f32> {
            x: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
            alpha: &[0.9, 0.2, 0.3, 0.9, 0.9, 0.6, 0.7, 0.9],
            dy: &[1.0, 2.0, 3.0, 4.0],
            delta: &[0.0, 0.25, 0.0, 0.0],
        };
        let result = elementwise1::<Middle, (D<2>, D<4>), _>(case);
        assert_eq!((result.y, result.rad_y), (vec![2.0, 3.0, 6.0, 7.0], vec![0.2, 0.3, 0.6, 0.7]));
        assert_eq!(result.dx[0], [0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 0.0]);
        assert_eq!(result.rad_dx[0], [0.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let result = uniform1::<Middle, (D<2>, D<4>), _>(case);
        assert_eq!((result.rad_y, result.rad_dx), (vec![0.9], [vec![0.25]]));
    }

    #[test]
    fn an_empty_range_has_a_cotangent_of_zeros() {
        let case = Case1::<f32> { x: &[1.0; 8], alpha: &[1.0; 8], ..Case1::default() };
        let result = elementwise1::<Slice<Axis<1>, D<4>, D<0>>, (D<2>, D<4>), _>(case);
        assert!(result.y.is_empty() && result.dx[0] == [0.0; 8] && result.rad_dx[0] == [0.0; 8]);
    }
}
