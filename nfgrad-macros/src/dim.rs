//! Dimensions as integer polynomials in canonical form, so that `M + N` is `N + M` and `2*H` is `H + H`.
//!
//! A symbol is a const generic or a constant. A quotient that is not itself a polynomial is an opaque symbol made of its
//! normalised operands, see `quotient.rs`. `a/b` is exact: whether it is for the values at hand is an [`Obligation`] that the
//! expansion checks when the const generics are known, and that is what makes `HEADS * (H/HEADS)` equal to `H`. `floor(a/b)` is
//! rounded down, as the lengths of a convolution are; it is the same as `a/b` wherever the graph says that nothing is left.

mod fact;
mod print;
mod quotient;
mod substitute;

pub(crate) use print::{canonical, shape_text, shape_type};
use quotient::{Rounding, without};
pub(crate) use substitute::settled;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::ast::{DimExpr, DimKind, DimOperator, Relation, Symbol};
use syn::Ident;

use crate::codes;
use crate::report::{Diagnostic, Site};

/// One axis of a shape: its length, and how the user wrote it.
#[derive(Debug, Clone)]
pub(crate) struct Dim {
    pub(crate) poly: Poly,
    pub(crate) text: Rc<str>,
}

/// The lengths of the axes, outermost first.
pub(crate) type Shape = Rc<[Dim]>;

impl Dim {
    /// What a rule has computed.
    pub(crate) fn computed(poly: Poly) -> Self {
        let text = poly.to_string().into();
        Self { poly, text }
    }

    /// `self * other`.
    pub(crate) fn times(&self, other: &Dim) -> Result<Dim, TooLarge> {
        self.poly.times(&other.poly).map(Dim::computed).map_err(|_| TooLarge)
    }

    /// `floor(self/other)`, where the caller has to make sure that `other` is not 0.
    pub(crate) fn floor_over(&self, other: &Dim) -> Result<Dim, TooLarge> {
        self.poly.over(&other.poly, Rounding::Down(&[])).map(Dim::computed).map_err(|_| TooLarge)
    }

    /// `self + other`.
    pub(crate) fn plus(&self, other: &Dim) -> Result<Dim, TooLarge> {
        self.poly.plus(&other.poly, 1).map(Dim::computed).map_err(|_| TooLarge)
    }

    /// `self - other`, which the caller has to make sure not to be negative.
    pub(crate) fn minus(&self, other: &Dim) -> Result<Dim, TooLarge> {
        self.poly.plus(&other.poly, -1).map(Dim::computed).map_err(|_| TooLarge)
    }

    /// A number.
    pub(crate) fn literal(value: i64) -> Self {
        Self { poly: Poly::literal(value), text: value.to_string().into() }
    }
}

impl PartialEq for Dim {
    fn eq(&self, other: &Self) -> bool {
        self.poly == other.poly
    }
}

/// A sum of terms: each a product of atoms in order, with its coefficient, which is not 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Poly(BTreeMap<Vec<Atom>, i64>);

/// What a polynomial is made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Atom {
    Symbol(Symbol),
    /// `a/b`, of which nothing is left over.
    Over(Poly, Poly),
    /// `floor(a/b)`.
    Floor(Poly, Poly),
}

impl PartialEq for Symbol {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Symbol {}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Symbol {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

/// Something that must hold for the values of the symbols.
#[derive(Debug, Clone)]
pub(crate) struct Obligation {
    pub(crate) kind: ObligationKind,
    /// The dimension that needs it, as the user wrote it.
    pub(crate) text: String,
    pub(crate) site: Site,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ObligationKind {
    /// The second is not 0 and divides the first.
    Divides(Poly, Poly),
    /// It is not negative.
    NonNegative(Poly),
    /// A fact of the `where` clause: the first, modulo the second if there is one, is related to the third.
    Fact(Poly, Option<Poly>, Relation, Poly),
    /// The same for an op; the text is the whole sentence.
    Needs(Poly, Option<Poly>, Relation, Poly),
}

/// Why an operation has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    TooLarge,
    DivisionByZero,
    Inexact(i64, i64),
}

/// A length or a number of elements that 64 bits cannot count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Poly {
    pub(crate) fn literal(value: i64) -> Self {
        Self::term(Vec::new(), value)
    }

    /// The symbol.
    pub(crate) fn symbol(symbol: Symbol) -> Self {
        Self::term(vec![Atom::Symbol(symbol)], 1)
    }

    fn term(atoms: Vec<Atom>, coefficient: i64) -> Self {
        Self((coefficient != 0).then_some((atoms, coefficient)).into_iter().collect())
    }

