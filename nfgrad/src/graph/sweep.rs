//! [`Sweep`]: one pass over the nodes of a graph.

use nfgrad_shapes::{Context, Shape};

use super::RevNode;

/// What is done at each node; the graph decides the order.
pub trait Sweep {
    /// Visits the node `N`, which reads the context `Ctx` (everything before it) and computes a tensor of shape `Out`.
    ///
    /// That `N` computes `Out` is part of the signature, so a graph whose context claims another shape does not compile.
    fn node<Ctx: Context, Out: Shape, N: RevNode<Ctx, Out = Out>>(&mut self);
}
