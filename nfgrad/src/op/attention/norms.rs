//! The radii of attention in a domain of norms: each bounds the 2-norm of all errors of its tensor.
//!
//! For one query, `p` is the softmax of its scores `z`, `u = V ȳ`, and `S = diag p - p pᵀ`, the derivative of `p` by `z`. Along the way from the
//! computed scores to the real ones `p` stays below some `P`, `1 - p` below `Q` (`logits.rs`, for scores with the radius of the way), and so
//!
//! ```text
//! ‖S‖₂ <= λ = min(1/2, max min(Pⱼ, 2 Pⱼ Qⱼ))
//! ‖√S K‖₂ <= κ = min(√(Σ Pⱼ ‖kⱼ - a‖²), √λ ‖K - 1 a'ᵀ‖₂)     for any a, a'; ν of V likewise
//! ```
//!
//! *Proof.* `S` is positive, `S <= diag p`, the magnitudes of its row `j` add up to `2 pⱼ (1 - pⱼ)`, and `S 1 = 0`, so `a` and `a'` change nothing.
//! `p (1 - p) <= 1/4`. ∎
//!
//! Let `û` be `u` without its mean by `p`, `Uⱼ >= |ûⱼ|`, `dⱼ` at least the distance of `kⱼ` from the mean of the keys by `p`,
//!
//! ```text
//! φ = min(κ max U, √(Σ P U² d²))    ψ = min(√λ max U, max √P U + √(max P) √(Σ P U²))
//! ```
//!
//! With the radii `ε` of `Q`, `K` and `V`, `δ` of `Ȳ`, `κ' = κ + √λ ε_k`, `ν' = ν + √λ ε_v`, `q = ‖Q‖₂ + ε_q`, and the largest value of each
//! product of these for a query and a batch, the errors are at most
//!
//! ```text
//! y    c κ ν ε_q + c q √λ ν ε_k + ‖P‖₂ ε_v
//! q̄    c (‖Z̄‖₂ + c q κ' ψ) ε_k + c² κ' φ ε_q + c κ' √λ ‖Ȳ‖₂ ε_v + c κ' ν' δ
//! k̄    c (‖Z̄‖₂ + c q √λ φ) ε_q + c² q² √λ ψ ε_k + c q λ ‖Ȳ‖₂ ε_v + c q √λ ν' δ
//! v̄    ‖Ȳ‖₂ (c √λ κ ε_q + c q λ ε_k) + ‖P‖₂ δ
//! ```
//!
//! and the roundings, which are the rules of each element with exact operands. `‖P‖₂²` and `‖Z̄‖₂²` are at most the largest sum of magnitudes of a row
//! times that of a column. No row of `y` moves by more than twice the largest `‖vⱼ - a‖`.
//!
//! *Proof.* Every line takes one factor after another to its real value, those on the right of it first:
//! `q̄ - q̄* = c ((K - K*)ᵀ S u + K*ᵀ (S - S*) u + K*ᵀ S* ((V - V*) ȳ + V* (ȳ - ȳ*)))`. The scores move by `w = c (K (q - q*) + (K - K*) q*)`. The
//! derivative of `S u` along `w` is `S (ŵ û)`, entry by entry, `ŵ` being `w` without its mean by `p`. `‖√S (ŵ û)‖` is at most the root of `Σ p ŵ² û²`. That
//! is at most `max U` times the root of `Σ p ŵ²`, which is `‖√S w‖`: `c κ ‖q - q*‖` for the first part of `w`, and `√λ` times its norm for
//! the second. Also `|ŵⱼ| <= c dⱼ ‖q - q*‖` in the first; and in the second, of which the mean is at most `‖p‖₂ ‖w‖` with
//! `‖p‖₂² <= max p`, the roots of `Σ p w² û²` and of `Σ p û²` do it. So much for `φ` and `ψ`. The norms of the errors of
//! all queries add up, squared, to at most `ε_q²` and `δ²`; those of `(K - K*) q*` to `‖K - K*‖_F² ‖Q*‖₂²`; of `(V - V*) ȳ` likewise.
//!
//! The means along the way: with `s = Σ P >= 1`, that by `P/s` is within `2 (s - 1) r` of that by `p`, `r` being how far the numbers are apart, or twice how
//! far they are from a point; for `Σ |P/s - p| <= Σ (P - P/s) + Σ (P - p) = 2 (s - 1)`, and a shift of all changes nothing. ∎

