//! `a - b`, entry by entry, `b` repeated over the leading axes of `a`: `[s ++ t], [t] -> [s ++ t]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(a - b)` |
//! | Cotangents | `ā = ȳ`, `b̄ = -ȳ` summed over the axes along which `b` was repeated |
//!
//! # Error bound
//!
//! `|y - (a* - b*)| <= |fl(a - b) - (a - b)| + α + β`, with the error of the subtraction itself computed as for a sum. The
//! cotangents have the radii of those of a sum, for a change of sign is exact.
//!
//! `x - x` is 0 whatever `x*` is: where both operands are the same node the value and both cotangents are exactly 0 and
//! so are their radii, as long as anything is known of `x` and `ȳ`.

use nfgrad_shapes::{EndsWith, Shape};

use super::enclosing::{columns, pairs};
use super::repeat::{PairRadius, PairRule, copies, sum_repeated, sum_repeated_radius};
use super::rounding::{guarded, zero_if_known};
use super::torchlean::{self, Tensor};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::entrywise::{Entry, map_rows};
use crate::kernel::wide::WideBall;

/// `a - b`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Sub;

impl PairRadius for Sub {
    #[inline(always)]
    fn radius<F: Format, D: Domain>((a, alpha): (F, Up), (b, beta): (F, Up), y: F) -> Up {
        alpha + beta + F::add_error(a, b.neg(), y)
    }
}

impl<F: Format> Entry<F, 2> for Sub {
    const IS_SHORT: bool = true;

    #[inline(always)]
    fn at([a, b]: [F; 2]) -> F {
        a.sub(b)
    }
}

impl<L: EndsWith<R>, R: Shape> Op<(L, R)> for Sub {
    const NAME: &'static str = "sub";
    type Out = L;

