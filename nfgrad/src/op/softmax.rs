//! One row of logits: what log-softmax and cross-entropy share, and how far it is from the real one.
//!
//! # What is computed, all in the accumulator
//!
//! With `m = max z`, first found at `j = top`,
//!
//! ```text
//! sⱼ = fl(zⱼ - m)    eⱼ = exp sⱼ    R = fl(Σ_{j≠top} eⱼ)    S = fl(1 + R)    L = ln(1 + R)
//! gⱼ = fl(L - sⱼ)                                              -log softmax(z)ⱼ
//! v_top = fl(fl(T' - fl(t_top R)) / S)    T' = fl(Σ_{j≠top} tⱼ)    softmax(z)ⱼ Σt - tⱼ, for one number tⱼ an entry
//! vⱼ = fl(fl(eⱼ q) - tⱼ)                  q = fl(fl(T' + t_top) / S)
//! ```
//!
//! The largest entry has weight `e_top = 1` exactly and is kept out of the sums. So nothing cancels where the row is
//! nearly certain: `g_top = ln(1 + R)` and, for a one-hot `t` there, `v_top = -R/S`, however small `R` is.
//!
//! # Error bounds
//!
//! Shifting both sides by the *computed* `m` changes neither, so the error of the maximum is not charged. The real
//! exponents are `sⱼ + dⱼ` with `|dⱼ| <= ηⱼ = ζⱼ + |sⱼ - (zⱼ - m)|`. Let `p` be the softmax of the computed `s` in exact
//! arithmetic, `p*` the real one, `aⱼ = e^ηⱼ - 1`, `Qⱼ = 1 - pⱼ`, and
//!
//! ```text
//! Wⱼ = Σ_{k≠j} pₖ (e^(ηₖ + ηⱼ) - 1) = (1 + aⱼ) Σ_{k≠j} pₖ aₖ + aⱼ Qⱼ
//! |ln pⱼ - ln p*ⱼ| <= min(Wⱼ, max η + ηⱼ)
//! |pⱼ - p*ⱼ|       <= Δⱼ = min(pⱼ Wⱼ, pⱼ Qⱼ (1 - h) / (min(pⱼ, Qⱼ) + h max(pⱼ, Qⱼ)))     h = e^(-2 max η)
//! ```
//!
//! *Proof.* `p*ⱼ / pⱼ = 1 / Σₖ pₖ e^(dₖ - dⱼ)`. The sum is largest for `dₖ = ηₖ`, `dⱼ = -ηⱼ`, where it is `1 + Wⱼ`, and least
//! for the opposite signs, where it is `1 - V` with `V = Σ pₖ (1 - e^-(ηₖ + ηⱼ))`. By Jensen's inequality, twice,
//! `-ln(1 - V) <= Σ_{k≠j} pₖ (ηₖ + ηⱼ) <= ln(1 + Wⱼ)`. Hence the second line (`ln(1 + W) <= W`, and no exponent moves more
//! than `max η + ηⱼ` against another), and `p* - p <= p V/(1 - V) <= p W`, `p - p* = p W/(1 + W) <= p W`. If all `η` are
//! replaced by the largest, `1 - V = p + hQ` and `1/(1 + W)` is `h/(h p + Q)`, so `p* - p <= pQ(1 - h)/(p + hQ)` and
//! `p - p* <= pQ(1 - h)/(hp + Q)`; the last expression is the larger of the two, and grows with `p` and with `Q`, so upper
//! bounds may be put in. ∎
//!
//! Both have the factor `Qⱼ`, or `Σ_{k≠j}`, which is what makes the bounds of a nearly certain row small. In the entries
//! other than `top`, where `pⱼ <= 1/2`, the sum over `k ≠ j` is taken over all `k`.
//!
//! What rounding does to `R`, `S`, `L`, `g` and `v` is a running error analysis: one line of code for each operation.

use super::rounding::product_error;
use crate::bound::{Ball, Domain, Up};
use crate::format::elementary::{Exp, Ln1p};
use crate::format::{Accumulator, Format, sum_error};
use crate::kernel::reduce::{sum_height, sum_of};

/// The sums of one row of logits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<A> {
    top: usize,
    max: A,
    rest: A,
    sum: A,
    log: A,
}

