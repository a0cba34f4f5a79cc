//! TorchLean's softmax, row by row.

use super::super::axis::Extent;
use super::super::torchlean::{self, Tensor};
use super::Choice;
use crate::bound::{Ball, T0, Up};
use crate::format::Format;

/// The values and the largest of their bounds.
pub(super) fn values<F: Format>(
    extent: Extent,
    x: Ball<'_, F, T0>,
    choice: impl Fn(usize) -> Choice,
    y: &mut [F],
) -> Up {
    let mut largest = Up::ZERO;
    for target in 0..extent.targets() {
        let sources: Vec<usize> = extent.sources(target).collect();
        let row = Tensor { mid: sources.iter().map(|&i| x.mid[i]).collect(), error: x.radius(0) };
        let shares = torchlean::softmax(&row, |k| choice(sources[k]).kept());
        sources.iter().zip(&shares.mid).for_each(|(&i, &share)| y[i] = share);
        let doubt = sources.iter().map(|&i| choice(i).doubt()).fold(Up::ZERO, Up::max);
        largest = largest.max(shares.error + doubt);
    }
    largest
}

/// The contributions and the largest of their bounds. What a mask leaves out has `y = 0` and contributes 0.
pub(super) fn cotangents<F: Format>(extent: Extent, y: Ball<'_, F, T0>, dy: Ball<'_, F, T0>, dx: &mut [F]) -> Up {
    let mut largest = Up::ZERO;
    for target in 0..extent.targets() {
        let row = |x: Ball<'_, F, T0>| {
            let mid = extent.sources(target).map(|i| x.mid[i]).collect();
            Tensor { mid, error: x.radius(0) }
        };
        let pulled = torchlean::softmax_vjp(&row(y), &row(dy));
        extent.sources(target).zip(&pulled.mid).for_each(|(i, &share)| dx[i] = share);
        largest = largest.max(pulled.error);
    }
    largest
}
