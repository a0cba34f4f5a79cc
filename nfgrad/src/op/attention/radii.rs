//! The radii of attention: its operations once more, each with its error.

use super::super::logits::{self, Block, RowBall};
use super::super::rounding::{guarded, in_f64, product_error};
use super::super::softmax::{Choice, doubt, pull};
use super::norms;
use super::sums::{Sums, inner};
use super::values::{Lengths, factor};
use crate::bound::{Ball, Domain, Elementwise, Up};
use crate::format::Format;
use crate::kernel::dispatch::wide;
use crate::kernel::scratch::{split, with_scratch};
use crate::op::Contribution;

/// The radii of `y`.
pub(super) fn value_radii<F: Format, D: Domain>(
    lengths: Lengths,
    x: [Ball<'_, F, D>; 3],
    choice: &impl Fn(usize) -> Choice,
    y: &[F],
    radii: &mut [f64],
) {
    let [rows, room, sums] = lengths.radii();
    with_scratch([rows, room, sums, y.len()], |[rows, room, sums, each]: [&mut [f64]; 4]| {
        each_value(lengths, x.map(rounded_only), choice, y, [rows, room, sums], each);
        D::fill(radii, y.len(), |i: usize| Up::new(each[i]));
    });
    if D::IS_NORM {
        radii[0] = (Up::new(radii[0]) + norms::value(lengths, x, choice)).get();
    }
}

/// The radii of the cotangents of `q`, `k` and `v`.
pub(super) fn cotangent_radii<F: Format, D: Domain>(
    lengths: Lengths,
    x: [Ball<'_, F, D>; 4],
    choice: &impl Fn(usize) -> Choice,
    dx: [Option<Contribution<'_, F>>; 3],
) {
    let [rows, room, sums] = lengths.radii();
    let moved = if D::IS_NORM { norms::cotangents(lengths, x, choice) } else { [Up::ZERO; 3] };
    let lengths_of = [rows, room, sums, x[0].mid.len(), x[1].mid.len(), x[2].mid.len()];
    with_scratch(lengths_of, |[rows, room, sums, q, k, v]: [&mut [f64]; 6]| {
        let mids = [0, 1, 2].map(|n| dx[n].as_ref().map(|dx| dx.mid));
        let each = [&mut *q, &mut *k, &mut *v];
        each_cotangent(lengths, x.map(rounded_only), choice, mids, [rows, room, sums], each);
        for ((dx, each), moved) in dx.into_iter().zip([q, k, v]).zip(moved) {
            if let Some(Contribution { mid, radii }) = dx {
                D::fill(radii, mid.len(), |i: usize| Up::new(each[i]));
                if D::IS_NORM {
                    radii[0] = (Up::new(radii[0]) + moved).get();
                }
            }
        }
    });
}

/// In a domain of norms, where the errors of operands have a bound of their own, the operand as if it were exact.
fn rounded_only<F: Format, D: Domain>(x: Ball<'_, F, D>) -> Ball<'_, F, D> {
    if D::IS_NORM { norms::exact(x) } else { x }
}

/// The scores of query `i` that are kept, and their errors; returns how many, and ∞ if the mask leaves a doubt.
#[inline(always)]
pub(super) fn scores<F: Format, D: Domain>(
    lengths: Lengths,
    [q, k]: [Ball<'_, F, D>; 2],
    i: usize,
    choice: &impl Fn(usize) -> Choice,
    [z, zeta]: [&mut [f64]; 2],
) -> (usize, Up) {
    let Lengths { queries, keys, width, .. } = lengths;
    let (c, first, mut count) = (factor::<F::Acc>(width), i / queries * keys, 0);
    for j in (0..keys).filter(|j| choice(i * keys + j).kept()) {
        let dot = inner(q.part(i * width..(i + 1) * width), k.part((first + j) * width..(first + j + 1) * width));
        let score = dot.0 * c.0;
        (z[count], zeta[count]) =
            (score.to_f64(), (product_error(dot, c) + F::Acc::mul_error(dot.0, c.0, score)).get());
        count += 1;
    }
    (count, doubt((0..keys).map(|j| choice(i * keys + j))))
}

wide! {
    /// The radii of `y`, one for each element.
    fn each_value<F: Format, D: Domain, K: Fn(usize) -> Choice>(
        lengths: Lengths,
        x: [Ball<'_, F, D>; 3],
        choice: &K,
        y: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let (Lengths { batch, queries, keys, depth, .. }, [q, k, v], [rows, room, sums]) = (lengths, x, scratch);
        let [z, zeta, p, rho] = split(rows, keys);
        let mut sums = Sums::new(sums, depth);
        for i in 0..batch * queries {
            let first = i / queries * keys;
            let (count, unknown) = scores(lengths, [q, k], i, choice, [&mut *z, &mut *zeta]);
            let (room, ball) = room.split_at_mut(logits::room(keys));
            let block = Block::<F::Acc>::new(&z[..count], count, 0..1, room);
            let row = Ball::<f64, Elementwise>::new(&z[..count], &zeta[..count]);
            let softmax = RowBall::new(block.row(0), row, ball);
            softmax.shares(p, rho);
            sums.clear();
            let kept = (0..keys).filter(|j| choice(i * keys + j).kept());
            for (j, (&p, &rho)) in kept.zip(p.iter().zip(&*rho)) {
                let v = v.part((first + j) * depth..(first + j + 1) * depth);
                sums.add(0, (Format::restored(p), Up::new(rho)), v);
                sums.next_row();
            }
            let range = i * depth..(i + 1) * depth;
            radii(&mut sums, count, None, (unknown, |_| true), Some(&y[range.clone()]), &mut out[range]);
        }
    }
}

wide! {
    /// The radii of the cotangents, one for each element.
    fn each_cotangent<F: Format, D: Domain, K: Fn(usize) -> Choice>(
        lengths: Lengths,
        x: [Ball<'_, F, D>; 4],
        choice: &K,
        mids: [Option<&[F]>; 3],
        scratch: [&mut [f64]; 3],
        out: [&mut [f64]; 3],
    ) {
        let Lengths { batch, queries, keys, width, depth } = lengths;
        let ([q, k, v, dy], [rows, room, sums], [out_q, out_k, out_v]) = (x, scratch, out);
        let (c, [z, zeta, p, rho, d, delta]) = (factor::<F::Acc>(width), split(rows, keys));
        let [room_q, room_k, _] = lengths.sums().map(|[width, rows]| Sums::room(width, rows));
        let (sums_q, rest) = sums.split_at_mut(room_q);
        let (sums_k, sums_v) = rest.split_at_mut(room_k);
        let (mut sums_q, mut sums_k) = (Sums::new(sums_q, width), Sums::new(sums_k, keys * width));
        let mut sums_v = Sums::new(sums_v, keys * depth);
        for b in 0..batch {
            sums_k.clear();
            sums_v.clear();
            let mut unknown_keys = Up::ZERO;
            for i in b * queries..(b + 1) * queries {
                let (count, unknown) = scores(lengths, [q, k], i, choice, [&mut *z, &mut *zeta]);
                let (q, dy) = (q.part(i * width..(i + 1) * width), dy.part(i * depth..(i + 1) * depth));
                let kept = || (0..keys).filter(|j| choice(i * keys + j).kept()).map(|j| (j, b * keys + j));
                for (n, (_, j)) in kept().enumerate() {
                    let (value, error) = inner(dy, v.part(j * depth..(j + 1) * depth));
                    (d[n], delta[n]) = (value.to_f64(), error.get());
                }
                let (room, ball) = room.split_at_mut(logits::room(keys));
                let block = Block::<F::Acc>::new(&z[..count], count, 0..1, room);
                let row = Ball::<f64, Elementwise>::new(&z[..count], &zeta[..count]);
                let softmax = RowBall::new(block.row(0), row, ball);
                softmax.shares(p, rho);
                let unknown = unknown + softmax.unknown();
                unknown_keys += unknown;
                // The errors of the scores have been read; those of their cotangents take their place.
                let shares = [&p[..count], &rho[..count], &delta[..count]];
                pull(&softmax, shares, &mut d[..count], &mut zeta[..count]);
                sums_q.clear();
                for (n, (j, key)) in kept().enumerate() {
                    let slope = (Format::restored(d[n]), Up::new(zeta[n]));
                    sums_q.add(0, slope, k.part(key * width..(key + 1) * width));
                    sums_q.next_row();
                    sums_k.add(j * width, slope, q);
                    sums_v.add(j * depth, (Format::restored(p[n]), Up::new(rho[n])), dy);
                }
                sums_k.next_row();
                sums_v.next_row();
                let target = i * width..(i + 1) * width;
                radii(&mut sums_q, count, Some(c), (unknown, |_| true), mids[0].map(|mid| &mid[target.clone()]), &mut out_q[target.clone()]);
            }
            // A key that no query reads has no terms, and contributions that are exactly 0.
            for (j, read) in d.iter_mut().enumerate() {
                let is_read = (b * queries..(b + 1) * queries).any(|i| choice(i * keys + j).kept());
                *read = f64::from(u8::from(is_read));
            }
            let target = b * keys * width..(b + 1) * keys * width;
            let (mid, is_read) = (mids[1].map(|mid| &mid[target.clone()]), |n: usize| d[n / width] != 0.0);
            radii(&mut sums_k, queries, Some(c), (unknown_keys, is_read), mid, &mut out_k[target]);
            let target = b * keys * depth..(b + 1) * keys * depth;
            let (mid, is_read) = (mids[2].map(|mid| &mid[target.clone()]), |n: usize| d[n / depth] != 0.0);
            radii(&mut sums_v, queries, None, (unknown_keys, is_read), mid, &mut out_v[target]);
        }
    }
}

/// The radii of results that are sums, times a factor if there is one; `is_read` says whether a sum has any terms.
#[inline(always)]
fn radii<F: Format>(
    sums: &mut Sums<'_>,
    rows: usize,
    factor: Option<(F::Acc, Up)>,
    (unknown, is_read): (Up, impl Fn(usize) -> bool),
    results: Option<&[F]>,
    out: &mut [f64],
) {
    let Some(results) = results else { return };
    let factor = factor.map(in_f64);
    sums.each::<F::Acc>(rows, |n, sum| {
        let (value, error) = match factor {
            Some(c) => {
                let product = sum.0 * c.0;
                (product, product_error(sum, c) + f64::mul_error(sum.0, c.0, product))
            }
            None => sum,
        };
        let error = if is_read(n) { error + results[n].distance(value) } else { Up::ZERO };
        out[n] = (guarded(results[n], error) + unknown).get();
    });
}
