//! [`BoundedRun`]: a run whose every value and every gradient carries a proven radius.

mod sweeps;
#[cfg(test)]
mod tests;

use std::fmt;
use std::marker::PhantomData;
use std::mem;

use nfgrad_shapes::{At, Idx, Listed, Shape};

use super::entries::{BallRef, Model, Mut};
use super::run::{Parts, Run, ScratchSize};
use super::{BoundedState, HasLoss, RevGraph};
use crate::bound::{Ball, Domain, Up, assert_fits};
use crate::error::{Error, Processor, Since};
use crate::format::{Format, embeds, gap};
use crate::kernel::spectral::Memory;
use crate::tensor::{BallTensor, EList, TensorMut};

pub(super) use sweeps::{BackwardAll, BackwardLeaves, BackwardLoss, Forward, StateSize};

/// A [`Run`] together with the radii of the domain `D`, computed beside the values.
///
/// The values are, bit for bit, those of the plain run (in all domains but [`T0`](crate::bound::T0), which computes as TorchLean
/// does). The radii are true of this run: each real value, that is, what
/// exact arithmetic would give on any leaves within *their* radii, lies within its radius of the computed one. Leaves
/// are exact unless [`BoundedRun::set_radii`] says otherwise; a leaf that is not finite has the radius ∞, but for an
/// input of -∞: that is -∞ itself, as in a mask that is added to scores (see [`Ball`]). What has not been computed yet
/// has the radius ∞ too.
///
/// Once leaves or their radii are written, `get`, `outputs`, `cotangent` and `gradients` go on saying what the last sweeps found, of the leaves
/// that *those* saw: both numbers and radii, so that they are true of these and say nothing of the new ones.
///
/// A sweep that would claim what it cannot know is refused: if the processor is [set](Error::Processor) otherwise than the proofs assume,
/// or if numbers are [stale](Error::Stale).
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
    /// The 2-norms of weights that sweeps asked for.
    norms: Memory,
}

impl<G: RevGraph, F: Format, D: Domain> BoundedRun<G, F, D> {
    /// All leaves zero and exact, nothing computed.
    pub fn new() -> Self {
        const { assert_fits::<F, D>() };
        let state = StateSize::<D>::of::<G>();
        let (mut radii, mut cotangent_radii) = (EList::zeros(), EList::zeros());
        radii.radii_mut()[D::context_len(G::LEAVES, G::LEAF_SIZE)..].fill(f64::INFINITY);
        cotangent_radii.radii_mut().fill(f64::INFINITY);
        Self {
            run: Run::new(),
            radii,
            distrusted: Vec::new(),
            cotangent_radii,
            state_radii: vec![0.0; state],
            state_cotangent_radii: vec![0.0; state],
            // The scratch of values has room for one element at least of each operand, so radii never need more.
            scratch: vec![0.0; ScratchSize::of::<G>().max(super::MAX_OPERANDS)],
            norms: Memory::default(),
        }
    }

    /// The run whose values these radii are of.
    pub fn run(&self) -> &Run<G, F> {
        &self.run
    }

    /// The tensor at a position, for writing. Nothing is known of what is written in place of what a node computes.
    pub fn get_mut<S: Shape, const I: usize>(&mut self, i: Idx<G::Context, S, I>) -> TensorMut<'_, F, S>
    where
        G::Context: At<I, Shape = S>,
    {
        if I >= G::LEAVES {
            let range = D::range(I, <G::Context as At<I>>::OFFSET, S::NUMEL);
            self.radii.radii_mut()[range].fill(f64::INFINITY);
        }
        self.run.get_mut(i)
    }

