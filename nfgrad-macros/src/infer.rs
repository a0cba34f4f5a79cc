//! Every shape, and with it every position: the graph as a flat list of entries.

use std::rc::Rc;

use nfgrad_shapes::signature::{Rule, Signature};
use syn::Ident;

use crate::ast::{Expr, ExprKind};
use crate::codes;
use crate::diagnose::{self, Operand};
use crate::dim::{Dim, Shape};
use crate::report::{Diagnostic, Report, Site};
use crate::resolve::{Apply, Axis, Op, Resolved, Step, Term};

/// typenum's naturals reach this far.
const MAX_POSITIONS: usize = 1024;

/// A tensor of the graph.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// The leaf, let or output that it is called after.
    pub(crate) name: Option<&'a Ident>,
    pub(crate) shape: Shape,
    /// Absent for a leaf.
    pub(crate) node: Option<Node<'a>>,
}

/// An op and the positions that it reads.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) expr: &'a Expr,
    pub(crate) op: OpType,
    pub(crate) operands: Vec<usize>,
}

/// An op as a type of `nfgrad::op`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OpType {
    Plain(&'static Signature),
    Reduce(&'static Signature, Option<usize>),
    Scale(crate::literal::Decimal),
}

/// A name and the position that it stands for; nothing if it is poisoned.
#[derive(Debug)]
pub(crate) struct Named<'a> {
    pub(crate) step: &'a Step<'a>,
    pub(crate) position: Option<usize>,
}

/// A graph in which every shape is known.
#[derive(Debug)]
pub(crate) struct Inferred<'a> {
    /// Params, inputs, then one entry for every application of an op.
    pub(crate) entries: Vec<Entry<'a>>,
    /// Lets and outputs, in the order of the source.
    pub(crate) names: Vec<Named<'a>>,
}

/// Infers every shape; what is wrong is reported once.
pub(crate) fn infer<'a>(resolved: &'a Resolved<'a>, report: &mut Report) -> Inferred<'a> {
    let mut inference = Inference { resolved, report, entries: Vec::new(), positions: Vec::new() };
    for leaf in &resolved.leaves {
        // A leaf whose shape is wrong keeps its position; nothing reads it.
        let shape = leaf.shape.clone().unwrap_or_else(|| Rc::new([]));
        inference.entries.push(Entry { name: Some(&leaf.ast.name), shape, node: None });
    }
    for step in &resolved.steps {
        let position = inference.step(step);
        inference.positions.push(position);
    }
    let names = resolved.steps.iter().zip(inference.positions);
    let names = names.map(|(step, position)| Named { step, position }).collect();
    let entries = inference.entries;
    if entries.len() > MAX_POSITIONS {
        let text = format!("this graph has {} tensors, at most {MAX_POSITIONS} are possible", entries.len());
        let site = entries[MAX_POSITIONS].node.as_ref().map(|node| node.expr.site);
        let site = site.unwrap_or_else(|| proc_macro2::Span::call_site().into());
        report.push(Diagnostic::new(codes::TOO_LARGE, site, text).help("split the model into several graphs"));
    }
    Inferred { entries, names }
}

struct Inference<'a, 'r> {
    resolved: &'a Resolved<'a>,
    report: &'r mut Report,
    entries: Vec<Entry<'a>>,
    /// Of each step.
    positions: Vec<Option<usize>>,
}

