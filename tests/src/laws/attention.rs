//! Scaled dot-product attention, as a product of matrices, a softmax of rows and another product.

use super::rows::{softmax, softmax_vjp};
use super::{Axis, length, map, product, transposed};
use crate::exact::Exact;

/// The lengths of its axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// All leading axes together.
    pub batch: usize,
    /// How many queries.
    pub queries: usize,
    /// How many keys and values.
    pub keys: usize,
    /// The length of a query and of a key.
    pub width: usize,
    /// The length of a value.
    pub depth: usize,
    /// Whether there is a mask.
    pub masked: bool,
}

impl Lengths {
    fn scores(self) -> Axis {
        Axis { outer: self.queries, length: self.keys, inner: 1 }
    }

    /// `1/√width`.
    fn factor(self) -> Exact {
        let root = (self.width as f64).sqrt();
        if self.width.is_power_of_two() && root.fract() == 0.0 {
            return Exact::new(1.0 / root);
        }
        (length(self.width).ln() * &Exact::new(-0.5)).exp()
    }

    /// Queries, keys and values of one batch.
    fn parts<'a>(self, x: &[&'a [Exact]], b: usize) -> [&'a [Exact]; 3] {
        let part = |x: &'a [Exact], len: usize| &x[b * len..][..len];
        [part(x[0], self.queries * self.width), part(x[1], self.keys * self.width), part(x[2], self.keys * self.depth)]
    }

    /// The mask of one batch, for every score.
    fn mask(self, x: &[&[Exact]], b: usize) -> Option<Vec<Exact>> {
        let scores = self.queries * self.keys;
        x.get(3).map(|mask| (b * scores..(b + 1) * scores).map(|i| mask[i % mask.len()].clone()).collect())
    }

    fn product_of_rows(self, q: &[Exact], k: &[Exact]) -> Vec<Exact> {
        let products = product(q, &transposed(k, self.keys, self.width), (self.queries, self.width, self.keys));
        let factor = self.factor();
        map(&products, |x| x.clone() * &factor)
    }
}

pub(super) fn forward(lengths: Lengths, x: &[&[Exact]]) -> Vec<Exact> {
    let Lengths { batch, queries, keys, depth, .. } = lengths;
    let one = |b: usize| {
        let ([q, k, v], mask) = (lengths.parts(x, b), lengths.mask(x, b));
        let z = lengths.product_of_rows(q, k);
        let operands: Vec<&[Exact]> = [&z[..]].into_iter().chain(mask.as_deref()).collect();
        product(&softmax(lengths.scores(), &operands), v, (queries, keys, depth))
    };
    (0..batch).flat_map(one).collect()
}

pub(super) fn vjp(lengths: Lengths, x: &[&[Exact]], dy: &[Exact]) -> Vec<Vec<Exact>> {
    let Lengths { batch, queries, keys, width, depth, .. } = lengths;
    let mut out: Vec<Vec<Exact>> = x.iter().map(|_| Vec::new()).collect();
    for b in 0..batch {
        let ([q, k, v], mask) = (lengths.parts(x, b), lengths.mask(x, b));
        let (z, dy) = (lengths.product_of_rows(q, k), &dy[b * queries * depth..][..queries * depth]);
        let operands: Vec<&[Exact]> = [&z[..]].into_iter().chain(mask.as_deref()).collect();
        let p = softmax(lengths.scores(), &operands);
        let dp = product(dy, &transposed(v, keys, depth), (queries, depth, keys));
        let dz = softmax_vjp(lengths.scores(), &operands, &dp).swap_remove(0);
        let factor = lengths.factor();
        let dz = map(&dz, |x| x.clone() * &factor);
        out[0].extend(product(&dz, k, (queries, keys, width)));
        out[1].extend(product(&transposed(&dz, queries, keys), q, (keys, queries, width)));
        out[2].extend(product(&transposed(&p, queries, keys), dy, (keys, queries, depth)));
    }
    if let Some(mask) = x.get(3) {
        out[3] = vec![Exact::zero(); mask.len()];
    }
    out
}
