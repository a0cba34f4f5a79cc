//! Operators and calls: which op is meant, and with how many operands.

use nfgrad_shapes::signature::{self, Absent, DIVIDE, INVERT, Kind, SCALE, SHIFT, SIGNATURES, Signature};

use super::number::written;
use super::{Apply, Argument, Resolver, Term, Value};
use crate::ast::{Call, Expr, ExprKind, Operator};
use crate::codes;
use crate::diagnose::{MAX_TEXT, source};
use crate::literal::{Needs, Real};
use crate::nearest::nearest;
use crate::report::{Diagnostic, Site};

impl<'a> Resolver<'a, '_> {
    /// `left + right`, of two tensors or of a tensor and a number.
    pub(super) fn binary(&mut self, expr: &'a Expr, operator: Operator, left: &'a Expr, right: &'a Expr) -> Term<'a> {
        // Of two names that nothing in the graph has, each is misspelt.
        let names = matches!((&left.kind, &right.kind), (ExprKind::Name(_), ExprKind::Name(_)));
        let written = [left, right].map(|side| self.is_written(side));
        match written {
            [true, true] if !names => {
                let literals = matches!((&left.kind, &right.kind), (ExprKind::Number(_), ExprKind::Number(_)));
                let help = if literals {
                    "write the result as one literal".to_owned()
                } else {
                    format!("give the result a name in the module: `const C: f64 = {expr};`")
                };
                let text = format!("`{expr}` has no tensor in it");
                self.report.push(Diagnostic::new(codes::LITERALS_ONLY, expr.site, text).help(help));
                Term::Poisoned
            }
            [true, false] if operator != Operator::MatMul => self.with_number(expr, operator, (left, right), true),
            [false, true] if operator != Operator::MatMul => self.with_number(expr, operator, (right, left), false),
            _ => self.apply(expr, operator.op(), &[left, right]),
        }
    }

    /// `x - 2`, or `2 - x` if the number is on the left: the op that has the number as its argument.
    fn with_number(
        &mut self,
        expr: &'a Expr,
        operator: Operator,
        (number, tensor): (&'a Expr, &'a Expr),
        on_the_left: bool,
    ) -> Term<'a> {
        let operand = self.term(tensor);
        let real = written(number).and_then(|real| match (operator, on_the_left, &real) {
            (Operator::Div, false, Real::Decimal(decimal)) if decimal.nearest == 0.0 => Err(by_zero(expr, number.site)),
            _ => Ok(real),
        });
        let Some(real) = self.report.ok(real) else { return Term::Poisoned };
        let (signature, real) = match (operator, on_the_left) {
            (Operator::Mul, _) => (&SCALE, real),
            (Operator::Div, true) => (&INVERT, real),
            (Operator::Div, false) => (&DIVIDE, real.that_needs(Needs::NotZero)),
            (Operator::Sub, false) => (&SHIFT, -real),
            (Operator::Add | Operator::Sub | Operator::MatMul, _) => (&SHIFT, real),
        };
        // `2 - x` is `-x + 2`: a change of sign is exact.
        let operand = match (operator, on_the_left) {
            (Operator::Sub, true) => match signature::lookup("neg") {
                Some(signature) => {
                    Term::Apply(Apply { expr, signature, arguments: Vec::new(), operands: vec![(tensor, operand)] })
                }
                None => Term::Poisoned,
            },
            _ => operand,
        };
        let arguments = vec![Argument { value: Value::Real(real), site: None }];
        Term::Apply(Apply { expr, signature, arguments, operands: vec![(tensor, operand)] })
    }

    /// An op of the table that the macro itself names.
    pub(super) fn apply(&mut self, expr: &'a Expr, op: &str, operands: &[&'a Expr]) -> Term<'a> {
        let operands: Vec<_> = operands.iter().map(|operand| (*operand, self.term(operand))).collect();
        match signature::lookup(op) {
            Some(signature) => Term::Apply(Apply { expr, signature, arguments: Vec::new(), operands }),
            None => Term::Poisoned,
        }
    }

    /// `op(a, b, axis = 1)`.
    pub(super) fn call(&mut self, expr: &'a Expr, call: &'a Call) -> Term<'a> {
        let signature = signature::lookup(&call.op.to_string());
        let (tensors, rest) = tensors(call);
        // The operands are looked at in any case: what is wrong in them is wrong whatever the op.
        let operands: Vec<_> = tensors.iter().map(|operand| (operand, self.term(operand))).collect();
        let Some(signature) = signature else {
            let error = self.unknown_op(call);
            self.report.push(error);
            return Term::Poisoned;
        };
        let count = check_count(signature, call, tensors.len(), rest);
        let count = self.report.ok(count);
        // What a constant is given too much is no tensor.
        let rest = if count.is_none() && signature.operands.is_empty() { &[] } else { rest };
        if count.is_none() {
            rest.iter().filter(|extra| !extra.is_no_tensor()).for_each(|extra| drop(self.term(extra)));
        }
        match self.arguments(signature, call, rest, count.is_some()) {
            Some(arguments) => Term::Apply(Apply { expr, signature, operands, arguments }),
            None => Term::Poisoned,
        }
    }

    fn unknown_op(&self, call: &Call) -> Diagnostic {
        let word = call.op.to_string();
        let error = Diagnostic::new(codes::UNKNOWN_OP, &call.op, format!("there is no op `{word}`"));
        if self.scope.contains_key(&word) {
            return error.help(format!("`{word}` is a tensor; a product is written `{word} * (..)`"));
        }
        let near = nearest(&word, SIGNATURES.iter().map(|signature| signature.name));
        if let Some(near) = near.and_then(signature::lookup) {
            return error.help(format!("did you mean `{}`? {}", usage(near), near.summary));
        }
        if let Some(shaped) = word.strip_suffix("_like").and_then(signature::lookup) {
            return error.help(format!("`{}` takes a shape: `{}`", shaped.name, usage(shaped)));
        }
        error.help("every op is listed in the documentation of `nfgrad::op`")
    }
}

