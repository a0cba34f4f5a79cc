//! The arguments of a call that are not tensors: which is meant, and what its value is.

use nfgrad_shapes::signature::{Absent, Kind, Parameter, Signature};
use quote::ToTokens;

use super::call::usage;
use super::number::written;
use super::{Argument, Resolver, Value};
use crate::ast::{Call, DimExpr, DimKind, Expr, ExprKind, Keyword, Number, Relation, ShapeExpr, Symbol};
use crate::codes;
use crate::dim::{Dim, ObligationKind, Poly};
use crate::literal::{Decimal, Needs, Real};
use crate::nearest::nearest;
use crate::report::Diagnostic;

/// What other libraries call it, and what it is called here.
const ALIASES: &[(&str, &str)] = &[
    ("dim", "axis"),
    ("dims", "axis"),
    ("axes", "axis"),
    ("dims", "axes"),
    ("perm", "axes"),
    ("axis", "axes"),
    ("epsilon", "eps"),
    ("alpha", "slope"),
    ("negative_slope", "slope"),
    ("kernel_size", "kernel"),
    ("kernel_size", "size"),
    ("kernel", "size"),
    ("pool_size", "size"),
    ("strides", "stride"),
    ("dilation_rate", "dilation"),
    ("feature_group_count", "groups"),
    ("pad", "padding"),
    ("size", "shape"),
    ("newshape", "shape"),
    ("shape", "range"),
    ("start_dim", "from"),
    ("dtype", "format"),
    ("to", "format"),
];

impl Resolver<'_, '_> {
    /// One argument for each parameter of the op, in the order of the table; nothing if one of them is wrong.
    /// `positional` is what is given without a keyword behind the operands; `fine` says that nothing is wrong so far.
    pub(super) fn arguments(
        &mut self,
        signature: &'static Signature,
        call: &Call,
        positional: &[Expr],
        mut fine: bool,
    ) -> Option<Vec<Argument>> {
        let mut given: Vec<Option<&Expr>> = vec![None; signature.parameters.len()];
        let by_position = (0..given.len()).filter(|i| signature.parameters[*i].positional);
        for (i, value) in by_position.zip(positional) {
            given[i] = Some(value);
        }
        for keyword in &call.keywords {
            let slot = slot(signature, keyword, &given);
            match self.report.ok(slot) {
                Some(slot) => given[slot] = Some(&keyword.value),
                None => fine = false,
            }
        }
        let mut arguments: Vec<Argument> = Vec::new();
        for (parameter, given) in signature.parameters.iter().zip(given) {
            let argument = match given {
                Some(expr) => self.argument(parameter, expr),
                // Of a call that is wrong already it is not said that something is missing.
                None if !fine => continue,
                None if parameter.absent == Absent::AsBefore => {
                    arguments.last().map(|before| Argument { value: before.value.clone(), site: None })
                }
                None => {
                    let absent = absent(signature, parameter, call);
                    self.report.ok(absent)
                }
            };
            match argument {
                Some(argument) => arguments.push(argument),
                None => fine = false,
            }
        }
        fine.then_some(arguments)
    }

