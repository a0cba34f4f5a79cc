//! [`Call`]: a graph as a node of another.
//!
//! A block is a graph with one output, called with tensors for its leaves. It is one node of the graph around it: its
//! inside is evaluated, differentiated and bounded by the same sweeps as any graph, in buffers of its own that the node
//! keeps between the two sweeps. So a model of twelve equal blocks is twelve nodes, compiled once.
//!
//! The leaves are copied into the block and the cotangents of the leaves out of it: what a sweep over the inside reads
//! lies in one flat buffer, as in every graph, and the cost is that of moving each parameter once.
//!
//! # Error bounds
//!
//! A copy is exact, so the radii of the leaves are those of the operands, and those of the result are those of the
//! block's output. A contribution that is added to others is charged for its addition, as in [`Node`](super::Node). Two operands
//! that are the same tensor are two leaves inside, each with the same ball: what holds for all reals in two balls holds for one
//! real that is in both.

use std::marker::PhantomData;

use nfgrad_shapes::{At, Context, Holds, Idx, Shape, padded};

use super::bounded::{self, StateSize};
use super::node::hand_back;
use super::number::Number;
use super::plan::{MAX_OPERANDS, Mode, Modes};
use super::run::{self, Plans, ScratchSize};
use super::{BoundedState, RevGraph, RevNode};
use crate::bound::{Ball, Domain};
use crate::format::Format;

/// `G: Block` reads "the graph has one output, so it can be a node of another graph".
#[diagnostic::on_unimplemented(
    message = "graph `{Self}` cannot be a node of another graph",
    label = "this graph has no output, or more than one",
    note = "a graph that is called in another has exactly one `output`"
)]
pub trait Block: RevGraph {
    /// The shape of the output.
    type Output: Shape;
    /// The lengths of the axes of each leaf, in the order of the positions.
    const SHAPES: &'static [&'static [usize]];
    /// The position of the output.
    const POSITION: usize;
    /// Where the output lies in the flat buffer of the block.
    const OFFSET: usize;
    /// Constants of the module of the block, for callers that cannot name them.
    const CONSTANTS: &'static [usize];
}

/// `G: With<Dims>` reads "`G` is the graph with the dimensions 0, and `Graph` is the one with the dimensions `Dims`".
///
/// Stable Rust cannot write `Linear<B, { 2 * H }>`, but it can look up the graph for `(B, Times<D<2>, H>)`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a graph with the dimensions `{Dims}`")]
pub trait With<Dims> {
    /// The graph with these dimensions.
    type Graph;
}

/// `A: Arguments<Ctx>` reads "`A` is a list of witnesses into `Ctx`": one [`Idx`], or a tuple of at most eight lists.
///
/// A tuple of tuples keeps long lists shallow: sixty-four leaves are eight tuples of eight.
#[diagnostic::on_unimplemented(
    message = "these are not arguments from the context `{Ctx}`",
    label = "expected tuples of `Idx<Ctx, S, I>` with `S` the shape at position `I`"
)]
pub trait Arguments<Ctx: Context>: 'static {
    /// Where they point.
    const LIST: &'static ArgumentList;
}

/// The positions of the arguments of a block, with the places and sizes of their tensors.
#[derive(Debug, Clone, Copy)]
pub struct ArgumentList {
    positions: [usize; MAX_OPERANDS],
    offsets: [usize; MAX_OPERANDS],
    numels: [usize; MAX_OPERANDS],
    /// The lengths of the axes.
    dims: [&'static [usize]; MAX_OPERANDS],
    len: usize,
}

impl ArgumentList {
    const EMPTY: Self = Self {
        positions: [0; MAX_OPERANDS],
        offsets: [0; MAX_OPERANDS],
        numels: [0; MAX_OPERANDS],
        dims: [&[]; MAX_OPERANDS],
        len: 0,
    };

    const fn and(mut self, other: &Self) -> Self {
        let mut k = 0;
        while k < other.len {
            self = self.push(other.positions[k], other.offsets[k], other.numels[k], other.dims[k]);
            k += 1;
        }
        self
    }

    const fn push(mut self, position: usize, offset: usize, numel: usize, dims: &'static [usize]) -> Self {
        assert!(self.len < MAX_OPERANDS, "a block has at most 64 leaves");
        self.positions[self.len] = position;
        self.offsets[self.len] = offset;
        self.numels[self.len] = numel;
        self.dims[self.len] = dims;
        self.len += 1;
        self
    }

    /// That these are tensors of the shapes of the leaves, one for each.
    const fn assert_fits(&self, leaves: &[&[usize]]) {
        assert!(self.len == leaves.len(), "a block is called with as many tensors as it has leaves");
        let mut k = 0;
        while k < self.len {
            assert!(
                same(self.dims[k], leaves[k]),
                "a block is called with a tensor that has not the shape of its leaf"
            );
            k += 1;
        }
    }

