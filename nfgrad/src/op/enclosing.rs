//! What the enclosures of the ops share: see [`Op::enclose`](super::Op::enclose).

use std::cmp::Ordering;

use super::literal::Literal;
use crate::kernel::wide::{Radius, WideBall};

pub(super) use crate::kernel::wide::product::product as matmul;

/// The real number that is written.
pub(super) fn written<L: Literal, const K: usize>() -> WideBall<K> {
    if L::EXACT {
        return WideBall::from(L::NEAREST);
    }
    WideBall::decimal(L::TEXT).unwrap_or(WideBall::UNKNOWN)
}

/// A length, exactly.
pub(super) fn integer<const K: usize>(n: usize) -> WideBall<K> {
    WideBall::ONE.times(n as u64)
}

/// The sum of some balls.
#[inline]
pub(super) fn total<const K: usize>(terms: impl Iterator<Item = WideBall<K>>) -> WideBall<K> {
    terms.fold(WideBall::ZERO, |sum, term| sum + term)
}

/// `y[i] = f(a[i], b[j])`, `b` repeated over the leading axes of `a`.
pub(super) fn pairs<const K: usize>(
    [a, b]: [&[WideBall<K>]; 2],
    y: &mut [WideBall<K>],
    f: impl Fn(WideBall<K>, WideBall<K>) -> WideBall<K>,
) {
    for (y, a) in y.chunks_exact_mut(b.len().max(1)).zip(a.chunks_exact(b.len().max(1))) {
        for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
            *y = f(a, b);
        }
    }
}

/// The sum of each column: `out[j] = Σ term(i)` over the `i` that are `j` beyond a multiple of the columns.
pub(super) fn columns<const K: usize>(rows: usize, out: &mut [WideBall<K>], term: impl Fn(usize) -> WideBall<K>) {
    let columns = out.len();
    for (j, out) in out.iter_mut().enumerate() {
        *out = total((0..rows).map(|row| term(row * columns + j)));
    }
}

/// What a mask says of an entry: whether it is kept, or `None` where its ball leaves that open.
#[inline]
pub(super) fn kept<const K: usize>(mask: &WideBall<K>) -> Option<bool> {
    mask.sign().map(Ordering::is_ne)
}

/// A ball of the radius ∞ where a mask leaves anything open, else 0: to be added to what depends on the mask.
pub(super) fn doubt<const K: usize>(mut choices: impl Iterator<Item = Option<bool>>) -> WideBall<K> {
    if choices.any(|choice| choice.is_none()) { WideBall::UNKNOWN } else { WideBall::ZERO }
}

/// What is left of a contribution to a mask, which is a choice and not a number: 0, or unknown where it was left open.
pub(super) fn mask_cotangent<const K: usize>(mask: &[WideBall<K>], dmask: Option<&mut [WideBall<K>]>) {
    if let Some(dmask) = dmask {
        for (dmask, mask) in dmask.iter_mut().zip(mask) {
            *dmask = doubt(std::iter::once(kept(mask)));
        }
    }
}

/// The numbers of a row from which a largest one is taken, to shift the others by: *any* exact number will do, for what is computed
/// of the differences does not depend on it. The largest midpoint keeps all exponentials below about 1.
pub(super) fn shift<const K: usize>(row: &[WideBall<K>]) -> WideBall<K> {
    let largest = row.iter().filter(|x| x.is_known()).map(WideBall::mid).max();
    largest.map_or(WideBall::ZERO, WideBall::from)
}

/// The softmax of a row: `e^(zⱼ - m) / Σ e^(zₖ - m)` for a number `m`.
///
/// Each numerator is one of the terms below it, so a share is at most 1, and no relative error of a score is felt more than twice. An entry that is -∞ itself has
/// the share 0, exactly, and where all are every one has: as if a mask had left them out. Returned is `ln Σ e^zₖ`.
pub(super) fn softmax<const K: usize>(row: &mut [WideBall<K>]) -> WideBall<K> {
    let m = shift(row);
    if row.iter().all(WideBall::is_minus_infinity) {
        row.fill(WideBall::ZERO);
        return WideBall::UNKNOWN;
    }
    for z in &mut *row {
        *z = if z.is_minus_infinity() { WideBall::ZERO } else { (*z - m).exp() };
    }
    let sum = total(row.iter().copied());
    for z in &mut *row {
        *z = *z / sum;
    }
    m + sum.ln()
}

/// The cotangents of the scores of a row, from the shares `p` and the cotangents `d` of them, which are replaced: `pⱼ (dⱼ - Σ pₖ dₖ)`.
///
/// The real shares add up to 1, so that all `d` may be shifted by one number, whatever it is. It is one that is close to their mean, for what is uncertain of a
/// share is multiplied by what is left.
pub(super) fn softmax_vjp<const K: usize>(p: &[WideBall<K>], d: &mut [WideBall<K>]) {
    let rough: f64 = p.iter().zip(&*d).map(|(p, d)| p.mid().to_f64() * d.mid().to_f64()).sum();
    let shift = if rough.is_finite() { WideBall::from(rough) } else { WideBall::ZERO };
    for d in &mut *d {
        *d = *d - shift;
    }
    let mean = total(p.iter().zip(&*d).map(|(&p, &d)| p * d));
    for (d, &p) in d.iter_mut().zip(p) {
        *d = p * (*d - mean);
    }
}

/// A ball of all numbers whose magnitude is at most `radius`.
pub(super) fn around_zero<const K: usize>(radius: Radius) -> WideBall<K> {
    WideBall::ZERO.widened(radius)
}
