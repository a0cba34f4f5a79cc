//! Ops that normalise what lies along an axis.

use super::{
    Axis, columns as column_sums, length, log_softmax as log_softmax_of, map, rows, softmax as softmax_of, square,
    together,
};
use crate::exact::Exact;

/// The entries of line `s` that a mask keeps.
fn kept(axis: Axis, x: &[&[Exact]], s: usize) -> Vec<usize> {
    let keeps = |i: usize| match x.get(1) {
        Some(mask) => !mask[i % mask.len()].is_zero(),
        None => true,
    };
    axis.entries(s).filter(|&i| keeps(i)).collect()
}

fn pick(x: &[Exact], entries: &[usize]) -> Vec<Exact> {
    entries.iter().map(|&i| x[i].clone()).collect()
}

/// `e^x / Σ e^x`; a line of which nothing is kept has no value, and zeros here.
pub(super) fn softmax(axis: Axis, x: &[&[Exact]]) -> Vec<Exact> {
    let mut y = vec![Exact::zero(); x[0].len()];
    for s in 0..axis.lines() {
        let entries = kept(axis, x, s);
        let shares = softmax_of(&pick(x[0], &entries));
        entries.iter().zip(shares).for_each(|(&i, share)| y[i] = share);
    }
    y
}

/// `p (dy - Σ p dy)`, and nothing for a mask.
pub(super) fn softmax_vjp(axis: Axis, x: &[&[Exact]], dy: &[Exact]) -> Vec<Vec<Exact>> {
    let mut dx: Vec<_> = x.iter().map(|x| vec![Exact::zero(); x.len()]).collect();
    for s in 0..axis.lines() {
        let entries = kept(axis, x, s);
        let (shares, dy) = (softmax_of(&pick(x[0], &entries)), pick(dy, &entries));
        let products: Vec<_> = shares.iter().zip(&dy).map(|(p, dy)| p.clone() * dy).collect();
        let mean = Exact::sum(&products);
        for ((&i, share), dy) in entries.iter().zip(&shares).zip(dy) {
            dx[0][i] = (dy - &mean) * share;
        }
    }
    dx
}

/// `x - ln Σ e^x`, and zeros where nothing is kept.
pub(super) fn log_softmax(axis: Axis, x: &[&[Exact]]) -> Vec<Exact> {
    let mut y = vec![Exact::zero(); x[0].len()];
    for s in 0..axis.lines() {
        let entries = kept(axis, x, s);
        let logs = log_softmax_of(&pick(x[0], &entries));
        entries.iter().zip(logs).for_each(|(&i, log)| y[i] = log);
    }
    y
}

/// `dy - p Σ dy`, and nothing for a mask.
pub(super) fn log_softmax_vjp(axis: Axis, x: &[&[Exact]], dy: &[Exact]) -> Vec<Vec<Exact>> {
    let mut dx: Vec<_> = x.iter().map(|x| vec![Exact::zero(); x.len()]).collect();
    for s in 0..axis.lines() {
        let entries = kept(axis, x, s);
        let (shares, dy) = (softmax_of(&pick(x[0], &entries)), pick(dy, &entries));
        let sum = Exact::sum(&dy);
        for ((&i, share), dy) in entries.iter().zip(shares).zip(dy) {
            dx[0][i] = dy - &(share * &sum);
        }
    }
    dx
}

/// The entries of a row that are kept, with their logits and targets; the mask is the third operand.
fn kept_pairs(x: &[&[Exact]], row: usize, columns: usize) -> (Vec<usize>, Vec<Exact>, Vec<Exact>) {
    let axis = Axis { outer: x[0].len() / columns, length: columns, inner: 1 };
    let entries = match x.get(2) {
        Some(mask) => kept(axis, &[x[0], mask], row),
        None => kept(axis, &x[..1], row),
    };
    let (z, t) = (pick(x[0], &entries), pick(x[1], &entries));
    (entries, z, t)
}

