//! Sums, with the height of their summation tree.
//!
//! # The order
//!
//! One long chain of additions loses what it gains in length: its error grows with the number of terms. So a sum is cut into *leaves* of
//! [`STEPS`] steps. A step is one term, or [`LANES`] terms side by side, each in a lane of its own. A leaf is summed step by step from zero,
//! its lanes are added up pairwise, and the leaves are added up as a binary tree ([`Tree`]), which needs one number for each level. So no
//! term meets more additions than [`sum_height`] or [`column_height`] say, and both grow with the logarithm of the number of terms.
//!
//! The leaves do not depend on each other, so a processor works on several of them at a time, where one chain would make it wait for every
//! addition.
//!
//! Accumulators that are [left folds](Accumulator::LEFT_FOLD) stay one chain.
#![allow(
    unsafe_code,
    reason = "levels of a tree that were not reached are not initialised, and terms are read without looking at their bounds"
)]

mod rows;

use std::mem::MaybeUninit;
use std::ops::Range;

use num_traits::Zero;

use crate::format::{Accumulator, Format};

pub(crate) use rows::RowSums;

/// Independent accumulators: enough to fill the vector units.
const LANES: usize = 16;

/// How many steps are taken one after another: so many that the tree costs little, and no more than `numpy.sum` takes.
const STEPS: usize = 8;

/// No sum has more levels: it would have `STEPS << LEVELS` terms.
const LEVELS: usize = (usize::BITS - STEPS.ilog2()) as usize;

/// The sums of complete leaves: one of `2^l` leaves for each binary digit `l` of their number that is 1. The others are not initialised, for
/// that would cost a short sum more than its additions.
struct Tree<T> {
    leaves: usize,
    sums: [MaybeUninit<T>; LEVELS],
}

impl<T: Copy> Tree<T> {
    #[inline(always)]
    fn new() -> Self {
        Self { leaves: 0, sums: [const { MaybeUninit::uninit() }; LEVELS] }
    }

    /// The sum of `2^level` leaves.
    ///
    /// # Safety
    /// The digit `level` of the number of leaves must be 1.
    #[inline(always)]
    unsafe fn level(&self, level: usize) -> T {
        // SAFETY: a digit becomes 1 only in `push`, which writes the sum of that level.
        unsafe { self.sums[level].assume_init() }
    }

    /// Adds the sum of a leaf: equal numbers of leaves are joined, as a binary counter carries.
    #[inline(always)]
    fn push(&mut self, leaf: T, add: impl Fn(T, T) -> T) {
        let level = self.leaves.trailing_ones() as usize;
        // SAFETY: so many digits are 1.
        let sum = (0..level).fold(leaf, |sum, before| add(unsafe { self.level(before) }, sum));
        self.sums[level].write(sum);
        self.leaves += 1;
    }

    /// The sum of all leaves and a last one, from the fewest leaves to the most.
    #[inline(always)]
    fn total(&self, last: T, add: impl Fn(T, T) -> T) -> T {
        let (mut sum, mut left) = (last, self.leaves);
        while left != 0 {
            // SAFETY: this digit is 1.
            sum = add(unsafe { self.level(left.trailing_zeros() as usize) }, sum);
            left &= left - 1;
        }
        sum
    }
}

/// Sums `n` terms, a leaf of no more than `len` at a time.
#[inline(always)]
fn by_leaves<T: Copy>(n: usize, len: usize, leaf: impl Fn(Range<usize>) -> T, add: impl Fn(T, T) -> T + Copy) -> T {
    let (mut tree, mut start) = (Tree::new(), 0_usize);
    loop {
        let end = n.min(start.saturating_add(len));
        let sum = leaf(start..end);
        if end == n {
            return tree.total(sum, add);
        }
        tree.push(sum, add);
        start = end;
    }
}

