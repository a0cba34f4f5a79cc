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

/// The same row by row of so many columns, where one operand may be a row, which serves for all: so no index is divided.
#[inline(always)]
pub(crate) fn map_rows<E: Entry<F, N>, F: Format, const N: usize>(x: [&[F]; N], y: &mut [F], columns: usize) {
    if y.len() >= TILE && columns <= TILE / 4 {
        widest_of_all::<MapTiles<E>, _>((x, y, columns));
    } else if columns < WORTH_A_CALL {
        MapRows::<E>::run((x, y, columns));
    } else {
        widest_of_all::<MapRows<E>, _>((x, y, columns));
    }
}

/// How many entries short rows are made to have by being repeated.
const TILE: usize = 512;

/// The numbers of a tile, from the beginning of a cache line on, as those of a tensor are.
#[repr(align(64))]
struct Tile<F>([F; TILE]);

/// Many short rows: as many as fit into a tile at a time.
struct MapTiles<E>(PhantomData<E>);

impl<E: Entry<F, N>, F: Format, const N: usize> Loop<([&[F]; N], &mut [F], usize)> for MapTiles<E> {
    type Output = ();

    #[inline(always)]
    fn run((x, y, columns): ([&[F]; N], &mut [F], usize)) {
        let columns = columns.max(1);
        let width = TILE / columns * columns;
        let mut tile = Tile([F::ZERO; TILE]);
        // No more than one operand is a row.
        if let Some(x) = x.iter().find(|x| x.len() == columns) {
            tile.0.chunks_exact_mut(columns).for_each(|row| row.copy_from_slice(x));
        }
        for (block, y) in y.chunks_mut(width).enumerate() {
            let (start, len) = (block * width, y.len());
            let part = |k: usize| if x[k].len() == columns { &tile.0[..len] } else { &x[k][start..start + len] };
            F::map::<E, N>(std::array::from_fn(part), y);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::bf16;

    struct Difference;

    impl<F: Format> Entry<F, 2> for Difference {
        const IS_SHORT: bool = true;

        #[inline(always)]
        fn at([a, b]: [F; 2]) -> F {
            a.sub(b)
        }
    }

    /// However many rows are taken at a time, and whether the last of them are all that fit.
    fn a_row_serves_for_all<F: Format>() {
        for (rows, columns) in [(1000, 1), (3, 7), (100, 3), (40, 10), (9, 63), (5, 64), (300, 2), (1, 300), (0, 5)] {
            let number = |i: usize| F::from_f64((i * 37 % 101) as f64 / 8.0);
            let a: Vec<F> = (0..rows * columns).map(number).collect();
            let b: Vec<F> = (5..5 + columns).map(number).collect();
            let mut y = vec![F::ONE; a.len()];
            map_rows::<Difference, F, 2>([&a, &b], &mut y, columns);
            for (i, (&y, &a)) in y.iter().zip(&a).enumerate() {
                assert_eq!(y, a.sub(b[i % columns]), "{rows} {columns} {i}");
            }
        }
    }

    #[test]
    fn a_row_that_is_repeated_meets_every_row() {
        a_row_serves_for_all::<f32>();
        a_row_serves_for_all::<f64>();
        a_row_serves_for_all::<bf16>();
    }
}
