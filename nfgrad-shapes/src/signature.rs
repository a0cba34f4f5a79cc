//! One line an op: how `graph!` finds it, which operands and arguments it takes, and which rule gives its shape.
//!
//! The macro reads this table while it expands; the op's file in `nfgrad/src/op/` states the same rule as a type. Where
//! the two disagree, rustc refuses the expansion, so they cannot drift apart in silence.

/// What `graph!` knows of an op.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// The name in a `graph!` block.
    pub name: &'static str,
    /// The type of the op in `nfgrad::op`.
    pub ty: &'static str,
    /// The operands, by the names that messages use.
    pub operands: &'static [&'static str],
    /// How many of the operands must be given; those behind may be left out.
    pub least: usize,
    /// The arguments that are not tensors: one type parameter of the op for each, in this order.
    pub parameters: &'static [Parameter],
    /// How the shape of the result follows.
    pub rule: Rule,
    /// One line for "did you mean" lists and the table of ops in the book.
    pub summary: &'static str,
}

/// An argument that is not a tensor: the `axis = 1` of `sum(x, axis = 1)`, the shape of `reshape(x, [B, 64])`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// The keyword.
    pub name: &'static str,
    /// What can be given.
    pub kind: Kind,
    /// What it means that it is not given.
    pub absent: Absent,
    /// It may be given behind the operands without its keyword: `pow(x, 3)`.
    pub positional: bool,
    /// A number that is 0 or less is refused.
    pub positive: bool,
}

/// What an argument is in a `graph!` block, and as a type parameter of the op.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `axis = 1`: an axis counted from 0, the outermost. `Axis<1>`.
    Axis,
    /// `axes = [1, 0]`: several of them. `(Axis<1>, Axis<0>)`.
    Axes,
    /// `eps = 1e-6`: the real number that is written, or a constant of the module, `eps = EPS`. A type that implements `Literal`, as that of `0.1 * x`.
    Real,
    /// `exponent = -2`: an integer literal. `Integer<-2>`.
    Integer,
    /// `padding = P`: a dimension, which is a number or an expression of const generics and constants. `D<P>`.
    Dim,
    /// `range = 2..N`: two dimensions. `D<2>, D<N>`: two type parameters.
    Range,
    /// `[B, 64]`: a shape. `(D<B>, D<64>)`.
    Shape,
    /// `bf16`, or the path to another number format. The type that it names, as the user's scope has it.
    Format,
}

/// What it means that an argument is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// It must be given.
    Refused,
    /// The same as if this number was written.
    Means(&'static str),
    /// All axes together: the type `All` in place of an `Axis`.
    All,
    /// The same as the parameter before it.
    AsBefore,
}

/// How the shape of an op's result follows from those of its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// `[s] -> [s]`.
    Map,
    /// `[] -> [s]`: the shape is the first parameter.
    Filled,
    /// `[] -> [n]`: the length is the first parameter.
    Line,
    /// `[] -> [n, n]`, likewise.
    Square,
    /// `[s ++ t], [t] -> [s ++ t]`: the right operand is repeated over the leading axes of the left.
    Suffix,
    /// `[s], [s] -> []`: two operands of one shape are folded to a scalar.
    Pair,
    /// `[s, m, k], [s, k, n] -> [s, m, n]`, `[s, m, k], [k, n] -> [s, m, n]`, `[s, m, k], [k] -> [s, m]`.
    MatMul,
    /// `[n, d], [s] -> [s, d]`.
    Gather,
    /// `[s] -> []`, or with `axis = i` the shape without that axis. The first parameter is the axis.
    Reduce,
    /// `[s ++ t] -> [s ++ t]`, or `[s ++ t], [t] -> [s ++ t]` with a mask: along the axis that is the first parameter, the last if
    /// none is given.
    AlongAxis,
    /// `[s, n], [n], .. -> [s, n]`: what lies along the last axis of the first operand, with one or more vectors as long.
    Rows,
    /// `[s, t, d], [s, u, d], [s, u, e] -> [s, t, e]`, with a mask whose shape is a suffix of `[s, t, u]` or without.
    Attention,
    /// `[s, c], [s, c] -> [s]`: two operands of one shape, the last axis is folded away; with a mask whose shape is a suffix or without.
    PairLastAxis,
    /// `[.., m, n] -> [.., n, m]`.
    Transpose,
    /// The axes in another order. The first parameter is the order.
    Permute,
    /// The same elements under another shape, which is the first parameter.
    Reshape,
    /// The axes from the first parameter on put together. The type is that of a reshape to the shape that this gives.
    Flatten,
    /// Axes added in front and axes of length 1 stretched, up to the shape that is the first parameter.
    Broadcast,
    /// Tensors side by side along the first parameter. The type has the length of the result as a second parameter.
    Concat,
    /// A range, the second parameter, of an axis, the first. The type has the axis, the start and the length.
    Slice,
    /// Zeros before and after an axis. The type has the length of the result as a fourth parameter.
    Pad,
    /// `[n, c, h, w], [o, c/g, kh, kw], [o] -> [n, o, h', w']`, with or without the last operand and `n`. The parameters are stride,
    /// padding, dilation and groups; the type has `h'` and `w'` after them.
    Conv2d,
    /// `[n, c, h, w] -> [n, c, h', w']`, with or without `n`. The parameters are the size of a window, stride and padding; the type
    /// has `h'` and `w'` after them.
    Pool2d,
}

