//! Γ: lists of shapes as types, and what it means that a position of one holds a shape.
//!
//! A context is either written out as a list, `Snoc<Snoc<Nil, S0>, S1>`, or is a named type for which somebody (the
//! `graph!` macro) wrote one [`At`] a position. The second form is what keeps large graphs cheap: rustc looks a position up
//! in one step, and an error prints the name of the graph instead of a nested list.
//!
//! Positions are counted from the left, so appending to a context never moves what is already in it: a witness into Γ
//! is a witness into Γ ++ ss.
//!
//! A context also fixes the layout of the flat buffer that stores one tensor for each of its shapes: every entry begins
//! on a multiple of [`PAD`] elements.

use core::marker::PhantomData;

use typenum::{Add1, B0, B1, Const, Eq, IsEqual, IsLess, ToUInt, U, U0, Unsigned};

use crate::shape::Shape;

/// Entries of a context begin on multiples of this many elements: 64 bytes of f32.
pub const PAD: usize = 16;

/// `numel` rounded up to a multiple of [`PAD`].
pub const fn padded(numel: usize) -> usize {
    numel.div_ceil(PAD) * PAD
}

/// A position in a context, as a type. It prints as a number, `Pos<7>`, where typenum would print its bits.
#[derive(Debug, Clone, Copy)]
pub struct Pos<const I: usize>;

/// `Pos<I>: Position` reads "`I` has a typenum natural", which is so up to 1024.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a position that nfgrad can count to",
    label = "a context has at most 1024 entries",
    note = "split the model into several graphs: a graph can be used as one node of another"
)]
pub trait Position {
    /// The position as a typenum natural, on which equality and order are decided.
    type Nat: Unsigned;
}

#[diagnostic::do_not_recommend]
impl<const I: usize> Position for Pos<I>
where
    Const<I>: ToUInt,
    U<I>: Unsigned,
{
    type Nat = U<I>;
}

/// The typenum natural of the position `I`.
pub type Nat<const I: usize> = <Pos<I> as Position>::Nat;

/// A list of shapes: what a node of a graph may read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a context",
    label = "expected a list of shapes",
    note = "a context is `Nil`, `Snoc<Context, Shape>`, or a graph made by `graph!`"
)]
pub trait Context: 'static {
    /// The number of entries.
    type Len: Unsigned;
    /// The number of elements of a flat buffer that stores one tensor for each entry.
    const SIZE: usize;
}

/// `Ctx: At<I>` reads "the context has an entry at position `I`, of shape `Shape`".
#[diagnostic::on_unimplemented(
    message = "context `{Self}` has no node at position {I}",
    label = "there is no node {I} to read here",
    note = "a node may read the leaves of its graph and the nodes before it"
)]
pub trait At<const I: usize>: Context {
    /// The shape at this position.
    type Shape: Shape;
    /// Where the entry begins in the flat buffer of the context.
    const OFFSET: usize;
}

/// `Ctx: Holds<S, I>` reads "position `I` of the context holds a tensor of shape `S`".
#[diagnostic::on_unimplemented(
    message = "position {I} of context `{Self}` does not hold the shape `{S}`",
    label = "this witness needs `{S}` at position {I}",
    note = "an `Idx<Ctx, S, I>` can only be built where the context has an entry at `I` and its shape is `S`"
)]
pub trait Holds<S: Shape, const I: usize>: Context {}

#[diagnostic::do_not_recommend]
impl<Ctx: At<I, Shape = S>, S: Shape, const I: usize> Holds<S, I> for Ctx {}

/// The empty context.
#[derive(Debug, Clone, Copy)]
pub struct Nil;

impl Context for Nil {
    type Len = U0;
    const SIZE: usize = 0;
}

/// The context `Ctx` with one more entry of shape `S` at its end.
#[derive(Debug, Clone, Copy)]
pub struct Snoc<Ctx, S>(PhantomData<(Ctx, S)>);

impl<Ctx, S: Shape> Context for Snoc<Ctx, S>
where
    Ctx: Context<Len: core::ops::Add<B1, Output: Unsigned>>,
{
    type Len = Add1<Ctx::Len>;
    const SIZE: usize = Ctx::SIZE + padded(S::NUMEL);
}

#[diagnostic::do_not_recommend]
impl<Ctx, S: Shape, const I: usize> At<I> for Snoc<Ctx, S>
where
    Snoc<Ctx, S>: Context,
    Ctx: Context,
    Pos<I>: Position,
    Nat<I>: IsEqual<Ctx::Len>,
    Eq<Nat<I>, Ctx::Len>: Pick<Ctx, S, I>,
{
    type Shape = <Eq<Nat<I>, Ctx::Len> as Pick<Ctx, S, I>>::Shape;
    const OFFSET: usize = <Eq<Nat<I>, Ctx::Len> as Pick<Ctx, S, I>>::OFFSET;
}

