//! Of some entries of a tensor the largest, or the smallest. The mathematics is in [`amax`](super::amax).

use std::cmp::Ordering;

use super::enclosing::around_zero;
use super::extreme::Side;
use super::rounding::is_known;
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// The first largest of the entries; a NaN comes before every number.
#[inline]
pub(super) fn first<E: Side, F: Format>(x: &[F], mut sources: impl Iterator<Item = usize>) -> Option<usize> {
    let first = sources.next()?;
    Some(sources.fold(first, |top, i| {
        let (largest, other) = (E::turned(x[top]), E::turned(x[i]));
        let first_nan = other.to_f64().is_nan() && !largest.to_f64().is_nan();
        if other > largest || first_nan { i } else { top }
    }))
}

/// At least `|max x - max x*|` over the entries.
pub(super) fn radius<E: Side, F: Format, D: Domain>(
    x: Ball<'_, F, D>,
    sources: impl Iterator<Item = usize> + Clone,
) -> Up {
    let Some(top) = first::<E, F>(x.mid, sources.clone()) else { return Up::INFINITY };
    let (mut above, mut below) = (Up::ZERO, Up::INFINITY);
    for i in sources {
        if !is_known(x.get(i)) {
            return Up::INFINITY;
        }
        let (alpha, distance) = (x.radius(i), Distance::between::<E, F>(x.mid[top], x.mid[i]));
        // How far above the largest the entry gets when it is pushed up, and how far below when it is pushed down.
        above = above.max(distance.taken_from(alpha));
        below = below.min(distance.added_to(alpha));
    }
    above.max(below)
}

/// The radius of the contribution to the first largest of the entries; ∞ if of one of them nothing is known.
pub(super) fn top_radius<E: Side, F: Format, D: Domain>(
    x: Ball<'_, F, D>,
    dy: (F, Up),
    top: usize,
    sources: impl Iterator<Item = usize>,
) -> Up {
    let mut doubtful = false;
    for i in sources {
        if !is_known(x.get(i)) {
            return Up::INFINITY;
        }
        doubtful |= i != top && may_be_first::<E, F, D>(x, top, i);
    }
    match dy {
        _ if !is_known(dy) => Up::INFINITY,
        (dy, delta) if doubtful => dy.magnitude() + delta,
        (_, delta) => delta,
    }
}

/// Whether entry `j` could really be before the entry `top` in size.
#[inline]
pub(super) fn may_be_first<E: Side, F: Format, D: Domain>(x: Ball<'_, F, D>, top: usize, j: usize) -> bool {
    let (gap, reach) = (Distance::between::<E, F>(x.mid[top], x.mid[j]).lower, (x.radius(top) + x.radius(j)).get());
    // Where both are certain `j` is not the first; and of equal ones the first counts.
    reach > 0.0 && if j < top { reach >= gap } else { reach > gap }
}

/// The largest of some balls; unknown if there are none.
pub(super) fn enclosed<E: Side, const K: usize>(
    x: &[WideBall<K>],
    sources: impl Iterator<Item = usize>,
) -> WideBall<K> {
    let largest = sources.map(|i| E::oriented(x[i])).reduce(WideBall::max);
    largest.map_or(WideBall::UNKNOWN, E::oriented)
}

/// Adds the cotangent `dy` to that of the first largest of some entries. Where it is open which one that is, each that may be gets a ball that
/// contains both 0 and all of it.
///
/// Where of one entry nothing is known there need be no largest, and nothing is known of any contribution.
///
/// Entry `i` is the first largest if every entry before it is less and every one behind it no larger. It gets everything where that is known, and nothing where
/// one of these is known to be false.
pub(super) fn share<E: Side, const K: usize>(
    x: &[WideBall<K>],
    sources: impl Iterator<Item = usize> + Clone,
    dy: WideBall<K>,
    dx: &mut [WideBall<K>],
) {
    if sources.clone().any(|i| !x[i].is_known()) {
        sources.for_each(|i| dx[i] = WideBall::UNKNOWN);
        return;
    }
    let by_midpoint = |&i: &usize, &j: &usize| E::oriented(x[i]).mid().cmp(&E::oriented(x[j]).mid());
    let Some(top) = sources.clone().max_by(by_midpoint) else { return };
    for i in sources.clone() {
        let beaten = |j: usize| match E::oriented(x[i]).order(&E::oriented(x[j])) {
            Some(Ordering::Equal) => Some(i <= j),
            order => order.map(Ordering::is_gt),
        };
        // Most entries are known to be less than one of those around which most is.
        if i != top && beaten(top) == Some(false) {
            continue;
        }
        let mut certain = true;
        let possible = sources.clone().filter(|j| *j != i).all(|j| {
            let beaten = beaten(j);
            certain &= beaten == Some(true);
            beaten != Some(false)
        });
        if possible {
            dx[i] = dx[i] + if certain { dy } else { around_zero(dy.at_most()) };
        }
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
