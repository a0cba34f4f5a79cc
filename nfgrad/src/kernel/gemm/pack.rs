//! Panels: the strips of the factors that tile kernels read, in place or copied into the order of reading.

use super::element::Element;

/// Some rows of the left factor, or columns of the right one, over some steps of the inner dimension: element
/// `(index, step)` is `data[index * across + step * along]`.
#[derive(Clone, Copy)]
pub(super) struct Strip<'a, T> {
    pub(super) data: &'a [T],
    pub(super) len: usize,
    pub(super) depth: usize,
    pub(super) across: usize,
    pub(super) along: usize,
}

impl<'a, T: Element> Strip<'a, T> {
    /// The part of `len` indices and `depth` steps that begins at `(index, step)`.
    #[inline(always)]
    pub(super) fn part(&self, (index, len): (usize, usize), (step, depth): (usize, usize)) -> Self {
        Strip { data: &self.data[index * self.across + step * self.along..], len, depth, ..*self }
    }

    /// Cut into panels of `width` indices, as it lies.
    #[inline(always)]
    pub(super) fn direct(&self, width: usize) -> Panels<'a, T> {
        assert!((self.len - 1) * self.across + (self.depth - 1) * self.along < self.data.len());
        let Strip { data, len, depth, across, along } = *self;
        // The stride of a single index is free, and leads nowhere.
        Panels { data, len, depth, next: width.wrapping_mul(across), across, along }
    }

    /// Cut into panels of `width` indices that are copied to `room` one after another, step by step.
    #[inline(always)]
    pub(super) fn packed<'b>(&self, width: usize, room: &'b mut [T]) -> Panels<'b, T> {
        let size = width * self.depth;
        let data = &mut room[..self.len.div_ceil(width) * size];
        for (i, panel) in data.chunks_exact_mut(size).enumerate() {
            let index = i * width;
            pack(self.part((index, width.min(self.len - index)), (0, self.depth)), width, panel);
        }
        Panels { data, len: self.len, depth: self.depth, next: size, across: 1, along: width }
    }
}

/// A strip cut into panels of `width` indices, the last one perhaps narrower: index `index` of panel `i` has its steps
/// at `data[i * next + index * across + step * along]`.
///
/// All those elements exist for the `len` indices and `depth` steps; where the strip has been packed, also for the
/// indices that the last panel lacks.
pub(super) struct Panels<'a, T> {
    data: &'a [T],
    pub(super) len: usize,
    pub(super) depth: usize,
    pub(super) next: usize,
    pub(super) across: usize,
    pub(super) along: usize,
}

impl<T> Panels<'_, T> {
    pub(super) fn as_ptr(&self) -> *const T {
        self.data.as_ptr()
    }
}

/// Copies a strip to `out`, its steps `width` apart.
///
/// Where the strip is narrower, the rest of a step keeps the numbers it had: a kernel for whole registers computes
/// with them, in lanes of their own that nobody looks at.
#[inline(always)]
fn pack<T: Element>(strip: Strip<T>, width: usize, out: &mut [T]) {
    let Strip { data, len, across, along, .. } = strip;
    if across != 1 && along == 1 {
        return transpose(strip, width, out);
    }
    for (p, step) in out.chunks_exact_mut(width).enumerate() {
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

/// Copies a strip whose steps lie side by side, by squares of four rows and four steps.
#[inline(always)]
fn transpose<T: Element>(strip: Strip<T>, width: usize, out: &mut [T]) {
    let Strip { data, len, depth, across, .. } = strip;
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
