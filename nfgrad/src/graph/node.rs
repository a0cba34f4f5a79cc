//! [`RevNode`]: an op whose operands are witnesses into a context.

use std::marker::PhantomData;
use std::mem;
use std::ops::Range;

use nfgrad_shapes::{At, Context, Holds, Idx, Shape};

use super::number::Number;
use super::placement::{Adding, Placement};
use super::plan::{Mode, Modes};
use super::torchlean;
use crate::bound::{Ball, Domain, T0};
use crate::format::Format;
use crate::kernel::entrywise::update;
use crate::op::{Contribution, Defined, Op, Operands};

/// A node of a reverse graph over the context `Ctx`: forward, VJP and the radii of both.
///
/// The buffers are those of the context: `before` holds one tensor for each entry of `Ctx` at its offset. A node that is
/// a graph of its own ([`Call`](super::Call)) also has a `state`, where the values of its inside live between the two sweeps.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a node over the context `{Ctx}`",
    label = "the op does not accept operands of these shapes, or a witness is not one of this context",
    note = "a node is `Node<Op, (Idx<Ctx, S, I>, ..)>` where the op is defined for the shapes `S`"
)]
pub trait RevNode<Ctx: Context>: 'static {
    /// The shape of the result.
    type Out: Shape;
    /// The positions of the operands.
    const OPERANDS: &'static [usize];
    /// How many elements the node keeps beside its result.
    const STATE: usize;

    /// Where the node has a value and where it has a derivative, of its operand at a place; for reports.
    fn defined(_operand: usize) -> [Defined; 2] {
        [Defined::Everywhere; 2]
    }

    /// How many radii the node keeps beside those of its result.
    fn radii_state<D: Domain>() -> usize;

    /// How many elements of scratch [`RevNode::vjp`] needs.
    fn scratch() -> usize;

    /// Computes the values.
    fn forward<N: Number>(before: &[N], out: &mut [N], state: &mut [N]);

    /// [`RevNode::forward`] together with the radii of the values.
    fn forward_radius<F: Format, D: Domain>(
        before: (&[F], &[f64]),
        out: (&mut [F], &mut [f64]),
        state: (&mut [F], &mut [f64]),
    );

    /// Writes or adds the contributions to the cotangents of the operands, as `modes` says of each.
    fn vjp<N: Number>(
        modes: Modes,
        before: &[N],
        y: &[N],
        dy: &[N],
        cotangents: &mut [N],
        state: (&[N], &mut [N]),
        scratch: &mut [N],
    );

    /// [`RevNode::vjp`] together with the radii of the cotangents.
    fn vjp_radius<F: Format, D: Domain>(
        modes: Modes,
        before: (&[F], &[f64]),
        y: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        cotangents: (&mut [F], &mut [f64]),
        state: BoundedState<'_, F>,
        scratch: (&mut [F], &mut [f64]),
    );
}

/// What a node has kept from the forward sweep, and the cotangents of it, each with radii.
#[derive(Debug)]
pub struct BoundedState<'a, F> {
    /// The values of the inside and their radii.
    pub values: (&'a [F], &'a [f64]),
    /// The cotangents of the inside and their radii.
    pub cotangents: (&'a mut [F], &'a mut [f64]),
}

impl<'a, F> BoundedState<'a, F> {
    /// Takes the last `size` elements with their `radii` radii: a backward sweep meets the last node first.
    #[inline]
    pub(super) fn take_last(&mut self, size: usize, radii: usize) -> BoundedState<'a, F> {
        let (at, at_radii) = (self.values.0.len() - size, self.values.1.len() - radii);
        let (values, own_values) = self.values.0.split_at(at);
        let (value_radii, own_value_radii) = self.values.1.split_at(at_radii);
        let (cotangents, own_cotangents) = mem::take(&mut self.cotangents.0).split_at_mut(at);
        let (cotangent_radii, own_cotangent_radii) = mem::take(&mut self.cotangents.1).split_at_mut(at_radii);
        self.values = (values, value_radii);
        self.cotangents = (cotangents, cotangent_radii);
        BoundedState { values: (own_values, own_value_radii), cotangents: (own_cotangents, own_cotangent_radii) }
    }
}

