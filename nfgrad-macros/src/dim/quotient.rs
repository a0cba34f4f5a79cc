//! Quotients of polynomials in canonical form: what the divisor divides is taken out, and of the rest an atom is made.
//!
//! With `a = q b + r`, `q` a polynomial, both `a/b` and `floor(a/b)` are `q` plus that of `r`: `(H - 4)/2` is `H/2 - 2`. A number that is
//! left has the opposite sign of the divisor, so `(H + 1)/2` is `(H - 1)/2 + 1`. Common factors of all coefficients cancel, and
//! `floor((floor(a/b) + t)/c)` is `floor((a + t b)/(b c))`, which holds for all integers `a`, `t` and all positive `b`, `c`.

use super::{Atom, Failure, Poly};

/// What is done with what is left over.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rounding<'a> {
    /// There is nothing.
    Exact,
    /// It is dropped, unless the quotient is among those of which nothing is left.
    Down(&'a [Atom]),
}

impl Poly {
    /// The quotient: a polynomial where it is one for all values, else one with an opaque atom.
    pub(super) fn over(&self, other: &Poly, rounding: Rounding<'_>) -> Result<Poly, Failure> {
        let (whole, atom) = self.quotient(other, rounding)?;
        let atom = atom.map_or_else(Poly::default, |atom| Poly::term(vec![atom], 1));
        whole.plus(&atom, 1)
    }

    /// The quotient as a polynomial and what is added to it.
    pub(super) fn quotient(&self, other: &Poly, rounding: Rounding<'_>) -> Result<(Poly, Option<Atom>), Failure> {
        if other.0.is_empty() {
            return Err(Failure::DivisionByZero);
        }
        if let (Some(a), Some(b)) = (self.value(), other.value()) {
            return match rounding {
                Rounding::Exact if a % b != 0 => Err(Failure::Inexact(a, b)),
                _ => Ok((Poly::literal(a.div_euclid(b)), None)),
            };
        }
        let (whole, rest) = self.parted(other)?;
        if rest.0.is_empty() {
            return Ok((whole, None));
        }
        if let (Some(a), Some(b), Rounding::Down(_)) = (rest.value(), other.value(), rounding) {
            return Ok((whole.plus(&Poly::literal(a.div_euclid(b)), 1)?, None));
        }
        if let Some((dividend, divisor)) = rest.merged(other, rounding)? {
            let (more, atom) = dividend.quotient(&divisor, rounding)?;
            return Ok((whole.plus(&more, 1)?, atom));
        }
        let (dividend, divisor) = lowest_terms(&rest, other);
        let exact = match rounding {
            Rounding::Exact => true,
            Rounding::Down(known) => known.iter().any(|atom| implies(atom, &dividend, &divisor)),
        };
        Ok((whole, Some(if exact { Atom::Over(dividend, divisor) } else { Atom::Floor(dividend, divisor) })))
    }

    /// `q` and `r` of `self = q other + r`: the multiples of a divisor of one term.
    fn parted(&self, divisor: &Poly) -> Result<(Poly, Poly), Failure> {
        let (mut whole, mut rest) = (Poly::default(), Poly::default());
        let term = divisor.only_term().filter(|(_, d)| *d > 0);
        for (atoms, &c) in &self.0 {
            let Some((others, d)) = term.and_then(|(factors, d)| Some((without(atoms, factors)?, d))) else {
                rest = rest.plus(&Poly::term(atoms.clone(), c), 1)?;
                continue;
            };
            // The sign of a symbol stays what it is, that of a number is fixed.
            let up = atoms.is_empty() && c % d > 0;
            whole = whole.plus(&Poly::term(others, c / d + i64::from(up)), 1)?;
            rest = rest.plus(&Poly::term(atoms.clone(), if up { c % d - d } else { c % d }), 1)?;
        }
        Ok((whole, rest))
    }

    /// The operands of `floor((floor(a/b) + t)/c)` as one quotient; also of an exact one of an exact one.
    fn merged(&self, divisor: &Poly, rounding: Rounding<'_>) -> Result<Option<(Poly, Poly)>, Failure> {
        let quotients = self.0.keys().flatten().filter(|atom| !matches!(atom, Atom::Symbol(_))).count();
        let inner = self.0.iter().find_map(|(atoms, &c)| match (&atoms[..], c, rounding) {
            ([atom @ Atom::Over(a, b)], 1, _) | ([atom @ Atom::Floor(a, b)], 1, Rounding::Down(_)) => {
                Some((atom, a, b))
            }
            _ => None,
        });
        let (1, Some((atom, a, b))) = (quotients, inner) else { return Ok(None) };
        let others = self.plus(&Poly::term(vec![atom.clone()], 1), -1)?;
        Ok(Some((a.plus(&others.times(b)?, 1)?, b.times(divisor)?)))
    }

    /// The quotient, where the divisor is one term that is a factor of every term.
    pub(super) fn divided_by_term(&self, divisor: &Poly) -> Option<Poly> {
        let (factors, d) = divisor.only_term()?;
        let divided =
            |(atoms, c): (&Vec<Atom>, &i64)| Some((without(atoms, factors)?, (c.checked_rem(d)? == 0).then(|| c / d)?));
        self.0.iter().map(divided).collect::<Option<_>>().map(Poly)
    }

    /// The quotient, where that is a polynomial with positive coefficients.
    pub(crate) fn exactly_over(&self, divisor: &Poly) -> Option<Poly> {
        self.divided_by_term(divisor).filter(|quotient| !quotient.0.is_empty() && !quotient.may_be_negative())
    }
}

/// Whether nothing is left of `dividend/divisor` where nothing is left of the atom: where that has a multiple of the divisor.
fn implies(known: &Atom, dividend: &Poly, divisor: &Poly) -> bool {
    matches!(known, Atom::Over(a, b) if a == dividend && (b == divisor || b.divided_by_term(divisor).is_some()))
}

/// Both without the factor that all their coefficients have in common.
fn lowest_terms(dividend: &Poly, divisor: &Poly) -> (Poly, Poly) {
    let content = dividend.0.values().chain(divisor.0.values()).fold(0, |a, b| gcd(a, *b));
    let scaled = |poly: &Poly| Poly(poly.0.iter().map(|(atoms, c)| (atoms.clone(), c / content)).collect());
    (scaled(dividend), scaled(divisor))
}

/// The atoms without the factors, if all of those are there.
pub(super) fn without(atoms: &[Atom], factors: &[Atom]) -> Option<Vec<Atom>> {
    let mut rest = atoms.to_vec();
    for factor in factors {
        rest.remove(rest.iter().position(|atom| atom == factor)?);
    }
    Some(rest)
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 {
        a.abs().max(1)
    } else if a == 0 {
        b.abs()
    } else {
        gcd(b, a % b)
    }
}
