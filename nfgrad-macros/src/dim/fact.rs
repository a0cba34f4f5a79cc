//! The facts of a `where` clause: decided here if they can be, else checked when the const generics are known.

use super::{Dims, Failure, ObligationKind, Poly};
use crate::ast::{Fact, Relation, Symbol};
use crate::codes;
use crate::report::Diagnostic;

impl Dims<'_> {
    /// Adds the fact to the obligations. A fact that is false whatever the symbols are is an error.
    pub(crate) fn state(&mut self, fact: &Fact) -> Result<(), Diagnostic> {
        let kind = self.fact(fact)?;
        match kind.decide() {
            Some(true) => {}
            Some(false) => {
                let text = format!("`{fact}` is false for all values of the const generics");
                return Err(Diagnostic::new(codes::FALSE_FACT, fact.site, text));
            }
            None => {
                match &kind {
                    ObligationKind::Fact(left, None, Relation::Equal, right) => self.identify(left, right),
                    ObligationKind::Fact(left, Some(modulus), Relation::Equal, zero) if zero.value() == Some(0) => {
                        self.divides(left, modulus);
                    }
                    _ => {}
                }
                self.oblige(kind, fact, fact.site);
            }
        }
        Ok(())
    }

    /// What the fact says.
    pub(crate) fn fact(&mut self, fact: &Fact) -> Result<ObligationKind, Diagnostic> {
        let (left, right) = (self.polynomial(&fact.left)?, self.polynomial(&fact.right)?);
        let modulus = fact.modulus.as_ref().map(|modulus| self.polynomial(modulus)).transpose()?;
        if let (Some(modulus), Some(expr)) = (&modulus, &fact.modulus) {
            // A remainder is one of natural numbers, on either side.
            self.non_negative(&left, &fact.left)?;
            self.non_negative(modulus, expr)?;
            self.non_negative(&right, &fact.right)?;
        }
        Ok(ObligationKind::Fact(left, modulus, fact.relation, right))
    }

    /// From here on a symbol that is equal to a polynomial is that polynomial: `where PIXELS == H*W` makes `[B, PIXELS]` the
    /// shape `[B, H*W]`. The fact itself is checked when the graph is instantiated, as every fact is.
    fn identify(&mut self, left: &Poly, right: &Poly) {
        for (symbol, poly) in [(left, right), (right, left)] {
            if let Some(symbol) = symbol.as_symbol()
                && !poly.mentions(symbol)
            {
                for (_, known) in &mut self.known {
                    // What is too large stays as it is: equal lengths may then look different, never the other way round.
                    if let Ok(replaced) = known
                        .substitute(&|other| if other == symbol { poly.clone() } else { Poly::symbol(other.clone()) })
                    {
                        *known = replaced;
                    }
                }
                self.known.push((symbol.clone(), poly.clone()));
                return;
            }
        }
    }
}

impl Poly {
    /// `self - other`, moved apart for a comparison without negative numbers.
    pub(crate) fn compared(&self, other: &Poly) -> Option<(Poly, Poly)> {
        self.minus(other).ok().map(|difference| difference.halves())
    }

    fn mentions(&self, symbol: &Symbol) -> bool {
        let mut found = false;
        self.symbols(&mut |other| found |= other == symbol);
        found
    }

    pub(super) fn minus(&self, other: &Poly) -> Result<Poly, Failure> {
        self.plus(other, -1)
    }
}
