//! One line an op: how `graph!` finds it, how many operands it takes, and which rule gives its shape.
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
    /// How the shape of the result follows.
    pub rule: Rule,
    /// One line for "did you mean" lists and the table of ops in the book.
    pub summary: &'static str,
}

/// How the shape of an op's result follows from those of its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// `[s] -> [s]`.
    Map,
    /// `[s ++ t], [t] -> [s ++ t]`: the right operand is repeated over the leading axes of the left.
    Suffix,
    /// `[s], [s] -> []`: two operands of one shape are folded to a scalar.
    Pair,
    /// `[m, k], [k, n] -> [m, n]`, `[m, k], [k] -> [m]`.
    MatMul,
    /// `[s] -> []`, or with `axis = i` the shape without that axis. The type takes the axis as a parameter: `Sum<Axis<1>>`
    /// or `Sum<All>`.
    Reduce,
    /// `[s, c] -> [s, c]`: along the last axis, so the rank is at least 1.
    LastAxis,
    /// `[s, c], [s, c] -> [s]`: two operands of one shape, the last axis is folded away.
    PairLastAxis,
}

/// Every op that can be called by name in a `graph!` block.
pub const SIGNATURES: &[Signature] = &[
    op("add", "Add", &["a", "b"], Rule::Suffix, "a + b"),
    op("sub", "Sub", &["a", "b"], Rule::Suffix, "a - b"),
    op("mul", "Mul", &["a", "b"], Rule::Suffix, "a * b, entry by entry"),
    op("neg", "Neg", &["x"], Rule::Map, "-x"),
    op("relu", "Relu", &["x"], Rule::Map, "max(x, 0)"),
    op("exp", "Exp", &["x"], Rule::Map, "e to the x"),
    op("tanh", "Tanh", &["x"], Rule::Map, "hyperbolic tangent"),
    op("matmul", "MatMul", &["a", "b"], Rule::MatMul, "matrix product, also written a @ b"),
    op("sum", "Sum", &["x"], Rule::Reduce, "sum of all entries, or along `axis`"),
    op("mean", "Mean", &["x"], Rule::Reduce, "mean of all entries, or along `axis`"),
    op("log_softmax", "LogSoftmax", &["x"], Rule::LastAxis, "x - ln(sum(exp(x))) along the last axis"),
    op(
        "cross_entropy",
        "CrossEntropy",
        &["logits", "target"],
        Rule::PairLastAxis,
        "-sum(target * log_softmax(logits)) along the last axis",
    ),
    op("mse", "Mse", &["prediction", "target"], Rule::Pair, "mean of the squared differences"),
];

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
    Signature { name, ty, operands, rule, summary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for (i, signature) in SIGNATURES.iter().enumerate() {
            assert_eq!(lookup(signature.name), Some(signature));
            assert!(SIGNATURES[..i].iter().all(|other| other.name != signature.name && other.ty != signature.ty));
        }
    }
}
