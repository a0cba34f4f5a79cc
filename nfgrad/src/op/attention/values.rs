//! The values and contributions of attention, a query at a time.

use super::super::logits::{Block, ball_room, room};
use super::super::softmax::mean_difference;
use super::sums::Sums;
use crate::bound::Up;
use crate::format::{Accumulator, Format};
use crate::kernel::dispatch::wide;
use crate::kernel::reduce::{RowSums, sum_of};
use crate::kernel::scratch::split;

/// The lengths of the axes, and of all leading ones together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lengths {
    pub(super) batch: usize,
    pub(super) queries: usize,
    pub(super) keys: usize,
    /// Of a query and a key.
    pub(super) width: usize,
    /// Of a value.
    pub(super) depth: usize,
}

impl Lengths {
    /// The scratch of values and of contributions: rows of keys, the room of a row, and sums for one batch.
    pub(super) fn values<A: Accumulator>(self) -> [usize; 3] {
        let sums = self.sums().map(|[width, rows]| RowSums::<f64>::room::<A>(width, rows));
        [3 * self.keys, room(self.keys), sums.iter().sum()]
    }

    /// The scratch of radii: the same with more of each.
    pub(super) fn radii(self) -> [usize; 3] {
        let sums = self.sums().map(|[width, rows]| Sums::room(width, rows));
        [6 * self.keys, room(self.keys) + ball_room(self.keys), sums.iter().sum()]
    }

    /// The widths of the sums of a query, of all keys and of all values, and how many rows each adds up.
    pub(super) fn sums(self) -> [[usize; 2]; 3] {
        let Self { queries, keys, width, depth, .. } = self;
        [[width.max(depth), keys], [keys * width, queries], [keys * depth, queries]]
    }
}

/// `1/√d` in the accumulator, with its distance from the real one.
#[inline(always)]
pub(super) fn factor<A: Accumulator>(width: usize) -> (A, Up) {
    let nearest = 1.0 / (width as f64).sqrt();
    let factor = A::from_f64(nearest);
    // A root and a quotient, each rounded once; both are exact for powers of 4.
    let is_exact = width.is_power_of_two() && width.trailing_zeros().is_multiple_of(2);
    let error = if is_exact { Up::ZERO } else { Up::new(nearest * 2.0 * f64::EPSILON) };
    (factor, factor.distance(nearest) + error)
}

/// `fl(c fl(q · k))`.
#[inline(always)]
pub(super) fn score<F: Format>(q: &[F], k: &[F], c: F::Acc) -> F::Acc {
    sum_of::<F>(q.len(), |i| q[i].to_acc() * k[i].to_acc()) * c
}

/// The rows of a row-major matrix.
#[inline(always)]
pub(super) fn row<T>(x: &[T], i: usize, len: usize) -> &[T] {
    &x[i * len..][..len]
}

wide! {
    pub(super) fn values<F: Format, K: Fn(usize) -> bool>(
        lengths: Lengths,
        x: [&[F]; 3],
        keep: K,
        y: &mut [F],
        scratch: [&mut [f64]; 3],
    ) {
        let (Lengths { batch, queries, keys, width, depth }, [q, k, v], [rows, room, sums]) = (lengths, x, scratch);
        let (c, [z, ..]) = (factor::<F::Acc>(width).0, split::<3>(rows, keys));
        for i in 0..batch * queries {
            let first = i / queries * keys;
            let kept = || (0..keys).filter(|j| keep(i * keys + j));
            let mut count = 0;
            for j in kept() {
                z[count] = score(row(q, i, width), row(k, first + j, width), c).to_f64();
                count += 1;
            }
            let block = Block::<F::Acc>::new(&z[..count], count, 0..1, room);
            let (softmax, weights) = block.row(0);
            let mut sums = RowSums::new(&mut *sums, depth, 0.0);
            for (j, (n, &weight)) in kept().zip(weights.iter().enumerate()) {
                add(sums.leaf(), softmax.share(n, weight), row(v, first + j, depth));
                sums.next_row::<F::Acc>(0.0, plus::<F::Acc>);
            }
            for (y, &sum) in y[i * depth..].iter_mut().zip(&*sums.total::<F::Acc>(plus::<F::Acc>)) {
                *y = F::from_acc(Format::restored(sum));
            }
        }
    }
}

