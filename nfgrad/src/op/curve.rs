//! [`Curve`]: smooth functions of one number whose first three derivatives are bounded everywhere.
//!
//! | | |
//! |---|---|
//! | Value | `y`, the elementary function within its [error `ρ`](crate::format::Format::eval_error) |
//! | Cotangent | `x̄ = fl(ȳ w)`, with the slope `w` computed in f64 |
//!
//! # Error bound
//!
//! With `|w - f'(x)| <= ω`, `B >= |f''|` on `[x - α, x + α]`, `M >= |f'|` and `R >= |f(s) - f(t)|` everywhere,
//!
//! ```text
//! |y - f(x*)| <= ρ + min(α (|w| + ω + α B / 2), α M, R)
//! |x̄ - f'(x*) ȳ*| <= |fl(ȳ w) - ȳ w| + |ȳ| r + |w| δ + r δ      r = ω + min(α B, 2 M)
//! B = min(max |f''|, |f''(x)| + α max |f'''|, E / (1 - α λ))
//! ```
//!
//! *Proof.* Taylor's theorem with the remainder of Lagrange, the mean value theorem, and `|f'(s) - f'(t)| <= 2 M`. For `B`: the second
//! form is the mean value theorem for `f''`; the third uses the envelope `|f''(x + d)| <= E e^(λ|d|)` that each function states, and
//! `e^t <= 1/(1 - t)`. It matters where the function is nearly flat. ∎
//!
//! So for small `α` the bound of the value is `α |f'(x)|` and that of the slope `α |f''(x)|`, not those of the steepest point.

use super::rounding::{in_f64, product_error};
use super::torchlean::Tensor;
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::{Carrier, Format, elementary::Elementary, elementary::Exp};
use crate::kernel::wide::WideBall;

/// A smooth function of one number; see the [module](self).
pub trait Curve: 'static {
    /// The name, as in a `graph!` block.
    const NAME: &'static str;
    /// The function.
    type Function: Elementary;
    /// At least `|f'|`, `|f''|` and `|f'''|` everywhere.
    const MAXIMA: [f64; 3];
    /// At least `|f(s) - f(t)|` for all `s` and `t`.
    const RANGE: f64 = f64::INFINITY;

    /// `f'(x)`, computed in f64 by functions that are as good as the format needs.
    fn slope<A: Carrier>(x: f64) -> f64;

    /// What bounds the slope near `x`.
    fn bend<A: Carrier>(x: f64) -> Bend;

    /// A ball that contains `f'(x)` for all real numbers of a ball. Without a rule nothing is known.
    #[inline]
    fn enclose_slope<const K: usize>(_x: WideBall<K>) -> WideBall<K> {
        WideBall::UNKNOWN
    }

    /// Whether `y` is exactly `f(x)`.
    #[inline(always)]
    fn is_exact<F: Format>(_x: F, _y: F) -> bool {
        false
    }

    /// What TorchLean computes and its bound of it, for [`T0`](crate::bound::T0); `None` if it states nothing of the function.
    fn torchlean<F: Format>(_x: (F, Up)) -> Option<(F, Up)> {
        None
    }

    /// The contribution that TorchLean computes and its bound of it; `None` if it states nothing of it.
    fn torchlean_vjp<F: Format>(_x: &Tensor<F>, _dy: &Tensor<F>) -> Option<Tensor<F>> {
        None
    }
}

/// The slope of a curve at one point, and how it changes around it.
#[derive(Debug, Clone, Copy)]
pub struct Bend {
    /// What [`Curve::slope`] returns.
    pub slope: f64,
    /// At least `|slope - f'(x)|`.
    pub error: Up,
    /// At least `|f''(x)|`.
    pub second: Up,
    /// `E` and `λ` with `|f''(x + d)| <= E e^(λ |d|)`; `E` may be ∞.
    pub envelope: (Up, Up),
}

