//! A convolution in balls: the same matrix products as in [`values`](super::values), of which any order of sums will do.

use super::super::enclosing::{matmul, total};
use super::Lengths;
use crate::kernel::gemm::Mat;
use crate::kernel::scratch::with_buffers;
use crate::kernel::wide::WideBall;

impl Lengths {
    /// The image that a pair sees.
    fn seen<T>(self, x: &[T], pair: usize) -> &[T] {
        &x[pair * self.frame.numel()..][..self.frame.numel()]
    }

    /// The weights of the group of a pair, a row for each output.
    fn group_weights<T>(self, w: &[T], pair: usize) -> Mat<'_, T> {
        let numel = self.outputs * self.frame.taps();
        Mat::row_major(&w[pair % self.groups * numel..][..numel], self.outputs, self.frame.taps())
    }

    /// `y = w X + b`.
    pub(super) fn enclose<const K: usize>(
        self,
        [x, w]: [&[WideBall<K>]; 2],
        bias: Option<&[WideBall<K>]>,
        y: &mut [WideBall<K>],
    ) {
        let (taps, windows, part) = (self.frame.taps(), self.frame.windows(), self.outputs_numel());
        with_buffers([taps * windows], |[columns]: [&mut [WideBall<K>]; 1]| {
            for pair in 0..self.pairs() {
                self.frame.unfold(self.seen(x, pair), (columns, windows), WideBall::ZERO, |x| x);
                let y = &mut y[pair * part..][..part];
                matmul(self.group_weights(w, pair), Mat::row_major(&*columns, taps, windows), y);
                for (o, y) in y.chunks_exact_mut(windows.max(1)).enumerate() {
                    let bias = bias.map_or(WideBall::ZERO, |bias| bias[pair % self.groups * self.outputs + o]);
                    for y in &mut *y {
                        *y = *y + bias;
                    }
                }
            }
        });
    }

    /// `x̄ = fold(wᵀ ȳ)`.
    pub(super) fn enclose_image<const K: usize>(self, w: &[WideBall<K>], dy: &[WideBall<K>], dx: &mut [WideBall<K>]) {
        let (taps, windows, part) = (self.frame.taps(), self.frame.windows(), self.outputs_numel());
        dx.fill(WideBall::ZERO);
        with_buffers([taps * windows], |[columns]: [&mut [WideBall<K>]; 1]| {
            for pair in 0..self.pairs() {
                let dy = Mat::row_major(&dy[pair * part..][..part], self.outputs, windows);
                matmul(self.group_weights(w, pair).t(), dy, columns);
                let numel = self.frame.numel();
                self.frame.fold(columns, &mut dx[pair * numel..][..numel], |sum, term| sum + term);
            }
        });
    }

    /// `w̄ = Σ ȳ Xᵀ` over the images.
    pub(super) fn enclose_weight<const K: usize>(self, x: &[WideBall<K>], dy: &[WideBall<K>], dw: &mut [WideBall<K>]) {
        let (taps, windows, part) = (self.frame.taps(), self.frame.windows(), self.outputs_numel());
        let numel = self.outputs * taps;
        dw.fill(WideBall::ZERO);
        with_buffers([taps * windows, numel], |[columns, product]: [&mut [WideBall<K>]; 2]| {
            for pair in 0..self.pairs() {
                self.frame.unfold(self.seen(x, pair), (columns, windows), WideBall::ZERO, |x| x);
                let dy = Mat::row_major(&dy[pair * part..][..part], self.outputs, windows);
                matmul(dy, Mat::row_major(&*columns, taps, windows).t(), product);
                let dw = &mut dw[pair % self.groups * numel..][..numel];
                dw.iter_mut().zip(&*product).for_each(|(dw, &term)| *dw = *dw + term);
            }
        });
    }

    /// `b̄ = Σ ȳ` over images and windows.
    pub(super) fn enclose_bias<const K: usize>(self, dy: &[WideBall<K>], db: &mut [WideBall<K>]) {
        let (outputs, windows) = (self.groups * self.outputs, self.frame.windows());
        for (o, db) in db.iter_mut().enumerate() {
            let images = (0..self.images).map(|image| (image * outputs + o) * windows);
            *db = total(images.flat_map(|start| dy[start..start + windows].iter().copied()));
        }
    }
}