/// A leaf of [`sum_of`]: lanes side by side, then added up pairwise.
#[inline(always)]
fn lanes<T: Copy>(range: Range<usize>, zero: T, term: impl Fn(usize) -> T, add: impl Fn(T, T) -> T) -> T {
    let (mut lanes, len) = ([zero; LANES], range.len());
    for step in 0..len / LANES {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum = add(*sum, term(range.start + step * LANES + lane));
        }
    }
    for (sum, i) in lanes.iter_mut().zip(len - len % LANES..len) {
        *sum = add(*sum, term(range.start + i));
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] = add(lanes[lane], lanes[lane + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// The sum of `term(0), …, term(n - 1)` in the accumulator.
#[inline(always)]
pub(crate) fn sum_of<F: Format>(n: usize, term: impl Fn(usize) -> F::Acc) -> F::Acc {
    let (zero, add) = (F::Acc::zero(), |a: F::Acc, b: F::Acc| a + b);
    if F::Acc::LEFT_FOLD {
        return (0..n).fold(zero, |sum, i| add(sum, term(i)));
    }
    let term = |i: usize| {
        // Where the terms are elements of a slice of `n`, none is looked for outside of it, and the loop is vectorised.
        // SAFETY: the leaves are parts of `0..n`, and all terms of a leaf are in its range.
        unsafe { std::hint::assert_unchecked(i < n) };
        term(i)
    };
    by_leaves(n, LANES * STEPS, |range| lanes(range, zero, term, add), add)
}

/// How many inexact additions a term of [`sum_of`] passes through at most: those of its lane and of the tree, and then of the lanes.
///
/// And `n` terms need no more than `n - 1` additions of two numbers that are not zero.
pub(crate) const fn sum_height<F: Format>(n: usize) -> usize {
    let (chain, tree) = (n.saturating_sub(1), column_height::<F>(n.div_ceil(LANES)) + LANES.ilog2() as usize);
    if F::Acc::LEFT_FOLD || chain < tree { chain } else { tree }
}

/// How many inexact additions a term of any of the sums of columns, or of [`RowSums`], passes through at most.
///
/// In a leaf the first addition is to zero, and exact, so there are `STEPS - 1`. Of `m` leaves the tree has `⌈log₂ m⌉` levels: joined are equal
/// powers of two; and at the end, where a sum of fewer leaves is added to one of `2^l` of them, the result has no more than
/// `l + 1` levels, from the least to the largest power in `m`.
pub(crate) const fn column_height<F: Format>(rows: usize) -> usize {
    if F::Acc::LEFT_FOLD || rows <= STEPS {
        return rows.saturating_sub(1);
    }
    STEPS - 1 + rows.div_ceil(STEPS).next_power_of_two().ilog2() as usize
}

/// The sum of one column of `term(0), …, term(rows - 1)`, in the order of all sums of columns.
#[inline(always)]
pub(crate) fn column_of<F: Format>(rows: usize, term: impl Fn(usize) -> F::Acc) -> F::Acc {
    let len = if F::Acc::LEFT_FOLD { usize::MAX } else { STEPS };
    let add = |a: F::Acc, b: F::Acc| a + b;
    by_leaves(rows, len, |range| range.fold(F::Acc::zero(), |sum, i| add(sum, term(i))), add)
}

/// The sum of some terms, of which there are no more than `most`, in the order of sums of columns.
#[inline(always)]
pub(crate) fn sum_each<F: Format>(most: usize, terms: impl Iterator<Item = F::Acc>) -> F::Acc {
    let (zero, add) = (F::Acc::zero(), |a: F::Acc, b: F::Acc| a + b);
    if F::Acc::LEFT_FOLD || most <= STEPS {
        return terms.fold(zero, add);
    }
    let mut sum = Column::new();
    terms.for_each(|term| sum.add(term));
    sum.total()
}

/// The sum of one column whose terms come one at a time, in the order of all sums of columns, of an accumulator that is no left fold.
pub(crate) struct Column<A> {
    tree: Tree<A>,
    leaf: A,
    steps: usize,
}

impl<A: Accumulator> Column<A> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self { tree: Tree::new(), leaf: A::zero(), steps: 0 }
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, term: A) {
        self.leaf = self.leaf + term;
        self.steps += 1;
        if self.steps == STEPS {
            self.tree.push(self.leaf, |a, b| a + b);
            (self.leaf, self.steps) = (A::zero(), 0);
        }
    }

    #[inline(always)]
    pub(crate) fn total(&self) -> A {
        self.tree.total(self.leaf, |a, b| a + b)
    }
}

