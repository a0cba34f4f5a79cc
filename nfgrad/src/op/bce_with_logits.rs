//! The binary cross-entropy of logits against targets, its mean over everything: `[s], [s] -> []`.
//!
//! ```text
//! -t ln σ(z) - (1 - t) ln σ(-z) = softplus(z) - t z
//! ```
//!
//! the mean as in `PyTorch`'s `binary_cross_entropy_with_logits`. The targets are probabilities, mostly 0 or 1, but any number will do.
//!
//! | | |
//! |---|---|
//! | Value | `lᵢ = fl(ln(1 + e^-|z|) + fl(w |z|))`, `w = fl(1 - t)` where `z > 0`, else `t`, in f64; `y = fl(fl(Σ lᵢ) / n)` in the accumulator, rounded once to the format |
//! | Cotangents | `z̄ = fl(s c)`, `s = fl(w - σ(-z))` where `z > 0`, else `fl(σ(z) - t)`; `t̄ = fl(-z c)`; `c = fl(ȳ / n)`; in f64, rounded once to the format |
//!
//! For targets in `[0, 1]` both parts of `lᵢ` are positive, so nothing cancels and nothing overflows; and for the targets 0 and 1 `s` is
//! `±σ(∓z)`, accurate relative to its size.
//!
//! A logit of -∞ itself (see [`Ball`]) with the target 0 loses nothing, exactly, and its cotangent is 0: `0 · ∞ = 0` in `w |z|`.
//!
//! # Error bound
//!
//! With `ρ` the running error of `lᵢ`, `ς` that of `s`, and `B >= σ'` on `[z - α, z + α]`, that of [`softplus`](super::softplus),
//!
//! ```text
//! |lᵢ - lᵢ*| <= ρ + α min(|s| + ς + α B / 2, max(|t|, |1 - t|)) + (|z| + α) β
//! |s - s*|   <= ς + min(α B, 1) + β
//! ```
//!
//! *Proof.* `l` has the derivatives `σ(z) - t` and `-z`, the first with the derivative `σ'`: first `z` is moved, by Taylor's theorem or by the
//! mean value theorem with `σ` in `[0, 1]`, then `t`, along which it is linear. `σ` moves by at most 1. ∎
//!
//! The mean and the cotangents have what sums, quotients and products do to these.

use nfgrad_shapes::Shape;

use super::curve::{Curve, Logistic};
use super::enclosing::{integer, total};
use super::rounding::{Count, guarded, in_f64, is_known, is_minus_infinite, narrowing_error};
use super::summed::Summed;
use super::{Contribution, Op, Softplus};
use crate::bound::{Ball, Domain, Up};
use crate::format::{Carrier, Format, elementary};
use crate::kernel::reduce::sum_of;
use crate::kernel::wide::WideBall;

/// The mean binary cross-entropy of logits; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct BceWithLogits;

impl<S: Shape> Op<(S, S)> for BceWithLogits {
    const NAME: &'static str = "bce_with_logits";
    type Out = ();

