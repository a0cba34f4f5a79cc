//! The dimensions of a block, with those of a call in the place of its symbols.

use std::rc::Rc;

use super::quotient::Rounding;
use super::{Atom, Dim, Failure, ObligationKind, Poly, Shape};
use crate::ast::{Relation, Symbol};

/// The shape with the exact quotients of `known` where they are rounded down. What is too large stays as it is.
pub(crate) fn settled(shape: &Shape, known: &[Atom]) -> Shape {
    if known.is_empty() { Rc::clone(shape) } else { shape.iter().map(|dim| dim.settled(known)).collect() }
}

impl Dim {
    /// The dimension with the exact quotients of `known` where they are rounded down.
    pub(crate) fn settled(&self, known: &[Atom]) -> Dim {
        match self.poly.rebuilt(&|symbol| Poly::symbol(symbol.clone()), known) {
            Ok(poly) if poly != self.poly => Dim { text: self.text_of(&poly), poly },
            _ => self.clone(),
        }
    }

    /// What a user wrote stays; what was computed is written anew.
    fn text_of(&self, settled: &Poly) -> Rc<str> {
        if *self.text == *self.poly.to_string() { settled.to_string().into() } else { Rc::clone(&self.text) }
    }
}

impl Poly {
    /// The polynomial with others for its symbols.
    pub(crate) fn substitute(&self, with: &dyn Fn(&Symbol) -> Poly) -> Result<Poly, Failure> {
        self.rebuilt(with, &[])
    }

    /// The same, where nothing is left of the quotients of `known`.
    fn rebuilt(&self, with: &dyn Fn(&Symbol) -> Poly, known: &[Atom]) -> Result<Poly, Failure> {
        let mut sum = Poly::default();
        for (atoms, coefficient) in &self.0 {
            let mut product = Poly::literal(*coefficient);
            for atom in atoms {
                let factor = match atom {
                    Atom::Symbol(symbol) => with(symbol),
                    Atom::Over(dividend, divisor) => {
                        dividend.rebuilt(with, known)?.over(&divisor.rebuilt(with, known)?, Rounding::Exact)?
                    }
                    Atom::Floor(dividend, divisor) => {
                        dividend.rebuilt(with, known)?.over(&divisor.rebuilt(with, known)?, Rounding::Down(known))?
                    }
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
            Self::Needs(left, modulus, relation, right) => Self::Needs(
                left.substitute(with)?,
                modulus.as_ref().map(|modulus| modulus.substitute(with)).transpose()?,
                *relation,
                right.substitute(with)?,
            ),
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
            Self::Needs(left, None, relation, right) | Self::Fact(left, None, relation, right) => {
                Some(relation.holds(left.minus(right).ok()?.value()?, 0))
            }
            Self::Needs(left, Some(modulus), relation, right) | Self::Fact(left, Some(modulus), relation, right) => {
                if right.value() == Some(0) && left.divided_by_term(modulus).is_some() && *relation == Relation::Equal {
                    return Some(true).filter(|_| modulus.value().is_some());
                }
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
            Self::Needs(left, None, relation, right) | Self::Fact(left, None, relation, right) => {
                // Without a negative term, which could not be read as the first.
                let (left, right) = left.compared(right).unwrap_or_else(|| (left.clone(), right.clone()));
                format!("{left} {} {right}", relation.symbol())
            }
            Self::Needs(left, Some(modulus), relation, right) | Self::Fact(left, Some(modulus), relation, right) => {
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
