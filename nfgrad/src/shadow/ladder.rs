//! [`Level`]: the rungs of a shadow, and what it does on each.

use crate::bound::Domain;
use crate::error::Error;
use crate::format::Format;
use crate::graph::{BoundedRun, HasLoss, RevGraph, Run};

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

impl Level {
    /// In the order in which a shadow computes them.
    pub(super) const ALL: [Self; 3] = [Self::Uniform, Self::Euclidean, Self::Elementwise];
}

/// What is evaluated on each rung, whatever the radii are.
pub(super) trait Sweeps<G: RevGraph> {
    /// Evaluates the graph in balls.
    fn evaluate<D: Domain>(&self, balls: &mut BoundedRun<G, f64, D>) -> Result<(), Error>;
}

/// The forward sweep at the leaves of a run.
pub(super) struct Forward<'a, G: RevGraph, E>(pub(super) &'a Run<G, E>);

impl<G: RevGraph, E: Format> Sweeps<G> for Forward<'_, G, E> {
    fn evaluate<D: Domain>(&self, balls: &mut BoundedRun<G, f64, D>) -> Result<(), Error> {
        balls.enclose_leaves_of(self.0)?;
        balls.forward()
    }
}

/// Both sweeps at the leaves of a run.
pub(super) struct Both<'a, G: RevGraph, E>(pub(super) &'a Run<G, E>);

impl<G: HasLoss, E: Format> Sweeps<G> for Both<'_, G, E> {
    fn evaluate<D: Domain>(&self, balls: &mut BoundedRun<G, f64, D>) -> Result<(), Error> {
        Forward(self.0).evaluate(balls)?;
        balls.backward()
    }
}