    #[inline]
    fn forward<F: Format>([z, t]: [&[F]; 2], y: &mut [F]) {
        y[0] = F::from_acc(Count::new(S::NUMEL).divide(sum_of_losses(z, t)));
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([z, t]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
        D::fill(radii, 1, |_: usize| {
            let losses = Summed::of((0..S::NUMEL).map(|i| {
                let (z, t) = (z.get(i), t.get(i));
                let term = F::Acc::from_f64(loss::<F::Carrier>(z.0.to_f64(), t.0.to_f64()));
                let error = if is_certain(z, t) {
                    term.magnitude()
                } else if is_known(z) & is_known(t) {
                    loss_error(z, t, term)
                } else {
                    Up::INFINITY
                };
                (term, error)
            }));
            let sum = sum_of_losses(z.mid, t.mid);
            let count = Count::new(S::NUMEL);
            let quotient = count.divide(sum);
            let error = losses.error(sum);
            guarded(y[0], count.divide_error(sum, error, quotient) + narrowing_error(quotient, y[0]))
        });
    }

    #[inline]
    fn vjp<F: Format>([z, t]: [&[F]; 2], _: &[F], dy: &[F], [dz, dt]: [Option<&mut [F]>; 2]) {
        let factor = dy[0].to_f64() / S::NUMEL as f64;
        if let Some(dz) = dz {
            for ((dz, z), t) in dz.iter_mut().zip(z).zip(t) {
                *dz = F::from_f64(slope::<F::Carrier>(z.to_f64(), t.to_f64()) * factor);
            }
        }
        if let Some(dt) = dt {
            for (dt, z) in dt.iter_mut().zip(z) {
                *dt = F::from_f64(-z.to_f64() * factor);
            }
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [z, t]: [Ball<'_, F, D>; 2],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dz, dt]: [Option<Contribution<'_, F>>; 2],
    ) {
        let factor = factor(S::NUMEL, dy.get(0));
        let known = |i: usize| is_known(z.get(i)) & is_known(t.get(i)) & is_known(dy.get(0));
        if let Some(Contribution { mid, radii }) = dz {
            D::fill(radii, S::NUMEL, |i: usize| {
                if is_certain(z.get(i), t.get(i)) && is_known(dy.get(0)) {
                    return mid[i].magnitude();
                }
                let radius = scaled_error(slope_ball(z.get(i), t.get(i)), factor, mid[i]);
                guarded(mid[i], if known(i) { radius } else { Up::INFINITY })
            });
        }
        if let Some(Contribution { mid, radii }) = dt {
            D::fill(radii, S::NUMEL, |i: usize| {
                let (z, alpha) = in_f64(z.get(i));
                guarded(mid[i], if known(i) { scaled_error((-z, alpha), factor, mid[i]) } else { Up::INFINITY })
            });
        }
    }

    fn enclose<const K: usize>([z, t]: [&[WideBall<K>]; 2], y: &mut [WideBall<K>]) {
        // softplus(z) - t z, which for large z is a difference that costs a few bits of many.
        let loss = |(&z, &t)| if is_out(z, t) { WideBall::ZERO } else { z.softplus() - t * z };
        y[0] = total(z.iter().zip(t).map(loss)) / integer(S::NUMEL);
    }

    fn enclose_vjp<const K: usize>(
        [z, t]: [&[WideBall<K>]; 2],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dz, dt]: [Option<&mut [WideBall<K>]>; 2],
    ) {
        let factor = dy[0] / integer(S::NUMEL);
        for (i, dz) in dz.into_iter().flatten().enumerate() {
            let slope = if is_out(z[i], t[i]) { WideBall::ZERO } else { z[i].sigmoid() - t[i] };
            *dz = slope * factor;
        }
        for (i, dt) in dt.into_iter().flatten().enumerate() {
            *dt = -z[i] * factor;
        }
    }
}

/// The sum of the losses in the accumulator.
#[inline]
fn sum_of_losses<F: Format>(z: &[F], t: &[F]) -> F::Acc {
    let t = &t[..z.len()];
    sum_of::<F>(z.len(), |i| F::Acc::from_f64(loss::<F::Carrier>(z[i].to_f64(), t[i].to_f64())))
}

/// `ln(1 + e^-|z|)`.
#[inline(always)]
fn log_term<A: Carrier>(z: f64) -> f64 {
    A::carry::<elementary::Softplus>(-z.abs())
}

/// `w`: what is left of the target on the side of `z`.
#[inline(always)]
fn weight(z: f64, t: f64) -> f64 {
    if z > 0.0 { 1.0 - t } else { t }
}

/// `l`.
#[inline(always)]
fn loss<A: Carrier>(z: f64, t: f64) -> f64 {
    log_term::<A>(z) + weighted(z, t)
}

/// `w |z|`; 0 where `w` is 0, also where `z` is infinite.
#[inline(always)]
fn weighted(z: f64, t: f64) -> f64 {
    let weight = weight(z, t);
    if weight == 0.0 { 0.0 } else { weight * z.abs() }
}

/// Whether the logit is -∞ itself and the target 0: nothing is lost there, and the slope is 0, exactly.
#[inline(always)]
fn is_certain<F: Format>((z, alpha): (F, Up), (t, beta): (F, Up)) -> bool {
    is_minus_infinite(z) & alpha.is_finite() & (t == F::ZERO) & (beta == Up::ZERO)
}

/// The same of balls.
#[inline]
fn is_out<const K: usize>(z: WideBall<K>, t: WideBall<K>) -> bool {
    z.is_minus_infinity() & t.is_exact() & t.mid().is_zero()
}

/// `s`, which is close to `σ(z) - t`.
#[inline(always)]
fn slope<A: Carrier>(z: f64, t: f64) -> f64 {
    let logistic = Logistic::new::<A>(z);
    if z > 0.0 { weight(z, t) - logistic.below } else { logistic.above - t }
}

/// At least `|fl(1 - t) - (1 - t)|`, or 0 where it is `t` itself.
#[inline(always)]
fn weight_error(z: f64, t: f64) -> Up {
    if z > 0.0 { f64::add_error(1.0, -t, weight(z, t)) } else { Up::ZERO }
}

/// `s` with its distance from the real slope at this very `z` and `t`.
#[inline(always)]
fn slope_here<A: Carrier>(z: f64, t: f64) -> (f64, Up) {
    let (logistic, slope) = (Logistic::new::<A>(z), slope::<A>(z, t));
    let (sigmoid, rounding) = if z > 0.0 {
        (logistic.below, f64::add_error(weight(z, t), -logistic.below, slope))
    } else {
        (logistic.above, f64::add_error(logistic.above, -t, slope))
    };
    let function = Up::new(Logistic::relative::<A>()) * Up::new(sigmoid) + Logistic::underflow::<A>();
    (slope, function + rounding + weight_error(z, t))
}

/// `s` with its distance from the real slope.
#[inline(always)]
fn slope_ball<F: Format>(z: (F, Up), t: (F, Up)) -> (f64, Up) {
    let ((z, alpha), (t, beta)) = (in_f64(z), in_f64(t));
    let (slope, error) = slope_here::<F::Carrier>(z, t);
    let bend = Softplus::bend::<F::Carrier>(z).within(alpha, Softplus::MAXIMA);
    (slope, error + (alpha * bend).min(Up::new(1.0)) + beta)
}

/// At least the distance of a loss from the real one, where `term` is the loss in the accumulator.
#[inline(always)]
fn loss_error<F: Format>(z: (F, Up), t: (F, Up), term: F::Acc) -> Up {
    let ((z, alpha), (t, beta)) = (in_f64(z), in_f64(t));
    let (log, weight, loss) = (log_term::<F::Carrier>(z), weight(z, t), loss::<F::Carrier>(z, t));
    let product = weight * z.abs();
    let own = F::Carrier::carry_error::<elementary::Softplus>(Up::abs(log))
        + weight_error(z, t) * z
        + f64::mul_error(weight, z.abs(), product)
        + f64::add_error(log, product, loss)
        + term.distance(loss);
    let (slope, slope_error) = slope_here::<F::Carrier>(z, t);
    let bend = Softplus::bend::<F::Carrier>(z).within(alpha, Softplus::MAXIMA);
    let steepness = Up::abs(slope) + slope_error + alpha * bend * Up::new(0.5);
    let steepest = Up::abs(t).max(Up::of_rounded_sum(1.0 - t));
    own + alpha * steepness.min(steepest) + (Up::abs(z) + alpha) * beta
}

/// `fl(dy / n)` in f64 with its radius.
#[inline]
fn factor<F: Format>(n: usize, dy: (F, Up)) -> (f64, Up) {
    let ((dy, delta), n) = (in_f64(dy), n as f64);
    let factor = dy / n;
    (factor, f64::div_error(dy, n, factor) + delta.over(n))
}

/// At least `|dx - s* c*|`, where `dx` is the product `s c` in f64, rounded once to the format.
#[inline(always)]
fn scaled_error<F: Format>(s: (f64, Up), c: (f64, Up), dx: F) -> Up {
    super::curve::scaled_error(s, c, dx)
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise, uniform};
    use super::*;
    use crate::format::bf16;

