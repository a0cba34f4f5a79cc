//! TorchLean's rules, which the domain [`T0`] reproduces.
//!
//! TorchLean (`NN.Proofs.RuntimeApprox`) states for each op what is computed and how far it may be from the real numbers, with one number
//! `ε` for a whole tensor. Here they are as they are stated there, rounded outward; what is better stands in the files of the ops.
//!
//! # Notation
//!
//! `h(t)` is half a unit in the last place at the exact argument `t` of a rounding, also where nothing is lost: bounded here by
//! that of the rounded number, which is the same unless `t` was rounded up to a power of the radix. `h(0)` is half the smallest positive
//! number. `max` is the maximum over the entries of a tensor, 0 if it has none.
//!
//! ```text
//! add(a, b)  = εa + εb + h(a + b)                   also for differences
//! mul(a, b)  = (|a| + εa) εb + (|b| + εb) εa + h(a b)
//! exp(a)     = e^(a + ε) ε + h(e^a)
//! div(a, b)  = εa / m + (|a| + εa) εb / m² + h(a / b)      m = η - εb for a lower bound η of the real b
//! fold       : E = h(0), s = 0; for each term t: E += εt + h(s + t), s = fl(s + t)
//! ```
//!
//! TorchLean takes an elementary function as correctly rounded. Ours may be off by some `10^-8` of a unit more, which is charged with `h`.
//! A bound is ∞ where the entries of an operand are not finite or its bound is not, and where a result is not finite: TorchLean's numbers
//! are real and have no such cases.
//!
//! # What is computed, and the bounds
//!
//! | op | computed | bound of the value | bound of the contribution |
//! |---|---|---|---|
//! | add, sub | `fl(a ± b)` | `max add` | `εδ`; `-δ` has `max εδ + h(δ)`; none for an operand that is repeated |
//! | mul | `fl(a b)` | `max mul` | `max mul(δ, ·)`; none for an operand that is repeated |
//! | scale by `c` | `fl(x c)` | `max (|x| + ε) εc + (|c| + εc) ε + h(x c)` | the same of `δ` |
//! | shift by `c` | `fl(x + c)` | `max add(x, c)`, with `εc` the distance of `c` | `εδ` |
//! | divide by `c > 0` | `fl(x / c)` | `max div(x, c)`, `η` the least of the real `c` | none |
//! | invert of positive numbers | `fl(c / x)` | `max div(c, x)`, `η` the least of `x - ε` | none |
//! | constants | `fl(c)` | `max` of their distances | no operand |
//! | neg, abs, relu | exact | `max ε + h(y)` | neg `max εδ + h(δ)`, abs none, relu `max |δ| + εδ` |
//! | exp | `fl(e^x)` | `max exp(x)` | `e = fl(e^x)`; `max mul(e, δ)` |
//! | tanh | `fl(tanh x)` | `max 2 + h(y)` | `t`, `q = fl(t t)`, `d = fl(1 - q)`, `fl(d δ)`, with a bound for each |
//! | sigmoid | `e = fl(e^-x)`, `d = fl(1 + e)`, `fl(1 / d)` | `max h(1/d) + 1/d + 1 + h(1)` | `s`, `o = fl(1 - s)`, `d = fl(s o)`, `fl(d δ)` |
//! | softplus | `d = fl(1 + fl(e^x))`, `fl(ln max(d, 1))` | `max h(1) + exp(x) + h(1 + e^x) + h(y)` | `s` the sigmoid; `max mul(s, δ)` |
//! | logistic | `e = fl(e^x)`, `fl(e / fl(e + 1))` | `max h(s) + e/D + e + exp(x)` | as sigmoid |
//! | safe_log | `fl(ln max(x, ε))` | `max ε'/ε + h(y)` | none |
//! | safe_log_smooth | `fl(ln(softplus x + ε))`, rounded once | `max ε'/ε + h(y)` | `fl(fl(s / max(fl(softplus x + fl(ε)), ε)) δ)`, `s` the sigmoid |
//! | safe_div | `fl(a / max(b, ε))`, rounded once | `max εa/ε + (|a| + εa) εb/ε² + h(y)` | none |
//! | div by positive numbers | `fl(a / b)` | `max div(a, b)`, `η` the least of `b - εb`; ∞ unless `εb < η` | none |
//! | sqrt of positive numbers | `fl(√x)` | `max ε/√η + h(y)`, `η` the least of `x - ε`; ∞ unless `η > 0` | none |
//! | amax | exact | `ε` | none |
//! | conv2d of images with a bias, without groups and dilation | left fold over channels, rows, columns, then `+ b` | `max` of `mul(x, w)` and every sum; the padding is charged as if it had `ε` | left folds, for a single image; that of the image over *all* pairs of a window and a tap, `h` for each |
//! | sum | left fold | `max fold` | all entries: `εδ`; along an axis none |
//! | mean along the last axis | `s` the sum, `fl(s / n)` | `max h(s/n) + |s/n| + |s| + fold` | none |
//! | matmul | left fold of `fl(a b)` | `max fold` of `mul(a, b)` | both are products again; batches of matrices have none at all |
//! | transpose, broadcast | exact | `ε` | none |
//! | softmax | `s = fl(x - m)`, `e = fl(e^s)`, `d` their left fold, `fl(e / d)` | `max div(e, d)`, `η = 1`; ∞ unless `εd < 1` | `p = fl(δ y)`, `c = fl(δ - fold p)`, `fl(y c)` |
//! | attention | `c = fl(1 / fl(√d))`, `fl(c fl(q kᵀ))`, softmax, `fl(p v)`; also with a mask | the bounds of these in turn | none |
//! | layer norm | the core: `fl(fl(c / σ) w + b)` | see `norm/torchlean.rs` | none |
//!
//! TorchLean states nothing of the other ops, such as reshape, concat, gather, maximum of two tensors, poolings, log-softmax and losses, nor of the way back
//! through attention and layer norm: their bounds are ∞. (Its theorems about a square root and a quotient of positive numbers are for whoever knows a
//! lower bound `η`; here it is the least number that the bounds leave possible.)
//!
//! A bound of an intermediate is the maximum over its tensor before the next is computed from it: `εt`, then `εq` from `εt`, and so on.

