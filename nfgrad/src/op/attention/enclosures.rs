//! Attention in balls: products of matrices, and a softmax of each row between them.

use super::super::axis::Extent;
use super::super::enclosing::{integer, matmul, softmax_vjp};
use super::super::softmax::enclosures;
use super::values::Lengths;
use crate::kernel::gemm::Mat;
use crate::kernel::scratch::with_buffers;
use crate::kernel::wide::WideBall;

/// `p`: the softmax of the scores `c q · k` of all queries of one batch, 0 where the mask is.
fn shares<const K: usize>(
    lengths: Lengths,
    [q, k]: [Mat<'_, WideBall<K>>; 2],
    choice: &impl Fn(usize) -> Option<bool>,
    [scores, p]: [&mut [WideBall<K>]; 2],
) {
    let factor = integer(lengths.width).rsqrt();
    matmul(q, k.t(), scores);
    for score in &mut *scores {
        *score = *score * factor;
    }
    let rows = Extent { outer: lengths.queries, len: lengths.keys, inner: 1 };
    enclosures::values(rows, scores, choice, p);
}

/// Part `b` of a row-major tensor, as a matrix.
fn part<T>(x: &[T], b: usize, rows: usize, cols: usize) -> Mat<'_, T> {
    Mat::row_major(&x[b * rows * cols..][..rows * cols], rows, cols)
}

/// Part `b`, to be written.
fn part_mut<T>(x: &mut [T], b: usize, numel: usize) -> &mut [T] {
    &mut x[b * numel..][..numel]
}

/// `y = p v`.
pub(super) fn values<const K: usize>(
    lengths: Lengths,
    [q, k, v]: [&[WideBall<K>]; 3],
    choice: impl Fn(usize) -> Option<bool>,
    y: &mut [WideBall<K>],
) {
    let Lengths { batch, queries, keys, width, depth } = lengths;
    with_buffers([queries * keys; 2], |[scores, p]: [&mut [WideBall<K>]; 2]| {
        for b in 0..batch {
            let choice = |i: usize| choice(b * queries * keys + i);
            shares(lengths, [part(q, b, queries, width), part(k, b, keys, width)], &choice, [&mut *scores, &mut *p]);
            let p = Mat::row_major(&*p, queries, keys);
            matmul(p, part(v, b, keys, depth), part_mut(y, b, queries * depth));
        }
    });
}

/// `v̄ = pᵀ ȳ`, and with `s` the cotangent of the scores, `q̄ = c s k` and `k̄ = c sᵀ q`.
pub(super) fn cotangents<const K: usize>(
    lengths: Lengths,
    [q, k, v, dy]: [&[WideBall<K>]; 4],
    choice: impl Fn(usize) -> Option<bool>,
    [mut dq, mut dk, mut dv]: [Option<&mut [WideBall<K>]>; 3],
) {
    let Lengths { batch, queries, keys, width, depth } = lengths;
    let factor = integer(width).rsqrt();
    with_buffers([queries * keys; 2], |[p, s]: [&mut [WideBall<K>]; 2]| {
        for b in 0..batch {
            let choice = |i: usize| choice(b * queries * keys + i);
            let ([q, k], dy) = ([part(q, b, queries, width), part(k, b, keys, width)], part(dy, b, queries, depth));
            shares(lengths, [q, k], &choice, [&mut *s, &mut *p]);
            if let Some(dv) = &mut dv {
                matmul(Mat::row_major(&*p, queries, keys).t(), dy, part_mut(dv, b, keys * depth));
            }
            matmul(dy, part(v, b, keys, depth).t(), s);
            for (p, s) in p.chunks_exact(keys.max(1)).zip(s.chunks_exact_mut(keys.max(1))) {
                softmax_vjp(p, s);
                for s in &mut *s {
                    *s = *s * factor;
                }
            }
            let s = Mat::row_major(&*s, queries, keys);
            if let Some(dq) = &mut dq {
                matmul(s, k, part_mut(dq, b, queries * width));
            }
            if let Some(dk) = &mut dk {
                matmul(s.t(), q, part_mut(dk, b, keys * width));
            }
        }
    });
}