use super::super::logits::{self, Block, RowBall};
use super::super::softmax::Choice;
use super::measures::{Batch, Magnitudes, beyond_one, relative_rounding, root_of_total, sizes, spread};
use super::radii::scores;
use super::sums::inner;
use super::values::{Lengths, factor, row};
use crate::bound::{Ball, Domain, Elementwise, Up};
use crate::format::Format;
use crate::kernel::dispatch::wide;
use crate::kernel::norms::norm_2;
use crate::kernel::scratch::{split, with_buffers};

/// By how much an error of `Q`, `K`, `V` and `Ȳ` is multiplied at most.
pub(super) type Gains = [Up; 4];

/// The bounds of a query: `λ`, its root, `κ` and `ν`.
#[derive(Debug, Clone, Copy)]
struct Query {
    lambda: Up,
    root: Up,
    keys: Up,
    values: Up,
}

/// Writes `P` of the scores that query `i` keeps, which are within `moved` of the real ones but for their own roundings; returns how many, and `λ`.
#[inline(always)]
fn probabilities<F: Format, D: Domain>(
    lengths: Lengths,
    x: [Ball<'_, F, D>; 2],
    i: usize,
    choice: &impl Fn(usize) -> Choice,
    moved: Up,
    [z, zeta, p]: [&mut [f64]; 3],
    room: &mut [f64],
) -> (usize, Up) {
    let (count, _) = scores(lengths, x, i, choice, [&mut *z, &mut *zeta]);
    zeta[..count].iter_mut().for_each(|zeta| *zeta = (Up::new(*zeta) + moved).get());
    let (room, ball) = room.split_at_mut(logits::room(lengths.keys));
    let block = Block::<F::Acc>::new(&z[..count], count, 0..1, room);
    let row = Ball::<f64, Elementwise>::new(&z[..count], &zeta[..count]);
    let row = RowBall::new(block.row(0), row, ball);
    let mut lambda = Up::ZERO;
    for (j, p) in p[..count].iter_mut().enumerate() {
        let probability = row.probability_of(j);
        let (own, others) = (probability.at_most(), probability.others_at_most());
        lambda = lambda.max(own.min(own * others * 2.0));
        *p = own.get();
    }
    (count, lambda.min(Up::new(0.5)))
}

/// What is to be known of the query whose `P` these are; writes the distances of the keys from their mean.
#[inline(always)]
fn query<F: Format>(
    lengths: Lengths,
    batch: &Batch,
    [k, v]: [&[F]; 2],
    p: &[f64],
    lambda: Up,
    kept: impl Iterator<Item = usize> + Clone,
    [mean, distances]: [&mut [f64]; 2],
) -> Query {
    let Lengths { width, depth, .. } = lengths;
    let (root, distances) = (lambda.sqrt(), &mut distances[..p.len()]);
    let of_v = spread(p, kept.clone().map(|j| row(v, j, depth)), &mut mean[..depth], distances);
    let of_k = spread(p, kept.map(|j| row(k, j, width)), &mut mean[..width], distances);
    Query { lambda, root, keys: of_k.min(root * batch.keys), values: of_v.min(root * batch.values) }
}

/// At least how far the scores of query `i` move.
fn moved<F: Format, D: Domain>(lengths: Lengths, batch: &Batch, [q, k]: [Ball<'_, F, D>; 2], i: usize) -> Up {
    let (epsilon_q, epsilon_k) = (q.radius(0), k.radius(0));
    let own = norm_2(row(q.mid, i, lengths.width)) + epsilon_q;
    scale::<F>(lengths) * (epsilon_q * batch.key + own * epsilon_k)
}

/// At least `c`.
fn scale<F: Format>(lengths: Lengths) -> Up {
    let (c, error) = factor::<F::Acc>(lengths.width);
    c.magnitude() + error
}

/// The same numbers, of which each is real.
pub(super) fn exact<F: Format, D: Domain>(x: Ball<'_, F, D>) -> Ball<'_, F, D> {
    Ball::new(x.mid, &[0.0])
}

/// What is felt of a radius; nothing of none, however large the gain.
fn felt(gain: Up, radius: Up) -> Up {
    if radius == Up::ZERO { Up::ZERO } else { gain * radius }
}

/// Makes every gain at least as large as the other.
fn raise(gains: &mut Gains, other: Gains) {
    gains.iter_mut().zip(other).for_each(|(gain, other)| *gain = gain.max(other));
}

/// What the errors of `Q`, `K` and `V` do to `y`.
pub(super) fn value<F: Format, D: Domain>(
    lengths: Lengths,
    x: [Ball<'_, F, D>; 3],
    choice: &impl Fn(usize) -> Choice,
) -> Up {
    let Lengths { batch, queries, keys, width, depth } = lengths;
    let (c, [epsilon_q, epsilon_k, epsilon_v]) = (scale::<F>(lengths), x.map(|x| x.radius(0)));
    if [epsilon_q, epsilon_k, epsilon_v] == [Up::ZERO; 3] {
        return Up::ZERO;
    }
    let (mut gains, mut reach) = ([Up::ZERO; 4], Up::ZERO);
    let room = lengths.radii()[1];
    with_buffers([4 * keys, room, width.max(depth), keys], |[rows, room, mean, columns]: [&mut [f64]; 4]| {
        for b in 0..batch {
            let norms = Batch::new(lengths, x.map(|x| x.mid), choice, b);
            let (mut own, mut all) = ([Up::ZERO; 2], Magnitudes::new(columns));
            value_gains(lengths, norms, x, choice, b, [&mut *rows, &mut *room, &mut *mean], (&mut own, &mut all));
            let of_k = c * (norms.queries + epsilon_q) * own[1];
            raise(&mut gains, [c * own[0], of_k, all.norm().min(Up::new(queries as f64).sqrt()), Up::ZERO]);
            reach = reach.max(norms.reach);
        }
    });
    let [of_q, of_k, of_v, _] = gains;
    let most = reach * 2.0 * Up::new((batch * queries) as f64).sqrt();
    let from_scores = felt(of_q, epsilon_q) + felt(of_k, epsilon_k);
    // What is not known at all is not known to be a number.
    let known = epsilon_q.is_finite() && epsilon_k.is_finite();
    (if known { from_scores.min(most) } else { Up::INFINITY }) + felt(of_v, epsilon_v)
}

wide! {
    /// The largest `κ ν` and `√λ ν` of the queries of a batch, and all `P`.
    fn value_gains<F: Format, D: Domain, K: Fn(usize) -> Choice>(
        lengths: Lengths,
        norms: Batch,
        x: [Ball<'_, F, D>; 3],
        choice: &K,
        b: usize,
        scratch: [&mut [f64]; 3],
        out: (&mut [Up; 2], &mut Magnitudes<'_>),
    ) {
        let (Lengths { queries, keys, .. }, [q, k, v], [rows, room, mean]) = (lengths, x, scratch);
        let (gains, all) = out;
        let [z, zeta, p, far] = split(rows, keys);
        for i in b * queries..(b + 1) * queries {
            let kept = || (0..keys).filter(|j| choice(i * keys + j).kept());
            let moved = moved(lengths, &norms, [q, k], i);
            let (count, lambda) =
                probabilities(lengths, [exact(q), exact(k)], i, choice, moved, [&mut *z, &mut *zeta, &mut *p], room);
            let rows = kept().map(|j| b * keys + j);
            let own = query(lengths, &norms, [k.mid, v.mid], &p[..count], lambda, rows, [&mut *mean, &mut *far]);
            gains[0] = gains[0].max(own.keys * own.values);
            gains[1] = gains[1].max(own.root * own.values);
            all.add(&p[..count], kept());
        }
    }
}

/// What the errors of `Q`, `K`, `V` and `Ȳ` do to the cotangents of the first three.
pub(super) fn cotangents<F: Format, D: Domain>(
    lengths: Lengths,
    x: [Ball<'_, F, D>; 4],
    choice: &impl Fn(usize) -> Choice,
) -> [Up; 3] {
    let Lengths { batch, queries, keys, width, depth } = lengths;
    let radii = x.map(|x| x.radius(0));
    if radii == [Up::ZERO; 4] {
        return [Up::ZERO; 3];
    }
    let mut gains = [[Up::ZERO; 4]; 3];
    let room = lengths.radii()[1];
    let buffers = [6 * keys, room, width.max(depth), keys, keys];
    with_buffers(buffers, |[rows, room, mean, columns, slopes]: [&mut [f64]; 5]| {
        for b in 0..batch {
            let [q, k, v, dy] = x.map(|x| x.mid);
            let norms = Batch::new(lengths, [q, k, v], choice, b);
            let asks = |i: usize| (0..keys).any(|j| choice((b * queries + i) * keys + j).kept());
            let of_dy = sizes(row(dy, b, queries * depth), queries, &asks, false).1;
            let (mut own, mut sums) = ([[Up::ZERO; 4]; 3], [Magnitudes::new(columns), Magnitudes::new(slopes)]);
            cotangent_gains(lengths, norms, x, choice, b, [&mut *rows, &mut *room, &mut *mean], (&mut own, &mut sums));
            let of_p = sums[0].norm().min(Up::new(queries as f64).sqrt());
            let complete = completed(own, [scale::<F>(lengths), norms.queries + radii[0], of_dy, of_p, sums[1].norm()]);
            gains.iter_mut().zip(complete).for_each(|(gains, own)| raise(gains, own));
        }
    });
    gains.map(|gains| gains.into_iter().zip(radii).map(|(gain, radius)| felt(gain, radius)).sum())
}

/// The gains of a batch from the largest factors of its queries: the lines of the module's docs.
fn completed([q, k, v]: [Gains; 3], [c, of_q, of_dy, of_p, of_slopes]: [Up; 5]) -> [Gains; 3] {
    [
        [c * c * q[0], c * (of_slopes + c * of_q * q[1]), c * of_dy * q[2], c * q[3]],
        [c * (of_slopes + c * of_q * k[0]), c * c * of_q * of_q * k[1], c * of_q * of_dy * k[2], c * of_q * k[3]],
        [of_dy * c * v[0], of_dy * c * of_q * v[1], Up::ZERO, of_p],
    ]
}

wide! {
    /// The largest factors of the queries of a batch, and all `P` and `|Z̄|`.
    fn cotangent_gains<F: Format, D: Domain, K: Fn(usize) -> Choice>(
        lengths: Lengths,
        norms: Batch,
        x: [Ball<'_, F, D>; 4],
        choice: &K,
        b: usize,
        scratch: [&mut [f64]; 3],
        out: (&mut [Gains; 3], &mut [Magnitudes<'_>; 2]),
    ) {
        let (Lengths { queries, keys, depth, .. }, [q, k, v, dy], [rows, room, mean]) = (lengths, x, scratch);
        let (gains, sums) = out;
        let [z, zeta, p, u, slopes, far] = split(rows, keys);
        let (epsilon_k, epsilon_v) = (k.radius(0), v.radius(0));
        for i in b * queries..(b + 1) * queries {
            let kept = || (0..keys).filter(|j| choice(i * keys + j).kept());
            let moved = moved(lengths, &norms, [q, k], i);
            let (count, lambda) =
                probabilities(lengths, [exact(q), exact(k)], i, choice, moved, [&mut *z, &mut *zeta, &mut *p], room);
            let p = &p[..count];
            let rows = kept().map(|j| b * keys + j);
            let Query { lambda, root, keys: of_k, values: of_v } =
                query(lengths, &norms, [k.mid, v.mid], p, lambda, rows, [&mut *mean, &mut *far]);
            let dy = exact(dy).part(i * depth..(i + 1) * depth);
            for (n, j) in kept().map(|j| b * keys + j).enumerate() {
                let (value, error) = inner(dy, exact(v).part(j * depth..(j + 1) * depth));
                (u[n], zeta[n]) = (value.to_f64(), (error + value.distance(value.to_f64())).get());
            }
            let (u, far) = (&mut u[..count], &mut far[..count]);
            centre(p, u, &zeta[..count]);
            for (slope, (&p, &u)) in slopes.iter_mut().zip(p.iter().zip(&*u)) {
                *slope = (Up::new(p) * Up::new(u)).get();
            }
            let (phi, psi) = bends(p, u, far, [of_k, root, norms.key * relative_rounding::<F>(count)]);
            let (all_k, all_v) = (of_k + root * epsilon_k, of_v + root * epsilon_v);
            raise(&mut gains[0], [all_k * phi, all_k * psi, all_k * root, all_k * all_v]);
            raise(&mut gains[1], [root * phi, root * psi, lambda, root * all_v]);
            raise(&mut gains[2], [root * of_k, lambda, Up::ZERO, Up::ZERO]);
            sums[0].add(p, kept());
            sums[1].add(&slopes[..count], kept());
        }
    }
}

/// `φ` and `ψ`, given `P`, `U`, the distances of the keys from the mean by `P/s`, `κ`, `√λ` and how far that mean is off.
#[inline(always)]
fn bends(p: &[f64], u: &[f64], far: &mut [f64], [of_k, root, rounding]: [Up; 3]) -> (Up, Up) {
    let largest = |x: &[f64]| x.iter().map(|&x| Up::new(x)).fold(Up::ZERO, Up::max);
    let (most_u, most_p) = (largest(u), largest(p));
    let apart = beyond_one(p) * 2.0 * largest(far) + rounding;
    for (far, &u) in far.iter_mut().zip(u) {
        *far = ((Up::new(*far) + apart) * Up::new(u)).get();
    }
    let weighted = p.iter().zip(u).map(|(&p, &u)| Up::new(p).sqrt() * Up::new(u)).fold(Up::ZERO, Up::max);
    let phi = (of_k * most_u).min(root_of_total(p, far));
    let psi = (root * most_u).min(weighted + most_p.sqrt() * root_of_total(p, u));
    (phi, psi)
}

/// Replaces `u`, given with its errors, by `U`: at least its distances from its mean by any of the `p`.
#[inline(always)]
fn centre(p: &[f64], u: &mut [f64], error: &[f64]) {
    let (mut least, mut most, mut size, mut rough) = (f64::INFINITY, f64::NEG_INFINITY, Up::ZERO, Up::ZERO);
    for (&u, &error) in u.iter().zip(error) {
        (least, most) = (least.min(u), most.max(u));
        (size, rough) = (size.max(Up::abs(u)), rough.max(Up::new(error)));
    }
    let range = Up::of_rounded_sum(most - least) + rough * 2.0;
    let sum = p.iter().sum::<f64>();
    let mean = p.iter().zip(&*u).map(|(p, u)| p / sum * u).sum::<f64>();
    let apart = range * beyond_one(p) + size * relative_rounding::<f64>(u.len()) + rough;
    for (u, &error) in u.iter_mut().zip(error) {
        *u = (Up::of_rounded_sum(*u - mean) + Up::new(error) + apart).get();
    }
}