    type S = (D<4>,);

    #[test]
    fn hard_targets_neither_cancel_nor_overflow() {
        let case = Case2::<f64> {
            a: &[1000.0, -1000.0, 40.0, -40.0],
            b: &[0.0, 1.0, 1.0, 0.0],
            dy: &[4.0],
            ..Case2::default()
        };
        let result = elementwise::<BceWithLogits, S, S, _>(case);
        let tiny = (-40.0_f64).exp();
        assert_eq!(result.y[0], 500.0);
        assert_eq!(result.dx[1], [-1000.0, 1000.0, -40.0, 40.0]);
        for (dz, exact) in result.dx[0].iter().zip([1.0, -1.0, -tiny, tiny]) {
            assert!((dz - exact).abs() <= 1e-15 * exact.abs());
        }
        assert!(result.rad_dx[0][2] < 1e-14 * tiny && result.rad_dx[0][3] < 1e-14 * tiny);
        assert!(result.rad_y[0] < 1e-12);
    }

    #[test]
    fn the_mean_over_everything_with_soft_targets() {
        let (z, t) = ([0.5, -1.5, 2.0, 0.0], [0.25, 0.5, 0.9, 1.0]);
        let result =
            elementwise::<BceWithLogits, S, S, _>(Case2::<f64> { a: &z, b: &t, dy: &[2.0], ..Case2::default() });
        let loss = |z: f64, t: f64| z.exp().ln_1p() - t * z;
        let mean = z.iter().zip(t).map(|(&z, t)| loss(z, t)).sum::<f64>() / 4.0;
        assert!((result.y[0] - mean).abs() <= result.rad_y[0] + 1e-16 && result.rad_y[0] < 1e-14);
        for (i, (z, t)) in z.into_iter().zip(t).enumerate() {
            let exact = (1.0 / (1.0 + (-z).exp()) - t) / 2.0;
            assert!((result.dx[0][i] - exact).abs() <= result.rad_dx[0][i] + 1e-16 && result.rad_dx[0][i] < 1e-15);
            assert_eq!(result.dx[1][i], -z / 2.0);
        }
    }