impl<A: Accumulator> Row<A> {
    /// Of the row `z`; `weights` becomes `eⱼ`, with 0 for the largest entry.
    #[inline]
    pub(super) fn new<F: Format<Acc = A>>(z: &[F], weights: &mut [f64]) -> Self {
        let max = z.iter().copied().reduce(F::max).unwrap_or_default();
        let top = z.iter().position(|&z| z == max).unwrap_or_default();
        let max = max.to_acc();
        for (weight, z) in weights.iter_mut().zip(z) {
            *weight = Format::to_f64(Format::eval::<Exp>(z.to_acc() - max));
        }
        if let Some(weight) = weights.get_mut(top) {
            *weight = 0.0;
        }
        let rest = sum_of::<F>(weights.len(), |j| Format::from_f64(weights[j]));
        Self { top, max, rest, sum: A::one() + rest, log: rest.eval::<Ln1p>() }
    }

    /// `-log softmax` of the entry `z`.
    #[inline]
    pub(super) fn loss(&self, z: A) -> A {
        self.log - (z - self.max)
    }

    /// At least `|d|`: how far the real exponent of `z` is from the computed one.
    #[inline]
    fn exponent_error(&self, z: A, zeta: Up) -> Up {
        zeta + A::add_error(z, Format::neg(self.max), z - self.max)
    }
}

/// `softmax(z) Σt - t` of a row: the cotangent of the logits where that of the log-probabilities is `-t`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pull<A> {
    rest: A,
    total: A,
    scale: A,
}

impl<A: Accumulator> Pull<A> {
    #[inline]
    pub(super) fn new<F: Format<Acc = A>>(row: &Row<A>, t: &[F]) -> Self {
        let rest = sum_of::<F>(t.len(), |j| if j == row.top { A::zero() } else { t[j].to_acc() });
        let total = rest + t.get(row.top).copied().unwrap_or_default().to_acc();
        Self { rest, total, scale: total / row.sum }
    }

    /// Writes `finish` of every entry.
    #[inline]
    pub(super) fn write<F: Format<Acc = A>>(
        &self,
        row: &Row<A>,
        weights: &[f64],
        t: &[F],
        out: &mut [F],
        finish: impl Fn(A) -> F,
    ) {
        for ((out, &weight), t) in out.iter_mut().zip(weights).zip(t) {
            *out = finish(self.other(Format::from_f64(weight), t.to_acc()));
        }
        if let (Some(out), Some(t)) = (out.get_mut(row.top), t.get(row.top)) {
            *out = finish(self.top(row, t.to_acc()));
        }
    }

    #[inline]
    fn other(&self, weight: A, t: A) -> A {
        weight * self.scale - t
    }

    #[inline]
    fn top(&self, row: &Row<A>, t: A) -> A {
        (self.rest - t * row.rest) / row.sum
    }
}

/// A row with bounds of what [`Row`] computed of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowBall<'a, A> {
    pub(super) row: Row<A>,
    weights: &'a [f64],
    rest_error: Up,
    sum_error: Up,
    log_error: Up,
    /// At least the inverse of the real `1 + R` and of the computed one, and at most that of both.
    inverse: Up,
    inverse_low: f64,
    /// `Σ pₖ aₖ` over all entries but the largest, and over all.
    spread_rest: Up,
    spread: Up,
    /// `max η`, `h` from below and `1 - h`.
    widest: Up,
    shrunk: f64,
    moved: Up,
}

/// Bounds of one real softmax: `p`, `Q`, `Δ`, and that of its logarithm.
#[derive(Debug, Clone, Copy)]
struct Probability {
    upper: Up,
    others: Up,
    change: Up,
    log_change: Up,
}