    /// The value, if it does not depend on a symbol.
    pub(crate) fn value(&self) -> Option<i64> {
        match self.0.len() {
            0 => Some(0),
            1 => self.0.get([].as_slice()).copied(),
            _ => None,
        }
    }

    /// Its terms with a positive coefficient, and those with a negative one, made positive.
    pub(crate) fn halves(&self) -> (Poly, Poly) {
        let (positive, negative): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.0.clone().into_iter().partition(|(_, coefficient)| *coefficient > 0);
        (Poly(positive), Poly(negative.into_iter().map(|(atoms, coefficient)| (atoms, -coefficient)).collect()))
    }

    /// Whether it could be negative for some values of its symbols.
    fn may_be_negative(&self) -> bool {
        self.0.values().any(|coefficient| *coefficient < 0)
    }

    /// Every symbol in it, also in dividends and divisors.
    pub(crate) fn symbols(&self, visit: &mut impl FnMut(&Symbol)) {
        for atom in self.0.keys().flatten() {
            match atom {
                Atom::Symbol(symbol) => visit(symbol),
                Atom::Over(dividend, divisor) | Atom::Floor(dividend, divisor) => {
                    dividend.symbols(visit);
                    divisor.symbols(visit);
                }
            }
        }
    }

    /// Whether it is at most the other, if that is the same for all values of the symbols, which are not negative.
    pub(crate) fn at_most(&self, other: &Poly) -> Option<bool> {
        let room = other.plus(self, -1).ok()?;
        if !room.may_be_negative() {
            return Some(true);
        }
        let always = room.0.values().all(|coefficient| *coefficient < 0) && room.0.contains_key([].as_slice());
        always.then_some(false)
    }

    fn plus(&self, other: &Poly, sign: i64) -> Result<Poly, Failure> {
        let mut sum = self.0.clone();
        for (atoms, coefficient) in &other.0 {
            let here = sum.entry(atoms.clone()).or_default();
            *here = coefficient.checked_mul(sign).and_then(|c| here.checked_add(c)).ok_or(Failure::TooLarge)?;
        }
        sum.retain(|_, coefficient| *coefficient != 0);
        Poly(sum).cancelled()
    }

    /// Multiplies quotients out, as far as the coefficients allow: `H/2 + H/2` is `H`.
    fn cancelled(self) -> Result<Poly, Failure> {
        let term = self.0.iter().find_map(|(atoms, c)| Some((atoms.clone(), cancel(atoms, *c)?)));
        let Some((atoms, term)) = term else { return Ok(self) };
        let mut rest = self;
        rest.0.remove(&atoms);
        rest.plus(&term?, 1)
    }

    fn times(&self, other: &Poly) -> Result<Poly, Failure> {
        let mut product = Poly::default();
        for (left, a) in &self.0 {
            for (right, b) in &other.0 {
                let mut atoms = [left.as_slice(), right].concat();
                atoms.sort();
                let coefficient = a.checked_mul(*b).ok_or(Failure::TooLarge)?;
                product = product.plus(&Poly::term(atoms, coefficient), 1)?;
            }
        }
        Ok(product)
    }

    fn only_term(&self) -> Option<(&Vec<Atom>, i64)> {
        let mut terms = self.0.iter();
        let (atoms, coefficient) = terms.next()?;
        terms.next().is_none().then_some((atoms, *coefficient))
    }
}

/// The product of the lengths; nothing if its coefficients are too large.
pub(crate) fn numel(shape: &[Dim]) -> Result<Poly, TooLarge> {
    shape.iter().try_fold(Poly::literal(1), |product, dim| product.times(&dim.poly)).map_err(|_| TooLarge)
}

/// The term with one quotient multiplied out, if the divisor of one is among the other factors.
fn cancel(atoms: &[Atom], coefficient: i64) -> Option<Result<Poly, Failure>> {
    atoms.iter().enumerate().find_map(|(i, atom)| {
        // What is rounded down does not cancel.
        let Atom::Over(dividend, divisor) = atom else { return None };
        let (factors, d) = divisor.only_term()?;
        let rest = without(&[&atoms[..i], &atoms[i + 1..]].concat(), factors)?;
        (coefficient % d == 0).then(|| dividend.times(&Poly::term(rest, coefficient / d)))
    })
}

/// What expressions are read with: the const generics, and what cannot be decided before these are known.
#[derive(Debug)]
pub(crate) struct Dims<'a> {
    generics: &'a [Ident],
    /// What symbols are said to be equal to. None of them is in a polynomial any more.
    known: Vec<(Symbol, Poly)>,
    /// The quotients of which nothing is left over, because the graph says so.
    pub(crate) exact: Vec<Atom>,
    pub(crate) obligations: Vec<Obligation>,
}

