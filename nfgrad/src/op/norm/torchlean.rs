//! TorchLean's core of a layer norm, as it is stated: `y = fl(fl(fl(c / σ) w) + b)` of a centred tensor.
//!
//! ```text
//! c = fl(x - μ)            εc = max εx + εμ + h(x - μ)
//! t = fl(v + e)            εt = max εv + εe + h(v + e)
//! σ = fl(√max(t, 0))       εσ = max εt / √η + h(σ)
//! n = fl(c / σ)            εn = max div(c, σ) with the lower bound √η
//! ```
//!
//! and the rules of products and sums. It is refused, that is ∞, unless `εt < η` and `εσ < √η`. There is one `η` for the whole tensor:
//! at most the smallest real `v + e`.
//!
//! TorchLean leaves to its caller where the mean `μ` and the variance `v` come from, what `εμ` and `εv` are, and what `η` is. They are left
//! folds of all `x` and of all `fl(c²)`, divided by `n`, here, and their errors are the best that there are: measured in f64, plus what the
//! real `x*` can move them. A mean moves by at most `ε`. The root of a variance does too, for taking away the mean is a projection; so a
//! variance `v` moves by at most `(2 √v + ε) ε`. As `mean((x - μ)²) = v + (μ - mean x)²`, a mean that is off costs its error squared.
//! `η` is the smallest `t`, less `εt`.

use super::super::axis::Rows;
use super::super::literal::{Literal, in_format, nearest};
use super::super::torchlean::{Number, Tensor, add, div, fold, rounded, sub};
use super::{Mean, down, mean};
use crate::bound::{Ball, T0, Up};
use crate::format::Format;

/// The values and their bound.
pub(in super::super) fn layer_norm<S: Rows, L: Literal, F: Format>(
    [x, weight, bias]: [Ball<'_, F, T0>; 3],
    y: &mut [F],
) -> Up {
    let x = Tensor::of(x);
    let rows = || x.mid.chunks_exact(S::LEN.max(1));
    let means = Tensor::collect(rows().map(|row| mean_of(row, x.error)));
    let each_row = |tensor: &Tensor<F>| repeated(tensor, S::LEN);
    let c = x.zip(&each_row(&means), sub);
    let variances = rows().zip(&means.mid).map(|(row, &mean)| variance_of(row, mean, x.error));
    let t = Tensor::collect(variances).map(|v| add(v, (nearest::<L, F>(), in_format::<L, F>().1)));
    let smallest = t.mid.iter().fold(f64::INFINITY, |least, t| t.enclosure()[0].min(least));
    let eta = t.error.below(smallest);
    // A comparison with NaN, and an η that is not positive, refuse as well.
    let root = if t.error.get() < eta { down(eta.sqrt()) } else { 0.0 };
    let sigma = t.map(|(t, error)| rounded(t.max(F::ZERO).sqrt(), error.over(root)));
    let n = c.zip(&each_row(&sigma), |c, sigma| div(c, sigma, root));
    n.mul(&Tensor::of(weight)).add(&Tensor::of(bias)).write(y)
}

/// Each number so many times.
fn repeated<F: Format>(tensor: &Tensor<F>, times: usize) -> Tensor<F> {
    let mid = tensor.mid.iter().flat_map(|&x| std::iter::repeat_n(x, times)).collect();
    Tensor { mid, error: tensor.error }
}

/// `fl(fold / n)`, with its distance from the mean of the row alone.
fn mean_alone<F: Format>(row: &[F]) -> Number<F> {
    let sum = fold(row.iter().map(|&x| (x, Up::ZERO))).0;
    let value = sum.div(F::from_f64(row.len() as f64));
    (value, Mean::new::<F>(row.len(), |j| row[j].to_f64()).distance(value))
}

fn mean_of<F: Format>(row: &[F], error: Up) -> Number<F> {
    let (value, own) = mean_alone(row);
    (value, own + error)
}

/// `fl(fold(fl(c²)) / n)`.
fn variance_of<F: Format>(row: &[F], centre: F, error: Up) -> Number<F> {
    let n = row.len();
    let c: Vec<F> = row.iter().map(|&x| x.sub(centre)).collect();
    let value = fold(c.iter().map(|&c| (c.mul(c), Up::ZERO))).0.div(F::from_f64(n as f64));
    let rounding = |j: usize| F::add_error(row[j], centre.neg(), c[j]).get();
    let centring = mean(n, |j| (2.0 * c[j].magnitude().get() + rounding(j)) * rounding(j));
    let off = mean_alone(row).1;
    let own = Mean::new::<F>(n, |j| c[j].to_f64() * c[j].to_f64()).distance(value) + centring + off * off;
    let moved = ((value.magnitude() + own).sqrt() * 2.0 + error) * error;
    (value, own + moved)
}
