//! The way back through a softmax: the cotangent of logits, and how far it is from the real one.
//!
//! # What is computed, all in the accumulator
//!
//! For one number `tⱼ` an entry, with the words of `logits.rs`,
//!
//! ```text
//! v_top = fl(fl(T' - fl(t_top R)) / S)    T' = fl(Σ_{j≠top} tⱼ)    softmax(z)ⱼ Σt - tⱼ
//! vⱼ = fl(fl(eⱼ q) - tⱼ)                  q = fl(fl(T' + t_top) / S)
//! ```
//!
//! So nothing cancels where the row is nearly certain: for a one-hot `t` at the largest entry, `v_top = -R/S`.
//!
//! # Error bound
//!
//! `p*T* - t* - (pT - t) = (p* - p)T + (1 - p*)(t - t*)ⱼ - p* Σ_{k≠j} (t - t*)ₖ`, up to signs, so with the `Δ` of `logits.rs`
//! and `τ` the radii of `t` what is propagated is at most
//!
//! ```text
//! Δⱼ |T| + (1 - pⱼ + Δⱼ) τⱼ + (pⱼ + Δⱼ) Σ_{k≠j} τₖ
//! ```
//!
//! and what rounding does is a running error analysis: one line of code for each operation.

use super::logits::{Probability, Row, RowBall, total, wide};
use super::rounding::product_error;
use crate::bound::{Ball, Domain, Up};
use crate::format::{Accumulator, Format, sum_error};
use crate::kernel::reduce::{sum_height, sum_of};

/// `softmax(z) Σt - t` of a row: the cotangent of the logits where that of the log-probabilities is `-t`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pull<A> {
    rest: A,
    total: A,
    scale: A,
}

impl<A: Accumulator> Pull<A> {
    #[inline(always)]
    pub(super) fn new<F: Format>(row: &Row<A>, t: &[F]) -> Self {
        let rest = sum_of::<A>(t.len(), |j| if j == row.top { A::zero() } else { wide(t[j]) });
        let total = rest + wide::<A, F>(t.get(row.top).copied().unwrap_or_default());
        Self { rest, total, scale: total / row.sum }
    }

    /// Writes `finish` of every entry.
    #[inline(always)]
    pub(super) fn write<F: Format>(
        &self,
        row: &Row<A>,
        weights: &[f64],
        t: &[F],
        out: &mut [F],
        finish: impl Fn(A) -> F,
    ) {
        for ((out, &weight), &t) in out.iter_mut().zip(weights).zip(t) {
            *out = finish(self.other(Format::restored(weight), wide(t)));
        }
        if let (Some(out), Some(&t)) = (out.get_mut(row.top), t.get(row.top)) {
            *out = finish(self.top(row, wide(t)));
        }
    }

    #[inline(always)]
    fn other(&self, weight: A, t: A) -> A {
        weight * self.scale - t
    }

    #[inline(always)]
    fn top(&self, row: &Row<A>, t: A) -> A {
        (self.rest - t * row.rest) / row.sum
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
    /// The row `z` with the row `t`.
    #[inline(always)]
    pub(super) fn new<F: Format, D: Domain>(z: RowBall<'a, A>, t: Ball<'_, F, D>) -> Self {
        let (len, top) = (t.mid.len(), z.row.top);
        let pull = Pull::new(&z.row, t.mid);
        let but_top = |j: usize, x: Up| if j == top { 0.0 } else { x.get() };
        let magnitude = total(len, |j| but_top(j, t.mid[j].magnitude()));
        let tau_rest = total(len, |j| but_top(j, t.radius(j)));
        let nonzero = t.mid.iter().enumerate().filter(|&(j, t)| (*t != F::ZERO) & (j != top)).count();
        let (t_top, tau_top) = if top < len { t.get(top) } else { (F::ZERO, Up::ZERO) };
        // Adding zero is exact, so a one-hot row is summed without error.
        let height = sum_height::<A>(len).min(nonzero.saturating_sub(1));
        let rest_error = sum_error::<A>(height).relative * magnitude;
        let total_error = rest_error + A::add_error(pull.rest, wide(t_top), pull.total);
        let scale_error = z.divided(pull.total, total_error, pull.scale);
        let total = pull.total.magnitude() + total_error;
        Self { z, pull, rest_error, total, scale_error, tau_rest, tau: tau_rest + tau_top }
    }

    /// Writes every `vⱼ`, and at least its distance from the real one.
    #[inline(always)]
    pub(super) fn entries<F: Format, D: Domain>(&self, t: Ball<'_, F, D>, values: &mut [f64], errors: &mut [f64]) {
        let len = t.mid.len();
        let (values, errors) = (&mut values[..len], &mut errors[..len]);
        for j in 0..len {
            let (t, tau) = t.get(j);
            let (value, rounding) = self.other(j, wide(t));
            let error = self.propagated(self.z.other(j), tau, self.tau) + rounding;
            (values[j], errors[j]) = (Format::to_f64(value), error.get());
        }
        let top = self.z.row.top;
        if top < len {
            let (t, tau) = t.get(top);
            let (value, rounding) = self.top(wide(t));
            let error = self.propagated(self.z.top(), tau, self.tau_rest) + rounding;
            (values[top], errors[top]) = (Format::to_f64(value), error.get());
        }
    }

    /// What the errors of the logits and of `t` may do.
    #[inline(always)]
    fn propagated(&self, p: Probability, tau: Up, tau_others: Up) -> Up {
        let (change, total, tau, others) = (p.change.get(), self.total.get(), tau.get(), tau_others.get());
        let (own, rest) = (p.others.get() + change, p.upper.get() + change);
        let sum = change * total + (own * tau + rest * others);
        let is_zero = |a: f64, b: f64| (a == 0.0) | (b == 0.0);
        let exact = is_zero(change, total) & is_zero(own, tau) & is_zero(rest, others);
        Up::of_products(sum, exact)
    }

    #[inline(always)]
    fn top(&self, t: A) -> (A, Up) {
        let rest = self.z.row.rest;
        let product = t * rest;
        let product_error = A::mul_error(t, rest, product) + t.magnitude() * self.z.rest_error;
        let difference = self.pull.rest - product;
        let error = A::add_error(self.pull.rest, Format::neg(product), difference) + self.rest_error + product_error;
        let value = difference / self.z.row.sum;
        (value, self.z.divided(difference, error, value))
    }

    #[inline(always)]
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
    use super::super::{Axis, CrossEntropy, LogSoftmax, Op};
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
        <LogSoftmax<Axis<0>> as Op<((D<LONG>,),)>>::forward([&z], &mut y);
        let ball = Ball::<f32, Elementwise>::new(&z, &alpha);
        <LogSoftmax<Axis<0>> as Op<((D<LONG>,),)>>::forward_radius([ball], &y, &mut radii);
        // The real sensitivity is 2e-6; the sum has a tree of height 515.
        assert!(radii.iter().all(|&r| r > 2e-6 && r < 4e-5), "{}", radii[0]);
    }
}