/// "Is `I` the last position?" answered `B1` picks the last entry, answered `B0` looks further to the left.
#[diagnostic::on_unimplemented(message = "no node at position {I}", label = "there is no node {I} to read here")]
pub trait Pick<Ctx, S, const I: usize> {
    /// The shape that was picked.
    type Shape: Shape;
    /// Where it begins.
    const OFFSET: usize;
}

impl<Ctx: Context, S: Shape, const I: usize> Pick<Ctx, S, I> for B1 {
    type Shape = S;
    const OFFSET: usize = Ctx::SIZE;
}

impl<Ctx: At<I>, S, const I: usize> Pick<Ctx, S, I> for B0 {
    type Shape = Ctx::Shape;
    const OFFSET: usize = Ctx::OFFSET;
}

/// `Tail: AppendTo<Ctx>` computes `Ctx ++ Tail`: the entries of `Ctx`, then those of the list `Tail`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be appended to a context",
    note = "only lists written with `Nil` and `Snoc` can be appended"
)]
pub trait AppendTo<Ctx> {
    /// `Ctx ++ Tail`.
    type Output: Context;
}

impl<Ctx: Context> AppendTo<Ctx> for Nil {
    type Output = Ctx;
}

impl<Ctx, Tail: AppendTo<Ctx>, S: Shape> AppendTo<Ctx> for Snoc<Tail, S>
where
    Snoc<Tail::Output, S>: Context,
{
    type Output = Snoc<Tail::Output, S>;
}

/// `Ctx ++ Tail`.
pub type Append<Ctx, Tail> = <Tail as AppendTo<Ctx>>::Output;

/// The first `N` entries of the context `Whole`: what the node at position `N` may read.
#[derive(Debug, Clone, Copy)]
pub struct Prefix<Whole, const N: usize>(PhantomData<Whole>);

impl<Whole: At<N>, const N: usize> Context for Prefix<Whole, N>
where
    Pos<N>: Position,
{
    type Len = Nat<N>;
    const SIZE: usize = Whole::OFFSET;
}

#[diagnostic::do_not_recommend]
impl<Whole, const N: usize, const I: usize> At<I> for Prefix<Whole, N>
where
    Whole: At<N> + At<I>,
    Pos<N>: Position,
    Pos<I>: Position,
    Pos<I>: Before<N>,
{
    type Shape = <Whole as At<I>>::Shape;
    const OFFSET: usize = <Whole as At<I>>::OFFSET;
}

/// `Pos<I>: Before<N>` reads "position `I` comes before position `N`".
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not come before position {N}",
    label = "a node may only read what comes before it",
    note = "a graph has no cycles: the operands of node {N} are among the entries 0..{N}"
)]
pub trait Before<const N: usize> {}

#[diagnostic::do_not_recommend]
impl<const I: usize, const N: usize> Before<N> for Pos<I>
where
    Pos<I>: Position,
    Pos<N>: Position,
    Nat<I>: IsLess<Nat<N>, Output = B1>,
{
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dim::D;

    type Three = Snoc<Snoc<Snoc<Nil, (D<4>, D<8>)>, (D<8>,)>, ()>;

    #[test]
    fn every_entry_begins_on_a_multiple_of_the_padding() {
        assert_eq!(<Three as At<0>>::OFFSET, 0);
        assert_eq!(<Three as At<1>>::OFFSET, 32);
        assert_eq!(<Three as At<2>>::OFFSET, 48);
        assert_eq!(Three::SIZE, 64);
        assert_eq!(<Three as Context>::Len::USIZE, 3);
    }

    #[test]
    fn appending_moves_nothing() {
        type Both = Append<Snoc<Nil, (D<4>, D<8>)>, Snoc<Snoc<Nil, (D<8>,)>, ()>>;
        assert_eq!(Both::SIZE, Three::SIZE);
        assert_eq!(<Both as At<0>>::OFFSET, 0);
        assert_eq!(<Both as At<2>>::OFFSET, <Three as At<2>>::OFFSET);
    }

    #[test]
    fn a_prefix_keeps_the_positions_of_the_whole() {
        type Two = Prefix<Three, 2>;
        assert_eq!(Two::SIZE, 48);
        assert_eq!(<Two as At<1>>::OFFSET, 32);
        assert_eq!(<<Two as At<1>>::Shape as Shape>::NUMEL, 8);
    }
}
