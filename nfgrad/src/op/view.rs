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
        let [.., columns] = self.lengths;
        let [.., step] = self.strides;
        let rows: usize = self.lengths[..RANK - 1].iter().product();
        let (mut place, mut start) = ([0; RANK - 1], 0);
        for row in 0..rows {
            for column in 0..columns {
                visit(row * columns + column, start + column * step);
            }
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
    fn source(&self, mut i: usize) -> usize {
        let mut source = 0;
        for (length, stride) in self.lengths.iter().zip(self.strides).rev() {
            source += i % length * stride;
            i /= length;
        }
        source
    }

    /// The elements of `x` as the view orders them.
    #[inline]
    pub(super) fn copy<F: Format>(&self, x: &[F], y: &mut [F]) {
        self.each(|i, source| y[i] = x[source]);
    }

    /// The radii of [`View::copy`]: those of the source.
    #[inline]
    pub(super) fn copy_radii<F: Format, D: Domain>(&self, x: Ball<'_, F, D>, y: &[F], radii: &mut [f64]) {
        D::fill(radii, y.len(), Moved { view: self, x, y });
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
