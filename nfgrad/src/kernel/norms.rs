//! The largest 1-norm and 2-norm of the rows of a matrix, rounded up: what a one-number radius of a product needs.

use super::gemm::Mat;
use crate::bound::Up;
use crate::format::Format;

/// Rows, or columns, that are summed side by side.
const LANES: usize = 16;

/// Upper bounds of the norms of the rows of a matrix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowNorms {
    /// `maxᵢ Σⱼ |aᵢⱼ|`.
    pub max_one: Up,
    /// `maxᵢ √(Σⱼ aᵢⱼ²)`.
    pub max_two: Up,
}

/// The norms of the rows of `a`; ∞ if an entry is not finite.
#[inline]
pub(crate) fn row_norms<F: Format>(a: Mat<'_, F>) -> RowNorms {
    let (one, square) = if a.col_stride == 1 { along_rows(a) } else { across_rows(a) };
    RowNorms { max_one: Up::of_sum(one, a.cols), max_two: Up::of_sum(square, a.cols).sqrt() }
}

/// Rows are contiguous: each is summed in interleaved chains.
#[inline]
fn along_rows<F: Format>(a: Mat<'_, F>) -> (f64, f64) {
    let (mut one, mut square) = (0.0_f64, 0.0_f64);
    for i in 0..a.rows {
        let row = &a.data[i * a.row_stride..][..a.cols];
        let (mut ones, mut squares) = ([0.0; LANES], [0.0; LANES]);
        let chunks = row.chunks_exact(LANES);
        let rest = chunks.remainder();
        for chunk in chunks {
            accumulate(&mut ones, &mut squares, chunk);
        }
        accumulate(&mut ones, &mut squares, rest);
        one = larger(one, ones.iter().sum());
        square = larger(square, squares.iter().sum());
    }
    (one, square)
}

/// Rows are strided: a block of them is summed side by side, walking down the contiguous columns.
#[inline]
fn across_rows<F: Format>(a: Mat<'_, F>) -> (f64, f64) {
    let (mut one, mut square) = (0.0_f64, 0.0_f64);
    for start in (0..a.rows).step_by(LANES) {
        let block = LANES.min(a.rows - start);
        let (mut ones, mut squares) = ([0.0; LANES], [0.0; LANES]);
        for j in 0..a.cols {
            let column = j * a.col_stride + start * a.row_stride;
            if a.row_stride == 1 {
                accumulate(&mut ones, &mut squares, &a.data[column..column + block]);
            } else {
                for i in 0..block {
                    let x = a.data[column + i * a.row_stride].to_f64();
                    ones[i] += x.abs();
                    squares[i] += x * x;
                }
            }
        }
        for (x, xx) in ones.into_iter().zip(squares) {
            one = larger(one, x);
            square = larger(square, xx);
        }
    }
    (one, square)
}

#[inline]
fn accumulate<F: Format>(ones: &mut [f64; LANES], squares: &mut [f64; LANES], xs: &[F]) {
    for ((one, square), x) in ones.iter_mut().zip(squares).zip(xs) {
        let x = x.to_f64();
        *one += x.abs();
        *square += x * x;
    }
}

/// The larger of two, a NaN counting as the largest.
#[inline]
fn larger(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_walks_give_the_norms_of_the_rows() {
        let data: Vec<f32> = (0..20 * 37).map(|i| (i % 11) as f32 - 5.0).collect();
        let a = Mat::row_major(&data, 20, 37);
        let mut transposed = vec![0.0_f32; data.len()];
        for i in 0..20 {
            for j in 0..37 {
                transposed[j * 20 + i] = data[i * 37 + j];
            }
        }
        let (x, y) = (row_norms(a), row_norms(Mat::row_major(&transposed, 37, 20).t()));
        let one = (0..20).map(|i| data[i * 37..][..37].iter().map(|x| f64::from(x.abs())).sum::<f64>());
        let exact = one.fold(0.0, f64::max);
        for norms in [x, y] {
            assert!(norms.max_one.get() >= exact && norms.max_one.get() < exact * (1.0 + 1e-12));
            assert!(norms.max_two <= norms.max_one);
        }
    }

    #[test]
    fn a_nan_is_unbounded() {
        let norms = row_norms(Mat::row_major(&[1.0_f32, f32::NAN, 2.0, 3.0], 2, 2));
        assert_eq!(norms.max_one, Up::INFINITY);
    }
}
