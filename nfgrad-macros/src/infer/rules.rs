//! From the rule of an op to the shape of its result: what a rule is given, and what it gives.

use nfgrad_shapes::signature::Rule;

use super::{entrywise, layout, product, range, reduce, sliding};
use crate::ast::Relation;
use crate::diagnose::{self, Applied, Operand};
use crate::dim::{Dim, Obligation, ObligationKind, Poly, Shape};
use crate::report::{Diagnostic, Site};
use crate::resolve::Value;

/// What a rule says of a call.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The shape of the result.
    pub(crate) shape: Shape,
    /// The right operand goes first.
    pub(crate) swapped: bool,
    /// The type parameters of the op: the arguments of the call, unless the rule says otherwise.
    pub(crate) types: Vec<Value>,
    /// What must hold for the const generics.
    pub(crate) obligations: Vec<Obligation>,
}

impl Outcome {
    /// The shape, and nothing out of the ordinary.
    pub(crate) fn new(op: &Applied<'_>, shape: Shape) -> Self {
        let types = op.arguments.iter().map(|argument| argument.value.clone()).collect();
        Self { shape, swapped: false, types, obligations: Vec::new() }
    }

    /// The right operand goes first.
    pub(crate) fn swapped(self) -> Self {
        Self { swapped: true, ..self }
    }

    /// These are the type parameters, and not the arguments.
    pub(crate) fn with_types(self, types: impl Into<Vec<Value>>) -> Self {
        Self { types: types.into(), ..self }
    }

    /// `left <= right` must hold, and `wrong` says what it means that it does not: an error now if that is known, or else
    /// when the graph is instantiated.
    pub(crate) fn needs_at_most(
        mut self,
        site: Site,
        (left, right): (&Dim, &Dim),
        wrong: impl FnOnce() -> Diagnostic,
    ) -> Result<Self, Diagnostic> {
        match left.poly.at_most(&right.poly) {
            Some(true) => {}
            Some(false) => return Err(wrong()),
            None => {
                let kind = ObligationKind::Needs(left.poly.clone(), None, Relation::LessEqual, right.poly.clone());
                self.obligations.push(Obligation { kind, text: wrong().headline().to_owned(), site });
            }
        }
        Ok(self)
    }

    /// `divisor` must divide `dividend`, as [`Outcome::needs_at_most`].
    pub(crate) fn needs_divisor(
        mut self,
        site: Site,
        (divisor, dividend): (&Dim, &Dim),
        wrong: impl FnOnce() -> Diagnostic,
    ) -> Result<Self, Diagnostic> {
        let (left, modulus) = (dividend.poly.clone(), Some(divisor.poly.clone()));
        let kind = ObligationKind::Needs(left, modulus, Relation::Equal, Poly::literal(0));
        match kind.decide() {
            Some(true) => {}
            Some(false) => return Err(wrong()),
            None => self.obligations.push(Obligation { kind, text: wrong().headline().to_owned(), site }),
        }
        Ok(self)
    }
}

/// The outcome of the rule of the op.
pub(super) fn outcome(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    match op.signature.rule {
        Rule::Filled | Rule::Line | Rule::Square => layout::constant(op),
        Rule::Map => entrywise::map(op),
        Rule::Suffix => entrywise::suffix(op),
        Rule::Pair => reduce::pair(op),
        Rule::PairLastAxis => reduce::pair_last_axis(op),
        Rule::MatMul => product::matmul(op),
        Rule::Reduce => reduce::reduce(op),
        Rule::Gather => layout::gather(op),
        Rule::Rows => reduce::rows(op),
        Rule::Attention => product::attention(op),
        Rule::AlongAxis => reduce::along_axis(op),
        Rule::Transpose => layout::transpose(op),
        Rule::Permute => layout::permute(op),
        Rule::Reshape => layout::reshape(op),
        Rule::Flatten => layout::flatten(op),
        Rule::Broadcast => layout::broadcast(op),
        Rule::Concat => range::concat(op),
        Rule::Slice => range::slice(op),
        Rule::Pad => range::pad(op),
        Rule::Conv2d => sliding::conv2d(op),
        Rule::Pool2d => sliding::pool2d(op),
    }
}

impl<'a> Applied<'a> {
    /// The operands, as many as the rule takes. Their number has been checked against the table, and here the table is
    /// checked against the rule.
    pub(super) fn exactly<const N: usize>(&self) -> Result<&[Operand<'a>; N], Diagnostic> {
        self.operands.as_slice().try_into().map_err(|_| diagnose::wrong_table(self))
    }

    /// The argument `i`, and where it is; an argument that was left out is where the call is.
    pub(super) fn argument(&self, i: usize) -> Result<(&'a Value, Site), Diagnostic> {
        let argument = self.arguments.get(i).ok_or_else(|| diagnose::wrong_table(self))?;
        Ok((&argument.value, argument.site.unwrap_or(self.expr.site)))
    }

    /// The argument `i` as one axis of `x`.
    pub(super) fn one_axis(&self, i: usize, x: &Operand<'_>) -> Result<usize, Diagnostic> {
        self.axis(i, x)?.ok_or_else(|| diagnose::wrong_table(self))
    }

    /// The argument `i` as an axis of `x`; nothing if it means all of them.
    pub(super) fn axis(&self, i: usize, x: &Operand<'_>) -> Result<Option<usize>, Diagnostic> {
        match self.argument(i)? {
            (Value::All, _) => Ok(None),
            (Value::Axis(axis), _) if *axis < x.shape.len() => Ok(Some(*axis)),
            (Value::Axis(axis), site) => Err(diagnose::axis_range(self, x, *axis, site)),
            _ => Err(diagnose::wrong_table(self)),
        }
    }
}
