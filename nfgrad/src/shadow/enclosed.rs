//! [`Enclosed`]: a tensor of a run, and how far each element can be from the real one.

use std::fmt;
use std::marker::PhantomData;

use nfgrad_shapes::{Shape, Span};

use super::needed::needed;
use super::{Answer, Tensor, Verdict};
use crate::bound::Up;
use crate::format::Format;
use crate::graph::{Entries, Place, Source};
use crate::tensor::TensorRef;

/// A tensor that a run computed, beside the ball of its shadow.
pub struct Enclosed<'a, F, S> {
    run: &'a [F],
    real: Tensor<'a>,
    shape: PhantomData<S>,
}

impl<F, S> Clone for Enclosed<'_, F, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, S> Copy for Enclosed<'_, F, S> {}

impl<'a, F: Format, S: Shape> Enclosed<'a, F, S> {
    /// What the run computed.
    pub fn values(&self) -> TensorRef<'a, F, S> {
        TensorRef::new(self.run)
    }

    /// The midpoints of the shadow: the best estimate of the real values that there is.
    pub fn mid(&self) -> TensorRef<'a, f64, S> {
        TensorRef::new(self.real.mid())
    }

    /// The shadow's own radius of element `i`: the real value is within it of the midpoint.
    ///
    /// # Panics
    /// If `i` is outside the tensor and the shadow keeps one radius for each element.
    pub fn shadow_radius(&self, i: usize) -> Up {
        self.real.radius(i)
    }

    /// A bound on `|run - real|` for element `i`, counted in row-major order; ∞ where nothing is known.
    ///
    /// # Panics
    /// If `i` is outside the tensor.
    pub fn error(&self, i: usize) -> Up {
        self.real.error(i, self.run[i])
    }

    /// The largest bound of the tensor.
    pub fn max_error(&self) -> Up {
        largest_error(self.run, &self.real)
    }

    /// How many bits numbers need for this tensor to be bounded well: the bits of the level that the shadow reached, and those by which its radii were too
    /// large, or fewer where there was room. `None` where it cannot be told: the radii of too many entries are infinite, or no entry of the run is finite.
    ///
    /// Well bounded is a tensor if the radii of a quarter of its entries are at most a hundredth of their errors, and those of no more than a quarter are larger than their errors; an error
    /// counts as no less than half a unit in the last place. An estimate: rounding errors of other lengths are others, and in f64 there are other rules.
    pub fn needed(&self) -> Option<u32> {
        needed(self.run, &self.real)
    }

    /// The largest magnitude that the run computed.
    pub fn max_abs(&self) -> f64 {
        self.values().max_abs()
    }

    /// For each row along the last axis: is the largest element the one that exact real arithmetic makes largest?
    ///
    /// A scalar is one row of one element. Rows of no elements have no verdict.
    pub fn argmax(&self) -> impl Iterator<Item = Verdict> + use<'a, F, S> {
        let this = *self;
        let classes = S::DIMS.last().copied().unwrap_or(1).max(1);
        (0..this.run.len() / classes).map(move |row| {
            let range = row * classes..(row + 1) * classes;
            Verdict::of(&this.run[range.clone()], &this.real.mid()[range.clone()], |j| {
                this.shadow_radius(range.start + j)
            })
        })
    }
}

impl<F: Format, S: Shape> fmt::Debug for Enclosed<'_, F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} within {:e}", self.values(), self.max_error().get())
    }
}

/// Enclosed tensors, as a kind of entry.
#[derive(Debug)]
pub struct Enclosures<'a, F> {
    run: &'a [F],
    answer: Answer<'a>,
}

impl<'a, F> Enclosures<'a, F> {
    pub(super) fn new(run: &'a [F], answer: Answer<'a>) -> Self {
        Self { run, answer }
    }
}

impl<'a, F: Format> Entries for Enclosures<'a, F> {
    type Entry<S: Shape> = Enclosed<'a, F, S>;
}

impl<'a, F: Format> Source for Enclosures<'a, F> {
    type Kind = Self;

    fn at<S: Shape>(&mut self, place: Place) -> Enclosed<'a, F, S> {
        let (offset, numel) = (place.offset, S::NUMEL);
        let real = self.answer.at(place.position, Span { offset, numel });
        Enclosed { run: &self.run[offset..][..numel], real, shape: PhantomData }
    }
}

/// The largest error bound of a tensor.
pub(super) fn largest_error<F: Format>(run: &[F], real: &Tensor<'_>) -> Up {
    run.iter().enumerate().map(|(i, &x)| real.error(i, x)).fold(Up::ZERO, Up::max)
}
