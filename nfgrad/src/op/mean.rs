//! The mean of all entries, `[s] -> []`, or along one axis: the shape without it.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(fl(Σ x) / n)`, added and divided in the accumulator, rounded once to the format |
//! | Cotangent | `x̄ = fl(ȳ / n)`, divided in the accumulator, rounded once to the format, repeated |
//!
//! # Error bound
//!
//! ```text
//! |y - Σ x*/n| <= ε + (Σ α + |s - w| + κ' Σ |x|)/n + |y - acc|
//! |x̄ - ȳ*/n|   <= ε + δ/n + |x̄ - acc|
//! ```
//!
//! with `s` the sum in the accumulator, `w` and `κ'` as for [`sum`](super::sum), `acc` the quotient before it was rounded to the format, and `ε` the
//! error of the division: half a unit in the last place, 0 if it was exact, and more where `n` is above `2^24` and not a
//! number of the accumulator. A division is one rounding where a product with `fl(1/n)` would be two.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::axis::{Along, Extent};
use super::enclosing::integer;
use super::rounding::{Count, guarded, narrowing_error};
use super::torchlean::{self, Tensor};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// The mean over `A`, which is [`All`](super::All) or an [`Axis`](super::Axis); see the [module](self).
#[derive(Clone, Copy)]
pub struct Mean<A>(PhantomData<fn() -> A>);

impl<A> Debug for Mean<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mean")
    }
}

impl<S: Shape, A: Along<S>> Op<(S,)> for Mean<A> {
    const NAME: &'static str = "mean";
    type Out = A::Out;

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        let count = Count::new(A::EXTENT.len);
        A::EXTENT.sums(x, y, |sum| F::from_acc(count.divide(sum)));
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        let count = Count::new(A::EXTENT.len);
        D::fill_steadily(radii, y.len(), [x.averaged(A::EXTENT.len)], |[x]| {
            move |i: usize| {
                let sum = A::EXTENT.sum(x.mid, i);
                let quotient = count.divide(sum);
                let error = count.divide_error(sum, A::EXTENT.sum_error(x, i, sum), quotient);
                guarded(y[i], error + narrowing_error(quotient, y[i]))
            }
        });
    }

    #[inline]
    fn vjp<F: Format>(_: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            let count = Count::new(A::EXTENT.len);
            A::EXTENT.repeat(dy, dx, |dy| F::from_acc(count.divide(dy.to_acc())));
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
            let count = Count::new(A::EXTENT.len);
            D::fill_steadily(radii, S::NUMEL, [dy.repeated(A::EXTENT.len)], |[dy]| {
                move |i: usize| {
                    let (dy, delta) = dy.get(A::EXTENT.target(i));
                    let quotient = count.divide(dy.to_acc());
                    let error = count.divide_error(dy.to_acc(), delta, quotient);
                    guarded(mid[i], error + narrowing_error(quotient, mid[i]))
                }
            });
        }
    }

    fn torchlean<F: Format>([x]: [Ball<'_, F, T0>; 1], y: &mut [F]) -> Up {
        let Extent { len, inner, .. } = A::EXTENT;
        if len == 0 || inner != 1 {
            <Self as Op<(S,)>>::forward([x.mid], y);
            return Up::INFINITY;
        }
        let count = (F::from_f64(len as f64), Up::ZERO);
        let means = torchlean::sums(A::EXTENT, x).map(|sum| torchlean::div_above_one(sum, count));
        Tensor::collect(means).write(y)
    }

    fn enclose<const K: usize>([x]: [&[WideBall<K>]; 1], y: &mut [WideBall<K>]) {
        A::EXTENT.enclosed_sums(x, y);
        for y in &mut *y {
            *y = *y / integer(A::EXTENT.len);
        }
    }

    fn enclose_vjp<const K: usize>(
        _: [&[WideBall<K>]; 1],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx]: [Option<&mut [WideBall<K>]>; 1],
    ) {
        if let Some(dx) = dx {
            A::EXTENT.enclosed_copies(dy, dx);
            for dx in &mut *dx {
                *dx = *dx / integer(A::EXTENT.len);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::super::{All, Axis};
    use super::*;
    use crate::format::bf16;

    type Matrix = (D<2>, D<3>);
    const X: [f32; 6] = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0];

    #[test]
    fn each_axis_has_its_means() {
        let all = elementwise1::<Mean<All>, Matrix, _>(Case1 { x: &X, dy: &[12.0], ..Case1::default() });
        assert_eq!((all.y, &all.dx[0][..]), (vec![11.0], &[2.0; 6][..]));
        // 12 / 6 is exact.
        assert_eq!(all.rad_dx[0], [0.0; 6]);
        let columns =
            elementwise1::<Mean<Axis<0>>, Matrix, _>(Case1 { x: &X, dy: &[2.0, 5.0, 7.0], ..Case1::default() });
        assert_eq!((columns.y, &columns.dx[0][..]), (vec![5.5, 11.0, 16.5], &[1.0, 2.5, 3.5, 1.0, 2.5, 3.5][..]));
    }

    #[test]
    fn radii_are_averaged() {
        let case = Case1 { x: &X, alpha: &[0.5, 0.25, 0.75, 0.0, 0.0, 0.0], dy: &[1.0, 1.0], delta: &[0.0, 0.75] };
        let result = elementwise1::<Mean<Axis<1>>, Matrix, _>(case);
        assert!(result.rad_y[0] >= 0.5 && result.rad_y[0] < 0.500_001);
        // The error of the f32 nearest to a third; the f64 nearest to it is less than 2^-55 below.
        let third = f64::from(1.0_f32 / 3.0) - 1.0 / 3.0 - 2f64.powi(-55);
        assert!(result.rad_dx[0][0] >= third && result.rad_dx[0][0] < 2.0 * third);
        assert!(result.rad_dx[0][3] >= 0.25 && result.rad_dx[0][3] < 0.250_001);
    }

    #[test]
    fn the_mean_of_one_number_is_that_number() {
        let third = bf16::from_f64(1.0 / 3.0);
        let result = elementwise1::<Mean<All>, (D<1>,), _>(Case1 { x: &[third], dy: &[third], ..Case1::default() });
        assert_eq!((result.y[0], result.rad_y[0]), (third, 0.0));
        assert_eq!((result.dx[0][0], result.rad_dx[0][0]), (third, 0.0));
    }

    #[test]
    fn the_mean_of_nothing_is_not_known() {
        let result = elementwise1::<Mean<All>, (D<0>,), f32>(Case1 { dy: &[1.0], ..Case1::default() });
        assert!(result.y[0].is_nan());
        assert_eq!(result.rad_y, [f64::INFINITY]);
    }

    #[test]
    fn a_sum_that_overflows_is_unbounded() {
        let result = elementwise1::<Mean<All>, (D<2>,), f32>(Case1 {
            x: &[f32::MAX; 2],
            dy: &[f32::INFINITY],
            ..Case1::default()
        });
        assert_eq!(result.rad_y, [f64::INFINITY]);
        assert_eq!(result.rad_dx[0], [f64::INFINITY; 2]);
    }
}
