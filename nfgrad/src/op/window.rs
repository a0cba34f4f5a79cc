//! [`Window`]: the part of a tensor along one axis that another tensor is.

use super::rounding::guarded;
use crate::bound::{Ball, Domain, Rule, Up};
use crate::format::Format;

/// The elements `start..start + width` of each chunk of `total` elements: a range along an axis, where the chunks are what
/// lies behind the axes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    total: usize,
    start: usize,
    width: usize,
}

impl Window {
    /// The range `start..start + length` of the axis `axis` of a tensor of the lengths `dims`.
    pub(super) const fn new(dims: &[usize], axis: usize, start: usize, length: usize) -> Self {
        let (mut inner, mut i) = (1, axis + 1);
        while i < dims.len() {
            inner *= dims[i];
            i += 1;
        }
        Self { total: dims[axis] * inner, start: start * inner, width: length * inner }
    }

    /// The element of the whole that element `i` of the part is.
    #[inline]
    fn whole(self, i: usize) -> usize {
        i / self.width * self.total + self.start + i % self.width
    }

    /// The element of the part that element `i` of the whole is, if it is one.
    #[inline]
    fn part(self, i: usize) -> Option<usize> {
        let within = (i % self.total).checked_sub(self.start).filter(|within| *within < self.width)?;
        Some(i / self.total * self.width + within)
    }

    /// The part.
    #[inline]
    pub(super) fn read<T: Copy>(self, whole: &[T], part: &mut [T]) {
        for (part, whole) in part.chunks_exact_mut(self.width.max(1)).zip(whole.chunks_exact(self.total.max(1))) {
            part.copy_from_slice(&whole[self.start..][..self.width]);
        }
    }

    /// Writes the part and leaves the rest alone.
    #[inline]
    pub(super) fn write<T: Copy>(self, part: &[T], whole: &mut [T]) {
        for (part, whole) in part.chunks_exact(self.width.max(1)).zip(whole.chunks_exact_mut(self.total.max(1))) {
            whole[self.start..][..self.width].copy_from_slice(part);
        }
    }

    /// Writes the part, and zeros around it.
    #[inline]
    pub(super) fn surround<N: Copy + Default>(self, part: &[N], whole: &mut [N]) {
        whole.fill(N::default());
        self.write(part, whole);
    }

    /// The radii of [`Window::read`]: those of the elements that are read.
    #[inline]
    pub(super) fn read_radii<F: Format, D: Domain>(self, whole: Ball<'_, F, D>, part: &[F], radii: &mut [f64]) {
        D::fill_steadily(radii, part.len(), [whole.once()], |[whole]| {
            move |i: usize| guarded(part[i], whole.radius(self.whole(i)))
        });
    }

    /// The radii of [`Window::surround`]: those of the part, and 0 around it.
    #[inline]
    pub(super) fn surround_radii<F: Format, D: Domain>(self, part: Ball<'_, F, D>, whole: &[F], radii: &mut [f64]) {
        D::fill_steadily(radii, whole.len(), [part.once()], |[part]| {
            move |i: usize| match self.part(i) {
                Some(j) => guarded(whole[i], part.radius(j)),
                None => Up::ZERO,
            }
        });
    }
}

/// The radii of tensors that lie side by side: each element has that of the tensor that it is from.
pub(super) struct SideBySide<'a, F, D, const N: usize> {
    pub(super) parts: [(Window, Ball<'a, F, D>); N],
    pub(super) whole: &'a [F],
}

impl<F: Format, D: Domain, const N: usize> Rule for SideBySide<'_, F, D, N> {
    #[inline]
    fn radius(&self, i: usize) -> Up {
        // Every element is in one part; were it in none, nothing would be known of it.
        let from = self.parts.iter().find_map(|(window, part)| Some(part.radius(window.part(i)?)));
        guarded(self.whole[i], from.unwrap_or(Up::INFINITY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_an_axis_is_a_window() {
        // [2, 4, 3], the range 1..3 of axis 1
        let window = Window::new(&[2, 4, 3], 1, 1, 2);
        let x: Vec<f32> = (0..24_u8).map(f32::from).collect();
        let mut part = vec![0.0; 12];
        window.read(&x, &mut part);
        assert_eq!(part, [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0]);
        for (i, value) in part.iter().enumerate() {
            let at = window.whole(i);
            assert_eq!((x[at], window.part(at)), (*value, Some(i)));
        }
        assert_eq!([0, 2, 9, 14, 21].map(|i| window.part(i)), [None; 5]);
        let mut whole = vec![9.0; 24];
        window.surround(&part, &mut whole);
        assert_eq!((whole[0], whole[3], whole[9], whole[20]), (0.0, 3.0, 0.0, 20.0));
    }

    #[test]
    fn an_empty_window_reads_nothing() {
        let mut whole = [1.0_f32; 6];
        Window::new(&[2, 3], 1, 3, 0).surround(&[], &mut whole);
        assert_eq!(whole, [0.0; 6]);
        Window::new(&[0, 3], 1, 0, 2).read::<f32>(&[], &mut []);
    }
}
