//! The rows of a table that a tensor of indices names, as an embedding does: `gather(table, index)` of `[n, d]` and `[s]` is
//! `[s, d]`.
//!
//! | | |
//! |---|---|
//! | Value | `y[i, :] = table[index[i], :]`, exact |
//! | Cotangents | row `v` of `table` gets `fl(Σ ȳ[i, :])` over the `i` with `index[i] = v`; `index` gets 0 |
//!
//! # Indices
//!
//! They are an input like any other, so they are numbers of the format: `0.0`, `1.0`, .. `n - 1`. A format with `p` bits of
//! precision has all integers up to `2^p` only: 256 in bf16, 2048 in f16, 16 in e4m3, `2^24` in f32. What was meant to be 257 is 256
//! in bf16, and from there on no number says which row was meant. So such numbers name no row at all: indices are those below
//! `2^p`, those whose successor is a number of the format too.
//! [`TensorMut::set_indices`](crate::tensor::TensorMut::set_indices) writes integers, and refuses those that are none.
//!
//! An index means an integer. So the index `k` with a radius below 1/2 is certainly `k`. Anything else is no index: a
//! number that is not an integer, that is negative, `n` or more, or `2^p` or more, or that is not finite. Then the row of
//! the result is not a number and has the radius ∞; and nothing is known of the cotangent of the table, any row of which may have been
//! meant. The same holds for the radii of an index with a radius of 1/2 or more. Nothing panics.
//!
//! # Error bound
//!
//! The values are copies with the radii of the rows they are from. A cotangent is a sum of the `m` rows that are at one index:
//!
//! ```text
//! |t̄ - t̄*| <= Σ δ + |t̄ - w| + κ' Σ |ȳ|
//! ```
//!
//! with `w` the same sum in f64: see `summed.rs`. A row that is named once has the radius `δ`, one that is never
//! named has the cotangent 0 with radius 0.

use std::cmp::Ordering;

use nfgrad_shapes::Dim;
use num_traits::Zero;

use super::enclosing::integer;
use super::rounding::guarded;
use super::summed::Summed;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;
use crate::kernel::reduce::RowSums;
use crate::kernel::scratch::{with_buffers, with_scratch};
use crate::kernel::wide::WideBall;
use crate::tensor::tells_apart;

/// Rows of a table by their indices; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Gather;

/// The row that a number names, if it is one of `rows` and the format tells it from the next one.
#[inline]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what the cast changes is not equal afterwards"
)]
fn row<F: Format>(index: F, rows: usize) -> Option<usize> {
    // What is negative or not a number becomes 0, and what is too large the largest: none of them is equal to that.
    let named = index.to_f64() as usize;
    (named < rows && F::from_f64(named as f64) == index && tells_apart::<F>(named)).then_some(named)
}

/// The row that a number with its radius certainly names.
#[inline]
fn certain_row<F: Format>((index, radius): (F, Up), rows: usize) -> Option<usize> {
    row(index, rows).filter(|_| radius.get() < 0.5)
}

/// The row that all numbers of a ball name: it is one number, and one of `rows`.
fn enclosed_row<const K: usize>(index: &WideBall<K>, rows: usize) -> Option<usize> {
    let named = index.mid().to_f64();
    row(named, rows).filter(|&row| index.order(&integer(row)) == Some(Ordering::Equal))
}

/// For each row of the table the places of the index that name it, as linked lists.
struct Hits<'a> {
    first: &'a [usize],
    next: &'a [usize],
}

/// The end of a list.
const END: usize = usize::MAX;

