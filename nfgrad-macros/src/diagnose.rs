//! What to say about shapes that do not fit: which operands, with which shapes, declared where, and what helps.

use std::fmt::{self, Write};

use nfgrad_shapes::signature::Signature;
use syn::Ident;

use crate::ast::{Expr, ExprKind};
use crate::codes;
use crate::dim::{Dim, Shape, shape_text};
use crate::infer::ends_with;
use crate::report::{Diagnostic, Site};
use crate::resolve::Argument;

/// The longest source text that a message repeats.
pub(crate) const MAX_TEXT: usize = 40;

/// An operand of the op that a message is about.
pub(crate) struct Operand<'a> {
    /// Its name in the table of ops.
    pub(crate) label: &'static str,
    pub(crate) expr: &'a Expr,
    pub(crate) shape: Shape,
    /// Where the tensor is declared, if the operand is a name.
    pub(crate) declared: Option<String>,
    /// It is an input or a param: its shape can be changed where it is declared.
    pub(crate) leaf: bool,
}

impl Operand<'_> {
    /// `x`, or `relu(x @ w)`.
    pub(crate) fn name(&self) -> String {
        source(self.expr, MAX_TEXT)
    }
}

/// The op that a message is about.
pub(crate) struct Applied<'a> {
    pub(crate) expr: &'a Expr,
    pub(crate) signature: &'static Signature,
    pub(crate) operands: Vec<Operand<'a>>,
    /// One for each parameter of the signature.
    pub(crate) arguments: &'a [Argument],
}

impl Applied<'_> {
    fn is_operator(&self) -> bool {
        !matches!(self.expr.kind, ExprKind::Call(_))
    }

    /// `@` if the user wrote the operator, `matmul` if the user wrote that.
    pub(crate) fn name(&self) -> &'static str {
        match &self.expr.kind {
            ExprKind::Binary { operator, .. } => operator.symbol(),
            ExprKind::Negative(_) => "-",
            _ => self.signature.name,
        }
    }

    pub(crate) fn error(&self, code: codes::Code, site: Site, text: impl fmt::Display) -> Diagnostic {
        Diagnostic::new(code, site, format!("`{}`: {text}", self.name()))
    }

    /// One line an operand, in columns.
    pub(crate) fn table(&self, mut error: Diagnostic, operands: &[&Operand<'_>]) -> Diagnostic {
        let label = |i: usize| match (i, self.is_operator()) {
            (0, true) => "left",
            (1, true) => "right",
            _ => operands[i].label,
        };
        let rows: Vec<_> = (0..operands.len())
            .map(|i| (label(i), format!("`{}`:", operands[i].name()), shape_text(&operands[i].shape)))
            .collect();
        let width = |length: fn(&(&str, String, String)) -> usize| rows.iter().map(length).max().unwrap_or(0);
        let widths = (width(|row| row.0.len()), width(|row| row.1.chars().count()), width(|row| row.2.chars().count()));
        for ((label, name, shape), operand) in rows.iter().zip(operands) {
            // A single operand needs no label.
            let label = if operands.len() == 1 { String::new() } else { format!("{label:0$} ", widths.0) };
            let line = format!("{label}{name:0$} {shape:1$}", widths.1, widths.2);
            let place = operand.declared.as_ref().map(|place| format!("   (declared at {place})"));
            error = error.line(format!("{}{}", line, place.unwrap_or_default()).trim_end());
        }
        error
    }
}

/// The text of an expression, cut off where it gets long.
pub(crate) fn source(expr: &Expr, limit: usize) -> String {
    struct Limited {
        text: String,
        left: usize,
    }
    impl Write for Limited {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for letter in text.chars() {
                self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
                self.text.push(letter);
            }
            Ok(())
        }
    }
    let mut limited = Limited { text: String::new(), left: limit };
    // An error says that the limit was reached; a chain of thousands of operators is not printed to the end.
    if write!(limited, "{expr}").is_err() {
        limited.text.push_str("..");
    }
    limited.text
}

/// `[m, k] @ [k, n]` with two values of k.
pub(crate) fn inner_dimensions(op: &Applied<'_>, a: &Operand<'_>, b: &Operand<'_>) -> Diagnostic {
    let (Some(inner), Some(outer)) = (a.shape.last(), b.shape.get(b.shape.len().saturating_sub(2))) else {
        return matmul_rank(op, a, b);
    };
    let text = format!("inner dimensions differ, {} vs {}", inner.text(), outer.text());
    let error = op.table(op.error(codes::INNER_DIMENSIONS, b.expr.site, text), &[a, b]);
    error.line_if(canonical(inner, outer)).help_if(inner_help(op, a, b))
}

