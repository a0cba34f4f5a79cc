//! [`Defined`]: where an op has a value, for the sentence that says why nothing is known.

use std::fmt;

/// The real numbers of which an op has a value, or a derivative.
///
/// Radii do not depend on it: each rule has its own condition, which is stricter if anything. It is what a report can say of an
/// infinite radius: how far the operand is from where it would have to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Defined {
    /// All.
    Everywhere,
    /// Those above a number, as of a logarithm.
    Above(f64),
    /// Those from a number on, as of a root.
    From(f64),
    /// All but one, as of a quotient.
    Except(f64),
}

impl Defined {
    /// How much larger the radius of `x` could be, or, if it is negative, by how much it is too large: `x - α - b`, or `|x - b| - α`.
    /// ∞ if there is no condition.
    ///
    /// ```
    /// use nfgrad::op::Defined;
    /// assert_eq!(Defined::Above(0.0).margin(0.25, 0.5), -0.25);
    /// assert_eq!(Defined::Except(0.0).margin(-2.0, 0.5), 1.5);
    /// ```
    pub fn margin(self, x: f64, radius: f64) -> f64 {
        match self {
            Self::Everywhere => f64::INFINITY,
            Self::Above(b) | Self::From(b) => x - b - radius,
            Self::Except(b) => (x - b).abs() - radius,
        }
    }

    /// Whether all numbers within the radius of `x` are among them.
    pub fn holds(self, x: f64, radius: f64) -> bool {
        match self {
            Self::Everywhere => true,
            Self::From(_) => self.margin(x, radius) >= 0.0,
            Self::Above(_) | Self::Except(_) => self.margin(x, radius) > 0.0,
        }
    }
}

/// As in "needs `x` ..".
impl fmt::Display for Defined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere => write!(f, "anywhere"),
            Self::Above(b) => write!(f, "above {b}"),
            Self::From(b) => write!(f, "at least {b}"),
            Self::Except(b) => write!(f, "other than {b}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Defined;

    #[test]
    fn the_whole_ball_must_lie_in_the_domain() {
        assert!(Defined::Above(0.0).holds(1.0, 0.5) && !Defined::Above(0.0).holds(0.5, 0.5));
        assert!(Defined::From(0.0).holds(0.5, 0.5) && !Defined::From(0.0).holds(0.25, 0.5));
        assert!(Defined::Except(0.0).holds(-1.0, 0.5) && !Defined::Except(0.0).holds(-0.5, 0.5));
        assert!(Defined::Everywhere.holds(f64::MAX, f64::MAX) && !Defined::Above(0.0).holds(f64::NAN, 0.0));
    }
}