/// Adds a multiple of a vector, each product and each sum rounded.
#[inline(always)]
pub(super) fn add<F: Format>(sums: &mut [f64], factor: F::Acc, x: &[F]) {
    for (sum, x) in sums.iter_mut().zip(x) {
        *sum = (F::Acc::restored(*sum) + factor * x.to_acc()).to_f64();
    }
}

/// The sum of two numbers of the accumulator.
#[inline(always)]
fn plus<A: Accumulator>(a: f64, b: f64) -> f64 {
    (A::restored(a) + A::restored(b)).to_f64()
}

wide! {
    pub(super) fn cotangents<F: Format, K: Fn(usize) -> bool>(
        lengths: Lengths,
        x: [&[F]; 4],
        keep: K,
        out: [Option<&mut [F]>; 3],
        scratch: [&mut [f64]; 3],
    ) {
        let Lengths { batch, queries, keys, width, depth } = lengths;
        let ([q, k, v, dy], [mut dq, mut dk, mut dv], [rows, room, sums]) = (x, out, scratch);
        let (c, [z, p, d]) = (factor::<F::Acc>(width).0, split(rows, keys));
        let [room_q, room_k, _] = lengths.sums().map(|[width, rows]| RowSums::<f64>::room::<F::Acc>(width, rows));
        let (sums_q, rest) = sums.split_at_mut(room_q);
        let (sums_k, sums_v) = rest.split_at_mut(room_k);
        let (mut sums_q, mut sums_k) = (RowSums::new(sums_q, width, 0.0), RowSums::new(sums_k, keys * width, 0.0));
        let mut sums_v = RowSums::new(sums_v, keys * depth, 0.0);
        for b in 0..batch {
            sums_k.clear(0.0);
            sums_v.clear(0.0);
            for i in b * queries..(b + 1) * queries {
                let kept = || (0..keys).filter(|j| keep(i * keys + j));
                let mut count = 0;
                for j in kept() {
                    z[count] = score(row(q, i, width), row(k, b * keys + j, width), c).to_f64();
                    let (dy, v) = (row(dy, i, depth), row(v, b * keys + j, depth));
                    d[count] = sum_of::<F>(depth, |e| dy[e].to_acc() * v[e].to_acc()).to_f64();
                    count += 1;
                }
                let block = Block::<F::Acc>::new(&z[..count], count, 0..1, room);
                let (softmax, weights) = block.row(0);
                for ((n, p), &weight) in p.iter_mut().enumerate().zip(weights) {
                    *p = softmax.share(n, weight).to_f64();
                }
                let mean = mean_difference::<F::Acc>(&p[..count], &mut d[..count]).0;
                sums_q.clear(0.0);
                for (j, (&p, &d)) in kept().zip(p.iter().zip(&*d)) {
                    let p = F::Acc::restored(p);
                    let slope = p * (F::Acc::restored(d) - mean);
                    add(sums_q.leaf(), slope, row(k, b * keys + j, width));
                    sums_q.next_row::<F::Acc>(0.0, plus::<F::Acc>);
                    add(&mut sums_k.leaf()[j * width..][..width], slope, row(q, i, width));
                    add(&mut sums_v.leaf()[j * depth..][..depth], p, row(dy, i, depth));
                }
                sums_k.next_row::<F::Acc>(0.0, plus::<F::Acc>);
                sums_v.next_row::<F::Acc>(0.0, plus::<F::Acc>);
                if let Some(dq) = &mut dq {
                    finish(&mut dq[i * width..][..width], sums_q.total::<F::Acc>(plus::<F::Acc>), |sum| sum * c);
                }
            }
            if let Some(dk) = &mut dk {
                let sums = sums_k.total::<F::Acc>(plus::<F::Acc>);
                finish(&mut dk[b * keys * width..][..keys * width], sums, |sum| sum * c);
            }
            if let Some(dv) = &mut dv {
                let sums = sums_v.total::<F::Acc>(plus::<F::Acc>);
                finish(&mut dv[b * keys * depth..][..keys * depth], sums, |sum| sum);
            }
        }
    }
}

/// Writes every sum, completed and rounded to the format.
#[inline(always)]
pub(super) fn finish<F: Format>(out: &mut [F], sums: &[f64], complete: impl Fn(F::Acc) -> F::Acc) {
    for (out, &sum) in out.iter_mut().zip(sums) {
        *out = F::from_acc(complete(Format::restored(sum)));
    }
}
