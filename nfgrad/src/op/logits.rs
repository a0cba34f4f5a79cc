//! Rows of logits: what softmax, log-softmax and cross-entropy share, and how far it is from the real one.
//!
//! # What is computed, all in the accumulator
//!
//! With `m = max z`, first found at `j = top`,
//!
//! ```text
//! sⱼ = fl(zⱼ - m)    eⱼ = exp sⱼ    R = fl(Σ_{j≠top} eⱼ)    S = fl(1 + R)    L = ln(1 + R)
//! gⱼ = fl(L - sⱼ)                                              -log softmax(z)ⱼ
//! ```
//!
//! The largest entry has weight `e_top = 1` exactly and is kept out of the sums. So nothing cancels where the row is
//! nearly certain: `g_top = ln(1 + R)`, however small `R` is.
//!
//! # Error bounds
//!
//! Shifting both sides by the *computed* `m` changes neither, so the error of the maximum is not charged. The real
//! exponents are `sⱼ + dⱼ` with `|dⱼ| <= ηⱼ = ζⱼ + |sⱼ - (zⱼ - m)|`. Let `p` be the softmax of the computed `s` in exact
//! arithmetic, `p*` the real one, `aⱼ = e^ηⱼ - 1`, `Qⱼ = 1 - pⱼ`, and
//!
//! ```text
//! Wⱼ = Σ_{k≠j} pₖ (e^(ηₖ + ηⱼ) - 1) = (1 + aⱼ) Σ_{k≠j} pₖ aₖ + aⱼ Qⱼ
//! |ln pⱼ - ln p*ⱼ| <= min(Wⱼ, max η + ηⱼ)
//! |pⱼ - p*ⱼ|       <= Δⱼ = min(pⱼ Wⱼ, pⱼ Qⱼ (1 - h) / (min(pⱼ, Qⱼ) + h max(pⱼ, Qⱼ)))     h = e^(-2 max η)
//! ```
//!
//! *Proof.* `p*ⱼ / pⱼ = 1 / Σₖ pₖ e^(dₖ - dⱼ)`. The sum is largest for `dₖ = ηₖ`, `dⱼ = -ηⱼ`, where it is `1 + Wⱼ`, and least
//! for the opposite signs, where it is `1 - V` with `V = Σ pₖ (1 - e^-(ηₖ + ηⱼ))`. By Jensen's inequality, twice,
//! `-ln(1 - V) <= Σ_{k≠j} pₖ (ηₖ + ηⱼ) <= ln(1 + Wⱼ)`. Hence the second line (`ln(1 + W) <= W`, and no exponent moves more
//! than `max η + ηⱼ` against another), and `p* - p <= p V/(1 - V) <= p W`, `p - p* = p W/(1 + W) <= p W`. If all `η` are
//! replaced by the largest, `1 - V = p + hQ` and `1/(1 + W)` is `h/(h p + Q)`, so `p* - p <= pQ(1 - h)/(p + hQ)` and
//! `p - p* <= pQ(1 - h)/(hp + Q)`; the last expression is the larger of the two, and grows with `p` and with `Q`, so upper
//! bounds may be put in. ∎
//!
//! Both have the factor `Qⱼ`, or `Σ_{k≠j}`, which is what makes the bounds of a nearly certain row small. In the entries
//! other than `top`, where `pⱼ <= 1/2`, the sum over `k ≠ j` is taken over all `k`.
//!
//! An entry that is -∞ itself (see [`Ball`]) has `e = 0`, `p = 0` and `p* = 0`, all exactly, whatever its radius: with `η = 0` and no error of its weight
//! it moves nothing, and the proof holds for the others. A row without a finite entry has no softmax.
//!
//! What rounding does to `R`, `S`, `L` and `g` is a running error analysis: one line of code for each operation. That of the sum `R` is
//! measured, against the same sum in f64, where that is less than the bound of its tree.
//!
//! # How it is made fast
//!
//! Rows are short, so their exponentials are computed for many rows in one loop. The largest entry is treated apart from
//! the others, so that the loop over those has no branch. All of it is to be called from a
//! [`wide`](crate::kernel::dispatch::wide) function.

use std::ops::Range;

use crate::bound::{Ball, Bound, Domain, Up};
use crate::format::elementary::{Exp, Ln1p};
use crate::format::{Accumulator, Format, sum_error};
use crate::kernel::reduce::{sum_height, sum_of};
use crate::op::rounding::is_minus_infinite;

