//! [`BoundedRun`]: a run whose every value and every gradient carries a proven radius.

use std::fmt;
use std::marker::PhantomData;
use std::mem;

use nfgrad_shapes::{At, Context, Idx, Listed, Shape};
use typenum::Unsigned;

use super::entries::{BallRef, Model, Mut};
use super::run::{Parts, Plans, Run, ScratchSize};
use super::{BoundedState, HasLoss, RevGraph, RevNode, Sweep, torchlean};
use crate::bound::{Ball, Domain, Up, assert_fits};
use crate::error::Error;
use crate::format::Format;
use crate::tensor::{BallTensor, EList, TensorMut};

/// A [`Run`] together with the radii of the domain `D`, computed beside the values.
///
/// The values are, bit for bit, those of the plain run (in all domains but [`T0`](crate::bound::T0), which computes as TorchLean
/// does). The radii are true of this run: each real value, that is, what
/// exact arithmetic would give on any leaves within *their* radii, lies within its radius of the computed one. Leaves
/// are exact unless [`BoundedRun::set_radii`] says otherwise; a leaf that is not finite has the radius ∞.
pub struct BoundedRun<G: RevGraph, F, D> {
    run: Run<G, F>,
    radii: EList<D, G::Context>,
    /// Where the last forward sweep found a leaf that was not finite, and the radius that this leaf had been given.
    distrusted: Vec<(usize, f64)>,
    cotangent_radii: EList<D, G::Context>,
    /// The radii of what nodes keep beside their results, and those of its cotangents.
    state_radii: Vec<f64>,
    state_cotangent_radii: Vec<f64>,
    scratch: Vec<f64>,
}

impl<G: RevGraph, F: Format, D: Domain> BoundedRun<G, F, D> {
    /// All leaves zero and exact, nothing computed.
    pub fn new() -> Self {
        const { assert_fits::<F, D>() };
        let state = StateSize::<D>::of::<G>();
        Self {
            run: Run::new(),
            radii: EList::zeros(),
            distrusted: Vec::new(),
            cotangent_radii: EList::zeros(),
            state_radii: vec![0.0; state],
            state_cotangent_radii: vec![0.0; state],
            // A scalar operand has one element and one radius, so radii never need more room than values.
            scratch: vec![0.0; ScratchSize::of::<G>().max(super::MAX_OPERANDS)],
        }
    }

    /// The run whose values these radii are of.
    pub fn run(&self) -> &Run<G, F> {
        &self.run
    }

    /// The tensor at a position, for writing.
    pub fn get_mut<S: Shape, const I: usize>(&mut self, i: Idx<G::Context, S, I>) -> TensorMut<'_, F, S>
    where
        G::Context: At<I, Shape = S>,
    {
        self.run.get_mut(i)
    }

    /// Says how far each element of a leaf may be from the real one: data that is itself uncertain.
    ///
    /// # Errors
    /// [`Error::Length`] unless there is one radius for each element, [`Error::Radius`] if one is negative or NaN.
    pub fn set_radii<S: Shape, const I: usize>(&mut self, i: Idx<G::Context, S, I>, radii: &[f64]) -> Result<(), Error>
    where
        G::Context: At<I, Shape = S>,
    {
        self.trust();
        self.radii.set_idx(i, radii)
    }

    /// Takes the leaves of another run, each number rounded to nearest where the format is another. Radii are not taken:
    /// a rounded leaf is, from here on, the real one.
    pub fn copy_leaves_from<E: Format>(&mut self, other: &Run<G, E>) {
        self.run.copy_leaves_from(other);
    }

    /// Computes every node and its radii.
    pub fn forward(&mut self) {
        self.trust();
        let Parts { values, state, .. } = self.run.parts_mut();
        let radii = self.radii.radii_mut();
        let is_leaf = |position| position < G::LEAVES;
        distrust::<G, F, D>(values, radii, is_leaf, |place, given| self.distrusted.push((place, given)));
        let state = (state, self.state_radii.as_mut_slice());
        G::forward(&mut Forward::<F, D> { values, radii, state, domain: PhantomData });
    }

    /// Gives the leaves the radii again that were taken from them because they were not finite.
    fn trust(&mut self) {
        let radii = self.radii.radii_mut();
        for (place, given) in self.distrusted.drain(..) {
            radii[place] = given;
        }
    }

