//! Rules of ops that change the length of one axis.

use super::rules::Outcome;
use crate::codes;
use crate::diagnose::{self, Applied, Operand, rank};
use crate::dim::{Dim, Shape};
use crate::report::Diagnostic;
use crate::resolve::Value;

/// `[s, m, t], [s, n, t] -> [s, m + n, t]`.
pub(super) fn concat(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [a, others @ ..] = &op.operands[..] else { return Err(diagnose::wrong_table(op)) };
    let axis = op.one_axis(0, a)?;
    if let Some(other) = others.iter().find(|other| other.shape.len() != a.shape.len()) {
        let text = format!("`{}` {}, but `{}` {}", a.name(), rank(&a.shape), other.name(), rank(&other.shape));
        return Err(op.table(op.error(codes::RANK, other.expr.site, text), &all(op)));
    }
    for other in others {
        let differs = (0..a.shape.len()).find(|i| *i != axis && a.shape[*i] != other.shape[*i]);
        if let Some(i) = differs {
            let (left, right) = (a.shape[i].text(), other.shape[i].text());
            let text = format!("puts tensors side by side along axis {axis}, but axis {i} differs, {left} vs {right}");
            let error = op.table(op.error(codes::CONCAT, other.expr.site, text), &all(op));
            return Err(error.help_if(fits(op).map(|axis| format!("they fit along axis {axis}: `axis = {axis}`"))));
        }
    }
    let sum = others.iter().try_fold(a.shape[axis].clone(), |sum, other| sum.plus(&other.shape[axis]));
    let sum = sum.map_err(|_| diagnose::too_large(op, op.expr.site))?;
    let shape = with_length(a, axis, &sum);
    Ok(Outcome::new(op, shape).with_types([Value::Axis(axis), Value::Dim(sum)]))
}

fn all<'b, 'a>(op: &'b Applied<'a>) -> Vec<&'b Operand<'a>> {
    op.operands.iter().collect()
}

/// The only axis along which the operands can be put side by side.
fn fits(op: &Applied<'_>) -> Option<usize> {
    let [a, others @ ..] = &op.operands[..] else { return None };
    let fits = |axis: &usize| {
        let equal = |other: &Operand<'_>| (0..a.shape.len()).all(|i| i == *axis || a.shape[i] == other.shape[i]);
        others.iter().all(equal)
    };
    (0..a.shape.len()).find(fits)
}

/// The shape with another length of that axis.
fn with_length(x: &Operand<'_>, axis: usize, length: &Dim) -> Shape {
    let dims = x.shape.iter().enumerate();
    dims.map(|(i, dim)| if i == axis { length.clone() } else { dim.clone() }).collect()
}

/// `[s, m, t] -> [s, end - start, t]`.
pub(super) fn slice(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x] = op.exactly()?;
    let axis = op.one_axis(0, x)?;
    let (Value::Range(start, end), site) = op.argument(1)? else { return Err(diagnose::wrong_table(op)) };
    let range = format!("the range {}..{}", start.text(), end.text());
    let length = end.minus(start).map_err(|_| diagnose::too_large(op, site))?;
    let types = [Value::Axis(axis), Value::Dim(start.clone()), Value::Dim(length.clone())];
    let error = |text: String| op.table(op.error(codes::OUT_OF_RANGE, site, text), &[x]);
    let whole = &x.shape[axis];
    Outcome::new(op, with_length(x, axis, &length))
        .with_types(types)
        .needs_at_most(site, (start, end), || error(format!("{range} ends before it begins")))?
        .needs_at_most(site, (end, whole), || {
            error(format!("{range} goes beyond axis {axis} of `{}`, which has the length {}", x.name(), whole.text()))
        })
}

/// `[s, m, t] -> [s, before + m + after, t]`.
pub(super) fn pad(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x] = op.exactly()?;
    let axis = op.one_axis(0, x)?;
    let ((Value::Dim(before), _), (Value::Dim(after), _)) = (op.argument(1)?, op.argument(2)?) else {
        return Err(diagnose::wrong_table(op));
    };
    let length = before.plus(&x.shape[axis]).and_then(|length| length.plus(after));
    let length = length.map_err(|_| diagnose::too_large(op, op.expr.site))?;
    let types = [Value::Axis(axis), Value::Dim(before.clone()), Value::Dim(after.clone()), Value::Dim(length.clone())];
    Ok(Outcome::new(op, with_length(x, axis, &length)).with_types(types))
}
