//! Windows that slide over an image: which entries of it each window has, and the matrix whose columns the windows are.

use crate::format::Accumulator;
use crate::kernel::reduce::RowSums;

/// One axis of an image, with the windows along it. `padding` zeros are thought before and behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Track {
    /// The length of the axis.
    pub(super) length: usize,
    /// How many windows there are.
    pub(super) windows: usize,
    /// How many entries a window has.
    pub(super) size: usize,
    /// How far apart the windows are.
    pub(super) stride: usize,
    pub(super) padding: usize,
    /// How far apart the entries of a window are.
    pub(super) dilation: usize,
}

/// The windows of which one tap lies inside of the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// The first of them.
    first: usize,
    count: usize,
    /// The entry of the axis that the first of them has there; the next has one a stride further.
    source: usize,
}

impl Track {
    /// Whether the number of windows is what the lengths say, and every window has entries and fits.
    pub(super) const fn is_valid(&self) -> bool {
        if self.size == 0 || self.stride == 0 {
            return false;
        }
        let (covered, padded) = ((self.size - 1) * self.dilation + 1, self.length + 2 * self.padding);
        covered <= padded && self.windows == (padded - covered) / self.stride + 1
    }

    /// No entry is in more places of the windows than this.
    ///
    /// A window has an entry at one tap only, so there are no more places than windows. And where `t` and `t'` are taps of windows that have the
    /// same entry there, `t dilation` and `t' dilation` differ by a multiple of the stride: `t` and `t'` by one of
    /// `stride / gcd(stride, dilation)`.
    const fn overlap(&self) -> usize {
        if self.stride == 0 || self.dilation == 0 {
            return self.size;
        }
        let (mut gcd, mut rest) = (self.stride, self.dilation);
        while rest > 0 {
            (gcd, rest) = (rest, gcd % rest);
        }
        let taps = self.size.div_ceil(self.stride / gcd);
        if taps < self.windows { taps } else { self.windows }
    }

    /// Where the entry `tap` of the windows is.
    fn run(&self, tap: usize) -> Run {
        let Self { length, windows, stride, padding, .. } = *self;
        let offset = tap * self.dilation;
        let first = padding.saturating_sub(offset).div_ceil(stride);
        let end = (length + padding).saturating_sub(offset).div_ceil(stride).min(windows);
        let count = end.saturating_sub(first);
        Run { first, count, source: if count == 0 { 0 } else { first * stride + offset - padding } }
    }

    /// The entry of the axis that a window has at a tap, if that is none of the padding.
    pub(super) fn source(&self, window: usize, tap: usize) -> Option<usize> {
        let source = (window * self.stride + tap * self.dilation).checked_sub(self.padding)?;
        (source < self.length).then_some(source)
    }
}

/// Channels of one image with the windows that slide over their two axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) channels: usize,
    pub(super) down: Track,
    pub(super) across: Track,
}

/// Entries of the matrix of the windows that lie side by side in one of its rows, and a stride apart in the image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strip {
    row: usize,
    column: usize,
    count: usize,
    source: usize,
}

impl Frame {
    /// How many entries a window has, over all channels.
    pub(super) const fn taps(&self) -> usize {
        self.channels * self.down.size * self.across.size
    }

    /// Whether some windows may have fewer entries than they have places.
    pub(super) const fn is_padded(&self) -> bool {
        self.down.padding > 0 || self.across.padding > 0
    }

    /// No entry is in more places of the windows than this.
    pub(super) const fn overlap(&self) -> usize {
        self.down.overlap() * self.across.overlap()
    }

    /// How many windows there are.
    pub(super) const fn windows(&self) -> usize {
        self.down.windows * self.across.windows
    }

    /// How many entries the image has.
    pub(super) const fn numel(&self) -> usize {
        self.channels * self.down.length * self.across.length
    }

    /// Calls `visit` with all entries of the matrix that are entries of the image, strip by strip. Its rows are the taps, its
    /// columns the windows, both in row-major order.
    #[inline(always)]
    fn strips(&self, mut visit: impl FnMut(Strip)) {
        for row in 0..self.taps() {
            self.strips_of(row, &mut visit);
        }
    }