fn inner_help(op: &Applied<'_>, a: &Operand<'_>, b: &Operand<'_>) -> Option<String> {
    let call = |a: &str, b: &str| if op.is_operator() { format!("{a} @ {b}") } else { format!("matmul({a}, {b})") };
    let (left, right) = (a.name(), b.name());
    let [.., rows, inner] = &a.shape[..] else { return None };
    if let [batch @ .., n, k] = &b.shape[..]
        && k == inner
    {
        let transposed = call(&left, &format!("transpose({right})"));
        let declared = (b.leaf && batch.is_empty() && left != right).then(|| {
            let (k, n) = (k.text(), n.text());
            format!(" Or declare it [inputs, outputs], as weights are here: `{right}: [{k}, {n}]`")
        });
        let declared = declared.unwrap_or_default();
        return Some(format!("`{right}` has {} as its last axis; did you mean `{transposed}`?{declared}", k.text()));
    }
    if a.shape.len() == 2 && b.shape.len() == 2 && b.shape[1] == *rows {
        let left = if matches!(a.expr.kind, ExprKind::Binary { .. }) { format!("({left})") } else { left };
        return Some(format!("the product in the other order fits: `{}`", call(&right, &left)));
    }
    // One tensor on both sides cannot be declared differently from itself.
    if left == right {
        return None;
    }
    let mut fitting: Vec<_> = b.shape.iter().map(Dim::text).collect();
    fitting[b.shape.len().saturating_sub(2)] = inner.text();
    b.leaf.then(|| format!("`{right}: [{}]` would fit", fitting.join(", ")))
}

/// An operand of `@` that is neither a matrix nor, on the right, a vector.
pub(crate) fn matmul_rank(op: &Applied<'_>, a: &Operand<'_>, b: &Operand<'_>) -> Diagnostic {
    let left_is_wrong = a.shape.len() < 2;
    let (guilty, wanted) = if left_is_wrong { (a, "a matrix") } else { (b, "a matrix or a vector") };
    let side = match (op.is_operator(), left_is_wrong) {
        (true, true) => "the left operand",
        (true, false) => "the right operand",
        (false, _) => guilty.label,
    };
    let text = format!("{side} must be {wanted}, but `{}` {}", guilty.name(), rank(&guilty.shape));
    let error = op.table(op.error(codes::RANK, guilty.expr.site, text), &[a, b]);
    if left_is_wrong && a.shape.len() == 1 && b.shape.len() == 2 {
        let (n, k) = (b.shape[1].text(), b.shape[0].text());
        return error.help(format!("a row times a matrix is written with the row as a matrix, [1, {k}] @ [{k}, {n}]"));
    }
    if guilty.shape.is_empty() {
        return error.help("a scalar scales entry by entry: write `*`");
    }
    error
}

/// `is a scalar`, `has 3 axes`.
pub(crate) fn rank(shape: &[Dim]) -> String {
    match shape.len() {
        0 => "is a scalar".to_owned(),
        1 => "has 1 axis".to_owned(),
        axes => format!("has {axes} axes"),
    }
}

/// Two shapes neither of which is a suffix of the other, or the wrong one is.
pub(crate) fn suffix(op: &Applied<'_>, a: &Operand<'_>, b: &Operand<'_>) -> Diagnostic {
    let both = |error| op.table(error, &[a, b]);
    if ends_with(&b.shape, &a.shape) {
        let text = format!("`{}` would have to be repeated, and only the right operand is", a.name());
        let error = both(op.error(codes::LEFT_SHORTER, a.expr.site, text));
        return error.help(match op.signature.name {
            "sub" => format!("write `-({} - {})`, which is exactly the same number", b.name(), a.name()),
            _ => format!("repeat it: `broadcast({}, {})`", a.name(), shape_text(&b.shape)),
        });
    }
    if let Some(axis) = along(&a.shape, &b.shape) {
        return wrong_axis_help(both(wrong_axis(op, a, b, axis)), a, b, axis);
    }
    if a.shape.len() < b.shape.len()
        && let Some(axis) = along(&b.shape, &a.shape)
    {
        return wrong_axis_help(both(wrong_axis(op, b, a, axis)), b, a, axis);
    }
    let stretched = stretched(&a.shape, &b.shape);
    let Some((axis, left, right)) = differing_axis(&a.shape, &b.shape) else {
        return both(op.error(codes::UNLIKE_SHAPES, b.expr.site, "the shapes do not combine"));
    };
    let which = match axis + 1 {
        _ if a.shape.len() == b.shape.len() => format!("axis {axis} differs"),
        rank if rank == a.shape.len() => "the last axes differ".to_owned(),
        rank => format!("the axes {} from the end differ", a.shape.len() - rank + 1),
    };
    let text = format!("{which}, {} vs {}", left.text(), right.text());
    if stretched {
        let error = both(op.error(codes::STRETCH, b.expr.site, text));
        return error.help(format!("an axis of length 1 is never stretched unasked; to ask: {}", stretch(a, b)));
    }
    let error = both(op.error(codes::UNLIKE_SHAPES, b.expr.site, text)).line_if(canonical(left, right));
    let fits = (b.leaf && b.shape.len() <= a.shape.len()).then(|| {
        let fitting = &a.shape[a.shape.len() - b.shape.len()..];
        format!("`{}: {}` would fit", b.name(), shape_text(fitting))
    });
    error.help_if(fits)
}

