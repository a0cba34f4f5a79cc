//! Evidence that positions differ.
//!
//! Rust has no `I != J` bound. typenum has: the natural of `I` compared with that of `J` must answer `B0`, "no". A write
//! to three cotangents at once (`set3_idx_ne`) asks for it three times, and then adds nothing to anything: in floating
//! point even `x + 0` is an operation that rounds, so "no addition" must be a fact and not a hope.

use typenum::{B0, IsEqual};

use crate::context::{Nat, Pos, Position};

/// `Pos<I>: Differs<J>` reads "position `I` is not position `J`".
#[diagnostic::on_unimplemented(
    message = "needs two different nodes, but both operands are node {J}",
    label = "the same node twice",
    note = "where two operands may be the same node, use `set2_idx`, which adds the two contributions"
)]
pub trait Differs<const J: usize> {}

#[diagnostic::do_not_recommend]
impl<const I: usize, const J: usize> Differs<J> for Pos<I>
where
    Pos<I>: Position,
    Pos<J>: Position,
    Nat<I>: IsEqual<Nat<J>, Output = B0>,
{
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distinct<const I: usize, const J: usize, const K: usize>() -> bool
    where
        Pos<I>: Differs<J> + Differs<K>,
        Pos<J>: Differs<K>,
    {
        I != J && I != K && J != K
    }

    #[test]
    fn three_positions_that_differ_are_accepted() {
        assert!(distinct::<0, 1, 2>());
        assert!(distinct::<1000, 3, 999>());
    }
}
