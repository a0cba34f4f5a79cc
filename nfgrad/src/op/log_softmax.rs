//! The logarithm of the softmax along an axis, `x - ln Σ e^x`: `[s] -> [s]`, and with a mask `[s ++ t], [t] -> [s ++ t]`.
//!
//! | | |
//! |---|---|
//! | Value | `yⱼ = fl(sⱼ - L)`, `sⱼ = fl(xⱼ - max x)`, `L = ln(1 + Σ e^sₖ)` over all but the largest entry |
//! | Cotangent | `x̄ⱼ = ȳⱼ - pⱼ Σ ȳ`, `p` the softmax of `x` |
//!
//! Both are computed in the accumulator and rounded once to the format. The sequence of operations, and the bounds of
//! both with their proof, are those of a row of logits: `logits.rs` with `g = -y`, and `pull.rs` with `v = -x̄` for `t = ȳ`.
//!
//! # The mask
//!
//! An entry whose mask is 0 is left out of the sums, as in [`softmax`](super::softmax). Its real logarithm would be -∞, which is no number:
//! no radius bounds a distance from it, and in a loss it would meet targets that are 0 there, as `0 * -∞`. So its `y` is 0 by
//! convention, and so is its cotangent, both exactly: `sum(t * log_softmax(x, mask))` is what is meant by it, the sum over the
//! entries that are kept. (The probabilities of the masked entries, which are 0, are those of `softmax`, and not `exp(y)`.) The mask is
//! repeated over the leading axes of `x` and its own cotangent is 0. Of a row of which nothing is left, `y` and the cotangent are 0 by the same convention,
//! exactly: the sum over nothing. Where the radius of the mask leaves open whether it is 0 nothing is known: the radii of the row are ∞.
//!
//! An entry that is -∞ itself (see [`Ball`]) is a number of the row: its `y` is -∞, exactly, that of the others is as if it were not there, and its
//! cotangent is `ȳⱼ`. A row of nothing else has no logarithm: its `y` is NaN, with radius ∞. What a loss makes of -∞ where the target is 0 is
//! [`cross_entropy`](super::cross_entropy)'s to say.
//!
//! # Error bound
//!
//! ```text
//! |yⱼ - y*ⱼ| <= min(Wⱼ, max η + ηⱼ) + |L - ln(1 + R)| + (the roundings of R and yⱼ)
//! |x̄ⱼ - x̄*ⱼ| <= Δⱼ |Σ ȳ| + (1 - pⱼ + Δⱼ) δⱼ + (pⱼ + Δⱼ) Σ_{k≠j} δₖ + (the roundings of v)
//! ```
//!
//! To first order `Wⱼ = (1 - pⱼ) ηⱼ + Σ_{k≠j} pₖ ηₖ` and `Δⱼ = pⱼ Wⱼ`: what the derivatives say, and no more.
//!
//! Rows that lie side by side and have no mask are worked on where they are; any other line is gathered first: `lines.rs`.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::{EndsWith, Shape};

use super::axis::OneAxis;
use super::enclosing::{kept, mask_cotangent};
use super::lines;
use super::logits::{Block, RowBall, ball_room, blocks, room};
use super::pull::{Pull, PullBall};
use super::repeat::repeated;
use super::rounding::{guarded, is_minus_infinite, narrowing_error};
use super::softmax::Choice;
use super::softmax::enclosures;
use super::{Contribution, Op};
use crate::bound::{Ball, Bound, Domain, Up, fill_rows};
use crate::format::Format;
use crate::kernel::dispatch::wide;
use crate::kernel::scratch::with_scratch;
use crate::kernel::wide::WideBall;

/// The logarithm of the softmax along the axis `A`, an [`Axis`](super::Axis); see the [module](self).
#[derive(Clone, Copy)]
pub struct LogSoftmax<A>(PhantomData<fn() -> A>);

impl<A> Debug for LogSoftmax<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogSoftmax")
    }
}

