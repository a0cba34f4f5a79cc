//! The sweeps that compute radii beside the values.

use std::marker::PhantomData;
use std::mem;

use nfgrad_shapes::{Context, Shape};
use typenum::Unsigned;

use crate::bound::{Ball, Domain};
use crate::format::Format;
use crate::graph::run::Plans;
use crate::graph::{BoundedState, HasLoss, RevGraph, RevNode, Sweep, torchlean};

/// Finds how many radii the nodes keep beside those of their results.
pub(in crate::graph) struct StateSize<D>(usize, PhantomData<D>);

impl<D: Domain> StateSize<D> {
    /// The number of a graph.
    pub(in crate::graph) fn of<G: RevGraph>() -> usize {
        let mut size = Self(0, PhantomData);
        G::forward(&mut size);
        size.0
    }
}

impl<D: Domain> Sweep for StateSize<D> {
    fn node<Ctx: Context, Out: Shape, N: RevNode<Ctx, Out = Out>>(&mut self) {
        self.0 += N::radii_state::<D>();
    }
}

/// Computes every node and its radii; `state` is what the nodes ahead keep.
pub(in crate::graph) struct Forward<'a, F, D> {
    pub(in crate::graph) values: &'a mut [F],
    pub(in crate::graph) radii: &'a mut [f64],
    pub(in crate::graph) state: (&'a mut [F], &'a mut [f64]),
    pub(in crate::graph) domain: PhantomData<D>,
}

impl<F: Format, D: Domain> Sweep for Forward<'_, F, D> {
    #[inline]
    fn node<Ctx: Context, Out: Shape, N: RevNode<Ctx, Out = Out>>(&mut self) {
        let (before, rest) = self.values.split_at_mut(Ctx::SIZE);
        let y = &mut rest[..Out::NUMEL];
        let own = D::range(Ctx::Len::USIZE, Ctx::SIZE, Out::NUMEL);
        let (radii_before, radii) = self.radii.split_at_mut(own.start);
        let (state, state_ahead) = mem::take(&mut self.state.0).split_at_mut(N::STATE);
        let (state_radii, radii_ahead) = mem::take(&mut self.state.1).split_at_mut(N::radii_state::<D>());
        self.state = (state_ahead, radii_ahead);
        let out = (y, &mut radii[..own.end - own.start]);
        N::forward_radius::<F, D>((before, radii_before), out, (state, state_radii));
    }
}

macro_rules! backward_sweep {
    ($name:ident, $bound:path, $plan:ident) => {
        /// Computes cotangents and their radii; `state` is what the nodes ahead, that is before in the graph, have kept.
        pub(in crate::graph) struct $name<'a, G, F, D> {
            pub(in crate::graph) values: (&'a [F], &'a [f64]),
            pub(in crate::graph) cotangents: (&'a mut [F], &'a mut [f64]),
            pub(in crate::graph) state: BoundedState<'a, F>,
            pub(in crate::graph) scratch: (&'a mut [F], &'a mut [f64]),
            pub(in crate::graph) graph: PhantomData<(G, D)>,
        }

        impl<G: $bound, F: Format, D: Domain> Sweep for $name<'_, G, F, D> {
            #[inline]
            fn node<Ctx: Context, Out: Shape, N: RevNode<Ctx, Out = Out>>(&mut self) {
                let modes = const { Plans::<G>::$plan.modes(Ctx::Len::USIZE) };
                let modes = if D::TORCHLEAN { modes.adding() } else { modes };
                let own = D::range(Ctx::Len::USIZE, Ctx::SIZE, Out::NUMEL);
                let (before, rest) = self.values.0.split_at(Ctx::SIZE);
                let (slots, dy) = self.cotangents.0.split_at_mut(Ctx::SIZE);
                let (slot_radii, dy_radii) = self.cotangents.1.split_at_mut(own.start);
                N::vjp_radius::<F, D>(
                    modes,
                    (before, self.values.1),
                    Ball::new(&rest[..Out::NUMEL], &self.values.1[own.clone()]),
                    Ball::new(&dy[..Out::NUMEL], &dy_radii[..own.end - own.start]),
                    (&mut *slots, &mut *slot_radii),
                    self.state.take_last(N::STATE, N::radii_state::<D>()),
                    (&mut *self.scratch.0, &mut *self.scratch.1),
                );
                if D::TORCHLEAN {
                    let reads = (modes, N::OPERANDS);
                    torchlean::charge::<G, F, D>(Ctx::Len::USIZE, reads, slots, slot_radii);
                }
            }
        }
    };
}

backward_sweep!(BackwardLoss, HasLoss, LOSS);
backward_sweep!(BackwardAll, RevGraph, ALL);
backward_sweep!(BackwardLeaves, RevGraph, LEAVES);