use super::axis::Extent;
use super::clamp::threshold;
use super::{Abs, Literal, Pairwise, Pointwise, SafeDiv};
use crate::bound::{Ball, T0, Up};
use crate::format::Format;
use crate::format::elementary::{self, Elementary};

/// A number with its bound.
pub type Number<F> = (F, Up);

/// A result that was rounded once.
#[inline]
pub(super) fn rounded<F: Format>(value: F, error: Up) -> Number<F> {
    (value, error + value.half_ulp())
}

/// A function that was evaluated once.
#[inline]
fn evaluated<E: Elementary, F: Format>(x: F, error: Up) -> Number<F> {
    let value = x.eval::<E>();
    (value, error + value.eval_error::<E>())
}

/// `fl(c)`, charged like any result; `c` is an integer that f64 has.
pub(super) fn constant<F: Format>(c: f64) -> Number<F> {
    rounded(F::from_f64(c), Up::ZERO)
}

/// `fl(a + b)`.
pub fn add<F: Format>((a, alpha): Number<F>, (b, beta): Number<F>) -> Number<F> {
    rounded(a.add(b), alpha + beta)
}

/// `fl(a - b)`.
pub fn sub<F: Format>((a, alpha): Number<F>, (b, beta): Number<F>) -> Number<F> {
    rounded(a.sub(b), alpha + beta)
}

/// `fl(a b)`.
pub fn mul<F: Format>((a, alpha): Number<F>, (b, beta): Number<F>) -> Number<F> {
    rounded(a.mul(b), (a.magnitude() + alpha) * beta + (b.magnitude() + beta) * alpha)
}

/// `-x`, charged although it is exact.
pub fn neg<F: Format>((x, error): Number<F>) -> Number<F> {
    rounded(x.neg(), error)
}

/// `|x|`, charged although it is exact.
pub fn abs<F: Format>((x, error): Number<F>) -> Number<F> {
    rounded(Abs::value(x), error)
}

/// `max(x, 0)`, charged although it is exact.
pub fn relu<F: Format>((x, error): Number<F>) -> Number<F> {
    rounded(x.max(F::ZERO), error)
}

/// `fl(e^x)`.
pub fn exp<F: Format>((x, error): Number<F>) -> Number<F> {
    let (value, own) = evaluated::<elementary::Exp, F>(x, Up::ZERO);
    // e^(x + ε) from above.
    let largest = (value.magnitude() + own) * (error.exp_m1() + Up::new(1.0));
    (value, largest * error + own)
}

/// `fl(tanh x)`. The bound does not look at that of the operand.
pub fn tanh<F: Format>((x, _): Number<F>) -> Number<F> {
    evaluated::<elementary::Tanh, F>(x, Up::new(2.0))
}

/// `a / b` for a real `b` of at least 1: `h(a/b) + |a| |1/b| + |a| + εa`, which bounds the quotients and not their difference.
pub(super) fn div_above_one<F: Format>((a, alpha): Number<F>, (b, _): Number<F>) -> Number<F> {
    let (size, [least, _]) = (a.magnitude(), b.enclosure());
    rounded(a.div(b), size * Up::new(1.0).over(least) + size + alpha)
}

