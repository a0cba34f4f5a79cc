//! Typed tensors whose values and gradients carry a proven bound on their rounding error.

pub mod bound;
mod dsl;
mod error;
pub mod format;
pub mod graph;
mod kernel;
pub mod op;
pub mod optim;
pub mod report;
pub mod shadow;
#[cfg(any(feature = "safetensors", feature = "npz"))]
pub mod store;
pub mod tensor;

#[doc(inline)]
pub use crate::__graph as graph;
pub use error::{Error, Processor, Rounding, Since};
pub use nfgrad_macros::declare_op;
/// Shapes, contexts and witnesses as types.
pub use nfgrad_shapes as shapes;

/// What a model needs: `use nfgrad::prelude::*`.
pub mod prelude {
    pub use crate::__graph as graph;
    pub use crate::bound::{Elementwise, Euclidean, Uniform};
    pub use crate::error::Error;
    pub use crate::format::{Format, bf16, f16};
    pub use crate::graph::{BoundedRun, RevGraph, Run};
    // Without its name, so that a graph may be called `Model`.
    pub use crate::graph::Model as _;
    pub use crate::shadow::{Shadow, Tally, Verdict};
    pub use crate::tensor::{Tensor, TensorMut, TensorRef};
    pub use nfgrad_shapes::{At, Context, D, Idx, Nil, Shape, Snoc};
}

/// What the expansion of `graph!` names. Not for direct use.
#[doc(hidden)]
pub mod __private {
    pub use crate::graph::{
        Apart, Block, Call, Entries, EntryInfo, HasLoss, Model, Node, Nodes, Outside, ReadsNothing, RevGraph, RevNode,
        Role, Source, Sweep, With,
    };
    pub use crate::kernel::wide;
    pub use crate::op;
    pub use crate::report::Summary;
    pub use nfgrad_macros::{graph, graph_with};
    pub use nfgrad_shapes::{
        At, Context, D, Dim, Idx, Layout, Listed, Minus, Nat, Over, Plus, Prefix, Shape, Span, Times, spans,
    };

    /// The number of elements of a shape.
    pub const fn numel<S: Shape>() -> usize {
        S::NUMEL
    }
}

/// The README, whose model is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
