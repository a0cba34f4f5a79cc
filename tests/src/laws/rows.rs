//! Ops that normalise what lies along an axis.

use super::{Axis, softmax as softmax_of};
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
