//! When are the radii of a shadow too large for what they are to bound?
//!
//! Entry by entry, and not by the largest of a tensor: one that has overflowed, or that is far larger than its neighbours, says nothing
//! of theirs. Entry `i` has a *scale*: the error that the run made there, or half a unit in the last place of what it computed if that
//! is more, for a bound below that is as small as the format can tell. Beside it the radius of the shadow is
//!
//! - *fine*, if it is at most a hundredth of the scale: the bound is then the error and a sliver;
//! - *coarse*, if it is more than the scale: the bound says more of the shadow than of the run.
//!
//! A tensor is blunt unless at least a quarter of its entries is fine and at most a quarter is coarse. Entries are not asked to be fine
//! all of them, since scales differ: in the gradients of a small trained network a few in ten thousand entries are a million times
//! smaller than most, and it would cost more to resolve these than all the others.
//!
//! An entry that is not finite, in the run or in the shadow, has no error to be found and is not counted. Nor is an exact 0 that the
//! shadow finds to be 0 as well, as behind a relu: it has no scale. But it counts as coarse where nothing at all is known of it.
//!
//! So a level on which some entries are hopeless is good enough if the others are well there. Above f64 the same is asked: radii are measured from the
//! ball itself, since an f64 near its midpoint is off by more than a radius of 128 bits.

use super::{Shadow, Tensor};
use crate::bound::Up;
use crate::format::Format;
use crate::graph::{RevGraph, Run};

impl<G: RevGraph> Shadow<G> {
    /// Whether some output, or gradient, is blunt.
    pub(super) fn is_blunt<F: Format>(&self, run: &Run<G, F>, gradients: bool) -> bool {
        let mut blunt = false;
        self.each(run, gradients, &mut |run, real| blunt = blunt || Census::of(run, real).is_blunt());
        blunt
    }
}

/// A radius up to this part of its scale is fine.
const FINE: f64 = 0.01;

/// How many entries are looked at together, and how many such blocks at most.
const BLOCK: usize = 64;
const BLOCKS: usize = 32;

/// Which of so many entries are looked at: all of a small tensor, and of a large one blocks that are spread evenly. Shares of a quarter need
/// no more, and a look at all of them would be felt beside the sweeps.
pub(super) fn sample(numel: usize) -> impl Iterator<Item = usize> {
    let step = numel.div_ceil(BLOCK).div_ceil(BLOCKS).max(1) * BLOCK;
    (0..numel).step_by(step).flat_map(move |start| start..numel.min(start + BLOCK))
}

/// How many entries of a tensor count, and how sharp their radii are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Census {
    counted: usize,
    fine: usize,
    coarse: usize,
}

impl Census {
    /// Counts the entries of a tensor of the run, beside the balls of the shadow.
    fn of<F: Format>(run: &[F], real: &Tensor<'_>) -> Self {
        let mut census = Self::default();
        for i in sample(run.len()) {
            census.count(run[i], real.mid()[i], real.measured(i, run[i]));
        }
        census
    }

    /// Whether the tensor deserves better radii.
    fn is_blunt(self) -> bool {
        4 * self.fine < self.counted || 4 * self.coarse > self.counted
    }

    /// Counts one entry, without a branch: what is coarse and what is not is in no order.
    #[inline(always)]
    fn count<F: Format>(&mut self, x: F, mid: f64, (distance, radius): (Up, f64)) {
        let scale = distance.max(x.half_ulp()).get();
        let is_finite = x.is_finite() & (mid.abs() < f64::INFINITY);
        let is_known = radius < f64::INFINITY;
        let has_scale = (mid != 0.0) | (x != F::ZERO);
        let is_fine = is_known & (radius <= scale * FINE);
        let is_coarse = !is_known | (radius > scale);
        let counts = is_finite & (has_scale | !is_known);
        self.counted += usize::from(counts);
        self.fine += usize::from(counts & is_fine);
        self.coarse += usize::from(counts & is_coarse);
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::Radii;
    use super::*;

    /// Of numbers around 1 in f32, whose scale is `2^-24` or their error.
    fn is_blunt(run: &[f32], mid: &[f64], radius: f64) -> bool {
        Census::of(run, &Tensor::new(mid, Radii { all: Up::new(radius), each: None }, None)).is_blunt()
    }

    #[test]
    fn a_sample_is_all_of_a_small_tensor_and_some_of_a_large_one() {
        for numel in [0, 1, 63, 64, 65, 2047, 2048] {
            assert!(sample(numel).eq(0..numel), "{numel}");
        }
        for numel in [2049, 5000, 100_352, 1_000_003] {
            let sample: Vec<_> = sample(numel).collect();
            assert!(sample.len() > 1000 && sample.len() <= 2048, "{numel}");
            assert!(sample.is_sorted() && sample.last().is_some_and(|&last| last < numel && last >= numel / 32 * 29));
        }
    }

    #[test]
    fn the_scale_is_the_error_or_half_a_unit() {
        let half = 2f64.powi(-24);
        assert!(!is_blunt(&[1.0], &[1.0], half * 0.0099));
        assert!(is_blunt(&[1.0], &[1.0], half * 0.011));
        assert!(!is_blunt(&[1.0], &[1.5], 0.0049));
        assert!(is_blunt(&[1.0], &[1.5], 0.0051));
    }

    #[test]
    fn what_is_not_finite_does_not_count() {
        for (x, mid) in [(f32::NAN, 1.0), (f32::INFINITY, 1.0), (1.0, f64::NAN), (1.0, f64::INFINITY)] {
            assert!(!is_blunt(&[x], &[mid], f64::INFINITY));
            assert!(is_blunt(&[x, x, x, x, 1.0], &[mid, mid, mid, mid, 1.0], f64::INFINITY));
        }
    }

    #[test]
    fn one_large_entry_does_not_speak_for_its_neighbours() {
        let (run, mid) = ([1e30, 1.0, 1.0, 1.0, 1.0], [1.01e30, 1.0, 1.0, 1.0, 1.0]);
        assert!(is_blunt(&run, &mid, 1e10));
        assert!(!is_blunt(&run, &mid, 1e-12));
    }

    #[test]
    fn some_that_are_far_smaller_are_left_as_they_are() {
        let (run, mid) = ([1e-30, 1.0, 1.0, 1.0, 1.0], [1e-30, 1.0, 1.0, 1.0, 1.0]);
        assert!(!is_blunt(&run, &mid, 1e-12));
        assert!(is_blunt(&run[..2], &mid[..2], 1e-12));
    }

    #[test]
    fn zeros_count_only_where_nothing_is_known_of_them() {
        assert!(!is_blunt(&[0.0; 4], &[0.0; 4], 1.0));
        assert!(is_blunt(&[0.0; 4], &[0.0; 4], f64::INFINITY));
        assert!(is_blunt(&[0.0; 4], &[1e-3; 4], 1.0));
    }
}