impl<'a, A: Accumulator> RowBall<'a, A> {
    /// The row of as many entries as there are `weights` that starts at element `start`.
    #[inline]
    pub(super) fn new<F: Format<Acc = A>, D: Domain>(z: Ball<'_, F, D>, start: usize, weights: &'a mut [f64]) -> Self {
        let len = weights.len();
        let row = Row::new(&z.mid[start..start + len], weights);
        let (mut magnitude, mut errors, mut spread_rest) = (Up::ZERO, Up::ZERO, Up::ZERO);
        let (mut widest, mut spread_top) = (Up::ZERO, Up::ZERO);
        for (j, &weight) in weights.iter().enumerate() {
            let (z, zeta) = z.get(start + j);
            let eta = row.exponent_error(z.to_acc(), zeta);
            widest = widest.max(eta);
            if j == row.top {
                spread_top = eta.exp_m1();
                continue;
            }
            let error = A::eval_error::<Exp>(Format::from_f64(weight));
            magnitude += Up::abs(weight);
            errors += error;
            spread_rest += (Up::abs(weight) + error) * eta.exp_m1();
        }
        // All terms but the largest: one addition less than there are of them.
        let height = sum_height::<F>(len).min(len.saturating_sub(2));
        let rest_error = sum_error::<A>(height).relative * magnitude + errors;
        let sum_error = rest_error + A::add_error(A::one(), row.rest, row.sum);
        // The real sum is at least 1, for its largest term is.
        let sum_low = rest_error.below((1.0 + Format::to_f64(row.rest)).next_down()).max(1.0);
        let inverse = Up::new(1.0).over(sum_low);
        // ln(1 + 0) is exactly 0.
        let own = if row.rest == A::zero() && row.log == A::zero() { Up::ZERO } else { row.log.eval_error::<Ln1p>() };
        let spread_rest = spread_rest * inverse;
        let shrunk = (1.0 / ((widest + widest).exp_m1() + Up::new(1.0)).get()).next_down().max(0.0);
        Self {
            row,
            weights,
            rest_error,
            sum_error,
            // The slope of ln(1 + R) is the inverse of the sum.
            log_error: own + rest_error * inverse,
            inverse,
            inverse_low: (1.0 / (row.sum.magnitude() + sum_error).get()).next_down().max(0.0),
            spread_rest,
            spread: spread_rest + spread_top * inverse,
            widest,
            shrunk,
            moved: Up::new((1.0 - shrunk).next_up()).min(widest + widest),
        }
    }

    /// ∞ if nothing is known of some entry, else 0.
    #[inline]
    pub(super) fn unknown(&self) -> Up {
        if self.widest.is_finite() { Up::ZERO } else { Up::INFINITY }
    }

    /// `gⱼ` and at least its distance from the real one.
    #[inline]
    pub(super) fn loss(&self, j: usize, z: A, zeta: Up) -> (A, Up) {
        let (loss, exponent) = (self.row.loss(z), z - self.row.max);
        let rounding = self.log_error + A::add_error(self.row.log, Format::neg(exponent), loss);
        (loss, self.probability(j, z, zeta).log_change + rounding)
    }

    /// The computed `eⱼ` with its error.
    #[inline]
    fn weight(&self, j: usize) -> (A, Up) {
        let weight: A = Format::from_f64(self.weights[j]);
        (weight, weight.eval_error::<Exp>())
    }

    #[inline]
    fn probability(&self, j: usize, z: A, zeta: Up) -> Probability {
        let one = Up::new(1.0);
        let (upper, others, spread) = if j == self.row.top {
            let others = (self.row.rest.magnitude() + self.rest_error) * self.inverse;
            (self.inverse.min(one), others.min(one), self.spread_rest)
        } else {
            let (weight, error) = self.weight(j);
            let lower = Up::ZERO.below(error.below(self.weights[j]).max(0.0) * self.inverse_low);
            let upper = (weight.magnitude() + error) * self.inverse;
            (upper.min(one), one * Up::new(1.0 - lower.max(0.0)), self.spread)
        };
        let eta = self.row.exponent_error(z, zeta);
        let own = eta.exp_m1();
        let change = (one + own) * spread + own * others;
        let log_change = change.min(self.widest + eta) + self.unknown();
        // The two bounds agree to first order: the other is asked for only where balls are wide.
        let uniform = if self.widest.get() < 0.01 { Up::INFINITY } else { self.uniform_change(upper, others) };
        Probability { upper, others, change: (upper * change).min(uniform), log_change }
    }

    /// The bound of `Δ` for equal radii; ∞ if nothing is known of some entry.
    fn uniform_change(&self, upper: Up, others: Up) -> Up {
        let far = Up::ZERO.below(upper.max(others).get() * self.shrunk).max(0.0);
        let divisor = Up::ZERO.below(upper.min(others).get() + far);
        (upper * others * self.moved).over(divisor) + self.unknown()
    }

