//! Adversarial numbers: what rounding does worst with, found by arithmetic instead of by luck.

use rand::{Rng, RngExt};

use super::{Kept, Radii, Sample, Sampled, any_finite, normal};

/// A kind of adversarial operands. They are made for one another: element `i` of the first operand meets element `i` of the second,
/// or, if there is only one, each element the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// Sums halfway between two numbers, or next to halfway.
    TiesOfSums,
    /// Products halfway between two numbers, or next to it.
    TiesOfProducts,
    /// Powers of two of any size and their neighbours, where the unit in the last place changes.
    Powers,
    /// Numbers that cancel, but for their last digits or not at all.
    Cancelling,
    /// The smallest numbers, the smallest normal one and its neighbours; factors whose product underflows.
    Underflow,
    /// Numbers that overflow when two of them are added, or when they are multiplied.
    Overflow,
    /// Zeros of both signs among ordinary numbers.
    Zeros,
    /// Equal largest entries, some of the others a hair and some an abyss below.
    Plateaus,
    /// One and then halves of the last place, each of which the sum loses: the worst order of a summation.
    Staircase,
    /// Balls that end at zero, or one place before or behind it.
    Edges,
    /// Where exponentials overflow and underflow.
    Steep,
}

/// All of them.
pub const TRAPS: [Trap; 11] = [
    Trap::TiesOfSums,
    Trap::TiesOfProducts,
    Trap::Powers,
    Trap::Cancelling,
    Trap::Underflow,
    Trap::Overflow,
    Trap::Zeros,
    Trap::Plateaus,
    Trap::Staircase,
    Trap::Edges,
    Trap::Steep,
];

impl Trap {
    /// Any of them.
    pub fn random(rng: &mut impl Rng) -> Self {
        TRAPS[rng.random_range(0..TRAPS.len())]
    }

    /// One tensor for each number of elements, with such radii.
    pub fn samples<F: Sampled>(
        self,
        rng: &mut impl Rng,
        numels: &[usize],
        kept: impl Fn(usize) -> Kept,
    ) -> Vec<Sample<F>> {
        let theme = Theme::new::<F>(rng);
        let mut mids: Vec<Vec<F>> = numels.iter().map(|&n| Vec::with_capacity(n)).collect();
        for i in 0..numels.iter().copied().max().unwrap_or(0) {
            let [mut a, mut b] = self.pair::<F>(rng, &theme, i);
            if rng.random() {
                (a, b) = (b, a);
            }
            if numels.len() == 1 {
                mids[0].extend([a, b]);
                continue;
            }
            for (k, mid) in mids.iter_mut().enumerate() {
                mid.push(if k % 2 == 0 { a } else { b });
            }
        }
        let uncertain = match self {
            Self::Edges => Radii::Edge,
            _ => [Radii::Zero, Radii::Zero, Radii::Ulps, Radii::Edge, Radii::Tiny][rng.random_range(0..5)],
        };
        let sample = |(mut mid, &n): (Vec<F>, &usize)| {
            mid.truncate(n);
            Sample::around(rng, mid, uncertain, kept(n), false)
        };
        mids.into_iter().zip(numels).map(sample).collect()
    }

    /// The numbers that meet at place `i`.
    fn pair<F: Sampled>(self, rng: &mut impl Rng, theme: &Theme, i: usize) -> [F; 2] {
        let sign = if rng.random() { 1.0 } else { -1.0 };
        // The tie or power itself, or a neighbour of it.
        let nudge = 1.0 + F::EPSILON * f64::from(rng.random_range(-1_i8..=1));
        let pair = match self {
            Self::TiesOfSums => {
                let a = any_finite::<F>(rng);
                return [a, F::from_f64(sign * a.half_ulp().get().min(F::LARGEST) * nudge)];
            }
            Self::TiesOfProducts => {
                theme.factors(rng, sign).map(|x| x * if rng.random_bool(0.8) { 1.0 } else { nudge })
            }
            Self::Powers => {
                let x = any_finite::<F>(rng).to_f64().abs().max(F::LEAST);
                [sign * power_below(x) * nudge, power_below(x) * nudge]
            }
            Self::Cancelling => {
                let a = if rng.random_bool(0.7) { theme.common } else { any_finite::<F>(rng).to_f64() };
                [sign * a, -sign * a * nudge]
            }
            Self::Underflow => {
                let normal = F::LEAST / F::EPSILON;
                let sizes = [F::LEAST, 3.0 * F::LEAST, normal, normal - F::LEAST, normal.sqrt(), F::LEAST.sqrt()];
                let k = rng.random_range(0..5);
                [sign * sizes[k] * nudge, sizes[k + 1] * nudge]
            }
            Self::Overflow => {
                let large = [F::LARGEST, F::LARGEST / 2.0, F::LARGEST.sqrt(), F::LARGEST * F::EPSILON];
                [0, 1].map(|_| sign * large[rng.random_range(0..4)] * nudge)
            }
            Self::Zeros => {
                let zero = if sign < 0.0 { F::ZERO.neg() } else { F::ZERO };
                return [zero, if rng.random() { zero.neg() } else { F::from_f64(normal(rng)) }];
            }
            Self::Plateaus => {
                let gap = [0.0, theme.common.abs() * F::EPSILON, 1.0, 20.0, 100.0, F::LARGEST][rng.random_range(0..6)];
                [theme.common, theme.common - gap]
            }
            Self::Staircase if i.is_multiple_of(theme.period) => [theme.power, 1.0],
            Self::Staircase => {
                [theme.power * F::EPSILON / 2.0 * if rng.random() { 1.0 } else { 1.0 + F::EPSILON }, 1.0]
            }
            Self::Edges => [normal(rng), normal(rng) * F::EPSILON],
            Self::Steep => {
                let far = [F::LARGEST.ln(), F::LEAST.ln(), F::EPSILON.ln()];
                [0, 1].map(|_| far[rng.random_range(0..3)] * nudge)
            }
        };
        pair.map(F::from_f64)
    }
}