    fn argument(&mut self, parameter: &Parameter, expr: &Expr) -> Option<Argument> {
        let value = match (parameter.kind, &expr.kind) {
            (Kind::Axis, _) => self.report.ok(axis(expr)).map(Value::Axis),
            (Kind::Axes, ExprKind::List(list)) => self.report.ok(axes(list)).map(Value::Axes),
            (Kind::Real, _) if self.is_written(expr) => {
                let real = written(expr);
                let needs = if parameter.positive { Needs::Positive } else { Needs::Nothing };
                self.report.ok(real).map(|real| Value::Real(real.that_needs(needs)))
            }
            (Kind::Integer, ExprKind::Number(number)) => {
                self.report.ok(integer(parameter, number, expr)).map(Value::Integer)
            }
            (Kind::Dim, _) => self.dim(parameter, expr).map(Value::Dim),
            (Kind::Range, ExprKind::Range(start, end)) => {
                let (start, end) = (self.dim(parameter, start), self.dim(parameter, end));
                start.zip(end).map(|(start, end)| Value::Range(start, end))
            }
            (Kind::Shape, ExprKind::List(list)) => self.shape(list).map(Value::Shape),
            (Kind::Format, ExprKind::Path(path)) => Some(Value::Format(path.clone())),
            (Kind::Format, ExprKind::Name(name)) if !self.scope.contains_key(&name.to_string()) => {
                Some(Value::Format(Symbol { text: name.to_string(), tokens: name.to_token_stream(), braces: false }))
            }
            (Kind::Axes | Kind::Real | Kind::Integer | Kind::Range | Kind::Shape | Kind::Format, _) => {
                self.report.push(wrong_kind(parameter, expr));
                None
            }
        };
        let value = value?;
        if parameter.positive && value.number().is_some_and(|number| number <= 0.0) {
            let text = format!("`{}` must be more than 0, but it is `{expr}`", parameter.name);
            self.report.push(Diagnostic::new(codes::ARGUMENT_RANGE, expr.site, text));
            return None;
        }
        if let Value::Dim(dim) = &value
            && parameter.positive
            && dim.poly.value().is_none()
        {
            let needs = ObligationKind::Needs(dim.poly.clone(), None, Relation::Greater, Poly::literal(0));
            self.dims.oblige(needs, &format!("`{}` needs {expr} > 0", parameter.name), expr.site);
        }
        Some(Argument { value, site: Some(expr.site) })
    }

    /// `padding = K/2`.
    fn dim(&mut self, parameter: &Parameter, expr: &Expr) -> Option<Dim> {
        let is_tensor = matches!(&expr.kind, ExprKind::Name(name) if self.scope.contains_key(&name.to_string()));
        let dim = match expr.as_dim() {
            None => Err(wrong_kind(parameter, expr)),
            Some(_) if is_tensor => Err(wrong_kind(parameter, expr)),
            Some(DimExpr { kind: DimKind::Literal(value @ ..0), .. }) => {
                let text = format!("`{}` cannot be negative, but it is `{value}`", parameter.name);
                Err(Diagnostic::new(codes::ARGUMENT_RANGE, expr.site, text))
            }
            Some(dim) => self.dims.dimension(&dim),
        };
        self.report.ok(dim)
    }
}

impl Value {
    /// The number, if it is one that is known now.
    fn number(&self) -> Option<f64> {
        match self {
            Value::Real(Real::Decimal(decimal)) => Some(decimal.nearest),
            Value::Integer(value) => Some(f64::from(*value)),
            Value::Dim(dim) if dim.poly.value() == Some(0) => Some(0.0),
            _ => None,
        }
    }
}

/// Which parameter a keyword means.
fn slot(signature: &Signature, keyword: &Keyword, given: &[Option<&Expr>]) -> Result<usize, Diagnostic> {
    let Keyword { name, .. } = keyword;
    let word = name.to_string();
    let names = || signature.parameters.iter().map(|parameter| parameter.name);
    match names().position(|name| name == word) {
        Some(slot) if given[slot].is_none() => return Ok(slot),
        Some(_) => return Err(Diagnostic::new(codes::KEYWORD_TWICE, name, format!("`{name}` is given twice"))),
        None => {}
    }
    let error = Diagnostic::new(codes::UNKNOWN_KEYWORD, name, format!("`{}` has no argument `{name}`", signature.name));
    if signature.operands.contains(&word.as_str()) {
        return Err(error.help(format!("tensors are given by position: `{}`", usage(signature))));
    }
    let alias = ALIASES.iter().find(|(other, ours)| *other == word && names().any(|name| name == *ours));
    let near = nearest(&word, names()).or(alias.map(|(_, ours)| *ours));
    let list = || names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Err(match near {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if signature.parameters.is_empty() => error,
        None => error.help(format!("its arguments are {}", list())),
    })
}

