//! [`Stage`]: of which leaves the numbers of a run are.
//!
//! A run holds leaves, values and cotangents, and each is written by another call. What is claimed of a value holds only as
//! long as the leaves are those that it was computed from, so a run keeps its stage, one byte, and every door to its numbers moves it:
//!
//! | door | stage |
//! |---|---|
//! | `Run::new` | stale, [`Since::New`] |
//! | `leaves_mut`, `get_mut`, `copy_leaves_from`, `copy_params_from` | stale, [`Since::LeavesWritten`] |
//! | `params_and_gradients_mut`, and so `step` and `step_bounded` of every optimizer | stale, [`Since::ParametersChanged`] |
//! | `BoundedRun::set_radii` | stale, [`Since::RadiiSet`] |
//! | `forward` | [`Stage::Values`]; before the first one the stage stays [`Since::New`] |
//! | `backward` | [`Stage::Loss`] |
//! | `backward_from` | [`Stage::Seeds`] |
//! | `clone` | that of the original |
//!
//! There is no other way to write: `leaves`, `get`, `outputs`, `params`, `gradients`, `cotangent` and `BoundedRun::run` lend for reading, and a
//! [`TensorMut`](crate::tensor::TensorMut) borrows its run, so that no sweep can run while it is written to. A [`BoundedRun`](super::BoundedRun) hands
//! out no `&mut Run`.
//!
//! Who needs what:
//!
//! | call | needs |
//! |---|---|
//! | `Run::backward`, `Run::backward_from` | values, or else they panic |
//! | `BoundedRun::backward`, `BoundedRun::backward_from`, `Shadow::certify_values` | values, or else an error |
//! | `Shadow::certify` | the gradient of the loss |
//! | `step`, `step_bounded` | gradients, by whatever sweep, or else an error |
//! | `forward` | nothing |
//! | `get`, `outputs`, `cotangent`, `gradients` | nothing: they say what the last sweeps found, of the leaves that those saw |

use super::plan::Reaches;
use crate::error::{Error, Since};

/// How much of a run is of the leaves that it holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing.
    Stale(Since),
    /// The values.
    Values,
    /// The values, and the gradient of the loss.
    Loss,
    /// The values, and the cotangents that follow from those given to the outputs.
    Seeds,
}

impl Stage {
    /// Whether the values are current.
    #[inline]
    pub(super) const fn has_values(self) -> bool {
        !matches!(self, Self::Stale(_))
    }

    /// That the values are current.
    pub(super) fn need_values(self, call: &'static str) -> Result<(), Error> {
        match self {
            Self::Stale(since) => Err(Error::Stale { call, since }),
            Self::Values | Self::Loss | Self::Seeds => Ok(()),
        }
    }

    /// That there are current cotangents.
    pub(super) fn need_gradients(self, call: &'static str) -> Result<(), Error> {
        self.need_values(call)?;
        if self == Self::Values { Err(Error::Stale { call, since: Since::NotDifferentiated }) } else { Ok(()) }
    }

    /// That there is the current gradient of the loss.
    pub(super) fn need_loss(self, call: &'static str) -> Result<(), Error> {
        self.need_gradients(call)?;
        if self == Self::Seeds { Err(Error::Stale { call, since: Since::OtherGradient }) } else { Ok(()) }
    }

    /// The panic of a plain backward sweep at values of other leaves.
    #[cold]
    #[inline(never)]
    pub(super) fn refuse(self, call: &'static str) -> ! {
        match self.need_values(call) {
            Err(error) => panic!("{error}"),
            Ok(()) => unreachable!("values that are current are not refused"),
        }
    }
}

/// What the last backward sweep computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Differentiated {
    /// There was none.
    Nothing,
    /// The gradient of the loss.
    Loss(&'static Reaches),
    /// What follows from the cotangents given to the outputs.
    Outputs(&'static Reaches),
}
