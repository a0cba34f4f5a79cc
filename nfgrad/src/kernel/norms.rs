//! What a one-number radius of a product needs of its operands: the largest 1-norm and 2-norm of the rows and the 2-norm of
//! all entries, rounded up.

use std::marker::PhantomData;

use num_traits::Zero;

use super::dispatch::{Loop, widest};
use super::gemm::Mat;
use super::scratch::with_scratch;
use crate::bound::Up;
use crate::format::{Accumulator, Format, Primitive};

/// Rows, or columns, that are summed side by side.
const LANES: usize = 16;

/// At least `maxᵢ Σⱼ |aᵢⱼ|`; ∞ if an entry is not finite.
pub(crate) fn max_row_norm_1<F: Format>(a: Mat<'_, F>) -> Up {
    max_row_sum::<F, Magnitude>(a)
}

/// At least `maxᵢ √(Σⱼ aᵢⱼ²)`; ∞ if an entry is not finite.
pub(crate) fn max_row_norm_2<F: Format>(a: Mat<'_, F>) -> Up {
    max_row_sum::<F, Square>(a).sqrt()
}

/// At least `√(Σᵢ xᵢ²)`: of a matrix that is its Frobenius norm. ∞ if an entry is not finite.
pub(crate) fn norm_2<F: Format>(xs: &[F]) -> Up {
    max_row_norm_2(Mat::row_major(xs, 1, xs.len()))
}

/// At least `maxᵢ Σⱼ T(aᵢⱼ)`.
///
/// The sums are taken in the accumulator of the format: in f32 twice as many fit into a register, and that the bound
/// grows by `n 2^-24` of itself is nothing beside what it is for. Only where f32 overflows is it done again in f64.
fn max_row_sum<F: Format, T: Term>(a: Mat<'_, F>) -> Up {
    let narrow = max_row_sum_in::<F, <F::Acc as Accumulator>::Primitive, T>(a);
    if narrow.is_finite() { narrow } else { max_row_sum_in::<F, f64, T>(a) }
}

/// A sum of `n` non-negative terms, each rounded once, in any order: `n` roundings on no path are exceeded, so it is at
/// least `(1 - u)^n` of the exact one, and `1 / (1 - u)^n <= 1 + 2nu` for `n u <= 1/2`. Each term may have underflowed by
/// `η`.
fn max_row_sum_in<F: Format, A: Primitive, T: Term>(a: Mat<'_, F>) -> Up {
    let max = if a.col_stride == 1 {
        widest::<AlongRows<A, T>, _>(a)
    } else {
        with_scratch([a.rows], |[sums]: [&mut [A]; 1]| widest::<AcrossRows<A, T>, _>((a, sums)))
    };
    let n = Up::new(a.cols as f64);
    // A term is of degree two at most, and so is the effect of its conversion.
    let growth = n * Up::new(A::UNIT_ROUNDOFF) + Up::new(2.0 * F::CONVERSION);
    if growth.get() > 0.25 {
        return Up::INFINITY;
    }
    Up::new(max) * (Up::new(1.0) + growth + growth) + n * Up::new(2.0 * A::ETA)
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
        // Four times the lanes of a sum that is needed: only the throughput of memory should limit this.
        let (chunks, rest) = xs.as_chunks::<{ 4 * LANES }>();
        // x * 0 is 0 for every finite x and NaN for the others, and a NaN stays in its sum.
        let zero = <F::Acc as Accumulator>::Primitive::zero();
        let mut sums = [zero; 4 * LANES];
        for chunk in chunks {
            for (sum, x) in sums.iter_mut().zip(chunk) {
                *sum = *sum + <F::Acc as Accumulator>::Primitive::widen(*x) * zero;
            }
        }
        sums.iter().all(|sum| *sum == zero) && rest.iter().all(|x| x.is_finite())
    }
}

/// What of an entry is summed.
trait Term {
    fn of<A: Primitive>(x: A) -> A;
}

struct Magnitude;

impl Term for Magnitude {
    #[inline(always)]
    fn of<A: Primitive>(x: A) -> A {
        x.abs()
    }
}

struct Square;

impl Term for Square {
    #[inline(always)]
    fn of<A: Primitive>(x: A) -> A {
        x * x
    }
}

/// Rows are contiguous: each is summed in interleaved chains. Returns `maxᵢ Σⱼ T(aᵢⱼ)` as computed, NaN if a sum is.
struct AlongRows<A, T>(PhantomData<(A, T)>);

impl<F: Format, A: Primitive, T: Term> Loop<Mat<'_, F>> for AlongRows<A, T> {
    type Output = f64;

    #[inline(always)]
    fn run(a: Mat<'_, F>) -> f64 {
        let mut max = 0.0;
        for i in 0..a.rows {
            let (chunks, rest) = a.data[i * a.row_stride..][..a.cols].as_chunks::<LANES>();
            let mut sums = [A::zero(); LANES];
            for chunk in chunks {
                for (sum, x) in sums.iter_mut().zip(chunk) {
                    *sum = *sum + term::<F, A, T>(*x);
                }
            }
            for (sum, x) in sums.iter_mut().zip(rest) {
                *sum = *sum + term::<F, A, T>(*x);
            }
            max = larger(max, Format::to_f64(sums.iter().fold(A::zero(), |total, sum| total + *sum)));
        }
        max
    }
}

/// Columns are contiguous, or nothing is: all rows are summed side by side, column after column, so that memory is read
/// in order. Returns what [`AlongRows`] returns.
struct AcrossRows<A, T>(PhantomData<(A, T)>);

impl<F: Format, A: Primitive, T: Term> Loop<(Mat<'_, F>, &mut [A])> for AcrossRows<A, T> {
    type Output = f64;

    #[inline(always)]
    fn run((a, sums): (Mat<'_, F>, &mut [A])) -> f64 {
        sums.fill(A::zero());
        for j in 0..a.cols {
            let column = &a.data[j * a.col_stride..];
            if a.row_stride == 1 {
                for (sum, x) in sums.iter_mut().zip(column) {
                    *sum = *sum + term::<F, A, T>(*x);
                }
            } else {
                for (sum, x) in sums.iter_mut().zip(column.iter().step_by(a.row_stride)) {
                    *sum = *sum + term::<F, A, T>(*x);
                }
            }
        }
        sums.iter().fold(0.0, |max, sum| larger(max, Format::to_f64(*sum)))
    }
}

/// `T(x)` in `A`, which is the accumulator of `F` or f64: the conversion is exact.
#[inline(always)]
fn term<F: Format, A: Primitive, T: Term>(x: F) -> A {
    T::of(A::widen(x))
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
                assert!(norm.get() >= exact && norm.get() < exact * (1.0 + 1e-5));
            }
        }
    }

    #[test]
    fn squares_beyond_the_range_of_f32_are_summed_in_f64() {
        let norm = |x: f32| max_row_norm_2(Mat::row_major(&[x; 20], 2, 10)).get() / (f64::from(x) * 10_f64.sqrt());
        assert!((1.0..1.000_1).contains(&norm(1e30)));
        assert!(norm(1e-30) >= 1.0);
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