/// Rows that are worked on side by side at most.
const ROWS: usize = 16;

/// Elements that are worked on side by side at most, if they are more than one row.
const ELEMENTS: usize = 1024;

/// How many rows of `len` entries are worked on side by side.
const fn rows_together(len: usize) -> usize {
    match ELEMENTS.checked_div(len) {
        Some(0) => 1,
        Some(rows) if rows < ROWS => rows,
        _ => ROWS,
    }
}

/// The room that a [`Block`] needs.
pub(super) const fn room(len: usize) -> usize {
    rows_together(len) * len
}

/// The room that a [`RowBall`] needs.
pub(super) const fn ball_room(len: usize) -> usize {
    3 * len
}

/// The rows of each block, for a tensor of `rows` rows of `len` entries.
pub(super) fn blocks(len: usize, rows: usize) -> impl Iterator<Item = Range<usize>> {
    let together = rows_together(len);
    (0..rows).step_by(together).map(move |first| first..rows.min(first + together))
}

/// What is computed of some rows, side by side.
#[derive(Debug)]
pub(super) struct Block<'a, A> {
    first: usize,
    len: usize,
    tops: [(usize, A); ROWS],
    rests: [A; ROWS],
    logs: [A; ROWS],
    /// `eⱼ`, and 0 for the largest entry of a row.
    weights: &'a [f64],
}

impl<'a, A: Accumulator> Block<'a, A> {
    /// Of the given rows of `len` entries of `z`; what is left of the room has [`room`] elements at least.
    #[inline(always)]
    pub(super) fn new<F: Format>(z: &[F], len: usize, rows: Range<usize>, room: &'a mut [f64]) -> Self {
        let (first, count) = (rows.start, rows.len().min(ROWS));
        let (z, weights) = (&z[first * len..][..count * len], &mut room[..count * len]);
        let mut tops = [(0, A::zero()); ROWS];
        for (row, top) in tops[..count].iter_mut().enumerate() {
            let z = &z[row * len..][..len];
            *top = largest(z);
            for (weight, z) in weights[row * len..][..len].iter_mut().zip(z) {
                *weight = Format::to_f64(wide::<A, F>(*z) - top.1);
            }
        }
        for weight in &mut *weights {
            *weight = Format::to_f64(Format::eval::<Exp>(A::restored(*weight)));
        }
        let mut rests = [A::zero(); ROWS];
        for (row, rest) in rests[..count].iter_mut().enumerate() {
            let weights = &mut weights[row * len..][..len];
            if let Some(weight) = weights.get_mut(tops[row].0) {
                *weight = 0.0;
            }
            *rest = sum_of::<A>(len, |j| Format::restored(weights[j]));
        }
        let mut logs = rests;
        for log in &mut logs[..count] {
            *log = log.eval::<Ln1p>();
        }
        Self { first, len, tops, rests, logs, weights }
    }

    /// One of its rows, with the weights.
    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> (Row<A>, &'a [f64]) {
        let i = row - self.first;
        let (top, rest) = (self.tops[i], self.rests[i]);
        let row = Row { top: top.0, max: top.1, rest, sum: A::one() + rest, log: self.logs[i] };
        (row, &self.weights[i * self.len..][..self.len])
    }
}

/// A number that the accumulator has, as such: of a format that accumulates in it, or gathered in f64.
#[inline(always)]
pub(super) fn wide<A: Accumulator, F: Format>(z: F) -> A {
    A::restored(z.to_f64())
}

/// Where the largest number of a row is first found, and which it is; a NaN is larger than all.
#[inline(always)]
fn largest<A: Accumulator, F: Format>(z: &[F]) -> (usize, A) {
    let max = z.iter().copied().reduce(F::max).unwrap_or_default();
    (z.iter().position(|&z| z == max).unwrap_or_default(), wide(max))
}

/// The sums of one row of logits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<A> {
    pub(super) top: usize,
    max: A,
    pub(super) rest: A,
    pub(super) sum: A,
    log: A,
}

impl<A: Accumulator> Row<A> {
    /// The softmax of entry `j`, whose weight is `weight`.
    #[inline(always)]
    pub(super) fn share(&self, j: usize, weight: f64) -> A {
        if j == self.top { A::one() / self.sum } else { A::restored(weight) / self.sum }
    }

