//! The sum of all entries, `[s] -> []`, or along one axis: the shape without it.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(Σ x)`, added in the accumulator along a tree of known height, rounded once to the format |
//! | Cotangent | `x̄ = ȳ`, repeated; exact |
//!
//! # Error bound
//!
//! ```text
//! |y - Σ x*| <= Σ α + |y - w| + κ' Σ |x|
//! ```
//!
//! with `w` the same sum in f64: see `summed.rs`. A sum of one number is exact. The radius of the cotangent is `δ`.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::axis::Along;
use super::rounding::guarded;
use super::torchlean::{self, Tensor};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// The sum over `A`, which is [`All`](super::All) or an [`Axis`](super::Axis); see the [module](self).
#[derive(Clone, Copy)]
pub struct Sum<A>(PhantomData<fn() -> A>);

impl<A> Debug for Sum<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sum")
    }
}

impl<S: Shape, A: Along<S>> Op<(S,)> for Sum<A> {
    const NAME: &'static str = "sum";
    type Out = A::Out;

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        A::EXTENT.sums(x, y, F::from_acc);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        D::fill_steadily(radii, y.len(), [x.averaged(A::EXTENT.len)], |[x]| {
            move |i: usize| guarded(y[i], A::EXTENT.sum_error(x, i, y[i]))
        });
    }

    #[inline]
    fn vjp<F: Format>(_: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            A::EXTENT.repeat(dy, dx, |dy| dy);
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
            D::fill_steadily(radii, S::NUMEL, [dy.repeated(A::EXTENT.len)], |[dy]| {
                move |i: usize| guarded(mid[i], dy.radius(A::EXTENT.target(i)))
            });
        }
    }

    fn torchlean<F: Format>([x]: [Ball<'_, F, T0>; 1], y: &mut [F]) -> Up {
        Tensor::collect(torchlean::sums(A::EXTENT, x)).write(y)
    }

    fn torchlean_vjp<F: Format>(
        _: [Ball<'_, F, T0>; 1],
        _: Ball<'_, F, T0>,
        dy: Ball<'_, F, T0>,
        [dx]: [Option<&mut [F]>; 1],
    ) -> [Option<Up>; 1] {
        let repeated = |dx: &mut [F]| {
            A::EXTENT.repeat(dy.mid, dx, |dy| dy);
            if A::EXTENT.targets() == 1 { dy.radius(0) } else { Up::INFINITY }
        };
        [dx.map(repeated)]
    }

    fn enclose<const K: usize>([x]: [&[WideBall<K>]; 1], y: &mut [WideBall<K>]) {
        A::EXTENT.enclosed_sums(x, y);
    }

    fn enclose_vjp<const K: usize>(
        _: [&[WideBall<K>]; 1],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx]: [Option<&mut [WideBall<K>]>; 1],
    ) {
        if let Some(dx) = dx {
            A::EXTENT.enclosed_copies(dy, dx);
        }
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1, uniform1};
    use super::super::{All, Axis};
    use super::*;
    use crate::format::bf16;

    type Matrix = (D<2>, D<3>);
    const X: [f32; 6] = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0];

    #[test]
    fn each_axis_has_its_sums() {
        let all = elementwise1::<Sum<All>, Matrix, _>(Case1 { x: &X, dy: &[2.0], ..Case1::default() });
        assert_eq!((all.y, &all.dx[0][..]), (vec![66.0], &[2.0; 6][..]));
        let rows = elementwise1::<Sum<Axis<1>>, Matrix, _>(Case1 { x: &X, dy: &[2.0, 5.0], ..Case1::default() });
        assert_eq!((rows.y, &rows.dx[0][..]), (vec![6.0, 60.0], &[2.0, 2.0, 2.0, 5.0, 5.0, 5.0][..]));
        let columns =
            elementwise1::<Sum<Axis<0>>, Matrix, _>(Case1 { x: &X, dy: &[2.0, 5.0, 7.0], ..Case1::default() });
        assert_eq!((columns.y, &columns.dx[0][..]), (vec![11.0, 22.0, 33.0], &[2.0, 5.0, 7.0, 2.0, 5.0, 7.0][..]));
    }

    #[test]
    fn radii_are_summed_and_copied() {
        let case = Case1 { x: &X, alpha: &[0.5, 0.25, 0.125, 0.0, 0.0, 0.0], dy: &[1.0, 1.0], delta: &[0.0, 0.5] };
        let result = elementwise1::<Sum<Axis<1>>, Matrix, _>(case);
        assert!(result.rad_y[0] >= 0.875 && result.rad_y[0] < 0.875_01);
        assert!(result.rad_y[1] > 0.0 && result.rad_y[1] < 1e-4);
        assert_eq!(result.rad_dx[0], [0.0, 0.0, 0.0, 0.5, 0.5, 0.5]);
        let result = uniform1::<Sum<Axis<1>>, Matrix, _>(case);
        assert!(result.rad_y[0] >= 1.5 && result.rad_y[0] < 1.500_1);
        assert_eq!(result.rad_dx[0], [0.5]);
    }

    #[test]
    fn one_number_is_its_own_sum() {
        let third = bf16::from_f64(1.0 / 3.0);
        let result = elementwise1::<Sum<Axis<0>>, (D<1>, D<2>), _>(Case1 {
            x: &[third; 2],
            dy: &[third; 2],
            ..Case1::default()
        });
        assert_eq!((result.y, result.rad_y), (vec![third; 2], vec![0.0; 2]));
    }

    #[test]
    fn nothing_sums_to_zero() {
        let result = elementwise1::<Sum<Axis<1>>, (D<2>, D<0>), f32>(Case1 { dy: &[1.0; 2], ..Case1::default() });
        assert_eq!((result.y, result.rad_y), (vec![0.0; 2], vec![0.0; 2]));
        assert!(elementwise1::<Sum<Axis<0>>, (D<2>, D<0>), f32>(Case1::default()).y.is_empty());
    }

    #[test]
    fn a_sum_that_overflows_is_unbounded() {
        let x = [f32::MAX, f32::MAX, -f32::MAX, 1.0, 2.0, 3.0];
        let case = Case1 { x: &x, dy: &[f32::NAN, 1.0], ..Case1::default() };
        let result = elementwise1::<Sum<Axis<1>>, Matrix, _>(case);
        assert_eq!(result.rad_y[0].is_finite(), result.y[0].is_finite());
        assert!(result.rad_y[1] < 1e-5);
        assert_eq!(result.rad_dx[0], [f64::INFINITY, f64::INFINITY, f64::INFINITY, 0.0, 0.0, 0.0]);
        // The sum is a number of f32 but not of bf16.
        let max = bf16::from_bits(0x7f7f);
        let case = Case1 { x: &[max, max.mul(bf16::from_f64(0.003_906_25))], dy: &[bf16::ONE], ..Case1::default() };
        let result = elementwise1::<Sum<All>, (D<2>,), _>(case);
        assert_eq!((result.y[0].is_finite(), result.rad_y[0]), (false, f64::INFINITY));
    }
}
