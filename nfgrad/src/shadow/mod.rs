//! The shadow: the same graph once more as balls, in f64 or in more bits, to measure a run against.
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
//! What is real? Exact arithmetic on some leaves, and there is a choice:
//!
//! - [`Shadow::certify`]: on the leaves of the run. A run in bf16 whose weights were rounded from f32 is then held against exact arithmetic
//!   on the *rounded* weights, and what the rounding of the weights has cost is not counted.
//! - [`Shadow::certify_against`]: on the leaves of another run, such as the one in f32.
//!
//! In both, an op that only rounds, such as `cast(x, bf16)`, is the identity: in exact arithmetic nothing is rounded. A leaf that is no
//! f64, in a radix like 10, has a radius: the distance to the nearest one.
//!
//! A shadow looks at itself. Where its own radii are blunt beside the errors that it reports, radii of one
//! number for each tensor, the largest error, were not enough. It goes on with the 2-norms of the errors, which grow far less from layer
//! to layer, and then with one radius for each element. Every radius that is known is true, so an element has the smallest of
//! those that were computed; [`Certificate::level`] says how far the shadow went, and [`Shadow::at_least`] asks for more.
//!
//! In deep networks no radii in f64 are enough. All radii grow by a factor from layer to layer, so that each layer takes some bits. Above f64 the shadow
//! evaluates the graph in balls of 128, 256 or 512 bits, whose operations enclose their real results ([`Op::enclose`](crate::op::Op::enclose)).
//! [`Certificate::needed`] says how many bits it takes, and [`Shadow::at_most`] how many it may take.

mod answer;
mod blunt;
mod certificate;
mod enclosed;
mod ladder;
mod needed;
mod verdict;
mod wide;

use crate::bound::{Domain, Elementwise, Euclidean, InShadow, Uniform};
use crate::error::{Error, Processor};
use crate::format::Format;
use crate::graph::{BoundedRun, HasLoss, RevGraph, Run};

use answer::{Answer, Tensor};
pub use certificate::{Certificate, ValueCertificate};
pub use enclosed::{Enclosed, Enclosures};
pub use ladder::Level;
use ladder::{Both, Forward, Sweeps};
pub use verdict::{Tally, Verdict};
use wide::Wide;

/// A graph evaluated as balls, in f64 and where that is not enough in more bits.
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
    uniform: Balls<G, Uniform>,
    /// Allocated when they are first needed.
    euclidean: Option<Box<Balls<G, Euclidean>>>,
    elementwise: Option<Box<Balls<G, Elementwise>>>,
    /// The rung of wide numbers that was needed last.
    wide: Option<Wide<G>>,
    /// The level of the last answer.
    level: Level,
    /// Whether the 2-norms, and the radii of each element, are of that answer too.
    evaluated: [bool; 2],
    /// The levels that were asked for.
    least: Level,
    most: Level,
}

/// The graph over balls in f64.
type Balls<G, D> = BoundedRun<G, f64, InShadow<D>>;

impl<G: RevGraph> Shadow<G> {
    /// A shadow that has not looked at any run.
    pub fn new() -> Self {
        Self {
            uniform: BoundedRun::new(),
            euclidean: None,
            elementwise: None,
            wide: None,
            level: Level::Uniform,
            evaluated: [false; 2],
            least: Level::Uniform,
            most: Level::Bits512,
        }
    }

    /// Asks for a level: the shadow computes the radii of this level and of all before it, even where they do not seem to be needed.
    ///
    /// A shadow stops as soon as its radii are small beside the errors of most entries. What is much smaller than its
    /// neighbours may still have a radius that was made for them:
    ///
    /// ```
    /// use nfgrad::prelude::*;
    /// use nfgrad::shadow::Level;
    ///
    /// graph! {
    ///     graph Tenths { input x: [9]; output y = 0.1 * x; }
    /// }
    ///
    /// let mut run = Tenths::run::<f32>();
    /// run.leaves_mut().x.copy_from_slice(&[10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 1e-30])?;
    /// run.forward();
    /// let mut shadow = Shadow::new();
    /// assert!(shadow.certify_values(&run)?.outputs().y.error(8).get() > 1e-17);
    /// let mut shadow = Shadow::new().at_least(Level::Elementwise);
    /// assert!(shadow.certify_values(&run)?.outputs().y.error(8).get() < 1e-37);
    /// # Ok::<(), nfgrad::Error>(())
    /// ```
    #[must_use]
    pub fn at_least(mut self, level: Level) -> Self {
        self.least = level;
        self
    }

    /// Caps the level: the shadow computes no radii beyond it, and what is known there is its answer. Each of the upper levels takes
    /// several times as long as the one before it. [`Certificate::needed`] says whether another would do.
    #[must_use]
    pub fn at_most(mut self, level: Level) -> Self {
        self.most = level;
        self
    }

