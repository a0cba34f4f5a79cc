//! How large the matrices of attention are, and how far their rows are spread: for the bounds in `norms.rs`.

use super::super::softmax::Choice;
use super::values::{Lengths, row};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::gemm::Mat;
use crate::kernel::norms::norm_2;
use crate::kernel::scratch::with_buffers;
use crate::kernel::spectral::spectral_norm;

/// The norms of the operands of a batch, of what some query and some key make use of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    pub(super) queries: Up,
    pub(super) keys: Up,
    pub(super) values: Up,
    /// The largest `‖kⱼ‖` and `‖vⱼ - a‖`.
    pub(super) key: Up,
    pub(super) reach: Up,
}

impl Batch {
    /// Of batch `b`.
    pub(super) fn new<F: Format>(
        lengths: Lengths,
        [q, k, v]: [&[F]; 3],
        choice: &impl Fn(usize) -> Choice,
        b: usize,
    ) -> Self {
        let Lengths { queries, keys, width, depth, .. } = lengths;
        let keeps = |i: usize, j: usize| choice((b * queries + i) * keys + j).kept();
        let (asks, is_read) = (|i: usize| (0..keys).any(|j| keeps(i, j)), |j: usize| (0..queries).any(|i| keeps(i, j)));
        let key = (0..keys).filter(|&j| is_read(j)).map(|j| norm_2(row(k, b * keys + j, width)));
        let (reach, values) = sizes(row(v, b, keys * depth), keys, &is_read, true);
        Self {
            queries: sizes(row(q, b, queries * width), queries, &asks, false).1,
            keys: sizes(row(k, b, keys * width), keys, &is_read, true).1,
            values,
            key: key.fold(Up::ZERO, Up::max),
            reach,
        }
    }
}

/// The largest norm of a row and the 2-norm of the matrix, of the rows that are used, without their mean if that is asked for.
pub(super) fn sizes<F: Format>(x: &[F], rows: usize, used: &impl Fn(usize) -> bool, centred: bool) -> (Up, Up) {
    let cols = x.len().checked_div(rows).unwrap_or_default();
    with_buffers([x.len(), cols], |[rest, mean]: [&mut [f64]; 2]| {
        mean.fill(0.0);
        let count = (0..rows).filter(|&j| used(j)).count() as f64;
        if centred {
            for j in (0..rows).filter(|&j| used(j)) {
                mean.iter_mut().zip(row(x, j, cols)).for_each(|(mean, x)| *mean += x.to_f64() / count);
            }
        }
        rest.fill(0.0);
        let (mut largest, mut size) = (Up::ZERO, Up::ZERO);
        for j in (0..rows).filter(|&j| used(j)) {
            let rest = &mut rest[j * cols..][..cols];
            for (rest, (x, mean)) in rest.iter_mut().zip(row(x, j, cols).iter().zip(&*mean)) {
                *rest = x.to_f64() - mean;
                size = size.max(x.magnitude());
            }
            largest = largest.max(distance(row(x, j, cols), mean));
        }
        // Each difference is rounded once; the number may be a sliver beside its f64.
        let rounding = norm_2::<f64>(rest) * Up::new(f64::EPSILON);
        let conversion =
            if F::CONVERSION == 0.0 { Up::ZERO } else { size * Up::new(2.0 * F::CONVERSION * (x.len() as f64)) };
        (largest, spectral_norm(Mat::row_major(rest, rows, cols)) + rounding + conversion)
    })
}

/// At least `‖x - a‖`.
#[inline(always)]
fn distance<F: Format>(x: &[F], a: &[f64]) -> Up {
    let squares = x.iter().zip(a).map(|(x, &a)| x.distance(a).get() * x.distance(a).get());
    Up::of_sum(squares.sum(), x.len() + 1).sqrt()
}

/// Writes at least every `‖xⱼ - a‖`, `a` the mean by `P` as computed; returns at least `√(Σ Pⱼ ‖xⱼ - a‖²)`.
#[inline(always)]
pub(super) fn spread<'a, F: Format>(
    p: &[f64],
    x: impl Iterator<Item = &'a [F]> + Clone,
    mean: &mut [f64],
    distances: &mut [f64],
) -> Up {
    let all: f64 = p.iter().sum();
    mean.fill(0.0);
    for (p, x) in p.iter().zip(x.clone()) {
        mean.iter_mut().zip(x).for_each(|(mean, x)| *mean += p / all * x.to_f64());
    }
    distances.iter_mut().zip(x).for_each(|(out, x)| *out = distance(x, mean).get());
    root_of_total(p, distances)
}

/// At least `√(Σ Pⱼ aⱼ²)`.
#[inline(always)]
pub(super) fn root_of_total(p: &[f64], a: &[f64]) -> Up {
    let squares = p.iter().zip(a).map(|(&p, &a)| (Up::new(p) * Up::new(a) * Up::new(a)).get());
    Up::of_terms(squares.sum(), p.len()).sqrt()
}

/// At least `2 (Σ P - 1)`.
#[inline(always)]
pub(super) fn beyond_one(p: &[f64]) -> Up {
    Up::new((Up::of_sum(p.iter().sum(), p.len()).get() - 1.0).max(0.0).next_up()) * 2.0
}

/// How far a mean of `n` numbers, computed by [`spread`] or [`centre`], may be off, relative to their size: two roundings of each term, and those of the
/// sums of the weights and of the terms; and the conversions.
#[inline(always)]
pub(super) fn relative_rounding<F: Format>(n: usize) -> Up {
    Up::new((2 * n + 4) as f64 * f64::EPSILON + 2.0 * F::CONVERSION)
}

/// The squares of the largest sums of a row and a column, and of all.
#[derive(Debug)]
pub(super) struct Magnitudes<'a> {
    row: Up,
    columns: &'a mut [f64],
    squares: Up,
    rows: usize,
}

impl<'a> Magnitudes<'a> {
    pub(super) fn new(columns: &'a mut [f64]) -> Self {
        columns.fill(0.0);
        Self { row: Up::ZERO, columns, squares: Up::ZERO, rows: 0 }
    }

    /// One more row, of which these are some entries.
    #[inline(always)]
    pub(super) fn add(&mut self, entries: &[f64], at: impl Iterator<Item = usize>) {
        let (mut sum, mut squares) = (0.0, 0.0);
        for (&entry, j) in entries.iter().zip(at) {
            self.columns[j] += entry;
            sum += entry;
            squares += entry * entry;
        }
        self.row = self.row.max(Up::of_terms(sum, entries.len()));
        self.squares += Up::of_sum(squares, entries.len() + 1);
        self.rows += 1;
    }

    /// At least the 2-norm of the matrix.
    pub(super) fn norm(&self) -> Up {
        let column = self.columns.iter().map(|&sum| Up::of_terms(sum, self.rows)).fold(Up::ZERO, Up::max);
        (self.row * column).sqrt().min(self.squares.sqrt())
    }
}