/// The sum of each column of so many rows, of which `add_row` adds the elements of a range to as many sums: `out[j] = finish(Σᵢ x[i, j])`.
///
/// The columns are taken in blocks of [`LANES`], for whose width the loop is compiled. Where a block has fewer and terms are `cheap`, what
/// stands behind it in memory, in the next row, is added too, to sums that nobody reads.
#[inline(always)]
fn columns<F: Format>(
    (rows, cheap): (usize, bool),
    out: &mut [F],
    add_row: impl Fn(&mut [F::Acc], Range<usize>) + Copy,
    finish: impl Fn(F::Acc) -> F,
) {
    let columns = out.len();
    let len = if F::Acc::LEFT_FOLD { usize::MAX } else { STEPS };
    let add = |a: [F::Acc; LANES], b: [F::Acc; LANES]| std::array::from_fn(|lane| a[lane] + b[lane]);
    for (block, start) in out.chunks_mut(LANES).zip((0..).step_by(LANES)) {
        let width = block.len();
        // The rows in which all lanes are elements of the matrix.
        let all = (rows * columns).checked_sub(start + LANES).map_or(0, |last| last / columns + 1);
        let wide = if width == LANES || cheap && !F::Acc::LEFT_FOLD { all } else { 0 };
        let leaf = |range: Range<usize>| {
            let (mut sums, middle) = ([F::Acc::zero(); LANES], wide.clamp(range.start, range.end));
            for first in (range.start..middle).map(|row| row * columns + start) {
                add_row(&mut sums, first..first + LANES);
            }
            for first in (middle..range.end).map(|row| row * columns + start) {
                add_row(&mut sums[..width], first..first + width);
            }
            sums
        };
        for (out, sum) in block.iter_mut().zip(by_leaves(rows, len, leaf, add)) {
            *out = finish(sum);
        }
    }
}

/// The sum of each column of a row-major matrix: `out[j] = finish(Σᵢ x[i, j])`.
#[inline]
pub(crate) fn sum_columns<F: Format>(xs: &[F], out: &mut [F], finish: impl Fn(F::Acc) -> F) {
    let rows = xs.len() / out.len().max(1);
    let add_row = |sums: &mut [F::Acc], range: Range<usize>| {
        for (sum, x) in sums.iter_mut().zip(&xs[range]) {
            *sum = *sum + x.to_acc();
        }
    };
    columns((rows, true), out, add_row, finish);
}

/// The sum of each column of a product, entry by entry, of two row-major matrices: `out[j] = Σᵢ x[i, j] y[i, j]`, each
/// product and each sum rounded in the accumulator.
#[inline]
pub(crate) fn sum_product_columns<F: Format>(xs: &[F], ys: &[F], out: &mut [F]) {
    let rows = xs.len() / out.len().max(1);
    let add_row = |sums: &mut [F::Acc], range: Range<usize>| {
        for ((sum, x), y) in sums.iter_mut().zip(&xs[range.clone()]).zip(&ys[range]) {
            *sum = *sum + x.to_acc() * y.to_acc();
        }
    };
    columns((rows, true), out, add_row, F::from_acc);
}

