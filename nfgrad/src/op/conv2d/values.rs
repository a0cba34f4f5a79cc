//! The values and contributions of a convolution, as matrix products in the accumulator.

use std::ops::Range;

use num_traits::{One, Zero};

use super::Lengths;
use crate::format::{Accumulator, Format};
use crate::kernel::gemm::Mat;
use crate::kernel::reduce::{RowSums, sum_of};
use crate::kernel::scratch::with_buffers;

/// The products for the cotangent of the weights are about so long: images with few windows are bundled, and the memory does not
/// grow with the batch.
const BUNDLE: usize = 1024;

/// A group, and some of the images.
pub(super) type Bundle = (usize, Range<usize>);

impl Lengths {
    /// How many rows the matrix of the windows has: one more with a bias.
    pub(super) const fn terms(self, biased: bool) -> usize {
        self.frame.taps() + biased as usize
    }

    /// The number of pairs of an image and a group, of which the groups vary faster.
    pub(super) const fn pairs(self) -> usize {
        self.images * self.groups
    }

    /// How many outputs a pair has, each for every window.
    pub(super) const fn outputs_numel(self) -> usize {
        self.outputs * self.frame.windows()
    }

    /// Writes the weights with their bias, a row for each output.
    pub(super) fn weights<T: Copy>(self, out: &mut [T], w: impl Fn(usize) -> T, bias: Option<&impl Fn(usize) -> T>) {
        let taps = self.frame.taps();
        for (o, row) in out.chunks_mut(self.terms(bias.is_some()).max(1)).enumerate() {
            row.iter_mut().take(taps).enumerate().for_each(|(k, out)| *out = w(o * taps + k));
            if let (Some(bias), Some(last)) = (bias, row.get_mut(taps)) {
                *last = bias(o);
            }
        }
    }

    /// Every group with the images a bundle at a time.
    pub(super) fn bundles(self) -> impl Iterator<Item = (usize, impl Iterator<Item = Bundle>)> {
        let (images, per) = (self.images, self.images_per_bundle());
        let bundle = move |first: usize| first..images.min(first + per);
        (0..self.groups).map(move |group| (group, (0..images).step_by(per).map(move |first| (group, bundle(first)))))
    }

    pub(super) fn images_per_bundle(self) -> usize {
        (BUNDLE / self.frame.windows().max(1)).clamp(1, self.images.max(1))
    }

    /// Writes the matrices of the windows of a bundle side by side: `of` the entries of all images `x`, and `zero` for the padding.
    #[inline(always)]
    pub(super) fn unfold<S: Copy, T: Copy>(
        self,
        (group, images): Bundle,
        x: &[S],
        out: &mut [T],
        zero: T,
        of: impl Fn(S) -> T,
    ) {
        let (windows, width, numel) = (self.frame.windows(), images.len() * self.frame.windows(), self.frame.numel());
        if self.frame.taps() == 0 {
            return;
        }
        for (n, image) in images.enumerate() {
            let image = &x[(image * self.groups + group) * numel..][..numel];
            self.frame.unfold(image, (&mut out[n * windows..], width), zero, &of);
        }
    }

    /// Writes the cotangents of the outputs of a bundle side by side, a row for each output: `of` elements of all of them, `dy`.
    #[inline(always)]
    pub(super) fn gather<S: Copy, T>(self, (group, images): Bundle, dy: &[S], out: &mut [T], of: impl Fn(S) -> T) {
        let (windows, width) = (self.frame.windows(), images.len() * self.frame.windows());
        for (n, image) in images.enumerate() {
            for o in 0..self.outputs {
                let line = &dy[((image * self.groups + group) * self.outputs + o) * windows..][..windows];
                let out = &mut out[o * width + n * windows..][..windows];
                out.iter_mut().zip(line).for_each(|(out, &dy)| *out = of(dy));
            }
        }
    }

    /// The values.
    pub(super) fn forward<F: Format>(self, x: &[F], w: &[F], bias: Option<&[F]>, y: &mut [F]) {
        let (terms, windows, part) = (self.terms(bias.is_some()), self.frame.windows(), self.outputs_numel());
        let rows = self.outputs * terms;
        with_buffers([self.groups * rows, terms * windows, part], |[weights, columns, sums]: [&mut [F::Acc]; 3]| {
            let biases = bias.map(|bias| |o: usize| bias[o].to_acc());
            self.weights(weights, |i| w[i].to_acc(), biases.as_ref());
            columns[self.frame.taps() * windows..].fill(F::Acc::one());
            for pair in 0..self.pairs() {
                let x = &x[pair * self.frame.numel()..][..self.frame.numel()];
                self.frame.unfold(x, (columns, windows), F::Acc::zero(), F::to_acc);
                let weights = &weights[pair % self.groups * rows..][..rows];
                product(Mat::row_major(weights, self.outputs, terms), Mat::row_major(columns, terms, windows), sums);
                round(sums, &mut y[pair * part..][..part]);
            }
        });
    }

