//! `x` to an integer power, entry by entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(xⁿ)`; `x⁰ = 1`, also of 0; `x¹ = x`; `x²` one product of the format, `x⁻¹` one quotient, as in [`recip`](super::recip) |
//! | | else the power of `x`, squared and multiplied by `x` along the bits of `n` from the left; for `n < 0` the number 1, divided by the powers `⌈m/2⌉` and then `⌊m/2⌋` with `m = -n` |
//! | Cotangent | `x̄ = fl(ȳ xⁿ⁻¹ n)`; 0 for `n = 0`, `ȳ` for `n = 1`; for `n < 0` the number `ȳ`, divided by two powers as above, times `n` |
//!
//! All but the last rounding is that of the accumulator if it is wider than the format, else of f64. A quotient by two powers leaves the range only where the
//! result does. The bounds take it once more in f64, as `p`, and measure how far the result is from that.
//!
//! # Error bound
//!
//! With `s = |x|`, `m = |n|`, and `e` the running error of `p`, each operation charged for its own rounding and for the errors of
//! its operands,
//!
//! ```text
//! n > 0:  |y - x*ⁿ| <= e + M + |y - p|                  M = (s + α)ᵐ - sᵐ
//! n < 0:  |y - x*ⁿ| <= e + (|p| + e) R + |y - p|        R = (s/(s - α))ᵐ - 1     for α < s, else ∞
//! ```
//!
//! *Proof.* `|xᵐ - x*ᵐ|` is largest for `x*` on the far side of `x` from 0: there it is `M`, and nearer to 0, or
//! across it, where it is at most `sᵐ + (α - s)ᵐ`, it is no larger, because `tᵐ` is convex. For a negative power `|x*⁻ᵐ - x⁻ᵐ| <= |x|⁻ᵐ R`, attained at
//! `s - α`, for `t⁻ᵐ` is convex too. ∎
//!
//! Of the cotangent, with `k = n - 1` and `M`, `R` for it, and `e` the running error of the product or quotient `p` of `ȳ` and the power at the very numbers
//! `ȳ` and `x`,
//!
//! ```text
//! n > 0:  |x̄ - n x*ᵏ ȳ*| <= |n| (e + |ȳ| M + δ (sᵏ + M)) + |x̄ - n p|
//! n < 0:  |x̄ - n x*ᵏ ȳ*| <= |n| (e + (|p| + e) R + δ sᵏ (1 + R)) + |x̄ - n p|
//! ```
//!
//! `(b + d)ᵐ - bᵐ` is computed without a difference: squaring makes of `d` the number `d (2b + d)`, and one more factor `d (b + d₁) + b d₁`.
//! So an even power has just the radius of the product `x * x` of one node with itself, and no more. `R` is the same with `b = 1` and `d = α/(s - α)`.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use super::rounding::{in_f64, product_error};
use super::{Defined, Integer, Pointwise, Recip, Steadiness};
use crate::bound::Up;
use crate::format::{Accumulator, Format};
use crate::kernel::wide::WideBall;

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
    const NEEDS_VALUE: bool = false;
    const IS_SHORT: [bool; 2] = [true, true];
    /// Power series in `α` whose coefficients are not negative, also for negative exponents, and products with `|ȳ| + δ`.
    const STEADY: Steadiness = Steadiness::SMOOTH;
    const DEFINED: Defined = if N < 0 { Defined::Except(0.0) } else { Defined::Everywhere };

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        match N {
            -1 => Recip::value(x),
            0 => F::ONE,
            1 => x,
            2 => x.mul(x),
            _ if F::ROUNDS_ONCE => F::from_acc(scaled(<F::Acc as Format>::ONE, x.to_acc(), N.into())),
            _ => F::from_f64(scaled(1.0, x.to_f64(), N.into())),
        }
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let wide = in_f64((x, alpha));
        match N {
            -1 => Recip::radius(x, alpha, y),
            0 => Up::ZERO,
            1 => alpha,
            2 => product_error((x, alpha), (x, alpha)) + F::mul_error(x, x, y),
            _ => {
                let (p, error) = scaled_error((1.0, Up::ZERO), wide, N.into());
                error + y.distance(p)
            }
        }
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, y: F, dy: F) -> F {
        match N {
            -1 => Recip::vjp(x, y, dy),
            0 => F::ZERO,
            1 => dy,
            _ if F::ROUNDS_ONCE => F::from_acc(pulled::<N, F::Acc>(dy.to_acc(), x.to_acc())),
            _ => F::from_f64(pulled::<N, f64>(dy.to_f64(), x.to_f64())),
        }
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(x: (F, Up), y: (F, Up), dy: (F, Up), dx: F) -> Up {
        match N {
            -1 => Recip::vjp_radius(x, y, dy, dx),
            0 => Up::ZERO,
            1 => dy.1,
            _ => {
                let (n, (p, error)) = (f64::from(N), scaled_error(in_f64(dy), in_f64(x), i64::from(N) - 1));
                let product = n * p;
                error * Up::abs(n) + multiple_error(n, p, product) + dx.distance(product)
            }
        }
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.powi(N.into())
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        if N == 0 {
            return WideBall::ZERO;
        }
        let power = x.powi(i64::from(N) - 1).times(N.unsigned_abs().into());
        if N < 0 { -power } else { power }
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

/// `c xⁿ` for `n != 0`, in one type of number. A product with 1 is exact.
#[inline(always)]
fn scaled<A: Accumulator>(c: A, x: A, n: i64) -> A {
    let m = n.unsigned_abs();
    if n > 0 {
        return c * raised(x, m, |a, b| a * b);
    }
    let quotient = c / raised(x, m.div_ceil(2), |a, b| a * b);
    if m == 1 { quotient } else { quotient / raised(x, m / 2, |a, b| a * b) }
}

/// `n c x^(n - 1)` likewise.
#[inline(always)]
fn pulled<const N: i32, A: Accumulator>(dy: A, x: A) -> A {
    scaled(dy, x, i64::from(N) - 1) * A::from_f64(N.into())
}

/// [`scaled`] in f64 of numbers with their radii, and at least its distance from the real one: ∞ where it overflows or may be that of 0.
#[inline(always)]
fn scaled_error((c, gamma): (f64, Up), (x, alpha): (f64, Up), n: i64) -> (f64, Up) {
    let (m, exact) = (n.unsigned_abs(), (x, Up::ZERO));
    if n > 0 {
        let power = raised(exact, m, times);
        let spread = if alpha == Up::ZERO { Up::ZERO } else { change((Up::abs(x), alpha), m) };
        return times((c, gamma), (power.0, power.1 + spread));
    }
    let first = raised(exact, m.div_ceil(2), times);
    let second = if m == 1 { (1.0, Up::ZERO) } else { raised(exact, m / 2, times) };
    let (p, error) = over(over((c, Up::ZERO), first), second);
    let relative = change((Up::new(1.0), alpha.over(alpha.below(x.abs()))), m);
    if first.0.is_infinite() {
        // The result is 0, and the real one is not far from it.
        return (p, (Up::abs(c) + gamma).over(least(first)).over(least(second)) * (Up::new(1.0) + relative));
    }
    let size = Up::abs(p) + error;
    // δ sᵏ
    let scaled = if gamma == Up::ZERO { gamma } else { gamma.over(least(first)).over(least(second)) };
    (p, error + size * relative + scaled * (Up::new(1.0) + relative))
}

/// At most the magnitude of a real power of a number. One that overflowed is that of a number above 1, so the real one is no smaller than
/// the product that was the first to overflow.
#[inline(always)]
fn least((power, error): (f64, Up)) -> f64 {
    if power.is_infinite() { 2f64.powi(1022) } else { error.below(power.abs()) }
}

/// At least `|product - n x|`, where the first is `fl(n x)`: twice a number is exact.
#[inline(always)]
fn multiple_error(n: f64, x: f64, product: f64) -> Up {
    if n.abs() == 2.0 && product.is_finite() { Up::ZERO } else { f64::mul_error(n, x, product) }
}

/// A product with its distance from the real one.
#[inline(always)]
fn times(a: (f64, Up), b: (f64, Up)) -> (f64, Up) {
    let product = a.0 * b.0;
    (product, product_error(a, b) + f64::mul_error(a.0, b.0, product))
}

/// A quotient with its distance from the real one, by the rule of quotients. The radii are divided first, for the sliver that a product of small
/// numbers is inflated by would be large over a small divisor.
#[inline(always)]
fn over(a: (f64, Up), b: (f64, Up)) -> (f64, Up) {
    let quotient = a.0 / b.0;
    let (rounding, least) = (f64::div_error(a.0, b.0, quotient), least(b));
    (quotient, rounding + a.1.over(least) + (Up::abs(quotient) + rounding) * b.1.over(least))
}

/// At least `(b + d)ᵐ - bᵐ` for `m > 0`.
#[inline(always)]
fn change((base, step): (Up, Up), m: u64) -> Up {
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
    use crate::format::f16;

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

    /// Near the ends of f64, where the real results are in range, they are known, and nothing is lost but what underflows.
    fn is_known_near_the_ends<const N: i32>() {
        let n = f64::from(N);
        for place in 0..48 * 20 {
            let (e, f) = (place % 48, place / 48 + 2);
            let number = |digits: &str, e: i32| format!("{digits}e{e}").parse::<f64>().unwrap();
            let [x, dy] = [number("1.3", 13 * e - 322), number("1.7", 16 * f - 322)];
            let case = Case1::<f64> { x: &[x], dy: &[dy], ..Case1::default() };
            let result = elementwise1::<Pow<Integer<N>>, (D<1>,), _>(case);
            let (value, slope) = (n * x.log10(), n.abs().log10() + (n - 1.0) * x.log10() + dy.log10());
            for (log, y, r) in [(value, result.y[0], result.rad_y[0]), (slope, result.dx[0][0], result.rad_dx[0][0])] {
                if value.max(log) > 307.5 {
                    continue;
                }
                assert!(r.is_finite(), "{x:e}^{N} {dy:e}: {y:e}");
                // What underflows before it is multiplied with is charged.
                assert!(N > 0 || r <= y.abs() * 1e-14 + 1e-250, "{x:e}^{N} {dy:e}: {y:e} {r:e}");
                assert!(N > 0 || log < -300.0 || (y.abs().log10() - log).abs() < 1e-10, "{x:e}^{N} {dy:e}: {y:e}");
            }
        }
    }

    #[test]
    fn powers_are_known_near_the_ends_of_f64() {
        is_known_near_the_ends::<-3>();
        is_known_near_the_ends::<-2>();
        is_known_near_the_ends::<-1>();
        is_known_near_the_ends::<2>();
        is_known_near_the_ends::<3>();
        let case =
            Case1::<f64> { x: &[1e200, 1e-200], alpha: &[1e190, 0.0], dy: &[1.0, 1e-300], delta: &[0.0, 1e-316] };
        let result = elementwise1::<Pow<Integer<-1>>, (D<2>,), _>(case);
        assert!(result.rad_dx[0][0] < 1e-300 && result.rad_dx[0][1] < 3e84, "{:?}", result.rad_dx);
        let result = elementwise1::<Pow<Integer<-5>>, (D<2>,), _>(case);
        assert!(result.rad_y[0] < 1e-300 && result.rad_dx[0][0] < 1e-300);
    }

    #[test]
    fn what_underflows_costs_a_few_of_the_smallest_numbers() {
        let unit = f64::from_bits(1);
        // 1/(3·2^511)² is 2^52/9 of the smallest number.
        let x = [3.0 * 2f64.powi(511), -3.0 * 2f64.powi(511), -1.2e154, 1e160];
        let case = Case1::<f64> { x: &x, dy: &[0.0; 4], ..Case1::default() };
        let result = elementwise1::<Pow<Integer<-2>>, Row, _>(case);
        for (y, r) in result.y.iter().zip(&result.rad_y).take(2) {
            let apart = (9 * y.to_bits()).abs_diff(1 << 52);
            assert!(9 * r.to_bits() >= apart, "{y:e} {r:e}");
        }
        assert!(result.rad_y.iter().all(|&r| r > 0.0 && r <= 16.0 * unit), "{:?}", result.rad_y);
        // The real powers are less than half of it, and not 0.
        let case = Case1::<f64> { x: &[1e-160, -1e-160, 1e-200, 1e-110], dy: &[0.0; 4], ..Case1::default() };
        for result in [elementwise1::<Pow<Integer<3>>, Row, _>(case), elementwise1::<Pow<Integer<16>>, Row, _>(case)] {
            assert!(result.y.iter().all(|&y| y == 0.0) && result.rad_y.iter().all(|&r| r > 0.0 && r <= 16.0 * unit));
        }
    }

    #[test]
    fn a_value_that_overflows_leaves_the_contribution_known() {
        let x = [256.0, -256.0, 2.0, 1.0].map(f16::from_f64);
        let case = Case1 { x: &x, dy: &[f16::ONE; 4], ..Case1::default() };
        let result = elementwise1::<Pow<Integer<2>>, Row, _>(case);
        assert_eq!((result.rad_y[0], result.rad_y[2]), (f64::INFINITY, 0.0));
        assert_eq!(result.dx[0], [512.0, -512.0, 4.0, 2.0].map(f16::from_f64));
        assert!(result.rad_dx[0].iter().all(|&r| r < 1e-12), "{:?}", result.rad_dx);
        let case = Case1::<f64> { x: &[1.7e308; 4], dy: &[1e-10; 4], ..Case1::default() };
        let result = elementwise1::<Pow<Integer<2>>, Row, _>(case);
        assert!((result.dx[0][0] / 3.4e298 - 1.0).abs() < 1e-15 && result.rad_dx[0][0] < 1e284);
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