/// The sum of each column of terms, of which `term(i * out.len() + j)` is in row `i` and column `j`.
#[inline]
pub(crate) fn sum_term_columns<F: Format>(rows: usize, out: &mut [F], term: impl Fn(usize) -> F::Acc) {
    let add_row = |sums: &mut [F::Acc], range: Range<usize>| {
        for (sum, i) in sums.iter_mut().zip(range) {
            *sum = *sum + term(i);
        }
    };
    columns((rows, false), out, add_row, F::from_acc);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::RoundEach;

    /// A number of which only is known how many additions of numbers other than zero it has met; `None` is zero.
    type Depth = Option<usize>;

    fn met(a: Depth, b: Depth) -> Depth {
        match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b) + 1),
            (a, b) => a.or(b),
        }
    }

    /// Lengths around every border of a leaf and of a level.
    fn lengths() -> impl Iterator<Item = usize> {
        (1..700).chain((4..15).flat_map(|e| [(128 << e) - 1, 128 << e, (128 << e) + 1]))
    }

    #[test]
    fn the_height_is_that_of_the_worst_path() {
        for n in lengths() {
            let sum = by_leaves(n, LANES * STEPS, |range| lanes(range, None, |_| Some(0), met), met);
            assert!(sum <= Some(sum_height::<f32>(n)), "{n}: {sum:?}");
            assert!(n < LANES || sum == Some(sum_height::<f32>(n)), "{n}: {sum:?} is less");
            let leaf = |range: Range<usize>| range.fold(None, |sum, _| met(sum, Some(0)));
            assert_eq!(by_leaves(n, STEPS, leaf, met), Some(column_height::<f32>(n)), "{n}");
        }
        assert_eq!(
            [0, 1, 2, 16, 17, 128, 129, 256, 257, 100_000].map(sum_height::<f32>),
            [0, 0, 1, 4, 5, 11, 12, 12, 13, 21]
        );
        assert_eq!([0, 1, 8, 9, 16, 17, 100_000].map(column_height::<f32>), [0, 0, 7, 8, 8, 9, 21]);
        assert_eq!([0, 1, 16, 17, 100_000].map(sum_height::<RoundEach<f32>>), [0, 0, 15, 16, 99_999]);
        assert_eq!([0, 1, 16, 17, 100_000].map(column_height::<RoundEach<f32>>), [0, 0, 15, 16, 99_999]);
    }

    #[test]
    fn every_term_is_taken_once() {
        for n in lengths().take(800) {
            assert_eq!(sum_of::<f64>(n, |i| i as f64), (n * (n - 1) / 2) as f64, "{n}");
        }
        assert_eq!(sum_of::<f64>(0, |_| 1.0), 0.0);
    }

    #[test]
    fn columns_are_summed_apart() {
        for (rows, columns) in [(5, 1), (5, 3), (16, 16), (17, 17), (200, 40), (33, 16), (0, 3), (3, 0)] {
            let xs: Vec<f64> = (0..rows * columns).map(|i| i as f64).collect();
            let mut out = vec![7.0; columns];
            let check = |out: &[f64], f: fn(f64) -> f64| {
                for (j, sum) in out.iter().enumerate() {
                    assert_eq!(
                        *sum,
                        (0..rows).map(|i| f((i * columns + j) as f64)).sum::<f64>(),
                        "{rows} {columns} {j}"
                    );
                }
            };
            sum_columns(&xs, &mut out, |sum| sum);
            check(&out, |x| x);
            sum_product_columns(&xs, &xs, &mut out);
            check(&out, |x| x * x);
            sum_term_columns(rows, &mut out, |i| xs[i] + 1.0);
            check(&out, |x| x + 1.0);
            for (j, &sum) in out.iter().enumerate() {
                let term = |i: usize| xs[i * columns + j] + 1.0;
                assert_eq!((column_of::<f64>(rows, term), sum_each::<f64>(rows, (0..rows).map(term))), (sum, sum));
            }
        }
    }

    /// What it is all for: the same number a million times.
    #[test]
    fn a_long_sum_is_as_good_as_a_pairwise_one() {
        let (tenth, n) = (0.1_f32, 1_000_000);
        let exact = f64::from(tenth) * n as f64;
        let error = |sum: f32| (f64::from(sum) - exact).abs() / exact;
        // The sum nearest to it is off by up to 6e-8; a chain of 16 lanes is off by 6e-4.
        assert!(error(sum_of::<f32>(n, |_| tenth)) < 1.2e-7);
        let mut out = [0.0; 3];
        sum_term_columns(n, &mut out, |_| tenth);
        assert!(out.iter().all(|&sum| error(sum) < 1.2e-7), "{out:?}");
    }

    #[test]
    fn a_left_fold_stays_one() {
        let fold = |n: usize| (0..n).fold(0.0_f32, |sum, _| sum + 0.1);
        let mut out = [RoundEach::from(0.0_f32)];
        sum_term_columns(5000, &mut out, |_| RoundEach::from(0.1_f32));
        assert_eq!(out[0].get(), fold(5000));
        assert_eq!(sum_of::<RoundEach<f32>>(5000, |_| RoundEach::from(0.1_f32)).get(), fold(5000));
    }
}
