//! Few entries, each the dot product of two contiguous vectors: nothing is packed, and the sums run side by side.
#![allow(unsafe_code, reason = "the dot kernels are unsafe functions")]

use super::Mat;
use super::element::Element;
use gemm_common::microkernel::HMicroKernelFn;

/// Whether [`dots`] can compute `A B`, and sooner than `blocked`.
#[inline(always)]
pub(super) fn suits<T>(a: &Mat<T>, b: &Mat<T>) -> bool {
    a.col_stride == 1 && b.row_stride == 1 && (a.rows == 1 || a.rows * b.cols <= 256)
}

/// The products that a dot kernel of `lanes` lanes adds up before their sum is added to the entry.
const fn block(lanes: usize) -> usize {
    64 * lanes
}

/// A bound of the roundings that a product meets here.
///
/// In a block of `k` products a lane folds `l = ceil(k / lanes)` of them, from zero: `l` roundings as `super::height`
/// explains. The tree that adds up the lanes has `log2(lanes)` levels; if `k < lanes`, all but `k - 1` of the
/// additions on the way are of zeros, hence exact. The sums of the blocks are folded.
///
/// It is at most `super::height(k)` for 4 or more lanes, which a test checks up to `2^15`. Beyond, both grow by one
/// with each block and chunk, and a block is no shorter than a chunk.
#[cfg(test)]
pub(super) fn dot_height(k: usize, lanes: usize) -> usize {
    let whole = |k: usize| k.min(k.div_ceil(lanes) + lanes.ilog2() as usize);
    whole(k.min(block(lanes))) + k.div_ceil(block(lanes)).saturating_sub(1)
}

/// `C = A B` where [`suits`] says so.
///
/// Relied upon (`gemm_common::horizontal_kernel!`, version 0.19.0): the lanes start at zero, fold one product a step,
/// missing ones at the end being those of zeros, and are added up as a balanced tree; `alpha_status` as in `blocked`.
///
/// # Safety
/// `super::check` must have passed, and no length be zero. `kernels[i - 1][j - 1]` must compute `i` rows and `j`
/// columns with `LANES` lanes; the processor must have its instructions.
#[inline(always)]
pub(super) unsafe fn dots<T: Element, const LANES: usize, const H: usize>(
    kernels: &[[HMicroKernelFn<T>; H]; H],
    a: Mat<T>,
    b: Mat<T>,
    c: &mut [T],
) {
    // The strides of a single row or column are free, and may not fit `isize`.
    let a_stride = if a.rows == 1 { 0 } else { a.row_stride.cast_signed() };
    let b_stride = if b.cols == 1 { 0 } else { b.col_stride.cast_signed() };
    for i in (0..b.cols).step_by(H) {
        let rows = H.min(b.cols - i);
        for j in (0..a.rows).step_by(H) {
            let cols = H.min(a.rows - j);
            let kernel = kernels[rows - 1][cols - 1];
            let mut start = 0;
            while start < a.cols {
                let depth = block(LANES).min(a.cols - start);
                let (left, right) = (&b.data[i * b.col_stride + start..], &a.data[j * a.row_stride + start..]);
                let out = &mut c[j * b.cols + i..];
                // SAFETY: as checked, the columns `i..i + rows` of `B` and the rows `j..j + cols` of `A`
                // lie in their slices, `depth` steps from `start` on, contiguous as `suits` demands, and that `c` has
                // their entries. The kernel touches nothing else. The last three arguments are not used.
                unsafe {
                    kernel(
                        depth,
                        out.as_mut_ptr(),
                        left.as_ptr(),
                        right.as_ptr(),
                        b.cols.cast_signed(),
                        1,
                        b_stride,
                        a_stride,
                        T::ONE,
                        T::ONE,
                        u8::from(start > 0),
                        false,
                        false,
                        false,
                    );
                }
                start += depth;
            }
        }
    }
}
