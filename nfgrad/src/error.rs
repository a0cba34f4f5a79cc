//! [`Error`]: what was wrong with the data, where, and what to do about it.

use std::fmt;

/// Why a call on user data was refused. Nothing has been changed when one is returned.
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
    /// A hyper-parameter of an optimizer that is not in its range.
    Hyperparameter {
        /// Which one.
        name: &'static str,
        /// What it may be.
        range: &'static str,
    },
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
            Self::Hyperparameter { name, range } => {
                write!(f, "the {name} of the optimizer is not {range}; no step was taken")
            }
        }
    }
}

impl std::error::Error for Error {}
