//! [`View`]: where the elements of a result lie in the tensor whose elements it rearranges.

use super::rounding::guarded;
use crate::bound::{Ball, Domain, Rule, Up};
use crate::format::Format;

/// Shapes have at most this many axes.
const RANK: usize = 6;

/// For each axis of a result its length, and how far apart its entries lie in the source. Missing axes in front have
/// length 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    lengths: [usize; RANK],
    strides: [usize; RANK],
}

impl View {
    /// One element.
    pub(super) const SCALAR: Self = Self { lengths: [1; RANK], strides: [0; RANK] };

    /// The view with one more axis, outside of the others, which has as many entries so far apart.
    #[must_use]
    pub(super) const fn within(mut self, length: usize, stride: usize) -> Self {
        if length == 1 {
            return self;
        }
        let mut axis = RANK - 1;
        while self.lengths[axis] != 1 {
            axis -= 1;
        }
        // An axis whose entries are as far apart as the one inside of it is long is one axis with it.
        if axis + 1 < RANK && stride == self.strides[axis + 1] * self.lengths[axis + 1] {
            self.lengths[axis + 1] *= length;
            return self;
        }
        self.lengths[axis] = length;
        self.strides[axis] = stride;
        self
    }

    /// How many elements the result has.
    #[inline]
    pub(super) const fn numel(&self) -> usize {
        let (mut numel, mut axis) = (1, 0);
        while axis < RANK {
            numel *= self.lengths[axis];
            axis += 1;
        }
        numel
    }

    /// How far apart the elements are, if they are all equally far.
    #[inline]
    pub(super) fn stride(&self) -> Option<usize> {
        let even = self.lengths[..RANK - 1].iter().all(|&length| length == 1);
        even.then_some(self.strides[RANK - 1])
    }

    /// The axes of a tensor in the order in which `axes` names them.
    pub(super) const fn permuted(dims: &[usize], axes: &[usize]) -> Self {
        let (mut lengths, mut strides) = ([1; RANK], [0; RANK]);
        let mut i = 0;
        while i < axes.len() {
            let at = RANK - axes.len() + i;
            lengths[at] = dims[axes[i]];
            strides[at] = stride(dims, axes[i]);
            i += 1;
        }
        Self { lengths, strides }
    }

    /// Calls `visit` with every element of the result in order, and the element of the source that it is.
    #[inline(always)]
    pub(super) fn each(&self, mut visit: impl FnMut(usize, usize)) {
        let ([.., columns], [.., step]) = (self.lengths, self.strides);
        self.rows(|row, start| {
            for column in 0..columns {
                visit(row * columns + column, start + column * step);
            }
        });
    }

    /// Calls `visit` with every row of the result in order, and the element of the source with which it begins.
    #[inline(always)]
    fn rows(&self, mut visit: impl FnMut(usize, usize)) {
        let rows: usize = self.lengths[..RANK - 1].iter().product();
        let (mut place, mut start) = ([0; RANK - 1], 0);
        for row in 0..rows {
            visit(row, start);
            // The place of the next row, as an odometer counts.
            for axis in (0..RANK - 1).rev() {
                place[axis] += 1;
                start += self.strides[axis];
                if place[axis] < self.lengths[axis] {
                    break;
                }
                start -= place[axis] * self.strides[axis];
                place[axis] = 0;
            }
        }
    }

    /// The element of the source that element `i` of the result is.
    pub(super) fn source(&self, mut i: usize) -> usize {
        let mut source = 0;
        for (length, stride) in self.lengths.iter().zip(self.strides).rev() {
            source += i % length * stride;
            i /= length;
        }
        source
    }

