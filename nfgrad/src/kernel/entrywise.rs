//! Loops over the entries of tensors, compiled for the widest registers.

use std::marker::PhantomData;

use super::dispatch::{Loop, widest, widest_of_all};
use crate::format::Format;

/// How many entries are worth a call. With fewer the loop is part of its caller, where its length is a constant.
const WORTH_A_CALL: usize = 64;

/// A function of `N` numbers. A trait and not a closure, since a function as long as an exponential becomes part of a loop, which then is
/// vectorised, only if it is told to: it is to be `#[inline(always)]`.
pub trait Entry<F, const N: usize> {
    /// Whether it takes no longer than a few operations, so that it matters how numbers are packed.
    const IS_SHORT: bool;

    /// The function.
    fn at(x: [F; N]) -> F;
}

/// `y[i] = E::at(x[i])` for `numel` entries, with the operands `x`.
#[inline(always)]
pub(crate) fn map<E: Entry<F, N>, F: Format, const N: usize>(x: [&[F]; N], y: &mut [F], numel: usize) {
    if numel < WORTH_A_CALL { Map::<E>::run((x, y)) } else { widest_of_all::<Map<E>, _>((x, y)) }
}

struct Map<E>(PhantomData<E>);

impl<E: Entry<F, N>, F: Format, const N: usize> Loop<([&[F]; N], &mut [F])> for Map<E> {
    type Output = ();

    #[inline(always)]
    fn run((x, y): ([&[F]; N], &mut [F])) {
        F::map::<E, N>(x, y);
    }
}

/// The same row by row of so many columns, where an operand may be one row, which serves for all: so no index is divided.
#[inline(always)]
pub(crate) fn map_rows<E: Entry<F, N>, F: Format, const N: usize>(x: [&[F]; N], y: &mut [F], columns: usize) {
    if columns < WORTH_A_CALL {
        MapRows::<E>::run((x, y, columns));
    } else {
        widest_of_all::<MapRows<E>, _>((x, y, columns));
    }
}

struct MapRows<E>(PhantomData<E>);

impl<E: Entry<F, N>, F: Format, const N: usize> Loop<([&[F]; N], &mut [F], usize)> for MapRows<E> {
    type Output = ();

    #[inline(always)]
    fn run((x, y, columns): ([&[F]; N], &mut [F], usize)) {
        for (row, y) in y.chunks_exact_mut(columns.max(1)).enumerate() {
            let start = row * columns;
            F::map::<E, N>(x.map(|x| if x.len() == columns { x } else { &x[start..start + columns] }), y);
        }
    }
}

/// `x[i] = f(x[i], by[i])`.
#[inline(always)]
pub(crate) fn update<F: Format>(x: &mut [F], by: &[F], f: impl Fn(F, F) -> F) {
    if by.len() < WORTH_A_CALL { Update::run((x, by, f)) } else { widest_of_all::<Update, _>((x, by, f)) }
}

struct Update;

impl<F: Format, Op: Fn(F, F) -> F> Loop<(&mut [F], &[F], Op)> for Update {
    type Output = ();

    #[inline(always)]
    fn run((x, by, f): (&mut [F], &[F], Op)) {
        for (x, &by) in x.iter_mut().zip(by) {
            *x = f(*x, by);
        }
    }
}

/// `to[i] = f(from[i])`, from one type of number to another.
#[inline(always)]
pub(crate) fn convert<A: Copy, B>(from: &[A], to: &mut [B], f: impl Fn(A) -> B) {
    widest::<Convert, _>((from, to, f));
}

struct Convert;

impl<A: Copy, B, Op: Fn(A) -> B> Loop<(&[A], &mut [B], Op)> for Convert {
    type Output = ();

    #[inline(always)]
    fn run((from, to, f): (&[A], &mut [B], Op)) {
        for (to, &from) in to.iter_mut().zip(from) {
            *to = f(from);
        }
    }
}
