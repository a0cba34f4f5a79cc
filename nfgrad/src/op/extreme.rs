//! [`Extreme`]: the largest entry along an axis, or the smallest. The mathematics is in [`amax`](super::amax).

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::axis::{Along, Extent};
use super::rounding::is_known;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;
use crate::kernel::scratch::with_scratch;

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

    /// `x`, or `-x` where the smallest is looked for, of which the negative is the largest; exact either way.
    fn turned<F: Format>(x: F) -> F;
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

    #[inline]
    fn turned<F: Format>(x: F) -> F {
        x
    }
}

impl Side for Smallest {
    const NAME: &'static str = "amin";
    const TYPE: &'static str = "Amin";
    const PAIR: &'static str = "minimum";
    const PAIR_TYPE: &'static str = "Minimum";

    #[inline]
    fn turned<F: Format>(x: F) -> F {
        x.neg()
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

    /// The first largest entry of a group; a NaN comes before every number.
    #[inline]
    fn first<F: Format>(self, x: &[F], target: usize) -> Option<usize> {
        let mut sources = self.extent.sources(target);
        let first = sources.next()?;
        Some(sources.fold(first, |top, i| {
            let (largest, other) = (E::turned(x[top]), E::turned(x[i]));
            let first_nan = other.to_f64().is_nan() && !largest.to_f64().is_nan();
            if other > largest || first_nan { i } else { top }
        }))
    }

    /// The largest entry of each group; beyond every number where there is none.
    #[inline]
    fn values<F: Format>(self, x: &[F], y: &mut [F]) {
        let none = E::turned(F::from_f64(f64::NEG_INFINITY));
        for (target, y) in y.iter_mut().enumerate() {
            *y = self.first(x, target).map_or(none, |top| x[top]);
        }
    }

    /// The radii of [`Groups::values`].
    #[inline]
    fn radii<F: Format, D: Domain>(self, x: Ball<'_, F, D>, y: &[F], radii: &mut [f64]) {
        D::fill_steadily(radii, y.len(), [x.once()], |[x]| move |target: usize| self.radius(x, target));
    }

    /// At least `|max x - max x*|`.
    fn radius<F: Format, D: Domain>(self, x: Ball<'_, F, D>, target: usize) -> Up {
        let Some(top) = self.first(x.mid, target) else { return Up::INFINITY };
        let (mut above, mut below) = (Up::ZERO, Up::INFINITY);
        for i in self.extent.sources(target) {
            if !is_known(x.get(i)) {
                return Up::INFINITY;
            }
            let (alpha, distance) = (x.radius(i), Self::distance(x.mid, top, i));
            // How far above the largest the entry gets when it is pushed up, and how far below when it is pushed down.
            above = above.max(distance.taken_from(alpha));
            below = below.min(distance.added_to(alpha));
        }
        above.max(below)
    }

    /// How far below the largest entry another is.
    #[inline]
    fn distance<F: Format>(x: &[F], top: usize, i: usize) -> Distance {
        Distance::between::<E, F>(x[top], x[i])
    }

    /// The cotangent: everything for the first largest entry.
    #[inline]
    fn pull<F: Format>(self, x: &[F], dy: &[F], dx: &mut [F]) {
        dx.fill(F::ZERO);
        for (target, &dy) in dy.iter().enumerate() {
            if let Some(top) = self.first(x, target) {
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
                    *top = self.first(x.mid, target).unwrap_or(0);
                    *certain = self.top_radius(x, dy.get(target), target, *top).get();
                }
                D::fill(radii, dx.len(), |i: usize| {
                    let target = self.extent.target(i);
                    match Up::new(certain[target]) {
                        radius if i == tops[target] || !radius.is_finite() => radius,
                        _ if Self::may_be_first(x, tops[target], i) => dy.magnitude(target),
                        _ => Up::ZERO,
                    }
                });
            });
        });
    }

    /// The radius of the contribution to the first largest entry of a group; ∞ if of one of them nothing is known.
    fn top_radius<F: Format, D: Domain>(self, x: Ball<'_, F, D>, dy: (F, Up), target: usize, top: usize) -> Up {
        let mut doubtful = false;
        for i in self.extent.sources(target) {
            if !is_known(x.get(i)) {
                return Up::INFINITY;
            }
            doubtful |= i != top && Self::may_be_first(x, top, i);
        }
        match dy {
            _ if !is_known(dy) => Up::INFINITY,
            (dy, delta) if doubtful => dy.magnitude() + delta,
            (_, delta) => delta,
        }
    }

    /// Whether entry `j` could really be before the entry `top` in size.
    #[inline]
    fn may_be_first<F: Format, D: Domain>(x: Ball<'_, F, D>, top: usize, j: usize) -> bool {
        let (gap, reach) = (Self::distance(x.mid, top, j).lower, (x.radius(top) + x.radius(j)).get());
        // Where both are certain `j` is not the first; and of equal ones the first counts.
        reach > 0.0 && if j < top { reach >= gap } else { reach > gap }
    }
}

/// A distance, from below and from above.
#[derive(Debug, Clone, Copy)]
pub(super) struct Distance {
    pub(super) lower: f64,
    pub(super) upper: f64,
}

impl Distance {
    /// How far below `top` the other entry is, seen from the side `E`; it is no larger.
    #[inline]
    pub(super) fn between<E: Side, F: Format>(top: F, other: F) -> Self {
        let (top, other) = (E::turned(top), E::turned(other));
        if top == other {
            return Self { lower: 0.0, upper: 0.0 };
        }
        // Each difference is rounded once; a subnormal one is exact, and one that overflows is above the largest f64.
        let ([top_low, top_high], [low, high]) = (top.enclosure(), other.enclosure());
        let (lower, upper) = ((top_low - high).min(f64::MAX), top_high - low);
        Self { lower: lower - lower.abs() * f64::EPSILON, upper: upper + upper.abs() * f64::EPSILON }
    }

    /// At least `alpha` less the distance, and 0.
    #[inline]
    pub(super) fn taken_from(self, alpha: Up) -> Up {
        // An enclosure is wider than a point, so the distance may seem to be negative.
        if self.lower <= 0.0 {
            return alpha;
        }
        let rest = alpha.get() - self.lower;
        if rest > 0.0 { Up::of_rounded_sum(rest) } else { Up::ZERO }
    }

    /// At least `alpha` and the distance.
    #[inline]
    pub(super) fn added_to(self, alpha: Up) -> Up {
        if self.upper == 0.0 { alpha } else { alpha + Up::abs(self.upper) }
    }
}
