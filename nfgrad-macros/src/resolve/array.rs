//! Arrays that are written, `[[1, 0.5], [0, 2]]`: a shape and the numbers.

use nfgrad_shapes::signature::ARRAY;

use super::number::written;
use super::{Apply, Argument, MAX_RANK, Resolver, Term, Value};
use crate::ast::{Expr, ExprKind};
use crate::codes;
use crate::dim::{Dim, Shape};
use crate::literal::Real;
use crate::report::{Diagnostic, Site};

impl<'a> Resolver<'a, '_> {
    /// `[[1, 0.5], [0, 2]]` where a tensor is wanted.
    pub(super) fn array(&mut self, expr: &'a Expr, entries: &'a [Expr]) -> Term<'a> {
        let (mut lengths, mut reals) = (Vec::new(), Vec::new());
        let read = self.rows(expr.site, entries, 0, &mut lengths, &mut reals);
        if self.report.ok(read).is_none() {
            return Term::Poisoned;
        }
        let lengths = lengths.into_iter().map(|length| Dim::literal(i64::try_from(length).unwrap_or(i64::MAX)));
        let values = [Value::Shape(lengths.collect::<Shape>()), Value::Reals(reals.into())];
        let arguments = values.into_iter().map(|value| Argument { value, site: None }).collect();
        Term::Apply(Apply { expr, signature: &ARRAY, operands: Vec::new(), arguments })
    }

    /// The entries of one pair of brackets, `depth` of which are around it. Its length must be that of those beside it.
    fn rows(
        &self,
        site: Site,
        entries: &[Expr],
        depth: usize,
        lengths: &mut Vec<usize>,
        reals: &mut Vec<Real>,
    ) -> Result<(), Diagnostic> {
        if entries.is_empty() {
            return Err(empty(site));
        }
        match lengths.get(depth) {
            Some(&length) if length != entries.len() => {
                let text = format!("a row of {}, beside one of {length}", count(entries.len()));
                return Err(Diagnostic::new(codes::ARRAY, site, text));
            }
            Some(_) => {}
            // The numbers of the rows before are no deeper.
            None if !reals.is_empty() => return Err(uneven(site)),
            None if depth == MAX_RANK => {
                let text = format!("a shape has at most {MAX_RANK} axes");
                return Err(Diagnostic::new(codes::TOO_MANY_AXES, site, text));
            }
            None => lengths.push(entries.len()),
        }
        for entry in entries {
            match &entry.kind {
                ExprKind::Array(inner) => self.rows(entry.site, inner, depth + 1, lengths, reals)?,
                _ if depth + 1 < lengths.len() => return Err(uneven(entry.site)),
                _ if self.is_written(entry) => reals.push(written(entry)?),
                _ => return Err(no_number(&entry.to_string(), entry.site)),
            }
        }
        Ok(())
    }
}

fn count(length: usize) -> String {
    if length == 1 { "1 entry".to_owned() } else { format!("{length} entries") }
}

fn uneven(site: Site) -> Diagnostic {
    Diagnostic::new(codes::ARRAY, site, "rows and numbers side by side in an array")
}

fn empty(site: Site) -> Diagnostic {
    let error = Diagnostic::new(codes::ARRAY, site, "an array without entries");
    error.help("a tensor of a shape is `zeros([B, 64])`; one number is `full([], 0.5)`")
}

fn no_number(text: &str, site: Site) -> Diagnostic {
    let error = Diagnostic::new(codes::ARRAY, site, format!("an array holds numbers, and `{text}` is not one"));
    error.help("tensors are put side by side by `concat(a, b, axis = 0)`")
}
