//! [`Level`]: the rungs of a shadow, and what it does on each.

use crate::bound::Domain;
use crate::error::{Error, Processor};
use crate::format::Format;
use crate::graph::{BoundedRun, HasLoss, RevGraph, Run};
use crate::kernel::wide::WideBall;

/// The sharpest radii that a shadow computed: in f64 up to [`Level::Elementwise`], in balls of wide numbers above.
///
/// A shadow leaves out levels that will not do, but for those below one in f64 that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The largest error of each tensor, in f64.
    Uniform,
    /// And the 2-norm of its errors.
    Euclidean,
    /// And the error of each element.
    Elementwise,
    /// The error of each element, in balls of numbers of 128 bits.
    Bits128,
    /// Of 256 bits.
    Bits256,
    /// Of 512 bits.
    Bits512,
}

impl Level {
    /// In the order in which a shadow computes them.
    const ALL: [Self; 6] =
        [Self::Uniform, Self::Euclidean, Self::Elementwise, Self::Bits128, Self::Bits256, Self::Bits512];

    /// The one above.
    pub(super) fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|level| *level > self)
    }

    /// How many bits the midpoints have.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Uniform | Self::Euclidean | Self::Elementwise => 53,
            Self::Bits128 => 128,
            Self::Bits256 => 256,
            Self::Bits512 => 512,
        }
    }
}

/// What is evaluated on each rung, whatever the radii are.
pub(super) trait Sweeps<G: RevGraph> {
    /// Evaluates the graph in balls.
    fn evaluate<D: Domain>(&self, balls: &mut BoundedRun<G, f64, D>) -> Result<(), Error>;

    /// Whether no leaf is a NaN or an infinity, but for inputs of -∞.
    fn has_finite_leaves(&self) -> bool;

    /// Evaluates it in balls of wide numbers.
    fn enclose<const K: usize>(&self, balls: &mut Run<G, WideBall<K>>) -> Result<(), Error>;
}

/// The forward sweep at the leaves of a run.
pub(super) struct Forward<'a, G: RevGraph, E>(pub(super) &'a Run<G, E>);

impl<G: RevGraph, E: Format> Sweeps<G> for Forward<'_, G, E> {
    fn evaluate<D: Domain>(&self, balls: &mut BoundedRun<G, f64, D>) -> Result<(), Error> {
        balls.enclose_leaves_of(self.0)?;
        balls.forward()
    }

    fn has_finite_leaves(&self) -> bool {
        self.0.has_finite_leaves()
    }

    fn enclose<const K: usize>(&self, balls: &mut Run<G, WideBall<K>>) -> Result<(), Error> {
        Processor::check()?;
        balls.enclose_leaves_of(self.0);
        balls.forward();
        Ok(())
    }
}

/// Both sweeps at the leaves of a run.
pub(super) struct Both<'a, G: RevGraph, E>(pub(super) &'a Run<G, E>);

impl<G: HasLoss, E: Format> Sweeps<G> for Both<'_, G, E> {
    fn evaluate<D: Domain>(&self, balls: &mut BoundedRun<G, f64, D>) -> Result<(), Error> {
        Forward(self.0).evaluate(balls)?;
        balls.backward()
    }

    fn has_finite_leaves(&self) -> bool {
        self.0.has_finite_leaves()
    }

    fn enclose<const K: usize>(&self, balls: &mut Run<G, WideBall<K>>) -> Result<(), Error> {
        Forward(self.0).enclose(balls)?;
        balls.backward();
        Ok(())
    }
}
