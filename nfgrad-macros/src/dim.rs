//! Dimensions as integer polynomials in canonical form, so that `M + N` is `N + M` and `2*H` is `H + H`.
//!
//! A symbol is a const generic or a constant. A quotient that is not itself a polynomial is an opaque symbol made of its
//! normalised operands. Division is exact: whether it is for the values at hand is an [`Obligation`] that the expansion
//! checks when the const generics are known, and that is what makes `HEADS * (H/HEADS)` equal to `H`.

mod print;

pub(crate) use print::{shape_text, shape_type};

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::ast::{DimExpr, DimKind, DimOperator, Symbol};
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
    Over(Poly, Poly),
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
}

/// Why an operation has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    TooLarge,
    DivisionByZero,
    Inexact(i64, i64),
}

impl Poly {
    pub(crate) fn literal(value: i64) -> Self {
        Self::term(Vec::new(), value)
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

    fn plus(&self, other: &Poly, sign: i64) -> Result<Poly, Failure> {
        let mut sum = self.0.clone();
        for (atoms, coefficient) in &other.0 {
            let here = sum.entry(atoms.clone()).or_default();
            *here = coefficient.checked_mul(sign).and_then(|c| here.checked_add(c)).ok_or(Failure::TooLarge)?;
        }
        sum.retain(|_, coefficient| *coefficient != 0);
        Ok(Poly(sum))
    }

    fn times(&self, other: &Poly) -> Result<Poly, Failure> {
        let mut product = Poly::default();
        for (left, a) in &self.0 {
            for (right, b) in &other.0 {
                let mut atoms = [left.as_slice(), right].concat();
                atoms.sort();
                let term = cancel(atoms, a.checked_mul(*b).ok_or(Failure::TooLarge)?)?;
                product = product.plus(&term, 1)?;
            }
        }
        Ok(product)
    }

    /// The exact quotient: a polynomial where that is one for all values, else an opaque atom.
    fn over(&self, other: &Poly) -> Result<Poly, Failure> {
        if other.0.is_empty() {
            return Err(Failure::DivisionByZero);
        }
        if let (Some(a), Some(b)) = (self.value(), other.value()) {
            return if a % b == 0 { Ok(Poly::literal(a / b)) } else { Err(Failure::Inexact(a, b)) };
        }
        if let Some(quotient) = self.divided_by_term(other) {
            return Ok(quotient);
        }
        let content = self.0.values().chain(other.0.values()).fold(0, |a, b| gcd(a, *b));
        let scaled = |poly: &Poly| Poly(poly.0.iter().map(|(atoms, c)| (atoms.clone(), c / content)).collect());
        Ok(Poly::term(vec![Atom::Over(scaled(self), scaled(other))], 1))
    }

    /// The quotient, where the divisor is one term that is a factor of every term.
    fn divided_by_term(&self, divisor: &Poly) -> Option<Poly> {
        let (factors, d) = divisor.only_term()?;
        let divided = |(atoms, c): (&Vec<Atom>, &i64)| Some((without(atoms, factors)?, (c % d == 0).then(|| c / d)?));
        self.0.iter().map(divided).collect::<Option<_>>().map(Poly)
    }

    fn only_term(&self) -> Option<(&Vec<Atom>, i64)> {
        let mut terms = self.0.iter();
        let (atoms, coefficient) = terms.next()?;
        terms.next().is_none().then_some((atoms, *coefficient))
    }
}

/// A term in which each quotient is multiplied out if its divisor is among the other factors.
fn cancel(atoms: Vec<Atom>, coefficient: i64) -> Result<Poly, Failure> {
    for (i, atom) in atoms.iter().enumerate() {
        let Atom::Over(dividend, divisor) = atom else { continue };
        let Some((factors, d)) = divisor.only_term() else { continue };
        let others = [&atoms[..i], &atoms[i + 1..]].concat();
        if coefficient % d == 0
            && let Some(rest) = without(&others, factors)
        {
            return dividend.times(&Poly::term(rest, coefficient / d));
        }
    }
    Ok(Poly::term(atoms, coefficient))
}

/// The atoms without the factors, if all of those are there.
fn without(atoms: &[Atom], factors: &[Atom]) -> Option<Vec<Atom>> {
    let mut rest = atoms.to_vec();
    for factor in factors {
        rest.remove(rest.iter().position(|atom| atom == factor)?);
    }
    Some(rest)
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs().max(1) } else if a == 0 { b.abs() } else { gcd(b, a % b) }
}

/// The dimension that an expression means; what cannot be decided yet goes to the obligations.
pub(crate) fn dimension(expr: &DimExpr, obligations: &mut Vec<Obligation>) -> Result<Dim, Diagnostic> {
    let poly = polynomial(expr, obligations)?;
    non_negative(&poly, expr, obligations)?;
    Ok(Dim { poly, text: expr.to_string().into() })
}

/// The value of an expression, which may be negative.
pub(crate) fn polynomial(expr: &DimExpr, obligations: &mut Vec<Obligation>) -> Result<Poly, Diagnostic> {
    let (operator, left, right) = match &expr.kind {
        DimKind::Literal(value) => return Ok(Poly::literal(*value)),
        DimKind::Symbol(symbol) => return Ok(Poly::term(vec![Atom::Symbol(symbol.clone())], 1)),
        DimKind::Binary(operator, left, right) => (*operator, left, right),
    };
    let (a, b) = (polynomial(left, obligations)?, polynomial(right, obligations)?);
    let result = match operator {
        DimOperator::Add => a.plus(&b, 1),
        DimOperator::Sub => a.plus(&b, -1),
        DimOperator::Mul => a.times(&b),
        DimOperator::Div => {
            non_negative(&a, left, obligations)?;
            non_negative(&b, right, obligations)?;
            a.over(&b)
        }
    };
    let poly = result.map_err(|failure| diagnose(failure, expr, right))?;
    let decided = b.value().is_some() && a.divided_by_term(&b).is_some();
    if operator == DimOperator::Div && !decided {
        let kind = ObligationKind::Divides(a, b);
        obligations.push(Obligation { kind, text: expr.to_string(), site: expr.site });
    }
    Ok(poly)
}

fn non_negative(poly: &Poly, expr: &DimExpr, obligations: &mut Vec<Obligation>) -> Result<(), Diagnostic> {
    match poly.value() {
        Some(value) if value < 0 => {
            let text = format!("a dimension is negative: {expr} = {value}");
            Err(Diagnostic::new(codes::NEGATIVE_DIMENSION, expr.site, text))
        }
        None if poly.may_be_negative() => {
            let kind = ObligationKind::NonNegative(poly.clone());
            obligations.push(Obligation { kind, text: expr.to_string(), site: expr.site });
            Ok(())
        }
        _ => Ok(()),
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
            Diagnostic::new(codes::INEXACT_DIVISION, expr.site, text)
        }
    }
}

#[cfg(test)]
mod tests;