impl<A: OneAxis<S>, S: Shape> Op<(S,)> for LogSoftmax<A> {
    const NAME: &'static str = "log_softmax";
    type Out = S;

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        if A::EXTENT.inner != 1 {
            return lines::forward(A::EXTENT, x, |_| true, y);
        }
        with_scratch([room(A::EXTENT.len)], |[room]: [&mut [f64]; 1]| values::<S, A, F>(x, y, room));
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        if A::EXTENT.inner != 1 {
            return lines::forward_radius(A::EXTENT, x, |_| Choice::Kept, y, radii);
        }
        let len = A::EXTENT.len;
        with_scratch([room(len), ball_room(len), len, S::NUMEL], |[room, ball, losses, each]: [&mut [f64]; 4]| {
            fill_rows(radii, each, (len, f64::MAX), [x.once()], |bound, [x], each| {
                value_radii::<S, A, F, D>(bound, x, y, [&mut *room, &mut *ball, &mut *losses], each);
            });
        });
    }

    #[inline]
    fn vjp<F: Format>([x]: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        let Some(dx) = dx else { return };
        if A::EXTENT.inner != 1 {
            return lines::vjp(A::EXTENT, x, |_| true, dy, dx);
        }
        with_scratch([room(A::EXTENT.len)], |[room]: [&mut [f64]; 1]| cotangents::<S, A, F>(x, dy, dx, room));
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [x]: [Ball<'_, F, D>; 1],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx]: [Option<Contribution<'_, F>>; 1],
    ) {
        let Some(dx) = dx else { return };
        if A::EXTENT.inner != 1 {
            return lines::vjp_radius([x, dy], A::EXTENT, |_| Choice::Kept, dx);
        }
        let (Contribution { mid, radii }, len) = (dx, A::EXTENT.len);
        with_scratch([room(len), ball_room(len), len, S::NUMEL], |[room, ball, entries, each]: [&mut [f64]; 4]| {
            fill_rows(radii, each, (len, f64::MAX), [x.once(), dy.once()], |bound, [x, dy], each| {
                cotangent_radii::<S, A, F, D>(bound, x, dy, mid, [&mut *room, &mut *ball, &mut *entries], each);
            });
        });
    }

    fn enclose<const K: usize>([x]: [&[WideBall<K>]; 1], y: &mut [WideBall<K>]) {
        enclosures::log_values(A::EXTENT, x, &|_| Some(true), y);
    }

    fn enclose_vjp<const K: usize>(
        [x]: [&[WideBall<K>]; 1],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx]: [Option<&mut [WideBall<K>]>; 1],
    ) {
        if let Some(dx) = dx {
            enclosures::log_cotangents(A::EXTENT, &|_| Some(true), [x, dy], dx);
        }
    }
}

impl<A: OneAxis<S>, S: EndsWith<M>, M: Shape> Op<(S, M)> for LogSoftmax<A> {
    const NAME: &'static str = "log_softmax";
    type Out = S;

    #[inline]
    fn forward<F: Format>([x, mask]: [&[F]; 2], y: &mut [F]) {
        lines::forward(A::EXTENT, x, |i| mask[repeated::<S, M>(i)] != F::ZERO, y);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x, mask]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
        lines::forward_radius(A::EXTENT, x, |i| Choice::of(mask.get(repeated::<S, M>(i))), y, radii);
    }

    #[inline]
    fn vjp<F: Format>([x, mask]: [&[F]; 2], _: &[F], dy: &[F], [dx, dmask]: [Option<&mut [F]>; 2]) {
        if let Some(dx) = dx {
            lines::vjp(A::EXTENT, x, |i| mask[repeated::<S, M>(i)] != F::ZERO, dy, dx);
        }
        if let Some(dmask) = dmask {
            dmask.fill(F::ZERO);
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [x, mask]: [Ball<'_, F, D>; 2],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx, dmask]: [Option<Contribution<'_, F>>; 2],
    ) {
        if let Some(dx) = dx {
            lines::vjp_radius([x, dy], A::EXTENT, |i| Choice::of(mask.get(repeated::<S, M>(i))), dx);
        }
        if let Some(Contribution { radii, .. }) = dmask {
            D::fill(radii, M::NUMEL, |j: usize| Choice::of(mask.get(j)).doubt());
        }
    }

    fn enclose<const K: usize>([x, mask]: [&[WideBall<K>]; 2], y: &mut [WideBall<K>]) {
        enclosures::log_values(A::EXTENT, x, &|i| kept(&mask[repeated::<S, M>(i)]), y);
    }

    fn enclose_vjp<const K: usize>(
        [x, mask]: [&[WideBall<K>]; 2],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx, dmask]: [Option<&mut [WideBall<K>]>; 2],
    ) {
        if let Some(dx) = dx {
            enclosures::log_cotangents(A::EXTENT, &|i| kept(&mask[repeated::<S, M>(i)]), [x, dy], dx);
        }
        mask_cotangent(mask, dmask);
    }
}