    /// Says how far each element of a leaf may be from the real one: data that is itself uncertain.
    ///
    /// # Errors
    /// [`Error::Length`] unless there is one radius for each element, [`Error::Radius`] if one is negative or NaN,
    /// [`Error::NotALeaf`] if there is a node at the position, [`Error::Processor`] if this thread does not compute as all bounds assume; then
    /// nothing is changed.
    pub fn set_radii<S: Shape, const I: usize>(&mut self, i: Idx<G::Context, S, I>, radii: &[f64]) -> Result<(), Error>
    where
        G::Context: At<I, Shape = S>,
    {
        if I >= G::LEAVES {
            return Err(Error::NotALeaf { position: I, leaves: G::LEAVES });
        }
        Processor::check()?;
        self.trust();
        self.radii.set_idx(i, radii)?;
        self.run.outdate(Since::RadiiSet);
        Ok(())
    }

    /// Takes the leaves of another run, each number rounded to nearest where the format is another. The radii of the
    /// leaves stay as they were given: a rounded leaf is, from here on, the real one, give or take its radius.
    /// [`BoundedRun::enclose_leaves_of`] keeps to the numbers of the other run.
    pub fn copy_leaves_from<E: Format>(&mut self, other: &Run<G, E>) {
        self.run.copy_leaves_from(other);
    }

    /// Takes the leaves of another run, each number rounded to nearest where the format is another, and within a radius of the
    /// number that it was: the real leaves are those of the other run. Radii that were given before are replaced.
    ///
    /// ```
    /// use nfgrad::prelude::*;
    ///
    /// graph! {
    ///     graph Double { param w: [2]; output y = w + w; }
    /// }
    ///
    /// let mut wide = Double::run::<f32>();
    /// wide.leaves_mut().w.copy_from_slice(&[1.0, 1.001])?;
    /// let mut narrow = Double::bounded::<bf16, Elementwise>();
    /// narrow.enclose_leaves_of(&wide)?;
    /// narrow.forward()?;
    /// let y = narrow.outputs().y;
    /// assert_eq!(y.mid().get([1]).map(bf16::to_f64), Some(2.0));
    /// assert_eq!(y.radius(0).get(), 0.0);
    /// assert!(y.radius(1).get() > 0.002); // of the weights in bf16 themselves it would be 0
    /// # Ok::<(), nfgrad::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Processor`] if this thread does not compute as all bounds assume; then nothing is changed.
    pub fn enclose_leaves_of<E: Format>(&mut self, other: &Run<G, E>) -> Result<(), Error> {
        Processor::check()?;
        self.trust();
        self.run.copy_leaves_from(other);
        let (mine, theirs) = (self.run.values().values(), other.values().values());
        let radii = self.radii.radii_mut();
        G::Context::LAYOUT.for_each(&mut |position, span| {
            if position >= G::LEAVES {
                return;
            }
            let radii = &mut radii[D::range(position, span.offset, span.numel)];
            if embeds::<E, F>() {
                return radii.fill(0.0);
            }
            let own = span.offset..span.offset + span.numel;
            let (mine, theirs) = (&mine[own.clone()], &theirs[own]);
            D::fill(radii, span.numel, |i: usize| gap(mine[i], theirs[i]));
        });
        Ok(())
    }

    /// Computes every node and its radii.
    ///
    /// # Errors
    /// [`Error::Processor`] if this thread does not compute as all bounds assume; then nothing is computed.
    pub fn forward(&mut self) -> Result<(), Error> {
        Processor::check()?;
        self.trust();
        let _norms = self.norms.lend();
        let Parts { values, state, .. } = self.run.parts_mut();
        let radii = self.radii.radii_mut();
        let is_leaf = |position| position < G::LEAVES;
        // An input of -∞ is a mask that is added; no parameter is.
        let is_meant = |position, x: F| !D::TORCHLEAN && position >= G::PARAMS && x.to_f64() == f64::NEG_INFINITY;
        distrust::<G, F, D>(values, radii, is_leaf, is_meant, |place, given| self.distrusted.push((place, given)));
        let state = (state, self.state_radii.as_mut_slice());
        G::forward(&mut Forward::<F, D> { values, radii, state, domain: PhantomData });
        self.run.has_values();
        Ok(())
    }