    #[test]
    fn radii_of_logits_and_of_targets() {
        let case = Case2::<f64> {
            a: &[0.0, 3.0, 0.0, 0.0],
            b: &[0.0, 1.0, 0.0, 1.0],
            alpha: &[0.01, 0.0, 1e6, 0.0],
            beta: &[0.0, 0.5, 0.0, 0.0],
            dy: &[4.0],
            delta: &[0.0],
        };
        let of = |alpha: [f64; 4], beta: [f64; 4]| {
            elementwise::<BceWithLogits, S, S, _>(Case2 { alpha: &alpha, beta: &beta, ..case })
        };
        let result = of([0.01, 0.0, 0.0, 0.0], [0.0; 4]);
        assert!(result.rad_y[0] * 4.0 >= 0.01 * 0.5 && result.rad_y[0] * 4.0 < 0.01 * 0.5 + 1.3e-5);
        assert!(result.rad_dx[0][0] >= 0.002_499 && result.rad_dx[0][0] < 0.002_501);
        let result = of([0.0; 4], [0.0, 0.5, 0.0, 0.0]);
        assert!((1.5..1.500_001).contains(&(result.rad_y[0] * 4.0)) && (0.5..0.500_001).contains(&result.rad_dx[0][1]));
        // No slope is larger than 1, and none moves by more.
        let result = of([0.0, 0.0, 1e6, 0.0], [0.0; 4]);
        assert!(result.rad_y[0] * 4.0 < 1.000_001e6 && result.rad_dx[0][2] < 1.000_001);
        let result = uniform::<BceWithLogits, S, S, _>(Case2 { alpha: &[], beta: &[], ..case });
        assert!(result.rad_y[0] < 1e-14 && result.rad_dx[0][0] < 1e-15);
    }

    #[test]
    fn minus_infinity_with_the_target_zero_loses_nothing() {
        let case = Case2::<f32> {
            a: &[f32::NEG_INFINITY, 1.0, -2.0, f32::NEG_INFINITY],
            b: &[0.0, 1.0, 0.0, 0.0],
            alpha: &[0.5, 0.0, 0.0, 0.0],
            dy: &[1.0],
            ..Case2::default()
        };
        let result = elementwise::<BceWithLogits, S, S, _>(case);
        let exact = ((-1.0_f64).exp().ln_1p() + (-2.0_f64).exp().ln_1p()) / 4.0;
        assert!((f64::from(result.y[0]) - exact).abs() <= result.rad_y[0] && result.rad_y[0] < 1e-7);
        assert_eq!(
            ([result.dx[0][0], result.dx[0][3]], [result.rad_dx[0][0], result.rad_dx[0][3]]),
            ([0.0; 2], [0.0; 2])
        );
        assert!(result.rad_dx[0][1] < 1e-7);
        let case = Case2 { b: &[0.5, 1.0, 0.0, 0.0], ..case };
        assert_eq!(elementwise::<BceWithLogits, S, S, _>(case).rad_y, [f64::INFINITY]);
        let case = Case2 { b: &[0.0; 4], alpha: &[f64::INFINITY, 0.0, 0.0, 0.0], ..case };
        assert_eq!(elementwise::<BceWithLogits, S, S, _>(case).rad_y, [f64::INFINITY]);
    }

    #[test]
    fn narrow_formats_round_once_at_the_end_and_nothing_is_known_of_nan() {
        let (z, t) = ([1.0, 0.1, -0.7, 3.0].map(bf16::from_f64), [1.0, 0.0, 0.5, 1.0].map(bf16::from_f64));
        let result =
            elementwise::<BceWithLogits, S, S, _>(Case2 { a: &z, b: &t, dy: &[bf16::ONE], ..Case2::default() });
        assert!(result.rad_y[0] <= result.y[0].half_ulp().get() * 1.001);
        let case = Case2::<f32> { a: &[f32::NAN, 0.0, 0.0, 0.0], b: &[0.0; 4], dy: &[1.0], ..Case2::default() };
        let result = elementwise::<BceWithLogits, S, S, _>(case);
        assert_eq!((result.rad_y[0], result.rad_dx[0][0]), (f64::INFINITY, f64::INFINITY));
        assert!(result.rad_dx[0][1] < 1e-7);
    }
}
