//! Few entries, each the dot product of two contiguous vectors: nothing is packed, and the sums run side by side.
#![allow(unsafe_code, reason = "the loops read and write by pointer")]

use super::Mat;
use super::element::Element;
use super::register::Register;

/// The dot kernels of one instruction set: `table[i - 1][j - 1]` computes `i` rows, `j` columns.
pub(super) type Dots<T, const H: usize> = [[Dot<T>; H]; H];

/// A dot kernel. It may be called where its instructions are, and the vectors and the result are as large as it says.
pub(super) type Dot<T> = unsafe fn(&Vectors<T>);

/// What a dot kernel is to add up: `out[j * stride + i] = sum over p < depth of left[i * left_across + p] * right[j * right_across + p]`.
#[derive(Clone, Copy)]
pub(super) struct Vectors<T> {
    left: *const T,
    right: *const T,
    left_across: usize,
    right_across: usize,
    depth: usize,
    out: *mut T,
    stride: usize,
    /// Whether the sum is added to what is there already, rounded once, or replaces it.
    adds: bool,
}

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
/// # Safety
/// `super::check` must have passed, and no length be zero. `kernels[i - 1][j - 1]` must be [`dot`] for `i` rows, `j` columns and the registers
/// `R`; the processor must have its instructions.
#[inline(always)]
pub(super) unsafe fn dots<R: Register, const H: usize>(
    kernels: &Dots<R::Element, H>,
    a: Mat<R::Element>,
    b: Mat<R::Element>,
    c: &mut [R::Element],
) {
    let block = block(R::LANES);
    for i in (0..b.cols).step_by(H) {
        let rows = H.min(b.cols - i);
        for j in (0..a.rows).step_by(H) {
            let kernel = kernels[rows - 1][H.min(a.rows - j) - 1];
            for start in (0..a.cols).step_by(block) {
                let vectors = Vectors {
                    left: b.data[i * b.col_stride + start..].as_ptr(),
                    right: a.data[j * a.row_stride + start..].as_ptr(),
                    left_across: b.col_stride,
                    right_across: a.row_stride,
                    depth: block.min(a.cols - start),
                    out: c[j * b.cols + i..].as_mut_ptr(),
                    stride: b.cols,
                    adds: start > 0,
                };
                // SAFETY: as checked, the columns `i..i + rows` of `B` and as many rows of `A` from `j` on as the kernel has columns lie in
                // their slices, `depth` steps from `start` on, contiguous as `suits` demands, and `c` has their entries. The kernel
                // touches nothing else.
                unsafe { kernel(&vectors) };
            }
        }
    }
}

/// `I` rows by `J` columns. The lanes start at zero and fold one product a step, missing ones at the end being those of zeros; then they are
/// added up as a balanced tree: what `dot_height` relies on.
///
/// # Safety
/// The processor must have the instructions of `R`. `left` must be valid for `I` vectors of the length `depth`, `right` for `J`, and `out` for
/// reading and writing `J` columns of `I` numbers.
#[inline(always)]
pub(super) unsafe fn dot<R: Register, const I: usize, const J: usize>(vectors: &Vectors<R::Element>) {
    let Vectors { left, right, left_across, right_across, depth, out, stride, adds } = *vectors;
    // SAFETY: the caller's promise. The stride of a single vector, which may lead anywhere, is multiplied by zero only.
    unsafe {
        let zero = R::splat(R::Element::ZERO);
        let mut sums = [[zero; J]; I];
        let mut p = 0;
        while p < depth {
            let len = R::LANES.min(depth - p);
            let mut y = [zero; J];
            for (j, y) in y.iter_mut().enumerate() {
                *y = R::load_part(right.add(j * right_across + p), len);
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let x = R::load_part(left.add(i * left_across + p), len);
                for (sum, y) in sums.iter_mut().zip(y) {
                    *sum = x.step(y, *sum);
                }
            }
            p += R::LANES;
        }
        // All of them before the first is stored: a condition in between would keep the registers full.
        let mut totals = [[R::Element::ZERO; J]; I];
        for (totals, sums) in totals.iter_mut().zip(sums) {
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total = sum.total();
            }
        }
        for (i, totals) in totals.iter().enumerate() {
            for (j, total) in totals.iter().enumerate() {
                let out = out.add(j * stride + i);
                *out = if adds { *out + *total } else { *total };
            }
        }
    }
}
