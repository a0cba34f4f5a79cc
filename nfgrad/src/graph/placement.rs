//! Whether the contributions of one node to several cotangents may meet.
//!
//! TorchLean writes a sparse context in two ways: two positions, whose contributions are added *if* they coincide, and three
//! positions that are proved to differ, with no addition at all, since in floating point even `x + 0` is an operation that
//! rounds. A node says with a type which of the two it is.

use nfgrad_shapes::{Differs, Idx, Pos};

/// `P: Placement<W>` reads "the contributions to the entries that `W` points at may be placed as `P` says".
#[diagnostic::on_unimplemented(
    message = "the operands of this node are not proved to be different nodes",
    label = "`Apart` needs three or four witnesses, all at different positions",
    note = "where two operands may be the same node leave `Apart` out: their contributions are then added"
)]
pub trait Placement<W>: 'static {}

/// Operands may be the same node: then their contributions are added, and the addition is charged.
#[derive(Debug, Clone, Copy)]
pub struct Adding;

/// All operands are different nodes, which is proved pair by pair: no contribution of the node meets another of it.
///
/// ```compile_fail,E0277
/// use nfgrad::graph::{Apart, Node, RevNode};
/// use nfgrad::op::Attention;
/// use nfgrad::prelude::*;
///
/// type X = (D<4>, D<2>);
/// type Ctx = Snoc<Snoc<Nil, X>, X>;
/// type Twice = Node<Attention, (Idx<Ctx, X, 0>, Idx<Ctx, X, 1>, Idx<Ctx, X, 1>), Apart>;
/// fn is_node<N: RevNode<Ctx>>() {}
/// is_node::<Twice>(); // needs two different nodes, but both operands are node 1
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Apart;

impl<W> Placement<W> for Adding {}

impl<Ctx, S, T, U, const I: usize, const J: usize, const K: usize>
    Placement<(Idx<Ctx, S, I>, Idx<Ctx, T, J>, Idx<Ctx, U, K>)> for Apart
where
    Pos<I>: Differs<J> + Differs<K>,
    Pos<J>: Differs<K>,
{
}

impl<Ctx, S, T, U, V, const I: usize, const J: usize, const K: usize, const L: usize>
    Placement<(Idx<Ctx, S, I>, Idx<Ctx, T, J>, Idx<Ctx, U, K>, Idx<Ctx, V, L>)> for Apart
where
    Pos<I>: Differs<J> + Differs<K> + Differs<L>,
    Pos<J>: Differs<K> + Differs<L>,
    Pos<K>: Differs<L>,
{
}