    /// Each argument, with where the leaf that it stands for begins in the block: leaves come first there, in order.
    #[inline]
    fn each(&'static self) -> impl Iterator<Item = Argument> {
        let mut end = 0;
        (0..self.len).map(move |k| {
            let (position, offset, numel) = (self.positions[k], self.offsets[k], self.numels[k]);
            let inside = end;
            end += padded(numel);
            Argument { k, position, offset, inside, numel }
        })
    }
}

/// One argument of a call.
struct Argument {
    /// Which one it is; also the position of the leaf inside.
    k: usize,
    /// Where it is in the graph around.
    position: usize,
    offset: usize,
    /// Where the leaf begins in the block.
    inside: usize,
    numel: usize,
}

impl<Ctx, S: Shape, const I: usize> Arguments<Ctx> for Idx<Ctx, S, I>
where
    Ctx: Context + Holds<S, I> + At<I>,
{
    const LIST: &'static ArgumentList = &ArgumentList::EMPTY.push(I, <Ctx as At<I>>::OFFSET, S::NUMEL, S::DIMS);
}

macro_rules! impl_arguments {
    ($($a:ident)+) => {
        impl<Ctx: Context, $($a: Arguments<Ctx>),+> Arguments<Ctx> for ($($a,)+) {
            const LIST: &'static ArgumentList = &ArgumentList::EMPTY$(.and($a::LIST))+;
        }
    };
}

impl_arguments!(A);
impl_arguments!(A B);
impl_arguments!(A B C);
impl_arguments!(A B C D);
impl_arguments!(A B C D E);
impl_arguments!(A B C D E F);
impl_arguments!(A B C D E F G);
impl_arguments!(A B C D E F G H);

/// The graph `G`, called with the entries that the witnesses `A` point at as its leaves, whose output has the shape `S`.
///
/// The shapes of the caller and those of the block are the same numbers, but may be written as other types: `Times<D<2>, D<8>>`
/// inside is `D<16>` outside. So they are compared as numbers, when the program is compiled.
#[derive(Debug, Clone, Copy)]
pub struct Call<G, A, S>(PhantomData<(G, A, S)>);

impl<G: RevGraph, A, S> Call<G, A, S> {
    /// Whether a leaf that is an input is asked for its cotangent. If none is, nothing before the parameters is computed.
    fn differentiates_inputs(modes: Modes) -> bool {
        (G::PARAMS..G::LEAVES).any(|leaf| modes.of(leaf) != Mode::Skip)
    }

    /// Zero cotangents for leaves that no node contributes to.
    fn clear<N: Number>(inputs: bool, cotangents: &mut [N]) {
        if inputs && const { !Plans::<G>::LEAVES.reaches_all_params } {
            cotangents[..G::LEAF_SIZE].fill(N::ZERO);
        } else if const { !Plans::<G>::ALL.reaches_all_params } {
            cotangents[..G::PARAM_SIZE].fill(N::ZERO);
        }
    }
}

impl<Ctx, G, A, S> RevNode<Ctx> for Call<G, A, S>
where
    Ctx: Context,
    G: Block,
    A: Arguments<Ctx>,
    S: Shape,
{
    type Out = S;
    const OPERANDS: &'static [usize] = {
        A::LIST.assert_fits(G::SHAPES);
        assert!(same(S::DIMS, G::Output::DIMS), "the result of a block has not the shape of its output");
        A::LIST.positions.split_at(A::LIST.len).0
    };
    const STATE: usize = <G::Context as Context>::SIZE + G::STATE;

    fn radii_state<D: Domain>() -> usize {
        D::context_len(entries::<G>(), <G::Context as Context>::SIZE) + StateSize::<D>::of::<G>()
    }

    fn scratch() -> usize {
        ScratchSize::of::<G>()
    }

    fn forward<N: Number>(before: &[N], out: &mut [N], state: &mut [N]) {
        let (values, state) = state.split_at_mut(<G::Context as Context>::SIZE);
        for leaf in A::LIST.each() {
            values[leaf.inside..][..leaf.numel].copy_from_slice(&before[leaf.offset..][..leaf.numel]);
        }
        G::forward(&mut run::Forward { values, state });
        out.copy_from_slice(&values[G::OFFSET..][..G::Output::NUMEL]);
    }

