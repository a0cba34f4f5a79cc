//! [`Reason`]: why a radius is infinite.

use std::fmt;

use super::unknown::{Unknown, ball};
use crate::op::Defined;

/// Why nothing is known of an entry or of its gradient, although all is known that it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
    /// The leaf or the seed is not a finite number.
    NotFinite,
    /// The leaf was given the radius ∞.
    Given,
    /// The result is beyond the numbers of the format.
    Overflow {
        /// The format.
        format: &'static str,
    },
    /// An operand may lie where the op has no value, or for a gradient no derivative.
    Domain {
        /// Which operand.
        operand: usize,
        /// Where it would have to lie.
        defined: Defined,
        /// How far its ball is from the border: zero or negative, by so much is its radius too large.
        margin: f64,
    },
    /// An operand has no elements, and the op no value of nothing.
    Empty,
    /// The op has no rule for its radius.
    NoRule,
    /// TorchLean has no rule for the op, or one with a condition that does not hold.
    TorchLean,
    /// The radii of the operands are too large for the rule of the op, or for the numbers in which radii are kept.
    Undecided,
}

impl Reason {
    /// The reason in words, for the origin that has it.
    pub(super) fn explain(self, f: &mut fmt::Formatter<'_>, of: &Unknown) -> fmt::Result {
        let op = of.op;
        match self {
            Self::NotFinite | Self::Given => write!(f, "it was given so"),
            Self::Overflow { format } if of.value.is_finite() => {
                write!(f, "it stands for all that is beyond the largest number of {format}")
            }
            Self::Overflow { format } => write!(f, "it is not a finite number of {format}"),
            Self::Domain { operand, defined, margin } => {
                let (name, x, radius) = &of.operands[operand];
                let whose = if of.is_gradient { "the derivative of " } else { "" };
                write!(f, "{whose}`{op}` needs `{name}` {defined}, but it is {}", ball(*x, *radius))?;
                let room = margin + radius;
                let limit = if matches!(defined, Defined::From(_)) { "at most" } else { "below" };
                if room > 0.0 { write!(f, ": the radius would have to be {limit} {room}") } else { Ok(()) }
            }
            Self::Empty => write!(f, "`{op}` has no value of nothing"),
            Self::NoRule => write!(f, "`{op}` gives no radius there"),
            Self::TorchLean => write!(f, "TorchLean has no rule for `{op}`, or refuses it there"),
            Self::Undecided => write!(f, "the radii of its operands are too large for `{op}`"),
        }
    }
}