fn wrong_axis(op: &Applied<'_>, long: &Operand<'_>, short: &Operand<'_>, axis: usize) -> Diagnostic {
    let last = long.shape.len() - short.shape.len();
    let text =
        format!("`{}` matches axis {axis} of `{}`, but it is lined up with axis {last}", short.name(), long.name());
    op.error(codes::WRONG_AXIS, short.expr.site, text)
}

fn wrong_axis_help(error: Diagnostic, long: &Operand<'_>, short: &Operand<'_>, axis: usize) -> Diagnostic {
    let (name, last) = (short.name(), &long.shape[long.shape.len() - short.shape.len()..]);
    let declared = short.leaf.then(|| format!("; a bias is declared `{name}: {}`", shape_text(last)));
    let spread = spread(&name, &short.shape, &long.shape, axis);
    error
        .help(format!("an operand is repeated over leading axes only{}", declared.unwrap_or_default()))
        .help(format!("along axis {axis} it is `{spread}`; or did you mean to transpose `{}`?", long.name()))
}

/// How to repeat a tensor over the axes behind those that it matches from `axis` on.
pub(crate) fn spread(name: &str, short: &[Dim], long: &[Dim], axis: usize) -> String {
    let ones = long.len() - axis - short.len();
    let lengths = short.iter().map(Dim::text).chain(std::iter::repeat_n("1", ones));
    let column = format!("[{}]", lengths.collect::<Vec<_>>().join(", "));
    format!("broadcast(reshape({name}, {column}), {})", shape_text(long))
}

/// The first axis at which `short` would fit into `long`, if it is not the one where it is lined up.
pub(crate) fn along(long: &[Dim], short: &[Dim]) -> Option<usize> {
    if short.is_empty() || short.len() >= long.len() {
        return None;
    }
    (0..long.len() - short.len()).find(|&axis| long[axis..axis + short.len()] == *short)
}

/// The last axis at which two shapes differ, lined up at their ends, counted in the left one.
fn differing_axis<'a>(left: &'a [Dim], right: &'a [Dim]) -> Option<(usize, &'a Dim, &'a Dim)> {
    let pairs = left.iter().enumerate().rev().zip(right.iter().rev());
    pairs.map(|((axis, left), right)| (axis, left, right)).find(|(_, left, right)| left != right)
}

/// Whether numpy would have stretched an axis of length 1.
fn stretched(left: &[Dim], right: &[Dim]) -> bool {
    let one = |dim: &Dim| dim.poly.value() == Some(1);
    left != right && left.iter().rev().zip(right.iter().rev()).all(|(a, b)| a == b || one(a) || one(b))
}

/// The calls that stretch what has to be stretched.
fn stretch(a: &Operand<'_>, b: &Operand<'_>) -> String {
    let one = |dim: &Dim| dim.poly.value() == Some(1);
    let (long, short) = if a.shape.len() < b.shape.len() { (b, a) } else { (a, b) };
    let mut shape: Vec<Dim> = long.shape.to_vec();
    for (to, from) in shape.iter_mut().rev().zip(short.shape.iter().rev()) {
        if one(to) {
            to.clone_from(from);
        }
    }
    let calls = [a, b].into_iter().filter(|x| x.shape[..] != shape[..] && !ends_with(&shape, &x.shape));
    let calls: Vec<_> = calls.map(|x| format!("`broadcast({}, {})`", x.name(), shape_text(&shape))).collect();
    calls.join(" and ")
}

