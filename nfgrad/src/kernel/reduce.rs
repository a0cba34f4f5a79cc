//! Sums, with the height of their summation tree.

use num_traits::Zero;

use crate::format::{Accumulator, Format};

/// Independent accumulators: enough to fill the vector units.
const LANES: usize = 16;

/// The sum of `term(0), …, term(n - 1)` in the accumulator: sixteen interleaved chains, folded pairwise, or one.
#[inline(always)]
pub(crate) fn sum_of<F: Format>(n: usize, term: impl Fn(usize) -> F::Acc) -> F::Acc {
    if F::Acc::LEFT_FOLD {
        return (0..n).fold(F::Acc::zero(), |sum, i| sum + term(i));
    }
    let mut lanes = [F::Acc::zero(); LANES];
    let whole = n - n % LANES;
    for start in (0..whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum = *sum + term(start + lane);
        }
    }
    for (sum, i) in lanes.iter_mut().zip(whole..n) {
        *sum = *sum + term(i);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] = lanes[lane] + lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// How many inexact additions a term of [`sum_of`] passes through at most.
///
/// A chain adds `⌈n/16⌉` terms to zero, of which the first is exact, and the fold has four levels; and `n` terms need
/// no more than `n - 1` additions of two numbers that are not zero.
pub(crate) const fn sum_height<F: Format>(n: usize) -> usize {
    let (tree, chain) = (n.div_ceil(LANES) + 3, n.saturating_sub(1));
    if tree < chain && !F::Acc::LEFT_FOLD { tree } else { chain }
}

/// The sum of each column of a row-major matrix, added from the first row to the last: `out[j] = finish(Σᵢ x[i, j])`.
#[inline]
pub(crate) fn sum_columns<F: Format>(xs: &[F], out: &mut [F], finish: impl Fn(F::Acc) -> F) {
    let columns = out.len();
    for (block, start) in out.chunks_mut(LANES).zip((0..).step_by(LANES)) {
        let mut sums = [F::Acc::zero(); LANES];
        for row in xs.chunks_exact(columns) {
            for (sum, x) in sums.iter_mut().zip(&row[start..start + block.len()]) {
                *sum = *sum + x.to_acc();
            }
        }
        for (out, sum) in block.iter_mut().zip(sums) {
            *out = finish(sum);
        }
    }
}

/// The sum of each column of a product, entry by entry, of two row-major matrices: `out[j] = Σᵢ x[i, j] y[i, j]`, each
/// product and each sum rounded in the accumulator.
#[inline]
pub(crate) fn sum_product_columns<F: Format>(xs: &[F], ys: &[F], out: &mut [F]) {
    let columns = out.len();
    for (block, start) in out.chunks_mut(LANES).zip((0..).step_by(LANES)) {
        let mut sums = [F::Acc::zero(); LANES];
        let range = start..start + block.len();
        for (x, y) in xs.chunks_exact(columns).zip(ys.chunks_exact(columns)) {
            for ((sum, x), y) in sums.iter_mut().zip(&x[range.clone()]).zip(&y[range.clone()]) {
                *sum = *sum + x.to_acc() * y.to_acc();
            }
        }
        for (out, sum) in block.iter_mut().zip(sums) {
            *out = F::from_acc(sum);
        }
    }
}

/// The sum of each column of terms, of which `term(i * out.len() + j)` is in row `i` and column `j`, from the first row to the last.
#[inline]
pub(crate) fn sum_term_columns<F: Format>(rows: usize, out: &mut [F], term: impl Fn(usize) -> F::Acc) {
    let columns = out.len();
    for (block, start) in out.chunks_mut(LANES).zip((0..).step_by(LANES)) {
        let mut sums = [F::Acc::zero(); LANES];
        for row in 0..rows {
            for (lane, sum) in sums[..block.len()].iter_mut().enumerate() {
                *sum = *sum + term(row * columns + start + lane);
            }
        }
        for (out, sum) in block.iter_mut().zip(sums) {
            *out = F::from_acc(sum);
        }
    }
}

/// How many inexact additions a term of any of the sums of columns passes through at most: the first is to zero.
pub(crate) const fn column_height(rows: usize) -> usize {
    rows.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_integers_are_exact_for_every_length() {
        for n in 0..100_u8 {
            let xs: Vec<f32> = (0..n).map(f32::from).collect();
            assert_eq!(sum_of::<f32>(xs.len(), |i| xs[i]), (0..n).map(u32::from).sum::<u32>() as f32);
        }
    }

    #[test]
    fn columns_are_summed_apart() {
        for columns in [1_usize, 3, 16, 17, 40] {
            let xs: Vec<f64> = (0..5 * columns).map(|i| i as f64).collect();
            let mut out = vec![0.0; columns];
            sum_columns(&xs, &mut out, |sum| sum);
            for (j, sum) in out.iter().enumerate() {
                assert_eq!(*sum, (0..5).map(|i| (i * columns + j) as f64).sum::<f64>());
            }
            sum_product_columns(&xs, &xs, &mut out);
            for (j, sum) in out.iter().enumerate() {
                assert_eq!(*sum, (0..5).map(|i| ((i * columns + j) as f64).powi(2)).sum::<f64>());
            }
            sum_term_columns(5, &mut out, |i| xs[i] + 1.0);
            for (j, sum) in out.iter().enumerate() {
                assert_eq!(*sum, (0..5).map(|i| (i * columns + j) as f64 + 1.0).sum::<f64>());
            }
        }
    }

    #[test]
    fn the_height_is_that_of_the_worst_path() {
        assert_eq!(sum_height::<f32>(0), 0);
        assert_eq!(sum_height::<f32>(1), 0);
        assert_eq!(sum_height::<f32>(2), 1);
        assert_eq!(sum_height::<f32>(16), 4);
        assert_eq!(sum_height::<f32>(160), 13);
    }
}