impl<'a> Inference<'a, '_> {
    /// The position of what a let or an output names.
    fn step(&mut self, step: &'a Step<'a>) -> Option<usize> {
        let position = self.term(&step.value)?;
        if let Some(stated) = &step.stated
            && *stated != self.entries[position].shape
        {
            let found = &self.entries[position].shape;
            let site = step.ast.shape.as_ref().map_or_else(|| Site::from(&step.ast.name), |shape| shape.site);
            self.report.push(diagnose::annotation(&step.ast.name, site, stated, found));
            return None;
        }
        let entry = &mut self.entries[position];
        // An output of a let, and a let of a let, keep the first name.
        if entry.name.is_none() {
            entry.name = Some(&step.ast.name);
        }
        Some(position)
    }

    /// The position of a term; operands first.
    fn term(&mut self, term: &'a Term<'a>) -> Option<usize> {
        match term {
            Term::Leaf(index) => self.resolved.leaves[*index].shape.is_some().then_some(*index),
            Term::Step(index) => self.positions[*index],
            Term::Apply(apply) => self.apply(apply),
            Term::Poisoned => None,
        }
    }

    fn apply(&mut self, apply: &'a Apply<'a>) -> Option<usize> {
        let operands: Vec<_> = apply.operands.iter().map(|(_, term)| self.term(term)).collect();
        let mut operands: Vec<usize> = operands.into_iter().collect::<Option<_>>()?;
        let shape = self.shape_of(apply, &mut operands);
        let shape = self.report.ok(shape)?;
        let op = match &apply.op {
            Op::Scale(decimal) => OpType::Scale(decimal.clone()),
            Op::Call { signature, axis } if signature.rule == Rule::Reduce => {
                OpType::Reduce(signature, axis.map(|axis| axis.index))
            }
            Op::Call { signature, .. } => OpType::Plain(signature),
        };
        let node = Node { expr: apply.expr, op, operands };
        self.entries.push(Entry { name: None, shape, node: Some(node) });
        Some(self.entries.len() - 1)
    }

    /// The shape of the result, by the rule of the op.
    fn shape_of(&self, apply: &Apply<'a>, positions: &mut [usize]) -> Result<Shape, Diagnostic> {
        let Op::Call { signature, axis } = &apply.op else { return Ok(Rc::clone(&self.entries[positions[0]].shape)) };
        let operands: Vec<_> = apply
            .operands
            .iter()
            .zip(positions.iter())
            .zip(signature.operands)
            .map(|(((expr, term), position), label)| self.operand(label, expr, term, *position))
            .collect();
        let op = diagnose::Applied { expr: apply.expr, signature };
        match (signature.rule, operands.as_slice()) {
            (Rule::Suffix, [a, b]) => {
                if ends_with(a.shape, b.shape) {
                    return Ok(Rc::clone(a.shape));
                }
                // `+` and `*` commute in IEEE arithmetic, so the longer operand can go first.
                if signature.name != "sub" && signature.name != "div" && ends_with(b.shape, a.shape) {
                    let shape = Rc::clone(b.shape);
                    positions.swap(0, 1);
                    return Ok(shape);
                }
                Err(diagnose::suffix(&op, a, b))
            }
            (Rule::Pair, [a, b]) if a.shape == b.shape => Ok(Rc::new([])),
            (Rule::PairLastAxis, [a, b]) if a.shape == b.shape => {
                let (_, rest) = a.shape.split_last().ok_or_else(|| diagnose::no_last_axis(&op, a))?;
                Ok(rest.into())
            }
            (Rule::Pair | Rule::PairLastAxis, [a, b]) => Err(diagnose::not_same_shape(&op, a, b)),
            (Rule::MatMul, [a, b]) => matmul(&op, a, b),
            (Rule::Reduce, [x]) => reduce(&op, x, *axis),
            (Rule::LastAxis, [x]) if x.shape.is_empty() => Err(diagnose::no_last_axis(&op, x)),
            (Rule::Map | Rule::LastAxis, [x]) => Ok(Rc::clone(x.shape)),
            // The number of operands has been checked against the table, and the table against the rules.
            _ => Err(diagnose::wrong_table(&op)),
        }
    }

    /// An operand as a message shows it.
    fn operand<'b>(&'b self, label: &'static str, expr: &'b Expr, term: &Term<'a>, position: usize) -> Operand<'b> {
        let declared = match term {
            Term::Leaf(index) => Site::from(&self.resolved.leaves[*index].ast.name).location(),
            Term::Step(index) => Site::from(&self.resolved.steps[*index].ast.name).location(),
            _ => None,
        };
        let leaf = matches!((term, &expr.kind), (Term::Leaf(_), ExprKind::Name(_)));
        Operand { label, expr, shape: &self.entries[position].shape, declared, leaf }
    }
}

/// Whether the last axes of `long` are exactly `short`.
pub(crate) fn ends_with(long: &[Dim], short: &[Dim]) -> bool {
    long.ends_with(short)
}

/// `[m, k], [k, n] -> [m, n]` and `[m, k], [k] -> [m]`.
fn matmul(op: &diagnose::Applied<'_>, a: &Operand<'_>, b: &Operand<'_>) -> Result<Shape, Diagnostic> {
    let [rows, inner] = &a.shape[..] else { return Err(diagnose::matmul_rank(op, a, b)) };
    let columns = match &b.shape[..] {
        [first] if first == inner => None,
        [first, columns] if first == inner => Some(columns.clone()),
        [_] | [_, _] => return Err(diagnose::inner_dimensions(op, a, b)),
        _ => return Err(diagnose::matmul_rank(op, a, b)),
    };
    Ok([rows.clone()].into_iter().chain(columns).collect())
}

/// `[s] -> []`, or without one axis.
fn reduce(op: &diagnose::Applied<'_>, x: &Operand<'_>, axis: Option<Axis>) -> Result<Shape, Diagnostic> {
    match axis {
        None => Ok(Rc::new([])),
        Some(axis) if axis.index < x.shape.len() => {
            let kept = x.shape.iter().enumerate().filter(|(i, _)| *i != axis.index);
            Ok(kept.map(|(_, dim)| dim.clone()).collect())
        }
        Some(axis) => Err(diagnose::axis_range(op, x, axis)),
    }
}

#[cfg(test)]
mod tests;
