//! The last two axes exchanged: `[.., m, n] -> [.., n, m]`.
//!
//! | | |
//! |---|---|
//! | Value | `y[.., j, i] = x[.., i, j]`, exact |
//! | Cotangent | `x̄[.., i, j] = ȳ[.., j, i]`, exact |
//!
//! # Error bound
//!
//! Elements move and nothing is computed: the radii are `α` and `δ`, moved likewise.

use nfgrad_shapes::{Dim, Shape};

use super::view::View;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// The last two axes exchanged; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Transpose;

/// A tensor of these lengths with its last two axes exchanged.
const fn view(dims: &[usize]) -> View {
    let axes = match dims.len() {
        2 => [1, 0].as_slice(),
        3 => &[0, 2, 1],
        4 => &[0, 1, 3, 2],
        5 => &[0, 1, 2, 4, 3],
        _ => &[0, 1, 2, 3, 5, 4],
    };
    View::permuted(dims, axes)
}

macro_rules! impl_transpose {
    ($($batch:ident)*) => {
        impl<$($batch: Dim,)* M: Dim, N: Dim> Op<(($($batch,)* M, N),)> for Transpose {
            const NAME: &'static str = "transpose";
            type Out = ($($batch,)* N, M);

            #[inline]
            fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
                const { view(<($($batch,)* M, N)>::DIMS) }.copy(x, y);
            }

            #[inline]
            fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
                const { view(<($($batch,)* M, N)>::DIMS) }.copy_radii(x, y, radii);
            }

            #[inline]
            fn vjp<F: Format>(_: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
                if let Some(dx) = dx {
                    const { view(<($($batch,)* N, M)>::DIMS) }.copy(dy, dx);
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
                    const { view(<($($batch,)* N, M)>::DIMS) }.copy_radii(dy, mid, radii);
                }
            }

            fn enclose<const K: usize>([x]: [&[WideBall<K>]; 1], y: &mut [WideBall<K>]) {
                const { view(<($($batch,)* M, N)>::DIMS) }.copy(x, y);
            }

            fn enclose_vjp<const K: usize>(
                _: [&[WideBall<K>]; 1],
                _: &[WideBall<K>],
                dy: &[WideBall<K>],
                [dx]: [Option<&mut [WideBall<K>]>; 1],
            ) {
                if let Some(dx) = dx {
                    const { view(<($($batch,)* N, M)>::DIMS) }.copy(dy, dx);
                }
            }

            fn torchlean<F: Format>([x]: [Ball<'_, F, T0>; 1], y: &mut [F]) -> Up {
                <Self as Op<(($($batch,)* M, N),)>>::forward([x.mid], y);
                x.radius(0)
            }
        }
    };
}

impl_transpose!();
impl_transpose!(A);
impl_transpose!(A B);
impl_transpose!(A B C);
impl_transpose!(A B C E);

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;

    #[test]
    fn the_last_two_axes_are_exchanged() {
        let case = Case1::<f32> {
            x: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            alpha: &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
            dy: &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0],
            delta: &[0.1, 0.4, 0.2, 0.5, 0.3, 0.6],
        };
        let result = elementwise1::<Transpose, (D<2>, D<3>), _>(case);
        assert_eq!((result.y, result.rad_y), (case.dy.to_vec(), case.delta.to_vec()));
        assert_eq!(result.dx[0], case.x);
        assert_eq!(result.rad_dx[0], case.alpha);
        let batch = elementwise1::<Transpose, (D<3>, D<1>, D<2>), _>(case);
        assert_eq!(batch.y, case.x);
    }
}