/// The op `O` applied to the entries that the witnesses `W` point at: `W` is a tuple of [`Idx`].
///
/// `P` says how its contributions to their cotangents meet: [`Adding`], or [`Apart`](super::Apart) with the proof that they do not.
#[derive(Debug, Clone, Copy)]
pub struct Node<O, W, P = Adding>(PhantomData<fn(O, W, P)>);

/// `W: Witnesses<Ctx>` reads "`W` is a tuple of witnesses, each of which is true of `Ctx`".
#[diagnostic::on_unimplemented(
    message = "these are not witnesses into the context `{Ctx}`",
    label = "expected a tuple of `Idx<Ctx, S, I>` with `S` the shape at position `I`"
)]
pub trait Witnesses<Ctx: Context>: 'static {
    /// The shapes that the witnesses are of.
    type Shapes: Operands;
    /// Where they point.
    const POSITIONS: &'static [usize];
    /// Where their tensors lie in the flat buffer.
    const OFFSETS: &'static [usize];
    /// How many elements each has.
    const NUMELS: &'static [usize];
}

macro_rules! impl_witnesses {
    ($($shape:ident $position:ident),*) => {
        impl<Ctx, $($shape: Shape,)* $(const $position: usize),*> Witnesses<Ctx> for ($(Idx<Ctx, $shape, $position>,)*)
        where
            Ctx: Context $(+ Holds<$shape, $position> + At<$position>)*,
        {
            type Shapes = ($($shape,)*);
            const POSITIONS: &'static [usize] = &[$($position),*];
            const OFFSETS: &'static [usize] = &[$(<Ctx as At<$position>>::OFFSET),*];
            const NUMELS: &'static [usize] = &[$($shape::NUMEL),*];
        }
    };
}

/// The witnesses of a constant, which reads nothing: a type of the context all the same, as an alias of a node must be.
#[derive(Debug, Clone, Copy)]
pub struct ReadsNothing<Ctx>(PhantomData<fn(Ctx)>);

impl<Ctx: Context> Witnesses<Ctx> for ReadsNothing<Ctx> {
    type Shapes = ();
    const POSITIONS: &'static [usize] = &[];
    const OFFSETS: &'static [usize] = &[];
    const NUMELS: &'static [usize] = &[];
}

impl_witnesses!(S I);
impl_witnesses!(S I, T J);
impl_witnesses!(S I, T J, U K);
impl_witnesses!(S I, T J, U K, V L);

impl<O, W, P> Node<O, W, P> {
    /// Whether the ball of the operand is passed on as it is, and that of the cotangent back.
    const fn passes_on<Ctx: Context, D: Domain>() -> bool
    where
        W: Witnesses<Ctx>,
        O: Op<W::Shapes>,
    {
        let is_identity = D::IS_SHADOW && O::ONLY_ROUNDS;
        assert!(
            !is_identity || (W::NUMELS.len() == 1 && W::NUMELS[0] == <O::Out as Shape>::NUMEL),
            "an op that only rounds has one operand, of the shape of its result"
        );
        is_identity
    }
}