    #[inline]
    fn forward<F: Format>([a, b]: [&[F]; 2], y: &mut [F]) {
        map_rows::<Self, F, 2>([a, b], y, R::NUMEL);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([a, b]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
        if a.is_same_node(&b) {
            D::fill(radii, L::NUMEL, |i: usize| zero_if_known(a.get(i)));
            return;
        }
        D::fill_steadily(radii, L::NUMEL, [a.once(), b.repeated(copies::<L, R>())], |x| {
            PairRule::<Self, L, R, F, D>::new(x, y)
        });
    }

    #[inline]
    fn vjp<F: Format>([a, b]: [&[F]; 2], _: &[F], dy: &[F], [da, db]: [Option<&mut [F]>; 2]) {
        let same = std::ptr::eq(a, b);
        if let Some(da) = da {
            if same { da.fill(F::ZERO) } else { da.copy_from_slice(dy) }
        }
        if let Some(db) = db {
            if same {
                db.fill(F::ZERO);
            } else {
                sum_repeated(dy, db);
                for db in db {
                    *db = db.neg();
                }
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
        if a.is_same_node(&b) {
            for Contribution { radii, .. } in [da, db].into_iter().flatten() {
                D::fill(radii, L::NUMEL, |i: usize| zero_if_known(dy.get(i)));
            }
            return;
        }
        if let Some(da) = da {
            D::fill_steadily(da.radii, L::NUMEL, [dy.once()], |[dy]| move |i: usize| guarded(da.mid[i], dy.radius(i)));
        }
        if let Some(db) = db {
            sum_repeated_radius(dy, R::NUMEL, |j| db.mid[j].neg(), db.radii);
        }
    }

    fn torchlean<F: Format>([a, b]: [Ball<'_, F, T0>; 2], y: &mut [F]) -> Up {
        Tensor::of(a).zip(&Tensor::of(b), torchlean::sub).write(y)
    }

    /// `x - x` contributes an exact zero, once.
    fn torchlean_vjp<F: Format>(
        [a, b]: [Ball<'_, F, T0>; 2],
        _: Ball<'_, F, T0>,
        dy: Ball<'_, F, T0>,
        [da, db]: [Option<&mut [F]>; 2],
    ) -> [Option<Up>; 2] {
        if a.is_same_node(&b) {
            for dx in [da, db].into_iter().flatten() {
                dx.fill(F::ZERO);
            }
            return [Some(zero_if_known((F::ZERO, dy.radius(0)))), None];
        }
        let negative = |db: &mut [F]| {
            if L::NUMEL == R::NUMEL {
                return Tensor::of(dy).map(torchlean::neg).write(db);
            }
            <Self as Op<(L, R)>>::vjp([a.mid, b.mid], &[], dy.mid, [None, Some(db)]);
            Up::INFINITY
        };
        [da.map(|da| Tensor::of(dy).write(da)), db.map(negative)]
    }

    fn enclose<const K: usize>([a, b]: [&[WideBall<K>]; 2], y: &mut [WideBall<K>]) {
        if std::ptr::eq(a, b) {
            y.iter_mut().zip(a).for_each(|(y, &a)| *y = WideBall::ZERO * a);
            return;
        }
        pairs([a, b], y, |a, b| a - b);
    }

    fn enclose_vjp<const K: usize>(
        [a, b]: [&[WideBall<K>]; 2],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [da, db]: [Option<&mut [WideBall<K>]>; 2],
    ) {
        if std::ptr::eq(a, b) {
            for dx in [da, db].into_iter().flatten() {
                dx.iter_mut().zip(dy).for_each(|(dx, &dy)| *dx = WideBall::ZERO * dy);
            }
            return;
        }
        if let Some(da) = da {
            da.copy_from_slice(dy);
        }
        if let Some(db) = db {
            columns(copies::<L, R>(), db, |i| -dy[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise, uniform};
    use super::*;

    type Matrix = (D<2>, D<2>);
    type Vector = (D<2>,);

    #[test]
    fn the_right_operand_is_repeated() {
        let case =
            Case2::<f32> { a: &[1.0, 2.0, 3.0, 5.0], b: &[1.0, 4.0], dy: &[1.0, 2.0, 4.0, 8.0], ..Case2::default() };
        let result = elementwise::<Sub, Matrix, Vector, _>(case);
        assert_eq!(result.y, [0.0, -2.0, 2.0, 1.0]);
        assert_eq!(result.dx, [vec![1.0, 2.0, 4.0, 8.0], vec![-5.0, -10.0]]);
        // Every subtraction is exact; only the sums of columns are charged, and they are not known to be exact.
        assert_eq!(result.rad_y, [0.0; 4]);
        assert_eq!(result.rad_dx[0], [0.0; 4]);
        assert!(result.rad_dx[1].iter().all(|&r| r > 0.0 && r < 1e-5));
    }

    #[test]
    fn radii_add_up() {
        let case = Case2::<f64> {
            a: &[1.0, 2.0],
            b: &[0.5, 0.25],
            alpha: &[0.5, 0.0],
            beta: &[0.25, 1.0],
            dy: &[1.0, 1.0],
            delta: &[0.0, 0.125],
        };
        let result = elementwise::<Sub, Vector, Vector, _>(case);
        assert!((0.75..0.750_001).contains(&result.rad_y[0]) && (1.0..1.000_001).contains(&result.rad_y[1]));
        assert_eq!(result.rad_dx, [vec![0.0, 0.125], vec![0.0, 0.125]]);
    }

    #[test]
    fn a_node_minus_itself_is_zero_however_uncertain() {
        let x = [1.0_f32, 2.0];
        let case = Case2 { a: &x, b: &x, alpha: &[3.0, 4.0], beta: &[3.0, 4.0], dy: &[1.0, 7.0], delta: &[1.0, 1.0] };
        for result in [elementwise::<Sub, Vector, Vector, _>(case), uniform::<Sub, Vector, Vector, _>(case)] {
            assert_eq!(result.y, [0.0; 2]);
            assert!(result.rad_y.iter().all(|&r| r == 0.0));
            assert_eq!(result.dx, [vec![0.0; 2], vec![0.0; 2]]);
            assert!(result.rad_dx.iter().flatten().all(|&r| r == 0.0));
        }
        let unknown =
            Case2 { alpha: &[f64::INFINITY, 0.0], beta: &[f64::INFINITY, 0.0], delta: &[0.0, f64::INFINITY], ..case };
        let result = elementwise::<Sub, Vector, Vector, _>(unknown);
        assert_eq!(result.rad_y, [f64::INFINITY, 0.0]);
        assert_eq!(result.rad_dx, [vec![0.0, f64::INFINITY], vec![0.0, f64::INFINITY]]);
    }

    #[test]
    fn an_overflow_is_unbounded() {
        let case = Case2::<f32> {
            a: &[f32::MAX, 1.0],
            b: &[-f32::MAX, f32::NAN],
            dy: &[f32::INFINITY, 1.0],
            ..Case2::default()
        };
        let result = elementwise::<Sub, Vector, Vector, _>(case);
        assert_eq!(result.rad_y, [f64::INFINITY; 2]);
        assert_eq!(result.rad_dx, [vec![f64::INFINITY, 0.0], vec![f64::INFINITY, 0.0]]);
    }
}