    /// At least `|quotient - x*/S*|`, where `quotient` is `fl(x / S)` and `|x - x*| <= xi`.
    ///
    /// `x/S - x*/S* = (x/S (S* - S) + (x - x*))/S*`.
    #[inline]
    fn divided(&self, x: A, xi: Up, quotient: A) -> Up {
        let rounding = A::div_error(x, self.row.sum, quotient);
        rounding + ((quotient.magnitude() + rounding) * self.sum_error + xi) * self.inverse
    }
}

/// A row with bounds of what [`Pull`] computed of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct PullBall<'a, A> {
    z: RowBall<'a, A>,
    pull: Pull<A>,
    rest_error: Up,
    /// A bound of `|Σ t|`.
    total: Up,
    scale_error: Up,
    /// The radii of `t` over all entries but the largest, and over all.
    tau_rest: Up,
    tau: Up,
}

impl<'a, A: Accumulator> PullBall<'a, A> {
    /// The row `z` with the row of `t` that starts at element `start`.
    #[inline]
    pub(super) fn new<F: Format<Acc = A>, D: Domain>(z: RowBall<'a, A>, t: Ball<'_, F, D>, start: usize) -> Self {
        let len = z.weights.len();
        let pull = Pull::new(&z.row, &t.mid[start..start + len]);
        let (mut magnitude, mut tau_rest, mut nonzero) = (Up::ZERO, Up::ZERO, 0_usize);
        let (mut top, mut tau_top) = (A::zero(), Up::ZERO);
        for j in 0..len {
            let (t, tau) = t.get(start + j);
            if j == z.row.top {
                (top, tau_top) = (t.to_acc(), tau);
                continue;
            }
            magnitude += t.magnitude();
            tau_rest += tau;
            nonzero += usize::from(t != F::ZERO);
        }
        // Adding zero is exact, so a one-hot row is summed without error.
        let height = sum_height::<F>(len).min(nonzero.saturating_sub(1));
        let rest_error = sum_error::<A>(height).relative * magnitude;
        let total_error = rest_error + A::add_error(pull.rest, top, pull.total);
        let scale_error = z.divided(pull.total, total_error, pull.scale);
        let total = pull.total.magnitude() + total_error;
        Self { z, pull, rest_error, total, scale_error, tau_rest, tau: tau_rest + tau_top }
    }

    /// `vⱼ` and at least its distance from the real one.
    ///
    /// `p*T* - t* - (pT - t) = (p* - p)T + (1 - p*)(t - t*)ⱼ - p* Σ_{k≠j} (t - t*)ₖ`, up to signs.
    #[inline]
    pub(super) fn entry(&self, j: usize, (z, zeta): (A, Up), (t, tau): (A, Up)) -> (A, Up) {
        let p = self.z.probability(j, z, zeta);
        let is_top = j == self.z.row.top;
        let tau_others = if is_top { self.tau_rest } else { self.tau };
        let uncertain = (p.others + p.change) * tau + (p.upper + p.change) * tau_others;
        let propagated = p.change * self.total + uncertain;
        let (value, rounding) = if is_top { self.top(t) } else { self.other(j, t) };
        (value, propagated + rounding)
    }

    #[inline]
    fn top(&self, t: A) -> (A, Up) {
        let rest = self.z.row.rest;
        let product = t * rest;
        let product_error = A::mul_error(t, rest, product) + t.magnitude() * self.z.rest_error;
        let difference = self.pull.rest - product;
        let error = A::add_error(self.pull.rest, Format::neg(product), difference) + self.rest_error + product_error;
        let value = difference / self.z.row.sum;
        (value, self.z.divided(difference, error, value))
    }

    #[inline]
    fn other(&self, j: usize, t: A) -> (A, Up) {
        let weight = self.z.weight(j);
        let product = weight.0 * self.pull.scale;
        let factors = product_error(weight, (self.pull.scale, self.scale_error));
        let value = product - t;
        let rounding = A::mul_error(weight.0, self.pull.scale, product) + A::add_error(product, Format::neg(t), value);
        (value, factors + rounding)
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise};
    use super::super::{CrossEntropy, LogSoftmax, Op};
    use super::*;
    use crate::bound::Elementwise;
    use crate::format::bf16;

