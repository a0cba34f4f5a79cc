//! Operators and calls: which op is meant, with how many operands, and along which axis.

use nfgrad_shapes::signature::{self, Rule, SIGNATURES, Signature};
use proc_macro2::Span;

use super::{Apply, Axis, Op, Resolver, Term};
use crate::ast::{Call, Expr, ExprKind, Keyword, Number, Operator};
use crate::codes;
use crate::literal::{Decimal, Refusal};
use crate::nearest::nearest;
use crate::report::{Diagnostic, Site};

impl<'a> Resolver<'a, '_> {
    /// `left + right`, or a literal times a tensor.
    pub(super) fn binary(
        &mut self,
        expr: &'a Expr,
        operator: Operator,
        at: Span,
        left: &'a Expr,
        right: &'a Expr,
    ) -> Term<'a> {
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
            _ => return self.apply_operator(expr, operator, at, left, right),
        };
        let operand = self.term(tensor);
        let divides = matches!(left.kind, ExprKind::Number(_));
        let scale = match operator {
            Operator::Mul => scale(number.0, number.1),
            Operator::Div => Err(division(number.0, number.1, tensor, divides)),
            _ => Err(bare(number.0, number.1, operator)),
        };
        match self.report.ok(scale) {
            Some(scale) => Term::Apply(Apply { expr, op: Op::Scale(scale), operands: vec![(tensor, operand)] }),
            None => Term::Poisoned,
        }
    }

    fn apply_operator(
        &mut self,
        expr: &'a Expr,
        operator: Operator,
        at: Span,
        left: &'a Expr,
        right: &'a Expr,
    ) -> Term<'a> {
        if signature::lookup(operator.op()).is_some() {
            return self.apply(expr, operator.op(), &[left, right]);
        }
        let text = format!("there is no op for `{}` between two tensors", operator.symbol());
        self.report.push(Diagnostic::new(codes::NO_SUCH_OPERATOR, at, text));
        self.term(left);
        self.term(right);
        Term::Poisoned
    }

    /// An op of the table that the macro itself names.
    pub(super) fn apply(&mut self, expr: &'a Expr, op: &str, operands: &[&'a Expr]) -> Term<'a> {
        let operands: Vec<_> = operands.iter().map(|operand| (*operand, self.term(operand))).collect();
        match signature::lookup(op) {
            Some(signature) => Term::Apply(Apply { expr, op: Op::Call { signature, axis: None }, operands }),
            None => Term::Poisoned,
        }
    }

    /// `op(a, b, axis = 1)`.
    pub(super) fn call(&mut self, expr: &'a Expr, call: &'a Call) -> Term<'a> {
        // The operands are looked at in any case: what is wrong in them is wrong whatever the op.
        let operands: Vec<_> = call.operands.iter().map(|operand| (operand, self.term(operand))).collect();
        let Some(signature) = signature::lookup(&call.op.to_string()) else {
            let error = self.unknown_op(call);
            self.report.push(error);
            return Term::Poisoned;
        };
        let count = check_count(signature, call);
        let count = self.report.ok(count);
        let mut axis = None;
        if !self.keywords(signature, call, &mut axis) || count.is_none() {
            return Term::Poisoned;
        }
        Term::Apply(Apply { expr, op: Op::Call { signature, axis }, operands })
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
        let names: Vec<_> = SIGNATURES.iter().map(|signature| signature.name).collect();
        error.line(format!("the ops are: {}", names.join(", ")))
    }

    /// Reads the keywords of a call; says no if one of them is wrong.
    fn keywords(&mut self, signature: &Signature, call: &Call, axis: &mut Option<Axis>) -> bool {
        let mut fine = true;
        for keyword in &call.keywords {
            let parsed = if axis.is_some() && keyword.name == "axis" {
                Err(Diagnostic::new(codes::KEYWORD_TWICE, &keyword.name, "`axis` is given twice"))
            } else {
                parse_axis(signature, keyword)
            };
            match self.report.ok(parsed) {
                Some(parsed) => *axis = Some(parsed),
                None => fine = false,
            }
        }
        fine
    }
}

fn parse_axis(signature: &Signature, keyword: &Keyword) -> Result<Axis, Diagnostic> {
    let Keyword { name, value } = keyword;
    if name != "axis" || signature.rule != Rule::Reduce {
        let text = format!("`{}` has no argument `{name}`", signature.name);
        let near = (signature.rule == Rule::Reduce).then(|| nearest(&name.to_string(), ["axis"])).flatten();
        let dim =
            (signature.rule == Rule::Reduce && (name == "dim" || name == "dims" || name == "axes")).then_some("axis");
        return Err(Diagnostic::new(codes::UNKNOWN_KEYWORD, name, text)
            .help_if(near.or(dim).map(|near| format!("did you mean `{near}`?"))));
    }
    let error =
        || Diagnostic::new(codes::AXIS_VALUE, value.site, format!("an axis is a number such as 0 or 1, not `{value}`"));
    let ExprKind::Number(Number { text, .. }) = &value.kind else { return Err(error()) };
    if text.starts_with('-') {
        return Err(error().help("axes are counted from 0, the outermost; there is no counting from the end"));
    }
    let index = text.parse().map_err(|_| error())?;
    Ok(Axis { index, site: value.site })
}

/// `cross_entropy(logits, target)`.
fn usage(signature: &Signature) -> String {
    format!("{}({})", signature.name, signature.operands.join(", "))
}

fn check_count(signature: &Signature, call: &Call) -> Result<(), Diagnostic> {
    let (wanted, given) = (signature.operands.len(), call.operands.len());
    if wanted == given {
        return Ok(());
    }
    // The first operand that is too much, or the name of the op where there are too few.
    let site = call.operands.get(wanted).map_or_else(|| Site::from(&call.op), |operand| operand.site);
    let plural = if wanted == 1 { "" } else { "s" };
    let text = format!("`{}` takes {wanted} operand{plural}, but {given} are given", signature.name);
    let text = if given == 1 { text.replace("1 are", "1 is") } else { text };
    Err(Diagnostic::new(codes::ARGUMENT_COUNT, site, text).help(format!(
        "`{}`: {}",
        usage(signature),
        signature.summary
    )))
}

/// The literal of `0.1 * x`.
fn scale(number: &Number, site: Site) -> Result<Decimal, Diagnostic> {
    if !number.suffix.is_empty() {
        let text = format!("a literal in a graph is a real number and has no suffix `{}`", number.suffix);
        let error = Diagnostic::new(codes::LITERAL_SUFFIX, site, text);
        return Err(error.help(format!("write `{}`; the format is chosen when the graph is run", number.text)));
    }
    Decimal::parse(&number.text).map_err(|refusal| {
        let what = match refusal {
            Refusal::Large => "is too large: f64 cannot hold it",
            Refusal::Small => "is too close to 0: f64 cannot hold it with full precision",
            Refusal::Long => "has more than 300 digits",
        };
        Diagnostic::new(codes::LITERAL_RANGE, site, format!("the literal {what}"))
    })
}

/// `x / 4.0` or `4.0 / x`.
fn division(number: &Number, site: Site, tensor: &Expr, divides: bool) -> Diagnostic {
    if divides {
        let text = format!("`{}` cannot be divided by a tensor", number.text);
        return Diagnostic::new(codes::BARE_LITERAL, site, text).help("a literal can only scale: `0.1 * x`");
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
