//! The register-tile kernels: a few registers of rows by a few columns, whose sums stay in registers while the inner dimension is walked.
#![allow(unsafe_code, reason = "the loops read and write by pointer")]

use super::element::Element;
use super::register::Register;

/// The kernels of one instruction set: `table[v - 1][n - 1]` computes `v` registers of rows, `n` columns.
pub(super) type Tiles<T, const V: usize, const NR: usize> = [[Tile<T>; NR]; V];

/// A kernel. It may be called where its instructions are, and the panels and the result are as large as it is.
pub(super) type Tile<T> = unsafe fn(&Chunk<T>);

/// What a kernel is to add up: `out[n * stride + i] = sum over p of left[p * left_along + i] * right[p * right_along + n * right_across]`.
#[derive(Clone, Copy)]
pub(super) struct Chunk<T> {
    pub(super) left: *const T,
    pub(super) right: *const T,
    pub(super) left_along: usize,
    pub(super) right_along: usize,
    pub(super) right_across: usize,
    /// The number of steps `p`.
    pub(super) depth: usize,
    pub(super) out: *mut T,
    /// How far apart the columns of the result lie.
    pub(super) stride: usize,
    /// Whether the sum is added to what is there already, rounded once, or replaces it.
    pub(super) adds: bool,
}

/// `V` registers of rows by `N` columns. Each sum starts at zero and folds its steps in order: what `super::height` relies on.
///
/// # Safety
/// The processor must have the instructions of `R`. `left` must be valid for `V` registers at each step, `right` for `N` columns, and `out` for
/// reading and writing `N` columns of `V` registers.
#[inline(always)]
pub(super) unsafe fn tile<R: Register, const V: usize, const N: usize>(chunk: &Chunk<R::Element>) {
    let Chunk { mut left, mut right, left_along, right_along, right_across, depth, out, stride, adds } = *chunk;
    // SAFETY: the caller's promise. The pointers wrap, for after the last step they may point anywhere.
    unsafe {
        let zero = R::splat(R::Element::ZERO);
        let mut sums = [[zero; V]; N];
        for _ in 0..depth {
            let mut x = [zero; V];
            for (v, x) in x.iter_mut().enumerate() {
                *x = R::load(left.add(v * R::LANES));
            }
            for (n, sums) in sums.iter_mut().enumerate() {
                let y = R::splat(*right.add(n * right_across));
                for (sum, x) in sums.iter_mut().zip(x) {
                    *sum = x.step(y, *sum);
                }
            }
            left = left.wrapping_add(left_along);
            right = right.wrapping_add(right_along);
        }
        for (n, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                let out = out.add(n * stride + v * R::LANES);
                if adds { R::load(out).add(*sum).store(out) } else { sum.store(out) }
            }
        }
    }
}
