//! The cross-entropy of logits and a target distribution along the last axis, `-Σ t log softmax(z)`: `[s, c], [s, c] -> [s]`,
//! and with a mask `[s, c], [s, c], [t] -> [s]`, `[t]` a suffix of `[s, c]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(Σ fl(tⱼ gⱼ))`, `gⱼ = fl(L - sⱼ)`, `sⱼ = fl(zⱼ - max z)`, `L = ln(1 + Σ e^sₖ)` over all but the largest entry |
//! | Cotangent of `z` | `z̄ⱼ = fl(ȳ vⱼ)`, `vⱼ = pⱼ Σ t - tⱼ`, `p` the softmax of `z` |
//! | Cotangent of `t` | `t̄ⱼ = fl(ȳ gⱼ)` |
//!
//! All is computed in the accumulator and rounded once to the format. No term `tⱼ gⱼ` is negative where `t` is a
//! distribution, so nothing cancels; for a one-hot `t` the sum is one product by 1, and exact. The sequence of operations
//! for `g` and `v`, and the bounds `γ` of both with their proof, are those of a row of logits: `logits.rs`
//! and `pull.rs`.
//!
//! # What is left out
//!
//! A term whose target is 0 is 0, also where the logit is -∞ itself (see [`Ball`]) and its logarithm infinite: `0 · ∞ = 0`, as in the entropy. So `y`
//! and `z̄` are those of the other classes, `z̄ = 0` there, all exactly; `t̄` is infinite, as the real one is.
//!
//! A class whose mask is 0 is left out of the sums with its target, whatever that is: `z̄ = t̄ = 0` there. A row of which nothing is left is 0, and so are its cotangents,
//! exactly. The mask is repeated over the leading axes and its own cotangent is 0; where its radius leaves open whether it is 0 nothing is
//! known of the row. (To leave out whole rows targets that are 0 will do: `y`, `z̄` are then 0 exactly.)
//!
//! # Error bound
//!
//! ```text
//! |y - y*|   <= Σ (|tⱼ| γⱼ + (|gⱼ| + γⱼ) τⱼ + |fl(tⱼ gⱼ) - tⱼ gⱼ|) + κ Σ |fl(tⱼ gⱼ)| + |y - acc|
//! |z̄ⱼ - z̄*ⱼ| <= |ȳ| γ(vⱼ) + (|vⱼ| + γ(vⱼ)) δ + |fl(ȳ vⱼ) - ȳ vⱼ| + |z̄ⱼ - acc|
//! ```
//!
//! and the second line with `g` for `v` for the target: products, and a sum of products with `κ` of
//! [`sum_error`], whose height is no more than the number of nonzero terms less one.

mod enclosures;
mod masked;
#[cfg(test)]
mod tests;

use super::axis::Rows;
use super::logits::{Block, Row, RowBall, ball_room, blocks, room, wide as widened};
use super::pull::{Pull, PullBall};
use super::rounding::{guarded, narrowing_error, product_error};
use super::{Contribution, Op};
use crate::bound::{Ball, Bound, Domain, Up, fill_rows};
use crate::format::{Accumulator, Format, sum_error};
use crate::kernel::dispatch::wide;
use crate::kernel::reduce::{sum_height, sum_of};
use crate::kernel::scratch::with_scratch;
use crate::kernel::wide::WideBall;

/// The cross-entropy along the last axis; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct CrossEntropy;

