//! The cross-entropy in balls: `-Σ tⱼ (zⱼ - ln Σ e^zₖ)` over what a mask keeps.

use super::super::enclosing::{doubt, softmax, total};
use crate::kernel::scratch::with_buffers;
use crate::kernel::wide::WideBall;

/// The loss of each row.
pub(super) fn values<const K: usize>(
    len: usize,
    [z, t]: [&[WideBall<K>]; 2],
    choice: &impl Fn(usize) -> Option<bool>,
    y: &mut [WideBall<K>],
) {
    each_row(len, [z, t], choice, |row, _, losses, t, unknown| {
        y[row] = unknown + total(losses.iter().zip(t).map(|(&loss, &t)| term(loss, t)));
    });
}

/// `t loss`, or 0 where a class that is out has the target 0.
fn term<const K: usize>(loss: WideBall<K>, t: WideBall<K>) -> WideBall<K> {
    if loss.is_minus_infinity() && t.is_exact() && t.mid().is_zero() { WideBall::ZERO } else { t * loss }
}

/// The cotangents of logits and targets: `ȳ (pⱼ Σ tₖ - tⱼ)` and `ȳ (ln Σ e^zₖ - zⱼ)`, those that are asked for.
pub(super) fn cotangents<const K: usize>(
    len: usize,
    [z, t, dy]: [&[WideBall<K>]; 3],
    choice: &impl Fn(usize) -> Option<bool>,
    [mut dz, mut dt]: [Option<&mut [WideBall<K>]>; 2],
) {
    each_row(len, [z, t], choice, |row, p, losses, t, unknown| {
        let sum = total(t.iter().copied());
        let kept = (row * len..(row + 1) * len).filter(|&i| choice(i) != Some(false));
        for dx in [&mut dz, &mut dt].into_iter().flatten() {
            dx[row * len..][..len].fill(unknown);
        }
        for (j, i) in kept.enumerate() {
            if let Some(dz) = &mut dz {
                dz[i] = unknown + dy[row] * (p[j] * sum - t[j]);
            }
            if let Some(dt) = &mut dt {
                dt[i] = unknown + dy[row] * losses[j];
            }
        }
    });
}

/// Calls `body` with each row: its number, the shares, losses and targets of the classes that are kept, or may be, and what the mask leaves open.
fn each_row<const K: usize>(
    len: usize,
    [z, t]: [&[WideBall<K>]; 2],
    choice: &impl Fn(usize) -> Option<bool>,
    mut body: impl FnMut(usize, &[WideBall<K>], &[WideBall<K>], &[WideBall<K>], WideBall<K>),
) {
    let rows = z.len().checked_div(len).unwrap_or(0);
    with_buffers([len; 3], |[p, losses, targets]: [&mut [WideBall<K>]; 3]| {
        for row in 0..rows {
            let all = row * len..(row + 1) * len;
            let mut count = 0;
            for i in all.clone().filter(|&i| choice(i) != Some(false)) {
                (p[count], targets[count]) = (z[i], t[i]);
                count += 1;
            }
            losses[..count].copy_from_slice(&p[..count]);
            let whole = softmax(&mut p[..count]);
            // The loss of a class whose logit is -∞ itself is no number either; it stays marked.
            losses[..count].iter_mut().filter(|z| !z.is_minus_infinity()).for_each(|z| *z = whole - *z);
            body(row, &p[..count], &losses[..count], &targets[..count], doubt(all.map(choice)));
        }
    });
}