    fn forward_radius<F: Format, D: Domain>(
        (before, before_radii): (&[F], &[f64]),
        (out, out_radii): (&mut [F], &mut [f64]),
        (state, state_radii): (&mut [F], &mut [f64]),
    ) {
        let (values, state) = state.split_at_mut(<G::Context as Context>::SIZE);
        let (radii, state_radii) = state_radii.split_at_mut(radii_len::<G, D>());
        for leaf in A::LIST.each() {
            values[leaf.inside..][..leaf.numel].copy_from_slice(&before[leaf.offset..][..leaf.numel]);
            let around = D::range(leaf.position, leaf.offset, leaf.numel);
            radii[D::range(leaf.k, leaf.inside, leaf.numel)].copy_from_slice(&before_radii[around]);
        }
        G::forward(&mut bounded::Forward::<F, D> {
            values: &mut *values,
            radii: &mut *radii,
            state: (state, state_radii),
            domain: PhantomData,
        });
        out.copy_from_slice(&values[G::OFFSET..][..G::Output::NUMEL]);
        out_radii.copy_from_slice(&radii[D::range(G::POSITION, G::OFFSET, G::Output::NUMEL)]);
    }

    fn vjp<N: Number>(
        modes: Modes,
        _: &[N],
        _: &[N],
        dy: &[N],
        cotangents: &mut [N],
        (values, own): (&[N], &mut [N]),
        scratch: &mut [N],
    ) {
        let (values, state) = values.split_at(<G::Context as Context>::SIZE);
        let (inside, state_cotangents) = own.split_at_mut(<G::Context as Context>::SIZE);
        let inputs = Self::differentiates_inputs(modes);
        Self::clear(inputs, inside);
        inside[G::OFFSET..][..dy.len()].copy_from_slice(dy);
        let (cells, state) = (&mut *inside, (state, state_cotangents));
        if inputs {
            let graph = PhantomData;
            G::reverse(&mut run::BackwardLeaves::<G, N> { values, cotangents: cells, state, scratch, graph });
        } else {
            let graph = PhantomData;
            G::reverse(&mut run::BackwardAll::<G, N> { values, cotangents: cells, state, scratch, graph });
        }
        for leaf in A::LIST.each() {
            let from = &inside[leaf.inside..][..leaf.numel];
            let to = &mut cotangents[leaf.offset..][..leaf.numel];
            match modes.of(leaf.k) {
                Mode::Skip => {}
                Mode::Write => to.copy_from_slice(from),
                Mode::Add => N::add_to(to, from),
            }
        }
    }

    fn vjp_radius<F: Format, D: Domain>(
        modes: Modes,
        _: (&[F], &[f64]),
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        (cotangents, cotangent_radii): (&mut [F], &mut [f64]),
        state: BoundedState<'_, F>,
        scratch: (&mut [F], &mut [f64]),
    ) {
        let (size, radii) = (<G::Context as Context>::SIZE, radii_len::<G, D>());
        let (values, state_values) = state.values.0.split_at(size);
        let (value_radii, state_value_radii) = state.values.1.split_at(radii);
        let (inside, state_cotangents) = state.cotangents.0.split_at_mut(size);
        let (inside_radii, state_cotangent_radii) = state.cotangents.1.split_at_mut(radii);
        let inputs = Self::differentiates_inputs(modes);
        if D::TORCHLEAN {
            inside.fill(F::ZERO);
        } else {
            Self::clear(inputs, inside);
        }
        inside_radii.fill(0.0);
        inside[G::OFFSET..][..dy.mid.len()].copy_from_slice(dy.mid);
        inside_radii[D::range(G::POSITION, G::OFFSET, dy.mid.len())].copy_from_slice(dy.rad);
        let state = BoundedState {
            values: (state_values, state_value_radii),
            cotangents: (state_cotangents, state_cotangent_radii),
        };
        let (values, cells, graph) = ((values, value_radii), (&mut *inside, &mut *inside_radii), PhantomData);
        if inputs {
            G::reverse(&mut bounded::BackwardLeaves::<G, F, D> { values, cotangents: cells, state, scratch, graph });
        } else {
            G::reverse(&mut bounded::BackwardAll::<G, F, D> { values, cotangents: cells, state, scratch, graph });
        }
        for leaf in A::LIST.each() {
            let from = &inside[leaf.inside..][..leaf.numel];
            let from = Ball::<F, D>::new(from, &inside_radii[D::range(leaf.k, leaf.inside, leaf.numel)]);
            let to = &mut cotangents[leaf.offset..][..leaf.numel];
            let to_radii = &mut cotangent_radii[D::range(leaf.position, leaf.offset, leaf.numel)];
            hand_back(modes.of(leaf.k), from, (to, to_radii));
        }
    }
}

/// Whether two shapes have the same lengths.
const fn same(a: &[usize], b: &[usize]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// How many entries the block has.
fn entries<G: RevGraph>() -> usize {
    <<G::Context as Context>::Len as typenum::Unsigned>::USIZE
}

/// How many radii its entries have.
fn radii_len<G: RevGraph, D: Domain>() -> usize {
    D::context_len(entries::<G>(), <G::Context as Context>::SIZE)
}