wide! {
    fn values<S: Shape, A: OneAxis<S>, F: Format>(x: &[F], y: &mut [F], room: &mut [f64]) {
        for rows in blocks(A::EXTENT.len, A::EXTENT.targets()) {
            let block = Block::<F::Acc>::new(x, A::EXTENT.len, rows.clone(), room);
            for i in rows {
                let (row, range) = (block.row(i).0, i * A::EXTENT.len..(i + 1) * A::EXTENT.len);
                for (y, x) in y[range.clone()].iter_mut().zip(&x[range]) {
                    *y = F::from_acc(-row.loss(x.to_acc()));
                }
            }
        }
    }
}

wide! {
    fn value_radii<S: Shape, A: OneAxis<S>, F: Format, D: Domain>(
        bound: Bound,
        x: Ball<'_, F, D>,
        y: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let [room, ball, losses] = scratch;
        for rows in blocks(A::EXTENT.len, A::EXTENT.targets()) {
            let block = Block::<F::Acc>::new(x.mid, A::EXTENT.len, rows.clone(), room);
            for i in rows {
                let range = i * A::EXTENT.len..(i + 1) * A::EXTENT.len;
                let (x, y, out) = (x.part(range.clone()), &y[range.clone()], &mut out[range]);
                RowBall::new(block.row(i), x, ball).kept_for(bound).losses(x.mid, losses, out);
                narrowed(losses, y, out);
            }
        }
    }
}

wide! {
    fn cotangents<S: Shape, A: OneAxis<S>, F: Format>(x: &[F], dy: &[F], dx: &mut [F], room: &mut [f64]) {
        for rows in blocks(A::EXTENT.len, A::EXTENT.targets()) {
            let block = Block::<F::Acc>::new(x, A::EXTENT.len, rows.clone(), room);
            for i in rows {
                let ((row, weights), range) = (block.row(i), i * A::EXTENT.len..(i + 1) * A::EXTENT.len);
                let (dy, dx) = (&dy[range.clone()], &mut dx[range]);
                Pull::new(&row, dy).write(&row, weights, dy, dx, |v| F::from_acc(-v));
            }
        }
    }
}

