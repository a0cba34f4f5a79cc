//! `Idx<Ctx, S, I>`: evidence that the context `Ctx` holds the shape `S` at position `I`.

use core::fmt;
use core::marker::PhantomData;

use crate::context::{Holds, Snoc};
use crate::shape::Shape;

/// A witness: "position `I` of `Ctx` holds a tensor of shape `S`".
///
/// It has no size and no public field; [`Idx::new`] is the only way to one, and its bound is the fact itself. This is
/// TorchLean's `Idx Γ s`, a position together with a proof, with the proof moved into the constructor.
///
/// Two witnesses at one position have one shape, because [`At::Shape`](crate::At::Shape) is a function of the position: what TorchLean
/// proves as `idx_shape_eq_of_i_eq` and casts along with `tensorCastOfIdxEq` holds here by construction, see [`Idx::cast`].
pub struct Idx<Ctx, S, const I: usize>(PhantomData<fn() -> (Ctx, S)>);

impl<Ctx, S: Shape, const I: usize> Idx<Ctx, S, I> {
    /// The witness; it compiles only where it is true.
    pub const fn new() -> Self
    where
        Ctx: Holds<S, I>,
    {
        Self(PhantomData)
    }

    /// The position.
    pub const fn position(self) -> usize {
        I
    }

    /// The same witness under the name that another equation gives the shape.
    ///
    /// The context says that position `I` has shape `S` and that it has shape `T`, so they are one shape, and the cast is
    /// the identity.
    pub const fn cast<T: Shape>(self) -> Idx<Ctx, T, I>
    where
        Ctx: Holds<T, I>,
    {
        Idx::new()
    }

    /// The same position in the context with one more entry: appending moves nothing.
    pub const fn weaken<Next: Shape>(self) -> Idx<Snoc<Ctx, Next>, S, I>
    where
        Snoc<Ctx, Next>: Holds<S, I>,
    {
        Idx::new()
    }
}

impl<Ctx, S, const I: usize> Clone for Idx<Ctx, S, I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Ctx, S, const I: usize> Copy for Idx<Ctx, S, I> {}

impl<Ctx: Holds<S, I>, S: Shape, const I: usize> Default for Idx<Ctx, S, I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Ctx, S: Shape, const I: usize> fmt::Debug for Idx<Ctx, S, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Idx({I}: {:?})", S::DIMS)
    }
}
