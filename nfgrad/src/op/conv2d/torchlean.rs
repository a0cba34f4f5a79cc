//! TorchLean's convolution: a left fold over channels, rows and columns of the kernel, and then the bias.

use super::super::torchlean::{Number, Tensor, add, mul};
use super::Lengths;
use crate::bound::{Ball, T0, Up};
use crate::format::Format;

/// The sum of some terms from 0 on, which unlike that of [`fold`](super::super::torchlean) is not charged.
fn fold<F: Format>(terms: impl Iterator<Item = Number<F>>) -> Number<F> {
    terms.fold((F::ZERO, Up::ZERO), add)
}

/// Where the windows of an image are, and what they see.
#[derive(Clone, Copy)]
struct Image<'a, F> {
    lengths: &'a Lengths,
    x: &'a [F],
    /// The bound of the image, and of its padding.
    error: Up,
}

impl<F: Format> Image<'_, F> {
    /// What window `(i, j)` sees at `(a, b)` of channel `c`: 0 where that is padding.
    fn at(&self, c: usize, [i, j]: [usize; 2], [a, b]: [usize; 2]) -> Number<F> {
        let frame = &self.lengths.frame;
        let (row, column) = (frame.down.source(i, a), frame.across.source(j, b));
        let (height, width) = (frame.down.length, frame.across.length);
        let value = row.zip(column).map_or(F::ZERO, |(row, column)| self.x[(c * height + row) * width + column]);
        (value, self.error)
    }
}

/// All pairs of numbers below two limits, the second the faster.
fn pairs([rows, columns]: [usize; 2]) -> impl Iterator<Item = [usize; 2]> + Clone {
    (0..rows).flat_map(move |i| (0..columns).map(move |j| [i, j]))
}

impl Lengths {
    /// Whether TorchLean knows such a convolution: without groups and dilation.
    fn is_plain(&self) -> bool {
        self.groups == 1 && self.frame.down.dilation == 1 && self.frame.across.dilation == 1
    }

    /// The rows and columns of the kernel, and of the windows.
    fn extents(&self) -> [[usize; 2]; 2] {
        let (down, across) = (&self.frame.down, &self.frame.across);
        [[down.size, across.size], [down.windows, across.windows]]
    }

    fn image<'a, F: Format>(&'a self, x: Ball<'a, F, T0>, n: usize) -> Image<'a, F> {
        let len = self.frame.channels * self.frame.down.length * self.frame.across.length;
        Image { lengths: self, x: &x.mid[n * len..(n + 1) * len], error: x.radius(0) }
    }

    /// The values and their bound; `None` if TorchLean states nothing of such a convolution, which includes one without a bias.
    pub(super) fn torchlean<F: Format>(
        &self,
        [x, w]: [Ball<'_, F, T0>; 2],
        bias: Option<Ball<'_, F, T0>>,
    ) -> Option<Tensor<F>> {
        let bias = bias.filter(|_| self.is_plain())?;
        let ([kernel, windows], channels) = (self.extents(), self.frame.channels);
        let taps = || (0..channels).flat_map(|c| pairs(kernel).map(move |tap| (c, tap)));
        let value = |n: usize, o: usize, window| {
            let image = self.image(x, n);
            let terms =
                taps().enumerate().map(|(t, (c, tap))| mul(image.at(c, window, tap), w.get(o * self.frame.taps() + t)));
            add(fold(terms), bias.get(o))
        };
        let outputs = (0..self.images).flat_map(|n| (0..self.outputs).map(move |o| (n, o)));
        Some(Tensor::collect(
            outputs
                .flat_map(|(n, o)| pairs(windows).map(move |window| (n, o, window)))
                .map(|(n, o, window)| value(n, o, window)),
        ))
    }

    /// The contributions to the image, the weights and the bias; `None` for more than one image, of which TorchLean states nothing.
    pub(super) fn torchlean_vjp<F: Format>(&self, [x, w, dy]: [Ball<'_, F, T0>; 3]) -> Option<[Tensor<F>; 3]> {
        if !self.is_plain() || self.images != 1 {
            return None;
        }
        let ([kernel, windows], channels, outputs) = (self.extents(), self.frame.channels, self.outputs);
        let (image, area) = (self.image(x, 0), windows[0] * windows[1]);
        let cotangent = |o: usize, [i, j]: [usize; 2]| dy.get(o * area + i * windows[1] + j);
        let weights =
            (0..outputs).flat_map(|o| (0..channels).flat_map(move |c| pairs(kernel).map(move |tap| (o, c, tap))));
        let dw = weights
            .map(|(o, c, tap)| fold(pairs(windows).map(|window| mul(image.at(c, window, tap), cotangent(o, window)))));
        let db = (0..outputs).map(|o| fold(pairs(windows).map(|window| cotangent(o, window))));
        let (down, across) = (&self.frame.down, &self.frame.across);
        let entries = (0..channels).flat_map(|c| pairs([down.length, across.length]).map(move |entry| (c, entry)));
        let dx = entries.map(|(c, [row, column])| {
            let steps = (0..outputs)
                .flat_map(|o| pairs(windows).flat_map(move |window| pairs(kernel).map(move |tap| (o, window, tap))));
            // Every pair of a window and a tap is a step, whether they meet here or not.
            fold(steps.map(|(o, [i, j], [a, b])| {
                let meet = (down.source(i, a), across.source(j, b)) == (Some(row), Some(column));
                let weight = || w.get(((o * channels + c) * kernel[0] + a) * kernel[1] + b);
                if meet { mul(cotangent(o, [i, j]), weight()) } else { (F::ZERO, Up::ZERO) }
            }))
        });
        Some([Tensor::collect(dx), Tensor::collect(dw), Tensor::collect(db)])
    }
}