wide! {
    fn cotangent_radii<S: Shape, A: OneAxis<S>, F: Format, D: Domain>(
        bound: Bound,
        x: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        dx: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let [room, ball, entries] = scratch;
        for rows in blocks(A::EXTENT.len, A::EXTENT.targets()) {
            let block = Block::<F::Acc>::new(x.mid, A::EXTENT.len, rows.clone(), room);
            for i in rows {
                let range = i * A::EXTENT.len..(i + 1) * A::EXTENT.len;
                let (dx, out) = (&dx[range.clone()], &mut out[range.clone()]);
                let (x, dy) = (x.part(range.clone()), dy.part(range));
                let row = RowBall::new(block.row(i), x, ball).kept_for(bound);
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
        *error = narrowed_error(x, out, Up::new(*error)).get();
    }
}

/// At least the error of `out`, which is `-x` in the format, from that of `x`. What is -∞ without an error is so exactly.
#[inline(always)]
pub(super) fn narrowed_error<F: Format>(x: f64, out: F, error: Up) -> Up {
    let is_exact = (x == f64::INFINITY) & is_minus_infinite(out) & (error == Up::ZERO);
    if is_exact { Up::ZERO } else { guarded(out, error + narrowing_error(Format::restored(-x), out)) }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::Axis;
    use super::super::testing::{Case1, Case2, elementwise, elementwise1, uniform1};
    use super::*;

    type Matrix = (D<2>, D<3>);

    #[test]
    fn rows_are_normalised_and_large_logits_do_not_overflow() {
        let x = [0.0, 2_f64.ln(), 3_f64.ln(), 1000.0, 1000.0, -1000.0];
        let result = elementwise1::<LogSoftmax<Axis<1>>, Matrix, _>(Case1 {
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
        let result = elementwise1::<LogSoftmax<Axis<1>>, (D<2>, D<1>), _>(case);
        assert_eq!((&result.y[..], &result.rad_y[..]), (&[0.0; 2][..], &[0.0; 2][..]));
        assert_eq!((&result.dx[0][..], &result.rad_dx[0][..]), (&[0.0; 2][..], &[0.0; 2][..]));
    }

    #[test]
    fn a_wide_ball_moves_a_logarithm_by_no_more_than_twice_its_radius() {
        let case =
            Case1::<f32> { x: &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], alpha: &[50.0; 6], dy: &[1.0; 6], ..Case1::default() };
        let result = uniform1::<LogSoftmax<Axis<1>>, Matrix, _>(case);
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
        let result = elementwise1::<LogSoftmax<Axis<1>>, Matrix, _>(case);
        assert!(result.rad_y[..3].iter().all(|&r| r == f64::INFINITY) && result.rad_y[3..].iter().all(|&r| r < 1e-5));
        assert_eq!(result.rad_dx[0], [f64::INFINITY; 6]);
        let case = Case1::<f32> {
            x: &[f32::NEG_INFINITY, 0.0, 1.0, 0.0, 1.0, 2.0],
            dy: &[0.0; 6],
            delta: &[0.0, 0.0, 0.0, 0.0, 0.0, f64::INFINITY],
            ..Case1::default()
        };
        let result = elementwise1::<LogSoftmax<Axis<1>>, Matrix, _>(case);
        assert_eq!((result.y[0], result.rad_y[0]), (f32::NEG_INFINITY, 0.0));
        assert!(result.rad_y[1..3].iter().chain(&result.rad_dx[0][..3]).all(|&r| r < 1e-6), "{result:?}");
        assert_eq!(result.rad_dx[0][3..], [f64::INFINITY; 3]);
        // An overflow looks the same, and is no -∞.
        let case = Case1 { alpha: &[f64::INFINITY, 0.0, 0.0, 0.0, 0.0, 0.0], ..case };
        let result = elementwise1::<LogSoftmax<Axis<1>>, Matrix, _>(case);
        assert!(result.rad_y[..3].iter().chain(&result.rad_dx[0][..3]).all(|&r| r == f64::INFINITY), "{result:?}");
        let nothing = Case1 { x: &[f32::NEG_INFINITY; 6], alpha: &[], delta: &[], ..case };
        let result = elementwise1::<LogSoftmax<Axis<1>>, Matrix, _>(nothing);
        assert!(result.rad_y.iter().chain(&result.rad_dx[0]).all(|&r| r == f64::INFINITY), "{result:?}");
    }

    #[test]
    fn columns_are_normalised() {
        let x = [0.0, 5.0, 1.0, 3_f64.ln(), 5.0, 1.0];
        let case = Case1 { x: &x, dy: &[1.0, 2.0, 0.0, 0.0, 0.0, 0.0], ..Case1::default() };
        let result = elementwise1::<LogSoftmax<Axis<0>>, Matrix, _>(case);
        let half = -2_f64.ln();
        for (y, exact) in result.y.iter().zip([-4_f64.ln(), half, half, 0.75_f64.ln(), half, half]) {
            assert!((y - exact).abs() < 1e-15);
        }
        for (dx, exact) in result.dx[0].iter().zip([0.75, 1.0, 0.0, -0.75, -1.0, 0.0]) {
            assert!((dx - exact).abs() < 1e-15);
        }
        assert!(result.rad_y.iter().chain(&result.rad_dx[0]).all(|&r| r < 1e-14));
    }

    #[test]
    fn what_the_mask_drops_is_zero_by_convention() {
        type Row = (D<4>,);
        let case = Case2::<f32> {
            a: &[1e30, 2.0, f32::NAN, 2.0],
            b: &[0.0, 1.0, 0.0, -3.0],
            dy: &[9.0, 1.0, f32::INFINITY, 0.0],
            ..Case2::default()
        };
        let result = elementwise::<LogSoftmax<Axis<0>>, Row, Row, _>(case);
        let half = -std::f32::consts::LN_2;
        assert_eq!(result.y, [0.0, half, 0.0, half]);
        assert_eq!(result.dx[0], [0.0, 0.5, 0.0, -0.5]);
        assert_eq!([result.rad_y[0], result.rad_y[2], result.rad_dx[0][0], result.rad_dx[0][2]], [0.0; 4]);
        assert!(result.rad_y[1] < 1e-7 && result.rad_dx[0][3] < 1e-7);
        assert_eq!((&result.dx[1][..], &result.rad_dx[1][..]), (&[0.0; 4][..], &[0.0; 4][..]));
        let result = elementwise::<LogSoftmax<Axis<0>>, Row, Row, _>(Case2 { b: &[0.0; 4], ..case });
        assert_eq!((&result.y[..], &result.rad_y[..]), (&[0.0; 4][..], &[0.0; 4][..]));
        assert_eq!((&result.dx[0][..], &result.rad_dx[0][..]), (&[0.0; 4][..], &[0.0; 4][..]));
        let result = elementwise::<LogSoftmax<Axis<0>>, Row, Row, _>(Case2 { beta: &[0.0, 0.0, 0.5, 0.0], ..case });
        assert_eq!(result.rad_y, [f64::INFINITY; 4]);
        assert_eq!(result.rad_dx[1], [0.0, 0.0, f64::INFINITY, 0.0]);
    }
}
