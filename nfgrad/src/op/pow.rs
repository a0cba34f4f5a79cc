//! `x` to an integer power, entry by entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(xⁿ)`; `x⁰ = 1`, also of 0; `x¹ = x`; `x²` and `x⁻¹` one product and one quotient of the format |
//! | | else the power of `x`, squared and multiplied by `x` along the bits of `|n|` from the left, and it or its reciprocal rounded to the format |
//! | Cotangent | `x̄ = fl(ȳ (n xⁿ⁻¹))`, the power and both products unrounded; 0 for `n = 0`, `ȳ` for `n = 1` |
//!
//! What is not rounded to the format is computed in the accumulator if that is wider, else in f64. The bounds take it once more in f64, as `p`, and
//! measure how far the result is from that.
//!
//! # Error bound
//!
//! With `s = |x|`, `m = |n|`, and `e` the running error of `p`, each product charged for its own rounding and for the errors of
//! its factors,
//!
//! ```text
//! n > 0:  |y - x*ⁿ| <= e + (s + α)ᵐ - sᵐ + |y - p|
//! n < 0:  |y - x*ⁿ| <= e / (|p| (|p| - e)) + (rounding of 1/p) + 1/(s - α)ᵐ - 1/sᵐ + |y - 1/p|     for α < s, else ∞
//! ```
//!
//! *Proof.* `|xᵐ - x*ᵐ|` is largest for `x*` on the far side of `x` from 0: there it is `(s + α)ᵐ - sᵐ`, and nearer to 0, or
//! across it, where it is at most `sᵐ + (α - s)ᵐ`, it is no larger, because `tᵐ` is convex. A negative power is that power of `1/x`,
//! which has the radius `α / (s (s - α))` and whose largest magnitude is `1/(s - α)`. ∎
//!
//! `(b + d)ᵐ - bᵐ` is computed without a difference: squaring makes of `d` the number `d (2b + d)`, and one more factor `d (b + d₁) + b d₁`.
//! So an even power has just the radius of the product `x * x` of one node with itself, and no more.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use super::curve::scaled_error;
use super::rounding::{in_f64, product_error, quotient_spread};
use super::{Defined, Integer, Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::{Accumulator, Format};

/// The power of every entry to `N`, an [`Integer`]; see the [module](self).
#[derive(Clone, Copy)]
pub struct Pow<N>(PhantomData<fn() -> N>);

impl<const N: i32> Debug for Pow<Integer<N>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pow({N})")
    }
}

impl<const N: i32> Pointwise for Pow<Integer<N>> {
    const NAME: &'static str = "pow";
    const IS_SHORT: [bool; 2] = [true, true];
    /// Power series in `α` whose coefficients are not negative, also for negative exponents, and products with `|ȳ| + δ`.
    const STEADY: Steadiness = Steadiness::SMOOTH;
    const DEFINED: Defined = if N < 0 { Defined::Except(0.0) } else { Defined::Everywhere };

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        match N {
            -1 => F::ONE.div(x),
            0 => F::ONE,
            1 => x,
            2 => x.mul(x),
            _ if F::ROUNDS_ONCE => F::from_acc(accumulated(x.to_acc(), N.into())),
            _ => F::from_f64(accumulated(x.to_f64(), N.into())),
        }
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let (wide, spread) = in_f64((x, alpha));
        match N {
            -1 => F::div_error(F::ONE, x, y) + change((wide, spread), -1),
            0 => Up::ZERO,
            1 => alpha,
            2 => product_error((x, alpha), (x, alpha)) + F::mul_error(x, x, y),
            _ => {
                let (p, error) = power((wide, Up::ZERO), N.into());
                error + change((wide, spread), N.into()) + y.distance(p)
            }
        }
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        match N {
            0 => F::ZERO,
            1 => dy,
            _ if F::ROUNDS_ONCE => F::from_acc(dy.to_acc() * accumulated_slope::<N, F::Acc>(x.to_acc())),
            _ => F::from_f64(dy.to_f64() * accumulated_slope::<N, f64>(x.to_f64())),
        }
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(x: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        match N {
            0 => Up::ZERO,
            1 => dy.1,
            _ => {
                let (x, dy) = (in_f64(x), in_f64(dy));
                let (slope, error) = slope::<N>(x.0);
                let moved = change(x, i64::from(N) - 1) * Up::abs(f64::from(N));
                scaled_error(dy, (slope, error + moved), dx)
            }
        }
    }
}