/// `a / b` for a real `b` of at least `eta`; ∞ unless `εb < η`.
pub(super) fn div<F: Format>((a, alpha): Number<F>, (b, beta): Number<F>, eta: f64) -> Number<F> {
    let least = beta.below(eta);
    let moved = ((a.magnitude() + alpha) * beta).over(least).over(least);
    rounded(a.div(b), alpha.over(least) + moved)
}

/// `fl(√x)` for a real `x` of at least `eta`, which is positive.
pub(super) fn sqrt<F: Format>((x, error): Number<F>, eta: f64) -> Number<F> {
    // The root from below: that of f64 is off by half a unit.
    rounded(x.sqrt(), error.over(eta.sqrt().next_down()))
}

/// `fl(1 / fl(1 + fl(e^-x)))`.
pub fn sigmoid<F: Format>(x: Number<F>) -> Number<F> {
    let one = constant(1.0);
    div_above_one(one, add(one, exp(neg(x))))
}

/// `fl(e / fl(e + 1))` with `e = fl(e^x)`.
pub fn logistic<F: Format>(x: Number<F>) -> Number<F> {
    let e = exp(x);
    div_above_one(e, add(e, constant(1.0)))
}

/// `fl(ln max(fl(1 + fl(e^x)), 1))`.
pub fn softplus<F: Format>(x: Number<F>) -> Number<F> {
    let (sum, error) = add(constant(1.0), exp(x));
    evaluated::<elementary::Ln, F>(sum.max(F::ONE), error)
}

/// `fl(a / max(b, ε))` for the literal `ε` of the op, rounded once: `εa / ε + (|a| + εa) εb / ε² + h`.
pub(super) fn safe_div<L: Literal, F: Format>((a, alpha): Number<F>, (b, beta): Number<F>) -> Number<F> {
    let value = SafeDiv::<L>::value(a, b);
    // The quotient by an ε that is no number of the format is rounded in f64 before.
    let own = SafeDiv::<L>::radius((a, Up::ZERO), (b, Up::ZERO), value).max(value.half_ulp());
    let (_, _, least) = threshold::<L>();
    (value, alpha.over(least) + ((a.magnitude() + alpha) * beta).over(least).over(least) + own)
}

/// `fl(fl(σ(x) / max(fl(softplus(x) + ε), ε)) ȳ)`, the cotangent of the smooth logarithm, each step as above.
pub(super) fn safe_log_vjp<L: Literal, F: Format>(x: &Tensor<F>, dy: &Tensor<F>) -> Tensor<F> {
    let (epsilon, error, _) = threshold::<L>();
    let epsilon = rounded(F::from_f64(epsilon), error);
    let sum = x.map(softplus).map(|p| add(p, epsilon));
    x.map(sigmoid).zip(&sum, safe_div::<L, F>).mul(dy)
}

/// The gate, which is not rounded; TorchLean's bound does not look at it.
pub(super) fn relu_vjp<F: Format>(x: &Tensor<F>, dy: &Tensor<F>) -> Tensor<F> {
    let gate = |((x, _), (dy, delta)): (Number<F>, Number<F>)| {
        (if x > F::ZERO { dy } else { F::ZERO }, dy.magnitude() + delta)
    };
    x.guard(Tensor::collect(x.numbers().zip(dy.numbers()).map(gate)))
}

/// `(1 - t²) ȳ`.
pub(super) fn tanh_vjp<F: Format>(x: &Tensor<F>, dy: &Tensor<F>) -> Tensor<F> {
    let t = x.map(tanh);
    t.mul(&t).map(|q| sub(constant(1.0), q)).mul(dy)
}

/// `s (1 - s) ȳ` for the values `s` of [`sigmoid`] or [`logistic`].
pub(super) fn share_vjp<F: Format>(s: &Tensor<F>, dy: &Tensor<F>) -> Tensor<F> {
    s.mul(&s.map(|s| sub(constant(1.0), s))).mul(dy)
}

/// The sum from the first term to the last, each with its bound, beginning with 0.
pub(super) fn fold<F: Format>(terms: impl Iterator<Item = Number<F>>) -> Number<F> {
    terms.fold(rounded(F::ZERO, Up::ZERO), add)
}

/// The sums along an axis.
pub(super) fn sums<F: Format>(extent: Extent, x: Ball<'_, F, T0>) -> impl Iterator<Item = Number<F>> {
    (0..extent.targets()).map(move |target| fold(extent.sources(target).map(|i| x.get(i))))
}