    /// Computes the gradient of the loss with respect to every parameter, and its radii.
    pub fn backward(&mut self)
    where
        G: HasLoss,
    {
        let Parts { values, cotangents, state, state_cotangents, scratch } = self.run.parts_mut();
        let cotangent_radii = self.cotangent_radii.radii_mut();
        if D::TORCHLEAN {
            cotangents.fill(F::ZERO);
        } else if const { !Plans::<G>::LOSS.reaches_all_params } {
            cotangents[..G::PARAM_SIZE].fill(F::ZERO);
        }
        cotangent_radii.fill(0.0);
        cotangents[G::OFFSET] = F::ONE;
        G::reverse(&mut BackwardLoss::<G, F, D> {
            values: (values, self.radii.radii()),
            cotangents: (cotangents, cotangent_radii),
            state: BoundedState {
                values: (state, &self.state_radii),
                cotangents: (state_cotangents, &mut self.state_cotangent_radii),
            },
            scratch: (scratch, &mut self.scratch),
            graph: PhantomData,
        });
    }

    /// The tensor at a position, with its radii.
    pub fn get<S: Shape, const I: usize>(&self, i: Idx<G::Context, S, I>) -> BallTensor<'_, F, S, D>
    where
        G::Context: At<I, Shape = S>,
    {
        BallTensor::new(Ball::new(self.run.get(i).as_slice(), self.radii.get(i)))
    }

    /// The cotangent at a position, with its radii, as the last backward sweep left them.
    pub fn cotangent<S: Shape, const I: usize>(&self, i: Idx<G::Context, S, I>) -> BallTensor<'_, F, S, D>
    where
        G::Context: At<I, Shape = S>,
    {
        BallTensor::new(Ball::new(self.run.cotangent(i).as_slice(), self.cotangent_radii.get(i)))
    }

    /// The radii of every entry.
    pub(crate) fn radii(&self) -> &[f64] {
        self.radii.radii()
    }

    /// The radii of every cotangent.
    pub(crate) fn cotangent_radii(&self) -> &[f64] {
        self.cotangent_radii.radii()
    }

    /// What an optimizer reads and writes.
    pub(crate) fn training_mut(&mut self) -> Training<'_, F> {
        self.trust();
        let Parts { values, cotangents, .. } = self.run.parts_mut();
        Training {
            params: &values[..G::PARAM_SIZE],
            radii: self.radii.radii_mut(),
            gradients: &cotangents[..G::PARAM_SIZE],
            gradient_radii: self.cotangent_radii.radii(),
        }
    }

    /// The run whose values these radii are of. The radii of leaves that are written stay as they were given.
    pub fn run_mut(&mut self) -> &mut Run<G, F> {
        &mut self.run
    }
}

/// The parameters of a run and their gradients, each with its radii.
pub(crate) struct Training<'a, F> {
    pub(crate) params: &'a [F],
    /// Those that the next forward sweep begins with.
    pub(crate) radii: &'a mut [f64],
    pub(crate) gradients: &'a [F],
    pub(crate) gradient_radii: &'a [f64],
}

impl<G: Model, F: Format, D: Domain> BoundedRun<G, F, D> {
    /// The leaves by name, for writing.
    pub fn leaves_mut(&mut self) -> G::Leaves<Mut<'_, F>> {
        self.run.leaves_mut()
    }

    /// The parameters by name, with the radii that they were given or that an optimizer left them.
    pub fn params(&self) -> G::Params<BallRef<'_, F, D>> {
        G::params(&mut BallRef::new(self.run.values().values(), self.radii.radii()))
    }

    /// The outputs by name, with their radii, as the last forward sweep left them.
    pub fn outputs(&self) -> G::Outputs<BallRef<'_, F, D>> {
        G::outputs(&mut BallRef::new(self.run.values().values(), self.radii.radii()))
    }

    /// The gradients by name, with their radii, as the last backward sweep left them.
    pub fn gradients(&self) -> G::Params<BallRef<'_, F, D>> {
        G::params(&mut BallRef::new(self.run.cotangents().values(), self.cotangent_radii.radii()))
    }

    /// Computes the gradient of `Σ ⟨seed, output⟩` with respect to every parameter, and its radii; `seed` sets the
    /// cotangent of each output, all of which are zero before it is called, and which are exact.
    pub fn backward_from(&mut self, seed: impl FnOnce(G::Outputs<Mut<'_, F>>)) {
        let Parts { values, cotangents, state, state_cotangents, scratch } = self.run.parts_mut();
        let cotangent_radii = self.cotangent_radii.radii_mut();
        cotangents.fill(F::ZERO);
        cotangent_radii.fill(0.0);
        seed(G::outputs(&mut Mut::new(&mut *cotangents)));
        distrust::<G, F, D>(cotangents, cotangent_radii, |position| G::OUTPUTS.contains(&position), |_, _| {});
        G::reverse(&mut BackwardAll::<G, F, D> {
            values: (values, self.radii.radii()),
            cotangents: (cotangents, cotangent_radii),
            state: BoundedState {
                values: (state, &self.state_radii),
                cotangents: (state_cotangents, &mut self.state_cotangent_radii),
            },
            scratch: (scratch, &mut self.scratch),
            graph: PhantomData,
        });
    }
}

