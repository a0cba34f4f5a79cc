//! What a one-number radius of a product needs of its operands: the largest 1-norm and 2-norm of the rows, rounded up.

use std::marker::PhantomData;

use super::dispatch::{Loop, widest};
use super::gemm::Mat;
use super::scratch::with_scratch;
use crate::bound::Up;
use crate::format::Format;

/// Rows, or columns, that are summed side by side.
const LANES: usize = 16;

/// At least `maxᵢ Σⱼ |aᵢⱼ|`; ∞ if an entry is not finite.
pub(crate) fn max_row_norm_1<F: Format>(a: Mat<'_, F>) -> Up {
    Up::of_sum(max_row_sum::<F, Magnitude>(a), a.cols)
}

/// At least `maxᵢ √(Σⱼ aᵢⱼ²)`; ∞ if an entry is not finite.
pub(crate) fn max_row_norm_2<F: Format>(a: Mat<'_, F>) -> Up {
    Up::of_sum(max_row_sum::<F, Square>(a), a.cols).sqrt()
}

/// Whether every number of a slice is finite.
pub(crate) fn all_finite<F: Format>(xs: &[F]) -> bool {
    widest::<AllFinite, _>(xs)
}

struct AllFinite;

impl<F: Format> Loop<&[F]> for AllFinite {
    type Output = bool;

    #[inline(always)]
    fn run(xs: &[F]) -> bool {
        let (chunks, rest) = xs.as_chunks::<LANES>();
        let mut finite = [true; LANES];
        for chunk in chunks {
            for (finite, x) in finite.iter_mut().zip(chunk) {
                *finite &= x.is_finite();
            }
        }
        rest.iter().all(|x| x.is_finite()) && finite == [true; LANES]
    }
}

/// What of an entry is summed.
trait Term {
    fn of(x: f64) -> f64;
}

struct Magnitude;

impl Term for Magnitude {
    #[inline(always)]
    fn of(x: f64) -> f64 {
        x.abs()
    }
}

struct Square;

impl Term for Square {
    #[inline(always)]
    fn of(x: f64) -> f64 {
        x * x
    }
}

/// `maxᵢ Σⱼ T(aᵢⱼ)` as computed, NaN if a sum is.
fn max_row_sum<F: Format, T: Term>(a: Mat<'_, F>) -> f64 {
    if a.col_stride == 1 {
        widest::<AlongRows<T>, _>(a)
    } else {
        with_scratch([a.rows], |[sums]: [&mut [f64]; 1]| widest::<AcrossRows<T>, _>((a, sums)))
    }
}

/// Rows are contiguous: each is summed in interleaved chains.
struct AlongRows<T>(PhantomData<T>);

impl<F: Format, T: Term> Loop<Mat<'_, F>> for AlongRows<T> {
    type Output = f64;

    #[inline(always)]
    fn run(a: Mat<'_, F>) -> f64 {
        let mut max = 0.0;
        for i in 0..a.rows {
            let (chunks, rest) = a.data[i * a.row_stride..][..a.cols].as_chunks::<LANES>();
            let mut sums = [0.0; LANES];
            for chunk in chunks {
                add_all::<F, T>(&mut sums, chunk);
            }
            for (sum, x) in sums.iter_mut().zip(rest) {
                *sum += T::of(x.to_f64());
            }
            max = larger(max, sums.iter().sum());
        }
        max
    }
}

/// Columns are contiguous, or nothing is: all rows are summed side by side, column after column, so that memory is read
/// in order.
struct AcrossRows<T>(PhantomData<T>);

impl<F: Format, T: Term> Loop<(Mat<'_, F>, &mut [f64])> for AcrossRows<T> {
    type Output = f64;

    #[inline(always)]
    fn run((a, sums): (Mat<'_, F>, &mut [f64])) -> f64 {
        sums.fill(0.0);
        for j in 0..a.cols {
            let column = &a.data[j * a.col_stride..];
            if a.row_stride == 1 {
                for (sum, x) in sums.iter_mut().zip(column) {
                    *sum += T::of(x.to_f64());
                }
            } else {
                for (sum, x) in sums.iter_mut().zip(column.iter().step_by(a.row_stride)) {
                    *sum += T::of(x.to_f64());
                }
            }
        }
        sums.iter().copied().fold(0.0, larger)
    }
}

#[inline(always)]
fn add_all<F: Format, T: Term>(sums: &mut [f64; LANES], xs: &[F; LANES]) {
    for (sum, x) in sums.iter_mut().zip(xs) {
        *sum += T::of(x.to_f64());
    }
}

/// The larger of two, a NaN counting as the largest.
#[inline(always)]
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
        let rows = || (0..20).map(|i| &data[i * 37..][..37]);
        let one = rows().map(|row| row.iter().map(|x| f64::from(x.abs())).sum()).fold(0.0, f64::max);
        let two = rows().map(|row| row.iter().map(|x| f64::from(x * x)).sum()).fold(0.0, f64::max).sqrt();
        for a in [a, Mat::row_major(&transposed, 37, 20).t()] {
            for (norm, exact) in [(max_row_norm_1(a), one), (max_row_norm_2(a), two)] {
                assert!(norm.get() >= exact && norm.get() < exact * (1.0 + 1e-12));
            }
        }
    }

    #[test]
    fn a_nan_is_unbounded_wherever_it_is() {
        for place in 0..40 {
            let mut data = [1.0_f32; 40];
            data[place] = f32::NAN;
            assert!(!all_finite(&data));
            for a in [Mat::row_major(&data, 2, 20), Mat::row_major(&data, 2, 20).t()] {
                assert_eq!(max_row_norm_1(a), Up::INFINITY);
                assert_eq!(max_row_norm_2(a), Up::INFINITY);
            }
        }
        assert!(all_finite(&[1.0_f32; 40]));
    }
}
