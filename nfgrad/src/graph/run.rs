//! [`Run`]: the values and cotangents of a graph in one format, and the sweeps that compute them.

mod enclosed;
mod sweeps;

use std::fmt;
use std::marker::PhantomData;

use nfgrad_shapes::{At, Idx, Shape};

use super::entries::{Model, Mut, Ref};
use super::plan::{Plan, Reach, Reaches};
use super::stage::{Differentiated, Stage};
use super::{HasLoss, Number, RevGraph};
use crate::error::{Error, Since};
use crate::format::Format;
use crate::tensor::{Buffer, TList, TensorMut, TensorRef};

pub(crate) use enclosed::exactly;
pub(super) use sweeps::{BackwardAll, BackwardLeaves, BackwardLoss, Forward, ScratchSize};

/// A graph with its values and cotangents in the format `F`: two contexts, allocated once.
///
/// Set the leaves, then call [`Run::forward`] and [`Run::backward`] as often as wanted; nothing is allocated by either.
///
/// A run remembers whether its values and gradients are those of the leaves that it holds, and what would mix the two is
/// refused: see [`Error::Stale`].
pub struct Run<G: RevGraph, F> {
    values: TList<F, G::Context>,
    cotangents: TList<F, G::Context>,
    /// What nodes keep beside their results, in the order of the nodes: the values of their insides.
    state: Buffer<F>,
    /// The cotangents of those.
    state_cotangents: Buffer<F>,
    scratch: Vec<F>,
    stage: Stage,
    differentiated: Differentiated,
}

impl<G: RevGraph, F: Number> Run<G, F> {
    /// All leaves zero, nothing computed.
    pub fn new() -> Self {
        Self {
            values: TList::zeros(),
            cotangents: TList::zeros(),
            state: Buffer::zeros(G::STATE),
            state_cotangents: Buffer::zeros(G::STATE),
            scratch: vec![F::ZERO; ScratchSize::of::<G>()],
            stage: Stage::Stale(Since::New),
            differentiated: Differentiated::Nothing,
        }
    }

    /// Computes every node from the leaves.
    #[inline]
    pub fn forward(&mut self) {
        G::forward(&mut Forward { values: self.values.values_mut(), state: &mut self.state });
        self.stage = Stage::Values;
    }

    /// Computes the gradient of the loss with respect to every parameter.
    ///
    /// # Panics
    /// If leaves were written since the last forward sweep: the result would be the gradient at no point at all. Call
    /// [`Run::forward`] in between.
    #[inline]
    pub fn backward(&mut self)
    where
        G: HasLoss,
    {
        if !self.stage.has_values() {
            self.stage.refuse("backward");
        }
        self.prepare_cotangents();
        self.cotangents.values_mut()[G::OFFSET] = F::ONE;
        G::reverse(&mut BackwardLoss::<G, F> {
            values: self.values.values(),
            cotangents: self.cotangents.values_mut(),
            state: (&self.state, &mut self.state_cotangents),
            scratch: &mut self.scratch,
            graph: PhantomData,
        });
        self.has_gradient();
    }

    /// The values of every entry.
    pub(crate) fn values(&self) -> &TList<F, G::Context> {
        &self.values
    }

    /// The cotangents of every entry.
    pub(crate) fn cotangents(&self) -> &TList<F, G::Context> {
        &self.cotangents
    }

    /// Replaces leaves, from one place of the flat buffer on.
    #[cfg(any(feature = "safetensors", feature = "npz"))]
    pub(crate) fn set_leaves(&mut self, start: usize, leaves: &[F]) {
        self.outdate(Since::LeavesWritten);
        self.values.values_mut()[start..][..leaves.len()].copy_from_slice(leaves);
    }

    /// Before the gradient of the loss is computed: what is zero in it must be zero, and a sweep writes only what it reaches. Another sweep may
    /// have reached more.
    #[inline]
    pub(super) fn prepare_cotangents(&mut self) {
        if matches!(self.differentiated, Differentiated::Outputs(_)) {
            self.cotangents.values_mut().fill(F::ZERO);
        }
    }

    /// The gradient of the loss has been computed.
    #[inline]
    pub(super) fn has_gradient(&mut self)
    where
        G: HasLoss,
    {
        self.stage = Stage::Loss;
        self.differentiated = Differentiated::Loss(const { &Plans::<G>::LOSS_REACHES });
    }

    /// What follows from the cotangents of the outputs has been computed.
    #[inline]
    pub(super) fn has_cotangents(&mut self) {
        self.stage = Stage::Seeds;
        self.differentiated = Differentiated::Outputs(const { &Plans::<G>::ALL_REACHES });
    }

