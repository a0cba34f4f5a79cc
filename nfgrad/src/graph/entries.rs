//! Names for positions: the structs of leaves, gradients and outputs that `graph!` writes, over any kind of entry.

use std::marker::PhantomData;

use nfgrad_shapes::{At, Shape};

use super::{BoundedRun, RevGraph, Run};
use crate::bound::{Ball, Domain};
use crate::format::Format;
use crate::tensor::{BallTensor, TensorMut, TensorRef};

/// A kind of entry: what a field of a struct of named tensors is.
///
/// One generated struct serves reading ([`Ref`]), writing ([`Mut`]), values with radii ([`BallRef`]) and names ([`Names`]).
pub trait Entries {
    /// The type of a field for a tensor of shape `S`.
    type Entry<S: Shape>;

    /// The entry at position `I` of `Ctx`. Positions are asked for in increasing order.
    fn entry<Ctx: At<I>, const I: usize>(&mut self) -> Self::Entry<Ctx::Shape>;
}

/// Borrowed tensors.
#[derive(Debug)]
pub struct Ref<'a, F> {
    values: &'a [F],
}

impl<'a, F> Ref<'a, F> {
    pub(crate) fn new(values: &'a [F]) -> Self {
        Self { values }
    }
}

impl<'a, F: Format> Entries for Ref<'a, F> {
    type Entry<S: Shape> = TensorRef<'a, F, S>;

    fn entry<Ctx: At<I>, const I: usize>(&mut self) -> TensorRef<'a, F, Ctx::Shape> {
        TensorRef::new(&self.values[Ctx::OFFSET..][..<Ctx::Shape as Shape>::NUMEL])
    }
}

/// Tensors borrowed for writing.
#[derive(Debug)]
pub struct Mut<'a, F> {
    rest: &'a mut [F],
    start: usize,
}

impl<'a, F> Mut<'a, F> {
    pub(crate) fn new(values: &'a mut [F]) -> Self {
        Self { rest: values, start: 0 }
    }
}

impl<'a, F: Format> Entries for Mut<'a, F> {
    type Entry<S: Shape> = TensorMut<'a, F, S>;

    fn entry<Ctx: At<I>, const I: usize>(&mut self) -> TensorMut<'a, F, Ctx::Shape> {
        let rest = std::mem::take(&mut self.rest);
        let (_, rest) = rest.split_at_mut(Ctx::OFFSET - self.start);
        let (entry, rest) = rest.split_at_mut(<Ctx::Shape as Shape>::NUMEL);
        (self.rest, self.start) = (rest, Ctx::OFFSET + entry.len());
        TensorMut::new(entry)
    }
}

/// Borrowed tensors with their radii.
#[derive(Debug)]
pub struct BallRef<'a, F, D> {
    values: &'a [F],
    radii: &'a [f64],
    domain: PhantomData<D>,
}

impl<'a, F, D> BallRef<'a, F, D> {
    pub(crate) fn new(values: &'a [F], radii: &'a [f64]) -> Self {
        Self { values, radii, domain: PhantomData }
    }
}

impl<'a, F: Format, D: Domain> Entries for BallRef<'a, F, D> {
    type Entry<S: Shape> = BallTensor<'a, F, S, D>;

    fn entry<Ctx: At<I>, const I: usize>(&mut self) -> BallTensor<'a, F, Ctx::Shape, D> {
        let numel = <Ctx::Shape as Shape>::NUMEL;
        let mid = &self.values[Ctx::OFFSET..][..numel];
        BallTensor::new(Ball::new(mid, &self.radii[D::range(I, Ctx::OFFSET, numel)]))
    }
}

/// The names of the entries of the model `M`.
#[derive(Debug)]
pub struct Names<M>(PhantomData<M>);

impl<M> Names<M> {
    /// The names of `M`.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M> Default for Names<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model> Entries for Names<M> {
    type Entry<S: Shape> = &'static str;

    fn entry<Ctx: At<I>, const I: usize>(&mut self) -> &'static str {
        M::ENTRIES[I].name
    }
}

/// What an entry of a graph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A parameter: a leaf with a gradient.
    Param,
    /// An input: a leaf without one.
    Input,
    /// What an op computes.
    Node,
}

/// What is known of an entry of a graph, for reports.
#[derive(Debug, Clone, Copy)]
pub struct EntryInfo {
    /// The name in the `graph!` block; empty for a part of an expression.
    pub name: &'static str,
    /// What it is.
    pub role: Role,
    /// The op that computes it; empty for a leaf.
    pub op: &'static str,
    /// The shape as it was written, symbols included.
    pub shape: &'static str,
}

/// A graph with names: what `graph!` writes.
pub trait Model: RevGraph + Sized {
    /// The name of the graph.
    const NAME: &'static str;
    /// One row for each position.
    const ENTRIES: &'static [EntryInfo];
    /// The shapes of the parameters, as a nested tuple: models that agree in it can exchange parameters.
    type ParamShapes;
    /// The leaves by name.
    type Leaves<K: Entries>;
    /// The gradients by name.
    type Gradients<K: Entries>;
    /// The outputs by name.
    type Outputs<K: Entries>;

    /// Names the leaves.
    fn leaves<K: Entries>(entries: K) -> Self::Leaves<K>;
    /// Names the gradients.
    fn gradients<K: Entries>(entries: K) -> Self::Gradients<K>;
    /// Names the outputs.
    fn outputs<K: Entries>(entries: K) -> Self::Outputs<K>;

    /// A run of this model in the format `F`: values and gradients.
    fn run<F: Format>() -> Run<Self, F> {
        Run::new()
    }

    /// A run of this model in the format `F` with radii in the domain `D`.
    fn bounded<F: Format, D: Domain>() -> BoundedRun<Self, F, D> {
        BoundedRun::new()
    }
}
