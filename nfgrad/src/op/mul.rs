//! `a * b`, entry by entry, `b` repeated over the leading axes of `a`: `[s ++ t], [t] -> [s ++ t]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(a b)` |
//! | Cotangents | `ā = fl(ȳ b)`, `b̄ = fl(ȳ a)` or, where `b` was repeated, `fl(Σ fl(ȳ a))` in the accumulator, rounded once |
//!
//! # Error bound
//!
//! `|y - a* b*| <= |fl(a b) - a b| + |a| β + |b| α + α β`, from `a b - a* b* = a (b - b*) + (a - a*) b* ` and
//! `|b*| <= |b| + β`. The first term is the error of this one product, 0 where it is exact. `ā` is such a product again,
//! and `b̄` a sum of them with the error of that sum (`summed.rs`).
//!
//! `x * x` needs no rule of its own: it is a product of two numbers with the same radius, and the graph adds up both
//! contributions.

use nfgrad_shapes::{EndsWith, Shape};

use super::enclosing::{columns, pairs};
use super::repeat::{PairRadius, PairRule, copies};
use super::rounding::{guarded, product_error};
use super::summed::Summed;
use super::torchlean::{self, Tensor};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::entrywise::{Entry, map_rows};
use crate::kernel::reduce::sum_product_columns;
use crate::kernel::wide::WideBall;

/// `a * b`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Mul;

impl PairRadius for Mul {
    #[inline(always)]
    fn radius<F: Format, D: Domain>(a: (F, Up), b: (F, Up), y: F) -> Up {
        guarded(y, product_error(a, b) + F::mul_error(a.0, b.0, y))
    }
}

impl<F: Format> Entry<F, 2> for Mul {
    const IS_SHORT: bool = true;

    #[inline(always)]
    fn at([a, b]: [F; 2]) -> F {
        a.mul(b)
    }
}

impl<L: EndsWith<R>, R: Shape> Op<(L, R)> for Mul {
    const NAME: &'static str = "mul";
    type Out = L;

