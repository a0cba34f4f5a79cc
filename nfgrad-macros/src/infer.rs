//! Every shape, and with it every position: the graph as a flat list of entries. The shape of one op follows from its
//! rule: one file for each family of rules.

mod block;
mod entrywise;
mod layout;
mod product;
mod range;
mod reduce;
mod rules;
mod sliding;

use std::rc::Rc;

use nfgrad_shapes::signature;
use syn::Ident;

use crate::ast::{Callee, Expr, ExprKind};
use crate::block::Signature;
use crate::codes;
use crate::diagnose::{self, Applied, Operand};
use crate::dim::{Dim, Obligation, Shape, settled};
use crate::report::{Diagnostic, Report, Site};
use crate::resolve::{Apply, Leaf, Resolved, Step, Term, Value};

pub(crate) use entrywise::ends_with;

use block::Instance;

/// typenum's naturals reach this far.
pub(crate) const MAX_POSITIONS: usize = 1024;

/// A tensor of the graph.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// The leaf, let or output that it is called after.
    pub(crate) name: Option<String>,
    pub(crate) shape: Shape,
    /// Absent for a leaf.
    pub(crate) node: Option<Node<'a>>,
}

/// An op and the positions that it reads.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) expr: &'a Expr,
    pub(crate) op: Operation<'a>,
    pub(crate) operands: Vec<usize>,
}

/// What a node does.
#[derive(Debug)]
pub(crate) enum Operation<'a> {
    Op(OpType),
    /// A graph, called with dimensions in the place of its const generics.
    Block {
        callee: &'a Callee,
        signature: &'a Signature,
        arguments: Vec<Dim>,
    },
    /// An op of another crate.
    Foreign {
        callee: &'a Callee,
        name: &'a str,
    },
}

impl Operation<'_> {
    /// The name of the op or the graph.
    pub(crate) fn name(&self) -> &str {
        match self {
            Operation::Op(op) => op.signature.name,
            Operation::Block { signature, .. } => &signature.name,
            Operation::Foreign { name, .. } => name,
        }
    }
}

/// An op as a type of `nfgrad::op`: `Sum<Axis<1>>`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OpType {
    pub(crate) signature: &'static signature::Signature,
    /// Its type parameters.
    pub(crate) arguments: Vec<Value>,
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
    /// The dimensions of each block that the graph owns, if they are known.
    pub(crate) instances: Vec<Option<Vec<Dim>>>,
    /// What the shapes need of the const generics.
    pub(crate) obligations: Vec<Obligation>,
}

/// Infers every shape; what is wrong is reported once.
pub(crate) fn infer<'a>(resolved: &'a Resolved<'a>, report: &mut Report) -> Inferred<'a> {
    let mut inference = Inference {
        resolved,
        report,
        entries: Vec::new(),
        positions: Vec::new(),
        instances: vec![None; resolved.blocks.len()],
        refused: vec![false; resolved.blocks.len()],
        obligations: Vec::new(),
    };
    for leaf in &resolved.leaves {
        // A leaf whose shape is wrong keeps its position; nothing reads it.
        let shape = leaf.shape.as_ref().map_or_else(|| Rc::new([]) as Shape, |shape| inference.settled(shape));
        inference.entries.push(Entry { name: Some(leaf.path()), shape, node: None });
    }
    inference.explicit_blocks();
    for step in &resolved.steps {
        let position = inference.step(step);
        inference.positions.push(position);
    }
    inference.open_blocks();
    let names = resolved.steps.iter().zip(inference.positions);
    let names = names.map(|(step, position)| Named { step, position }).collect();
    let (entries, obligations) = (inference.entries, inference.obligations);
    let instances = inference.instances.into_iter().map(|known| known.map(|instance| instance.arguments)).collect();
    if entries.len() > MAX_POSITIONS {
        let text = format!("this graph has {} tensors, at most {MAX_POSITIONS} are possible", entries.len());
        // The first that is too much: an op, or else a leaf.
        let node = entries[MAX_POSITIONS].node.as_ref().map(|node| node.expr.site);
        let leaf = resolved.leaves.get(MAX_POSITIONS).map(Leaf::site);
        let site = node.or(leaf).unwrap_or_else(|| proc_macro2::Span::call_site().into());
        let help = "split the model into several graphs; a graph that is used as a block is one node";
        report.push(Diagnostic::new(codes::TOO_LARGE, site, text).help(help));
    }
    Inferred { entries, names, instances, obligations }
}