/// The softmax of a row, of which `keep` says what is left; what is not left still counts where bounds are taken over the row.
pub(super) fn softmax<F: Format>(x: &Tensor<F>, keep: impl Fn(usize) -> bool) -> Tensor<F> {
    let Some(largest) = (0..x.numel()).filter(|&i| keep(i)).map(|i| x.mid[i]).reduce(F::max) else {
        return Tensor {
            mid: vec![F::ZERO; x.numel()],
            error: if x.error.is_finite() { Up::ZERO } else { Up::INFINITY },
        };
    };
    let mut e = x.map(|x| sub(x, (largest, x.1))).map(exp);
    for i in (0..x.numel()).filter(|&i| !keep(i)) {
        e.mid[i] = F::ZERO;
    }
    let sum = fold(e.numbers());
    e.map(|e| div(e, sum, 1.0))
}

/// Its contribution, from the shares `y`.
pub(super) fn softmax_vjp<F: Format>(y: &Tensor<F>, dy: &Tensor<F>) -> Tensor<F> {
    let sum = fold(dy.mul(y).numbers());
    y.zip(&dy.map(|dy| sub(dy, sum)), mul)
}

/// A tensor with its bound.
#[derive(Debug, Clone)]
pub struct Tensor<F> {
    /// The computed numbers.
    pub mid: Vec<F>,
    /// The bound of all of them.
    pub error: Up,
}

impl<F: Format> Tensor<F> {
    /// A ball.
    pub fn of(x: Ball<'_, F, T0>) -> Self {
        Self { mid: x.mid.to_vec(), error: x.radius(0) }
    }

    /// The numbers with the largest of their bounds.
    pub(super) fn collect(numbers: impl Iterator<Item = Number<F>>) -> Self {
        let mut error = Up::ZERO;
        let mid = numbers.map(|(x, bound)| {
            error = error.max(if x.is_finite() { bound } else { Up::INFINITY });
            x
        });
        Self { mid: mid.collect(), error }
    }

    /// How many elements there are.
    pub fn numel(&self) -> usize {
        self.mid.len()
    }

    /// An element with the bound.
    pub fn get(&self, i: usize) -> Number<F> {
        (self.mid[i], self.error)
    }

    /// All elements with the bound.
    pub fn numbers(&self) -> impl Iterator<Item = Number<F>> {
        self.mid.iter().map(|&x| (x, self.error))
    }

    /// Entry by entry. A rule that does not look at the bound of its operand must not make one of ∞ finite.
    pub(super) fn map(&self, rule: impl Fn(Number<F>) -> Number<F>) -> Self {
        let result = Self::collect(self.numbers().map(rule));
        self.guard(result)
    }

    fn guard(&self, result: Self) -> Self {
        if self.error.is_finite() { result } else { Self { error: Up::INFINITY, ..result } }
    }

    /// [`Tensor::map`] by a rule that TorchLean may not have.
    pub(super) fn try_map(&self, rule: impl Fn(Number<F>) -> Option<Number<F>>) -> Option<Self> {
        let numbers: Option<Vec<_>> = self.numbers().map(rule).collect();
        numbers.map(|numbers| self.guard(Self::collect(numbers.into_iter())))
    }

    /// The least of the real numbers is no less than this.
    pub(super) fn least(&self) -> f64 {
        self.mid.iter().map(|x| self.error.below(x.enclosure()[0])).fold(f64::INFINITY, f64::min)
    }

    /// Entry by entry, the other repeated over the leading axes.
    pub(super) fn zip(&self, other: &Self, rule: impl Fn(Number<F>, Number<F>) -> Number<F>) -> Self {
        Self::collect(
            self.numbers().zip(other.numbers().collect::<Vec<_>>().into_iter().cycle()).map(|(a, b)| rule(a, b)),
        )
    }

