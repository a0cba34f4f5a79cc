//! [`Extreme`]: the largest entry along an axis, or the smallest. The mathematics is in [`amax`](super::amax).

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::axis::{Along, Extent};
use super::top::{self, first, may_be_first, radius, top_radius};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::scratch::with_scratch;
use crate::kernel::wide::WideBall;

/// Which entry is looked for: [`Largest`] or [`Smallest`].
pub trait Side: 'static {
    /// The name of the op.
    const NAME: &'static str;
    /// Its name as a type.
    const TYPE: &'static str;
    /// The name of the op that takes one of two entries, and its name as a type.
    const PAIR: &'static str;
    /// See [`Side::PAIR`].
    const PAIR_TYPE: &'static str;
    /// Whether it is the largest entry, of which TorchLean states something, and not the smallest.
    const IS_LARGEST: bool;

    /// `x`, or `-x` where the smallest is looked for, of which the negative is the largest; exact either way.
    fn turned<F: Format>(x: F) -> F;

    /// The same of a ball.
    fn oriented<const K: usize>(x: WideBall<K>) -> WideBall<K>;
}

/// Of the entries along an axis the largest; see [`amax`](super::amax).
#[derive(Debug, Clone, Copy)]
pub struct Largest;

/// Of the entries along an axis the smallest; see [`amin`](super::amin).
#[derive(Debug, Clone, Copy)]
pub struct Smallest;

impl Side for Largest {
    const NAME: &'static str = "amax";
    const TYPE: &'static str = "Amax";
    const PAIR: &'static str = "maximum";
    const PAIR_TYPE: &'static str = "Maximum";
    const IS_LARGEST: bool = true;

    #[inline]
    fn turned<F: Format>(x: F) -> F {
        x
    }

    #[inline]
    fn oriented<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x
    }
}

impl Side for Smallest {
    const NAME: &'static str = "amin";
    const TYPE: &'static str = "Amin";
    const PAIR: &'static str = "minimum";
    const PAIR_TYPE: &'static str = "Minimum";
    const IS_LARGEST: bool = false;

    #[inline]
    fn turned<F: Format>(x: F) -> F {
        x.neg()
    }

    #[inline]
    fn oriented<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        -x
    }
}

/// The entry of the side `E` over `A`, which is [`All`](super::All) or an [`Axis`](super::Axis).
pub struct Extreme<A, E>(PhantomData<fn() -> (A, E)>);

impl<A, E> Clone for Extreme<A, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, E> Copy for Extreme<A, E> {}

impl<A, E: Side> Debug for Extreme<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(E::TYPE)
    }
}

impl<S: Shape, A: Along<S>, E: Side> Op<(S,)> for Extreme<A, E> {
    const NAME: &'static str = E::NAME;
    type Out = A::Out;

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        Groups::<E>::new(A::EXTENT).values(x, y);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        Groups::<E>::new(A::EXTENT).radii(x, y, radii);
    }

    /// A selection, of the largest only.
    fn torchlean<F: Format>([x]: [Ball<'_, F, T0>; 1], y: &mut [F]) -> Up {
        Self::forward([x.mid], y);
        if E::IS_LARGEST && A::EXTENT.len > 0 { x.radius(0) } else { Up::INFINITY }
    }

    #[inline]
    fn vjp<F: Format>([x]: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            Groups::<E>::new(A::EXTENT).pull(x, dy, dx);
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [x]: [Ball<'_, F, D>; 1],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx]: [Option<Contribution<'_, F>>; 1],
    ) {
        if let Some(Contribution { mid, radii }) = dx {
            Groups::<E>::new(A::EXTENT).pull_radii(x, dy, mid, radii);
        }
    }

    fn enclose<const K: usize>([x]: [&[WideBall<K>]; 1], y: &mut [WideBall<K>]) {
        for (target, y) in y.iter_mut().enumerate() {
            *y = top::enclosed::<E, K>(x, A::EXTENT.sources(target));
        }
    }

    fn enclose_vjp<const K: usize>(
        [x]: [&[WideBall<K>]; 1],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx]: [Option<&mut [WideBall<K>]>; 1],
    ) {
        let Some(dx) = dx else { return };
        dx.fill(WideBall::ZERO);
        for (target, &dy) in dy.iter().enumerate() {
            top::share::<E, K>(x, A::EXTENT.sources(target), dy, dx);
        }
    }
}

/// The groups of entries along an axis, in each of which one is looked for.
struct Groups<E> {
    extent: Extent,
    side: PhantomData<E>,
}

impl<E> Clone for Groups<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Groups<E> {}

impl<E: Side> Groups<E> {
    const fn new(extent: Extent) -> Self {
        Self { extent, side: PhantomData }
    }

    /// The largest entry of each group; beyond every number where there is none.
    #[inline]
    fn values<F: Format>(self, x: &[F], y: &mut [F]) {
        let none = E::turned(F::from_f64(f64::NEG_INFINITY));
        for (target, y) in y.iter_mut().enumerate() {
            *y = first::<E, F>(x, self.extent.sources(target)).map_or(none, |top| x[top]);
        }
    }

    /// The radii of [`Groups::values`].
    #[inline]
    fn radii<F: Format, D: Domain>(self, x: Ball<'_, F, D>, y: &[F], radii: &mut [f64]) {
        D::fill_steadily(radii, y.len(), [x.once()], |[x]| {
            move |target: usize| radius::<E, F, D>(x, self.extent.sources(target))
        });
    }

    /// The cotangent: everything for the first largest entry.
    #[inline]
    fn pull<F: Format>(self, x: &[F], dy: &[F], dx: &mut [F]) {
        dx.fill(F::ZERO);
        for (target, &dy) in dy.iter().enumerate() {
            if let Some(top) = first::<E, F>(x, self.extent.sources(target)) {
                dx[top] = dy;
            }
        }
    }

    /// The radii of [`Groups::pull`].
    fn pull_radii<F: Format, D: Domain>(self, x: Ball<'_, F, D>, dy: Ball<'_, F, D>, dx: &[F], radii: &mut [f64]) {
        let groups = dy.mid.len();
        with_scratch([groups], |[tops]: [&mut [usize]; 1]| {
            with_scratch([groups], |[certain]: [&mut [f64]; 1]| {
                for (target, (top, certain)) in tops.iter_mut().zip(&mut *certain).enumerate() {
                    *top = first::<E, F>(x.mid, self.extent.sources(target)).unwrap_or(0);
                    *certain = top_radius::<E, F, D>(x, dy.get(target), *top, self.extent.sources(target)).get();
                }
                D::fill(radii, dx.len(), |i: usize| {
                    let target = self.extent.target(i);
                    match Up::new(certain[target]) {
                        radius if i == tops[target] || !radius.is_finite() => radius,
                        _ if may_be_first::<E, F, D>(x, tops[target], i) => dy.magnitude(target),
                        _ => Up::ZERO,
                    }
                });
            });
        });
    }
}
