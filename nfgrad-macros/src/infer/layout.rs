//! Rules of ops that move elements and compute nothing.

use super::rules::Outcome;
use crate::codes;
use crate::diagnose::{self, Applied, Operand, rank};
use crate::dim::{Dim, Shape, numel, shape_text};
use crate::report::Diagnostic;
use crate::resolve::Value;

/// `[.., m, n] -> [.., n, m]`.
pub(super) fn transpose(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x] = op.exactly()?;
    let [batch @ .., rows, columns] = &x.shape[..] else {
        let text = format!("exchanges the last two axes, but `{}` {}", x.name(), rank(&x.shape));
        return Err(op.table(op.error(codes::RANK, x.expr.site, text), &[x]));
    };
    Ok(Outcome::new(op, batch.iter().chain([columns, rows]).cloned().collect()))
}

/// The axes in another order.
pub(super) fn permute(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x] = op.exactly()?;
    let (Value::Axes(axes), site) = op.argument(0)? else { return Err(diagnose::wrong_table(op)) };
    if let Some(axis) = axes.iter().find(|axis| **axis >= x.shape.len()) {
        return Err(diagnose::axis_range(op, x, *axis, site));
    }
    let twice = (0..axes.len()).find(|i| axes[..*i].contains(&axes[*i]));
    let text = match twice {
        Some(i) => format!("axis {} is named twice", axes[i]),
        None if axes.len() < x.shape.len() => {
            let missing: Vec<_> = (0..x.shape.len()).filter(|axis| !axes.contains(axis)).map(axis_text).collect();
            format!("`{}` {}, and {} is not named", x.name(), rank(&x.shape), missing.join(" and "))
        }
        None => return Ok(Outcome::new(op, axes.iter().map(|axis| x.shape[*axis].clone()).collect())),
    };
    let error = op.table(op.error(codes::AXIS_ORDER, site, text), &[x]);
    Err(error.help("name every axis once, in the order in which the result has them"))
}

fn axis_text(axis: usize) -> String {
    format!("axis {axis}")
}

/// The same elements under another shape.
pub(super) fn reshape(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x] = op.exactly()?;
    let (Value::Shape(shape), site) = op.argument(0)? else { return Err(diagnose::wrong_table(op)) };
    let (Ok(before), Ok(after)) = (numel(&x.shape), numel(shape)) else {
        return Err(op.error(codes::HUGE_DIMENSION, site, "the number of elements is too large"));
    };
    if before == after {
        return Ok(Outcome::new(op, Shape::clone(shape)));
    }
    let text = format!("changes the number of elements: {before} vs {after}");
    let error = op.error(codes::ELEMENT_COUNT, site, text);
    let error = op.table(error, &[x]).line(format!("new shape: {}", shape_text(shape)));
    Err(error.help_if(fitting(x, shape).map(|fitting| format!("`{fitting}` has as many elements as `{}`", x.name()))))
}

/// The shape with one length changed so that it fits: the last for which that is possible.
fn fitting(x: &Operand<'_>, shape: &[Dim]) -> Option<String> {
    let wanted = numel(&x.shape).ok()?;
    let changed = |i: usize| {
        let others: Vec<Dim> = shape.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, dim)| dim.clone()).collect();
        let length = wanted.exactly_over(&numel(&others).ok()?)?;
        let text = |(j, dim): (usize, &Dim)| if i == j { length.to_string() } else { dim.text().to_owned() };
        Some(format!("[{}]", shape.iter().enumerate().map(text).collect::<Vec<_>>().join(", ")))
    };
    (0..shape.len()).rev().find_map(changed)
}
