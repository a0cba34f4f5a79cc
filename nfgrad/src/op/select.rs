//! [`Select`]: the larger of two entries, or the smaller. The mathematics is in [`maximum`](super::maximum).

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use super::extreme::Side;
use super::top::Distance;
use super::{Pairwise, Pointwise};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// The entry of the side `E`, of two.
pub struct Select<E>(PhantomData<fn() -> E>);

impl<E> Clone for Select<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Select<E> {}

impl<E: Side> Debug for Select<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(E::PAIR_TYPE)
    }
}

impl<E: Side> Pairwise for Select<E> {
    const NAME: &'static str = E::PAIR;
    type Twice = Itself;

    #[inline(always)]
    fn value<F: Format>(a: F, b: F) -> F {
        E::turned(E::turned(a).max(E::turned(b)))
    }

    const STEADY: bool = true;
    /// In those of the operands, nothing: the side of the derivative changes at once. In that of the cotangent the maximum of affine functions.
    const STEADY_VJP: [bool; 3] = [false, false, true];

    #[inline(always)]
    fn radius<F: Format>(a: (F, Up), b: (F, Up), _: F) -> Up {
        let (top, other) = if E::turned(b.0) > E::turned(a.0) { (b, a) } else { (a, b) };
        top.1.max(Distance::between::<E, F>(top.0, other.0).taken_from(other.1))
    }

    /// The sum of what [`Pairwise::radius`] takes the maximum of, each the function of one radius.
    #[inline(always)]
    fn steady_radius<F: Format>(a: (F, Up), b: (F, Up), _: F) -> Up {
        let (top, other) = if E::turned(b.0) > E::turned(a.0) { (b, a) } else { (a, b) };
        top.1 + Distance::between::<E, F>(top.0, other.0).taken_from(other.1)
    }

    #[inline(always)]
    fn left<F: Format>(a: F, b: F, dy: F) -> F {
        share::<F, E>(a, b, dy)
    }

    #[inline(always)]
    fn left_radius<F: Format>(a: (F, Up), b: (F, Up), dy: (F, Up), _: F) -> Up {
        share_radius::<F, E>(a, b, dy)
    }

    #[inline(always)]
    fn right<F: Format>(a: F, b: F, dy: F) -> F::Acc {
        share::<F, E>(b, a, dy).to_acc()
    }

    #[inline(always)]
    fn only_right<F: Format>(a: F, b: F, dy: F) -> F {
        share::<F, E>(b, a, dy)
    }

    #[inline(always)]
    fn right_radius<F: Format>(a: (F, Up), b: (F, Up), dy: (F, Up), _: F::Acc) -> Up {
        share_radius::<F, E>(b, a, dy)
    }

    #[inline]
    fn enclose<const K: usize>(a: WideBall<K>, b: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        E::oriented(E::oriented(a).max(E::oriented(b)))
    }

    #[inline]
    fn enclose_slopes<const K: usize>([a, b, _]: [WideBall<K>; 3], _: WideBall<K>) -> [WideBall<K>; 2] {
        let left = WideBall::step(&E::oriented(a), &E::oriented(b), WideBall::HALF);
        [left, WideBall::ONE - left]
    }
}

/// What the entry `x` gets of the cotangent of the larger of `x` and `other`: all, half or nothing.
#[inline(always)]
fn share<F: Format, E: Side>(x: F, other: F, dy: F) -> F {
    let rest = if x == other { half(dy) } else { F::ZERO };
    if E::turned(x) > E::turned(other) { dy } else { rest }
}

/// At least the distance of [`share`] from the real one.
#[inline(always)]
fn share_radius<F: Format, E: Side>((x, alpha): (F, Up), (other, beta): (F, Up), (dy, delta): (F, Up)) -> Up {
    let size = dy.magnitude();
    let (larger, smaller) = (E::turned(x) > E::turned(other), E::turned(other) > E::turned(x));
    let (decided, undecided) = if larger {
        (delta, size.max(delta))
    } else if smaller {
        (Up::ZERO, size + delta)
    } else {
        let (rounding, half) = (half_error(dy), Up::new(0.5));
        (rounding + delta * half, rounding + size * half + delta)
    };
    let (top, bottom) = if smaller { (other, x) } else { (x, other) };
    let (gap, reach) = (Distance::between::<E, F>(top, bottom).lower, (alpha + beta).get());
    if (reach == 0.0) | (gap > reach) { decided } else { undecided }
}

/// `fl(dy / 2)`, by a product where a half is a number of the format.
#[inline(always)]
fn half<F: Format>(dy: F) -> F {
    let two = F::ONE.add(F::ONE);
    let half = F::ONE.div(two);
    let is_number = F::CONVERSION == 0.0 && half.to_f64() == 0.5;
    if is_number { dy.mul(half) } else { dy.div(two) }
}

/// At least `|fl(dy / 2) - dy / 2|`: 0 where twice the half is the whole.
#[inline(always)]
fn half_error<F: Format>(dy: F) -> Up {
    let half = half(dy);
    let exact = (half.add(half) == dy) & (F::add_error(half, half, dy) == Up::ZERO);
    if exact { Up::ZERO } else { F::div_error(dy, F::ONE.add(F::ONE), half) }
}

/// The larger of a number and itself.
#[derive(Debug, Clone, Copy)]
pub struct Itself;

impl Pointwise for Itself {
    const NAME: &'static str = "itself";

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        x
    }

    #[inline(always)]
    fn radius<F: Format>(_: F, alpha: Up, _: F) -> Up {
        alpha
    }

    #[inline(always)]
    fn vjp<F: Format>(_: F, _: F, dy: F) -> F {
        dy
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(_: (F, Up), _: (F, Up), (_, delta): (F, Up), _: F) -> Up {
        delta
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x
    }

    #[inline]
    fn enclose_slope<const K: usize>(_: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        WideBall::ONE
    }
}