struct Inference<'a, 'r> {
    resolved: &'a Resolved<'a>,
    report: &'r mut Report,
    entries: Vec<Entry<'a>>,
    /// Of each step.
    positions: Vec<Option<usize>>,
    /// Of each owned block, as soon as it is known.
    instances: Vec<Option<Instance>>,
    /// Owned blocks with an error that has been reported.
    refused: Vec<bool>,
    obligations: Vec<Obligation>,
}

impl<'a> Inference<'a, '_> {
    /// The position of what a let or an output names.
    fn step(&mut self, step: &'a Step<'a>) -> Option<usize> {
        let position = self.term(&step.value)?;
        if let Some(stated) = &step.stated
            && self.settled(stated) != self.entries[position].shape
        {
            let found = &self.entries[position].shape;
            let site = step.ast.shape.as_ref().map_or_else(|| Site::from(&step.ast.name), |shape| shape.site);
            self.report.push(diagnose::annotation(&step.ast.name, site, stated, found));
            return None;
        }
        let entry = &mut self.entries[position];
        // An output of a let, and a let of a let, keep the first name.
        if entry.name.is_none() {
            entry.name = Some(plain(&step.ast.name));
        }
        Some(position)
    }

    /// The position of a term; operands first.
    fn term(&mut self, term: &'a Term<'a>) -> Option<usize> {
        match term {
            Term::Leaf(index) => self.resolved.leaves[*index].shape.is_some().then_some(*index),
            Term::Step(index) => self.positions[*index],
            Term::Apply(apply) => self.apply(apply),
            Term::Call(called) => self.call(called),
            Term::Poisoned => None,
        }
    }

    fn apply(&mut self, apply: &'a Apply<'a>) -> Option<usize> {
        let operands: Vec<_> = apply.operands.iter().map(|(_, term)| self.term(term)).collect();
        let mut operands: Vec<usize> = operands.into_iter().collect::<Option<_>>()?;
        let call = Applied {
            expr: apply.expr,
            signature: apply.signature,
            arguments: &apply.arguments,
            operands: apply
                .operands
                .iter()
                .zip(&operands)
                .zip(apply.signature.operands)
                .map(|(((expr, term), position), label)| self.operand(label, expr, term, *position))
                .collect(),
        };
        let outcome = rules::outcome(&call);
        let outcome = self.report.ok(outcome)?;
        if outcome.swapped {
            operands.swap(0, 1);
        }
        self.obligations.extend(outcome.obligations);
        let arguments = outcome.types.into_iter().map(|value| value.settled(&self.resolved.exact)).collect();
        let op = Operation::Op(OpType { signature: apply.signature, arguments });
        let node = Node { expr: apply.expr, op, operands };
        let shape = self.settled(&outcome.shape);
        self.entries.push(Entry { name: None, shape, node: Some(node) });
        Some(self.entries.len() - 1)
    }

    /// What is rounded down is exact where the graph says that nothing is left.
    fn settled(&self, shape: &Shape) -> Shape {
        settled(shape, &self.resolved.exact)
    }

    /// An operand as a message shows it.
    fn operand(&self, label: &'static str, expr: &'a Expr, term: &Term<'a>, position: usize) -> Operand<'a> {
        let declared = match term {
            Term::Leaf(index) => self.resolved.leaves[*index].site().location(),
            Term::Step(index) => Site::from(&self.resolved.steps[*index].ast.name).location(),
            _ => None,
        };
        let leaf = matches!((term, &expr.kind), (Term::Leaf(_), ExprKind::Name(_)));
        Operand { label, expr, shape: Rc::clone(&self.entries[position].shape), declared, leaf }
    }
}

/// A name without the `r#` of a raw identifier.
pub(crate) fn plain(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}

#[cfg(test)]
mod tests;
