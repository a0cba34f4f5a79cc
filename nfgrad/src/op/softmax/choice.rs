//! What a mask lets through.

use crate::bound::Up;
use crate::format::Format;

/// What a mask says of an entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) enum Choice {
    /// Not 0.
    Kept,
    /// Exactly 0.
    Dropped,
    /// It is dropped or kept as its midpoint says, but the real mask may say otherwise.
    Doubtful {
        /// What the midpoint says.
        kept: bool,
    },
}

impl Choice {
    /// Of a number with its radius.
    #[inline(always)]
    pub(in super::super) fn of<F: Format>((mask, radius): (F, Up)) -> Self {
        let kept = mask != F::ZERO;
        if kept && radius.get() < mask.magnitude().get() {
            Self::Kept
        } else if !kept && radius == Up::ZERO {
            Self::Dropped
        } else {
            Self::Doubtful { kept }
        }
    }

    /// Whether the computation keeps the entry.
    #[inline(always)]
    pub(in super::super) fn kept(self) -> bool {
        matches!(self, Self::Kept | Self::Doubtful { kept: true })
    }

    /// ∞ if the real mask may say otherwise.
    #[inline(always)]
    pub(in super::super) fn doubt(self) -> Up {
        if matches!(self, Self::Doubtful { .. }) { Up::INFINITY } else { Up::ZERO }
    }
}

/// Writes a number for each index, in order; returns how many.
#[inline(always)]
pub(in super::super) fn gather(
    indices: impl Iterator<Item = usize>,
    number: impl Fn(usize) -> f64,
    out: &mut [f64],
) -> usize {
    let mut count = 0;
    for (i, out) in indices.zip(out) {
        *out = number(i);
        count += 1;
    }
    count
}

/// How many numbers of a row count: none if all are -∞, which is a row that is masked whole.
#[inline(always)]
pub(in super::super) fn remaining(z: &[f64]) -> usize {
    if z.iter().all(|&z| z == f64::NEG_INFINITY) { 0 } else { z.len() }
}

/// ∞ if some of the radii is.
#[inline(always)]
pub(in super::super) fn unknown(radii: &[f64]) -> Up {
    if radii.iter().all(|radius| radius.is_finite()) { Up::ZERO } else { Up::INFINITY }
}

/// ∞ if the mask of a row leaves a doubt. Where it is certain that nothing is left of the row, all of it is certain: it is 0.
#[inline(always)]
pub(in super::super) fn doubt(choices: impl Iterator<Item = Choice>) -> Up {
    choices.map(Choice::doubt).fold(Up::ZERO, Up::max)
}
