//! The rule of the matrix product.

use super::rules::Outcome;
use crate::diagnose::{self, Applied};
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