    /// Those of one row.
    #[inline(always)]
    fn strips_of(&self, row: usize, mut visit: impl FnMut(Strip)) {
        let Self { down, across, .. } = *self;
        let (channel, tap) = (row / (down.size * across.size), row % (down.size * across.size));
        let (outer, inner) = (down.run(tap / across.size), across.run(tap % across.size));
        for n in 0..outer.count {
            let line = (channel * down.length + outer.source + n * down.stride) * across.length;
            let column = (outer.first + n) * across.windows + inner.first;
            visit(Strip { row, column, count: inner.count, source: line + inner.source });
        }
    }

    /// Writes the matrix of the windows, of whose rows each begins `width` elements after the one before: `of` every entry of the image,
    /// and `zero` for the padding.
    #[inline(always)]
    pub(super) fn unfold<S: Copy, T: Copy>(
        &self,
        image: &[S],
        (out, width): (&mut [T], usize),
        zero: T,
        of: impl Fn(S) -> T,
    ) {
        let stride = self.across.stride;
        if self.down.padding + self.across.padding > 0 {
            out.chunks_mut(width.max(1)).take(self.taps()).for_each(|row| row[..self.windows()].fill(zero));
        }
        self.strips(|Strip { row, column, count, source }| {
            let (strip, image) = (&mut out[row * width + column..][..count], &image[source..]);
            if stride == 1 {
                strip.iter_mut().zip(image).for_each(|(out, &entry)| *out = of(entry));
            } else {
                strip.iter_mut().zip(image.iter().step_by(stride)).for_each(|(out, &entry)| *out = of(entry));
            }
        });
    }

    /// Adds up, for every entry of the image, what stands in its places of the matrix, from the first row to the last.
    #[inline(always)]
    pub(super) fn fold<T: Copy, U: Copy>(&self, matrix: &[T], image: &mut [U], add: impl Fn(U, T) -> U) {
        let width = self.windows();
        self.strips(|strip| {
            let terms = &matrix[strip.row * width + strip.column..][..strip.count];
            self.pair(&mut image[strip.source..], terms, |sum, &term| *sum = add(*sum, term));
        });
    }

    /// The room that [`Frame::sum`] needs.
    pub(super) const fn room<A: Accumulator>(&self) -> usize {
        RowSums::<A>::room::<A>(self.down.length * self.across.length, self.down.size * self.across.size)
    }

    /// Adds up in the accumulator, for every entry of the image, what the windows give it: `terms` of a row of the matrix are those of all
    /// windows of that tap, and `give` adds one of them, given the entry. The taps are added in the order of sums of columns. `write` is called with
    /// the sums of each channel, and with where they begin.
    #[inline(always)]
    pub(super) fn sum<'a, A: Accumulator, T: 'a>(
        &self,
        room: &mut [A],
        terms: impl Fn(usize) -> &'a [T],
        give: impl Fn(&mut A, &T, usize),
        mut write: impl FnMut(&[A], usize),
    ) {
        let (area, taps) = (self.down.length * self.across.length, self.down.size * self.across.size);
        let mut sums = RowSums::new(room, area, A::zero());
        for channel in 0..self.channels {
            sums.clear(A::zero());
            for row in channel * taps..(channel + 1) * taps {
                let terms = terms(row);
                self.strips_of(row, |Strip { column, count, source, .. }| {
                    let (mut entry, stride) = (source, self.across.stride);
                    self.pair(&mut sums.leaf()[source - channel * area..], &terms[column..][..count], |sum, term| {
                        give(sum, term, entry);
                        entry += stride;
                    });
                });
                sums.next_row::<A>(A::zero(), |a, b| a + b);
            }
            write(sums.total::<A>(|a, b| a + b), channel * area);
        }
    }

    /// Calls `visit` with every term of a strip and the entry of the image that it belongs to, of those that begin with its first.
    #[inline(always)]
    fn pair<T, U>(&self, image: &mut [U], terms: &[T], mut visit: impl FnMut(&mut U, &T)) {
        let stride = self.across.stride;
        if stride == 1 {
            image.iter_mut().zip(terms).for_each(|(entry, term)| visit(entry, term));
        } else {
            image.iter_mut().step_by(stride).zip(terms).for_each(|(entry, term)| visit(entry, term));
        }
    }

