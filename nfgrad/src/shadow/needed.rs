//! How many bits a certificate needs: from what the rung that was reached has left open.
//!
//! A radius of a ball is what its roundings have grown to. With `b` bits more, all of them are `2^-b` times as large. So where the radius is known the bits that
//! are missing are known too: those between it and a radius that is small beside the error ([`Tensor::excess`]).
//!
//! Where nothing is known any more, either radii have grown as large as the numbers, or a function such as `1/x` had no value. Which of the two it was says where to
//! go on.

use nfgrad_shapes::Listed;

use super::blunt::sample;
use super::{Level, Shadow, Tensor};
use crate::format::Format;
use crate::graph::{RevGraph, Run};

/// How far the radii of a tensor are above what would be enough, in bits: for a quarter of its entries to be fine and no more than a quarter coarse
/// (see [`blunt`](super::blunt)). Negative where there is room; ∞ where nothing is known of too many.
pub(super) fn missing<F: Format>(run: &[F], real: &Tensor<'_>) -> f64 {
    let mut excess: Vec<f64> = sample(run.len()).filter_map(|i| real.excess(i, run[i])).collect();
    if excess.is_empty() {
        return f64::NEG_INFINITY;
    }
    excess.sort_unstable_by(f64::total_cmp);
    let at = |part: usize| excess[(excess.len() * part / 4).min(excess.len() - 1)];
    let (quarter, three) = (at(1), at(3));
    (quarter + FINE_BITS).max(three)
}

/// The bits that numbers need for a tensor to be bounded well: those of the rung that was reached, and what is missing. `None` where nothing
/// is known of too many entries, or no entry is finite, so that there is nothing to be bounded.
pub(super) fn needed<F: Format>(run: &[F], real: &Tensor<'_>) -> Option<u32> {
    if !run.is_empty() && sample(run.len()).all(|i| !run[i].is_finite()) {
        return None;
    }
    bits(f64::from(real.bits()) + missing(run, real))
}

/// So many, rounded up.
fn bits(needed: f64) -> Option<u32> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "limited; what is more is infinite")]
    (needed < f64::from(u32::MAX)).then(|| needed.max(0.0).ceil() as u32)
}

/// No more bits are saved by the other radii in f64, in most networks.
const SAVED: f64 = 24.0;

/// A radius that is this part of the numbers has lost half of the digits of f64.
const GROWN: f64 = 1.0 / (1_u64 << 27) as f64;

/// A part in a hundred.
const FINE_BITS: f64 = 6.7;

impl<G: RevGraph> Shadow<G> {
    /// The rung to go on with, up to `most`: the next one, unless what is missing says that it will not do. It may be the one that was reached, if that is `most`.
    pub(super) fn next<F: Format>(&self, run: &Run<G, F>, most: Level, gradients: bool) -> Option<Level> {
        let level = self.level;
        // Where a level in f64 is asked for, or is the last that is allowed, all before it count.
        if level < self.least && self.least <= Level::Elementwise || most <= Level::Elementwise {
            return level.next();
        }
        let missing = self.missing(run, gradients);
        let next = match level {
            // Radii in f64 cannot be small beside the errors of a run in f64.
            Level::Uniform if F::ROUNDOFF[0] <= f64::EPSILON => Level::Bits128,
            // What has grown beyond all f64 needs more than 128 bits; what had no value at some entry may have one at the others.
            Level::Uniform if missing == f64::INFINITY && self.has_grown() => Level::Bits256,
            Level::Uniform if missing > SAVED && missing < f64::INFINITY => Level::Bits128,
            Level::Bits128 if missing > 128.0 && missing < f64::INFINITY => Level::Bits512,
            _ => level.next()?,
        };
        Some(next.max(self.least).min(most))
    }

    /// Whether some radius of a whole tensor is large beside its entries, though finite.
    fn has_grown(&self) -> bool {
        let mut grown = false;
        G::Context::LAYOUT.for_each(&mut |position, span| {
            for is_gradient in [false, true] {
                let real = self.answer(is_gradient).at(position, span);
                let (radius, size) =
                    (real.radius(0).get(), real.mid().iter().fold(0.0, |size: f64, x| size.max(x.abs())));
                grown |= radius < f64::INFINITY && radius > GROWN * size && size > 0.0;
            }
        });
        grown
    }

    /// The bits that all outputs need, or all of them and all gradients. `None` where it cannot be told of one.
    pub(super) fn needed<F: Format>(&self, run: &Run<G, F>, gradients: bool) -> Option<u32> {
        let mut most = Some(0);
        self.each(run, gradients, &mut |run, real| {
            most = most.zip(needed(run, real)).map(|(most, bits)| most.max(bits));
        });
        most
    }

    /// The most that is missing of any output, or gradient.
    pub(super) fn missing<F: Format>(&self, run: &Run<G, F>, gradients: bool) -> f64 {
        let mut most = f64::NEG_INFINITY;
        self.each(run, gradients, &mut |run, real| most = most.max(missing(run, real)));
        most
    }

    /// Visits the outputs, or all of them and all gradients: what was computed, and what is known of it.
    pub(super) fn each<F: Format>(&self, run: &Run<G, F>, gradients: bool, visit: &mut dyn FnMut(&[F], &Tensor<'_>)) {
        let (values, cotangents) = (self.answer(false), self.answer(true));
        G::Context::LAYOUT.for_each(&mut |position, span| {
            let own = span.offset..span.offset + span.numel;
            if G::OUTPUTS.contains(&position) {
                visit(&run.values().values()[own.clone()], &values.at(position, span));
            }
            if gradients && position < G::PARAMS {
                visit(&run.cotangents().values()[own], &cotangents.at(position, span));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::Radii;
    use super::*;
    use crate::bound::Up;

    fn of(run: &[f32], mid: &[f64], radius: f64) -> Option<u32> {
        needed(run, &Tensor::new(mid, Radii { all: Up::new(radius), each: None }, None))
    }

    #[test]
    fn the_bits_are_those_of_the_level_and_what_is_missing() {
        // The scale is half a unit of 1, 2^-24; a hundredth of that is some 2^-31.
        assert_eq!(of(&[1.0], &[1.0], 2f64.powi(-24)), Some(60));
        assert_eq!(of(&[1.0], &[1.0], 2f64.powi(-40)), Some(44));
        assert_eq!(of(&[1.0], &[1.0], f64::INFINITY), None);
    }

    #[test]
    fn what_has_no_number_needs_no_number_of_bits() {
        assert_eq!(of(&[f32::NAN], &[f64::NAN], f64::INFINITY), None);
        assert_eq!(of(&[f32::INFINITY; 2], &[1.0; 2], 0.0), None);
        assert_eq!(of(&[0.0; 2], &[0.0; 2], 0.0), Some(0));
        assert_eq!(of(&[], &[], f64::INFINITY), Some(0));
    }
}
