//! Rms norm along the last axis, `x / √(mean(x²) + ε) * weight`: `[s, n], [n] -> [s, n]`.
//!
//! `ε` is the real number that is written, `eps = 1e-5` if none is.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(h w)`, `h = fl(x / s)`, `s = fl(√fl(mean(x²) + ε))` |
//! | Cotangent of `x` | `x̄ = fl(t / s)`, `t = g - h mean(g h)`, `g = fl(ȳ w)` |
//! | Cotangent of the weight | `w̄ = fl(Σ fl(ȳ h))`, over the rows |
//!
//! All is computed in the accumulator and rounded once to the format. The sequence of operations, the error bounds of all of
//! them and their proof are in `norm.rs`: it is layer norm with a mean that is 0 by decree.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::{Dim, EndsWith};

use super::axis::Rows;
use super::norm::{self, Norm};
use super::{Contribution, Literal, Op};
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;
use crate::kernel::scratch::with_scratch;
use crate::kernel::wide::WideBall;

/// Rms norm with `ε` the literal `L`; see the [module](self).
#[derive(Clone, Copy)]
pub struct RmsNorm<L>(PhantomData<fn() -> L>);

impl<L> Debug for RmsNorm<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RmsNorm")
    }
}

impl<L: Literal> Norm for RmsNorm<L> {
    const CENTRED: bool = false;
    type Epsilon = L;
}

impl<L: Literal, S: EndsWith<(N,)> + Rows, N: Dim> Op<(S, (N,))> for RmsNorm<L> {
    const NAME: &'static str = "rms_norm";
    type Out = S;

    #[inline]
    fn forward<F: Format>([x, weight]: [&[F]; 2], y: &mut [F]) {
        with_scratch([S::LEN], |[c]: [&mut [f64]; 1]| norm::values::<Self, S, F>(x, weight, None, y, c));
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x, weight]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
        if D::IS_NORM {
            return norm::norms::value::<Self, S, F, D>([x, weight], None, y, radii);
        }
        with_scratch([2 * S::LEN, S::NUMEL], |[rows, each]: [&mut [f64]; 2]| {
            norm::value_radii::<Self, S, F, D>(x, weight, None, y, rows, each);
            D::fill(radii, S::NUMEL, |i: usize| Up::new(each[i]));
        });
    }

    #[inline]
    fn vjp<F: Format>([x, weight]: [&[F]; 2], _: &[F], dy: &[F], [dx, dw]: [Option<&mut [F]>; 2]) {
        norm::pull::<Self, S, F>([x, weight], dy, [dx, dw]);
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [x, weight]: [Ball<'_, F, D>; 2],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx, dw]: [Option<Contribution<'_, F>>; 2],
    ) {
        norm::pull_radii::<Self, S, F, D>([x, weight], dy, [dx, dw]);
    }

    fn enclose<const K: usize>(x: [&[WideBall<K>]; 2], y: &mut [WideBall<K>]) {
        norm::enclosures::values::<Self, S, K>(x, None, y);
    }

    fn enclose_vjp<const K: usize>(
        [x, weight]: [&[WideBall<K>]; 2],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        dx: [Option<&mut [WideBall<K>]>; 2],
    ) {
        norm::enclosures::cotangents::<Self, S, K>([x, weight, dy], dx);
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise, uniform};
    use super::*;

    struct Tiny;

    impl Literal for Tiny {
        const TEXT: &'static str = "0.00001";
        const NEAREST: f64 = 0.00001;
        const EXACT: bool = false;
    }

    type Matrix = (D<2>, D<3>);
    type Row = (D<3>,);

    #[test]
    fn rows_have_unit_mean_square_and_the_cotangent_is_orthogonal() {
        let x = [1.0, 2.0, -2.0, 300.0, 0.0, 400.0];
        let case = Case2 { a: &x, b: &[1.0; 3], dy: &[1.0, 0.0, 0.5, 1.0, -1.0, 2.0], ..Case2::default() };
        let result = elementwise::<RmsNorm<Tiny>, Matrix, Row, _>(case);
        for (row, x) in x.chunks(3).enumerate() {
            let scale = (x.iter().map(|x| x * x).sum::<f64>() / 3.0 + 0.00001).sqrt();
            let (mut square, mut inner) = (0.0, 0.0);
            for (j, x) in x.iter().enumerate() {
                let (y, dx) = (result.y[3 * row + j], result.dx[0][3 * row + j]);
                assert!((y - x / scale).abs() < 1e-15);
                (square, inner) = (square + y * y / 3.0, inner + dx * x);
            }
            assert!((square - 1.0).abs() < 1e-4 && inner.abs() < 1e-4);
        }
        for radius in result.rad_y.iter().chain(result.rad_dx.iter().flatten()) {
            assert!(*radius < 1e-14, "{radius}");
        }
    }

    #[test]
    fn a_row_of_zeros_is_exact_and_an_overflow_is_unbounded() {
        let case =
            Case2::<f32> { a: &[0.0, 0.0, 0.0, 1e30, 1.0, 1.0], b: &[1.0; 3], dy: &[1.0; 6], ..Case2::default() };
        let result = elementwise::<RmsNorm<Tiny>, Matrix, Row, _>(case);
        assert_eq!((&result.y[..3], &result.rad_y[..3]), (&[0.0; 3][..], &[0.0; 3][..]));
        assert_eq!(result.rad_y[3..], [f64::INFINITY; 3]);
        assert!(result.rad_dx[1].iter().all(|&r| r == f64::INFINITY));
        assert_eq!(uniform::<RmsNorm<Tiny>, Matrix, Row, _>(case).rad_y, [f64::INFINITY]);
    }
}