    /// How much is of the leaves that are there now.
    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    /// Numbers were changed that the values, if there are any, do not know of.
    #[inline]
    pub(super) fn outdate(&mut self, since: Since) {
        if self.stage != Stage::Stale(Since::New) {
            self.stage = Stage::Stale(since);
        }
    }

    /// The values have been computed.
    pub(super) fn has_values(&mut self) {
        self.stage = Stage::Values;
    }

    /// Whether there was a forward sweep.
    pub(crate) fn is_evaluated(&self) -> bool {
        self.stage != Stage::Stale(Since::New)
    }

    /// Whether there was a backward sweep.
    pub(crate) fn is_differentiated(&self) -> bool {
        self.differentiated != Differentiated::Nothing
    }

    /// That the values are those of the leaves.
    ///
    /// # Errors
    /// [`Error::Stale`] otherwise.
    pub(crate) fn need_values(&self, call: &'static str) -> Result<(), Error> {
        self.stage.need_values(call)
    }

    /// That the values, and the gradient of the loss, are those of the leaves.
    ///
    /// # Errors
    /// [`Error::Stale`] otherwise.
    pub(crate) fn need_gradient(&self, call: &'static str) -> Result<(), Error> {
        self.stage.need_loss(call)
    }

    /// That an optimizer may take a step.
    ///
    /// # Errors
    /// [`Error::Stale`] unless the gradients are those of the leaves.
    #[inline]
    pub(crate) fn check_step(&self) -> Result<(), Error> {
        self.stage.need_gradients("step")
    }

    /// Everything at once, for the sweeps that also compute radii.
    pub(super) fn parts_mut(&mut self) -> Parts<'_, F> {
        Parts {
            values: self.values.values_mut(),
            cotangents: self.cotangents.values_mut(),
            state: &mut self.state,
            state_cotangents: &mut self.state_cotangents,
            scratch: &mut self.scratch,
        }
    }
}

impl<G: RevGraph, F: Format> Run<G, F> {
    /// The tensor at a position.
    pub fn get<S: Shape, const I: usize>(&self, i: Idx<G::Context, S, I>) -> TensorRef<'_, F, S>
    where
        G::Context: At<I, Shape = S>,
    {
        self.values.get(i)
    }

    /// The tensor at a position, for writing. Setting what a node computes has no effect on the next forward sweep.
    pub fn get_mut<S: Shape, const I: usize>(&mut self, i: Idx<G::Context, S, I>) -> TensorMut<'_, F, S>
    where
        G::Context: At<I, Shape = S>,
    {
        self.outdate(Since::LeavesWritten);
        self.values.get_mut(i)
    }

    /// The cotangent at a position, as the last backward sweep left it, at the leaves that it saw: zeros where nothing depends on the entry.
    ///
    /// # Errors
    /// [`Error::NotDifferentiated`] where the sweep skipped an entry because no parameter lies behind it, which is so of every input
    /// that the loss depends on; [`Error::Stale`] if there was no backward sweep yet.
    pub fn cotangent<S: Shape, const I: usize>(&self, i: Idx<G::Context, S, I>) -> Result<TensorRef<'_, F, S>, Error>
    where
        G::Context: At<I, Shape = S>,
    {
        match self.differentiated {
            Differentiated::Nothing => Err(Error::Stale { call: "cotangent", since: Since::NotDifferentiated }),
            Differentiated::Loss(reaches) | Differentiated::Outputs(reaches) => match reaches.of(I) {
                Reach::Skipped => Err(Error::NotDifferentiated { position: I }),
                Reach::Computed | Reach::Zero => Ok(self.cotangents.get(i)),
            },
        }
    }

    /// Whether no leaf is a NaN or an infinity, but for inputs of -∞, as in a mask that is added.
    pub(crate) fn has_finite_leaves(&self) -> bool {
        let (params, inputs) = self.values.values()[..G::LEAF_SIZE].split_at(G::PARAM_SIZE);
        let is_known = |x: &F| x.is_finite() || x.to_f64() == f64::NEG_INFINITY;
        F::all_finite(params) && (F::all_finite(inputs) || inputs.iter().all(is_known))
    }

    /// Takes the leaves of another run of the same graph, each number rounded to nearest where the format is another.
    pub fn copy_leaves_from<E: Format>(&mut self, other: &Run<G, E>) {
        self.outdate(Since::LeavesWritten);
        let leaves = &other.values.values()[..G::LEAF_SIZE];
        for (mine, theirs) in self.values.values_mut().iter_mut().zip(leaves) {
            *mine = F::restored(theirs.to_f64());
        }
    }

    /// All parameters, one after another, zeros between: what an optimizer updates.
    #[inline]
    pub fn params(&self) -> &[F] {
        &self.values.values()[..G::PARAM_SIZE]
    }