    /// The elements of `x` as the view orders them.
    #[inline]
    pub(super) fn copy<T: Copy>(&self, x: &[T], y: &mut [T]) {
        let ([.., height, columns], [.., down, step]) = (self.lengths, self.strides);
        if step == 1 {
            self.rows(|row, start| y[row * columns..][..columns].copy_from_slice(&x[start..][..columns]));
        } else if down == 1 {
            // Each pair of the last two axes is a matrix that is transposed.
            let [a, b, c, e, ..] = self.lengths;
            let matrices = Self { lengths: [a, b, c, e, 1, 1], ..*self };
            let numel = height * columns;
            matrices.each(|i, start| transpose(&x[start..], step, &mut y[i * numel..][..numel], columns));
        } else {
            self.each(|i, source| y[i] = x[source]);
        }
    }

    /// The radii of [`View::copy`]: those of the source.
    #[inline]
    pub(super) fn copy_radii<F: Format, D: Domain>(&self, x: Ball<'_, F, D>, y: &[F], radii: &mut [f64]) {
        let copies = y.len().checked_div(x.mid.len()).unwrap_or(1);
        D::fill_steadily(radii, y.len(), [x.repeated(copies)], |[x]| Moved { view: self, x, y });
    }
}

/// Matrices are transposed in squares of this width, so that what a square reads and writes stays in the cache: at
/// `1024 x 1024` that is seven times as fast as row by row.
const TILE: usize = 16;

/// `y[i, j] = x[j, i]`, where the rows of `x` are `step` elements apart and those of `y` have `columns`.
fn transpose<T: Copy>(x: &[T], step: usize, y: &mut [T], columns: usize) {
    let columns = columns.max(1);
    for (band, y) in y.chunks_mut(TILE * columns).enumerate() {
        for first in (0..columns).step_by(TILE) {
            let width = TILE.min(columns - first);
            for (i, y) in y.chunks_mut(columns).enumerate() {
                for (j, y) in y[first..][..width].iter_mut().enumerate() {
                    *y = x[(first + j) * step + band * TILE + i];
                }
            }
        }
    }
}

/// How far apart the entries along an axis of a row-major tensor lie.
const fn stride(dims: &[usize], axis: usize) -> usize {
    let (mut stride, mut i) = (1, axis + 1);
    while i < dims.len() {
        stride *= dims[i];
        i += 1;
    }
    stride
}

/// The radii of elements that were moved and nothing else.
struct Moved<'a, F, D> {
    view: &'a View,
    x: Ball<'a, F, D>,
    y: &'a [F],
}

impl<F: Format, D: Domain> Rule for Moved<'_, F, D> {
    #[inline]
    fn radius(&self, i: usize) -> Up {
        guarded(self.y[i], self.x.radius(self.view.source(i)))
    }

    /// Row by row, so that no index is divided.
    #[inline]
    fn each(&self, _: usize, mut visit: impl FnMut(usize, Up)) {
        self.view.each(|i, source| visit(i, guarded(self.y[i], self.x.radius(source))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_walks_the_result_in_order() {
        let view = View::permuted(&[2, 3, 4], &[2, 0, 1]);
        let mut seen = Vec::new();
        view.each(|i, source| {
            assert_eq!((i, view.source(i)), (seen.len(), source));
            seen.push(source);
        });
        let expected: Vec<usize> =
            (0..4).flat_map(|c| (0..2).flat_map(move |a| (0..3).map(move |b| a * 12 + b * 4 + c))).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn every_way_of_copying_gives_the_same() {
        let x: Vec<f32> = (0..3 * 20 * 35).map(|i| i as f32).collect();
        let dims = [3, 20, 35];
        for axes in [[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let view = View::permuted(&dims, &axes);
            let mut y = vec![-1.0; x.len()];
            view.copy(&x, &mut y);
            assert!((0..x.len()).all(|i| y[i] == x[view.source(i)]), "{axes:?}");
        }
    }

    #[test]
    fn an_empty_axis_has_nothing_to_walk() {
        View::permuted(&[2, 0, 4], &[2, 0, 1]).each(|_, _| unreachable!("no element"));
        let mut scalars = 0;
        View::permuted(&[], &[]).each(|i, source| {
            assert_eq!((i, source), (0, 0));
            scalars += 1;
        });
        assert_eq!(scalars, 1);
    }
}
