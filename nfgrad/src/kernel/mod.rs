//! The few hot loops: matrix products, reductions, norms. The only place for `unsafe`.
#![allow(unsafe_code, reason = "calls into microkernels and code compiled for a detected processor live here")]

pub(crate) mod dispatch;
pub mod elementary;
pub(crate) mod entrywise;
pub(crate) mod gemm;
pub(crate) mod natural;
pub(crate) mod norms;
pub(crate) mod pairs;
pub(crate) mod processor;
pub(crate) mod real;
pub(crate) mod reduce;
pub(crate) mod scratch;
pub(crate) mod spectral;
pub mod wide;

impl<T> gemm::Mat<'_, T> {
    /// The same strides over other data of the same length.
    #[inline]
    pub(crate) fn over<U>(self, data: &[U]) -> gemm::Mat<'_, U> {
        let gemm::Mat { rows, cols, row_stride, col_stride, .. } = self;
        gemm::Mat { data, rows, cols, row_stride, col_stride }
    }
}
