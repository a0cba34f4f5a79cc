//! Rows that are brought to unit variance: what layer norm and rms norm share, and how far it is from the real one.
//!
//! # What is computed, all in the accumulator
//!
//! ```text
//! m = fl(fl(Σ x) / n), or 0 for rms norm    cᵢ = fl(xᵢ - m)    d = fl(fl(fl(Σ fl(cᵢ²)) / n) + ε)    s = fl(√d)    hᵢ = fl(cᵢ / s)
//! yᵢ = fl(fl(hᵢ wᵢ) + bᵢ)
//! gᵢ = fl(ȳᵢ wᵢ)    G = fl(fl(Σ g) / n), or 0    H = fl(fl(Σ fl(gᵢ hᵢ)) / n)    tᵢ = fl(fl(gᵢ - G) - fl(hᵢ H))    x̄ᵢ = fl(tᵢ / s)
//! w̄ = fl(Σ fl(ȳ h)), b̄ = fl(Σ ȳ)    over the rows
//! ```
//!
//! # Error bounds
//!
//! The computed `m` is a number like any other: the real `h*` does not change if it is taken from both sides. So with
//! `c* = x* - m`, `|cᵢ - c*ᵢ| <= γᵢ = αᵢ + |cᵢ - (xᵢ - m)|`, and `e = mean(c*)`,
//!
//! ```text
//! h*ᵢ = (c*ᵢ - e) / √D*    D* = mean(c*²) - e² + ε    |e| <= E = |mean c| + mean γ
//! |D* - d| <= R = |d - mean(c²) - ε| + mean(2|c|γ + γ²) + E²
//! |1/s - 1/√D*| <= τ = σ / (s (s - σ)) + R / (√d √l (√d + √l))    σ = |s - √d|, l = max(d - R, ε)
//! |hᵢ - h*ᵢ| <= ηᵢ = |hᵢ - cᵢ/s| + |cᵢ| τ + (γᵢ + E) (1/s + τ)
//! ```
//!
//! *Proof.* `1/√d - 1/√D* = (D* - d) / (√d √D* (√d + √D*))`, and `D* >= l`, for a variance is not negative. Then
//! `cᵢ/s - h*ᵢ = cᵢ (1/s - 1/√D*) + (cᵢ - c*ᵢ + e) / √D*`. ∎
//!
//! So no error of a mean or of a variance is propagated through its operations: the sums `Σ c` and `Σ c²` are taken once more
//! in f64, and `d` is held against them. What is charged is what went wrong, to some units of 2^-53.
//!
//! The rest is products, sums and a quotient by `√D*`, each held against the same in f64 or charged its own rounding; `w̄` and `b̄`
//! are sums along columns with their trees. For the cotangent, `x̄*ᵢ = (g*ᵢ - mean g* - h*ᵢ mean(g* h*)) / √D*`.
//!
//! In a domain of norms that is the bound of the roundings; what errors of the operands do has a bound of its own: `norm/norms.rs`.

pub(super) mod enclosures;
pub(super) mod norms;
pub(super) mod torchlean;

use nfgrad_shapes::Shape;

use super::Contribution;
use super::axis::Rows;
use super::literal::{Literal, positive};
use super::repeat::column_radius;
use super::rounding::{Count, guarded, narrowing_error, product_error};
use super::summed::rounding;
use crate::bound::{Ball, Domain, Up};
use crate::format::{Accumulator, Format, sum_error};
use crate::kernel::dispatch::wide;
use crate::kernel::reduce::{RowSums, column_height, sum_height, sum_of};
use crate::kernel::scratch::{split, with_scratch};

/// Which of the two.
pub(super) trait Norm: 'static {
    /// Whether the mean is taken away.
    const CENTRED: bool;
    /// What is added to the variance.
    type Epsilon: Literal;
}

/// The cotangents of the operand and of the weight.
#[inline]
pub(super) fn pull<N: Norm, S: Rows, F: Format>([x, weight]: [&[F]; 2], dy: &[F], [dx, dw]: [Option<&mut [F]>; 2]) {
    let sums = RowSums::<f64>::room::<F::Acc>(S::LEN, S::Each::NUMEL);
    with_scratch([S::LEN + sums.max(S::LEN)], |[rows]: [&mut [f64]; 1]| {
        if let Some(dx) = dx {
            cotangents::<N, S, F>(x, weight, dy, dx, rows);
        }
        if let Some(dw) = dw {
            weight_cotangents::<N, S, F>(x, dy, dw, rows);
        }
    });
}