/// `xᵐ` by these products, along the bits of `m > 0` from the left.
#[inline(always)]
fn raised<T: Copy>(x: T, m: u64, times: impl Fn(T, T) -> T) -> T {
    let mut power = x;
    for bit in (0..m.ilog2()).rev() {
        power = times(power, power);
        if m >> bit & 1 == 1 {
            power = times(power, x);
        }
    }
    power
}

/// The power of a number in one type of number.
#[inline(always)]
fn accumulated<A: Accumulator>(x: A, n: i64) -> A {
    if n == 0 {
        return A::one();
    }
    let power = raised(x, n.unsigned_abs(), |a, b| a * b);
    if n > 0 { power } else { A::one() / power }
}

/// `n x^(n - 1)` likewise.
#[inline(always)]
fn accumulated_slope<const N: i32, A: Accumulator>(x: A) -> A {
    A::from_f64(N.into()) * accumulated(x, i64::from(N) - 1)
}

/// `n x^(n - 1)` in f64, with its distance from the real slope at this very `x`.
#[inline(always)]
fn slope<const N: i32>(x: f64) -> (f64, Up) {
    let (n, (power, error)) = (f64::from(N), power((x, Up::ZERO), i64::from(N) - 1));
    let slope = n * power;
    (slope, error * Up::abs(n) + doubling_error(n, power, slope))
}

/// At least `|product - n x|`, where the first is `fl(n x)`: twice a number is exact.
#[inline(always)]
fn doubling_error(n: f64, x: f64, product: f64) -> Up {
    if n.abs() == 2.0 && product.is_finite() { Up::ZERO } else { f64::mul_error(n, x, product) }
}

/// The power in f64 of a number with its radius, and its distance from the real power: ∞ where it overflows or may be that of 0.
#[inline(always)]
fn power(x: (f64, Up), n: i64) -> (f64, Up) {
    if n == 0 {
        return (1.0, Up::ZERO);
    }
    let power = raised(x, n.unsigned_abs(), times);
    if n > 0 {
        return power;
    }
    let inverse = 1.0 / power.0;
    let rounding = f64::div_error(1.0, power.0, inverse);
    (inverse, rounding + quotient_spread(Up::ZERO, power, Up::abs(inverse) + rounding))
}

/// A product with its distance from the real one.
#[inline(always)]
fn times(a: (f64, Up), b: (f64, Up)) -> (f64, Up) {
    let product = a.0 * b.0;
    (product, product_error(a, b) + f64::mul_error(a.0, b.0, product))
}

