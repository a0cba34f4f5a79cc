//! Two to four tensors side by side along an axis: `concat(a, b, axis = 1)` of `[m, p]` and `[m, q]` is `[m, p + q]`.
//!
//! | | |
//! |---|---|
//! | Value | the elements of `a`, then those of `b`, along the axis; exact |
//! | Cotangents | each operand's part of `ȳ`; exact |
//!
//! # Error bound
//!
//! Elements move and nothing is computed: each takes its radius with it. Where one tensor is given twice, its cotangent is
//! the sum of two parts, which the graph adds and charges as any other sum of contributions.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::{Dim, Shape};

use super::axis::{Along, Axis, OneAxis};
use super::window::{SideBySide, Window};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain};
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// Tensors side by side along the axis `A`, which then has the length `L`; see the [module](self).
#[derive(Clone, Copy)]
pub struct Concat<A, L>(PhantomData<fn() -> (A, L)>);

impl<A, L> Debug for Concat<A, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Concat")
    }
}

/// Where each of the tensors of these lengths along the axis lies in the result.
const fn windows<const N: usize>(dims: &[usize], axis: usize, lengths: [usize; N]) -> [Window; N] {
    let mut windows = [Window::new(dims, axis, 0, 0); N];
    let (mut k, mut start) = (0, 0);
    while k < N {
        windows[k] = Window::new(dims, axis, start, lengths[k]);
        start += lengths[k];
        k += 1;
    }
    windows
}

macro_rules! impl_concat {
    ($n:literal: $first:ident $($other:ident)*) => {
        impl<const K: usize, L: Dim, $first: Shape, $($other: Shape),*> Op<($first, $($other,)*)> for Concat<Axis<K>, L>
        where
            Axis<K>: OneAxis<$first> $(+ OneAxis<$other> + Along<$other, Out = <Axis<K> as Along<$first>>::Out>)*,
        {
            const NAME: &'static str = "concat";
            type Out = <Axis<K> as OneAxis<$first>>::With<L>;
            const VALID: () = assert!(
                L::SIZE == <Axis<K> as OneAxis<$first>>::Length::SIZE $(+ <Axis<K> as OneAxis<$other>>::Length::SIZE)*,
                "the length of `concat` is not the sum of the lengths of its operands"
            );

            #[inline]
            fn forward<F: Format>(x: [&[F]; $n], y: &mut [F]) {
                for (window, x) in Self::windows::<$first, $n>([$first::DIMS[K] $(, $other::DIMS[K])*]).iter().zip(x) {
                    window.write(x, y);
                }
            }

            #[inline]
            fn forward_radius<F: Format, D: Domain>(x: [Ball<'_, F, D>; $n], y: &[F], radii: &mut [f64]) {
                let windows = Self::windows::<$first, $n>([$first::DIMS[K] $(, $other::DIMS[K])*]);
                D::fill_steadily(radii, y.len(), x.map(Ball::once), |x| {
                    let parts = std::array::from_fn(|k| (windows[k], x[k]));
                    SideBySide::<F, D, $n> { parts, whole: y }
                });
            }

            fn enclose<const N: usize>(x: [&[WideBall<N>]; $n], y: &mut [WideBall<N>]) {
                for (window, x) in Self::windows::<$first, $n>([$first::DIMS[K] $(, $other::DIMS[K])*]).iter().zip(x) {
                    window.write(x, y);
                }
            }

            fn enclose_vjp<const N: usize>(
                _: [&[WideBall<N>]; $n],
                _: &[WideBall<N>],
                dy: &[WideBall<N>],
                dx: [Option<&mut [WideBall<N>]>; $n],
            ) {
                let windows = Self::windows::<$first, $n>([$first::DIMS[K] $(, $other::DIMS[K])*]);
                for (window, dx) in windows.into_iter().zip(dx) {
                    if let Some(dx) = dx {
                        window.read(dy, dx);
                    }
                }
            }

            #[inline]
            fn vjp<F: Format>(_: [&[F]; $n], _: &[F], dy: &[F], dx: [Option<&mut [F]>; $n]) {
                let windows = Self::windows::<$first, $n>([$first::DIMS[K] $(, $other::DIMS[K])*]);
                for (window, dx) in windows.into_iter().zip(dx) {
                    if let Some(dx) = dx {
                        window.read(dy, dx);
                    }
                }
            }

            #[inline]
            fn vjp_radius<F: Format, D: Domain>(
                _: [Ball<'_, F, D>; $n],
                _: Ball<'_, F, D>,
                dy: Ball<'_, F, D>,
                dx: [Option<Contribution<'_, F>>; $n],
            ) {
                let windows = Self::windows::<$first, $n>([$first::DIMS[K] $(, $other::DIMS[K])*]);
                for (window, dx) in windows.into_iter().zip(dx) {
                    if let Some(Contribution { mid, radii }) = dx {
                        window.read_radii(dy, mid, radii);
                    }
                }
            }
        }
    };
}

impl<const K: usize, L: Dim> Concat<Axis<K>, L> {
    /// The operands in the result, the first of which has the shape `S`.
    #[inline]
    const fn windows<S: Shape, const N: usize>(lengths: [usize; N]) -> [Window; N]
    where
        Axis<K>: OneAxis<S>,
    {
        windows(<<Axis<K> as OneAxis<S>>::With<L> as Shape>::DIMS, K, lengths)
    }
}

impl_concat!(2: A B);
impl_concat!(3: A B C);
impl_concat!(4: A B C E);

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise, uniform};
    use super::*;

    type Rows = Concat<Axis<0>, D<3>>;
    type Columns = Concat<Axis<1>, D<3>>;

    const CASE: Case2<'static, f32> = Case2 {
        a: &[1.0, 2.0],
        b: &[3.0, 4.0, 5.0, 6.0],
        alpha: &[0.1, 0.2],
        beta: &[0.3, 0.4, 0.5, 0.6],
        dy: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        delta: &[0.0, 0.0, 0.25, 0.0, 0.0, 0.5],
    };

    #[test]
    fn along_the_outer_axis_one_follows_the_other() {
        let result = elementwise::<Rows, (D<1>, D<2>), (D<2>, D<2>), _>(CASE);
        assert_eq!(result.y, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(result.rad_y, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
        assert_eq!(result.dx, [vec![1.0, 2.0], vec![3.0, 4.0, 5.0, 6.0]]);
        assert_eq!(result.rad_dx, [vec![0.0, 0.0], vec![0.25, 0.0, 0.0, 0.5]]);
    }

    #[test]
    fn along_the_inner_axis_rows_are_put_together() {
        let result = elementwise::<Columns, (D<2>, D<1>), (D<2>, D<2>), _>(CASE);
        assert_eq!(result.y, [1.0, 3.0, 4.0, 2.0, 5.0, 6.0]);
        assert_eq!(result.rad_y, [0.1, 0.3, 0.4, 0.2, 0.5, 0.6]);
        assert_eq!(result.dx, [vec![1.0, 4.0], vec![2.0, 3.0, 5.0, 6.0]]);
        assert_eq!(result.rad_dx, [vec![0.0, 0.0], vec![0.0, 0.25, 0.0, 0.5]]);
        let result = uniform::<Columns, (D<2>, D<1>), (D<2>, D<2>), _>(CASE);
        assert_eq!((result.rad_y, result.rad_dx), (vec![0.6], [vec![0.5], vec![0.5]]));
    }
}