    /// All parameters and their gradients, both in the same layout.
    #[inline]
    pub fn params_and_gradients_mut(&mut self) -> (&mut [F], &[F]) {
        self.outdate(Since::ParametersChanged);
        (&mut self.values.values_mut()[..G::PARAM_SIZE], &self.cotangents.values()[..G::PARAM_SIZE])
    }
}

impl<G: Model, F: Format> Run<G, F> {
    /// The leaves by name.
    pub fn leaves(&self) -> G::Leaves<Ref<'_, F>> {
        G::leaves(&mut Ref::new(self.values.values()))
    }

    /// The leaves by name, for writing.
    pub fn leaves_mut(&mut self) -> G::Leaves<Mut<'_, F>> {
        self.outdate(Since::LeavesWritten);
        G::leaves(&mut Mut::new(self.values.values_mut()))
    }

    /// The outputs by name, as the last forward sweep left them: of the leaves that it saw, whatever was written since.
    pub fn outputs(&self) -> G::Outputs<Ref<'_, F>> {
        G::outputs(&mut Ref::new(self.values.values()))
    }

    /// The gradients by name, as the last backward sweep left them: at the leaves that it saw, whatever was written since.
    pub fn gradients(&self) -> G::Params<Ref<'_, F>> {
        G::params(&mut Ref::new(self.cotangents.values()))
    }

    /// Takes the parameters of another run, which may have another batch size or another format (each number is then
    /// rounded to nearest). That the parameters have the same shapes is checked when this is compiled.
    pub fn copy_params_from<H, E>(&mut self, other: &Run<H, E>)
    where
        H: Model<ParamShapes = G::ParamShapes>,
        E: Format,
    {
        self.outdate(Since::LeavesWritten);
        for (mine, theirs) in self.values.values_mut()[..G::PARAM_SIZE].iter_mut().zip(other.params()) {
            *mine = F::restored(theirs.to_f64());
        }
    }

    /// Computes the gradient of `Σ ⟨seed, output⟩` with respect to every parameter; `seed` sets the cotangent of each
    /// output, all of which are zero before it is called.
    ///
    /// # Panics
    /// Where [`Run::backward`] does.
    pub fn backward_from(&mut self, seed: impl FnOnce(G::Outputs<Mut<'_, F>>)) {
        if !self.stage.has_values() {
            self.stage.refuse("backward_from");
        }
        self.cotangents.values_mut().fill(F::ZERO);
        seed(G::outputs(&mut Mut::new(self.cotangents.values_mut())));
        G::reverse(&mut BackwardAll::<G, F> {
            values: self.values.values(),
            cotangents: self.cotangents.values_mut(),
            state: (&self.state, &mut self.state_cotangents),
            scratch: &mut self.scratch,
            graph: PhantomData,
        });
        self.has_cotangents();
    }
}

impl<G: RevGraph, F: Number> Default for Run<G, F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<G: RevGraph, F: Number> Clone for Run<G, F> {
    fn clone(&self) -> Self {
        Self {
            values: self.values.clone(),
            cotangents: self.cotangents.clone(),
            state: self.state.clone(),
            state_cotangents: self.state_cotangents.clone(),
            scratch: self.scratch.clone(),
            stage: self.stage,
            differentiated: self.differentiated,
        }
    }
}

impl<G: RevGraph, F: Format> fmt::Debug for Run<G, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("values", &self.values).finish_non_exhaustive()
    }
}

/// The buffers of a run.
pub(super) struct Parts<'a, F> {
    pub(super) values: &'a mut [F],
    pub(super) cotangents: &'a mut [F],
    pub(super) state: &'a mut [F],
    pub(super) state_cotangents: &'a mut [F],
    pub(super) scratch: &'a mut [F],
}

/// The plans of a graph, computed when the program is compiled.
pub(super) struct Plans<G>(PhantomData<G>);

impl<G: RevGraph> Plans<G> {
    /// The outputs are given cotangents.
    pub(super) const ALL: Plan = Plan::new(G::PARAMS, G::LEAVES, G::NODES, G::OUTPUTS);
    pub(super) const ALL_REACHES: Reaches = Self::ALL.reaches();
    /// Likewise, and the inputs are differentiated as well: they depend on parameters of the graph around.
    pub(super) const LEAVES: Plan = Plan::new(G::LEAVES, G::LEAVES, G::NODES, G::OUTPUTS);
}

impl<G: HasLoss> Plans<G> {
    /// The loss alone is differentiated.
    pub(super) const LOSS: Plan = Plan::new(G::PARAMS, G::LEAVES, G::NODES, &[G::POSITION]);
    pub(super) const LOSS_REACHES: Reaches = Self::LOSS.reaches();
}