impl<Ctx, O, W, P> RevNode<Ctx> for Node<O, W, P>
where
    Ctx: Context,
    W: Witnesses<Ctx>,
    O: Op<W::Shapes>,
    P: Placement<W>,
{
    type Out = O::Out;
    const OPERANDS: &'static [usize] = W::POSITIONS;
    const STATE: usize = 0;

    fn defined(operand: usize) -> [Defined; 2] {
        [O::defined(operand), O::differentiable(operand)]
    }

    #[inline(always)]
    fn radii_state<D: Domain>() -> usize {
        0
    }

    /// Room for all contributions, if all of them are added to others.
    #[inline(always)]
    fn scratch() -> usize {
        scratch_range(W::NUMELS, W::NUMELS.len()).start
    }

    #[inline(always)]
    fn forward<N: Number>(before: &[N], out: &mut [N], _: &mut [N]) {
        const { O::VALID };
        N::forward::<O, W::Shapes>(values::<Ctx, W, N>(before), out);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>(
        (before, radii): (&[F], &[f64]),
        (y, out): (&mut [F], &mut [f64]),
        _: (&mut [F], &mut [f64]),
    ) {
        const { O::VALID };
        if D::TORCHLEAN {
            out[0] = O::torchlean(balls::<Ctx, W, F, T0>(before, radii), y).get();
            return;
        }
        if const { Self::passes_on::<Ctx, D>() } {
            y.copy_from_slice(&before[value_range::<Ctx, W>(0)]);
            out.copy_from_slice(&radii[radius_range::<Ctx, W, D>(0)]);
            return;
        }
        O::forward(values::<Ctx, W, F>(before), y);
        O::forward_radius::<F, D>(balls::<Ctx, W, F, D>(before, radii), y, out);
    }

    #[inline(always)]
    fn vjp<N: Number>(
        modes: Modes,
        before: &[N],
        y: &[N],
        dy: &[N],
        cotangents: &mut [N],
        _: (&[N], &mut [N]),
        scratch: &mut [N],
    ) {
        let part = |k| scratch_range(W::NUMELS, k);
        let dx = targets::<Ctx, W, N>(modes, |k| value_range::<Ctx, W>(k), cotangents, part, scratch);
        N::vjp::<O, W::Shapes>(values::<Ctx, W, N>(before), y, dy, dx);
        for k in 0..W::POSITIONS.len() {
            if matches!(modes.of(k), Mode::Add) {
                let contribution = &scratch[scratch_range(W::NUMELS, k)];
                N::add_to(&mut cotangents[value_range::<Ctx, W>(k)], contribution);
            }
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        modes: Modes,
        (before, radii): (&[F], &[f64]),
        y: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        (cotangents, cotangent_radii): (&mut [F], &mut [f64]),
        _: BoundedState<'_, F>,
        (scratch, radii_scratch): (&mut [F], &mut [f64]),
    ) {
        if D::TORCHLEAN {
            let x = balls::<Ctx, W, F, T0>(before, radii);
            torchlean::vjp::<Ctx, O, W, F>(modes, x, [y.of(), dy.of()], (cotangents, cotangent_radii), scratch);
            return;
        }
        if const { Self::passes_on::<Ctx, D>() } {
            let slot = &mut cotangents[value_range::<Ctx, W>(0)];
            hand_back(modes.of(0), dy, (slot, &mut cotangent_radii[radius_range::<Ctx, W, D>(0)]));
            return;
        }
        let x = || balls::<Ctx, W, F, D>(before, radii);
        let part = |k| scratch_range(W::NUMELS, k);
        let dx = targets::<Ctx, W, F>(modes, |k| value_range::<Ctx, W>(k), cotangents, part, scratch);
        O::vjp(values::<Ctx, W, F>(before), y.mid, dy.mid, dx);

        let mids = targets::<Ctx, W, F>(modes, |k| value_range::<Ctx, W>(k), cotangents, part, scratch);
        let part = |k| radii_scratch_range::<D>(W::NUMELS, k);
        let slot = |k| radius_range::<Ctx, W, D>(k);
        let rads = targets::<Ctx, W, f64>(modes, slot, cotangent_radii, part, radii_scratch);
        let dx = <W::Shapes as Operands>::zip(mids, rads, |_, mid, rad| match (mid, rad) {
            (Some(mid), Some(radii)) => Some(Contribution { mid, radii }),
            _ => None,
        });
        O::vjp_radius::<F, D>(x(), y, dy, dx);

        for k in 0..W::POSITIONS.len() {
            if matches!(modes.of(k), Mode::Add) {
                let (contribution, slot) = (scratch_range(W::NUMELS, k), value_range::<Ctx, W>(k));
                let other = &radii_scratch[radii_scratch_range::<D>(W::NUMELS, k)];
                let added = Ball::<F, D>::new(&scratch[contribution], other);
                hand_back(
                    Mode::Add,
                    added,
                    (&mut cotangents[slot], &mut cotangent_radii[radius_range::<Ctx, W, D>(k)]),
                );
            }
        }
    }
}

/// Writes or adds a contribution to a cotangent, with its radii.
#[inline]
pub(super) fn hand_back<F: Format, D: Domain>(
    mode: Mode,
    from: Ball<'_, F, D>,
    (to, to_radii): (&mut [F], &mut [f64]),
) {
    match mode {
        Mode::Skip => {}
        Mode::Write => {
            to.copy_from_slice(from.mid);
            to_radii.copy_from_slice(from.rad);
        }
        Mode::Add => {
            D::accumulate(to_radii, from.rad, to.len(), |i| {
                D::addition_error(to[i], from.mid[i], to[i].add(from.mid[i]))
            });
            update(to, from.mid, F::add);
        }
    }
}

/// Where operand `k` lies in a buffer of values.
#[inline]
pub(super) fn value_range<Ctx: Context, W: Witnesses<Ctx>>(k: usize) -> Range<usize> {
    W::OFFSETS[k]..W::OFFSETS[k] + W::NUMELS[k]
}

/// Where the radii of operand `k` lie.
#[inline]
pub(super) fn radius_range<Ctx: Context, W: Witnesses<Ctx>, D: Domain>(k: usize) -> Range<usize> {
    D::range(W::POSITIONS[k], W::OFFSETS[k], W::NUMELS[k])
}

/// Where operand `k` has its part of the scratch: the operands one after another.
#[inline]
pub(super) const fn scratch_range(numels: &[usize], k: usize) -> Range<usize> {
    let start = scratch_start(numels, k);
    start..start + if k < numels.len() { numels[k] } else { 0 }
}

/// Where the radii of operand `k` have their part: one that has no elements has a radius all the same in a domain of one radius a
/// tensor.
#[inline]
fn radii_scratch_range<D: Domain>(numels: &[usize], k: usize) -> Range<usize> {
    let start = scratch_start(numels, k);
    start..start + D::len(numels[k])
}

/// Each operand has room for its elements, and for one at least.
const fn scratch_start(numels: &[usize], k: usize) -> usize {
    let (mut start, mut j) = (0, 0);
    while j < k {
        start += if numels[j] > 0 { numels[j] } else { 1 };
        j += 1;
    }
    start
}

/// The values of the operands.
#[inline(always)]
fn values<Ctx: Context, W: Witnesses<Ctx>, N>(before: &[N]) -> <W::Shapes as Operands>::Each<&[N]> {
    <W::Shapes as Operands>::each(|k| &before[value_range::<Ctx, W>(k)])
}

/// The values and radii of the operands.
#[inline]
fn balls<'a, Ctx: Context, W: Witnesses<Ctx>, F: Format, D: Domain>(
    before: &'a [F],
    radii: &'a [f64],
) -> <W::Shapes as Operands>::Each<Ball<'a, F, D>> {
    <W::Shapes as Operands>::each(|k| {
        Ball::new(&before[value_range::<Ctx, W>(k)], &radii[radius_range::<Ctx, W, D>(k)])
    })
}

/// Where each contribution goes: to its slot if it is the first, to scratch if it is added to others, nowhere if nobody
/// asks for it.
#[inline(always)]
pub(super) fn targets<'a, Ctx: Context, W: Witnesses<Ctx>, T>(
    modes: Modes,
    slot: impl Fn(usize) -> Range<usize>,
    slots: &'a mut [T],
    part: impl Fn(usize) -> Range<usize>,
    scratch: &'a mut [T],
) -> <W::Shapes as Operands>::Each<Option<&'a mut [T]>> {
    let written = |k: usize| if matches!(modes.of(k), Mode::Write) { slot(k) } else { 0..0 };
    let added = |k: usize| if matches!(modes.of(k), Mode::Add) { part(k) } else { 0..0 };
    let slots = <W::Shapes as Operands>::disjoint(slots, <W::Shapes as Operands>::each(written));
    let scratch = <W::Shapes as Operands>::disjoint(scratch, <W::Shapes as Operands>::each(added));
    <W::Shapes as Operands>::zip(slots, scratch, |k, slot, scratch| match modes.of(k) {
        Mode::Skip => None,
        Mode::Write => Some(slot),
        Mode::Add => Some(scratch),
    })
}
