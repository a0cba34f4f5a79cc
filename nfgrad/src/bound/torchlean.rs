//! [`T0`]: TorchLean's own bounds, to compare with.

use std::ops::Range;

use super::{BallMat, Domain, Rule, Uniform, Up};
use crate::format::{Accumulator, Format};

/// TorchLean's runtime and TorchLean's bounds, to the letter: one number for each tensor, its constants, its charges.
///
/// The theorems of its `NN.Proofs.RuntimeApprox` speak of one order of operations, so in this domain a run computes *that* order
/// and not ours: a sigmoid is four rounded operations, a softplus the naive `ln(1 + e^x)`, a product the strict left fold with
/// two roundings a term. What each op computes and what its bound is stands in `op/torchlean.rs`. Ops of which TorchLean states
/// nothing are computed as usual and have the radius ∞.
///
/// ```
/// use nfgrad::bound::T0;
/// use nfgrad::format::RoundEach;
/// use nfgrad::prelude::*;
///
/// graph! {
///     graph Gate { param x: [1]; output y = sigmoid(x); }
/// }
///
/// let half = RoundEach::from(0.5_f32);
/// let mut theirs = Gate::bounded::<RoundEach<f32>, T0>();
/// theirs.leaves_mut().x.copy_from_slice(&[half])?;
/// theirs.forward()?;
/// let mut ours = Gate::bounded::<RoundEach<f32>, Elementwise>();
/// ours.leaves_mut().x.copy_from_slice(&[half])?;
/// ours.forward()?;
/// assert!(theirs.outputs().y.radius(0).get() > 1.62); // of a number in (0, 1)
/// assert!(ours.outputs().y.radius(0).get() < 4e-8);
/// # Ok::<(), nfgrad::Error>(())
/// ```
///
/// The bounds are true only where every operation is rounded once, to nearest, in that order:
/// [`RoundEach`](crate::format::RoundEach) and [`Nf`](crate::format::Nf). With any other format the program is not built:
///
/// ```compile_fail,E0080
/// # use nfgrad::bound::T0;
/// # use nfgrad::prelude::*;
/// # graph! { graph Gate { param x: [1]; output y = sigmoid(x); } }
/// let run = Gate::bounded::<f32, T0>(); // f32 sums blocks, with or without FMA
/// ```
///
/// # The way back
///
/// A reverse step adds the contributions of a node to the whole context of all that comes before it, and every addition is
/// charged: `max (ε + ε' + h(x + x'))` for *every* tensor, also where `x'` is zero and the addition exact (`ctxAddBound`). So a
/// backward sweep of `n` nodes takes `n²` steps in this domain. Contributions to one tensor, as those of `x * x`, are added up before
/// they are added to it, except that `x - x` contributes an exact zero. A node that is a graph of its own is one such step outside,
/// and has its own context inside. What lies on no way from a parameter to the loss gets no contribution, as everywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct T0;

impl Domain for T0 {
    const NAME: &'static str = "T0";
    const TORCHLEAN: bool = true;

    #[inline]
    fn len(numel: usize) -> usize {
        Uniform::len(numel)
    }

    #[inline]
    fn range(position: usize, offset: usize, numel: usize) -> Range<usize> {
        Uniform::range(position, offset, numel)
    }

    #[inline]
    fn context_len(entries: usize, size: usize) -> usize {
        Uniform::context_len(entries, size)
    }

    #[inline]
    fn at(radii: &[f64], i: usize) -> Up {
        Uniform::at(radii, i)
    }

    #[inline]
    fn fill(radii: &mut [f64], numel: usize, rule: impl Rule) {
        Uniform::fill(radii, numel, rule);
    }

    #[inline]
    fn fill_part(radii: &mut [f64], range: Range<usize>, rule: impl FnOnce(&mut [f64])) {
        Uniform::fill_part(radii, range, rule);
    }

    #[inline]
    fn accumulate(radii: &mut [f64], other: &[f64], numel: usize, rounding: impl Fn(usize) -> Up) {
        Uniform::accumulate(radii, other, numel, rounding);
    }

    /// Half a unit in the last place of the sum, whether or not it is exact.
    #[inline]
    fn addition_error<F: Format>(_: F, _: F, sum: F) -> Up {
        sum.half_ulp()
    }

    /// Not asked for where TorchLean has a rule; right all the same.
    fn product<F: Format>(a: BallMat<'_, F>, b: BallMat<'_, F>, y: &[F], radii: &mut [f64]) {
        Uniform::product(a, b, y, radii);
    }
}

/// Refuses, when the program is built, TorchLean's bounds of a format that does not compute as TorchLean does.
pub(crate) const fn assert_fits<F: Format, D: Domain>() {
    assert!(
        !D::TORCHLEAN || (<F::Acc as Accumulator>::LEFT_FOLD && F::TO_NEAREST && !F::ROUNDS_ONCE),
        "TorchLean's bounds (T0) are true only of a format that rounds every operation to nearest and sums from left to right: \
         `RoundEach<f32>`, or an `Nf` that rounds to nearest"
    );
}