/// `axis = i`, or all entries, or what else the rule takes where none is given.
const AXIS_OR_ALL: &[Parameter] = &[Parameter::new("axis", Kind::Axis).or_all()];

/// `eps = 1e-5`: what keeps a divisor from 0.
const EPSILON: &[Parameter] = &[Parameter::new("eps", Kind::Real).or("1e-5").positive()];

/// `eps = 1e-12`: below which the operand of a logarithm, or a divisor, does not fall.
const THRESHOLD: &[Parameter] = &[Parameter::new("eps", Kind::Real).or("1e-12").positive()];

/// How a window slides over an image.
const SLIDING: &[Parameter] = &[
    Parameter::new("stride", Kind::Dim).or("1").positive(),
    Parameter::new("padding", Kind::Dim).or("0"),
    Parameter::new("dilation", Kind::Dim).or("1").positive(),
    Parameter::new("groups", Kind::Dim).or("1").positive(),
];

/// How long an axis of a constant is.
const SIZE: &[Parameter] = &[Parameter::new("size", Kind::Dim).positional()];

/// The square windows of a pooling.
const POOLING: &[Parameter] = &[
    Parameter::new("size", Kind::Dim).positive(),
    Parameter::new("stride", Kind::Dim).or_as_before().positive(),
    Parameter::new("padding", Kind::Dim).or("0"),
];

