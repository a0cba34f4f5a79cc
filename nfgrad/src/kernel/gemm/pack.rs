//! Copies of panels in the order in which the tile kernels read them.

use super::element::Element;

/// Some rows of the left factor, or columns of the right one: element `(index, depth)` is
/// `data[index * across + depth * along]`.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a, T> {
    pub(super) data: &'a [T],
    pub(super) len: usize,
    pub(super) across: usize,
    pub(super) along: usize,
}

impl<'a, T> Panel<'a, T> {
    /// The panel of `len` indices from `index` on, seen from depth `depth` on.
    #[inline(always)]
    pub(super) fn part(&self, index: usize, len: usize, depth: usize) -> Panel<'a, T> {
        Panel { data: &self.data[index * self.across + depth * self.along..], len, ..*self }
    }
}

/// Copies `depth` steps of `panel` to `out`, `width` apart.
///
/// Where the panel is narrower, the rest of a step keeps the numbers it had: a kernel for whole registers computes
/// with them, in lanes of their own that nobody looks at.
#[inline(always)]
pub(super) fn pack<T: Element>(panel: Panel<T>, depth: usize, width: usize, out: &mut [T]) {
    let Panel { data, len, across, along } = panel;
    if across != 1 && along == 1 {
        return transpose(panel, depth, width, out);
    }
    for (p, step) in out.chunks_exact_mut(width).take(depth).enumerate() {
        if across != 1 {
            for (i, x) in step[..len].iter_mut().enumerate() {
                *x = data[i * across + p * along];
            }
        } else if len == width {
            step.copy_from_slice(&data[p * along..][..width]);
        } else {
            copy_short(&data[p * along..][..len], &mut step[..len]);
        }
    }
}

/// A copy by registers, for lengths so short that calling `memcpy` costs more.
#[inline(always)]
fn copy_short<T: Copy>(from: &[T], to: &mut [T]) {
    let (from, to) = copy_whole::<T, 16>(from, to);
    let (from, to) = copy_whole::<T, 4>(from, to);
    copy_whole::<T, 1>(from, to);
}

/// Copies as many pieces of `N` as there are, and returns the rest.
#[inline(always)]
fn copy_whole<'a, 'b, T: Copy, const N: usize>(from: &'a [T], to: &'b mut [T]) -> (&'a [T], &'b mut [T]) {
    let ((from, from_rest), (to, to_rest)) = (from.as_chunks::<N>(), to.as_chunks_mut::<N>());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    (from_rest, to_rest)
}

/// Copies a panel whose depth lies contiguous, by squares of four rows and four steps.
#[inline(always)]
fn transpose<T: Element>(panel: Panel<T>, depth: usize, width: usize, out: &mut [T]) {
    let Panel { data, len, across, .. } = panel;
    let (square_len, square_depth) = (len - len % 4, depth - depth % 4);
    for p in (0..square_depth).step_by(4) {
        let room = &mut out[p * width..][..4 * width];
        for i in (0..square_len).step_by(4) {
            let square: [[T; 4]; 4] = core::array::from_fn(|s| {
                let line = &data[(i + s) * across + p..][..4];
                core::array::from_fn(|t| line[t])
            });
            for (t, line) in T::transposed(square).iter().enumerate() {
                room[t * width + i..][..4].copy_from_slice(line);
            }
        }
    }
    for p in 0..depth {
        let done = if p < square_depth { square_len } else { 0 };
        for (i, x) in out[p * width..][..len].iter_mut().enumerate().skip(done) {
            *x = data[i * across + p];
        }
    }
}
