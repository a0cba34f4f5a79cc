//! Operators and calls: which op is meant, and with how many operands.

use nfgrad_shapes::signature::{self, Absent, Kind, SCALE, SIGNATURES, Signature};

use super::arguments::decimal;
use super::{Apply, Argument, Resolver, Term, Value};
use crate::ast::{Call, Expr, ExprKind, Number, Operator};
use crate::codes;
use crate::literal::Decimal;
use crate::nearest::nearest;
use crate::report::{Diagnostic, Site};

impl<'a> Resolver<'a, '_> {
    /// `left + right`, or a literal times a tensor.
    pub(super) fn binary(&mut self, expr: &'a Expr, operator: Operator, left: &'a Expr, right: &'a Expr) -> Term<'a> {
        let (number, tensor) = match (&left.kind, &right.kind) {
            (ExprKind::Number(_), ExprKind::Number(_)) => {
                let text = format!("`{expr}` has no tensor in it");
                self.report.push(
                    Diagnostic::new(codes::LITERALS_ONLY, expr.site, text).help("write the result as one literal"),
                );
                return Term::Poisoned;
            }
            (ExprKind::Number(number), _) => ((number, left.site), right),
            (_, ExprKind::Number(number)) => ((number, right.site), left),
            _ => return self.apply(expr, operator.op(), &[left, right]),
        };
        let operand = self.term(tensor);
        let divides = matches!(left.kind, ExprKind::Number(_));
        let scale = match operator {
            Operator::Mul => decimal(number.0, number.1),
            Operator::Div => Err(division(number.0, number.1, tensor, divides)),
            _ => Err(bare(number.0, number.1, operator)),
        };
        match self.report.ok(scale) {
            Some(factor) => {
                let arguments = vec![Argument { value: Value::Real(factor), site: None }];
                Term::Apply(Apply { expr, signature: &SCALE, arguments, operands: vec![(tensor, operand)] })
            }
            None => Term::Poisoned,
        }
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

/// `x / 4.0` or `4.0 / x`.
fn division(number: &Number, site: Site, tensor: &Expr, divides: bool) -> Diagnostic {
    if divides {
        let text = format!("`{}` cannot be divided by a tensor", number.text);
        let reciprocal = format!("recip({tensor})");
        let is_one = Decimal::parse(&number.text).is_ok_and(|decimal| decimal.nearest == 1.0);
        return Diagnostic::new(codes::BARE_LITERAL, site, text).help(if is_one {
            format!("write `{reciprocal}`")
        } else {
            format!("a literal can only scale: `{} * {reciprocal}`", number.text)
        });
    }
    let error = Diagnostic::new(codes::LITERAL_DIVISOR, site, format!("cannot divide by the literal {}", number.text));
    match reciprocal(&number.text) {
        Some(decimal) => error.help(format!("multiply by {decimal}: `{decimal} * {}`", short_operand(tensor))),
        None => error
            .line(format!(
                "1/{} is not a finite decimal, so the factor must say how many digits are meant",
                number.text
            ))
            .help("multiply by a decimal; for a mean over an axis there is `mean`"),
    }
}

/// In parentheses unless it is a name or a call.
fn short_operand(expr: &Expr) -> String {
    match expr.kind {
        ExprKind::Name(_) | ExprKind::Call(_) => expr.to_string(),
        _ => format!("({expr})"),
    }
}

/// `x + 1.0`.
fn bare(number: &Number, site: Site, operator: Operator) -> Diagnostic {
    let text = format!("a literal can only scale a tensor, `0.1 * x`; `{}` needs tensors", operator.symbol());
    let error = Diagnostic::new(codes::BARE_LITERAL, site, text);
    error.help(format!("make it an input, `input c: []`, and give it the value {} when the graph is run", number.text))
}

/// `0.25` for `4.0`, if the reciprocal is a decimal of at most 15 digits.
fn reciprocal(text: &str) -> Option<String> {
    let decimal = Decimal::parse(text).ok()?;
    let reciprocal = (1.0 / decimal.nearest).to_string();
    let back = Decimal::parse(&reciprocal).ok()?;
    // Both exact, so the quotient was not rounded: x * (1/x) is 1 in integers, which a round trip of f64 cannot tell alone.
    (decimal.exact && back.exact && reciprocal.len() <= 17 && back.nearest * decimal.nearest == 1.0)
        .then_some(reciprocal)
}