    const LEN: usize = 5;
    type Vector = (D<LEN>,);

    /// A xorshift generator; numbers in [-1, 1).
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> f64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as f64 / 2f64.powi(52) - 1.0
        }

        /// Mostly one of the ends of the interval, where the extremes are.
        fn within(&mut self, radius: f64) -> f64 {
            let x = self.next();
            radius * if x.abs() < 0.3 { self.next() } else { x.signum() }
        }
    }

    /// The real cross-entropy and both of its gradients for a unit cotangent, good to 1e-14.
    fn real(z: [f64; LEN], t: [f64; LEN]) -> (f64, [f64; LEN], [f64; LEN]) {
        let max = z.into_iter().fold(f64::MIN, f64::max);
        let exp = z.map(|z| (z - max).exp());
        let sum: f64 = exp.iter().sum();
        let loss = z.map(|z| sum.ln() - (z - max));
        let total: f64 = t.iter().sum();
        let value = (0..LEN).map(|j| t[j] * loss[j]).sum();
        (value, std::array::from_fn(|j| exp[j] / sum * total - t[j]), loss)
    }

    /// Random rows of many scales, and random real points of their balls.
    fn no_real_point_is_outside<F: Format>(seed: u64) {
        let mut random = Random(seed);
        for round in 0..3000 {
            let spread = [0.1, 3.0, 30.0][round % 3];
            let radius = [0.0, 1e-6, 1e-2, 1.0, 20.0][round % 5];
            let mut numbers = |scale: f64| std::array::from_fn::<F, LEN, _>(|_| F::from_f64(scale * random.next()));
            let (z, mut t) = (numbers(spread), numbers(1.0));
            if round % 2 == 0 {
                t = std::array::from_fn(|j| if j == round % LEN { F::ONE } else { F::ZERO });
            }
            let alpha: [f64; LEN] = std::array::from_fn(|_| radius * random.next().abs());
            let beta: [f64; LEN] =
                std::array::from_fn(|_| if round % 4 == 1 { 1e-3 * random.next().abs() } else { 0.0 });
            let case = Case2 { a: &z, b: &t, alpha: &alpha, beta: &beta, dy: &[F::ONE], ..Case2::default() };
            let result = elementwise::<CrossEntropy, Vector, Vector, F>(case);
            for _ in 0..20 {
                let real_z = std::array::from_fn(|j| z[j].to_f64() + random.within(alpha[j]));
                let real_t = std::array::from_fn(|j| t[j].to_f64() + random.within(beta[j]));
                let (y, dz, dt) = real(real_z, real_t);
                let pairs = (result.y.iter().zip(&result.rad_y).zip([y]))
                    .chain(result.dx[0].iter().zip(&result.rad_dx[0]).zip(dz))
                    .chain(result.dx[1].iter().zip(&result.rad_dx[1]).zip(dt));
                for ((computed, radius), exact) in pairs {
                    let error = (computed.to_f64() - exact).abs();
                    assert!(
                        error <= radius + 1e-13,
                        "{z:?} {t:?} {alpha:?} {beta:?}: {computed} - {exact} = {error} > {radius}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_real_point_of_f32_balls_is_outside() {
        no_real_point_is_outside::<f32>(0x9e37_79b9_7f4a_7c15);
    }

    #[test]
    fn no_real_point_of_bf16_balls_is_outside() {
        no_real_point_is_outside::<bf16>(0x2545_f491_4f6c_dd1d);
    }

    #[test]
    fn long_rows_do_not_blow_up() {
        const LONG: usize = 8192;
        let mut random = Random(3);
        let z: Vec<f32> = (0..LONG).map(|_| f32::from_f64(random.next())).collect();
        let (mut y, mut radii, alpha) = (vec![0.0; LONG], vec![0.0; LONG], vec![1e-6; LONG]);
        <LogSoftmax as Op<((D<LONG>,),)>>::forward([&z], &mut y);
        let ball = Ball::<f32, Elementwise>::new(&z, &alpha);
        <LogSoftmax as Op<((D<LONG>,),)>>::forward_radius([ball], &y, &mut radii);
        // The real sensitivity is 2e-6; the sum has a tree of height 515.
        assert!(radii.iter().all(|&r| r > 2e-6 && r < 4e-5), "{}", radii[0]);
    }
}
