//! The rules of the matrix product and of attention.

use super::entrywise::ends_with;
use super::rules::Outcome;
use crate::codes;
use crate::diagnose::{self, Applied, Operand};
use crate::dim::{Dim, shape_text};
use crate::report::Diagnostic;

/// `[s, m, k], [s, k, n] -> [s, m, n]`, `[s, m, k], [k, n] -> [s, m, n]` and `[s, m, k], [k] -> [s, m]`.
pub(super) fn matmul(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [a, b] = op.exactly()?;
    let [batch @ .., rows, inner] = &a.shape[..] else { return Err(diagnose::matmul_rank(op, a, b)) };
    let (others, first, columns) = match &b.shape[..] {
        [] => return Err(diagnose::matmul_rank(op, a, b)),
        [first] => (&[][..], first, None),
        [others @ .., first, columns] => (others, first, Some(columns)),
    };
    if first != inner {
        return Err(diagnose::inner_dimensions(op, a, b));
    }
    if !others.is_empty() && others != batch {
        return Err(unlike_batches(op, a, b, (batch, others)));
    }
    Ok(Outcome::new(op, batch.iter().chain([rows]).chain(columns).cloned().collect()))
}

/// Two batches that are not the same.
fn unlike_batches(op: &Applied<'_>, a: &Operand<'_>, b: &Operand<'_>, (left, right): (&[Dim], &[Dim])) -> Diagnostic {
    let text = format!("the axes before the matrices differ, {} vs {}", shape_text(left), shape_text(right));
    let error = op.table(op.error(codes::BATCH, b.expr.site, text), &[a, b]);
    let whole: Vec<Dim> = right.iter().chain(&a.shape[left.len()..]).cloned().collect();
    let stretched = right.ends_with(left).then(|| format!("broadcast({}, {})", a.name(), shape_text(&whole)));
    error.help_if(stretched.map(|call| format!("to multiply every matrix of `{}` by the same: `{call}`", b.name())))
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
        let scores = shape_text(&with(queries, keys).collect::<Vec<_>>());
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