impl<G: RevGraph, F: Format, D: Domain> Default for BoundedRun<G, F, D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<G: RevGraph, F: Format, D: Domain> fmt::Debug for BoundedRun<G, F, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedRun").field("run", &self.run).field("radii", &self.radii).finish_non_exhaustive()
    }
}

/// Nothing is known of a leaf or a seed that is not finite: its radius becomes ∞, and so does that of all that it reaches. `taken` is told
/// where, and which radius was there before.
fn distrust<G: RevGraph, F: Format, D: Domain>(
    values: &[F],
    radii: &mut [f64],
    is_given: impl Fn(usize) -> bool,
    mut taken: impl FnMut(usize, f64),
) {
    G::Context::LAYOUT.for_each(&mut |position, span| {
        let x = &values[span.offset..][..span.numel];
        if !is_given(position) || F::all_finite(x) {
            return;
        }
        let radii = &mut radii[D::range(position, span.offset, span.numel)];
        let mut unknown = vec![0.0; radii.len()];
        D::fill(&mut unknown, span.numel, |i: usize| if x[i].is_finite() { Up::ZERO } else { Up::INFINITY });
        let first = D::range(position, span.offset, span.numel).start;
        for (place, (radius, unknown)) in (first..).zip(radii.iter_mut().zip(unknown)) {
            if unknown == f64::INFINITY {
                taken(place, mem::replace(radius, unknown));
            }
        }
    });
}

/// Finds how many radii the nodes keep beside those of their results.
pub(super) struct StateSize<D>(usize, PhantomData<D>);

impl<D: Domain> StateSize<D> {
    /// The number of a graph.
    pub(super) fn of<G: RevGraph>() -> usize {
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
pub(super) struct Forward<'a, F, D> {
    pub(super) values: &'a mut [F],
    pub(super) radii: &'a mut [f64],
    pub(super) state: (&'a mut [F], &'a mut [f64]),
    pub(super) domain: PhantomData<D>,
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
        pub(super) struct $name<'a, G, F, D> {
            pub(super) values: (&'a [F], &'a [f64]),
            pub(super) cotangents: (&'a mut [F], &'a mut [f64]),
            pub(super) state: BoundedState<'a, F>,
            pub(super) scratch: (&'a mut [F], &'a mut [f64]),
            pub(super) graph: PhantomData<(G, D)>,
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

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use crate::prelude::*;

    graph! {
        graph Shift {
            param w: [3];
            output y = w + w;
        }
    }

    #[test]
    fn a_leaf_that_is_finite_again_has_the_radius_that_it_was_given() {
        let mut run = Shift::bounded::<f32, Elementwise>();
        let w = Idx::<Shift, (D<3>,), 0>::new();
        run.set_radii(w, &[0.25, 0.5, 1.0]).unwrap();
        run.get_mut(w).as_mut_slice().copy_from_slice(&[1.0, f32::NAN, 2.0]);
        for _ in 0..2 {
            run.forward();
            assert_eq!(run.get(w).radii(), [0.25, f64::INFINITY, 1.0]);
        }
        run.get_mut(w).as_mut_slice()[1] = 3.0;
        run.forward();
        assert_eq!(run.get(w).radii(), [0.25, 0.5, 1.0]);
        // What is given while the leaf is not finite holds afterwards.
        run.get_mut(w).as_mut_slice()[0] = f32::INFINITY;
        run.forward();
        run.set_radii(w, &[0.0, 2.0, 4.0]).unwrap();
        run.get_mut(w).as_mut_slice()[0] = 1.0;
        run.forward();
        assert_eq!(run.get(w).radii(), [0.0, 2.0, 4.0]);
    }

    #[test]
    fn a_seed_that_is_not_finite_makes_its_gradient_unbounded() {
        let mut run = Shift::bounded::<f32, Elementwise>();
        run.forward();
        run.backward_from(|mut seeds| seeds.y.as_mut_slice().copy_from_slice(&[1.0, f32::INFINITY, f32::NAN]));
        let w = run.cotangent(Idx::<Shift, (D<3>,), 0>::new());
        assert_eq!(w.radii(), [0.0, f64::INFINITY, f64::INFINITY]);
    }
}
