//! The rules of the matrix product and of attention.

use super::entrywise::ends_with;
use super::rules::Outcome;
use crate::codes;
use crate::diagnose::{self, Applied, Operand};
use crate::dim::Dim;
use crate::report::Diagnostic;

/// `[m, k], [k, n] -> [m, n]` and `[m, k], [k] -> [m]`.
pub(super) fn matmul(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [a, b] = op.exactly()?;
    let [rows, inner] = &a.shape[..] else { return Err(diagnose::matmul_rank(op, a, b)) };
    let columns = match &b.shape[..] {
        [first] if first == inner => None,
        [first, columns] if first == inner => Some(columns.clone()),
        [_] | [_, _] => return Err(diagnose::inner_dimensions(op, a, b)),
        _ => return Err(diagnose::matmul_rank(op, a, b)),
    };
    Ok(Outcome::new(op, [rows.clone()].into_iter().chain(columns).collect()))
}

/// `[s, t, d], [s, u, d], [s, u, e] -> [s, t, e]`, with or without a mask.
pub(super) fn attention(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [q, k, v, masks @ ..] = &op.operands[..] else { return Err(diagnose::wrong_table(op)) };
    let ([batch @ .., queries, width], [batch_k @ .., keys, width_k]) = (matrix(op, q)?, matrix(op, k)?) else {
        return Err(diagnose::wrong_table(op));
    };
    let [batch_v @ .., keys_v, depth] = matrix(op, v)? else { return Err(diagnose::wrong_table(op)) };
    let unlike = |operand: &Operand<'_>, text: String| {
        Err(op.table(op.error(codes::UNLIKE_SHAPES, operand.expr.site, text), &[q, k, v]))
    };
    if width != width_k {
        return unlike(k, format!("a key must be as long as a query, {} vs {}", width_k.text(), width.text()));
    }
    if keys != keys_v {
        return unlike(v, format!("there must be as many values as keys, {} vs {}", keys_v.text(), keys.text()));
    }
    if let Some((_, operand)) = [(batch_k, k), (batch_v, v)].into_iter().find(|(other, _)| *other != batch) {
        return unlike(operand, format!("the leading axes of `{}` and `{}` differ", q.name(), operand.name()));
    }
    let with = |a: &Dim, b: &Dim| batch.iter().cloned().chain([a.clone(), b.clone()]);
    if let Some(mask) = masks.first()
        && !ends_with(&with(queries, keys).collect::<Vec<_>>(), &mask.shape)
    {
        let scores = crate::dim::shape_text(&with(queries, keys).collect::<Vec<_>>());
        let text = format!("the last axes of the mask must be those of the scores, {scores}");
        return Err(op.table(op.error(codes::UNLIKE_SHAPES, mask.expr.site, text), &[q, k, mask]));
    }
    Ok(Outcome::new(op, with(queries, depth).collect()))
}

/// The shape of an operand that has two axes at least.
fn matrix<'b>(op: &Applied<'_>, x: &'b Operand<'_>) -> Result<&'b [Dim], Diagnostic> {
    if x.shape.len() >= 2 {
        return Ok(&x.shape);
    }
    let text = format!("{} must have two axes at least, but `{}` {}", x.label, x.name(), diagnose::rank(&x.shape));
    Err(op.table(op.error(codes::RANK, x.expr.site, text), &[x]))
}