    /// Gives the leaves the radii again that were taken from them because they were not finite.
    fn trust(&mut self) {
        let radii = self.radii.radii_mut();
        for (place, given) in self.distrusted.drain(..) {
            radii[place] = given;
        }
    }

    /// Computes the gradient of the loss with respect to every parameter, and its radii.
    ///
    /// # Errors
    /// [`Error::Processor`] if this thread does not compute as all bounds assume, [`Error::Stale`] if leaves or their radii were written since
    /// the last forward sweep; then nothing is computed.
    pub fn backward(&mut self) -> Result<(), Error>
    where
        G: HasLoss,
    {
        Processor::check()?;
        self.run.need_values("backward")?;
        self.run.prepare_cotangents();
        let _norms = self.norms.lend();
        let Parts { values, cotangents, state, state_cotangents, scratch } = self.run.parts_mut();
        let cotangent_radii = self.cotangent_radii.radii_mut();
        if D::TORCHLEAN {
            cotangents.fill(F::ZERO);
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
        self.run.has_gradient();
        Ok(())
    }

    /// The tensor at a position, with its radii.
    pub fn get<S: Shape, const I: usize>(&self, i: Idx<G::Context, S, I>) -> BallTensor<'_, F, S, D>
    where
        G::Context: At<I, Shape = S>,
    {
        BallTensor::new(Ball::new(self.run.get(i).as_slice(), self.radii.get(i)))
    }

    /// The cotangent at a position, with its radii, as the last backward sweep left them, at the leaves that it saw: `0 ± 0` where nothing
    /// depends on the entry.
    ///
    /// # Errors
    /// Those of [`Run::cotangent`].
    pub fn cotangent<S: Shape, const I: usize>(
        &self,
        i: Idx<G::Context, S, I>,
    ) -> Result<BallTensor<'_, F, S, D>, Error>
    where
        G::Context: At<I, Shape = S>,
    {
        Ok(BallTensor::new(Ball::new(self.run.cotangent(i)?.as_slice(), self.cotangent_radii.get(i))))
    }

    /// Replaces leaves, from one place of the flat buffer on.
    #[cfg(any(feature = "safetensors", feature = "npz"))]
    pub(crate) fn set_leaves(&mut self, start: usize, leaves: &[F]) {
        self.run.set_leaves(start, leaves);
    }

    /// The radii of every entry.
    pub(crate) fn radii(&self) -> &[f64] {
        self.radii.radii()
    }

    /// The radii of every cotangent.
    pub(crate) fn cotangent_radii(&self) -> &[f64] {
        self.cotangent_radii.radii()
    }

    /// That an optimizer may take a step with radii.
    ///
    /// # Errors
    /// [`Error::Processor`] if this thread does not compute as all bounds assume, [`Error::Stale`] unless the gradients are those of the leaves.
    pub(crate) fn check_step(&self) -> Result<(), Error> {
        Processor::check()?;
        self.run.stage().need_gradients("step_bounded")
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

    /// All parameters and their gradients, both in the same layout: for an optimizer of your own that knows nothing of radii.
    ///
    /// As with [`BoundedRun::leaves_mut`], a number that is written *is* the real parameter from then on, give or take the radius that it had:
    /// what the gradients are off is not charged. [`Sgd::step_bounded`](crate::optim::Sgd::step_bounded) and its like do charge it.
    pub fn params_and_gradients_mut(&mut self) -> (&mut [F], &[F]) {
        self.run.params_and_gradients_mut()
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
    /// The leaves by name, for writing. Their radii stay as they were given: what is written is the real number, give or take its radius.
    pub fn leaves_mut(&mut self) -> G::Leaves<Mut<'_, F>> {
        self.run.leaves_mut()
    }

    /// Takes the parameters of another run: see [`Run::copy_params_from`]. Radii stay as they were given, as with
    /// [`BoundedRun::copy_leaves_from`].
    pub fn copy_params_from<H, E>(&mut self, other: &Run<H, E>)
    where
        H: Model<ParamShapes = G::ParamShapes>,
        E: Format,
    {
        self.run.copy_params_from(other);
    }

    /// The parameters by name, with the radii that they were given or that an optimizer left them.
    pub fn params(&self) -> G::Params<BallRef<'_, F, D>> {
        G::params(&mut BallRef::new(self.run.values().values(), self.radii.radii()))
    }

    /// The outputs by name, with their radii, as the last forward sweep left them: of the leaves that it saw, whatever was written since.
    pub fn outputs(&self) -> G::Outputs<BallRef<'_, F, D>> {
        G::outputs(&mut BallRef::new(self.run.values().values(), self.radii.radii()))
    }