impl Bend {
    /// At least `|f''|` within `alpha` of the point.
    #[inline(always)]
    pub(super) fn within(&self, alpha: Up, [_, second, third]: [f64; 3]) -> Up {
        let (size, rate) = self.envelope;
        let local = self.second + alpha * Up::new(third);
        Up::new(second).min(local).min(size.over((rate * alpha).below(1.0)))
    }
}

impl<C: Curve> Pointwise for C {
    const NAME: &'static str = C::NAME;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        x.eval::<C::Function>()
    }

    /// `α` times what only grows with `α`.
    const STEADY: Steadiness = Steadiness::SMOOTH;
    /// The value moves by no more than its range, if it has one, and no slope is above the steepest.
    const BOUNDED: bool = true;

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let (own, moved) = value_error::<C, F>(x, alpha, y);
        own + moved.min(Up::new(C::RANGE))
    }

    /// Without the range.
    #[inline(always)]
    fn steady_radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let (own, moved) = value_error::<C, F>(x, alpha, y);
        own + moved
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        F::from_f64(dy.to_f64() * C::slope::<F::Carrier>(x.to_f64()))
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(x: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        cotangent_error::<C, F>(x, dy, dx, Up::new(2.0 * C::MAXIMA[0]))
    }

    /// Without the most that the slope can change.
    #[inline(always)]
    fn steady_vjp_radius<F: Format>(x: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        cotangent_error::<C, F>(x, dy, dx, Up::INFINITY)
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        C::torchlean(x)
    }

    fn torchlean_vjp<F: Format>(x: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        C::torchlean_vjp(x, dy)
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        C::Function::ball(x)
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        C::enclose_slope(x)
    }
}

/// At least `|y - f(x)|` and `|f(x) - f(x*)|`; the latter is `α` times what grows with `α`.
#[inline(always)]
fn value_error<C: Curve, F: Format>(x: F, alpha: Up, y: F) -> (Up, Up) {
    let own = if C::is_exact(x, y) { Up::ZERO } else { y.eval_error::<C::Function>() };
    let (x, alpha) = in_f64((x, alpha));
    let at = C::bend::<F::Carrier>(x);
    let steepness = Up::abs(at.slope) + at.error + alpha * at.within(alpha, C::MAXIMA) * Up::new(0.5);
    (own, alpha * steepness.min(Up::new(C::MAXIMA[0])))
}

/// At least `|dx - f'(x*) dy*|`, where no slope differs from another by more than `most`.
#[inline(always)]
fn cotangent_error<C: Curve, F: Format>(x: (F, Up), dy: (F, Up), dx: F, most: Up) -> Up {
    let ((x, alpha), dy) = (in_f64(x), in_f64(dy));
    let at = C::bend::<F::Carrier>(x);
    let change = (alpha * at.within(alpha, C::MAXIMA)).min(most);
    scaled_error(dy, (at.slope, at.error + change), dx)
}

/// At least `|dx - dy* w*|`, where `dx` is the product `dy w` in f64, rounded once to the format.
#[inline(always)]
pub(super) fn scaled_error<F: Format>(dy: (f64, Up), w: (f64, Up), dx: F) -> Up {
    let product = dy.0 * w.0;
    product_error(dy, w) + f64::mul_error(dy.0, w.0, product) + dx.distance(product)
}

/// Half of f64's epsilon: the error of one rounding.
pub(super) const UNIT: f64 = f64::EPSILON / 2.0;
/// At least `factor (η + 2^-1074)`, where `η` is what an exponential may lose [to underflow](Carrier::underflow), for a `factor` that is an
/// integer: what underflows cost a slope that is computed from one exponential and felt `factor` times.
#[inline(always)]
pub(super) fn underflow<A: Carrier>(factor: f64) -> Up {
    // Both `η` are above 2^-1060, and products with integers are exact or rounded by far less than is added.
    Up::new(A::underflow::<Exp>() * (factor * (1.0 + 1.0 / (1_u64 << 10) as f64)))
}