/// `-Σ t log softmax(x)` over the entries that are kept.
pub(super) fn cross_entropy(x: &[&[Exact]], columns: usize) -> Vec<Exact> {
    let row = |row: usize| {
        let (_, z, t) = kept_pairs(x, row, columns);
        -Exact::sum(&together(&log_softmax_of(&z), &t, |l, t| l.clone() * t))
    };
    (0..x[0].len() / columns).map(row).collect()
}

/// `(p Σ t - t) dy` and `-ln p dy`, and nothing for what a mask leaves out.
pub(super) fn cross_entropy_vjp(x: &[&[Exact]], dy: &[Exact], columns: usize) -> Vec<Vec<Exact>> {
    let mut dx: Vec<_> = x.iter().map(|x| vec![Exact::zero(); x.len()]).collect();
    for (row, dy) in dy.iter().enumerate() {
        let (entries, z, t) = kept_pairs(x, row, columns);
        let (mass, shares, logs) = (Exact::sum(&t), softmax_of(&z), log_softmax_of(&z));
        for (n, &i) in entries.iter().enumerate() {
            dx[0][i] = (shares[n].clone() * &mass - &t[n]) * dy;
            dx[1][i] = -(logs[n].clone() * dy);
        }
    }
    dx
}

/// A row without its mean, if that is asked for, and divided by the root of its mean square and `ε`; and one over that root.
fn normalised(x: &[Exact], centred: bool, epsilon: &Exact) -> (Vec<Exact>, Exact) {
    let n = length(x.len());
    // Times n, and so exact: equal numbers differ from their mean by nothing at all.
    let sum = if centred { Exact::sum(x) } else { Exact::zero() };
    let rest = map(x, |x| x.clone() * &n - &sum);
    let cube = n.clone() * &n * &n;
    let variance = Exact::sum(&map(&rest, square)).over_exact(&cube) + epsilon;
    // x^(-1/2) is e^(-ln x / 2).
    let inverse = (variance.ln() * &Exact::new(-0.5)).exp();
    (map(&rest, |x| x.over_exact(&n) * &inverse), inverse)
}

/// `normalised * weight + bias`.
pub(super) fn norm(x: &[&[Exact]], columns: usize, centred: bool, epsilon: &Exact) -> Vec<Exact> {
    let row = |row: &[Exact]| {
        let scaled = together(&normalised(row, centred, epsilon).0, x[1], |h, w| h.clone() * w);
        if centred { together(&scaled, x[2], |y, b| y.clone() + b) } else { scaled }
    };
    rows(x[0], columns).flat_map(row).collect()
}

/// The Jacobian of a row is `(1 - 1/n - h hᵀ/n) / root`, without the first `1/n` if nothing is taken away.
pub(super) fn norm_vjp(
    x: &[&[Exact]],
    dy: &[Exact],
    columns: usize,
    centred: bool,
    epsilon: &Exact,
) -> Vec<Vec<Exact>> {
    let (mut dx, mut dw) = (Vec::new(), Vec::new());
    for (x_row, dy) in rows(x[0], columns).zip(rows(dy, columns)) {
        let ((h, inverse), n) = (normalised(x_row, centred, epsilon), length(columns));
        let dh = together(dy, x[1], |dy, w| dy.clone() * w);
        let mean = if centred { Exact::sum(&dh).over_exact(&n) } else { Exact::zero() };
        let along = Exact::sum(&together(&dh, &h, |d, h| d.clone() * h)).over_exact(&n);
        dx.extend(together(&dh, &h, |d, h| (d.clone() - &mean - &(along.clone() * h)) * &inverse));
        dw.extend(together(dy, &h, |dy, h| dy.clone() * h));
    }
    let sums = [dx, column_sums(&dw, columns), column_sums(dy, columns)];
    sums.into_iter().take(x.len()).collect()
}