/// The arguments without keyword, apart: the operands, up to the first that can be no tensor where one may be left out; and
/// the rest.
pub(crate) fn tensors(call: &Call) -> (&[Expr], &[Expr]) {
    let given = &call.positional;
    let count = match signature::lookup(&call.op.to_string()) {
        None => given.iter().take_while(|expr| !expr.is_no_tensor()).count(),
        Some(signature) => {
            let others = given.iter().skip(signature.least).position(Expr::is_no_tensor);
            let tensors = others.map_or(given.len(), |others| signature.least + others);
            // What is too much is not an operand.
            tensors.min(signature.operands.len())
        }
    };
    given.split_at(count)
}

/// `cross_entropy(logits, target)`.
pub(super) fn usage(signature: &Signature) -> String {
    let (needed, more) = signature.operands.split_at(signature.least);
    let mut parts: Vec<String> = needed.iter().map(ToString::to_string).collect();
    parts.extend(more.iter().map(|more| format!("[{more}]")));
    let required = signature.parameters.iter().filter(|parameter| parameter.absent == Absent::Refused);
    parts.extend(required.map(|parameter| {
        let example = match parameter.kind {
            Kind::Axis => "0",
            Kind::Axes => "[1, 0]",
            Kind::Real => "0.1",
            Kind::Integer | Kind::Dim => "2",
            Kind::Range => "0..2",
            Kind::Shape => "[B, 64]",
            Kind::Format => "bf16",
        };
        if parameter.positional { example.to_owned() } else { format!("{} = {example}", parameter.name) }
    }));
    format!("{}({})", signature.name, parts.join(", "))
}

fn check_count(signature: &Signature, call: &Call, tensors: usize, rest: &[Expr]) -> Result<(), Diagnostic> {
    let by_position = signature.parameters.iter().filter(|parameter| parameter.positional).count();
    if tensors >= signature.least && rest.len() <= by_position {
        return Ok(());
    }
    let (least, most) = (signature.least, signature.operands.len());
    // The first that is too much, or the name of the op where there are too few.
    let site = rest.get(by_position).map_or_else(|| Site::from(&call.op), |extra| extra.site);
    let given = if tensors < least { tensors } else { tensors + rest.len() };
    let wanted = match (least, most) {
        (0, 0) if by_position == 1 => "1 argument".to_owned(),
        (0, 0) => format!("{by_position} arguments"),
        (1, 1) => "1 operand".to_owned(),
        _ if least == most => format!("{most} operands"),
        _ if least + 1 == most => format!("{least} or {most} operands"),
        _ => format!("{least} to {most} operands"),
    };
    let verb = if given == 1 { "is" } else { "are" };
    let text = format!("`{}` takes {wanted}, but {given} {verb} given", signature.name);
    let error = Diagnostic::new(codes::ARGUMENT_COUNT, site, text);
    let keyword = signature.parameters.iter().find(|parameter| !parameter.positional);
    let extra = rest.get(by_position).filter(|extra| extra.is_no_tensor());
    Err(error.help(match extra.zip(keyword) {
        Some((extra, keyword)) => format!("did you mean `{} = {extra}`?", keyword.name),
        None => format!("`{}`: {}", usage(signature), signature.summary),
    }))
}

/// `x / 0`.
fn by_zero(expr: &Expr, site: Site) -> Diagnostic {
    let text = format!("`{expr}` divides by 0", expr = source(expr, MAX_TEXT));
    Diagnostic::new(codes::ZERO_DIVISOR, site, text)
}

/// A literal where a tensor is wanted.
pub(super) fn bare(text: &str, site: Site) -> Diagnostic {
    let error =
        Diagnostic::new(codes::BARE_LITERAL, site, format!("`{text}` is a number, and here a tensor is wanted"));
    error.help(format!("a tensor of one number is `full([], {text})`, and one of a shape `full([B, 64], {text})`"))
}