/// Every op that can be called by name in a `graph!` block.
pub const SIGNATURES: &[Signature] =
    &[
        op("add", "Add", &["a", "b"], Rule::Suffix, "a + b"),
        op("sub", "Sub", &["a", "b"], Rule::Suffix, "a - b"),
        op("mul", "Mul", &["a", "b"], Rule::Suffix, "a * b, entry by entry"),
        op("div", "Div", &["a", "b"], Rule::Suffix, "a / b, entry by entry"),
        op("neg", "Neg", &["x"], Rule::Map, "-x"),
        op("maximum", "Maximum", &["a", "b"], Rule::Suffix, "the larger of two, entry by entry"),
        op("minimum", "Minimum", &["a", "b"], Rule::Suffix, "the smaller of two, entry by entry"),
        op("pow", "Pow", &["x"], Rule::Map, "x to an integer power")
            .with(&[Parameter::new("exponent", Kind::Integer).positional()]),
        op("leaky_relu", "LeakyRelu", &["x"], Rule::Map, "x where it is positive, else slope * x")
            .with(&[Parameter::new("slope", Kind::Real).or("0.01")]),
        op("relu", "Relu", &["x"], Rule::Map, "max(x, 0)"),
        op("exp", "Exp", &["x"], Rule::Map, "e to the x"),
        op("tanh", "Tanh", &["x"], Rule::Map, "hyperbolic tangent"),
        op("abs", "Abs", &["x"], Rule::Map, "magnitude"),
        op("sqrt", "Sqrt", &["x"], Rule::Map, "square root"),
        op("recip", "Recip", &["x"], Rule::Map, "1 / x"),
        op("ln", "Ln", &["x"], Rule::Map, "natural logarithm"),
        op("safe_log", "SafeLog", &["x"], Rule::Map, "natural logarithm of max(x, eps)").with(THRESHOLD),
        op("safe_log_smooth", "SafeLogSmooth", &["x"], Rule::Map, "ln(softplus(x) + eps)").with(THRESHOLD),
        op("safe_div", "SafeDiv", &["a", "b"], Rule::Suffix, "a / max(b, eps), entry by entry").with(THRESHOLD),
        op("log1p", "Log1p", &["x"], Rule::Map, "ln(1 + x), accurate near 0"),
        op("expm1", "Expm1", &["x"], Rule::Map, "e to the x, less 1, accurate near 0"),
        op("sin", "Sin", &["x"], Rule::Map, "sine"),
        op("cos", "Cos", &["x"], Rule::Map, "cosine"),
        op("sigmoid", "Sigmoid", &["x"], Rule::Map, "1 / (1 + e^-x), the logistic function"),
        op("logistic", "Logistic", &["x"], Rule::Map, "e^x / (e^x + 1): the same function as `sigmoid`"),
        op("softplus", "Softplus", &["x"], Rule::Map, "ln(1 + e^x)"),
        op("silu", "Silu", &["x"], Rule::Map, "x sigmoid(x)"),
        op("gelu", "Gelu", &["x"], Rule::Map, "x times the normal distribution function"),
        op("gelu_tanh", "GeluTanh", &["x"], Rule::Map, "gelu in its form with tanh"),
        op("matmul", "MatMul", &["a", "b"], Rule::MatMul, "matrix product, also written a @ b"),
        op("sum", "Sum", &["x"], Rule::Reduce, "sum of all entries, or along `axis`").with(AXIS_OR_ALL),
        op("mean", "Mean", &["x"], Rule::Reduce, "mean of all entries, or along `axis`").with(AXIS_OR_ALL),
        op("amax", "Amax", &["x"], Rule::Reduce, "the largest of all entries, or along `axis`").with(AXIS_OR_ALL),
        op("amin", "Amin", &["x"], Rule::Reduce, "the smallest of all entries, or along `axis`").with(AXIS_OR_ALL),
        op("gather", "Gather", &["table", "index"], Rule::Gather, "the rows of a table that the index names"),
        op(
            "softmax",
            "Softmax",
            &["x", "mask"],
            Rule::AlongAxis,
            "exp(x) / sum(exp(x)) along `axis`, where the mask is not 0",
        )
        .at_least(1)
        .with(AXIS_OR_ALL),
        op(
            "layer_norm",
            "LayerNorm",
            &["x", "weight", "bias"],
            Rule::Rows,
            "(x - mean) / sqrt(var + eps) * weight + bias, along the last axis",
        )
        .with(EPSILON),
        op(
            "rms_norm",
            "RmsNorm",
            &["x", "weight"],
            Rule::Rows,
            "x / sqrt(mean(x * x) + eps) * weight, along the last axis",
        )
        .with(EPSILON),
        op(
            "attention",
            "Attention",
            &["q", "k", "v", "mask"],
            Rule::Attention,
            "softmax(q @ transpose(k) / sqrt(d)) @ v, where the mask is not 0",
        )
        .at_least(3),
        op(
            "log_softmax",
            "LogSoftmax",
            &["x", "mask"],
            Rule::AlongAxis,
            "x - ln(sum(exp(x))) along `axis`, where the mask is not 0",
        )
        .at_least(1)
        .with(AXIS_OR_ALL),
        op(
            "cross_entropy",
            "CrossEntropy",
            &["logits", "target", "mask"],
            Rule::PairLastAxis,
            "-sum(target * log_softmax(logits)) along the last axis, where the mask is not 0",
        )
        .at_least(2),
        op(
            "bce_with_logits",
            "BceWithLogits",
            &["logits", "target"],
            Rule::Pair,
            "mean of softplus(logits) - target * logits, the binary cross-entropy",
        ),
        op("mse", "Mse", &["prediction", "target"], Rule::Pair, "mean of the squared differences"),
        op("cast", "Cast", &["x"], Rule::Map, "every entry rounded to a number format, such as bf16")
            .with(&[Parameter::new("format", Kind::Format).positional()]),
        op("transpose", "Transpose", &["x"], Rule::Transpose, "the last two axes exchanged"),
        op("permute", "Permute", &["x"], Rule::Permute, "the axes in another order")
            .with(&[Parameter::new("axes", Kind::Axes)]),
        op("reshape", "Reshape", &["x"], Rule::Reshape, "the same elements under another shape")
            .with(&[Parameter::new("shape", Kind::Shape).positional()]),
        op("flatten", "Reshape", &["x"], Rule::Flatten, "all axes as one, or those from the axis `from` on")
            .with(&[Parameter::new("from", Kind::Axis).or("0")]),
        op("broadcast", "Broadcast", &["x"], Rule::Broadcast, "repeated until it has the shape")
            .with(&[Parameter::new("shape", Kind::Shape).positional()]),
        op("concat", "Concat", &["a", "b", "c", "d"], Rule::Concat, "two to four tensors side by side along an axis")
            .at_least(2)
            .with(&[Parameter::new("axis", Kind::Axis)]),
        op("slice", "Slice", &["x"], Rule::Slice, "a range of an axis, whose end is not in it")
            .with(&[Parameter::new("axis", Kind::Axis), Parameter::new("range", Kind::Range)]),
        op("pad", "Pad", &["x"], Rule::Pad, "zeros before and after an axis").with(&[
            Parameter::new("axis", Kind::Axis),
            Parameter::new("before", Kind::Dim).or("0"),
            Parameter::new("after", Kind::Dim).or("0"),
        ]),
        op("zeros", "Zeros", &[], Rule::Filled, "zeros of a shape")
            .with(&[Parameter::new("shape", Kind::Shape).positional()]),
        op("ones", "Ones", &[], Rule::Filled, "ones of a shape")
            .with(&[Parameter::new("shape", Kind::Shape).positional()]),
        op("full", "Full", &[], Rule::Filled, "a shape full of one number").with(&[
            Parameter::new("shape", Kind::Shape).positional(),
            Parameter::new("value", Kind::Real).positional(),
        ]),
        op("eye", "Eye", &[], Rule::Square, "the unit matrix: 1 on the diagonal, else 0").with(SIZE),
        op("arange", "Arange", &[], Rule::Line, "0, 1, 2 and so on up to the size less 1").with(SIZE),
        op(
            "causal_mask",
            "CausalMask",
            &[],
            Rule::Square,
            "a mask for attention: 1 on the diagonal and left of it, else 0",
        )
        .with(SIZE),
        op("conv2d", "Conv2d", &["x", "w", "b"], Rule::Conv2d, "a window of weights slides over an image")
            .at_least(2)
            .with(SLIDING),
        op("max_pool2d", "MaxPool2d", &["x"], Rule::Pool2d, "the largest entry of each window of an image")
            .with(POOLING),
        op("avg_pool2d", "AvgPool2d", &["x"], Rule::Pool2d, "the mean of each window of an image").with(POOLING),
    ];

