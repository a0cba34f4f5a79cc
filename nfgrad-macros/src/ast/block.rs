//! Graphs in graphs, as they are written: `block fc1: Linear<B, 64, 32>;`, `fc1(x)`, `Linear<B, 64, 32>(x, w, b)`.

use std::fmt;

use proc_macro2::TokenStream;
use syn::Ident;

use super::{DimExpr, Expr};
use crate::report::Site;

/// `block layers: [Layer<T, D>; 12];`: a graph that this one owns, with its parameters.
#[derive(Debug)]
pub(crate) struct BlockDecl {
    pub(crate) docs: TokenStream,
    pub(crate) name: Ident,
    pub(crate) callee: Callee,
    /// The number of copies, each with parameters of its own; absent for a single block.
    pub(crate) count: Option<Count>,
    /// What stands behind the colon.
    pub(crate) site: Site,
}

/// `12`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count {
    pub(crate) value: usize,
    pub(crate) site: Site,
}

/// `blocks::Linear<B, 64, 32>`: which graph is called, with which dimensions.
#[derive(Debug)]
pub(crate) struct Callee {
    /// The path, as it is written and as tokens.
    pub(crate) text: String,
    pub(crate) path: TokenStream,
    /// The arguments in angle brackets, if there are any.
    pub(crate) arguments: Option<Vec<Argument>>,
    pub(crate) site: Site,
}

/// One argument in angle brackets.
#[derive(Debug)]
pub(crate) enum Argument {
    Dim(DimExpr),
    /// `_`: found from the shapes of the tensors.
    Infer,
}

/// A graph called with tensors for all its leaves, or an owned block `layers[3](x)` of several.
#[derive(Debug)]
pub(crate) struct BlockCall {
    pub(crate) target: Target,
    pub(crate) operands: Vec<Expr>,
}

/// What is called.
#[derive(Debug)]
pub(crate) enum Target {
    /// `Linear<B, 64, 32>(x, w, b)`.
    Graph(Callee),
    /// `layers[3](x)`.
    Member(Ident, Count),
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        let Some(arguments) = &self.arguments else { return Ok(()) };
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        write!(f, "<{}>", arguments.join(", "))
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Argument::Dim(dim) => write!(f, "{dim}"),
            Argument::Infer => f.write_str("_"),
        }
    }
}

impl fmt::Display for BlockCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Graph(callee) => write!(f, "{callee}")?,
            Target::Member(name, index) => write!(f, "{name}[{}]", index.value)?,
        }
        let operands: Vec<_> = self.operands.iter().map(ToString::to_string).collect();
        write!(f, "({})", operands.join(", "))
    }
}
