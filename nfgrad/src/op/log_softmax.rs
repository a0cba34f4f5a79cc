//! The logarithm of the softmax along the last axis, `x - ln Σ e^x`: `[s, c] -> [s, c]`.
//!
//! | | |
//! |---|---|
//! | Value | `yⱼ = fl(sⱼ - L)`, `sⱼ = fl(xⱼ - max x)`, `L = ln(1 + Σ e^sₖ)` over all but the largest entry |
//! | Cotangent | `x̄ⱼ = ȳⱼ - pⱼ Σ ȳ`, `p` the softmax of `x` |
//!
//! Both are computed in the accumulator and rounded once to the format. The sequence of operations, and the bounds of
//! both with their proof, are those of a row of logits: `softmax.rs`, where `g = -y` and `v = -x̄` for `t = ȳ`.
//!
//! # Error bound
//!
//! ```text
//! |yⱼ - y*ⱼ| <= min(Wⱼ, max η + ηⱼ) + |L - ln(1 + R)| + (the roundings of R and yⱼ)
//! |x̄ⱼ - x̄*ⱼ| <= Δⱼ |Σ ȳ| + (1 - pⱼ + Δⱼ) δⱼ + (pⱼ + Δⱼ) Σ_{k≠j} δₖ + (the roundings of v)
//! ```
//!
//! To first order `Wⱼ = (1 - pⱼ) ηⱼ + Σ_{k≠j} pₖ ηₖ` and `Δⱼ = pⱼ Wⱼ`: what the derivatives say, and no more.

use super::axis::Rows;
use super::rounding::{guarded, narrowing_error};
use super::softmax::{Pull, PullBall, Row, RowBall};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;
use crate::kernel::scratch::with_scratch;

/// The logarithm of the softmax along the last axis; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct LogSoftmax;

