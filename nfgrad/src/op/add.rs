//! `a + b`, entry by entry, `b` repeated over the leading axes of `a`: `[s ++ t], [t] -> [s ++ t]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(a + b)` |
//! | Cotangents | `ā = ȳ`, `b̄ = ȳ` summed over the axes along which `b` was repeated |
//!
//! # Error bound
//!
//! `|y - (a* + b*)| <= |fl(a + b) - (a + b)| + α + β`. The first term is not merely half a unit in the last place: the
//! error of one addition can be computed, and is 0 where the addition is exact (`a + 0`, nearby numbers of opposite
//! sign).
//!
//! -∞ and a number are -∞ together: where an operand is -∞ itself (see [`Ball`]), as a mask that is added, and the other is no more, the radius is 0.
//!
//! `ā` is a copy, so its radius is `δ`. `b̄` is a copy or a sum of columns with the rounding error of its summation tree.

use nfgrad_shapes::{EndsWith, Shape};

use super::enclosing::{columns, pairs};
use super::repeat::{PairRadius, PairRule, copies, sum_repeated, sum_repeated_radius};
use super::rounding::is_minus_infinite;
use super::torchlean::{self, Tensor};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::entrywise::{Entry, map_rows};
use crate::kernel::wide::WideBall;

/// `a + b`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Add;

impl PairRadius for Add {
    #[inline(always)]
    fn radius<F: Format, D: Domain>((a, alpha): (F, Up), (b, beta): (F, Up), y: F) -> Up {
        let moved = alpha + beta;
        let masked = is_minus_infinite(y) & (is_minus_infinite(a) | is_minus_infinite(b)) & moved.is_finite();
        // A select and not a branch: the loop is vectorised.
        if masked { Up::ZERO } else { moved + F::add_error(a, b, y) }
    }
}

impl<F: Format> Entry<F, 2> for Add {
    const IS_SHORT: bool = true;

    #[inline(always)]
    fn at([a, b]: [F; 2]) -> F {
        a.add(b)
    }
}

impl<L: EndsWith<R>, R: Shape> Op<(L, R)> for Add {
    const NAME: &'static str = "add";
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
    fn vjp<F: Format>(_: [&[F]; 2], _: &[F], dy: &[F], [da, db]: [Option<&mut [F]>; 2]) {
        if let Some(da) = da {
            da.copy_from_slice(dy);
        }
        if let Some(db) = db {
            sum_repeated(dy, db);
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        _: [Ball<'_, F, D>; 2],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [da, db]: [Option<Contribution<'_, F>>; 2],
    ) {
        if let Some(da) = da {
            da.radii.copy_from_slice(dy.rad);
        }
        if let Some(db) = db {
            sum_repeated_radius(dy, R::NUMEL, |j| db.mid[j], db.radii);
        }
    }

    fn torchlean<F: Format>([a, b]: [Ball<'_, F, T0>; 2], y: &mut [F]) -> Up {
        Tensor::of(a).zip(&Tensor::of(b), torchlean::add).write(y)
    }

    fn torchlean_vjp<F: Format>(
        _: [Ball<'_, F, T0>; 2],
        _: Ball<'_, F, T0>,
        dy: Ball<'_, F, T0>,
        [da, db]: [Option<&mut [F]>; 2],
    ) -> [Option<Up>; 2] {
        let copied = |da: &mut [F]| Tensor::of(dy).write(da);
        let repeated = |db: &mut [F]| {
            sum_repeated(dy.mid, db);
            Up::INFINITY
        };
        [da.map(copied), if L::NUMEL == R::NUMEL { db.map(copied) } else { db.map(repeated) }]
    }

    fn enclose<const K: usize>([a, b]: [&[WideBall<K>]; 2], y: &mut [WideBall<K>]) {
        pairs([a, b], y, |a, b| a + b);
    }

    fn enclose_vjp<const K: usize>(
        _: [&[WideBall<K>]; 2],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [da, db]: [Option<&mut [WideBall<K>]>; 2],
    ) {
        if let Some(da) = da {
            da.copy_from_slice(dy);
        }
        if let Some(db) = db {
            columns(copies::<L, R>(), db, |i| dy[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise, uniform};
    use super::*;

    type Four = (D<4>,);

    #[test]
    fn what_is_masked_is_minus_infinity_itself_and_an_overflow_is_not() {
        let out = f32::NEG_INFINITY;
        let (a, b) = ([1.0_f32, 1.0, out, -f32::MAX], [0.0, out, out, -f32::MAX]);
        let case = Case2 { a: &a, b: &b, alpha: &[0.5; 4], dy: &[1.0; 4], ..Case2::default() };
        let result = elementwise::<Add, Four, Four, _>(case);
        assert_eq!(result.y[1..], [out; 3]);
        assert!((0.5..0.500_001).contains(&result.rad_y[0]));
        assert_eq!(result.rad_y[1..], [0.0, 0.0, f64::INFINITY]);
        // In one radius for all the overflow shows; without it nothing does.
        assert_eq!(uniform::<Add, Four, Four, _>(case).rad_y, [f64::INFINITY]);
        let case = Case2 { a: &[1.0, 1.0, out, 2.0], ..case };
        let masked = uniform::<Add, Four, Four, _>(Case2 { b: &[0.0, out, 0.0, 0.0], ..case });
        assert!((0.5..0.500_001).contains(&masked.rad_y[0]));
        // Of an overflow before, the radius is ∞.
        let case = Case2 { alpha: &[0.5, f64::INFINITY, f64::INFINITY, 0.5], ..case };
        assert_eq!(elementwise::<Add, Four, Four, _>(case).rad_y[1..3], [f64::INFINITY; 2]);
        let case = Case2 { a: &[f32::INFINITY; 4], alpha: &[], ..case };
        assert_eq!(elementwise::<Add, Four, Four, _>(case).rad_y[1], f64::INFINITY);
    }
}