impl<S: Rows> Op<(S, S)> for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    type Out = S::Each;

    #[inline]
    fn forward<F: Format>([z, t]: [&[F]; 2], y: &mut [F]) {
        with_scratch([room(S::LEN)], |[room]: [&mut [f64]; 1]| values::<S, F>(z, t, y, room));
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([z, t]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
        with_scratch([room(S::LEN), ball_room(S::LEN), y.len()], |[room, ball, each]: [&mut [f64]; 3]| {
            fill_rows(radii, each, (1, f64::MAX), [z.once(), t.once()], |bound, [z, t], each| {
                value_radii::<S, F, D>(bound, z, t, y, [&mut *room, &mut *ball], each);
            });
        });
    }

    #[inline]
    fn vjp<F: Format>([z, t]: [&[F]; 2], _: &[F], dy: &[F], [dz, dt]: [Option<&mut [F]>; 2]) {
        with_scratch([room(S::LEN)], |[room]: [&mut [f64]; 1]| {
            if let Some(dz) = dz {
                logit_cotangents::<S, F>(z, t, dy, dz, room);
            }
            if let Some(dt) = dt {
                target_cotangents::<S, F>(z, dy, dt, room);
            }
        });
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [z, t]: [Ball<'_, F, D>; 2],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dz, dt]: [Option<Contribution<'_, F>>; 2],
    ) {
        let lengths = [room(S::LEN), ball_room(S::LEN), S::LEN, S::NUMEL];
        with_scratch(lengths, |[room, ball, factors, each]: [&mut [f64]; 4]| {
            if let Some(Contribution { mid, radii }) = dz {
                let operands = [z.once(), t.once(), dy.once()];
                fill_rows(radii, each, (S::LEN, f64::MAX), operands, |bound, [z, t, dy], each| {
                    logit_radii::<S, F, D>(bound, z, t, dy, mid, [&mut *room, &mut *ball, &mut *factors], each);
                });
            }
            if let Some(Contribution { mid, radii }) = dt {
                fill_rows(radii, each, (S::LEN, f64::MAX), [z.once(), dy.once()], |bound, [z, dy], each| {
                    target_radii::<S, F, D>(bound, z, dy, mid, [&mut *room, &mut *ball, &mut *factors], each);
                });
            }
        });
    }

    fn enclose<const K: usize>(x: [&[WideBall<K>]; 2], y: &mut [WideBall<K>]) {
        enclosures::values(S::LEN, x, &|_| Some(true), y);
    }

    fn enclose_vjp<const K: usize>(
        [z, t]: [&[WideBall<K>]; 2],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        dx: [Option<&mut [WideBall<K>]>; 2],
    ) {
        enclosures::cotangents(S::LEN, [z, t, dy], &|_| Some(true), dx);
    }
}

wide! {
    fn values<S: Rows, F: Format>(z: &[F], t: &[F], y: &mut [F], room: &mut [f64]) {
        for rows in blocks(S::LEN, y.len()) {
            let block = Block::<F::Acc>::new(z, S::LEN, rows.clone(), room);
            for i in rows {
                let range = i * S::LEN..(i + 1) * S::LEN;
                y[i] = F::from_acc(value(&block.row(i).0, &z[range.clone()], &t[range], F::to_acc));
            }
        }
    }
}

wide! {
    fn value_radii<S: Rows, F: Format, D: Domain>(
        bound: Bound,
        z: Ball<'_, F, D>,
        t: Ball<'_, F, D>,
        y: &[F],
        scratch: [&mut [f64]; 2],
        out: &mut [f64],
    ) {
        let [room, ball] = scratch;
        for rows in blocks(S::LEN, y.len()) {
            let block = Block::<F::Acc>::new(z.mid, S::LEN, rows.clone(), room);
            for i in rows {
                let range = i * S::LEN..(i + 1) * S::LEN;
                let (z, t) = (z.part(range.clone()), t.part(range));
                let row = RowBall::new(block.row(i), z, ball).kept_for(bound);
                out[i] = guarded(y[i], row_radius(&row, z, t, y[i])).get();
            }
        }
    }
}

wide! {
    fn logit_cotangents<S: Rows, F: Format>(z: &[F], t: &[F], dy: &[F], dz: &mut [F], room: &mut [f64]) {
        for rows in blocks(S::LEN, dy.len()) {
            let block = Block::<F::Acc>::new(z, S::LEN, rows.clone(), room);
            for i in rows {
                let ((row, weights), range) = (block.row(i), i * S::LEN..(i + 1) * S::LEN);
                let (t, dz, dy) = (&t[range.clone()], &mut dz[range], dy[i].to_acc());
                Pull::new(&row, t).write(&row, weights, t, dz, |v| F::from_acc(dy * v));
            }
        }
    }
}

wide! {
    fn target_cotangents<S: Rows, F: Format>(z: &[F], dy: &[F], dt: &mut [F], room: &mut [f64]) {
        for rows in blocks(S::LEN, dy.len()) {
            let block = Block::<F::Acc>::new(z, S::LEN, rows.clone(), room);
            for i in rows {
                let (row, range) = (block.row(i).0, i * S::LEN..(i + 1) * S::LEN);
                for (dt, z) in dt[range.clone()].iter_mut().zip(&z[range]) {
                    *dt = F::from_acc(dy[i].to_acc() * row.loss(z.to_acc()));
                }
            }
        }
    }
}

