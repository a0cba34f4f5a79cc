//! The shadow: the same graph once more as balls in f64, to measure a run against.
//!
//! An a posteriori bound pays for the worst rounding at each step, and after two or three layers says nothing about a
//! gradient. The shadow evaluates the graph in f64 with radii of its own. Every real value is within the shadow's radius
//! of the shadow's midpoint, so
//!
//! ```text
//! |run - real|  <=  |run - mid| + rad
//! ```
//!
//! and for a run in f32 or narrower, `rad` is some `2^-29` of what matters. The bound is not a worst case: it is the error
//! that this run made, plus a sliver.
//!
//! A shadow looks at itself. Where its own radius is more than a hundredth of the error that it reports, radii of one
//! number for each tensor were too blunt, and it goes on with one for each element; [`Certificate::level`] says which answered.

mod certificate;
mod enclosed;
mod verdict;

use std::ops::Range;

use nfgrad_shapes::{Listed, Span};

use crate::bound::{Domain, Elementwise, Rule, Uniform, Up};
use crate::format::Format;
use crate::graph::{BoundedRun, HasLoss, RevGraph, Run};

pub use certificate::{Certificate, ValueCertificate};
pub use enclosed::{Enclosed, Enclosures};
use enclosed::{distance, largest_error};
pub use verdict::{Tally, Verdict};

/// The radii with which a shadow answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// One radius for each tensor.
    Uniform,
    /// One radius for each element.
    Elementwise,
}

impl Level {
    /// Where the radii of an entry are.
    fn range(self, position: usize, span: Span) -> Range<usize> {
        match self {
            Self::Uniform => Uniform::range(position, span.offset, span.numel),
            Self::Elementwise => Elementwise::range(position, span.offset, span.numel),
        }
    }
}

/// A graph evaluated as balls in f64 at the leaves of a run: every format up to f64 embeds in it, so the leaves are the
/// same numbers.
///
/// ```
/// use nfgrad::prelude::*;
///
/// graph! {
///     /// A parabola.
///     graph Parabola {
///         param w: [3];
///         output loss = sum(w * w);
///     }
/// }
///
/// let mut run = Parabola::run::<f32>();
/// run.leaves_mut().w.copy_from_slice(&[0.1, 0.2, 0.3])?;
/// run.forward();
/// run.backward();
///
/// let mut shadow = Shadow::<Parabola>::new();
/// let certificate = shadow.certify(&run);
/// assert!(certificate.outputs().loss.max_error().get() < 1e-8);
/// assert_eq!(certificate.gradients().w.max_error().get(), 0.0); // w + w is exact
/// # Ok::<(), nfgrad::Error>(())
/// ```
#[derive(Debug)]
pub struct Shadow<G: RevGraph> {
    uniform: BoundedRun<G, f64, Uniform>,
    /// Allocated when it is first needed.
    sharp: Option<Box<BoundedRun<G, f64, Elementwise>>>,
    level: Level,
}

impl<G: RevGraph> Shadow<G> {
    /// A shadow that has not looked at any run.
    pub fn new() -> Self {
        Self { uniform: BoundedRun::new(), sharp: None, level: Level::Uniform }
    }

    /// Evaluates the graph, values only, at the leaves of a run.
    pub fn certify_values<'a, F: Format>(&'a mut self, run: &'a Run<G, F>) -> ValueCertificate<'a, G, F> {
        self.uniform.copy_leaves_from(run);
        self.uniform.forward();
        self.level = Level::Uniform;
        if self.is_blunt(run, false) {
            let sharp = self.sharp.get_or_insert_default();
            sharp.copy_leaves_from(run);
            sharp.forward();
            self.level = Level::Elementwise;
        }
        ValueCertificate { shadow: self, run }
    }

    /// Evaluates the graph and the gradient of its loss at the leaves of a run.
    pub fn certify<'a, F: Format>(&'a mut self, run: &'a Run<G, F>) -> Certificate<'a, G, F>
    where
        G: HasLoss,
    {
        self.uniform.copy_leaves_from(run);
        self.uniform.forward();
        self.uniform.backward();
        self.level = Level::Uniform;
        if self.is_blunt(run, true) {
            let sharp = self.sharp.get_or_insert_default();
            sharp.copy_leaves_from(run);
            sharp.forward();
            sharp.backward();
            self.level = Level::Elementwise;
        }
        Certificate { values: ValueCertificate { shadow: self, run } }
    }

    /// Whether some output (or gradient) has a radius beyond a hundredth of the error it is to bound.
    ///
    /// An error below the last place of the run's largest value is not worth more work: the bound is then already
    /// as small as the format can tell.
    fn is_blunt<F: Format>(&self, run: &Run<G, F>, gradients: bool) -> bool {
        let mut blunt = false;
        G::Context::LAYOUT.for_each(&mut |position, span| {
            if G::OUTPUTS.contains(&position) {
                let mid = &self.uniform.run().values().values()[span.offset..][..span.numel];
                let rad = &self.uniform.radii()[Uniform::range(position, span.offset, span.numel)];
                blunt |= is_blunt(&run.values().values()[span.offset..][..span.numel], mid, rad);
            } else if gradients && position < G::PARAMS {
                let mid = &self.uniform.run().cotangents().values()[span.offset..][..span.numel];
                let rad = &self.uniform.cotangent_radii()[Uniform::range(position, span.offset, span.numel)];
                blunt |= is_blunt(&run.cotangents().values()[span.offset..][..span.numel], mid, rad);
            }
        });
        blunt
    }
}

impl<G: RevGraph> Shadow<G> {
    /// The values (or cotangents) of the shadow that answered, and its radii for the entry at a position.
    fn answer(&self, is_gradient: bool) -> (&[f64], &[f64]) {
        match (&self.sharp, self.level) {
            (Some(sharp), Level::Elementwise) => parts(sharp, is_gradient),
            _ => parts(&self.uniform, is_gradient),
        }
    }
}

/// Values and radii, or cotangents and theirs.
fn parts<G: RevGraph, D: Domain>(run: &BoundedRun<G, f64, D>, is_gradient: bool) -> (&[f64], &[f64]) {
    if is_gradient {
        (run.run().cotangents().values(), run.cotangent_radii())
    } else {
        (run.run().values().values(), run.radii())
    }
}

impl<G: RevGraph> Default for Shadow<G> {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the radius of a tensor is more than a hundredth of its largest error.
fn is_blunt<F: Format>(run: &[F], mid: &[f64], rad: &[f64]) -> bool {
    let (mut gap, mut largest) = ([0.0], [0.0]);
    Uniform::fill(&mut gap, run.len(), Gap { run, mid });
    Uniform::fill(&mut largest, run.len(), |i: usize| run[i].magnitude());
    rad[0] > gap[0].max(F::from_f64(largest[0]).half_ulp().get()) / 100.0
}

/// How far the elements of a run are from the midpoints of the shadow.
struct Gap<'a, F> {
    run: &'a [F],
    mid: &'a [f64],
}

impl<F: Format> Rule for Gap<'_, F> {
    #[inline(always)]
    fn radius(&self, i: usize) -> Up {
        distance(self.run[i], self.mid[i])
    }

    #[inline(always)]
    fn limited_to(self, numel: usize) -> Self {
        Self { run: &self.run[..numel], mid: &self.mid[..numel] }
    }
}
