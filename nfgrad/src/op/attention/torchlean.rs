//! TorchLean's attention: its rules of products, of the softmax and of quotients in turn, for each of the leading axes alone.

use super::super::softmax::Choice;
use super::super::torchlean::{Tensor, constant, div, mul, rounded, softmax};
use super::values::Lengths;
use crate::bound::{Ball, T0, Up};
use crate::format::Format;

/// The values and the largest of their bounds.
pub(super) fn values<F: Format>(
    lengths: Lengths,
    [q, k, v]: [Ball<'_, F, T0>; 3],
    choice: impl Fn(usize) -> Choice,
    y: &mut [F],
) -> Up {
    let Lengths { queries, keys, width, depth, .. } = lengths;
    let mut largest = Up::ZERO;
    for (b, y) in y.chunks_exact_mut((queries * depth).max(1)).enumerate() {
        let part = |x: Ball<'_, F, T0>, len: usize| Tensor::of(x.part(b * len..(b + 1) * len));
        let (q, k, v) = (part(q, queries * width), part(k, keys * width), part(v, keys * depth));
        let scores = Tensor::product([queries, width, keys], |i, l| q.get(i * width + l), |l, j| k.get(j * width + l));
        let first = b * queries * keys;
        let weights = shares(&scores.map(|score| mul(score, scale(width))), keys, |i| choice(first + i).kept());
        let product =
            Tensor::product([queries, keys, depth], |i, j| weights.get(i * keys + j), |j, e| v.get(j * depth + e));
        let doubt = (first..first + queries * keys).map(|i| choice(i).doubt()).fold(Up::ZERO, Up::max);
        largest = largest.max(product.write(y) + doubt);
    }
    largest
}

/// `1/√d`: `fl(1 / fl(√d))`.
fn scale<F: Format>(width: usize) -> (F, Up) {
    let (d, cast) = constant::<F>(width as f64);
    div(constant(1.0), rounded(d.sqrt(), cast), 1.0)
}

/// The softmax of each row, of which `keep` says what is left.
fn shares<F: Format>(scores: &Tensor<F>, keys: usize, keep: impl Fn(usize) -> bool) -> Tensor<F> {
    let rows = scores.mid.chunks_exact(keys.max(1));
    let mut all = Tensor { mid: Vec::with_capacity(scores.numel()), error: Up::ZERO };
    for (i, row) in rows.enumerate() {
        let row = softmax(&Tensor { mid: row.to_vec(), error: scores.error }, |j| keep(i * keys + j));
        all.error = all.error.max(row.error);
        all.mid.extend(row.mid);
    }
    all
}