    #[inline]
    fn forward<F: Format>([a, b]: [&[F]; 2], y: &mut [F]) {
        map_rows::<Self, F, 2>([a, b], y, R::NUMEL);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([a, b]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
        D::fill_steadily(radii, L::NUMEL, [a.once(), b.repeated(copies::<L, R>())], |x| {
            PairRule::<Self, L, R, F, D>::new(x, y)
        });
    }

    #[inline]
    fn vjp<F: Format>([a, b]: [&[F]; 2], _: &[F], dy: &[F], [da, db]: [Option<&mut [F]>; 2]) {
        if let Some(da) = da {
            map_rows::<Self, F, 2>([dy, b], da, R::NUMEL);
        }
        if let Some(db) = db {
            if L::NUMEL == R::NUMEL {
                map_rows::<Self, F, 2>([dy, a], db, R::NUMEL);
            } else {
                sum_product_columns(dy, a, db);
            }
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [a, b]: [Ball<'_, F, D>; 2],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [da, db]: [Option<Contribution<'_, F>>; 2],
    ) {
        if let Some(Contribution { mid, radii }) = da {
            D::fill_steadily(radii, L::NUMEL, [dy.once(), b.repeated(copies::<L, R>())], |x| {
                PairRule::<Self, L, R, F, D>::new(x, mid)
            });
        }
        if let Some(Contribution { mid, radii }) = db {
            // A sum over a column is felt by the largest errors in it.
            let operands = [dy.once(), a.once()];
            if L::NUMEL == R::NUMEL {
                D::fill_steadily(radii, R::NUMEL, operands, |x| PairRule::<Self, R, R, F, D>::new(x, mid));
            } else {
                D::fill_steadily(radii, R::NUMEL, operands, |[dy, a]| move |j: usize| sum_bound(dy, a, j, mid));
            }
        }
    }

    fn torchlean<F: Format>([a, b]: [Ball<'_, F, T0>; 2], y: &mut [F]) -> Up {
        Tensor::of(a).zip(&Tensor::of(b), torchlean::mul).write(y)
    }

    fn torchlean_vjp<F: Format>(
        [a, b]: [Ball<'_, F, T0>; 2],
        _: Ball<'_, F, T0>,
        dy: Ball<'_, F, T0>,
        [da, db]: [Option<&mut [F]>; 2],
    ) -> [Option<Up>; 2] {
        let by = |x: Ball<'_, F, T0>, dx: &mut [F]| Tensor::of(dy).mul(&Tensor::of(x)).write(dx);
        let repeated = |db: &mut [F]| {
            sum_product_columns(dy.mid, a.mid, db);
            Up::INFINITY
        };
        let db = if L::NUMEL == R::NUMEL { db.map(|db| by(a, db)) } else { db.map(repeated) };
        [da.map(|da| by(b, da)), db]
    }

    fn enclose<const K: usize>([a, b]: [&[WideBall<K>]; 2], y: &mut [WideBall<K>]) {
        pairs([a, b], y, |a, b| a * b);
    }

    fn enclose_vjp<const K: usize>(
        [a, b]: [&[WideBall<K>]; 2],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [da, db]: [Option<&mut [WideBall<K>]>; 2],
    ) {
        if let Some(da) = da {
            pairs([dy, b], da, |dy, b| dy * b);
        }
        if let Some(db) = db {
            columns(copies::<L, R>(), db, |i| dy[i] * a[i]);
        }
    }
}

/// At least the error of `out[j]`, a sum of products along column `j`.
fn sum_bound<F: Format, D: Domain>(dy: Ball<'_, F, D>, a: Ball<'_, F, D>, j: usize, out: &[F]) -> Up {
    let terms = (j..dy.mid.len()).step_by(out.len()).map(|i| {
        let (dy, a) = (dy.get(i), a.get(i));
        let (wide_dy, wide_a) = (dy.0.to_acc(), a.0.to_acc());
        let product = Format::mul(wide_dy, wide_a);
        (product, product_error(dy, a) + F::Acc::mul_error(wide_dy, wide_a, product))
    });
    Summed::of(terms).radius(out[j])
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise};
    use super::*;
    use crate::format::bf16;

    type Matrix = (D<2>, D<2>);
    type Vector = (D<2>,);

    #[test]
    fn the_right_operand_is_repeated_and_its_cotangent_summed() {
        let case =
            Case2::<f32> { a: &[1.0, 2.0, 3.0, 5.0], b: &[2.0, 4.0], dy: &[1.0, 1.0, 2.0, 0.5], ..Case2::default() };
        let result = elementwise::<Mul, Matrix, Vector, _>(case);
        assert_eq!(result.y, [2.0, 8.0, 6.0, 20.0]);
        assert_eq!(result.dx, [vec![2.0, 4.0, 4.0, 2.0], vec![7.0, 4.5]]);
        assert_eq!(result.rad_y, [0.0; 4]);
        assert_eq!(result.rad_dx[0], [0.0; 4]);
        assert!(result.rad_dx[1].iter().all(|&r| r > 0.0 && r < 1e-6));
    }

    #[test]
    fn the_radius_of_a_product() {
        let case = Case2::<f32> {
            a: &[3.0, 0.0],
            b: &[5.0, 7.0],
            alpha: &[0.5, 0.5],
            beta: &[0.25, 0.0],
            dy: &[1.0, 1.0],
            ..Case2::default()
        };
        let result = elementwise::<Mul, Vector, Vector, _>(case);
        // 3 * 0.25 + 5 * 0.5 + 0.5 * 0.25, then 7 * 0.5
        for (r, exact) in result.rad_y.iter().zip([3.375, 3.5]) {
            assert!(*r >= exact && *r < exact + 1e-12);
        }
        for (r, exact) in result.rad_dx.iter().flatten().zip([0.25, 0.0, 0.5, 0.5]) {
            assert!(*r >= exact && *r <= exact + 1e-12);
        }
    }

    #[test]
    fn an_underflow_is_charged_and_an_overflow_is_unbounded() {
        let tiny = f32::MIN_POSITIVE;
        let case = Case2::<f32> { a: &[tiny, f32::MAX], b: &[tiny, 2.0], dy: &[1.0, 1.0], ..Case2::default() };
        let result = elementwise::<Mul, Vector, Vector, _>(case);
        assert_eq!(result.y, [0.0, f32::INFINITY]);
        assert!(result.rad_y[0] >= f64::from(tiny).powi(2) && result.rad_y[1] == f64::INFINITY);
    }

    #[test]
    fn a_sum_that_overflows_is_unbounded() {
        let case =
            Case2::<f32> { a: &[f32::MAX, 1.0, f32::MAX, 1.0], b: &[0.0, 0.0], dy: &[1.0; 4], ..Case2::default() };
        let result = elementwise::<Mul, Matrix, Vector, _>(case);
        assert_eq!(result.dx[1], [f32::INFINITY, 2.0]);
        assert_eq!(result.rad_dx[1][0], f64::INFINITY);
        assert!(result.rad_dx[1][1] < 1e-5);
    }

    #[test]
    fn zero_times_what_is_not_known_is_not_known() {
        let case = Case2::<f64> {
            a: &[0.0, 0.0],
            b: &[1.0, f64::INFINITY],
            beta: &[f64::INFINITY, 0.0],
            dy: &[1.0, 1.0],
            ..Case2::default()
        };
        assert_eq!(elementwise::<Mul, Vector, Vector, _>(case).rad_y, [f64::INFINITY; 2]);
    }

    #[test]
    fn a_square_has_two_equal_contributions() {
        let x = [bf16::from_f64(3.0), bf16::from_f64(-1.0)];
        let case = Case2 { a: &x, b: &x, dy: &[bf16::ONE, bf16::ONE], ..Case2::default() };
        let result = elementwise::<Mul, Vector, Vector, _>(case);
        assert_eq!(result.dx, [x.to_vec(), x.to_vec()]);
        assert_eq!((&result.rad_y[..], &result.rad_dx[0][..]), (&[0.0; 2][..], &[0.0; 2][..]));
    }
}