/// Two operands that must have one shape.
pub(crate) fn not_same_shape(op: &Applied<'_>, a: &Operand<'_>, b: &Operand<'_>) -> Diagnostic {
    let swapped = a.shape.len() == 2 && b.shape.len() == 2 && a.shape[0] == b.shape[1] && a.shape[1] == b.shape[0];
    let text = if a.shape.len() != b.shape.len() {
        format!("`{}` {}, but `{}` {}", a.label, rank(&a.shape), b.label, rank(&b.shape))
    } else if swapped {
        format!("`{}` and `{}` have their axes the other way round", a.label, b.label)
    } else if let Some((axis, left, right)) = differing_axis(&a.shape, &b.shape) {
        format!("axis {axis} of `{}` is {}, of `{}` it is {}", a.label, left.text(), b.label, right.text())
    } else {
        "the shapes differ".to_owned()
    };
    let differ = differing_axis(&a.shape, &b.shape).filter(|_| !swapped);
    let note = differ.and_then(|(_, left, right)| canonical(left, right));
    let code = if stretched(&a.shape, &b.shape) { codes::STRETCH } else { codes::NOT_SAME_SHAPE };
    let error = op.table(op.error(code, b.expr.site, text), &[a, b]).line_if(note);
    if stretched(&a.shape, &b.shape) {
        return error.help("an axis of length 1 is never stretched to a longer one; give both operands the same shape");
    }
    error.help_if(b.leaf.then(|| format!("`{}: {}` would fit", b.name(), shape_text(&a.shape))))
}

/// A scalar where the last axis is asked for.
pub(crate) fn no_last_axis(op: &Applied<'_>, x: &Operand<'_>) -> Diagnostic {
    let text = format!("works along the last axis, but `{}` is a scalar", x.name());
    op.table(op.error(codes::RANK, x.expr.site, text), &[x])
}

/// Something else than a vector where one goes along the last axis of `x`.
pub(crate) fn no_vector(op: &Applied<'_>, x: &Operand<'_>, vector: &Operand<'_>) -> Diagnostic {
    let (label, last) = (vector.label, &x.shape[x.shape.len() - 1..]);
    let text = format!(
        "`{label}` goes along the last axis of `{}`, but `{}` {}",
        x.name(),
        vector.name(),
        rank(&vector.shape)
    );
    let error = op.table(op.error(codes::RANK, vector.expr.site, text), &[x, vector]);
    error.help_if(vector.leaf.then(|| format!("`{}: {}` would fit", vector.name(), shape_text(last))))
}

/// `sum(x, axis = 2)` of a matrix.
pub(crate) fn axis_range(op: &Applied<'_>, x: &Operand<'_>, axis: usize, site: Site) -> Diagnostic {
    let text = format!("there is no axis {axis}, `{}` {}", x.name(), rank(&x.shape));
    let error = op.table(op.error(codes::AXIS_RANGE, site, text), &[x]);
    match x.shape.len() {
        0 => error.help(format!("`{}` of a scalar needs no axis", op.name())),
        1 => error.help("the only axis is 0"),
        2 => error.help("the axes are 0 and 1, counted from the left"),
        axes => error.help(format!("the axes are 0 to {}, counted from the left", axes - 1)),
    }
}

/// `let h: [B, 32] = ..` of something else.
pub(crate) fn annotation(name: &Ident, site: Site, stated: &[Dim], found: &[Dim]) -> Diagnostic {
    let text = format!("`{name}` is said to be {}, but it is {}", shape_text(stated), shape_text(found));
    Diagnostic::new(codes::ANNOTATION, site, text)
}

/// The table of ops names a rule that takes another number of operands.
pub(crate) fn wrong_table(op: &Applied<'_>) -> Diagnostic {
    op.error(codes::ARGUMENT_COUNT, op.expr.site, "the table of ops contradicts itself; this is a bug of nfgrad")
}

/// Lengths whose sum or product 64 bits cannot hold.
pub(crate) fn too_large(op: &Applied<'_>, site: Site) -> Diagnostic {
    op.error(codes::HUGE_DIMENSION, site, "the result is too large")
}

/// What symbolic dimensions come to, if that is not how the user wrote them.
fn canonical(left: &Dim, right: &Dim) -> Option<String> {
    let differ = |dim: &Dim| dim.poly.to_string() != dim.text() && dim.poly.value().is_none();
    let symbolic = left.poly.value().is_none() || right.poly.value().is_none();
    (symbolic && (differ(left) || differ(right))).then(|| {
        format!("note: as polynomials, {} is {} and {} is {}", left.text(), left.poly, right.text(), right.poly)
    })
}

impl Diagnostic {
    /// One more line, if there is one.
    #[must_use]
    pub(crate) fn line_if(self, line: Option<String>) -> Self {
        match line {
            Some(line) => self.line(line),
            None => self,
        }
    }
}
