//! A run in balls of wide numbers: what it takes from a run in a format.

use super::Run;
use crate::error::Since;
use crate::format::Format;
use crate::graph::RevGraph;
use crate::kernel::wide::{Radius, WideBall};

impl<G: RevGraph, const K: usize> Run<G, WideBall<K>> {
    /// Takes the leaves of a run: each number exactly, or within a radius of it in a radix that is no power of two. Of one that is not finite nothing is known,
    /// but of an input of -∞: that is -∞ itself, as in a mask that is added to scores.
    pub(crate) fn enclose_leaves_of<E: Format>(&mut self, other: &Run<G, E>) {
        self.outdate(Since::LeavesWritten);
        let leaves = &other.values.values()[..G::LEAF_SIZE];
        for (i, (mine, theirs)) in self.values.values_mut().iter_mut().zip(leaves).enumerate() {
            let is_out = i >= G::PARAM_SIZE && theirs.to_f64() == f64::NEG_INFINITY;
            *mine = if is_out { WideBall::MINUS_INFINITY } else { exactly(*theirs) };
        }
    }
}

/// A number of a format: `|x - f64(x)| <= c |x| <= 2 c |f64(x)|`.
pub(crate) fn exactly<F: Format, const K: usize>(x: F) -> WideBall<K> {
    let nearest = x.to_f64();
    let ball = WideBall::from(nearest);
    if F::CONVERSION == 0.0 {
        return ball;
    }
    ball.widened(Radius::of_f64(2.0 * F::CONVERSION) * Radius::of_f64(nearest))
}
