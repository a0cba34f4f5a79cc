//! `graph!`: a model written as named tensors and expressions, checked and turned into types while it is compiled.
//!
//! Use it through `nfgrad`, which documents what it accepts. This crate is a compiler in four passes,
//! one file each: `parse` (tokens to tree), `resolve` (names to tensors), `infer` (shapes and positions), `lower` (Rust
//! items). All of them report into one sink, `report`, so that one compile shows every mistake; `expand` is the four of
//! them on one screen.

mod ask;
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
mod visible;

use proc_macro::TokenStream;

/// What `nfgrad::graph!` expands to, which documents it and says where the library is: `crate = path; graph Name { .. }`.
#[doc(hidden)]
#[proc_macro]
pub fn graph(tokens: TokenStream) -> TokenStream {
    expand::expand(tokens.into()).into()
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

/// A later step of [`graph!`](graph) for a graph that calls others, with what some of these have said of themselves.
#[doc(hidden)]
#[proc_macro]
pub fn graph_with(tokens: TokenStream) -> TokenStream {
    expand::expand_with(tokens.into()).into()
}