impl<'a> Dims<'a> {
    pub(crate) fn new(generics: &'a [Ident]) -> Self {
        Self { generics, known: Vec::new(), exact: Vec::new(), obligations: Vec::new() }
    }

    /// The dimension that an expression means.
    pub(crate) fn dimension(&mut self, expr: &DimExpr) -> Result<Dim, Diagnostic> {
        let poly = self.polynomial(expr)?;
        self.non_negative(&poly, expr)?;
        Ok(Dim { poly, text: expr.to_string().into() })
    }

    /// The value of an expression, which may be negative.
    fn polynomial(&mut self, expr: &DimExpr) -> Result<Poly, Diagnostic> {
        let (operator, left, right) = match &expr.kind {
            DimKind::Literal(value) => return Ok(Poly::literal(*value)),
            DimKind::Symbol(symbol) => return Ok(self.symbol(symbol)),
            DimKind::Binary(operator, left, right) => (*operator, left, right),
        };
        let (a, b) = (self.polynomial(left)?, self.polynomial(right)?);
        let result = match operator {
            DimOperator::Add => a.plus(&b, 1),
            DimOperator::Sub => a.plus(&b, -1),
            DimOperator::Mul => a.times(&b),
            DimOperator::Div => {
                self.non_negative(&a, left)?;
                self.non_negative(&b, right)?;
                a.over(&b, Rounding::Exact)
            }
            DimOperator::Floor => {
                self.non_negative(&a, left)?;
                self.non_negative(&b, right)?;
                self.positive(&b, right);
                a.over(&b, Rounding::Down(&self.exact))
            }
        };
        let poly = result.map_err(|failure| diagnose(failure, expr, right))?;
        let decided = b.value().is_some() && a.divided_by_term(&b).is_some();
        if operator == DimOperator::Div && !decided {
            self.divides(&a, &b);
            self.oblige(ObligationKind::Divides(a, b), expr, expr.site);
        }
        Ok(poly)
    }

    /// Takes note that the second divides the first.
    fn divides(&mut self, dividend: &Poly, divisor: &Poly) {
        if let Ok((_, Some(atom))) = dividend.quotient(divisor, Rounding::Exact)
            && !self.exact.contains(&atom)
        {
            self.exact.push(atom);
        }
    }

    /// A divisor that may be 0 is checked when it is known.
    fn positive(&mut self, poly: &Poly, expr: &DimExpr) {
        if poly.value().is_none() {
            let kind = ObligationKind::Needs(poly.clone(), None, Relation::Greater, Poly::literal(0));
            self.oblige(kind, &format!("a dimension is divided by {expr}, which must be more than 0"), expr.site);
        }
    }

    /// Whatever is not a const generic of the graph is a constant, and rustc finds it or says that it cannot.
    fn symbol(&self, symbol: &Symbol) -> Poly {
        if let Some((_, poly)) = self.known.iter().find(|(known, _)| known == symbol) {
            return poly.clone();
        }
        let generic = self.generics.iter().any(|generic| *generic == symbol.text);
        Poly::term(vec![Atom::Symbol(Symbol { braces: !generic, ..symbol.clone() })], 1)
    }

    fn non_negative(&mut self, poly: &Poly, expr: &DimExpr) -> Result<(), Diagnostic> {
        match poly.value() {
            Some(value) if value < 0 => {
                let text = format!("a dimension is negative: {expr} = {value}");
                return Err(Diagnostic::new(codes::NEGATIVE_DIMENSION, expr.site, text));
            }
            None if poly.may_be_negative() => self.oblige(ObligationKind::NonNegative(poly.clone()), expr, expr.site),
            _ => {}
        }
        Ok(())
    }

    /// Adds an obligation, unless it is there.
    pub(crate) fn oblige(&mut self, kind: ObligationKind, text: &impl ToString, site: Site) {
        if self.obligations.iter().all(|other| other.kind != kind) {
            self.obligations.push(Obligation { kind, text: text.to_string(), site });
        }
    }
}

fn diagnose(failure: Failure, expr: &DimExpr, right: &DimExpr) -> Diagnostic {
    match failure {
        Failure::TooLarge => {
            Diagnostic::new(codes::HUGE_DIMENSION, expr.site, format!("the dimension {expr} is too large"))
        }
        Failure::DivisionByZero => {
            Diagnostic::new(codes::DIVISION_BY_ZERO, right.site, format!("a dimension is divided by zero: {expr}"))
        }
        Failure::Inexact(a, b) => {
            let text = format!("{expr} is not a whole number: {a} = {b}*{} + {}", a / b, a % b);
            Diagnostic::new(codes::INEXACT_DIVISION, expr.site, text).help(format!("`floor({expr})` is rounded down"))
        }
    }
}

#[cfg(test)]
mod tests;
