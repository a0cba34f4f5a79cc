//! [`Number`]: what a run computes with.

use crate::format::Format;
use crate::kernel::entrywise::update;
use crate::kernel::wide::WideBall;
use crate::op::{Op, Operands};

/// `N: Number` reads "a graph can be evaluated and differentiated in `N`": a [`Format`], of which each op computes a rounded value, or balls of wide
/// numbers, of which it computes an enclosure of the real one.
///
/// The sweeps over a graph are the same for both; this trait says which function of an op they call.
pub trait Number: Copy + Default + Send + Sync + 'static {
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;

    /// The value of an op.
    fn forward<O: Op<In>, In: Operands>(x: In::Each<&[Self]>, y: &mut [Self]);

    /// Its contributions to the cotangents of its operands.
    fn vjp<O: Op<In>, In: Operands>(x: In::Each<&[Self]>, y: &[Self], dy: &[Self], dx: In::Each<Option<&mut [Self]>>);

    /// Adds a contribution to a cotangent.
    fn add_to(cotangent: &mut [Self], contribution: &[Self]);
}

impl<F: Format> Number for F {
    const ZERO: Self = F::ZERO;
    const ONE: Self = F::ONE;

    #[inline(always)]
    fn forward<O: Op<In>, In: Operands>(x: In::Each<&[Self]>, y: &mut [Self]) {
        O::forward(x, y);
    }

    #[inline(always)]
    fn vjp<O: Op<In>, In: Operands>(x: In::Each<&[Self]>, y: &[Self], dy: &[Self], dx: In::Each<Option<&mut [Self]>>) {
        O::vjp(x, y, dy, dx);
    }

    #[inline(always)]
    fn add_to(cotangent: &mut [Self], contribution: &[Self]) {
        update(cotangent, contribution, F::add);
    }
}

impl<const K: usize> Number for WideBall<K> {
    const ZERO: Self = Self::ZERO;
    const ONE: Self = Self::ONE;

    fn forward<O: Op<In>, In: Operands>(x: In::Each<&[Self]>, y: &mut [Self]) {
        O::enclose(x, y);
    }

    fn vjp<O: Op<In>, In: Operands>(x: In::Each<&[Self]>, y: &[Self], dy: &[Self], dx: In::Each<Option<&mut [Self]>>) {
        O::enclose_vjp(x, y, dy, dx);
    }

    fn add_to(cotangent: &mut [Self], contribution: &[Self]) {
        for (sum, &term) in cotangent.iter_mut().zip(contribution) {
            *sum = *sum + term;
        }
    }
}