wide! {
    fn logit_radii<S: Rows, F: Format, D: Domain>(
        bound: Bound,
        z: Ball<'_, F, D>,
        t: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        dz: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let [room, ball, factors] = scratch;
        for rows in blocks(S::LEN, dy.mid.len()) {
            let block = Block::<F::Acc>::new(z.mid, S::LEN, rows.clone(), room);
            for i in rows {
                let range = i * S::LEN..(i + 1) * S::LEN;
                let (dz, out) = (&dz[range.clone()], &mut out[range.clone()]);
                let (z, t) = (z.part(range.clone()), t.part(range));
                let row = RowBall::new(block.row(i), z, ball).kept_for(bound);
                PullBall::new(row, t).entries(t, factors, out);
                contribution_radii(dy.get(i), factors, dz, out);
            }
        }
    }
}

wide! {
    fn target_radii<S: Rows, F: Format, D: Domain>(
        bound: Bound,
        z: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        dt: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let [room, ball, factors] = scratch;
        for rows in blocks(S::LEN, dy.mid.len()) {
            let block = Block::<F::Acc>::new(z.mid, S::LEN, rows.clone(), room);
            for i in rows {
                let range = i * S::LEN..(i + 1) * S::LEN;
                let (z, dt, out) = (z.part(range.clone()), &dt[range.clone()], &mut out[range]);
                RowBall::new(block.row(i), z, ball).kept_for(bound).losses(z.mid, factors, out);
                contribution_radii(dy.get(i), factors, dt, out);
            }
        }
    }
}

/// `Σ fl(t g)` in the accumulator; nothing where `t` is 0. `acc` gives the accumulator that a number is.
#[inline(always)]
fn value<A: Accumulator, F: Format>(row: &Row<A>, z: &[F], t: &[F], acc: impl Fn(F) -> A) -> A {
    sum_of::<A>(z.len(), |j| {
        let product = acc(t[j]) * row.loss(acc(z[j]));
        if t[j] == F::ZERO { A::zero() } else { product }
    })
}

/// At least the error of `y`, the value of a row.
#[inline(always)]
fn row_radius<A: Accumulator, X: Format, F: Format<Acc = A>, D: Domain>(
    row: &RowBall<'_, A>,
    z: Ball<'_, X, D>,
    t: Ball<'_, X, D>,
    y: F,
) -> Up {
    let (mut magnitude, mut errors, mut nonzero) = (Up::ZERO, row.unknown(), 0_usize);
    for (j, &z) in z.mid.iter().enumerate() {
        let (t, tau) = t.get(j);
        // Most targets are one-hot.
        if t == X::ZERO && tau == Up::ZERO {
            continue;
        }
        let (t, loss) = (widened::<A, X>(t), row.loss(j, widened(z)));
        let product = Format::mul(t, loss.0);
        magnitude += product.magnitude();
        errors += product_error((t, tau), loss) + A::mul_error(t, loss.0, product);
        nonzero += 1;
    }
    let tree = sum_error::<A>(sum_height::<A>(z.mid.len()).min(nonzero.saturating_sub(1))).relative * magnitude;
    errors + tree + narrowing_error(value(&row.row, z.mid, t.mid, widened), y)
}

/// At least the error of each `out`, which is `fl(dy factor)`, from that of the factors.
#[inline(always)]
fn contribution_radii<F: Format>(dy: (F, Up), factors: &[f64], out: &[F], errors: &mut [f64]) {
    for ((error, &factor), &out) in errors.iter_mut().zip(factors).zip(out) {
        *error = contribution_error(dy, (factor, Up::new(*error)), out).get();
    }
}

/// At least the error of `out`, which is `fl(dy factor)`, from that of the factor.
#[inline(always)]
fn contribution_error<F: Format>((dy, delta): (F, Up), (factor, error): (f64, Up), out: F) -> Up {
    let (dy, factor): (F::Acc, F::Acc) = (dy.to_acc(), Format::restored(factor));
    let product = Format::mul(dy, factor);
    let rounding = F::Acc::mul_error(dy, factor, product) + narrowing_error(product, out);
    guarded(out, product_error((dy, delta), (factor, error)) + rounding)
}
