//! The sweeps that compute values and cotangents.

use std::marker::PhantomData;
use std::mem;

use nfgrad_shapes::{Context, Shape};
use typenum::Unsigned;

use super::Plans;
use crate::graph::{HasLoss, Number, RevGraph, RevNode, Sweep};

/// Finds the largest scratch that a node may need.
pub(in crate::graph) struct ScratchSize(usize);

impl ScratchSize {
    /// The scratch of a graph.
    pub(in crate::graph) fn of<G: RevGraph>() -> usize {
        let mut size = Self(0);
        G::forward(&mut size);
        size.0
    }
}

impl Sweep for ScratchSize {
    fn node<Ctx: Context, Out: Shape, N: RevNode<Ctx, Out = Out>>(&mut self) {
        self.0 = self.0.max(N::scratch());
    }
}

/// Computes every node; `state` is what the nodes ahead keep.
pub(in crate::graph) struct Forward<'a, F> {
    pub(in crate::graph) values: &'a mut [F],
    pub(in crate::graph) state: &'a mut [F],
}

impl<F: Number> Sweep for Forward<'_, F> {
    #[inline]
    fn node<Ctx: Context, Out: Shape, N: RevNode<Ctx, Out = Out>>(&mut self) {
        let (before, rest) = self.values.split_at_mut(Ctx::SIZE);
        let (own, ahead) = mem::take(&mut self.state).split_at_mut(N::STATE);
        self.state = ahead;
        N::forward(before, &mut rest[..Out::NUMEL], own);
    }
}

macro_rules! backward_sweep {
    ($name:ident, $bound:path, $plan:ident) => {
        /// Computes cotangents; `state` is what the nodes ahead, that is before in the graph, have kept.
        pub(in crate::graph) struct $name<'a, G, F> {
            pub(in crate::graph) values: &'a [F],
            pub(in crate::graph) cotangents: &'a mut [F],
            pub(in crate::graph) state: (&'a [F], &'a mut [F]),
            pub(in crate::graph) scratch: &'a mut [F],
            pub(in crate::graph) graph: PhantomData<G>,
        }

        impl<G: $bound, F: Number> Sweep for $name<'_, G, F> {
            #[inline]
            fn node<Ctx: Context, Out: Shape, N: RevNode<Ctx, Out = Out>>(&mut self) {
                let modes = const { Plans::<G>::$plan.modes(Ctx::Len::USIZE) };
                let (before, rest) = self.values.split_at(Ctx::SIZE);
                let (slots, own) = self.cotangents.split_at_mut(Ctx::SIZE);
                let ahead = self.state.0.len() - N::STATE;
                let (values_ahead, values) = self.state.0.split_at(ahead);
                let (cotangents_ahead, cotangents) = mem::take(&mut self.state.1).split_at_mut(ahead);
                self.state = (values_ahead, cotangents_ahead);
                let state = (values, cotangents);
                N::vjp(modes, before, &rest[..Out::NUMEL], &own[..Out::NUMEL], slots, state, self.scratch);
            }
        }
    };
}

backward_sweep!(BackwardLoss, HasLoss, LOSS);
backward_sweep!(BackwardAll, RevGraph, ALL);
backward_sweep!(BackwardLeaves, RevGraph, LEAVES);