/// At least `|xⁿ - x*ⁿ|` for a number with its radius: `(s + α)ⁿ - sⁿ`, or that of its reciprocal.
#[inline(always)]
fn change((x, alpha): (f64, Up), n: i64) -> Up {
    let m = n.unsigned_abs();
    if m == 0 || (alpha == Up::ZERO && n > 0) {
        return Up::ZERO;
    }
    let (base, step) = if n > 0 {
        (Up::abs(x), alpha)
    } else {
        (Up::new(1.0).over(x.abs()), alpha.over(alpha.below(x.abs())).over(x.abs()))
    };
    let (mut power, mut change) = (base, step);
    for bit in (0..m.ilog2()).rev() {
        (power, change) = (power * power, change * (power + power + change));
        if m >> bit & 1 == 1 {
            (power, change) = (power * base, change * (base + step) + power * step);
        }
    }
    change
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::super::{Mul, testing};
    use super::*;

    type Row = (D<4>,);

    fn run<const N: i32>(case: Case1<'_, f32>) -> testing::Computed<f32, 1> {
        elementwise1::<Pow<Integer<N>>, Row, _>(case)
    }

    #[test]
    fn small_exponents_are_what_they_say() {
        let case = Case1 { x: &[3.0, -0.5, 0.0, 1.0], dy: &[1.0, 2.0, 1.0, -1.0], ..Case1::default() };
        for (result, y, dx) in [
            (run::<0>(case), [1.0; 4], [0.0; 4]),
            (run::<1>(case), [3.0, -0.5, 0.0, 1.0], [1.0, 2.0, 1.0, -1.0]),
            (run::<2>(case), [9.0, 0.25, 0.0, 1.0], [6.0, -2.0, 0.0, -2.0]),
        ] {
            assert_eq!((&result.y[..], &result.dx[0][..]), (&y[..], &dx[..]));
            assert!(result.rad_y.iter().all(|&r| r == 0.0) && result.rad_dx[0].iter().all(|&r| r < 1e-14));
        }
        let result = run::<5>(case);
        assert_eq!(result.y, [243.0, -0.03125, 0.0, 1.0]);
        assert_eq!(result.dx[0], [405.0, 0.625, 0.0, -5.0]);
        assert!(result.rad_y.iter().chain(&result.rad_dx[0]).all(|&r| r < 1e-12));
        let result = run::<-3>(Case1 { x: &[2.0, -0.5, 0.0, 1.0], ..case });
        assert_eq!(result.y, [0.125, -8.0, f32::INFINITY, 1.0]);
        assert_eq!(result.dx[0][..2], [-0.1875, -96.0]);
        assert!(result.rad_y[2] == f64::INFINITY && result.rad_dx[0][2] == f64::INFINITY && result.rad_y[0] < 1e-15);
    }

    #[test]
    fn the_radius_is_that_of_the_far_end() {
        let case =
            Case1::<f32> { x: &[2.0, -2.0, 1.0, 0.0], alpha: &[0.5, 0.5, 3.0, 1.0], dy: &[0.0; 4], ..Case1::default() };
        for (result, exact) in [
            (run::<3>(case), [7.625, 7.625, 63.0, 1.0]),
            (run::<4>(case), [23.0625, 23.0625, 255.0, 1.0]),
            (run::<2>(case), [2.25, 2.25, 15.0, 1.0]),
        ] {
            for (r, exact) in result.rad_y.iter().zip(exact) {
                assert!(*r >= exact && *r < exact * (1.0 + 1e-12), "{r} {exact}");
            }
        }
        let result = run::<-2>(case);
        assert!((1.0 / 2.25 - 0.25..1.0 / 2.25 - 0.249_999).contains(&result.rad_y[0]));
        assert_eq!(result.rad_y[2..], [f64::INFINITY; 2]);
        // A node times itself is the same square.
        let square =
            testing::Case2 { a: case.x, b: case.x, alpha: case.alpha, beta: case.alpha, dy: &[0.0; 4], delta: &[] };
        assert_eq!(run::<2>(case).rad_y, testing::elementwise::<Mul, Row, Row, _>(square).rad_y);
    }

    #[test]
    fn an_exponent_as_large_as_there_is() {
        let case = Case1::<f32> { x: &[1.0, -1.0, 2.0, 0.5], dy: &[1.0; 4], ..Case1::default() };
        let result = run::<{ i32::MAX }>(case);
        assert_eq!(result.y, [1.0, -1.0, f32::INFINITY, 0.0]);
        assert!(result.rad_y[0] == 0.0 && result.rad_y[2] == f64::INFINITY && result.rad_y[3] < 1e-40);
        let result = run::<{ i32::MIN }>(case);
        assert_eq!((result.y[0], result.y[1], result.y[3]), (1.0, 1.0, f32::INFINITY));
        assert!(result.rad_y[2] >= 0.0 && result.rad_y[3] == f64::INFINITY);
    }
}