/// What the elements of one case have in common.
struct Theme {
    common: f64,
    power: f64,
    period: usize,
    /// The bits of a number.
    bits: u32,
}

impl Theme {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dozen bits")]
    fn new<F: Sampled>(rng: &mut impl Rng) -> Self {
        let power = 2_f64.powi(rng.random_range(-6..6));
        let sign = if rng.random() { 1.0 } else { -1.0 };
        Self {
            common: normal(rng) * power,
            power: sign * power,
            period: [2, 3, 4, usize::MAX][rng.random_range(0..4)],
            bits: (1.0 - F::EPSILON.log2()).round().clamp(2.0, 53.0) as u32,
        }
    }

    /// Two odd integers whose product has one bit more than a number may have, scaled.
    fn factors(&self, rng: &mut impl Rng, sign: f64) -> [f64; 2] {
        let least = 1_u64 << self.bits;
        // Both below 2^27, and their product below 2^54.
        let short = rng.random_range(2..=self.bits.div_ceil(2).max(2));
        let a = rng.random_range(2..1_u64 << short) | 1;
        let b = (rng.random_range(least..2 * least) / a) | 1;
        let scale = 2_f64.powi(-rng.random_range(0..=self.bits.cast_signed()));
        [sign * a as f64 * scale, b as f64 * scale]
    }
}

/// The largest power of two that is not above a positive number.
fn power_below(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & (0x7ff << 52)).max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use nfgrad::format::{Format, bf16};

    use super::*;
    use crate::sample::generator;

    /// How many of the pairs are what they are called.
    fn share(trap: Trap, holds: impl Fn(f64, f64) -> bool) -> f64 {
        let rng = &mut generator("traps", 0);
        let samples = trap.samples::<bf16>(rng, &[1000, 1000], Kept::each);
        let (a, b) = (&samples[0].mid, &samples[1].mid);
        let count = a.iter().zip(b).filter(|(a, b)| holds(a.to_f64(), b.to_f64())).count();
        count as f64 / 1000.0
    }

    /// Whether a real number is halfway between two numbers of bf16: the half unit in the last place is its lowest bit.
    fn is_tie(x: f64) -> bool {
        let near = bf16::from_f64(x);
        near.is_finite()
            && (near.to_f64() - x).abs() == near.half_ulp().get().min(bf16::from_f64(x * 0.999).half_ulp().get())
    }

    #[test]
    fn the_traps_are_what_they_are_called() {
        assert!(share(Trap::TiesOfSums, |a, b| is_tie(a + b)) > 0.2);
        assert!(share(Trap::TiesOfProducts, |a, b| is_tie(a * b)) > 0.5);
        assert!(share(Trap::Cancelling, |a, b| (a + b).abs() <= a.abs() / 64.0) == 1.0);
        assert!(share(Trap::Overflow, |a, b| !bf16::from_f64(a * b).is_finite()) > 0.2);
        assert!(share(Trap::Zeros, |a, b| a * b == 0.0) == 1.0);
        assert!(share(Trap::Underflow, |a, b| (a * b).abs() < 1e-38) > 0.9);
    }

    #[test]
    fn edges_are_at_zero() {
        let sample = &Trap::Edges.samples::<f32>(&mut generator("edges", 0), &[600], Kept::each)[0];
        let ends = sample.mid.iter().zip(&sample.rad).map(|(x, r)| f64::from(x.abs()) - r);
        let (mut at, mut before, mut behind) = (0, 0, 0);
        for end in ends {
            *if end == 0.0 {
                &mut at
            } else if end > 0.0 {
                &mut before
            } else {
                &mut behind
            } += 1;
        }
        assert!(at > 100 && before > 100 && behind > 100, "{at} {before} {behind}");
    }
}
