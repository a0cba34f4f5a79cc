//! `graph!`: a model written as named tensors and expressions, checked and turned into types while it is compiled.
//!
//! Use it through `nfgrad`, which re-exports it and documents what it accepts. This crate is a compiler in four passes,
//! one file each: `parse` (tokens to tree), `resolve` (names to tensors), `infer` (shapes and positions), `lower` (Rust
//! items). All of them report into one sink, `report`, so that one compile shows every mistake; `expand` is the four of
//! them on one screen.

mod ast;
mod block;
mod check;
mod codes;
mod declare;
mod diagnose;
mod dim;
mod expand;
mod fallback;
mod infer;
mod literal;
mod lower;
mod nearest;
mod parse;
mod report;
mod resolve;

use proc_macro::TokenStream;

/// A model: inputs, params, named expressions and outputs, with every shape checked while it is compiled.
///
/// ```text
/// graph! {
///     /// One hidden layer and a softmax cross-entropy loss.
///     pub graph Mlp<const B: usize> {
///         input x: [B, 64];
///         input t: [B, 10];
///         param w1: [64, 32]; param b1: [32];
///         param w2: [32, 10]; param b2: [10];
///
///         let h = relu(x @ w1 + b1);
///         let logits = h @ w2 + b2;
///         output loss = mean(cross_entropy(logits, t));
///         output logits;
///     }
/// }
/// ```
///
/// It makes the type `Mlp<B>`, and the structs `MlpLeaves`, `MlpParams` and `MlpOutputs` with one field for each name.
///
/// - `+`, `-` and `*` work entry by entry; the shape of one operand must be that of the other or its last axes. `@` is the
///   matrix product. A literal can scale, `0.1 * x`, and means the real number.
/// - Every other op is a call, with `axis = i` where it works along an axis. Other arguments that are not tensors are shapes and lists in
///   brackets, `reshape(x, [B, 64])`, `permute(x, axes = [1, 0])`, ranges whose end is not in them, `slice(x, axis = 0, range = 2..N)`,
///   dimensions and numbers.
/// - Axes before the last two of an operand of `@` are a batch. An axis of length 1 is stretched by `broadcast(x, [B, 64])` and by nothing
///   else.
/// - A dimension is a number, a const generic, the path of a constant, or an expression of these. `M + N` is `N + M`.
/// - `let h: [B, 32] = ..` states a shape, which is then checked.
/// - `where H % HEADS == 0` after the name of the graph states facts about its const generics.
#[proc_macro]
pub fn graph(tokens: TokenStream) -> TokenStream {
    expand::expand(&tokens.into()).into()
}

/// Makes an op known to `graph!`: which shapes it takes, and which it gives.
///
/// ```text
/// declare_op! { pub Swish(x: [..]) -> [..] }
/// declare_op! { pub Outer<const M: usize, const N: usize>(a: [M], b: [N]) -> [M, N] }
/// ```
///
/// `[..]` is any shape, the same wherever it stands. The name is that of a type that implements `nfgrad::op::Op` for these
/// shapes, which rustc checks wherever a graph calls the op. A `use` of the type brings the declaration along.
#[proc_macro]
pub fn declare_op(tokens: TokenStream) -> TokenStream {
    declare::declare(tokens.into()).into()
}

/// The second step of [`graph!`](graph) for a graph that calls others, with what these say of themselves.
#[doc(hidden)]
#[proc_macro]
pub fn graph_with(tokens: TokenStream) -> TokenStream {
    expand::expand_with(tokens.into()).into()
}
