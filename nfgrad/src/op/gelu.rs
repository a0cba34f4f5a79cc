//! The Gaussian error linear unit in both forms, entry by entry: `[s] -> [s]`. [`Gelu`] is `x Φ(x)` with the normal distribution function
//! `Φ`; [`GeluTanh`] is `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`.
//!
//! Both are [curves](super::curve): value, cotangent and radii are described there.
//!
//! # The exact form
//!
//! With the density `φ(x) = e^(-x²/2) / √(2π)`,
//!
//! ```text
//! f' = Φ + x φ    f'' = φ (2 - x²)    |f''(x + d)| <= φ u² e^(λ|d|)    u = max(√2, |x|), λ = |x| + √2
//! max |f'| < 1.129    max |f''| = 2 φ(0) < 0.798    max |f'''| < 0.779
//! ```
//!
//! *Proof.* `φ(x + d) <= φ(x) e^(|x||d|)`, `|2 - (x + d)²| <= (u + |d|)²`, and `u + |d| <= u e^(|d|/√2)`. `f'` is largest at `√2`, where it
//! is 1.12890, and by symmetry no less than -0.12890. `|2 - x²| φ` is largest at 0, the other maximum at `|x| = 2` is `2 φ(2)`.
//! `f''' = φ (x³ - 4x)` is largest where `x⁴ - 7x² + 4 = 0`: 0.7788 at `|x| = 0.7923`, 0.0988 at 2.5243. ∎
//!
//! # The form with tanh
//!
//! It is `x σ(v)` with `v = a x + b x³`, `a = 2√(2/π)`, `b = 0.044715 a`, and with `t = tanh(v/2)`
//!
//! ```text
//! f' = σ + x σ' v'    f'' = σ' (2 v' - x t v'² + x v'')
//! max |f'| < 1.1291    max |f''| < 0.798    max |f'''| < 0.78
//! ```
//!
//! by interval arithmetic over |x| <= 8 (`tests/oracle/gelu_maxima.py`); beyond, `σ'` is below `e^-49` and the rest a polynomial.

use std::f64::consts::SQRT_2;

use super::curve::{Bend, Curve, Logistic, UNIT, padded, underflow};
use crate::bound::Up;
use crate::format::{Carrier, Format, elementary, elementary::Exp, elementary::NormalCdf};
use crate::kernel::wide::WideBall;

/// `x Φ(x)`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Gelu;

/// `1 / √(2π)`.
const DENSITY: f64 = 0.398_942_280_401_432_7;

/// `Φ(x)` and `x φ(x)`; beyond 40 they are 0 or 1, and 0, to within e^-790.
#[inline(always)]
fn gaussian<A: Carrier>(x: f64) -> (f64, f64) {
    let x = x.clamp(-40.0, 40.0);
    (A::carry::<NormalCdf>(x), x * (DENSITY * A::carry::<Exp>(-0.5 * (x * x))))
}

impl Curve for Gelu {
    const NAME: &'static str = "gelu";
    type Function = elementary::Gelu;
    const MAXIMA: [f64; 3] = [1.129, 0.798, 0.779];

    #[inline(always)]
    fn slope<A: Carrier>(x: f64) -> f64 {
        let (below, part) = gaussian::<A>(x);
        below + part
    }

    #[inline(always)]
    fn bend<A: Carrier>(x: f64) -> Bend {
        let (below, part) = gaussian::<A>(x);
        let x = x.clamp(-40.0, 40.0);
        let square = x * x;
        // The square is rounded, so the exponential is off by x²/2 roundings more; then the constant and two products. What underflows
        // is felt 40 times at most.
        let relative = Up::new(A::relative_error::<Exp>() + (4.0 + square) * UNIT);
        let sum = Up::new(below) + Up::abs(part);
        let error = A::carry_error::<NormalCdf>(Up::new(below)) + relative * Up::abs(part) + sum * Up::new(2.0 * UNIT);
        let density = DENSITY * A::carry::<Exp>(-0.5 * square);
        let second = padded::<A>(density * (2.0 - square), density * (2.0 + square));
        let envelope = padded::<A>(density * square.max(2.0), density * (2.0 + square));
        let rate = padded::<A>(x.abs() + SQRT_2, x.abs() + SQRT_2);
        Bend { slope: below + part, error: error + underflow::<A>(41.0), second, envelope: (envelope, rate) }
    }

    #[inline(always)]
    fn is_exact<F: Format>(x: F, y: F) -> bool {
        (x == F::ZERO) & (y == F::ZERO)
    }

    fn enclose_slope<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        let [distribution, density] = x.normal();
        distribution + x * density
    }
}

/// `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct GeluTanh;

/// `a` and `b`.
const ARGUMENT: (f64, f64) = (1.595_769_121_605_730_8, 0.071_354_816_272_600_25);

/// `v` and its first two derivatives.
#[inline(always)]
fn argument(x: f64) -> [f64; 3] {
    let (a, b) = ARGUMENT;
    let square = x * x;
    [x * (a + b * square), a + 3.0 * b * square, 6.0 * b * x]
}

impl Curve for GeluTanh {
    const NAME: &'static str = "gelu_tanh";
    type Function = elementary::GeluTanh;
    const MAXIMA: [f64; 3] = [1.1291, 0.798, 0.78];

    #[inline(always)]
    fn slope<A: Carrier>(x: f64) -> f64 {
        let x = x.clamp(-24.0, 24.0);
        let [v, first, _] = argument(x);
        let at = Logistic::new::<A>(v);
        at.above + x * first * at.slope
    }

    #[inline(always)]
    fn bend<A: Carrier>(x: f64) -> Bend {
        let x = x.clamp(-24.0, 24.0);
        let [v, first, second] = argument(x);
        let at = Logistic::new::<A>(v);
        let part = x * first * at.slope;
        let size = Up::new(at.above) + Up::abs(part);
        // v is off by 5 roundings of itself, all its terms having one sign, and e^-|v| by as many times |v|; its derivative
        // by 5 more, and then there are four.
        let relative = Logistic::relative::<A>() + (6.0 * v.abs() + 12.0) * UNIT;
        let turn = x * at.tanh_half() * first * first;
        let bent = at.slope * (2.0 * first - turn + x * second);
        let second = padded::<A>(bent, at.slope * (2.0 * first + turn + x * second));
        // `|x first|` is below 3012 up to 24.
        let error = size * Up::new(relative) + underflow::<A>(3014.0);
        Bend { slope: at.above + part, error, second, envelope: (Up::INFINITY, Up::ZERO) }
    }

    #[inline(always)]
    fn is_exact<F: Format>(x: F, y: F) -> bool {
        (x == F::ZERO) & (y == F::ZERO)
    }

    fn enclose_slope<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        // x σ(v) with v = 2 u, u = √(2/π) (x + 0.044715 x³): σ(v) + x v' σ(v) σ(-v).
        let (v, slope) = (x.gelu_argument(), x.gelu_argument_slope());
        let (above, below) = (v.sigmoid(), (-v).sigmoid());
        above + x * slope * above * below
    }
}
