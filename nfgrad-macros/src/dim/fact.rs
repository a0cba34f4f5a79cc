//! The facts of a `where` clause: decided here if they can be, else checked when the const generics are known.

use super::{Dims, Failure, ObligationKind, Poly};
use crate::ast::Fact;
use crate::codes;
use crate::report::Diagnostic;

impl Dims<'_> {
    /// Adds the fact to the obligations. A fact that is false whatever the symbols are is an error.
    pub(crate) fn state(&mut self, fact: &Fact) -> Result<(), Diagnostic> {
        let (left, right) = (self.polynomial(&fact.left)?, self.polynomial(&fact.right)?);
        let modulus = fact.modulus.as_ref().map(|modulus| self.polynomial(modulus)).transpose()?;
        if let (Some(modulus), Some(expr)) = (&modulus, &fact.modulus) {
            // A remainder is one of natural numbers, on either side.
            self.non_negative(&left, &fact.left)?;
            self.non_negative(modulus, expr)?;
            self.non_negative(&right, &fact.right)?;
        }
        match decide(&left, modulus.as_ref(), fact, &right) {
            Some(true) => {}
            Some(false) => {
                let text = format!("`{fact}` is false for all values of the const generics");
                return Err(Diagnostic::new(codes::FALSE_FACT, fact.site, text));
            }
            None => self.oblige(ObligationKind::Fact(left, modulus, fact.relation, right), fact, fact.site),
        }
        Ok(())
    }
}

/// Whether the fact holds, if that is the same for all values of the symbols.
fn decide(left: &Poly, modulus: Option<&Poly>, fact: &Fact, right: &Poly) -> Option<bool> {
    let Some(modulus) = modulus else {
        let difference = left.minus(right).ok()?;
        return Some(fact.relation.holds(difference.value()?, 0));
    };
    let (value, modulus) = (left.value()?, modulus.value()?);
    Some(modulus != 0 && fact.relation.holds(value % modulus, right.value()?))
}

impl Poly {
    /// `self - other`, moved apart for a comparison without negative numbers.
    pub(crate) fn compared(&self, other: &Poly) -> Option<(Poly, Poly)> {
        self.minus(other).ok().map(|difference| difference.halves())
    }

    fn minus(&self, other: &Poly) -> Result<Poly, Failure> {
        self.plus(other, -1)
    }
}