    /// Bounds how far the values of a run are from exact arithmetic on its leaves.
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
        self.climb(&Forward(run), run, false)?;
        Ok(ValueCertificate { shadow: self, run, leaves_of: None })
    }

    /// Bounds how far the values of a run, and the gradients of its loss, are from exact arithmetic on its leaves.
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
        self.climb(&Both(run), run, true)?;
        Ok(Certificate { values: ValueCertificate { shadow: self, run, leaves_of: None } })
    }

    /// Bounds how far the values of a run are from exact arithmetic on the leaves of another: what has it cost to round the leaves
    /// *and* to compute in a narrower format? Of the other run nothing but the leaves is read.
    ///
    /// # Errors
    /// Those of [`Shadow::certify_values`].
    pub fn certify_values_against<'a, F: Format, E: Format>(
        &'a mut self,
        run: &'a Run<G, F>,
        leaves_of: &Run<G, E>,
    ) -> Result<ValueCertificate<'a, G, F>, Error> {
        Processor::check()?;
        run.need_values("certify_values_against")?;
        self.climb(&Forward(leaves_of), run, false)?;
        Ok(ValueCertificate { shadow: self, run, leaves_of: Some(E::NAME) })
    }

    /// Bounds how far the values of a run, and the gradients of its loss, are from exact arithmetic on the leaves of another. Of the other run
    /// nothing but the leaves is read.
    ///
    /// ```
    /// use nfgrad::prelude::*;
    ///
    /// graph! {
    ///     graph Parabola { param w: [1]; output loss = sum(w * w); }
    /// }
    ///
    /// let mut wide = Parabola::run::<f32>();
    /// wide.leaves_mut().w.copy_from_slice(&[1.001])?;
    /// let mut narrow = Parabola::run::<bf16>();
    /// narrow.copy_leaves_from(&wide); // 1.001 becomes 1
    /// narrow.forward();
    /// narrow.backward();
    ///
    /// let mut shadow = Shadow::new();
    /// assert_eq!(shadow.certify(&narrow)?.gradients().w.error(0).get(), 0.0); // of 1² the gradient is 2
    /// let certificate = shadow.certify_against(&narrow, &wide)?;
    /// assert!((0.002..0.0021).contains(&certificate.gradients().w.error(0).get())); // of 1.001² it is 2.002
    /// # Ok::<(), nfgrad::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Shadow::certify`].
    pub fn certify_against<'a, F: Format, E: Format>(
        &'a mut self,
        run: &'a Run<G, F>,
        leaves_of: &Run<G, E>,
    ) -> Result<Certificate<'a, G, F>, Error>
    where
        G: HasLoss,
    {
        Processor::check()?;
        run.need_gradient("certify_against")?;
        self.climb(&Both(leaves_of), run, true)?;
        Ok(Certificate { values: ValueCertificate { shadow: self, run, leaves_of: Some(E::NAME) } })
    }

    /// Goes from level to level until the answer is no longer blunt.
    fn climb<F: Format>(&mut self, sweeps: &impl Sweeps<G>, run: &Run<G, F>, gradients: bool) -> Result<(), Error> {
        self.level = Level::Uniform;
        self.evaluated = [false; 2];
        loop {
            match self.level {
                Level::Uniform => sweeps.evaluate(&mut self.uniform)?,
                Level::Euclidean => {
                    sweeps.evaluate(self.euclidean.get_or_insert_default())?;
                    self.evaluated[0] = true;
                }
                Level::Elementwise => {
                    sweeps.evaluate(self.elementwise.get_or_insert_default())?;
                    self.evaluated[1] = true;
                }
                level @ (Level::Bits128 | Level::Bits256 | Level::Bits512) => {
                    let there = self.wide.take().filter(|wide| wide.level() == level);
                    self.wide = there.or_else(|| Wide::new(level));
                    self.wide.as_mut().map_or(Ok(()), |wide| wide.evaluate(sweeps, gradients))?;
                }
            }
            if self.level >= self.most || self.level >= self.least && !self.is_blunt(run, gradients) {
                return Ok(());
            }
            // Where a leaf is no number something stays unknown on every rung, so that one would go on for nothing.
            let most =
                if sweeps.has_finite_leaves() { self.most } else { self.most.min(self.least.max(Level::Elementwise)) };
            match self.next(run, most, gradients) {
                Some(next) if next > self.level && next <= most => self.level = next,
                _ => return Ok(()),
            }
        }
    }

    /// The values (or cotangents) of the shadow with all radii of them that were computed.
    fn answer(&self, is_gradient: bool) -> Answer<'_> {
        let euclidean = self.euclidean.as_ref().filter(|_| self.evaluated[0]);
        let elementwise = self.elementwise.as_ref().filter(|_| self.evaluated[1]);
        let values = if is_gradient { self.uniform.run().cotangents() } else { self.uniform.run().values() };
        Answer {
            mid: values.values(),
            uniform: radii(&self.uniform, is_gradient),
            euclidean: euclidean.map(|run| radii(run, is_gradient)),
            elementwise: elementwise.map(|run| radii(run, is_gradient)),
            wide: self.wide.as_ref().filter(|wide| wide.level() == self.level).map(|wide| wide.answer(is_gradient)),
        }
    }
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
