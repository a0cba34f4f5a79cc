//! `ln(softplus(x) + ε)` for a literal `ε > 0`, entry by entry: `[s] -> [s]`. TorchLean calls this one `safe_log`.
//!
//! It is defined everywhere and smooth, close to `ln x` for large `x` and to `ln ε` for small ones. The one that is `ln x` down to `ε`
//! and constant below is [`safe_log`](super::safe_log).
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(ln h)`, `h = fl(softplus(x) + ε)`, all in f64 with functions that are as good as the format needs, rounded once |
//! | Cotangent | `x̄ = fl(ȳ w)`, `w = σ(x) / h`, likewise |
//!
//! # Error bound
//!
//! That of a [`Curve`](super::curve), with `ρ` the running error of the value and of its rounding. With `s = σ(x)`,
//!
//! ```text
//! f' = s/h    f'' = f' (1 - s - f')    f''' = f'' (1 - s - f') - f' (s (1 - s) + f'')
//! 0 < f' < 1    |f''| <= 1/4    |f'''| <= 3/4    |f''(x + d)| <= f'(x) e^|d|          for every ε >= 0
//! ```
//!
//! *Proof.* `ln(1 + t) >= 2t/(2 + t)`, so with `t = e^x`, `s = t/(1 + t)`: `f' <= s/softplus(x) <= (2 + t)/(2 (1 + t)) = 1 - s/2`. Where
//! `f'' >= 0` it is `f' (c - f')` with `c = 1 - s < 1`, at most `c²/4`. Where it is negative, `f' (f' + s - 1)` grows with `f'` and is at
//! most `(1 - s/2)(s/2) <= 1/4`. `|f'''| <= |f''| + 1/4 + |f''|`. And `|(ln f')'| = |1 - s - f'| <= 1`, for both `1 - s` and `f'` lie in
//! `[0, 1]`, so `|f''| <= f'` and `f'` grows no faster than `e^|d|`. ∎
//!
//! Where the function is nearly straight one more bound of `f''` is sharper. By the same formula `|f'''| <= 2 |f''| + s (1 - s)`, and
//! `s (1 - s) = σ'` grows no faster than `e^|d|` either, so by Grönwall's lemma
//!
//! ```text
//! |f''(x + d)| <= (|f''(x)| + |d| e^|d| σ'(x)) e^(2|d|)
//! ```

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use super::clamp::threshold;
use super::curve::{Bend, Logistic, scaled_error};
use super::enclosing::written;
use super::literal::Literal;
use super::rounding::in_f64;
use super::torchlean::{self, Tensor};
use super::{Pointwise, Steadiness, ln};
use crate::bound::Up;
use crate::format::elementary::{self, Elementary};
use crate::format::{Carrier, Format};
use crate::kernel::wide::WideBall;

/// At least `|f'|`, `|f''|` and `|f'''|` everywhere.
const MAXIMA: [f64; 3] = [1.0, 0.25, 0.75];

/// `ln(softplus(x) + L)`, entry by entry; see the [module](self).
pub struct SafeLogSmooth<L>(PhantomData<fn() -> L>);

impl<L> Clone for SafeLogSmooth<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L> Copy for SafeLogSmooth<L> {}

impl<L: Literal> Debug for SafeLogSmooth<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafeLogSmooth({})", L::TEXT)
    }
}

impl<L: Literal> SafeLogSmooth<L> {
    /// `h`.
    #[inline(always)]
    fn argument<A: Carrier>(x: f64) -> f64 {
        A::carry::<elementary::Softplus>(x) + L::NEAREST
    }

    /// `h` with its distance from the real one at this very `x`.
    #[inline(always)]
    fn argument_ball<A: Carrier>(x: f64) -> (f64, Up) {
        let (softplus, (epsilon, error, _)) = (A::carry::<elementary::Softplus>(x), threshold::<L>());
        let sum = softplus + epsilon;
        let function = A::carry_error::<elementary::Softplus>(Up::abs(softplus));
        (sum, function + error + f64::add_error(softplus, epsilon, sum))
    }

    /// The slope `w`.
    #[inline(always)]
    fn slope<A: Carrier>(x: f64) -> f64 {
        Logistic::new::<A>(x).above / Self::argument::<A>(x)
    }

    /// The slope with its error, and at least `|f''|` within `alpha` of the point.
    #[inline(always)]
    fn bend<A: Carrier>(x: f64, alpha: Up) -> (f64, Up, Up) {
        let (logistic, (h, h_error)) = (Logistic::new::<A>(x), Self::argument_ball::<A>(x));
        let relative = Up::new(Logistic::relative::<A>());
        let (above, below) = (Up::new(logistic.above), Up::new(logistic.below));
        let slope = logistic.above / h;
        let rounding = f64::div_error(logistic.above, h, slope);
        let inherited = relative * above + Logistic::underflow::<A>() + (Up::new(slope) + rounding) * h_error;
        let error = rounding + inherited.over(h_error.below(h));
        let size = Up::new(slope) + error;
        // 1 - σ(x) = σ(-x).
        let change = Up::of_rounded_sum(logistic.below - slope) + relative * below + Logistic::underflow::<A>() + error;
        let at = Bend { slope, error, second: size * change, envelope: (size, Up::new(1.0)) };
        let density = Up::new(logistic.slope) * (Up::new(1.0) + relative) + Logistic::underflow::<A>();
        let (once, one) = (alpha.exp_m1(), Up::new(1.0));
        let twice = once * (once + Up::new(2.0)) + one;
        let nearby = (at.second + alpha * density * (once + one)) * twice;
        (slope, error, at.within(alpha, MAXIMA).min(nearby))
    }
}

