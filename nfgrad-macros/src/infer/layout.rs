//! Rules of ops that move elements and compute nothing.

use nfgrad_shapes::signature::Rule;

use super::rules::Outcome;
use crate::codes;
use crate::diagnose::{self, Applied, Operand, rank};
use crate::dim::{Dim, Shape, numel, shape_text};
use crate::report::Diagnostic;
use crate::resolve::{MAX_RANK, Value};

/// `[] -> [s]`, `[] -> [n]` or `[] -> [n, n]`.
pub(super) fn constant(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [] = op.exactly()?;
    let shape: Shape = match (op.argument(0)?.0, op.signature.rule) {
        (Value::Shape(shape), _) => Shape::clone(shape),
        (Value::Dim(size), Rule::Line) => [size.clone()].into(),
        (Value::Dim(size), Rule::Square) => [size.clone(), size.clone()].into(),
        _ => return Err(diagnose::wrong_table(op)),
    };
    Ok(Outcome::new(op, shape))
}

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

/// `[n, d], [s] -> [s, d]`.
pub(super) fn gather(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [table, index] = op.exactly()?;
    let [_, width] = &table.shape[..] else {
        let text = format!("takes rows of a matrix, but `{}` {}", table.name(), rank(&table.shape));
        return Err(op.table(op.error(codes::RANK, table.expr.site, text), &[table, index]));
    };
    if index.shape.len() >= MAX_RANK {
        let text = format!("`{}` {}, and the result would have one more", index.name(), rank(&index.shape));
        return Err(op.table(op.error(codes::TOO_MANY_AXES, index.expr.site, text), &[table, index]));
    }
    Ok(Outcome::new(op, index.shape.iter().chain([width]).cloned().collect()))
}

/// The same elements under another shape.
pub(super) fn reshape(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x] = op.exactly()?;
    let (Value::Shape(shape), site) = op.argument(0)? else { return Err(diagnose::wrong_table(op)) };
    let too_large = |_| diagnose::too_large(op, site);
    let (before, after) = (numel(&x.shape).map_err(too_large)?, numel(shape).map_err(too_large)?);
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

/// `[s ++ t] -> [s, n]`, where `n` is the number of elements of `t`.
pub(super) fn flatten(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x] = op.exactly()?;
    // From axis 0 on even a scalar can be flattened: it is one element.
    let from = if matches!(op.argument(0)?, (Value::Axis(0), _)) { 0 } else { op.one_axis(0, x)? };
    let (kept, merged) = x.shape.split_at(from);
    let length = numel(merged).map_err(|_| diagnose::too_large(op, op.expr.site))?;
    let shape: Shape = kept.iter().cloned().chain([Dim::computed(length)]).collect();
    Ok(Outcome::new(op, Shape::clone(&shape)).with_types([Value::Shape(shape)]))
}

/// `[t] -> [s ++ t']`, where an axis of length 1 of `t` may have any length in `t'`.
pub(super) fn broadcast(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x] = op.exactly()?;
    let (Value::Shape(shape), site) = op.argument(0)? else { return Err(diagnose::wrong_table(op)) };
    let Some(added) = shape.len().checked_sub(x.shape.len()) else {
        let text = format!("`{}` {}, and an axis is never dropped", x.name(), rank(&x.shape));
        let error = op.table(op.error(codes::BROADCAST, site, text), &[x]);
        return Err(error.line(format!("new shape: {}", shape_text(shape))));
    };
    let one = Dim::literal(1);
    let wrong = x.shape.iter().zip(&shape[added..]).position(|(from, to)| from != to && *from != one);
    let Some(axis) = wrong else { return Ok(Outcome::new(op, Shape::clone(shape))) };
    let (from, to) = (&x.shape[axis], &shape[axis + added]);
    let text =
        format!("axis {axis} of `{}` is {}, and only an axis of length 1 becomes {}", x.name(), from.text(), to.text());
    let error =
        op.table(op.error(codes::BROADCAST, site, text), &[x]).line(format!("new shape: {}", shape_text(shape)));
    Err(error.help_if(diagnose::along(shape, &x.shape).map(|axis| {
        let spread = diagnose::spread(&x.name(), &x.shape, shape, axis);
        format!("shapes are lined up at the end; along axis {axis} it is `{spread}`")
    })))
}