    /// `-log softmax` of the entry `z`.
    #[inline(always)]
    pub(super) fn loss(&self, z: A) -> A {
        self.log - (z - self.max)
    }
}

/// A row with bounds of what [`Block`] computed of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowBall<'a, A> {
    pub(super) row: Row<A>,
    weights: &'a [f64],
    /// The errors of the weights, 0 for the largest entry; `ηⱼ`; `aⱼ`.
    errors: &'a [f64],
    eta: &'a [f64],
    growth: &'a [f64],
    pub(super) rest_error: Up,
    sum_error: Up,
    log_error: Up,
    /// At least the inverse of the real `1 + R` and of the computed one, and at most that of both.
    inverse: Up,
    inverse_low: f64,
    /// `Σ pₖ aₖ` over all entries but the largest, and over all.
    spread_rest: Up,
    spread: Up,
    /// `max η`, `h` from below and `1 - h`.
    widest: Up,
    shrunk: f64,
    moved: Up,
    /// `max η` and 1, where minima with them are taken.
    most: Up,
    one: Up,
}

/// Bounds of one real softmax: `p`, `Q`, `Δ`, and that of its logarithm.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probability {
    pub(super) upper: Up,
    pub(super) others: Up,
    pub(super) change: Up,
    log_change: Up,
    one: Up,
}

impl Probability {
    /// At least the real softmax.
    #[inline(always)]
    pub(super) fn at_most(self) -> Up {
        (self.upper + self.change).min(self.one)
    }

    /// At least 1 less the real softmax.
    #[inline(always)]
    pub(super) fn others_at_most(self) -> Up {
        (self.others + self.change).min(self.one)
    }
}