/// What it means that the argument is not given.
fn absent(signature: &Signature, parameter: &Parameter, call: &Call) -> Result<Argument, Diagnostic> {
    let value = match (parameter.absent, parameter.kind) {
        (Absent::All, _) => Some(Value::All),
        (Absent::Means(text), Kind::Axis) => text.parse().ok().map(Value::Axis),
        (Absent::Means(text), Kind::Integer) => text.parse().ok().map(Value::Integer),
        (Absent::Means(text), Kind::Real) => {
            Decimal::parse(text).ok().map(|decimal| Value::Real(Real::Decimal(decimal)))
        }
        (Absent::Means(text), Kind::Dim) => text.parse().ok().map(|value| Value::Dim(Dim::literal(value))),
        (Absent::Means(_), Kind::Axes | Kind::Range | Kind::Shape | Kind::Format)
        | (Absent::Refused | Absent::AsBefore, _) => None,
    };
    let missing = || {
        let text = format!("`{}` needs `{}`", signature.name, parameter.name);
        Diagnostic::new(codes::MISSING_ARGUMENT, &call.op, text).help(format!(
            "`{}`: {}",
            usage(signature),
            signature.summary
        ))
    };
    Ok(Argument { value: value.ok_or_else(missing)?, site: None })
}

/// `axis = 1`.
fn axis(expr: &Expr) -> Result<usize, Diagnostic> {
    let error =
        || Diagnostic::new(codes::AXIS_VALUE, expr.site, format!("an axis is a number such as 0 or 1, not `{expr}`"));
    let ExprKind::Number(Number { text, .. }) = &expr.kind else { return Err(error()) };
    if text.starts_with('-') {
        return Err(error().help("axes are counted from 0, the outermost; there is no counting from the end"));
    }
    text.parse().map_err(|_| error())
}

/// `axes = [1, 0]`.
fn axes(list: &ShapeExpr) -> Result<Vec<usize>, Diagnostic> {
    let one = |dim: &DimExpr| {
        let DimKind::Literal(value) = dim.kind else {
            let text = format!("an axis is a number such as 0 or 1, not `{dim}`");
            return Err(Diagnostic::new(codes::AXIS_VALUE, dim.site, text));
        };
        Ok(usize::try_from(value).unwrap_or(usize::MAX))
    };
    list.dims.iter().map(one).collect()
}

/// `pow(x, 3)`.
fn integer(parameter: &Parameter, number: &Number, expr: &Expr) -> Result<i32, Diagnostic> {
    if !number.suffix.is_empty() || number.text.contains(['.', 'e', 'E']) {
        return Err(wrong_kind(parameter, expr));
    }
    let text = || format!("`{}` is too large: {expr}", parameter.name);
    number.text.parse().map_err(|_| Diagnostic::new(codes::ARGUMENT_RANGE, expr.site, text()))
}

/// A list where a number should be, or the like.
fn wrong_kind(parameter: &Parameter, expr: &Expr) -> Diagnostic {
    let wanted = match parameter.kind {
        Kind::Axis => "a number such as 0 or 1",
        Kind::Axes => "a list of axes such as `[1, 0]`",
        Kind::Real => "a number such as `1e-6`, or a constant such as `EPS`",
        Kind::Integer => "an integer such as `3`",
        Kind::Dim => "a dimension: a number, a const generic, or an expression of them",
        Kind::Range => "a range such as `2..5`, whose end is not in it",
        Kind::Shape => "a shape such as `[B, 64]`",
        Kind::Format => "a number format: `bf16`, or the path to a type that implements `Format`",
    };
    let text = format!("`{}` is {wanted}, not `{expr}`", parameter.name);
    let number = matches!(&expr.kind, ExprKind::Number(number) if number.text.parse::<usize>().is_ok())
        && matches!(parameter.kind, Kind::Axes | Kind::Shape);
    Diagnostic::new(codes::ARGUMENT_KIND, expr.site, text).help_if(number.then(|| format!("write `[{expr}]`")))
}
