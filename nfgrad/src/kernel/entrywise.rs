//! Loops over the entries of tensors, compiled for the widest registers.

use std::marker::PhantomData;

use super::dispatch::{Loop, widest, widest_of_all};
use crate::format::Format;

/// How many entries are worth a call. With fewer the loop is part of its caller, where its length is a constant.
const WORTH_A_CALL: usize = 64;

/// `y[i, j] = f(a[i, j], b[j])`: row by row, so that no index is divided.
#[inline(always)]
pub(crate) fn zip_rows<F: Format>(a: &[F], b: &[F], y: &mut [F], f: impl Fn(F, F) -> F) {
    if b.len() < WORTH_A_CALL { Rows::run((a, b, y, f)) } else { widest_of_all::<Rows, _>((a, b, y, f)) }
}

struct Rows;

impl<F: Format, Op: Fn(F, F) -> F> Loop<(&[F], &[F], &mut [F], Op)> for Rows {
    type Output = ();

    #[inline(always)]
    fn run((a, b, y, f): (&[F], &[F], &mut [F], Op)) {
        let columns = b.len().max(1);
        for (y, a) in y.chunks_exact_mut(columns).zip(a.chunks_exact(columns)) {
            F::zip(a, b, y, &f);
        }
    }
}

/// A function of one number and its way back. A trait and not two closures, since a function as long as an exponential becomes part of a
/// loop, which then is vectorised, only if it is told to: both are to be `#[inline(always)]`.
pub trait Entry<F> {
    /// Whether the way back takes so long that it does not matter how numbers are packed.
    const IS_LONG: bool;

    /// `f(x)`.
    fn value(x: F) -> F;
    /// The contribution to the cotangent of `x`.
    fn vjp(x: F, y: F, dy: F) -> F;
}

/// `y[i] = f(x[i])` for `numel` entries.
#[inline(always)]
pub(crate) fn map<E: Entry<F>, F: Format>(x: &[F], y: &mut [F], numel: usize) {
    if numel < WORTH_A_CALL { Map::<E>::run((x, y)) } else { widest_of_all::<Map<E>, _>((x, y)) }
}

struct Map<E>(PhantomData<E>);

impl<E: Entry<F>, F: Format> Loop<(&[F], &mut [F])> for Map<E> {
    type Output = ();

    #[inline(always)]
    fn run((x, y): (&[F], &mut [F])) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = E::value(x);
        }
    }
}

/// The contributions of `numel` entries, given `[x, y, dy]`.
#[inline(always)]
pub(crate) fn map_back<E: Entry<F>, F: Format>(known: [&[F]; 3], dx: &mut [F], numel: usize) {
    if numel < WORTH_A_CALL { MapBack::<E>::run((known, dx)) } else { widest_of_all::<MapBack<E>, _>((known, dx)) }
}

struct MapBack<E>(PhantomData<E>);

impl<E: Entry<F>, F: Format> Loop<([&[F]; 3], &mut [F])> for MapBack<E> {
    type Output = ();

    #[inline(always)]
    fn run((known, dx): ([&[F]; 3], &mut [F])) {
        F::map_back::<E>(known, dx);
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
