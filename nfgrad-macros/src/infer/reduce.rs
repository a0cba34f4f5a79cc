//! Rules of ops along an axis.

use std::rc::Rc;

use super::entrywise::ends_with;
use super::rules::Outcome;
use crate::diagnose::{self, Applied, Operand};
use crate::dim::{Dim, Shape};
use crate::report::Diagnostic;
use crate::resolve::Value;

/// `[s] -> []`, or without one axis.
pub(super) fn reduce(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x] = op.exactly()?;
    let shape: Shape = match op.axis(0, x)? {
        None => Rc::new([]),
        Some(axis) => {
            let kept = x.shape.iter().enumerate().filter(|(i, _)| *i != axis);
            kept.map(|(_, dim)| dim.clone()).collect()
        }
    };
    Ok(Outcome::new(op, shape))
}

/// `[s, n], [n], .. -> [s, n]`.
pub(super) fn rows(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x, vectors @ ..] = &op.operands[..] else { return Err(diagnose::wrong_table(op)) };
    rest_of(op, x)?;
    for vector in vectors {
        if vector.shape.len() != 1 {
            return Err(diagnose::no_vector(op, x, vector));
        }
        if !ends_with(&x.shape, &vector.shape) {
            return Err(diagnose::suffix(op, x, vector));
        }
    }
    Ok(Outcome::new(op, Rc::clone(&x.shape)))
}

/// `[s ++ t] -> [s ++ t]`, with or without a mask `[t]`, along an axis.
pub(super) fn along_axis(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x, masks @ ..] = &op.operands[..] else { return Err(diagnose::wrong_table(op)) };
    if let Some(mask) = masks.first()
        && !ends_with(&x.shape, &mask.shape)
    {
        return Err(diagnose::suffix(op, x, mask));
    }
    let last = rest_of(op, x)?.len();
    let axis = op.axis(0, x)?.unwrap_or(last);
    Ok(Outcome { types: vec![Value::Axis(axis)], ..Outcome::new(op, Rc::clone(&x.shape)) })
}

/// `[s], [s] -> []`.
pub(super) fn pair(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    same_shape(op)?;
    Ok(Outcome::new(op, Rc::new([])))
}

/// `[s, c], [s, c] -> [s]`, with or without a mask whose shape is a suffix.
pub(super) fn pair_last_axis(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [a, b, masks @ ..] = &op.operands[..] else { return Err(diagnose::wrong_table(op)) };
    if a.shape != b.shape {
        return Err(diagnose::not_same_shape(op, a, b));
    }
    if let Some(mask) = masks.first()
        && !ends_with(&a.shape, &mask.shape)
    {
        return Err(diagnose::suffix(op, a, mask));
    }
    let rest = rest_of(op, a)?;
    Ok(Outcome::new(op, rest.into()))
}

/// The first of two operands of one shape.
fn same_shape<'b, 'a>(op: &'b Applied<'a>) -> Result<&'b Operand<'a>, Diagnostic> {
    let [a, b] = op.exactly()?;
    if a.shape == b.shape { Ok(a) } else { Err(diagnose::not_same_shape(op, a, b)) }
}

/// The axes before the last.
fn rest_of<'b>(op: &Applied<'_>, x: &'b Operand<'_>) -> Result<&'b [Dim], Diagnostic> {
    match x.shape.split_last() {
        Some((_, rest)) => Ok(rest),
        None => Err(diagnose::no_last_axis(op, x)),
    }
}
