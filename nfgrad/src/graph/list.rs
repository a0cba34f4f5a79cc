//! Graphs written by hand: [`Leaves`], and [`Then`] one more node.
//!
//! ```
//! use nfgrad::graph::{Leaves, Node, Run, Then};
//! use nfgrad::op::{MatMul, Relu};
//! use nfgrad::prelude::*;
//!
//! // relu(x @ w): the parameter w is at 0, the input x at 1
//! type Start = Leaves<Snoc<Nil, (D<3>, D<2>)>, Snoc<Nil, (D<4>, D<3>)>>;
//! type C0 = <Start as RevGraph>::Context;
//! type Product = Then<Start, Node<MatMul, (Idx<C0, (D<4>, D<3>), 1>, Idx<C0, (D<3>, D<2>), 0>)>>;
//! type C1 = <Product as RevGraph>::Context;
//! type Net = Then<Product, Node<Relu, (Idx<C1, (D<4>, D<2>), 2>,)>>;
//!
//! let mut run = Run::<Net, f32>::new();
//! run.get_mut(Idx::<_, (D<3>, D<2>), 0>::new()).fill_with(|| 0.5);
//! run.get_mut(Idx::<_, (D<4>, D<3>), 1>::new()).fill_with(|| 2.0);
//! run.forward();
//! assert_eq!(run.get(Idx::<_, (D<4>, D<2>), 3>::new()).as_slice(), [3.0; 8]);
//! ```
//!
//! A witness at a wrong position does not compile:
//!
//! ```compile_fail,E0277
//! # use nfgrad::graph::{Leaves, Node, Run, Then};
//! # use nfgrad::op::Relu;
//! # use nfgrad::prelude::*;
//! # type Start = Leaves<Snoc<Nil, (D<3>, D<2>)>, Snoc<Nil, (D<4>, D<3>)>>;
//! # type C0 = <Start as RevGraph>::Context;
//! type Wrong = Then<Start, Node<Relu, (Idx<C0, (D<4>, D<2>), 1>,)>>;
//! let run = Run::<Wrong, f32>::new();
//! ```

use std::marker::PhantomData;

use nfgrad_shapes::{Append, AppendTo, Context, Listed, Snoc};
use typenum::Unsigned;

use super::{HasLoss, Nodes, RevGraph, RevNode, Sweep};

/// The graph without nodes: parameters, then inputs.
#[derive(Debug, Clone, Copy)]
pub struct Leaves<Params, Inputs>(PhantomData<(Params, Inputs)>);

impl<Params: Context, Inputs: AppendTo<Params, Output: Listed> + 'static> RevGraph for Leaves<Params, Inputs> {
    type Context = Append<Params, Inputs>;
    const PARAMS: usize = Params::Len::USIZE;
    const LEAVES: usize = <Self::Context as Context>::Len::USIZE;
    const PARAM_SIZE: usize = Params::SIZE;
    const LEAF_SIZE: usize = <Self::Context as Context>::SIZE;
    const OUTPUTS: &'static [usize] = &[];
    const NODES: Nodes = Nodes::Empty;
    const STATE: usize = 0;

    #[inline]
    fn forward<V: Sweep>(_: &mut V) {}

    #[inline]
    fn reverse<V: Sweep>(_: &mut V) {}
}

/// The graph `G` with one more node, whose result is the output.
#[derive(Debug, Clone, Copy)]
pub struct Then<G, N>(PhantomData<(G, N)>);

impl<G, N> RevGraph for Then<G, N>
where
    G: RevGraph,
    N: RevNode<G::Context>,
    Snoc<G::Context, N::Out>: Listed,
{
    type Context = Snoc<G::Context, N::Out>;
    const PARAMS: usize = G::PARAMS;
    const LEAVES: usize = G::LEAVES;
    const PARAM_SIZE: usize = G::PARAM_SIZE;
    const LEAF_SIZE: usize = G::LEAF_SIZE;
    const OUTPUTS: &'static [usize] = &[<G::Context as Context>::Len::USIZE];
    const NODES: Nodes = Nodes::Snoc(&G::NODES, N::OPERANDS);
    const STATE: usize = G::STATE + N::STATE;

    #[inline]
    fn forward<V: Sweep>(sweep: &mut V) {
        G::forward(sweep);
        sweep.node::<G::Context, N::Out, N>();
    }

    #[inline]
    fn reverse<V: Sweep>(sweep: &mut V) {
        sweep.node::<G::Context, N::Out, N>();
        G::reverse(sweep);
    }
}

#[diagnostic::do_not_recommend]
impl<G, N> HasLoss for Then<G, N>
where
    Self: RevGraph,
    G: RevGraph,
    N: RevNode<G::Context, Out = ()>,
{
    const POSITION: usize = <G::Context as Context>::Len::USIZE;
    const OFFSET: usize = <G::Context as Context>::SIZE;
}