/// A number times a tensor, which is written `0.1 * x`. Ops with a number have no name to call them by.
pub const SCALE: Signature = op("scale", "Scale", &["x"], Rule::Map, "a number times every entry")
    .with(&[Parameter::new("factor", Kind::Real).positional()]);

/// A tensor plus a number, which is written `x + 1e-5`; `1 - x` is `-x + 1`.
pub const SHIFT: Signature = op("shift", "Shift", &["x"], Rule::Map, "a number added to every entry")
    .with(&[Parameter::new("summand", Kind::Real).positional()]);

/// A tensor divided by a number, which is written `x / 3`.
pub const DIVIDE: Signature = op("divide", "Divide", &["x"], Rule::Map, "every entry divided by a number")
    .with(&[Parameter::new("divisor", Kind::Real).positional()]);

/// A number divided by a tensor, which is written `2 / x`.
pub const INVERT: Signature = op("invert", "Invert", &["x"], Rule::Map, "a number divided by every entry")
    .with(&[Parameter::new("dividend", Kind::Real).positional()]);

/// Numbers in brackets, `[[1, 0], [0.5, 2]]`. The type has the numbers as a second parameter.
pub const ARRAY: Signature = op("array", "Array", &[], Rule::Filled, "the numbers that are written")
    .with(&[Parameter::new("shape", Kind::Shape).positional()]);

/// The op of that name.
pub fn lookup(name: &str) -> Option<&'static Signature> {
    SIGNATURES.iter().find(|signature| signature.name == name)
}

/// A row of the table.
const fn op(
    name: &'static str,
    ty: &'static str,
    operands: &'static [&'static str],
    rule: Rule,
    summary: &'static str,
) -> Signature {
    Signature { name, ty, operands, least: operands.len(), parameters: &[], rule, summary }
}

impl Signature {
    /// The op with arguments that are not tensors.
    #[must_use]
    pub const fn with(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    /// The op with operands of which only the first `least` must be given.
    #[must_use]
    pub const fn at_least(self, least: usize) -> Self {
        Self { least, ..self }
    }
}

impl Parameter {
    /// An argument that must be given, by its keyword.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, absent: Absent::Refused, positional: false, positive: false }
    }

    /// It may be left out, and is then this number.
    #[must_use]
    pub const fn or(self, number: &'static str) -> Self {
        Self { absent: Absent::Means(number), ..self }
    }

    /// It may be left out, and then means all axes.
    #[must_use]
    pub const fn or_all(self) -> Self {
        Self { absent: Absent::All, ..self }
    }

    /// It may be left out, and is then what the parameter before it is.
    #[must_use]
    pub const fn or_as_before(self) -> Self {
        Self { absent: Absent::AsBefore, ..self }
    }

    /// Its keyword may be left out.
    #[must_use]
    pub const fn positional(self) -> Self {
        Self { positional: true, ..self }
    }

    /// It must be more than 0.
    #[must_use]
    pub const fn positive(self) -> Self {
        Self { positive: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for (i, signature) in SIGNATURES.iter().enumerate() {
            assert_eq!(lookup(signature.name), Some(signature));
            assert!(SIGNATURES[..i].iter().all(|other| other.name != signature.name));
            assert!(signature.least <= signature.operands.len());
        }
    }
}