    /// The entries of the image in window `window` of its channel, in order.
    #[inline]
    pub(super) fn entries(&self, window: usize) -> impl Iterator<Item = usize> + Clone {
        let Self { down, across, .. } = *self;
        let each = down.windows * across.windows;
        let (channel, row, column) = (window / each, window % each / across.windows, window % across.windows);
        let line = channel * down.length;
        (0..down.size).filter_map(move |tap| down.source(row, tap)).flat_map(move |i| {
            let inner = (0..across.size).filter_map(move |tap| across.source(column, tap));
            inner.map(move |j| (line + i) * across.length + j)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracks() -> impl Iterator<Item = Track> {
        let each = |n: usize| [n % 6 + 1, n / 6 % 3 + 1, n / 18 % 3 + 1, n / 54 % 3, n / 162 % 2 + 1];
        (0..324).map(each).filter_map(|[length, size, stride, padding, dilation]| {
            let windows = (length + 2 * padding).checked_sub((size - 1) * dilation + 1)? / stride + 1;
            Some(Track { length, windows, size, stride, padding, dilation })
        })
    }

    #[test]
    fn the_runs_are_the_entries_that_every_window_has() {
        for track in tracks() {
            assert!(track.is_valid() && !Track { windows: track.windows + 1, ..track }.is_valid());
            for tap in 0..track.size {
                let run = track.run(tap);
                for window in 0..track.windows {
                    let among = window.checked_sub(run.first).filter(|n| *n < run.count);
                    assert_eq!(among.map(|n| run.source + n * track.stride), track.source(window, tap), "{track:?}");
                }
            }
        }
    }

    #[test]
    fn no_entry_is_in_more_windows_than_they_overlap_and_one_mostly_is() {
        let mut reached = 0;
        for track in tracks() {
            let mut counts = vec![0; track.length];
            for (window, tap) in (0..track.windows).flat_map(|window| (0..track.size).map(move |tap| (window, tap))) {
                track.source(window, tap).into_iter().for_each(|source| counts[source] += 1);
            }
            let most = counts.into_iter().max().unwrap_or_default();
            assert!(most <= track.overlap(), "{track:?}: {most}");
            reached += u32::from(most == track.overlap());
        }
        assert!(reached > 180, "{reached}");
    }

    #[test]
    fn the_columns_of_the_matrix_are_the_windows() {
        for (n, down) in tracks().enumerate().step_by(7) {
            let Some(across) = tracks().nth(n * 5 % 200) else { continue };
            let frame = Frame { channels: 2, down, across };
            let (taps, windows) = (frame.taps(), frame.windows());
            let mut matrix = vec![usize::MAX; taps * (windows + 3)];
            // An image of its own places, counted from 1, so that the padding is 0.
            let places: Vec<usize> = (1..=frame.numel()).collect();
            frame.unfold(&places, (&mut matrix, windows + 3), 0, |i| i);
            let one = Frame { channels: 2, ..frame };
            for window in 0..2 * windows {
                let (channel, column) = (window / windows, window % windows);
                let rows = channel * taps / 2..(channel + 1) * taps / 2;
                let column: Vec<_> = rows.map(|row| matrix[row * (windows + 3) + column]).filter(|i| *i > 0).collect();
                assert_eq!(column, one.entries(window).map(|i| i + 1).collect::<Vec<_>>(), "{frame:?}");
            }
            assert!(matrix.chunks(windows + 3).all(|row| row[windows..] == [usize::MAX; 3]));
            // Folding a matrix of ones counts the places of each entry.
            let mut counts = vec![0; frame.numel()];
            frame.fold(&vec![1; taps * windows], &mut counts, |a, b| a + b);
            let count = |i: usize| (0..2 * windows).flat_map(|w| frame.entries(w)).filter(|entry| *entry == i).count();
            assert!(counts.iter().enumerate().all(|(i, n)| *n == count(i)));
        }
    }
}
