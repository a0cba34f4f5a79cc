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
//! number for each tensor, the largest error, were too blunt. It goes on with the 2-norms of the errors, which grow far less from layer
//! to layer, and then with one radius for each element. Every radius that is known is true, so an element has the smallest of
//! those that were computed; [`Certificate::level`] says how far the shadow went.

mod answer;
mod certificate;
mod enclosed;
mod verdict;

use nfgrad_shapes::Listed;

use crate::bound::{Domain, Elementwise, Euclidean, Rule, Uniform, Up};
use crate::error::{Error, Processor};
use crate::format::Format;
use crate::graph::{BoundedRun, HasLoss, RevGraph, Run};

use answer::{Answer, Radii};
pub use certificate::{Certificate, ValueCertificate};
use enclosed::distance;
pub use enclosed::{Enclosed, Enclosures};
pub use verdict::{Tally, Verdict};

/// The sharpest radii that a shadow computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The largest error of each tensor.
    Uniform,
    /// And the 2-norm of its errors.
    Euclidean,
    /// And the error of each element.
    Elementwise,
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
/// let certificate = shadow.certify(&run)?;
/// assert!(certificate.outputs().loss.max_error().get() < 1e-8);
/// assert_eq!(certificate.gradients().w.max_error().get(), 0.0); // w + w is exact
/// # Ok::<(), nfgrad::Error>(())
/// ```
#[derive(Debug)]
pub struct Shadow<G: RevGraph> {
    uniform: BoundedRun<G, f64, Uniform>,
    /// Allocated when they are first needed.
    euclidean: Option<Box<BoundedRun<G, f64, Euclidean>>>,
    elementwise: Option<Box<BoundedRun<G, f64, Elementwise>>>,
    level: Level,
}

impl<G: RevGraph> Shadow<G> {
    /// A shadow that has not looked at any run.
    pub fn new() -> Self {
        Self { uniform: BoundedRun::new(), euclidean: None, elementwise: None, level: Level::Uniform }
    }

    /// Evaluates the graph, values only, at the leaves of a run.
    ///
    /// # Errors
    /// [`Error::Processor`] if this thread does not compute as all bounds assume; [`Error::Stale`] unless the values of the run are those of its
    /// leaves, by a forward sweep after the last of them was written.
    pub fn certify_values<'a, F: Format>(
        &'a mut self,
        run: &'a Run<G, F>,
    ) -> Result<ValueCertificate<'a, G, F>, Error> {
        Processor::check()?;
        run.need_values("certify_values")?;
        self.level = Level::Uniform;
        evaluate(&mut self.uniform, run)?;
        if self.is_blunt(run, false) {
            self.level = Level::Euclidean;
            evaluate(self.euclidean.get_or_insert_default(), run)?;
        }
        if self.level == Level::Euclidean && self.is_blunt(run, false) {
            self.level = Level::Elementwise;
            evaluate(self.elementwise.get_or_insert_default(), run)?;
        }
        Ok(ValueCertificate { shadow: self, run })
    }

    /// Evaluates the graph and the gradient of its loss at the leaves of a run.
    ///
    /// # Errors
    /// [`Error::Processor`] if this thread does not compute as all bounds assume; [`Error::Stale`] unless the values of the run and the gradient of
    /// its loss are those of its leaves, by a forward and a backward sweep after the last of them was written. What
    /// [`Run::backward_from`] computes is not that gradient.
    pub fn certify<'a, F: Format>(&'a mut self, run: &'a Run<G, F>) -> Result<Certificate<'a, G, F>, Error>
    where
        G: HasLoss,
    {
        Processor::check()?;
        run.need_gradient("certify")?;
        self.level = Level::Uniform;
        differentiate(&mut self.uniform, run)?;
        if self.is_blunt(run, true) {
            self.level = Level::Euclidean;
            differentiate(self.euclidean.get_or_insert_default(), run)?;
        }
        if self.level == Level::Euclidean && self.is_blunt(run, true) {
            self.level = Level::Elementwise;
            differentiate(self.elementwise.get_or_insert_default(), run)?;
        }
        Ok(Certificate { values: ValueCertificate { shadow: self, run } })
    }

    /// Whether some output (or gradient) has a radius beyond a hundredth of the errors it is to bound.
    ///
    /// An error below the last place of the run's largest value is not worth more work: the bound is then already
    /// as small as the format can tell.
    fn is_blunt<F: Format>(&self, run: &Run<G, F>, gradients: bool) -> bool {
        let mut blunt = false;
        let (values, cotangents) = (self.answer(false), self.answer(true));
        G::Context::LAYOUT.for_each(&mut |position, span| {
            let own = span.offset..span.offset + span.numel;
            if G::OUTPUTS.contains(&position) {
                let (mid, radii) = values.at(position, span);
                blunt |= is_blunt(&run.values().values()[own], mid, radii);
            } else if gradients && position < G::PARAMS {
                let (mid, radii) = cotangents.at(position, span);
                blunt |= is_blunt(&run.cotangents().values()[own], mid, radii);
            }
        });
        blunt
    }

    /// The values (or cotangents) of the shadow with all radii of them that were computed.
    fn answer(&self, is_gradient: bool) -> Answer<'_> {
        let euclidean = self.euclidean.as_ref().filter(|_| self.level >= Level::Euclidean);
        let elementwise = self.elementwise.as_ref().filter(|_| self.level >= Level::Elementwise);
        let values = if is_gradient { self.uniform.run().cotangents() } else { self.uniform.run().values() };
        Answer {
            mid: values.values(),
            uniform: radii(&self.uniform, is_gradient),
            euclidean: euclidean.map(|run| radii(run, is_gradient)),
            elementwise: elementwise.map(|run| radii(run, is_gradient)),
        }
    }
}

/// Both sweeps at the leaves of a run.
fn differentiate<G: HasLoss, F: Format, D: Domain>(
    shadow: &mut BoundedRun<G, f64, D>,
    run: &Run<G, F>,
) -> Result<(), Error> {
    evaluate(shadow, run)?;
    shadow.backward()
}

/// The forward sweep at the leaves of a run.
fn evaluate<G: RevGraph, F: Format, D: Domain>(
    shadow: &mut BoundedRun<G, f64, D>,
    run: &Run<G, F>,
) -> Result<(), Error> {
    shadow.copy_leaves_from(run);
    shadow.forward()
}

/// The radii of all values, or of all cotangents.
fn radii<G: RevGraph, D: Domain>(run: &BoundedRun<G, f64, D>, is_gradient: bool) -> &[f64] {
    if is_gradient { run.cotangent_radii() } else { run.radii() }
}

impl<G: RevGraph> Default for Shadow<G> {
    fn default() -> Self {
        Self::new()
    }
}

/// The largest error of a tensor is mostly less than three times its median error, so a radius of this part of the largest is less than a
/// hundredth of the median.
const BLUNT: f64 = 300.0;

/// Whether the radius of a tensor is more than that part of its largest error.
fn is_blunt<F: Format>(run: &[F], mid: &[f64], radii: Radii<'_>) -> bool {
    let (mut gap, mut largest) = ([0.0], [0.0]);
    Uniform::fill(&mut gap, run.len(), Gap { run, mid });
    Uniform::fill(&mut largest, run.len(), |i: usize| run[i].magnitude());
    radii.largest() > gap[0].max(F::from_f64(largest[0]).half_ulp().get()) / BLUNT
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