    /// The gradients by name, with their radii, as the last backward sweep left them: at the leaves that it saw, whatever was written since.
    pub fn gradients(&self) -> G::Params<BallRef<'_, F, D>> {
        G::params(&mut BallRef::new(self.run.cotangents().values(), self.cotangent_radii.radii()))
    }

    /// Computes the gradient of `Σ ⟨seed, output⟩` with respect to every parameter, and its radii; `seed` sets the
    /// cotangent of each output, all of which are zero before it is called, and which are exact.
    ///
    /// # Errors
    /// Those of [`BoundedRun::backward`]; then `seed` is not called.
    pub fn backward_from(&mut self, seed: impl FnOnce(G::Outputs<Mut<'_, F>>)) -> Result<(), Error> {
        Processor::check()?;
        self.run.need_values("backward_from")?;
        let _norms = self.norms.lend();
        let Parts { values, cotangents, state, state_cotangents, scratch } = self.run.parts_mut();
        let cotangent_radii = self.cotangent_radii.radii_mut();
        cotangents.fill(F::ZERO);
        cotangent_radii.fill(0.0);
        seed(G::outputs(&mut Mut::new(&mut *cotangents)));
        distrust::<G, F, D>(
            cotangents,
            cotangent_radii,
            |position| G::OUTPUTS.contains(&position),
            |_, _| false,
            |_, _| {},
        );
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
        self.run.has_cotangents();
        Ok(())
    }
}

impl<G: RevGraph, F: Format, D: Domain> Clone for BoundedRun<G, F, D> {
    fn clone(&self) -> Self {
        Self {
            run: self.run.clone(),
            radii: self.radii.clone(),
            distrusted: self.distrusted.clone(),
            cotangent_radii: self.cotangent_radii.clone(),
            state_radii: self.state_radii.clone(),
            state_cotangent_radii: self.state_cotangent_radii.clone(),
            scratch: self.scratch.clone(),
            norms: self.norms.clone(),
        }
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

/// Nothing is known of a leaf or a seed that is not finite: its radius becomes ∞, from where ops go on. `taken` is told
/// where, and which radius was there before. An element of which `is_meant` says so is what it is.
fn distrust<G: RevGraph, F: Format, D: Domain>(
    values: &[F],
    radii: &mut [f64],
    is_given: impl Fn(usize) -> bool,
    is_meant: impl Fn(usize, F) -> bool,
    mut taken: impl FnMut(usize, f64),
) {
    G::Context::LAYOUT.for_each(&mut |position, span| {
        let x = &values[span.offset..][..span.numel];
        let is_known = |x: F| x.is_finite() || is_meant(position, x);
        if !is_given(position) || F::all_finite(x) || x.iter().all(|&x| is_known(x)) {
            return;
        }
        let radii = &mut radii[D::range(position, span.offset, span.numel)];
        let mut unknown = vec![0.0; radii.len()];
        D::fill(&mut unknown, span.numel, |i: usize| if is_known(x[i]) { Up::ZERO } else { Up::INFINITY });
        let first = D::range(position, span.offset, span.numel).start;
        for (place, (radius, unknown)) in (first..).zip(radii.iter_mut().zip(unknown)) {
            if unknown == f64::INFINITY {
                taken(place, mem::replace(radius, unknown));
            }
        }
    });
}