/// `σ(x)`, `σ(-x)` and `σ'(x) = σ(x) σ(-x)`, each with its relative accuracy and `σ(x) - σ(-x) = tanh(x/2)`.
///
/// All come from `e = e^-|x|`, which is off by `ε` of itself: `σ` and `σ(-x)` by `ε + 3u` at most, since the denominator `1 + e` takes
/// `e/(1 + e)` of it, and `σ'` by `ε + 5u`. No derivative by `e` is above 1: beside that each is off by what underflows of `e` and of one or two
/// quotients, [`Logistic::underflow`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Logistic {
    pub(super) above: f64,
    pub(super) below: f64,
    pub(super) slope: f64,
}

impl Logistic {
    #[inline(always)]
    pub(super) fn new<A: Carrier>(x: f64) -> Self {
        let e = A::carry::<Exp>(-x.abs());
        let (large, small) = (1.0 / (1.0 + e), e / (1.0 + e));
        let (above, below) = if x < 0.0 { (small, large) } else { (large, small) };
        Self { above, below, slope: small / (1.0 + e) }
    }

    /// At least the relative error of each of the three, and room for two more roundings.
    #[inline(always)]
    pub(super) fn relative<A: Carrier>() -> f64 {
        A::relative_error::<Exp>() + 8.0 * UNIT
    }

    /// At least what each may be off beside that.
    #[inline(always)]
    pub(super) fn underflow<A: Carrier>() -> Up {
        underflow::<A>(1.0)
    }

    #[inline(always)]
    pub(super) fn tanh_half(&self) -> f64 {
        self.above - self.below
    }
}

/// At least a bound that was computed in f64 to within a part in 2^30 of `size`, from a slope or density which it is less than 2^20 times.
#[inline(always)]
pub(super) fn padded<A: Carrier>(value: f64, size: f64) -> Up {
    Up::new(value.abs() + size.abs() * (1.0 / (1_u64 << 30) as f64) + underflow::<A>(1_048_576.0).get())
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::super::{Gelu, GeluTanh, Sigmoid, Silu, Softplus};
    use super::*;

    /// The contribution `e^x factor` and its radius where f64 ends, in units of the smallest number.
    fn ends<C: Curve>(factor: impl Fn(f64) -> f64, slack: f64) {
        let unit = f64::from_bits(1);
        for x in (0..200).map(|i| -744.0 + f64::from(i) / 8.0) {
            let result = elementwise1::<C, (D<1>,), _>(Case1::<f64> { x: &[x], dy: &[1.0], ..Case1::default() });
            // Through numbers of usual size, to 2^-48 or so of itself.
            let exact = (x + 400.0).exp() * ((-400_f64).exp() * 2f64.powi(537)) * 2f64.powi(537) * factor(x);
            let (dx, r) = (result.dx[0][0] / unit, result.rad_dx[0][0] / unit);
            assert!((dx - exact).abs() <= r, "{} {x}: {dx} {exact} {r}", C::NAME);
            assert!(r <= slack + exact.abs() * 1e-13, "{} {x}: {dx} {r}", C::NAME);
        }
    }

    #[test]
    fn slopes_are_known_where_exponentials_underflow() {
        let stated = 2f64.powi(1074 - 1059);
        ends::<Sigmoid>(|_| 1.0, 2.0 * stated);
        ends::<Softplus>(|_| 1.0, 2.0 * stated);
        ends::<Silu>(|x| 1.0 + x, 805.0 * stated);
        for result in [
            elementwise1::<Gelu, (D<1>,), _>(Case1::<f64> { x: &[-39.0], dy: &[1.0], ..Case1::default() }),
            elementwise1::<GeluTanh, (D<1>,), _>(Case1 { x: &[-23.0], dy: &[1.0], ..Case1::default() }),
        ] {
            assert!(result.rad_dx[0][0] < 1e-313, "{:?}", result.rad_dx);
        }
    }
}
