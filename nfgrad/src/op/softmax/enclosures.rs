//! The softmax and its logarithm in balls, along any axis, of the entries that a mask keeps.

use super::super::axis::Extent;
use super::super::enclosing::{doubt, softmax, softmax_vjp, total};
use crate::kernel::scratch::with_buffers;
use crate::kernel::wide::WideBall;

/// What is kept of the entries of one target: the others are 0, and where the mask leaves anything open all are unknown.
struct Line<'a, C> {
    extent: Extent,
    target: usize,
    choice: &'a C,
}

impl<C: Fn(usize) -> Option<bool>> Line<'_, C> {
    /// The entries that are kept, or may be.
    fn kept(&self) -> impl Iterator<Item = usize> + Clone {
        self.extent.sources(self.target).filter(|&i| (self.choice)(i) != Some(false))
    }

    /// Writes a number for each of them; returns how many they are.
    fn gather<const K: usize>(&self, x: &[WideBall<K>], out: &mut [WideBall<K>]) -> usize {
        self.kept().zip(out).map(|(i, out)| *out = x[i]).count()
    }

    /// Writes a result for each, and 0 for the others.
    fn scatter<const K: usize>(&self, results: &[WideBall<K>], out: &mut [WideBall<K>]) {
        let unknown = doubt(self.extent.sources(self.target).map(self.choice));
        self.extent.sources(self.target).for_each(|i| out[i] = unknown);
        for (i, &result) in self.kept().zip(results) {
            out[i] = out[i] + result;
        }
    }
}

/// Calls `body` with each line, and room for two balls of each of its entries.
fn lines<C: Fn(usize) -> Option<bool>, const K: usize>(
    extent: Extent,
    choice: &C,
    mut body: impl FnMut(&Line<'_, C>, [&mut [WideBall<K>]; 2]),
) {
    with_buffers([extent.len; 2], |[a, b]: [&mut [WideBall<K>]; 2]| {
        for target in 0..extent.targets() {
            body(&Line { extent, target, choice }, [&mut *a, &mut *b]);
        }
    });
}

/// The softmax.
pub(in super::super) fn values<const K: usize>(
    extent: Extent,
    x: &[WideBall<K>],
    choice: &impl Fn(usize) -> Option<bool>,
    y: &mut [WideBall<K>],
) {
    lines(extent, choice, |line, [row, _]| {
        let count = line.gather(x, row);
        softmax(&mut row[..count]);
        line.scatter(&row[..count], y);
    });
}

/// Its cotangent, from its values.
pub(in super::super) fn cotangents<const K: usize>(
    extent: Extent,
    choice: &impl Fn(usize) -> Option<bool>,
    [y, dy]: [&[WideBall<K>]; 2],
    dx: &mut [WideBall<K>],
) {
    lines(extent, choice, |line, [p, d]| {
        let count = line.gather(y, p);
        line.gather(dy, d);
        softmax_vjp(&p[..count], &mut d[..count]);
        line.scatter(&d[..count], dx);
    });
}

/// The logarithm of the softmax: `xⱼ - ln Σ e^xₖ`.
pub(in super::super) fn log_values<const K: usize>(
    extent: Extent,
    x: &[WideBall<K>],
    choice: &impl Fn(usize) -> Option<bool>,
    y: &mut [WideBall<K>],
) {
    lines(extent, choice, |line, [row, p]| {
        let count = line.gather(x, row);
        p[..count].copy_from_slice(&row[..count]);
        let whole = softmax(&mut p[..count]);
        for x in &mut row[..count] {
            *x = *x - whole;
        }
        line.scatter(&row[..count], y);
    });
}

/// Its cotangent: `ȳⱼ - pⱼ Σ ȳₖ`.
pub(in super::super) fn log_cotangents<const K: usize>(
    extent: Extent,
    choice: &impl Fn(usize) -> Option<bool>,
    [x, dy]: [&[WideBall<K>]; 2],
    dx: &mut [WideBall<K>],
) {
    lines(extent, choice, |line, [p, d]| {
        let count = line.gather(x, p);
        line.gather(dy, d);
        softmax(&mut p[..count]);
        let sum = total(d[..count].iter().copied());
        for (d, &p) in d[..count].iter_mut().zip(&*p) {
            *d = *d - p * sum;
        }
        line.scatter(&d[..count], dx);
    });
}
