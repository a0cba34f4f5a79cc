//! The cross-entropy of what a mask keeps: each row is gathered first, and what is dropped is exactly 0.

use std::ops::Range;

use nfgrad_shapes::{EndsWith, Shape};

use super::super::axis::Rows;
use super::super::enclosing::{kept, mask_cotangent};
use super::super::logits::{Block, RowBall, ball_room, room};
use super::super::pull::{Pull, PullBall};
use super::super::repeat::repeated;
use super::super::rounding::{guarded, in_f64};
use super::super::softmax::{Choice, doubt, gather};
use super::super::{Contribution, Op};
use super::{CrossEntropy, contribution_error, enclosures, row_radius, value};
use crate::bound::{Ball, Bound, Domain, Elementwise, Up, fill_rows};
use crate::format::Format;
use crate::kernel::dispatch::wide;
use crate::kernel::scratch::{split, with_scratch};
use crate::kernel::wide::WideBall;

impl<S: Rows + EndsWith<M>, M: Shape> Op<(S, S, M)> for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    type Out = S::Each;

    #[inline]
    fn forward<F: Format>([z, t, mask]: [&[F]; 3], y: &mut [F]) {
        with_scratch([2 * S::LEN, room(S::LEN)], |[rows, room]: [&mut [f64]; 2]| {
            values::<S, F, _>([z, t], |i| mask[repeated::<S, M>(i)] != F::ZERO, y, [rows, room]);
        });
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([z, t, mask]: [Ball<'_, F, D>; 3], y: &[F], radii: &mut [f64]) {
        let lengths = [4 * S::LEN, room(S::LEN), ball_room(S::LEN), y.len()];
        with_scratch(lengths, |[rows, room, ball, each]: [&mut [f64]; 4]| {
            fill_rows(radii, each, (1, f64::MAX), [z.once(), t.once()], |bound, x, each| {
                let choice = |i: usize| Choice::of(mask.get(repeated::<S, M>(i)));
                value_radii::<S, F, D, _>(bound, x, choice, y, [&mut *rows, &mut *room, &mut *ball], each);
            });
        });
    }

    #[inline]
    fn vjp<F: Format>([z, t, mask]: [&[F]; 3], _: &[F], dy: &[F], [dz, dt, dmask]: [Option<&mut [F]>; 3]) {
        with_scratch([3 * S::LEN, room(S::LEN)], |[rows, room]: [&mut [f64]; 2]| {
            cotangents::<S, F, _>([z, t, dy], |i| mask[repeated::<S, M>(i)] != F::ZERO, [dz, dt], [rows, room]);
        });
        if let Some(dmask) = dmask {
            dmask.fill(F::ZERO);
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [z, t, mask]: [Ball<'_, F, D>; 3],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dz, dt, dmask]: [Option<Contribution<'_, F>>; 3],
    ) {
        let choice = |i: usize| Choice::of(mask.get(repeated::<S, M>(i)));
        let lengths = [6 * S::LEN, room(S::LEN), ball_room(S::LEN), S::NUMEL];
        with_scratch(lengths, |[rows, room, ball, each]: [&mut [f64]; 4]| {
            for (contribution, of_target) in [(dz, false), (dt, true)] {
                let Some(Contribution { mid, radii }) = contribution else { continue };
                let operands = [z.once(), if of_target { t.anyhow() } else { t.once() }, dy.once()];
                fill_rows(radii, each, (S::LEN, f64::MAX), operands, |bound, x, each| {
                    let scratch = [&mut *rows, &mut *room, &mut *ball];
                    cotangent_radii::<S, F, D, _>(bound, x, choice, of_target, mid, scratch, each);
                });
            }
        });
        if let Some(Contribution { radii, .. }) = dmask {
            D::fill(radii, M::NUMEL, |j: usize| Choice::of(mask.get(j)).doubt());
        }
    }

    fn enclose<const K: usize>([z, t, mask]: [&[WideBall<K>]; 3], y: &mut [WideBall<K>]) {
        enclosures::values(S::LEN, [z, t], &|i| kept(&mask[repeated::<S, M>(i)]), y);
    }

    fn enclose_vjp<const K: usize>(
        [z, t, mask]: [&[WideBall<K>]; 3],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dz, dt, dmask]: [Option<&mut [WideBall<K>]>; 3],
    ) {
        enclosures::cotangents(S::LEN, [z, t, dy], &|i| kept(&mask[repeated::<S, M>(i)]), [dz, dt]);
        mask_cotangent(mask, dmask);
    }
}

/// The entries of a row.
fn entries<S: Rows>(row: usize) -> Range<usize> {
    row * S::LEN..(row + 1) * S::LEN
}

wide! {
    fn values<S: Rows, F: Format, K: Fn(usize) -> bool>(x: [&[F]; 2], keep: K, y: &mut [F], scratch: [&mut [f64]; 2]) {
        let ([z, t], [rows, room]) = (x, scratch);
        let [logits, targets] = split(rows, S::LEN);
        for (i, y) in y.iter_mut().enumerate() {
            let kept = || entries::<S>(i).filter(|&i| keep(i));
            let count = gather(kept(), |i| z[i].to_f64(), logits);
            gather(kept(), |i| t[i].to_f64(), targets);
            let block = Block::<F::Acc>::new(&logits[..count], count, 0..1, room);
            *y = F::from_acc(value(&block.row(0).0, &logits[..count], &targets[..count], Format::restored));
        }
    }
}

wide! {
    fn value_radii<S: Rows, F: Format, D: Domain, K: Fn(usize) -> Choice>(
        bound: Bound,
        x: [Ball<'_, F, D>; 2],
        choice: K,
        y: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let ([z, t], [rows, room, ball]) = (x, scratch);
        let [logits, zeta, targets, tau] = split(rows, S::LEN);
        for (i, (&y, out)) in y.iter().zip(out).enumerate() {
            let kept = || entries::<S>(i).filter(|&i| choice(i).kept());
            let count = balls(kept(), z, [&mut *logits, &mut *zeta]);
            balls(kept(), t, [&mut *targets, &mut *tau]);
            let z = Ball::<f64, Elementwise>::new(&logits[..count], &zeta[..count]);
            let t = Ball::<f64, Elementwise>::new(&targets[..count], &tau[..count]);
            let block = Block::<F::Acc>::new(z.mid, count, 0..1, room);
            let row = RowBall::new(block.row(0), z, ball).kept_for(bound);
            *out = (guarded(y, row_radius(&row, z, t, y)) + doubt(entries::<S>(i).map(&choice))).get();
        }
    }
}

/// Writes the numbers and the radii of some elements; returns how many.
#[inline(always)]
fn balls<F: Format, D: Domain>(
    indices: impl Iterator<Item = usize> + Clone,
    x: Ball<'_, F, D>,
    [mid, rad]: [&mut [f64]; 2],
) -> usize {
    gather(indices.clone(), |i| x.mid[i].to_f64(), mid);
    gather(indices, |i| in_f64(x.get(i)).1.get(), rad)
}

wide! {
    fn cotangents<S: Rows, F: Format, K: Fn(usize) -> bool>(
        x: [&[F]; 3],
        keep: K,
        out: [Option<&mut [F]>; 2],
        scratch: [&mut [f64]; 2],
    ) {
        let ([z, t, dy], [mut dz, mut dt], [rows, room]) = (x, out, scratch);
        let [logits, targets, slopes] = split(rows, S::LEN);
        for dx in [&mut dz, &mut dt].into_iter().flatten() {
            dx.fill(F::ZERO);
        }
        for (i, dy) in dy.iter().enumerate() {
            let (kept, dy) = (|| entries::<S>(i).filter(|&i| keep(i)), dy.to_acc());
            let count = gather(kept(), |i| z[i].to_f64(), logits);
            gather(kept(), |i| t[i].to_f64(), targets);
            let block = Block::<F::Acc>::new(&logits[..count], count, 0..1, room);
            let ((row, weights), targets) = (block.row(0), &targets[..count]);
            if let Some(dz) = &mut dz {
                Pull::new(&row, targets).write(&row, weights, targets, &mut slopes[..count], Format::to_f64);
                kept().zip(&*slopes).for_each(|(i, &slope)| dz[i] = F::from_acc(dy * Format::restored(slope)));
            }
            if let Some(dt) = &mut dt {
                kept().zip(&*logits).for_each(|(i, &z)| dt[i] = F::from_acc(dy * row.loss(Format::restored(z))));
            }
        }
    }
}

wide! {
    /// Of the cotangents of the logits, or of the targets.
    fn cotangent_radii<S: Rows, F: Format, D: Domain, K: Fn(usize) -> Choice>(
        bound: Bound,
        x: [Ball<'_, F, D>; 3],
        choice: K,
        of_target: bool,
        dx: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let ([z, t, dy], [rows, room, ball]) = (x, scratch);
        let [logits, zeta, targets, tau, factors, errors] = split(rows, S::LEN);
        for i in 0..dy.mid.len() {
            let kept = || entries::<S>(i).filter(|&i| choice(i).kept());
            let count = balls(kept(), z, [&mut *logits, &mut *zeta]);
            balls(kept(), t, [&mut *targets, &mut *tau]);
            let z = Ball::<f64, Elementwise>::new(&logits[..count], &zeta[..count]);
            let t = Ball::<f64, Elementwise>::new(&targets[..count], &tau[..count]);
            let block = Block::<F::Acc>::new(z.mid, count, 0..1, room);
            let row = RowBall::new(block.row(0), z, ball).kept_for(bound);
            if of_target {
                row.losses(z.mid, factors, errors);
            } else {
                PullBall::new(row, t).entries(t, factors, errors);
            }
            let unknown = doubt(entries::<S>(i).map(&choice)) + row.unknown();
            out[entries::<S>(i)].fill(unknown.get());
            for (i_kept, (&factor, &error)) in kept().zip(factors.iter().zip(&*errors)) {
                let error = contribution_error(dy.get(i), (factor, Up::new(error)), dx[i_kept]);
                out[i_kept] = (guarded(dx[i_kept], error) + unknown).get();
            }
        }
    }
}