impl Hits<'_> {
    /// Lends the lists of an index into a table of that many rows. What is no index is in none of them.
    fn with<F: Format, R>(index: &[F], rows: usize, body: impl FnOnce(&Hits<'_>) -> R) -> R {
        with_scratch([rows, index.len()], |[first, next]: [&mut [usize]; 2]| {
            first.fill(END);
            // From the last to the first, so that each list ascends.
            for (i, &index) in index.iter().enumerate().rev() {
                if let Some(row) = row(index, rows) {
                    (next[i], first[row]) = (first[row], i);
                }
            }
            body(&Hits { first, next })
        })
    }

    /// The places that name a row, in order.
    #[inline]
    fn of(&self, row: usize) -> impl Iterator<Item = usize> {
        let place = |link: usize| (link != END).then_some(link);
        std::iter::successors(place(self.first[row]), move |i| place(self.next[*i]))
    }

    /// Writes the sums of the rows of `dy` at the places that name a row; there are no more than `most`.
    #[inline]
    fn sums<F: Format>(&self, most: usize, dy: &[F], dt: &mut [F], columns: usize) {
        with_buffers([RowSums::<F::Acc>::room::<F::Acc>(columns, most)], |[buffer]| {
            let mut sums = RowSums::new(buffer, columns, F::Acc::zero());
            for (row, dt) in dt.chunks_exact_mut(columns.max(1)).enumerate() {
                sums.clear(F::Acc::zero());
                for i in self.of(row) {
                    for (sum, dy) in sums.leaf().iter_mut().zip(&dy[i * columns..]) {
                        *sum = *sum + dy.to_acc();
                    }
                    sums.next_row::<F::Acc>(F::Acc::zero(), |a, b| a + b);
                }
                let sums = sums.total::<F::Acc>(|a, b| a + b);
                dt.iter_mut().zip(&*sums).for_each(|(dt, &sum)| *dt = F::from_acc(sum));
            }
        });
    }

    /// At least the distance of an element of the cotangent of the table, `out`, from the real one.
    fn radius<F: Format, D: Domain>(&self, row: usize, dy: Ball<'_, F, D>, at: (usize, usize), out: F) -> Up {
        let (columns, j) = at;
        Summed::elements(dy, self.of(row).map(|i| i * columns + j)).radius(out)
    }
}

