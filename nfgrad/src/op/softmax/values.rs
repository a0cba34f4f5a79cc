//! What a softmax computes, and its way back.

use super::super::axis::Extent;
use super::super::logits::{Block, room};
use super::{gather, remaining};
use crate::format::{Accumulator, Format};
use crate::kernel::dispatch::wide;
use crate::kernel::reduce::sum_of;
use crate::kernel::scratch::{split, with_scratch};

#[inline]
pub(super) fn forward<F: Format>(extent: Extent, x: &[F], keep: impl Fn(usize) -> bool, y: &mut [F]) {
    with_scratch([extent.len, room(extent.len)], |[z, room]: [&mut [f64]; 2]| values(extent, x, keep, y, [z, room]));
}

wide! {
    fn values<F: Format, K: Fn(usize) -> bool>(extent: Extent, x: &[F], keep: K, y: &mut [F], scratch: [&mut [f64]; 2]) {
        let [z, room] = scratch;
        for target in 0..extent.targets() {
            let count = gather(extent.sources(target).filter(|&i| keep(i)), |i| x[i].to_f64(), z);
            let count = remaining(&z[..count]);
            let block = Block::<F::Acc>::new(&z[..count], count, 0..1, room);
            let (row, weights) = block.row(0);
            extent.sources(target).for_each(|i| y[i] = F::ZERO);
            for (i, (j, &weight)) in extent.sources(target).filter(|&i| keep(i)).zip(weights.iter().enumerate()) {
                y[i] = F::from_acc(row.share(j, weight));
            }
        }
    }
}

#[inline]
pub(super) fn vjp<F: Format>(extent: Extent, keep: impl Fn(usize) -> bool, y: &[F], dy: &[F], dx: &mut [F]) {
    with_scratch([2 * extent.len], |[rows]: [&mut [f64]; 1]| cotangents(extent, keep, y, dy, dx, rows));
}

wide! {
    fn cotangents<F: Format, K: Fn(usize) -> bool>(
        extent: Extent,
        keep: K,
        y: &[F],
        dy: &[F],
        dx: &mut [F],
        rows: &mut [f64],
    ) {
        let [shares, differences] = split(rows, extent.len);
        for target in 0..extent.targets() {
            let kept = || extent.sources(target).filter(|&i| keep(i));
            let count = gather(kept(), |i| y[i].to_f64(), shares);
            gather(kept(), |i| dy[i].to_f64(), differences);
            let mean = mean_difference::<F::Acc>(&shares[..count], &mut differences[..count]).0;
            extent.sources(target).for_each(|i| dx[i] = F::ZERO);
            for (i, &d) in kept().zip(&*differences) {
                dx[i] = F::from_acc(y[i].to_acc() * (F::Acc::restored(d) - mean));
            }
        }
    }
}

/// Replaces `ȳ` by `d`; returns `c`, and the `ȳ` of the largest `y`.
#[inline(always)]
pub(in super::super) fn mean_difference<A: Accumulator>(y: &[f64], d: &mut [f64]) -> (A, A) {
    let top = (1..y.len()).fold(0, |top, k| if y[k] > y[top] { k } else { top });
    let base = d.get(top).map_or(A::zero(), |&d| A::restored(d));
    for d in &mut *d {
        *d = (A::restored(*d) - base).to_f64();
    }
    (sum_of::<A>(y.len(), |k| A::restored(y[k]) * A::restored(d[k])), base)
}