impl<L: Literal> SafeLogSmooth<L> {
    /// At least the error of a cotangent, if the slope changes by no more than `most`.
    #[inline(always)]
    fn cotangent_error<F: Format>(x: (F, Up), dy: (F, Up), dx: F, most: Up) -> Up {
        let ((x, alpha), dy) = (in_f64(x), in_f64(dy));
        let (slope, error, bend) = Self::bend::<F::Carrier>(x, alpha);
        scaled_error(dy, (slope, error + (alpha * bend).min(most)), dx)
    }
}

impl<L: Literal> Pointwise for SafeLogSmooth<L> {
    const NAME: &'static str = "safe_log_smooth";
    /// `α` times what only grows with `α`.
    const STEADY: Steadiness = Steadiness::SMOOTH;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        F::from_f64(elementary::Ln::wide(Self::argument::<F::Carrier>(x.to_f64())))
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let (x, alpha) = in_f64((x, alpha));
        let (h, error) = Self::argument_ball::<F::Carrier>(x);
        let log = elementary::Ln::wide(h);
        let own = ln::spread(h, error) + f64::carry_error::<elementary::Ln>(Up::abs(log)) + y.distance(log);
        let (slope, slope_error, bend) = Self::bend::<F::Carrier>(x, alpha);
        let steepness = Up::new(slope) + slope_error + alpha * bend * Up::new(0.5);
        own + alpha * steepness.min(Up::new(MAXIMA[0]))
    }

    fn torchlean<F: Format>((x, error): (F, Up)) -> Option<(F, Up)> {
        let value = Self::value(x);
        let own = Self::radius(x, Up::ZERO, value).max(value.half_ulp());
        Some((value, error.over(threshold::<L>().2) + own))
    }

    fn torchlean_vjp<F: Format>(x: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        Some(torchlean::safe_log_vjp::<L, F>(x, dy))
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        F::from_f64(dy.to_f64() * Self::slope::<F::Carrier>(x.to_f64()))
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(x: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        // Both slopes lie in [0, 1].
        Self::cotangent_error(x, dy, dx, Up::new(1.0))
    }

    /// Without the most that the slope can change.
    #[inline(always)]
    fn steady_vjp_radius<F: Format>(x: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        Self::cotangent_error(x, dy, dx, Up::INFINITY)
    }

    fn argument<const K: usize>() -> WideBall<K> {
        written::<L, K>()
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, epsilon: WideBall<K>) -> WideBall<K> {
        (x.softplus() + epsilon).ln()
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, epsilon: WideBall<K>) -> WideBall<K> {
        x.sigmoid() / (x.softplus() + epsilon)
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;

    struct Small;

    impl Literal for Small {
        const TEXT: &'static str = "1e-6";
        const NEAREST: f64 = 1e-6;
        const EXACT: bool = false;
    }

    type Row = (D<5>,);

    const X: [f64; 5] = [-800.0, -20.0, 0.0, 3.0, 1e4];

    /// `f` and `f'`, from the definition.
    fn real(x: f64) -> (f64, f64) {
        let h = if x > 700.0 { x } else { x.exp().ln_1p() } + 1e-6;
        (h.ln(), 1.0 / (1.0 + (-x).exp()) / h)
    }

    #[test]
    fn it_is_the_logarithm_of_softplus() {
        let result = elementwise1::<SafeLogSmooth<Small>, Row, _>(Case1 { x: &X, dy: &[1.0; 5], ..Case1::default() });
        for (i, x) in X.into_iter().enumerate() {
            let (y, slope) = real(x);
            assert!((result.y[i] - y).abs() <= result.rad_y[i] + 1e-15 && result.rad_y[i] < 1e-14, "{x}");
            assert!((result.dx[0][i] - slope).abs() <= result.rad_dx[0][i] + 1e-15, "{x}");
            assert!(result.rad_dx[0][i] < 1e-14, "{x}");
        }
    }

    #[test]
    fn the_radii_follow_the_slope_at_the_point() {
        let case =
            Case1::<f32> { x: &[-20.0, -5.0, 0.0, 3.0, 100.0], alpha: &[0.01; 5], dy: &[1.0; 5], ..Case1::default() };
        let result = elementwise1::<SafeLogSmooth<Small>, Row, _>(case);
        for (i, &x) in case.x.iter().enumerate() {
            let (low, mid, high) = (real(f64::from(x) - 0.01), real(f64::from(x)), real(f64::from(x) + 0.01));
            let spread = (high.0 - mid.0).max(mid.0 - low.0);
            let change = (high.1 - mid.1).abs().max((mid.1 - low.1).abs());
            assert!(result.rad_y[i] >= spread && result.rad_y[i] < spread * 1.02 + 1e-6, "{x}");
            assert!(result.rad_dx[0][i] >= change && result.rad_dx[0][i] < change * 1.2 + 1e-7, "{x}");
        }
    }
}