macro_rules! impl_gather {
    ($($axis:ident)*) => {
        impl<N: Dim, C: Dim, $($axis: Dim),*> Op<((N, C), ($($axis,)*))> for Gather {
            const NAME: &'static str = "gather";
            type Out = ($($axis,)* C,);

            #[inline]
            fn forward<F: Format>([table, index]: [&[F]; 2], y: &mut [F]) {
                for (y, &index) in y.chunks_exact_mut(C::SIZE.max(1)).zip(index) {
                    match row(index, N::SIZE) {
                        Some(row) => y.copy_from_slice(&table[row * C::SIZE..][..C::SIZE]),
                        None => y.fill(F::from_f64(f64::NAN)),
                    }
                }
            }

            #[inline]
            fn forward_radius<F: Format, D: Domain>(
                [table, index]: [Ball<'_, F, D>; 2],
                y: &[F],
                radii: &mut [f64],
            ) {
                D::fill(radii, y.len(), |i: usize| match certain_row(index.get(i / C::SIZE), N::SIZE) {
                    Some(row) => guarded(y[i], table.radius(row * C::SIZE + i % C::SIZE)),
                    None => Up::INFINITY,
                });
            }

            fn enclose<const K: usize>([table, index]: [&[WideBall<K>]; 2], y: &mut [WideBall<K>]) {
                for (y, index) in y.chunks_exact_mut(C::SIZE.max(1)).zip(index) {
                    match enclosed_row(index, N::SIZE) {
                        Some(row) => y.copy_from_slice(&table[row * C::SIZE..][..C::SIZE]),
                        None => y.fill(WideBall::UNKNOWN),
                    }
                }
            }

            fn enclose_vjp<const K: usize>(
                [_, index]: [&[WideBall<K>]; 2],
                _: &[WideBall<K>],
                dy: &[WideBall<K>],
                [dt, di]: [Option<&mut [WideBall<K>]>; 2],
            ) {
                if let Some(dt) = dt {
                    dt.fill(WideBall::ZERO);
                    for (dy, index) in dy.chunks_exact(C::SIZE.max(1)).zip(index) {
                        let Some(row) = enclosed_row(index, N::SIZE) else {
                            dt.fill(WideBall::UNKNOWN);
                            break;
                        };
                        let dt = &mut dt[row * C::SIZE..][..C::SIZE];
                        dt.iter_mut().zip(dy).for_each(|(dt, &dy)| *dt = *dt + dy);
                    }
                }
                for (di, index) in di.into_iter().flatten().zip(index) {
                    *di = enclosed_row(index, N::SIZE).map_or(WideBall::UNKNOWN, |_| WideBall::ZERO);
                }
            }

            #[inline]
            fn vjp<F: Format>([_, index]: [&[F]; 2], _: &[F], dy: &[F], [dt, di]: [Option<&mut [F]>; 2]) {
                if let Some(dt) = dt {
                    Hits::with(index, N::SIZE, |hits| {
                        hits.sums(index.len(), dy, dt, C::SIZE);
                    });
                }
                if let Some(di) = di {
                    di.fill(F::ZERO);
                }
            }

            #[inline]
            fn vjp_radius<F: Format, D: Domain>(
                [_, index]: [Ball<'_, F, D>; 2],
                _: Ball<'_, F, D>,
                dy: Ball<'_, F, D>,
                [dt, di]: [Option<Contribution<'_, F>>; 2],
            ) {
                let certain = |i: usize| certain_row(index.get(i), N::SIZE).is_some();
                if let Some(Contribution { mid, radii }) = dt {
                    if (0..index.mid.len()).all(certain) {
                        Hits::with(index.mid, N::SIZE, |hits| {
                            D::fill(radii, mid.len(), |e: usize| {
                                hits.radius(e / C::SIZE, dy, (C::SIZE, e % C::SIZE), mid[e])
                            });
                        });
                    } else {
                        D::fill(radii, mid.len(), |_: usize| Up::INFINITY);
                    }
                }
                if let Some(Contribution { mid, radii }) = di {
                    D::fill(radii, mid.len(), |i: usize| if certain(i) { Up::ZERO } else { Up::INFINITY });
                }
            }
        }
    };
}

impl_gather!();
impl_gather!(A);
impl_gather!(A B);
impl_gather!(A B E);
impl_gather!(A B E G);
impl_gather!(A B E G H);

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise, uniform};
    use super::*;
    use crate::format::{E4m3, E5m2, Flt, NearestEven, Nf, RoundEach, Tf32, bf16, f16};

    type Table = (D<3>, D<2>);
    type Index = (D<4>,);

    const CASE: Case2<'static, f32> = Case2 {
        a: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        b: &[2.0, 0.0, 2.0, 2.0],
        alpha: &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        beta: &[0.0, 0.0, 0.25, 0.0],
        dy: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
        delta: &[0.0, 0.0, 0.5, 0.0, 0.25, 0.0, 0.25, 0.0],
    };

    #[test]
    fn rows_are_copied_and_their_cotangents_summed() {
        let result = elementwise::<Gather, Table, Index, _>(CASE);
        assert_eq!(result.y, [5.0, 6.0, 1.0, 2.0, 5.0, 6.0, 5.0, 6.0]);
        assert_eq!(result.rad_y, [0.5, 0.6, 0.1, 0.2, 0.5, 0.6, 0.5, 0.6]);
        assert_eq!(result.dx, [vec![3.0, 4.0, 0.0, 0.0, 13.0, 16.0], vec![0.0; 4]]);
        assert_eq!((&result.rad_dx[0][..4], &result.rad_dx[1][..]), (&[0.5, 0.0, 0.0, 0.0][..], &[0.0; 4][..]));
        // Two additions in f32.
        for (r, (sum, delta)) in result.rad_dx[0][4..].iter().zip([(13.0, 0.5), (16.0, 0.0)]) {
            assert!(*r >= delta && *r <= delta + 2.1 * sum * 2f64.powi(-24), "{r}");
        }
        let result = uniform::<Gather, Table, Index, _>(CASE);
        assert_eq!((&result.rad_y[..], result.rad_dx[1][0]), (&[0.6][..], 0.0));
    }

    #[test]
    fn what_is_no_index_is_unknown_and_nothing_panics() {
        for (index, radius) in [(3.0, 0.0), (-1.0, 0.0), (0.5, 0.0), (f32::NAN, 0.0), (1e30, 0.0), (1.0, 0.5)] {
            let case = Case2 { b: &[index, 0.0, 1.0, 2.0], beta: &[radius, 0.0, 0.0, 0.0], ..CASE };
            let result = elementwise::<Gather, Table, Index, _>(case);
            assert_eq!(result.rad_y[..2], [f64::INFINITY; 2], "{index} ± {radius}");
            assert_eq!(result.rad_y[2..], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "{index} ± {radius}");
            assert_eq!(result.rad_dx[0], [f64::INFINITY; 6], "{index} ± {radius}");
            assert_eq!(result.rad_dx[1], [f64::INFINITY, 0.0, 0.0, 0.0], "{index} ± {radius}");
            assert!(radius > 0.0 || result.y[0].is_nan());
        }
        // -0 is 0.
        assert_eq!(
            elementwise::<Gather, Table, (D<1>,), _>(Case2 {
                b: &[-0.0],
                beta: &[],
                dy: &[1.0; 2],
                delta: &[],
                ..CASE
            })
            .y,
            [1.0, 2.0]
        );
    }

    #[test]
    fn a_number_that_may_be_a_rounded_index_names_no_row() {
        fn check<F: Format>(last: usize) {
            type Table = (D<3000>, D<1>);
            let table = vec![F::ONE; 3000];
            let index = [last, last + 1, last + 2, last + 3].map(|k| F::from_f64(k as f64));
            let case = Case2 { a: &table, b: &index, dy: &[F::ONE; 4], ..Case2::default() };
            let result = elementwise::<Gather, Table, (D<4>,), F>(case);
            assert_eq!((result.y[0], result.rad_y[0]), (F::ONE, 0.0), "{last}");
            assert!(result.y[1..].iter().all(|y| !y.is_finite()), "{last}: {:?}", result.y);
            assert_eq!(result.rad_y[1..], [f64::INFINITY; 3], "{last}");
            assert_eq!(result.rad_dx[1], [0.0, f64::INFINITY, f64::INFINITY, f64::INFINITY], "{last}");
            assert!(result.dx[0].iter().enumerate().all(|(k, &dt)| (dt == F::ONE) == (k == last)), "{last}");
        }
        check::<bf16>(255);
        check::<f16>(2047);
        check::<Tf32>(2047);
        check::<E4m3>(15);
        check::<E5m2>(7);
        check::<Nf<10, Flt<-20, 3>, NearestEven>>(999);
        check::<RoundEach<bf16>>(255);
    }

    #[test]
    fn an_empty_table_or_no_index() {
        let result =
            elementwise::<Gather, (D<0>, D<2>), (D<1>,), f32>(Case2 { b: &[0.0], dy: &[1.0; 2], ..Case2::default() });
        assert_eq!(result.rad_y, [f64::INFINITY; 2]);
        let result =
            elementwise::<Gather, Table, (D<0>,), f32>(Case2 { b: &[], beta: &[], dy: &[], delta: &[], ..CASE });
        assert_eq!((&result.dx[0][..], &result.rad_dx[0][..]), (&[0.0; 6][..], &[0.0; 6][..]));
        let result =
            elementwise::<Gather, (D<3>, D<0>), Index, f32>(Case2 { a: &[], alpha: &[], dy: &[], delta: &[], ..CASE });
        assert!(result.y.is_empty() && result.dx[0].is_empty());
    }
}
