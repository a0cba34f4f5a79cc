//! Rules of ops that work entry by entry.

use std::rc::Rc;

use super::rules::Outcome;
use crate::diagnose::{self, Applied};
use crate::dim::Dim;
use crate::report::Diagnostic;

/// `[s] -> [s]`.
pub(super) fn map(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x] = op.exactly()?;
    Ok(Outcome::new(op, Rc::clone(&x.shape)))
}

/// `[s ++ t], [t] -> [s ++ t]`.
pub(super) fn suffix(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [a, b] = op.exactly()?;
    if ends_with(&a.shape, &b.shape) {
        return Ok(Outcome::new(op, Rc::clone(&a.shape)));
    }
    // `+` and `*` commute in IEEE arithmetic, so the longer operand can go first.
    if !matches!(op.signature.name, "sub" | "div" | "safe_div") && ends_with(&b.shape, &a.shape) {
        return Ok(Outcome::new(op, Rc::clone(&b.shape)).swapped());
    }
    Err(diagnose::suffix(op, a, b))
}

/// Whether the last axes of `long` are exactly `short`.
pub(crate) fn ends_with(long: &[Dim], short: &[Dim]) -> bool {
    long.ends_with(short)
}