impl<'a, A: Accumulator> RowBall<'a, A> {
    /// The row `z` with what was computed of it; the room is that of [`ball_room`].
    #[inline(always)]
    pub(super) fn new<F: Format, D: Domain>(
        (row, weights): (Row<A>, &'a [f64]),
        z: Ball<'_, F, D>,
        room: &'a mut [f64],
    ) -> Self {
        let len = z.mid.len();
        let (errors, room) = room.split_at_mut(len);
        let (eta, growth) = room.split_at_mut(len);
        let (weights, growth) = (&weights[..len], &mut growth[..len]);
        let widest = exponent_errors(&row, z, eta);
        exp_m1(eta, widest, growth);
        for ((error, &weight), &z) in errors.iter_mut().zip(weights).zip(z.mid) {
            // The exponential of -∞ is 0.
            let is_zero = (weight == 0.0) & is_minus_infinite(z);
            *error = if is_zero { 0.0 } else { A::restored(weight).eval_error::<Exp>().get() };
        }
        // The weight of the largest entry is 0, and not one of the sum.
        if let Some(error) = errors.get_mut(row.top) {
            *error = 0.0;
        }
        let magnitude = total(len, |j| weights[j]);
        let spread = sum_of::<f64>(len, |j| (weights[j] + errors[j]) * growth[j]);
        let certain = len < 2 || widest == Up::ZERO;
        let spread_rest = if certain { Up::ZERO } else { Up::of_sum(spread, len + 2) };
        // All terms but the largest: one addition less than there are of them.
        let height = sum_height::<A>(len).min(len.saturating_sub(2));
        let rest_error = rest_rounding(row.rest, weights, magnitude, height) + total(len, |j| errors[j]);
        let sum_error = rest_error + A::add_error(A::one(), row.rest, row.sum);
        // The real sum is at least 1, for its largest term is.
        let sum_low = rest_error.below((1.0 + Format::to_f64(row.rest)) * (1.0 - 4.0 * f64::EPSILON)).max(1.0);
        let inverse = Up::new(1.0).over(sum_low);
        // ln(1 + 0) is exactly 0.
        let own = if row.rest == A::zero() && row.log == A::zero() { Up::ZERO } else { row.log.eval_error::<Ln1p>() };
        let (spread_rest, spread_top) = (spread_rest * inverse, growth.get(row.top).map_or(Up::ZERO, |&a| Up::new(a)));
        let shrunk = (1.0 / ((widest + widest).exp_m1() + Up::new(1.0)).get()).next_down().max(0.0);
        Self {
            row,
            weights,
            errors,
            eta,
            growth,
            rest_error,
            sum_error,
            // The slope of ln(1 + R) is the inverse of the sum.
            log_error: own + rest_error * inverse,
            inverse,
            inverse_low: (1.0 / (row.sum.magnitude() + sum_error).get()).next_down().max(0.0),
            spread_rest,
            spread: spread_rest + spread_top * inverse,
            widest,
            shrunk,
            moved: Up::new((1.0 - shrunk).next_up()).min(widest + widest),
            most: widest,
            one: Up::new(1.0),
        }
    }

    /// For a [steady](Bound::Steady) bound: without what only large radii need. The bounds that are left, `W` and `p W`, are power series in the radii
    /// whose coefficients are not negative, and so [steady](crate::bound::Steady), which a minimum is not.
    #[inline(always)]
    pub(super) fn kept_for(self, bound: Bound) -> Self {
        if bound == Bound::Steady {
            Self { moved: Up::INFINITY, most: Up::INFINITY, one: Up::INFINITY, ..self }
        } else {
            self
        }
    }

    /// ∞ if nothing is known of some entry, else 0.
    #[inline(always)]
    pub(super) fn unknown(&self) -> Up {
        if self.widest.is_finite() { Up::ZERO } else { Up::INFINITY }
    }

    /// `gⱼ` of the entry `z` and at least its distance from the real one.
    #[inline(always)]
    pub(super) fn loss(&self, j: usize, z: A) -> (A, Up) {
        self.loss_of(z, if j == self.row.top { self.top() } else { self.other(j) })
    }

    /// Writes every `gⱼ`, and at least its distance from the real one.
    #[inline(always)]
    pub(super) fn losses<F: Format>(&self, z: &[F], losses: &mut [f64], errors: &mut [f64]) {
        let len = self.weights.len();
        let (z, losses, errors) = (&z[..len], &mut losses[..len], &mut errors[..len]);
        for j in 0..len {
            let (loss, error) = self.loss_of(wide(z[j]), self.other(j));
            (losses[j], errors[j]) = (Format::to_f64(loss), error.get());
        }
        let top = self.row.top;
        if top < len {
            let (loss, error) = self.loss_of(wide(z[top]), self.top());
            (losses[top], errors[top]) = (Format::to_f64(loss), error.get());
        }
    }

    #[inline(always)]
    fn loss_of(&self, z: A, p: Probability) -> (A, Up) {
        let (loss, exponent) = (self.row.loss(z), z - self.row.max);
        let rounding = self.log_error + A::add_error(self.row.log, Format::neg(exponent), loss);
        // The logarithm of the share of -∞ is -∞.
        let is_infinite = is_minus_infinite(z) & (self.widest < Up::INFINITY);
        (loss, if is_infinite { Up::ZERO } else { p.log_change + rounding })
    }

    /// Writes every `pⱼ`, computed as in [`Row::share`], and at least its distance from the real one.
    #[inline(always)]
    pub(super) fn shares(&self, shares: &mut [f64], errors: &mut [f64]) {
        for j in 0..self.weights.len() {
            let (weight, error) = self.weight(j);
            let share = weight / self.row.sum;
            shares[j] = share.to_f64();
            errors[j] = (self.divided(weight, error, share) + self.other(j).change).get();
        }
        let top = self.row.top;
        if top < self.weights.len() {
            let share = A::one() / self.row.sum;
            shares[top] = share.to_f64();
            errors[top] = (self.divided(A::one(), Up::ZERO, share) + self.top().change).get();
        }
    }

    /// The computed `eⱼ` with its error, of an entry other than the largest.
    #[inline(always)]
    pub(super) fn weight(&self, j: usize) -> (A, Up) {
        (Format::restored(self.weights[j]), Up::new(self.errors[j]))
    }

    /// The probability of entry `j`.
    #[inline(always)]
    pub(super) fn probability_of(&self, j: usize) -> Probability {
        if j == self.row.top { self.top() } else { self.other(j) }
    }

    /// The probability of the largest entry.
    #[inline(always)]
    pub(super) fn top(&self) -> Probability {
        let one = Up::new(1.0);
        let others = (self.row.rest.magnitude() + self.rest_error) * self.inverse;
        self.probability(self.row.top, self.inverse.min(one), others.min(one), self.spread_rest)
    }

    /// The probability of another.
    #[inline(always)]
    pub(super) fn other(&self, j: usize) -> Probability {
        let (weight, error) = (self.weights[j], self.errors[j]);
        let lower = (weight * (1.0 - f64::EPSILON) - error).max(0.0) * self.inverse_low;
        let upper = Up::of_products((weight + error) * self.inverse.get(), weight + error == 0.0);
        // What is subtracted from 1 is rounded down.
        let others = Up::of_rounded_sum(1.0 - lower * (1.0 - 4.0 * f64::EPSILON));
        self.probability(j, upper.min(Up::new(1.0)), others, self.spread)
    }

    /// `p`, `Q` and the `spread` without `j`, each from above.
    #[inline(always)]
    fn probability(&self, j: usize, upper: Up, others: Up, spread: Up) -> Probability {
        let (p, q, a) = (upper.get(), others.get(), self.growth[j]);
        let certain = (spread == Up::ZERO) & ((a == 0.0) | (q == 0.0));
        let change = Up::of_products((1.0 + a) * spread.get() + a * q, certain);
        let log_change = change.min(self.most + Up::new(self.eta[j])) + self.unknown();
        // The second bound of `Δ`, that for equal radii, grows with `p` and `q` together, so it is a quotient like any other.
        let far = (p.min(q) + p.max(q) * self.shrunk) * (1.0 - 4.0 * f64::EPSILON);
        let uniform = Up::of_polynomial(p * q * self.moved.get() / far, false) + self.unknown();
        Probability {
            upper,
            others,
            change: Up::of_products(p * change.get(), certain | (p == 0.0)).min(uniform),
            log_change,
            one: self.one,
        }
    }

    /// At least `|quotient - x*/S*|`, where `quotient` is `fl(x / S)` and `|x - x*| <= xi`.
    ///
    /// `x/S - x*/S* = (x/S (S* - S) + (x - x*))/S*`.
    #[inline(always)]
    pub(super) fn divided(&self, x: A, xi: Up, quotient: A) -> Up {
        let rounding = A::div_error(x, self.row.sum, quotient);
        rounding + ((quotient.magnitude() + rounding) * self.sum_error + xi) * self.inverse
    }
}

/// At least the distance between `R` and the sum of the weights, `magnitude`: measured against the same sum in f64, or bounded by the
/// height of its tree, whichever is less.
#[inline(always)]
fn rest_rounding<A: Accumulator>(rest: A, weights: &[f64], magnitude: Up, height: usize) -> Up {
    let n = weights.len();
    let own = sum_error::<f64>(sum_height::<f64>(n)).relative + Up::new(2.0 * A::CONVERSION);
    let measured = rest.distance(sum_of::<f64>(n, |j| weights[j])) + own * magnitude;
    measured.min(sum_error::<A>(height).relative * magnitude)
}

/// Writes `ηⱼ`, how far the real exponent of each entry may be from the computed one; returns the largest.
#[inline(always)]
fn exponent_errors<A: Accumulator, F: Format, D: Domain>(row: &Row<A>, z: Ball<'_, F, D>, eta: &mut [f64]) -> Up {
    let is_row = row.max.is_finite();
    for (j, eta) in eta.iter_mut().enumerate() {
        let (z, zeta) = z.get(j);
        let is_out = is_row & is_minus_infinite(z) & (zeta < Up::INFINITY);
        let z = wide::<A, F>(z);
        let error = zeta + A::add_error(z, Format::neg(row.max), z - row.max);
        *eta = if is_out { 0.0 } else { error.get() };
    }
    // A maximum of bits, unlike one of floats, may be taken in any order.
    Up::new(f64::from_bits(eta.iter().fold(0, |widest, eta| eta.to_bits().max(widest))))
}

/// Writes `e^η - 1` of every `η`, of which `widest` is the largest.
#[inline(always)]
fn exp_m1(eta: &[f64], widest: Up, growth: &mut [f64]) {
    let both = growth.iter_mut().zip(eta);
    if widest.is_small() {
        both.for_each(|(growth, &eta)| *growth = Up::new(eta).exp_m1_of_small().get());
    } else {
        both.for_each(|(growth, &eta)| *growth = Up::new(eta).exp_m1().get());
    }
}

/// The sum of numbers that are themselves rounded up.
#[inline(always)]
pub(super) fn total(len: usize, term: impl Fn(usize) -> f64) -> Up {
    Up::of_terms(sum_of::<f64>(len, term), len)
}