    /// [`add`], entry by entry.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        self.zip(other, add)
    }

    /// [`mul`], entry by entry.
    #[must_use]
    pub fn mul(&self, other: &Self) -> Self {
        self.zip(other, mul)
    }

    /// `[m, k] @ [k, n]`, from what is at `a(i, l)` and `b(l, j)`.
    pub(super) fn product(
        [m, k, n]: [usize; 3],
        a: impl Fn(usize, usize) -> Number<F>,
        b: impl Fn(usize, usize) -> Number<F>,
    ) -> Self {
        let dot = |i: usize, j: usize| fold((0..k).map(|l| mul(a(i, l), b(l, j))));
        Self::collect((0..m * n).map(|e| dot(e / n, e % n)))
    }

    /// Writes the numbers; returns the bound.
    pub(super) fn write(self, out: &mut [F]) -> Up {
        out.copy_from_slice(&self.mid);
        self.error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::RoundEach;

    /// Half a unit in the last place of numbers in `[1, 2)`.
    const U: f64 = 1.0 / (1_u64 << 24) as f64;

    fn number(x: f64) -> Number<RoundEach<f32>> {
        (RoundEach::from_f64(x), Up::ZERO)
    }

    fn is_near(bound: Up, expected: f64) -> bool {
        bound.get() >= expected && bound.get() < expected * (1.0 + 1e-6)
    }

    #[test]
    fn every_step_of_a_fold_is_charged_exact_or_not() {
        // h(0) twice, for the zero and for 0 + 0; then 0 + 1, 1 + 1 and 2 + 1.
        let terms = [0.0, 1.0, 1.0, 1.0].map(number);
        let (sum, bound) = fold(terms.into_iter());
        assert_eq!(sum.to_f64(), 3.0);
        assert!(is_near(bound, U + 2.0 * U + 2.0 * U));
        assert!(is_near(fold(terms.into_iter().take(1)).1, 2.0 * 2f64.powi(-150)));
        // Products are charged as well.
        let ones = |_: usize, _: usize| number(1.0);
        assert!(is_near(Tensor::product([1, 3, 1], ones, ones).error, 8.0 * U));
    }

    /// The figures that are known of these formulas at 0.5, with an exact operand.
    #[test]
    fn the_bounds_of_activations_do_not_shrink_with_the_roundings() {
        let x = number(0.5);
        assert!((sigmoid(x).1.get() - 1.622).abs() < 1e-3);
        assert!((tanh(x).1.get() - 2.0).abs() < 1e-6);
        let logistic = div_above_one(exp(x), add(exp(x), constant(1.0)));
        assert!((logistic.1.get() - 2.27).abs() < 5e-3);
        assert!(softplus(x).1.get() < 4e-7);
        // A sum of 256 numbers, -20.7, divided by 256: the bound is more than the sum.
        let mean = div_above_one(number(-20.7), number(256.0));
        assert!((mean.1.get() - 20.78).abs() < 0.01);
    }

    /// `e^(x + ε) ε` over the sharp `e^x (e^ε - 1)`.
    #[test]
    fn the_bound_of_an_exponential_is_rigorous_and_not_sharp() {
        for (error, ratio) in [(1e-3_f64, 1.0005), (0.1, 1.05), (1.0, 1.58)] {
            let bound = exp((number(0.5).0, Up::new(error))).1.get();
            let sharp = 0.5_f64.exp() * error.exp_m1();
            assert!((bound / sharp - ratio).abs() < 0.01, "{error}: {}", bound / sharp);
        }
    }

    /// A third of `n u Σ|a b|` for terms of one sign, as is known.
    #[test]
    fn the_bound_of_a_long_product_is_a_third_of_the_one_from_before() {
        let mut state = 1_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            number((state >> 40) as f64 / (1_u64 << 24) as f64)
        };
        let (a, b): (Vec<_>, Vec<_>) = (0..4096).map(|_| (uniform(), uniform())).unzip();
        let dot = Tensor::product([1, 4096, 1], |_, l| a[l], |l, _| b[l]);
        let ratio = dot.error.get() / (4096.0 * U * dot.mid[0].to_f64());
        assert!((0.28..0.40).contains(&ratio), "{ratio}");
    }

    #[test]
    fn what_is_not_known_stays_unknown_though_a_rule_does_not_look() {
        let x = Tensor { mid: vec![number(1.0).0], error: Up::INFINITY };
        assert_eq!(x.map(tanh).error, Up::INFINITY);
        assert_eq!(relu_vjp(&x, &Tensor { error: Up::ZERO, ..x.clone() }).error, Up::INFINITY);
        assert_eq!(tanh_vjp(&x, &x).error, Up::INFINITY);
        let huge = Tensor { mid: vec![number(1e30).0], error: Up::ZERO };
        assert_eq!(huge.mul(&huge).error, Up::INFINITY);
    }

    #[test]
    fn a_softmax_is_refused_where_its_sum_may_vanish() {
        let row = |error| Tensor { mid: vec![number(0.0).0; 100], error: Up::new(error) };
        assert!(softmax(&row(1e-4), |_| true).error.is_finite());
        assert_eq!(softmax(&row(1e-2), |_| true).error, Up::INFINITY);
        let none = softmax(&row(0.0), |_| false);
        assert_eq!((none.mid[0].to_f64(), none.error), (0.0, Up::ZERO));
    }
}