/// The room that the radii of contributions need: for rows, and for each element.
const fn room_of_radii<S: Rows>() -> [usize; 2] {
    let sums = RowSums::<f64>::room::<f64>(S::LEN, S::Each::NUMEL);
    let most = if sums > 3 * S::LEN { sums } else { 3 * S::LEN };
    [3 * S::LEN + most, if S::NUMEL > S::LEN { S::NUMEL } else { S::LEN }]
}

/// The radii of [`pull`].
#[inline]
pub(super) fn pull_radii<N: Norm, S: Rows, F: Format, D: Domain>(
    [x, weight]: [Ball<'_, F, D>; 2],
    dy: Ball<'_, F, D>,
    [dx, dw]: [Option<Contribution<'_, F>>; 2],
) {
    if D::IS_NORM {
        return norms::pull::<N, S, F, D>([x, weight, dy], [dx, dw]);
    }
    with_scratch(room_of_radii::<S>(), |[rows, each]: [&mut [f64]; 2]| {
        if let Some(Contribution { mid, radii }) = dx {
            cotangent_radii::<N, S, F, D>(x, weight, dy, mid, rows, each);
            D::fill(radii, S::NUMEL, |i: usize| Up::new(each[i]));
        }
        if let Some(Contribution { mid, radii }) = dw {
            weight_radii::<N, S, F, D>(x, dy, mid, rows, each);
            D::fill(radii, S::LEN, |j: usize| Up::new(each[j]));
        }
    });
}

/// `d` and `s` of a row.
#[derive(Debug, Clone, Copy)]
struct Row<A> {
    mean: A,
    square: A,
    scale: A,
}

impl<A: Accumulator> Row<A> {
    /// Of the row `x`; writes `c`.
    #[inline(always)]
    fn new<N: Norm, F: Format<Acc = A>>(x: &[F], c: &mut [f64]) -> Self {
        let count = Count::<A>::new(x.len());
        let mean = if N::CENTRED { count.divide(sum_of::<A>(x.len(), |j| x[j].to_acc())) } else { A::zero() };
        for (c, x) in c.iter_mut().zip(x) {
            *c = (x.to_acc() - mean).to_f64();
        }
        let squares = sum_of::<A>(x.len(), |j| A::restored(c[j]) * A::restored(c[j]));
        let square = count.divide(squares) + positive::<N::Epsilon, A>();
        Self { mean, square, scale: Format::sqrt(square) }
    }

    /// `h` of a `c`.
    #[inline(always)]
    fn normal(&self, c: f64) -> A {
        A::restored(c) / self.scale
    }
}

/// A row with bounds of what [`Row`] computed of it.
#[derive(Debug, Clone, Copy)]
struct RowBall<A> {
    row: Row<A>,
    /// `E`.
    mean_error: Up,
    /// `τ`.
    inverse_error: Up,
    /// At least `1/s + τ`.
    inverse: Up,
}

impl<A: Accumulator> RowBall<A> {
    /// Of the row `x`; writes `c` and `γ`.
    #[inline(always)]
    fn new<N: Norm, F: Format<Acc = A>, D: Domain>(x: Ball<'_, F, D>, c: &mut [f64], gamma: &mut [f64]) -> Self {
        let row = Row::new::<N, F>(x.mid, c);
        for (j, gamma) in gamma.iter_mut().enumerate() {
            let (x, alpha) = x.get(j);
            *gamma = (alpha + A::add_error(x.to_acc(), Format::neg(row.mean), A::restored(c[j]))).get();
        }
        let n = c.len();
        let mean_error =
            if N::CENTRED { Mean::new::<A>(n, |j| c[j]).magnitude() + mean(n, |j| gamma[j]) } else { Up::ZERO };
        let squares = Mean::new::<A>(n, |j| c[j] * c[j]);
        let epsilon = N::Epsilon::NEAREST;
        let epsilon_error = if N::Epsilon::EXACT { Up::ZERO } else { epsilon.half_ulp() };
        let moved = mean(n, |j| (2.0 * c[j].abs() + gamma[j]) * gamma[j]);
        let own = squares.plus(epsilon).distance(row.square) + epsilon_error;
        let error = own + moved + mean_error * mean_error;
        // `√d`, `√l` and `s - σ` from below.
        let root = down(down(row.square.to_f64()).sqrt());
        let least = error.below(down(row.square.to_f64())).max(epsilon_error.below(epsilon));
        let least = down(least.max(0.0).sqrt());
        let (root_error, scale) = (A::sqrt_error(row.square, row.scale), down(row.scale.to_f64()));
        let rounding = root_error.over(down(scale * root_error.below(scale)));
        let inverse_error = rounding + error.over(down(down(root * least) * (root + least)));
        Self { row, mean_error, inverse_error, inverse: Up::new(1.0).over(scale) + inverse_error }
    }

    /// `h` and at least its distance from the real one.
    #[inline(always)]
    fn normal(&self, c: f64, gamma: f64) -> (A, Up) {
        self.over((A::restored(c), Up::new(gamma) + self.mean_error))
    }

    /// `fl(t / s)` and at least its distance from `t* / √D*`.
    #[inline(always)]
    fn over(&self, (t, error): (A, Up)) -> (A, Up) {
        let quotient = t / self.row.scale;
        let rounding = A::div_error(t, self.row.scale, quotient);
        (quotient, rounding + t.magnitude() * self.inverse_error + error * self.inverse)
    }
}

/// The mean of some numbers, and more, in f64.
#[derive(Debug, Clone, Copy)]
struct Mean {
    value: f64,
    error: Up,
}

impl Mean {
    /// Of `n` terms, each of which is an f64 or a product of two.
    #[inline(always)]
    fn new<A: Format>(n: usize, term: impl Fn(usize) -> f64) -> Self {
        let value = sum_of::<f64>(n, &term) / n as f64;
        let size = mean(n, |j| term(j).abs());
        // A rounding for the product, one for the quotient, the conversions of both factors, and what underflows: of each product, the
        // quotient and the size less than `2^-1074` arrives in the mean, and as much in a mean of errors that is added to it.
        let relative = sum_error::<f64>(sum_height::<f64>(n) + 2).relative + Up::new(3.0 * A::CONVERSION);
        let error = relative * size + Up::new(f64::from_bits(16));
        Self { value, error }
    }

    #[inline(always)]
    fn plus(self, x: f64) -> Self {
        let value = self.value + x;
        Self { value, error: self.error + Up::abs(value) * f64::EPSILON }
    }

    /// At least the distance of the exact mean from `x`.
    #[inline(always)]
    fn distance<A: Format>(self, x: A) -> Up {
        x.distance(self.value) + self.error
    }

    #[inline(always)]
    fn magnitude(self) -> Up {
        Up::abs(self.value) + self.error
    }
}

/// A positive number that was computed with few roundings, from below.
#[inline(always)]
fn down(x: f64) -> f64 {
    x * (1.0 - 4.0 * f64::EPSILON)
}

/// At least the mean of numbers that are not negative, each with few roundings.
#[inline(always)]
fn mean(n: usize, term: impl Fn(usize) -> f64) -> Up {
    Up::of_terms(sum_of::<f64>(n, term), n + 6).over(n as f64)
}

wide! {
    /// `y`.
    pub(super) fn values<N: Norm, S: Rows, F: Format>(
        x: &[F],
        weight: &[F],
        bias: Option<&[F]>,
        y: &mut [F],
        c: &mut [f64],
    ) {
        for (x, y) in x.chunks_exact(S::LEN.max(1)).zip(y.chunks_exact_mut(S::LEN.max(1))) {
            let row = Row::new::<N, F>(x, c);
            for (j, y) in y.iter_mut().enumerate() {
                let scaled = row.normal(c[j]) * weight[j].to_acc();
                *y = F::from_acc(bias.map_or(scaled, |bias| scaled + bias[j].to_acc()));
            }
        }
    }
}

wide! {
    /// The radii of `y`, one for each element.
    pub(super) fn value_radii<N: Norm, S: Rows, F: Format, D: Domain>(
        x: Ball<'_, F, D>,
        weight: Ball<'_, F, D>,
        bias: Option<Ball<'_, F, D>>,
        y: &[F],
        rows: &mut [f64],
        out: &mut [f64],
    ) {
        let [c, gamma] = split(rows, S::LEN);
        for start in (0..S::NUMEL).step_by(S::LEN.max(1)) {
            let row = RowBall::new::<N, F, D>(x.part(start..start + S::LEN), c, gamma);
            for j in 0..S::LEN {
                let (normal, (w, omega)) = (row.normal(c[j], gamma[j]), weight.get(j));
                let w = w.to_acc();
                let scaled = normal.0 * w;
                let mut error = product_error(normal, (w, omega)) + F::Acc::mul_error(normal.0, w, scaled);
                let mut value = scaled;
                if let Some(bias) = bias {
                    let (b, beta) = bias.get(j);
                    value = scaled + b.to_acc();
                    error += beta + F::Acc::add_error(scaled, b.to_acc(), value);
                }
                let y = y[start + j];
                out[start + j] = guarded(y, error + narrowing_error(value, y)).get();
            }
        }
    }
}

wide! {
    /// `x̄`.
    fn cotangents<N: Norm, S: Rows, F: Format>(
        x: &[F],
        weight: &[F],
        dy: &[F],
        dx: &mut [F],
        rows: &mut [f64],
    ) {
        let [c, g] = split(rows, S::LEN);
        let rows = x.chunks_exact(S::LEN.max(1)).zip(dy.chunks_exact(S::LEN.max(1)));
        for ((x, dy), dx) in rows.zip(dx.chunks_exact_mut(S::LEN.max(1))) {
            let row = Row::new::<N, F>(x, c);
            for ((g, dy), w) in g.iter_mut().zip(dy).zip(weight) {
                *g = (dy.to_acc() * w.to_acc()).to_f64();
            }
            let (first, second) = moments::<N, F::Acc>(&row, c, g);
            for (j, dx) in dx.iter_mut().enumerate() {
                let t = (F::Acc::restored(g[j]) - first) - row.normal(c[j]) * second;
                *dx = F::from_acc(t / row.scale);
            }
        }
    }
}

/// `G` and `H`.
#[inline(always)]
fn moments<N: Norm, A: Accumulator>(row: &Row<A>, c: &[f64], g: &[f64]) -> (A, A) {
    let count = Count::<A>::new(g.len());
    let first = if N::CENTRED { count.divide(sum_of::<A>(g.len(), |j| A::restored(g[j]))) } else { A::zero() };
    (first, count.divide(sum_of::<A>(g.len(), |j| A::restored(g[j]) * row.normal(c[j]))))
}

wide! {
    /// The radii of `x̄`, one for each element.
    fn cotangent_radii<N: Norm, S: Rows, F: Format, D: Domain>(
        x: Ball<'_, F, D>,
        weight: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        dx: &[F],
        rows: &mut [f64],
        out: &mut [f64],
    ) {
        let [c, gamma, h, eta, g, psi] = split(rows, S::LEN);
        for start in (0..S::NUMEL).step_by(S::LEN.max(1)) {
            let row = RowBall::new::<N, F, D>(x.part(start..start + S::LEN), c, gamma);
            for j in 0..S::LEN {
                let (normal, ((dy, delta), (w, omega))) = (row.normal(c[j], gamma[j]), (dy.get(start + j), weight.get(j)));
                let (dy, w) = (dy.to_acc(), w.to_acc());
                let scaled = dy * w;
                (h[j], eta[j], g[j]) = (normal.0.to_f64(), normal.1.get(), scaled.to_f64());
                psi[j] = (product_error((dy, delta), (w, omega)) + F::Acc::mul_error(dy, w, scaled)).get();
            }
            let (first, second) = moments::<N, F::Acc>(&row.row, c, g);
            let first_error = if N::CENTRED {
                Mean::new::<F::Acc>(S::LEN, |j| g[j]).distance(first) + mean(S::LEN, |j| psi[j])
            } else {
                Up::ZERO
            };
            let moved = mean(S::LEN, |j| g[j].abs() * eta[j] + (h[j].abs() + eta[j]) * psi[j]);
            let second_error = Mean::new::<F::Acc>(S::LEN, |j| g[j] * h[j]).distance(second) + moved;
            for j in 0..S::LEN {
                let (g, h): (F::Acc, F::Acc) = (Format::restored(g[j]), Format::restored(h[j]));
                let (difference, product) = (g - first, h * second);
                let t = difference - product;
                let rounding = F::Acc::add_error(g, Format::neg(first), difference)
                    + F::Acc::mul_error(h, second, product)
                    + F::Acc::add_error(difference, Format::neg(product), t);
                let factors = product_error((h, Up::new(eta[j])), (second, second_error));
                let (quotient, error) = row.over((t, Up::new(psi[j]) + first_error + factors + rounding));
                let dx = dx[start + j];
                out[start + j] = guarded(dx, error + narrowing_error(quotient, dx)).get();
            }
        }
    }
}

wide! {
    /// `w̄`, its sums in rows of `f64`.
    fn weight_cotangents<N: Norm, S: Rows, F: Format>(
        x: &[F],
        dy: &[F],
        dw: &mut [F],
        rows: &mut [f64],
    ) {
        let (c, sums) = rows.split_at_mut(S::LEN);
        let mut sums = RowSums::new(sums, S::LEN, 0.0);
        let add = |a: f64, b: f64| (F::Acc::restored(a) + F::Acc::restored(b)).to_f64();
        for (x, dy) in x.chunks_exact(S::LEN.max(1)).zip(dy.chunks_exact(S::LEN.max(1))) {
            let row = Row::new::<N, F>(x, c);
            for (j, sum) in sums.leaf().iter_mut().enumerate() {
                *sum = (F::Acc::restored(*sum) + dy[j].to_acc() * row.normal(c[j])).to_f64();
            }
            sums.next_row::<F::Acc>(0.0, add);
        }
        for (dw, &sum) in dw.iter_mut().zip(&*sums.total::<F::Acc>(add)) {
            *dw = F::from_acc(Format::restored(sum));
        }
    }
}

wide! {
    /// The radii of `w̄`, one for each element.
    fn weight_radii<N: Norm, S: Rows, F: Format, D: Domain>(
        x: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        dw: &[F],
        rows: &mut [f64],
        out: &mut [f64],
    ) {
        let (three, sums) = rows.split_at_mut(3 * S::LEN);
        let [c, gamma, magnitudes] = split(three, S::LEN);
        let mut sums = RowSums::new(sums, S::LEN, 0.0);
        magnitudes.fill(0.0);
        out.fill(0.0);
        for start in (0..S::NUMEL).step_by(S::LEN.max(1)) {
            let row = RowBall::new::<N, F, D>(x.part(start..start + S::LEN), c, gamma);
            for j in 0..S::LEN {
                let (normal, (dy, delta)) = (row.normal(c[j], gamma[j]), dy.get(start + j));
                let product = dy.to_acc() * normal.0;
                let error = product_error((dy.to_acc(), delta), normal) + F::Acc::mul_error(dy.to_acc(), normal.0, product);
                sums.leaf()[j] += product.to_f64();
                magnitudes[j] = (Up::new(magnitudes[j]) + product.magnitude()).get();
                out[j] = (Up::new(out[j]) + error).get();
            }
            sums.next_row::<f64>(0.0, |a, b| a + b);
        }
        let sums = sums.total::<f64>(|a, b| a + b);
        let height = column_height::<f64>(S::Each::NUMEL);
        for (j, &dw) in dw.iter().enumerate() {
            let rounding = rounding(dw, (sums[j], height), Up::new(magnitudes[j]));
            out[j] = guarded(dw, Up::new(out[j]) + rounding).get();
        }
    }
}

/// At least the error of each `b̄`, a sum along a column that `sum_columns` computed.
#[inline]
pub(super) fn bias_radius<S: Rows, F: Format, D: Domain>(dy: Ball<'_, F, D>, j: usize, db: F) -> Up {
    column_radius(dy, j, S::LEN, db)
}
