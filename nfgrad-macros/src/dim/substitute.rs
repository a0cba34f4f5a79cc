//! The dimensions of a block, with those of a call in the place of its symbols.

use super::{Atom, Failure, ObligationKind, Poly};
use crate::ast::Symbol;

impl Poly {
    /// The polynomial with others for its symbols.
    pub(crate) fn substitute(&self, with: &dyn Fn(&Symbol) -> Poly) -> Result<Poly, Failure> {
        let mut sum = Poly::default();
        for (atoms, coefficient) in &self.0 {
            let mut product = Poly::literal(*coefficient);
            for atom in atoms {
                let factor = match atom {
                    Atom::Symbol(symbol) => with(symbol),
                    Atom::Over(dividend, divisor) => dividend.substitute(with)?.over(&divisor.substitute(with)?)?,
                };
                product = product.times(&factor)?;
            }
            sum = sum.plus(&product, 1)?;
        }
        Ok(sum)
    }

    /// The symbol, if the polynomial is just that.
    pub(crate) fn as_symbol(&self) -> Option<&Symbol> {
        match self.only_term().map(|(atoms, coefficient)| (atoms.as_slice(), coefficient)) {
            Some(([Atom::Symbol(symbol)], 1)) => Some(symbol),
            _ => None,
        }
    }
}

impl ObligationKind {
    /// The obligation with other polynomials for its symbols.
    pub(crate) fn substitute(&self, with: &dyn Fn(&Symbol) -> Poly) -> Result<Self, Failure> {
        Ok(match self {
            Self::Divides(dividend, divisor) => Self::Divides(dividend.substitute(with)?, divisor.substitute(with)?),
            Self::NonNegative(poly) => Self::NonNegative(poly.substitute(with)?),
            Self::Needs(left, relation, right) => {
                Self::Needs(left.substitute(with)?, *relation, right.substitute(with)?)
            }
            Self::Fact(left, modulus, relation, right) => Self::Fact(
                left.substitute(with)?,
                modulus.as_ref().map(|modulus| modulus.substitute(with)).transpose()?,
                *relation,
                right.substitute(with)?,
            ),
        })
    }

    /// Whether it holds, if that is the same for all values of its symbols.
    pub(crate) fn decide(&self) -> Option<bool> {
        match self {
            Self::Divides(dividend, divisor) => match (dividend.value(), divisor.value()) {
                (_, Some(0)) => Some(false),
                (Some(a), Some(b)) => Some(a % b == 0),
                _ => dividend.divided_by_term(divisor).map(|_| true).filter(|_| divisor.value().is_some()),
            },
            Self::NonNegative(poly) => match poly.value() {
                Some(value) => Some(value >= 0),
                None => (!poly.may_be_negative()).then_some(true),
            },
            Self::Needs(left, relation, right) | Self::Fact(left, None, relation, right) => {
                Some(relation.holds(left.minus(right).ok()?.value()?, 0))
            }
            Self::Fact(left, Some(modulus), relation, right) => {
                let (left, modulus, right) = (left.value()?, modulus.value()?, right.value()?);
                Some(modulus != 0 && relation.holds(left % modulus, right))
            }
        }
    }

    /// The obligation as a fact of a `where` clause.
    pub(crate) fn as_fact(&self) -> String {
        match self {
            Self::Divides(dividend, divisor) => format!("({dividend}) % ({divisor}) == 0"),
            Self::NonNegative(poly) => {
                let (more, less) = poly.halves();
                format!("{more} >= {less}")
            }
            Self::Needs(left, relation, right) | Self::Fact(left, None, relation, right) => {
                format!("{left} {} {right}", relation.symbol())
            }
            Self::Fact(left, Some(modulus), relation, right) => {
                format!("({left}) % ({modulus}) {} {right}", relation.symbol())
            }
        }
    }

    /// What a message says of it where it is not met, after the name of the graph.
    pub(crate) fn unmet(&self, text: &str) -> String {
        match self {
            Self::Divides(..) => format!("the dimension {text} is not a whole number"),
            Self::NonNegative(_) => format!("the dimension {text} is negative"),
            Self::Needs(..) => text.to_owned(),
            Self::Fact(..) => format!("{text} does not hold"),
        }
    }
}
