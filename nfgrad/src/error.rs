//! [`Error`]: what was wrong, where, and what to do about it.

#[cfg(any(feature = "safetensors", feature = "npz"))]
mod file;

use std::fmt;

#[cfg(any(feature = "safetensors", feature = "npz"))]
pub use file::{FileError, Malformed, Misfit, Problem, Why};

pub use crate::kernel::processor::{Processor, Rounding};

/// Why a call was refused. Nothing has been changed when one is returned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A slice has another length than the tensor it is to fill.
    Length {
        /// The dimensions of the tensor.
        shape: &'static [usize],
        /// The number of elements that the shape needs.
        expected: usize,
        /// The number of elements that were given.
        found: usize,
    },
    /// A radius that is negative or NaN.
    Radius {
        /// Where in the slice.
        index: usize,
    },
    /// The position of a node where that of a leaf is wanted: what is computed has the radius that the sweep proves.
    NotALeaf {
        /// The position.
        position: usize,
        /// How many leaves there are, at the positions before.
        leaves: usize,
    },
    /// The processor does not compute as IEEE 754 says by default, and all proofs assume it: see [`Processor`].
    Processor(Processor),
    /// What is asked for would be of other numbers than those that the leaves hold now.
    Stale {
        /// The call that was refused.
        call: &'static str,
        /// What was changed, or not computed, since which sweep.
        since: Since,
    },
    /// A cotangent that the last backward sweep did not compute, and that need not be zero: no parameter lies behind it.
    NotDifferentiated {
        /// The position.
        position: usize,
    },
    /// An optimizer has taken steps without radii, so nothing is known of its velocity or its moments.
    StepsWithoutRadii,
    /// An integer that the format does not tell from its neighbours.
    Index {
        /// Where in the slice.
        at: usize,
        /// The integer.
        index: usize,
        /// The name of the format.
        format: &'static str,
    },
    /// A hyper-parameter of an optimizer that is not in its range.
    Hyperparameter {
        /// Which one.
        name: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// Radii or a certificate of another run than the one that a report is of.
    AnotherRun {
        /// The name that their column would have.
        column: &'static str,
    },
    /// A file that was not read or not written.
    #[cfg(any(feature = "safetensors", feature = "npz"))]
    File(Box<FileError>),
}

#[cfg(any(feature = "safetensors", feature = "npz"))]
impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::File(Box::new(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { shape, expected, found } => {
                write!(f, "a tensor of shape {shape:?} needs {expected} elements, but the slice has {found}")?;
                write!(f, "; pass a slice of exactly {expected}, in row-major order")
            }
            Self::Radius { index } => {
                write!(f, "the radius at index {index} is negative or NaN")?;
                write!(f, "; a radius is a number >= 0, or infinity where nothing is known")
            }
            Self::NotALeaf { position, leaves } => {
                write!(f, "there is no leaf at position {position}, but a node; the leaves are those before {leaves}")
            }
            Self::Processor(processor) => write!(f, "{processor}"),
            Self::Stale { call, since } => write!(f, "`{call}` was refused: {since}"),
            Self::NotDifferentiated { position } => {
                write!(f, "the cotangent at position {position} was not computed, since no parameter lies behind it")?;
                write!(f, "; declare as a `param` what is to be differentiated")
            }
            Self::StepsWithoutRadii => {
                write!(f, "the optimizer has taken steps without radii, so nothing is known of what it remembers")?;
                write!(f, "; call `assume_exact` if the real optimizer is to begin with these very numbers")
            }
            Self::Index { at, index, format } => {
                write!(
                    f,
                    "the index {index} at position {at} is too large for {format}, which does not have all integers so large"
                )?;
                write!(
                    f,
                    "; it would name another row. Use a format with more bits, such as f32, which has those below 2^24"
                )
            }
            Self::Hyperparameter { name, range } => {
                write!(f, "the {name} of the optimizer is not {range}; no step was taken")
            }
            Self::AnotherRun { column } => {
                write!(f, "the bounds of the column `{column}` are of another run than the one that is reported")?;
                write!(f, "; report that run, or compute both from the same leaves")
            }
            #[cfg(any(feature = "safetensors", feature = "npz"))]
            Self::File(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Error {}

/// Why numbers are stale: see [`Error::Stale`].
///
/// ```
/// use nfgrad::prelude::*;
/// use nfgrad::Since;
///
/// graph! {
///     graph Bowl {
///         param w: [2];
///         output loss = sum(w * w);
///     }
/// }
///
/// let mut run = Bowl::run::<f32>();
/// let mut shadow = Shadow::new();
/// run.forward();
/// run.backward();
/// run.leaves_mut().w.fill_with(|| 1.0);
/// let refused = shadow.certify(&run).err();
/// assert_eq!(refused, Some(Error::Stale { call: "certify", since: Since::LeavesWritten }));
/// run.forward();
/// run.backward();
/// assert!(shadow.certify(&run).is_ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Since {
    /// There was no forward sweep yet.
    New,
    /// Leaves were written since the last forward sweep.
    LeavesWritten,
    /// Parameters were changed since the last forward sweep, by a step of an optimizer.
    ParametersChanged,
    /// The radii of a leaf were set since the last forward sweep.
    RadiiSet,
    /// There was no backward sweep since the last forward sweep.
    NotDifferentiated,
    /// The last backward sweep began with cotangents that were given, so it is not the gradient of the loss that is there.
    OtherGradient,
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "nothing was computed yet; call `forward` first, and `backward` where gradients are needed",
            Self::LeavesWritten => {
                "leaves were written since the last forward sweep; call `forward` again, and `backward` where gradients are needed"
            }
            Self::ParametersChanged => {
                "parameters were changed since the last forward sweep, as the step of an optimizer does; call `forward` again, \
                 and `backward` where gradients are needed"
            }
            Self::RadiiSet => "the radii of a leaf were set since the last forward sweep; call `forward` again",
            Self::NotDifferentiated => "there was no backward sweep since the last forward sweep; call `backward` first",
            Self::OtherGradient => {
                "the last backward sweep was `backward_from`, and what it computed is not the gradient of the loss; call `backward`"
            }
        })
    }
}