    /// The cotangent of the images.
    pub(super) fn image_cotangent<F: Format>(self, w: &[F], dy: &[F], dx: &mut [F]) {
        let (taps, numel, part) = (self.frame.taps(), self.frame.numel(), self.outputs_numel());
        let lengths = [w.len(), part, taps * self.frame.windows(), self.frame.room::<F::Acc>()];
        with_buffers(lengths, |[weights, outputs, terms, room]: [&mut [F::Acc]; 4]| {
            widen(w, weights);
            for pair in 0..self.pairs() {
                widen(&dy[pair * part..][..part], outputs);
                self.image_terms(pair, weights, outputs, terms);
                let dx = &mut dx[pair * numel..][..numel];
                self.image_sums(terms, room, |sums, first| round(sums, &mut dx[first..][..sums.len()]));
            }
        });
    }

    /// What the windows of a pair contribute to the cotangents of their entries: the matrix that is folded.
    pub(super) fn image_terms<A: Format>(self, pair: usize, weights: &[A], outputs: &[A], terms: &mut [A]) {
        let (taps, windows) = (self.frame.taps(), self.frame.windows());
        let weights = &weights[pair % self.groups * self.outputs * taps..][..self.outputs * taps];
        let outputs = Mat::row_major(outputs, self.outputs, windows);
        product(Mat::row_major(weights, self.outputs, taps).t(), outputs, terms);
    }

    /// The sums of these for every entry, a channel at a time: `write` is called with them, and with where they begin.
    pub(super) fn image_sums<A: Accumulator>(self, terms: &[A], room: &mut [A], write: impl FnMut(&[A], usize)) {
        let windows = self.frame.windows();
        self.frame.sum(room, |row| &terms[row * windows..][..windows], |sum, &term, _| *sum = *sum + term, write);
    }

    /// How many bundles there are of a group.
    pub(super) fn bundles_per_group(self) -> usize {
        self.images.div_ceil(self.images_per_bundle())
    }

    /// The cotangent of the weights.
    pub(super) fn weight_cotangent<F: Format>(self, x: &[F], dy: &[F], dw: &mut [F]) {
        let (taps, numel) = (self.frame.taps(), self.outputs * self.frame.taps());
        let width = self.images_per_bundle() * self.frame.windows();
        let room = RowSums::<F::Acc>::room::<F::Acc>(numel, self.bundles_per_group());
        let (zero, add) = (F::Acc::zero(), |a: F::Acc, b: F::Acc| a + b);
        with_buffers([taps * width, self.outputs * width, numel, room], |[columns, outputs, terms, room]| {
            let mut sums = RowSums::new(room, numel, zero);
            for (group, bundles) in self.bundles() {
                sums.clear(zero);
                for bundle in bundles {
                    let width = bundle.1.len() * self.frame.windows();
                    self.unfold(bundle.clone(), x, columns, zero, F::to_acc);
                    self.gather(bundle, dy, outputs, F::to_acc);
                    self.weight_terms(width, outputs, columns, terms);
                    sums.leaf().iter_mut().zip(&*terms).for_each(|(sum, &term)| *sum = *sum + term);
                    sums.next_row::<F::Acc>(zero, add);
                }
                round(sums.total::<F::Acc>(add), &mut dw[group * numel..][..numel]);
            }
        });
    }

    /// What a bundle contributes to the cotangents of the weights of its group.
    pub(super) fn weight_terms<A: Format>(self, width: usize, outputs: &[A], columns: &[A], terms: &mut [A]) {
        let taps = self.frame.taps();
        let (outputs, columns) = (&outputs[..self.outputs * width], &columns[..taps * width]);
        product(Mat::row_major(outputs, self.outputs, width), Mat::row_major(columns, taps, width).t(), terms);
    }

    /// The cotangent of the bias.
    pub(super) fn bias_cotangent<F: Format>(self, dy: &[F], db: &mut [F]) {
        for (o, db) in db.iter_mut().enumerate() {
            *db = F::from_acc(self.bias_sum(o, dy));
        }
    }

    /// The sum of the cotangents of an output: over the windows of each image, then over the images.
    pub(super) fn bias_sum<F: Format>(self, output: usize, dy: &[F]) -> F::Acc {
        let (windows, all) = (self.frame.windows(), self.groups * self.outputs);
        let line = |image: usize| &dy[(image * all + output) * windows..][..windows];
        sum_of::<F>(self.images, |image| sum_of::<F>(windows, |l| line(image)[l].to_acc()))
    }
}

/// `C = A B` in the accumulator.
fn product<A: Format>(a: Mat<'_, A>, b: Mat<'_, A>, c: &mut [A]) {
    A::matmul(a, b, c);
}

/// Every number as an accumulator.
pub(super) fn widen<F: Format>(from: &[F], to: &mut [F::Acc]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = from.to_acc());
}

/// Every sum, rounded once to the format.
fn round<F: Format>(from: &[F::Acc], to: &mut [F]) {
    to.iter_mut().zip(from).for_each(|(to, &from)| *to = F::from_acc(from));
}
