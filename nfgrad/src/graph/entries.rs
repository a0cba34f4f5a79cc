//! Names for positions: the structs of leaves, parameters and outputs that `graph!` writes, over any kind of entry.

use std::marker::PhantomData;

use nfgrad_shapes::{At, Layout, Listed, Shape};

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
}

/// Where the fields of a struct of named tensors are taken from: a graph, or the part of one that belongs to a block.
pub trait Source: Sized {
    /// What kind of entries these are.
    type Kind: Entries;

    /// The entry of shape `S` at a place of the graph that the struct is of. Places are asked for in increasing order.
    fn at<S: Shape>(&mut self, place: Place) -> Entry<Self, S>;

    /// The entry at position `I` of the graph `Ctx`.
    fn entry<Ctx: At<I>, const I: usize>(&mut self) -> Entry<Self, Ctx::Shape> {
        self.at::<Ctx::Shape>(Place { position: I, offset: Ctx::OFFSET })
    }

    /// The parameters of the block `B`, of which the first is at a position of the graph `G` that owns the block.
    fn block<G: RevGraph, B: Model>(&mut self, first: usize) -> B::Params<Self::Kind> {
        B::params(&mut Within { source: self, first, layout: G::Context::LAYOUT })
    }
}

/// An entry of the kind that the source `T` has.
pub type Entry<T, S> = <<T as Source>::Kind as Entries>::Entry<S>;

/// Where an entry is in its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The position.
    pub position: usize,
    /// Where the entry begins in the flat buffer.
    pub offset: usize,
}

/// The parameters of a block among the entries of the graph that owns it: as many, in the same order, from `first` on.
struct Within<'a, T> {
    source: &'a mut T,
    first: usize,
    layout: Layout,
}

impl<T: Source> Source for Within<'_, T> {
    type Kind = T::Kind;

    fn at<S: Shape>(&mut self, place: Place) -> Entry<T, S> {
        let position = self.first + place.position;
        self.source.at::<S>(Place { position, offset: self.layout.span(position).offset })
    }
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
}

impl<'a, F: Format> Source for Ref<'a, F> {
    type Kind = Self;

    fn at<S: Shape>(&mut self, place: Place) -> TensorRef<'a, F, S> {
        TensorRef::new(&self.values[place.offset..][..S::NUMEL])
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
}

impl<'a, F: Format> Source for Mut<'a, F> {
    type Kind = Self;

    fn at<S: Shape>(&mut self, place: Place) -> TensorMut<'a, F, S> {
        let rest = std::mem::take(&mut self.rest);
        let (_, rest) = rest.split_at_mut(place.offset - self.start);
        let (entry, rest) = rest.split_at_mut(S::NUMEL);
        (self.rest, self.start) = (rest, place.offset + entry.len());
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
}

impl<'a, F: Format, D: Domain> Source for BallRef<'a, F, D> {
    type Kind = Self;

    fn at<S: Shape>(&mut self, place: Place) -> BallTensor<'a, F, S, D> {
        let mid = &self.values[place.offset..][..S::NUMEL];
        BallTensor::new(Ball::new(mid, &self.radii[D::range(place.position, place.offset, S::NUMEL)]))
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
}

impl<M: Model> Source for Names<M> {
    type Kind = Self;

    fn at<S: Shape>(&mut self, place: Place) -> &'static str {
        M::ENTRIES[place.position].name
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

/// `G: Outside<0>` reads "`Type` is a type that the user of the graph `G` can name".
///
/// The structs of named tensors stand in a module of their own, where the names of the user mean something else.
pub trait Outside<const I: usize> {
    /// A block that the graph owns, or a constant as a dimension.
    type Type;
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
    /// The parameters by name; what is known of each, such as its gradient, has the same names.
    type Params<K: Entries>;
    /// The outputs by name.
    type Outputs<K: Entries>;

    /// Names the leaves.
    fn leaves<T: Source>(source: &mut T) -> Self::Leaves<T::Kind>;
    /// Names the parameters.
    fn params<T: Source>(source: &mut T) -> Self::Params<T::Kind>;
    /// Names the outputs.
    fn outputs<T: Source>(source: &mut T) -> Self::Outputs<T::Kind>;

    /// A run of this model in the format `F`: values and gradients.
    fn run<F: Format>() -> Run<Self, F> {
        Run::new()
    }

    /// A run of this model in the format `F` with radii in the domain `D`.
    fn bounded<F: Format, D: Domain>() -> BoundedRun<Self, F, D> {
        BoundedRun::new()
    }
}
