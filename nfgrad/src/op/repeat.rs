//! What the ops share that repeat their right operand over the leading axes of the left.

use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::rounding::guarded;
use super::summed::Summed;
use crate::bound::{Ball, Domain, Rule, Steady, Up};
use crate::format::Format;
use crate::kernel::reduce::sum_columns;

/// Which element of the right operand meets element `i` of the left.
#[inline]
pub(super) fn repeated<L: Shape, R: Shape>(i: usize) -> usize {
    if L::NUMEL == R::NUMEL { i } else { i % R::NUMEL }
}

/// At least the distance of a result from the real one, for an op on pairs of entries. A trait and not a closure, so that it is part of the loop
/// over them: to be `#[inline(always)]`.
pub(super) trait PairRadius {
    /// Of `y`, made of `a` and `b`; each of the two with its radius.
    fn radius<F: Format, D: Domain>(a: (F, Up), b: (F, Up), y: F) -> Up;
}

/// The radii of the results `y` of such an op, `b` repeated over the leading axes of `a`.
pub(super) struct PairRule<'a, E, L, R, F, D> {
    a: Ball<'a, F, D>,
    b: Ball<'a, F, D>,
    y: &'a [F],
    shapes: PhantomData<(E, L, R)>,
}

impl<'a, E: PairRadius, L: Shape, R: Shape, F: Format, D: Domain> PairRule<'a, E, L, R, F, D> {
    #[inline(always)]
    pub(super) fn new([a, b]: [Ball<'a, F, D>; 2], y: &'a [F]) -> Self {
        Self { a, b, y, shapes: PhantomData }
    }
}

impl<E: PairRadius, L: Shape, R: Shape, F: Format, D: Domain> Rule for PairRule<'_, E, L, R, F, D> {
    #[inline(always)]
    fn radius(&self, i: usize) -> Up {
        E::radius::<F, D>(self.a.get(i), self.b.get(repeated::<L, R>(i)), self.y[i])
    }

    /// Row by row, so that no index is divided.
    #[inline(always)]
    fn each(&self, numel: usize, mut visit: impl FnMut(usize, Up)) {
        let columns = R::NUMEL.max(1);
        for start in (0..numel).step_by(columns) {
            let (a, y) = (&self.a.mid[start..][..R::NUMEL], &self.y[start..][..R::NUMEL]);
            for (j, (&a, &y)) in a.iter().zip(y).enumerate() {
                visit(start + j, E::radius::<F, D>((a, self.a.radius(start + j)), self.b.get(j), y));
            }
        }
    }

    #[inline(always)]
    fn limited_to(self, numel: usize) -> Self {
        let (a, b) = (self.a.limited_to(numel), self.b.limited_to(R::NUMEL));
        Self { a, b, y: &self.y[..numel], shapes: PhantomData }
    }
}

/// How many elements of the left operand meet each of the right.
#[inline]
pub(super) const fn copies<L: Shape, R: Shape>() -> usize {
    match L::NUMEL.checked_div(R::NUMEL) {
        Some(copies) => copies,
        None => 1,
    }
}

/// The cotangent of an operand of length `out.len()` that was repeated: the sum over the repetitions.
#[inline]
pub(super) fn sum_repeated<F: Format>(dy: &[F], out: &mut [F]) {
    if dy.len() == out.len() {
        out.copy_from_slice(dy);
    } else {
        sum_columns(dy, out, F::from_acc);
    }
}

/// The radii of [`sum_repeated`], those of sums of columns (see [`summed`](super::summed)): `sum` gives each of the sums.
#[inline]
pub(super) fn sum_repeated_radius<F: Format, D: Domain>(
    dy: Ball<'_, F, D>,
    columns: usize,
    sum: impl Fn(usize) -> F + Copy,
    radii: &mut [f64],
) {
    if dy.mid.len() == columns {
        D::fill_steadily(radii, columns, [dy.once()], |[dy]| move |j: usize| guarded(sum(j), dy.radius(j)));
        return;
    }
    let rows = dy.mid.len().checked_div(columns).unwrap_or(0);
    D::fill_steadily(radii, columns, [dy.averaged(rows)], |[dy]| move |j: usize| column_radius(dy, j, columns, sum(j)));
}

/// The radius of `sum`, that of column `j` of so many.
#[inline]
pub(super) fn column_radius<F: Format, D: Domain>(x: Ball<'_, F, D>, j: usize, columns: usize, sum: F) -> Up {
    let rows = x.mid.len() / columns;
    Summed::elements(x, (j..rows * columns).step_by(columns)).radius(sum)
}

/// The radii of sums of terms in the accumulator, one for each column of `rows` rows, rounded once to `out`. `term` gives each
/// term as it is computed, and how far it may be from the real one.
///
/// What is promised of the errors of the terms is promised of the bound of a sum, which is felt by the largest errors of a column.
#[inline]
pub(super) fn sum_terms_radius<'a, F: Format, D: Domain, const N: usize>(
    rows: usize,
    out: &[F],
    radii: &mut [f64],
    operands: [Steady<'a, F, D>; N],
    term: impl Fn([Ball<'a, F, D>; N], usize) -> (F::Acc, Up) + Copy,
) {
    let columns = out.len();
    D::fill_steadily(radii, columns, operands, |x| {
        move |j: usize| {
            let terms = Summed::of((j..rows * columns).step_by(columns).map(|i| term(x, i)));
            terms.radius(out[j])
        }
    });
}
