//! The log-softmax of lines that are gathered first: along any axis, without the entries that a mask drops.
//!
//! The mathematics is in [`log_softmax`](super::log_softmax). What is dropped is exactly 0.

use super::Contribution;
use super::axis::Extent;
use super::log_softmax::narrowed_error;
use super::logits::{Block, RowBall, ball_room, room};
use super::pull::{Pull, PullBall};
use super::rounding::{guarded, in_f64};
use super::softmax::{Choice, doubt, gather};
use crate::bound::{Ball, Bound, Domain, Elementwise, Up, fill_rows};
use crate::format::Format;
use crate::kernel::dispatch::wide;
use crate::kernel::scratch::{split, with_scratch};

#[inline]
pub(super) fn forward<F: Format>(extent: Extent, x: &[F], keep: impl Fn(usize) -> bool, y: &mut [F]) {
    with_scratch([extent.len, room(extent.len)], |[z, room]: [&mut [f64]; 2]| values(extent, x, keep, y, [z, room]));
}

wide! {
    fn values<F: Format, K: Fn(usize) -> bool>(extent: Extent, x: &[F], keep: K, y: &mut [F], scratch: [&mut [f64]; 2]) {
        let [z, room] = scratch;
        for target in 0..extent.targets() {
            let kept = || extent.sources(target).filter(|&i| keep(i));
            let count = gather(kept(), |i| x[i].to_f64(), z);
            let row = Block::<F::Acc>::new(&z[..count], count, 0..1, room).row(0).0;
            extent.sources(target).for_each(|i| y[i] = F::ZERO);
            for (i, &z) in kept().zip(&*z) {
                y[i] = F::from_acc(-row.loss(Format::from_f64(z)));
            }
        }
    }
}

#[inline]
pub(super) fn forward_radius<F: Format, D: Domain>(
    extent: Extent,
    x: Ball<'_, F, D>,
    choice: impl Fn(usize) -> Choice,
    y: &[F],
    radii: &mut [f64],
) {
    let len = extent.len;
    with_scratch([2 * len, room(len), ball_room(len), y.len()], |[rows, room, ball, each]: [&mut [f64]; 4]| {
        fill_rows(radii, each, (len * extent.inner, f64::MAX), [x.once()], |bound, [x], each| {
            value_radii(bound, extent, x, &choice, y, [&mut *rows, &mut *room, &mut *ball], each);
        });
    });
}

wide! {
    fn value_radii<F: Format, D: Domain, K: Fn(usize) -> Choice>(
        bound: Bound,
        extent: Extent,
        x: Ball<'_, F, D>,
        choice: K,
        y: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let [rows, room, ball] = scratch;
        let [z, zeta] = split(rows, extent.len);
        for target in 0..extent.targets() {
            let kept = || extent.sources(target).filter(|&i| choice(i).kept());
            let count = gather(kept(), |i| x.mid[i].to_f64(), z);
            gather(kept(), |i| in_f64(x.get(i)).1.get(), zeta);
            let unknown = doubt(extent.sources(target).map(&choice));
            let row = Ball::<f64, Elementwise>::new(&z[..count], &zeta[..count]);
            let block = Block::<F::Acc>::new(row.mid, count, 0..1, room);
            let row = RowBall::new(block.row(0), row, ball).kept_for(bound);
            extent.sources(target).for_each(|i| out[i] = unknown.get());
            for (i, (j, &z)) in kept().zip(z.iter().enumerate()) {
                let (loss, error) = row.loss(j, Format::from_f64(z));
                out[i] = (narrowed_error(Format::to_f64(loss), y[i], error) + unknown).get();
            }
        }
    }
}

#[inline]
pub(super) fn vjp<F: Format>(extent: Extent, x: &[F], keep: impl Fn(usize) -> bool, dy: &[F], dx: &mut [F]) {
    let len = extent.len;
    with_scratch([3 * len, room(len)], |[rows, room]: [&mut [f64]; 2]| {
        cotangents([x, dy], extent, keep, dx, [rows, room]);
    });
}

wide! {
    fn cotangents<F: Format, K: Fn(usize) -> bool>(
        x: [&[F]; 2],
        extent: Extent,
        keep: K,
        dx: &mut [F],
        scratch: [&mut [f64]; 2],
    ) {
        let ([x, dy], [rows, room]) = (x, scratch);
        let [z, t, v] = split(rows, extent.len);
        for target in 0..extent.targets() {
            let kept = || extent.sources(target).filter(|&i| keep(i));
            let count = gather(kept(), |i| x[i].to_f64(), z);
            gather(kept(), |i| dy[i].to_f64(), t);
            let block = Block::<F::Acc>::new(&z[..count], count, 0..1, room);
            let ((row, weights), t) = (block.row(0), &t[..count]);
            Pull::new(&row, t).write(&row, weights, t, &mut v[..count], Format::to_f64);
            extent.sources(target).for_each(|i| dx[i] = F::ZERO);
            for (i, &v) in kept().zip(&*v) {
                dx[i] = F::from_acc(F::Acc::from_f64(-v));
            }
        }
    }
}

#[inline]
pub(super) fn vjp_radius<F: Format, D: Domain>(
    x: [Ball<'_, F, D>; 2],
    extent: Extent,
    choice: impl Fn(usize) -> Choice,
    Contribution { mid, radii }: Contribution<'_, F>,
) {
    let len = extent.len;
    with_scratch([6 * len, room(len), ball_room(len), mid.len()], |[rows, room, ball, each]: [&mut [f64]; 4]| {
        fill_rows(radii, each, (len * extent.inner, f64::MAX), x.map(Ball::once), |bound, x, each| {
            cotangent_radii(bound, x, extent, &choice, mid, [&mut *rows, &mut *room, &mut *ball], each);
        });
    });
}

wide! {
    fn cotangent_radii<F: Format, D: Domain, K: Fn(usize) -> Choice>(
        bound: Bound,
        x: [Ball<'_, F, D>; 2],
        extent: Extent,
        choice: K,
        dx: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let ([x, dy], [rows, room, ball]) = (x, scratch);
        let [z, zeta, t, tau, v, error] = split(rows, extent.len);
        for target in 0..extent.targets() {
            let kept = || extent.sources(target).filter(|&i| choice(i).kept());
            let count = gather(kept(), |i| x.mid[i].to_f64(), z);
            gather(kept(), |i| in_f64(x.get(i)).1.get(), zeta);
            gather(kept(), |i| dy.mid[i].to_f64(), t);
            gather(kept(), |i| in_f64(dy.get(i)).1.get(), tau);
            let row = Ball::<f64, Elementwise>::new(&z[..count], &zeta[..count]);
            let block = Block::<F::Acc>::new(row.mid, count, 0..1, room);
            let row = RowBall::new(block.row(0), row, ball).kept_for(bound);
            let unknown = doubt(extent.sources(target).map(&choice)) + row.unknown();
            let t = Ball::<f64, Elementwise>::new(&t[..count], &tau[..count]);
            PullBall::new(row, t).entries(t, v, error);
            extent.sources(target).for_each(|i| out[i] = unknown.get());
            for (i, (&v, &error)) in kept().zip(v.iter().zip(&*error)) {
                let error = Up::new(error) + dx[i].distance(-v);
                out[i] = (guarded(dx[i], error) + unknown).get();
            }
        }
    }
}