impl<S: Rows> Op<(S,)> for LogSoftmax {
    const NAME: &'static str = "log_softmax";
    type Out = S;

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        with_scratch([S::LEN], |[weights]: [&mut [f64]; 1]| {
            for (y, x) in y.chunks_exact_mut(S::LEN.max(1)).zip(x.chunks_exact(S::LEN.max(1))) {
                let row = Row::new(x, weights);
                for (y, x) in y.iter_mut().zip(x) {
                    *y = F::from_acc(-row.loss(x.to_acc()));
                }
            }
        });
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        with_scratch([S::LEN, S::NUMEL], |[weights, each]: [&mut [f64]; 2]| {
            for start in (0..S::NUMEL).step_by(S::LEN.max(1)) {
                let row = RowBall::new(x, start, weights);
                for i in start..start + S::LEN {
                    let (x, alpha) = x.get(i);
                    let (loss, error) = row.loss(i - start, x.to_acc(), alpha);
                    each[i] = guarded(y[i], error + narrowing_error(-loss, y[i])).get();
                }
            }
            D::fill(radii, S::NUMEL, |i: usize| Up::new(each[i]));
        });
    }

    #[inline]
    fn vjp<F: Format>([x]: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        let Some(dx) = dx else { return };
        let len = S::LEN.max(1);
        with_scratch([S::LEN], |[weights]: [&mut [f64]; 1]| {
            for ((dx, x), dy) in dx.chunks_exact_mut(len).zip(x.chunks_exact(len)).zip(dy.chunks_exact(len)) {
                let row = Row::new(x, weights);
                Pull::new(&row, dy).write(&row, weights, dy, dx, |v| F::from_acc(-v));
            }
        });
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [x]: [Ball<'_, F, D>; 1],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx]: [Option<Contribution<'_, F>>; 1],
    ) {
        let Some(Contribution { mid, radii }) = dx else { return };
        with_scratch([S::LEN, S::NUMEL], |[weights, each]: [&mut [f64]; 2]| {
            for start in (0..S::NUMEL).step_by(S::LEN.max(1)) {
                let row = PullBall::new(RowBall::new(x, start, weights), dy, start);
                for i in start..start + S::LEN {
                    let ((x, alpha), (dy, delta)) = (x.get(i), dy.get(i));
                    let (v, error) = row.entry(i - start, (x.to_acc(), alpha), (dy.to_acc(), delta));
                    each[i] = guarded(mid[i], error + narrowing_error(-v, mid[i])).get();
                }
            }
            D::fill(radii, S::NUMEL, |i: usize| Up::new(each[i]));
        });
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1, uniform1};
    use super::*;

    type Matrix = (D<2>, D<3>);

    #[test]
    fn rows_are_normalised_and_large_logits_do_not_overflow() {
        let x = [0.0, 2_f64.ln(), 3_f64.ln(), 1000.0, 1000.0, -1000.0];
        let result = elementwise1::<LogSoftmax, Matrix, _>(Case1 {
            x: &x,
            dy: &[6.0, 0.0, 0.0, 0.0, 0.0, 1.0],
            ..Case1::default()
        });
        let half = -2_f64.ln();
        for (y, exact) in result.y.iter().zip([-6_f64.ln(), -3_f64.ln(), -2_f64.ln(), half, half, -2000.0 + half]) {
            assert!((y - exact).abs() < 1e-15 * exact.abs().max(1.0));
        }
        for (dx, exact) in result.dx[0].iter().zip([5.0, -2.0, -3.0, -0.5, -0.5, 1.0]) {
            assert!((dx - exact).abs() < 1e-14);
        }
        assert!(result.rad_y.iter().chain(&result.rad_dx[0]).all(|&r| r > 0.0 && r < 1e-12));
    }

    #[test]
    fn one_entry_is_certain() {
        let case = Case1::<f32> { x: &[3.0, -8.0], alpha: &[0.5, 100.0], dy: &[2.0, 1.0], delta: &[0.0, 1.0] };
        let result = elementwise1::<LogSoftmax, (D<2>, D<1>), _>(case);
        assert_eq!((&result.y[..], &result.rad_y[..]), (&[0.0; 2][..], &[0.0; 2][..]));
        assert_eq!((&result.dx[0][..], &result.rad_dx[0][..]), (&[0.0; 2][..], &[0.0; 2][..]));
    }

    #[test]
    fn a_wide_ball_moves_a_logarithm_by_no_more_than_twice_its_radius() {
        let case =
            Case1::<f32> { x: &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], alpha: &[50.0; 6], dy: &[1.0; 6], ..Case1::default() };
        let result = uniform1::<LogSoftmax, Matrix, _>(case);
        assert!(result.rad_y[0] > 90.0 && result.rad_y[0] < 100.001);
        // No probability moves by more than 1, and the cotangents of a row add up to 3.
        assert!(result.rad_dx[0][0] < 3.001);
    }

    #[test]
    fn what_is_not_finite_is_unbounded_and_stays_in_its_row() {
        let case = Case1 {
            x: &[f32::NAN, 0.0, 1.0, 0.0, 1.0, 2.0],
            dy: &[1.0, 1.0, 1.0, 1.0, f32::INFINITY, 1.0],
            ..Case1::default()
        };
        let result = elementwise1::<LogSoftmax, Matrix, _>(case);
        assert!(result.rad_y[..3].iter().all(|&r| r == f64::INFINITY) && result.rad_y[3..].iter().all(|&r| r < 1e-5));
        assert_eq!(result.rad_dx[0], [f64::INFINITY; 6]);
        let case = Case1::<f32> {
            x: &[f32::NEG_INFINITY, 0.0, 1.0, 0.0, 1.0, 2.0],
            dy: &[0.0; 6],
            delta: &[0.0, 0.0, 0.0, 0.0, 0.0, f64::INFINITY],
            ..Case1::default()
        };
        let result = elementwise1::<LogSoftmax, Matrix, _>(case);
        assert!(result.rad_y[..3].iter().all(|&r| r == f64::INFINITY));
        assert_eq!(result.rad_dx[0], [f64::INFINITY; 6]);
    }
}
