//! The logarithm of the softmax along the last axis, `x - ln Σ e^x`: `[s, c] -> [s, c]`.
//!
//! | | |
//! |---|---|
//! | Value | `yⱼ = fl(sⱼ - L)`, `sⱼ = fl(xⱼ - max x)`, `L = ln(1 + Σ e^sₖ)` over all but the largest entry |
//! | Cotangent | `x̄ⱼ = ȳⱼ - pⱼ Σ ȳ`, `p` the softmax of `x` |
//!
//! Both are computed in the accumulator and rounded once to the format. The sequence of operations, and the bounds of
//! both with their proof, are those of a row of logits: `logits.rs` with `g = -y`, and `pull.rs` with `v = -x̄` for `t = ȳ`.
//!
//! # Error bound
//!
//! ```text
//! |yⱼ - y*ⱼ| <= min(Wⱼ, max η + ηⱼ) + |L - ln(1 + R)| + (the roundings of R and yⱼ)
//! |x̄ⱼ - x̄*ⱼ| <= Δⱼ |Σ ȳ| + (1 - pⱼ + Δⱼ) δⱼ + (pⱼ + Δⱼ) Σ_{k≠j} δₖ + (the roundings of v)
//! ```
//!
//! To first order `Wⱼ = (1 - pⱼ) ηⱼ + Σ_{k≠j} pₖ ηₖ` and `Δⱼ = pⱼ Wⱼ`: what the derivatives say, and no more.

use nfgrad_shapes::Shape;

use super::axis::Rows;
use super::logits::{Block, RowBall, ball_room, blocks, room};
use super::pull::{Pull, PullBall};
use super::rounding::{guarded, narrowing_error};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;
use crate::kernel::dispatch::wide;
use crate::kernel::scratch::with_scratch;

/// The logarithm of the softmax along the last axis; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct LogSoftmax;

impl<S: Rows> Op<(S,)> for LogSoftmax {
    const NAME: &'static str = "log_softmax";
    type Out = S;

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        with_scratch([room(S::LEN)], |[room]: [&mut [f64]; 1]| values::<S, F>(x, y, room));
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        let lengths = [room(S::LEN), ball_room(S::LEN), S::LEN, S::NUMEL];
        with_scratch(lengths, |[room, ball, losses, each]: [&mut [f64]; 4]| {
            D::fill_rows_steadily(radii, each, S::LEN, [x.once()], |[x], each| {
                value_radii::<S, F, D>(x, y, [&mut *room, &mut *ball, &mut *losses], each);
            });
        });
    }

    #[inline]
    fn vjp<F: Format>([x]: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        let Some(dx) = dx else { return };
        with_scratch([room(S::LEN)], |[room]: [&mut [f64]; 1]| cotangents::<S, F>(x, dy, dx, room));
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [x]: [Ball<'_, F, D>; 1],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx]: [Option<Contribution<'_, F>>; 1],
    ) {
        let Some(Contribution { mid, radii }) = dx else { return };
        let lengths = [room(S::LEN), ball_room(S::LEN), S::LEN, S::NUMEL];
        with_scratch(lengths, |[room, ball, entries, each]: [&mut [f64]; 4]| {
            D::fill_rows_steadily(radii, each, S::LEN, [x.once(), dy.once()], |[x, dy], each| {
                cotangent_radii::<S, F, D>(x, dy, mid, [&mut *room, &mut *ball, &mut *entries], each);
            });
        });
    }
}

wide! {
    fn values<S: Rows, F: Format>(x: &[F], y: &mut [F], room: &mut [f64]) {
        for rows in blocks(S::LEN, S::Each::NUMEL) {
            let block = Block::new(x, S::LEN, rows.clone(), room);
            for i in rows {
                let (row, range) = (block.row(i).0, i * S::LEN..(i + 1) * S::LEN);
                for (y, x) in y[range.clone()].iter_mut().zip(&x[range]) {
                    *y = F::from_acc(-row.loss(x.to_acc()));
                }
            }
        }
    }
}

wide! {
    fn value_radii<S: Rows, F: Format, D: Domain>(
        x: Ball<'_, F, D>,
        y: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let [room, ball, losses] = scratch;
        for rows in blocks(S::LEN, S::Each::NUMEL) {
            let block = Block::new(x.mid, S::LEN, rows.clone(), room);
            for i in rows {
                let range = i * S::LEN..(i + 1) * S::LEN;
                let (x, y, out) = (x.part(range.clone()), &y[range.clone()], &mut out[range]);
                RowBall::new(block.row(i), x, ball).kept_in::<D>().losses(x.mid, losses, out);
                narrowed(losses, y, out);
            }
        }
    }
}

wide! {
    fn cotangents<S: Rows, F: Format>(x: &[F], dy: &[F], dx: &mut [F], room: &mut [f64]) {
        for rows in blocks(S::LEN, S::Each::NUMEL) {
            let block = Block::new(x, S::LEN, rows.clone(), room);
            for i in rows {
                let ((row, weights), range) = (block.row(i), i * S::LEN..(i + 1) * S::LEN);
                let (dy, dx) = (&dy[range.clone()], &mut dx[range]);
                Pull::new(&row, dy).write(&row, weights, dy, dx, |v| F::from_acc(-v));
            }
        }
    }
}

wide! {
    fn cotangent_radii<S: Rows, F: Format, D: Domain>(
        x: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        dx: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let [room, ball, entries] = scratch;
        for rows in blocks(S::LEN, S::Each::NUMEL) {
            let block = Block::new(x.mid, S::LEN, rows.clone(), room);
            for i in rows {
                let range = i * S::LEN..(i + 1) * S::LEN;
                let (dx, out) = (&dx[range.clone()], &mut out[range.clone()]);
                let (x, dy) = (x.part(range.clone()), dy.part(range));
                let row = RowBall::new(block.row(i), x, ball).kept_in::<D>();
                PullBall::new(row, dy).entries(dy, entries, out);
                narrowed(entries, dx, out);
            }
        }
    }
}

/// Adds the rounding of each `out`, which is `-x` in the format, to the error of `x`.
#[inline(always)]
fn narrowed<F: Format>(x: &[f64], out: &[F], errors: &mut [f64]) {
    for ((error, &x), &out) in errors.iter_mut().zip(x).zip(out) {
        *error = guarded(out, Up::new(*error) + narrowing_error(Format::restored(-x), out)).get();
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
