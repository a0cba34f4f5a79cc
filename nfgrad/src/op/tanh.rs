//! `tanh(x)`, entry by entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y`, which is `tanh x` within the [error `ρ` of the function](crate::format::Format::eval_error) |
//! | Cotangent | `x̄ = fl(ȳ w)`, `w = fl(fl(1 - y) fl(1 + y))` in the accumulator, rounded once to the format |
//!
//! # Error bound
//!
//! With `t = tanh x`, `|y| - ρ <= |t| <= |y| + ρ`, and `τ >= tanh α`,
//!
//! ```text
//! |y - tanh x*| <= ρ + min(τ (1 - t²) / (1 - |t| τ), 1 + |t|)
//! |w - (1 - tanh² x*)| <= r (|y| + min(|y| + r, 1)) + the roundings of w      r the radius of y
//! ```
//!
//! and the cotangent is a product with that factor.
//!
//! *Proof.* `tanh(x + d) - t = (1 - t²) tanh d / (1 + t tanh d)` exactly, by the addition theorem; its magnitude is largest
//! for the `d` with `|d| = α` that points to 0. No value of tanh exceeds 1 in magnitude, hence the minimum.
//! `y² - tanh² x* = (y - tanh x*)(y + tanh x*)` and `|tanh x*| <= min(|y| + r, 1)`. ∎
//!
//! For `τ` serves the fifth convergent of the continued fraction `α/(1 + α²/(3 + α²/(5 + …)))` of tanh, which like all odd
//! ones lies above it: `α (945 + 105 α² + α⁴) / (945 + 420 α² + 15 α⁴)`, or 1. `(1 - y)(1 + y)` keeps the relative accuracy
//! of `1 - y²` near `|y| = 1`, where `1 - fl(y²)` would lose it.

use super::rounding::{narrowing_error, product_error};
use super::torchlean::{self, Tensor};
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::{Format, elementary};
use crate::kernel::wide::WideBall;

/// The hyperbolic tangent, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Tanh;

impl Pointwise for Tanh {
    const NAME: &'static str = "tanh";
    const IS_SHORT: [bool; 2] = [false, true];

    /// With `α` for `τ` the bound is `α` times what only grows with `α`, and so is its minimum with `α`, for no slope is above 1.
    const STEADY: Steadiness = Steadiness::SMOOTH;
    const BOUNDED: bool = true;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        x.eval::<elementary::Tanh>()
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let own = own_error(x, y);
        own + bounded_spread(y.magnitude(), own, alpha)
    }

    #[inline(always)]
    fn steady_radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let own = own_error(x, y);
        own + spread(y.magnitude(), own, alpha).min(alpha)
    }

    #[inline(always)]
    fn vjp<F: Format>(_: F, y: F, dy: F) -> F {
        F::from_acc(Format::mul(dy.to_acc(), slope(y.to_acc())))
    }

    #[inline(always)]
    fn vjp_radius<F: Format>((x, alpha): (F, Up), (y, rad_y): (F, Up), (dy, delta): (F, Up), dx: F) -> Up {
        let (size, radius) = (y.magnitude(), rad_y.min(Self::radius(x, alpha, y)));
        cotangent_error(y, radius * (size + (size + radius).min(Up::new(1.0))), (dy, delta), dx)
    }

    #[inline(always)]
    fn steady_vjp_radius<F: Format>((x, alpha): (F, Up), (y, _): (F, Up), dy: (F, Up), dx: F) -> Up {
        let (size, radius) = (y.magnitude(), Self::steady_radius(x, alpha, y));
        cotangent_error(y, radius * (size + (size + radius)), dy, dx)
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        Some(torchlean::tanh(x))
    }

    fn torchlean_vjp<F: Format>(x: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        Some(torchlean::tanh_vjp(x, dy))
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.tanh()
    }

    #[inline]
    fn enclose_slope<const K: usize>(_: WideBall<K>, y: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        (WideBall::ONE - y) * (WideBall::ONE + y)
    }
}

/// At least `|y - tanh x|`.
#[inline(always)]
fn own_error<F: Format>(x: F, y: F) -> Up {
    if (x == F::ZERO) & (y == F::ZERO) { Up::ZERO } else { y.eval_error::<elementary::Tanh>() }
}

/// At least `|tanh(x + d) - tanh(x)|` for `|d| <= alpha`, where `tanh(x)` is within `own` of `±size`.
#[inline(always)]
fn bounded_spread(size: Up, own: Up, alpha: Up) -> Up {
    spread(size, own, tanh_up(alpha)).min(Up::new(1.0) + (size + own).min(Up::new(1.0)))
}

/// At least the error of the cotangent, where `y²` is within `propagated` of `tanh² x*`.
#[inline(always)]
fn cotangent_error<F: Format>(y: F, propagated: Up, (dy, delta): (F, Up), dx: F) -> Up {
    let (w, dy) = (slope(y.to_acc()), dy.to_acc());
    let factor = (w, propagated + slope_error(y.to_acc()));
    let product = Format::mul(dy, w);
    product_error((dy, delta), factor) + F::Acc::mul_error(dy, w, product) + narrowing_error(product, dx)
}

/// At least `|tanh(x + d) - tanh(x)|` for `tanh |d| <= step`, where `tanh(x)` is within `own` of `±size`.
#[inline(always)]
fn spread(size: Up, own: Up, step: Up) -> Up {
    let (least, most) = (own.below(size.get()).max(0.0), (size + own).min(Up::new(1.0)));
    // (1 - |t|)(1 + |t|) with |t| from below in the first factor and from above in the second.
    let slope = (Up::new(1.0 - least) * Up::new(1.0)) * (Up::new(1.0) + most);
    (step * slope).over((most * step).below(1.0))
}

/// At least `tanh(alpha)`, at most 1. Without a branch, so that loops over it are vectorised.
#[inline(always)]
fn tanh_up(alpha: Up) -> Up {
    let square = alpha * alpha;
    let numerator = alpha * (Up::new(945.0) + square * (Up::new(105.0) + square));
    // Off by at most six roundings, each half of f64's epsilon, and so is what makes up for them.
    let x = alpha.get() * alpha.get();
    let divisor = (945.0 + x * (420.0 + x * 15.0)) * (1.0 - 6.0 * f64::EPSILON);
    numerator.over(divisor).min(Up::new(1.0))
}

/// `1 - y²` as it is computed.
#[inline(always)]
fn slope<A: Format>(y: A) -> A {
    A::ONE.sub(y).mul(A::ONE.add(y))
}

/// At least `|slope(y) - (1 - y²)|`.
#[inline(always)]
fn slope_error<A: Format>(y: A) -> Up {
    let (left, right) = (A::ONE.sub(y), A::ONE.add(y));
    let (left_error, right_error) = (A::add_error(A::ONE, y.neg(), left), A::add_error(A::ONE, y, right));
    product_error((left, left_error), (right, right_error)) + A::mul_error(left, right, left.mul(right))
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1, uniform1};
    use super::*;
    use crate::format::bf16;

    #[test]
    fn at_zero_nothing_is_rounded() {
        let result = elementwise1::<Tanh, (D<1>,), _>(Case1::<f32> { x: &[0.0], dy: &[3.0], ..Case1::default() });
        assert_eq!((result.y[0], result.rad_y[0]), (0.0, 0.0));
        assert_eq!((result.dx[0][0], result.rad_dx[0][0]), (3.0, 0.0));
    }

    #[test]
    fn no_norm_of_errors_is_more_than_the_range_allows() {
        use super::super::{Op, Sigmoid};
        use crate::bound::{Ball, Euclidean};
        use crate::op::Contribution;

        fn check<O: Op<((D<64>,),)>>(range: f64, steepest: f64) {
            let (x, dy, mut y, mut dx) = ([0.5_f64; 64], [1.0; 64], [0.0; 64], [0.0; 64]);
            O::forward([&x], &mut y);
            O::vjp([&x], &y, &dy, [Some(&mut dx)]);
            for alpha in [0.01, 2.0, 1e3, 1e300] {
                let (radius, zero, mut of_y, mut of_dx) = ([alpha], [0.0], [f64::NAN], [f64::NAN]);
                let ball = Ball::<f64, Euclidean>::new(&x, &radius);
                O::forward_radius([ball], &y, &mut of_y);
                let out = Contribution { mid: &dx, radii: &mut of_dx };
                O::vjp_radius([ball], Ball::new(&y, &of_y), Ball::new(&dy, &zero), [Some(out)]);
                assert!(of_y[0] <= alpha.min(8.0 * range) * 1.001, "{alpha}: {of_y:?}");
                assert!(of_dx[0] <= 8.0 * 2.2 * steepest, "{alpha}: {of_dx:?}");
            }
            // What is not known at all is not known to be a number.
            let (unknown, mut of_y) = ([f64::INFINITY], [f64::NAN]);
            O::forward_radius([Ball::<f64, Euclidean>::new(&x, &unknown)], &y, &mut of_y);
            assert_eq!(of_y, unknown);
        }
        check::<Tanh>(2.0, 1.0);
        check::<Sigmoid>(1.0, 0.25);
    }

    #[test]
    fn the_spread_is_that_of_the_worst_point_of_the_ball() {
        for x in [-3.0_f64, -0.5, 0.0, 0.25, 1.0, 8.0] {
            for alpha in [1e-12, 1e-3, 0.1, 0.5, 1.0, 3.0, 50.0] {
                let worst = (x.tanh() - (x + alpha).tanh()).abs().max((x.tanh() - (x - alpha).tanh()).abs());
                let bound = bounded_spread(Up::abs(x.tanh()), Up::new(2e-16), Up::new(alpha)).get();
                // What the platform's function loses by cancellation is no more than this.
                assert!(bound >= worst - 1e-15 && bound <= worst * 1.1 + 1e-14, "{x} {alpha}: {bound} {worst}");
            }
        }
    }

    #[test]
    fn where_it_saturates_the_radius_collapses() {
        let case = Case1::<f32> { x: &[20.0, 20.0], alpha: &[1.0, 100.0], dy: &[1.0, 1.0], ..Case1::default() };
        let result = elementwise1::<Tanh, (D<2>,), _>(case);
        assert_eq!(result.y, [1.0, 1.0]);
        assert!(result.rad_y[0] < 1e-6 && result.rad_y[1] <= 2.000_001 && result.rad_y[1] >= 2.0);
        assert_eq!(result.dx[0], [0.0, 0.0]);
        assert!(result.rad_dx[0][0] < 1e-5 && result.rad_dx[0][1] >= 1.0);
    }

    #[test]
    fn the_cotangent_is_accurate_to_the_format() {
        let x = [bf16::from_f64(0.75), bf16::from_f64(-2.0)];
        let result = elementwise1::<Tanh, (D<2>,), _>(Case1 { x: &x, dy: &[bf16::ONE; 2], ..Case1::default() });
        for (i, x) in x.into_iter().enumerate() {
            let error = (result.dx[0][i].to_f64() - (1.0 - x.to_f64().tanh().powi(2))).abs();
            assert!(result.rad_dx[0][i] >= error && result.rad_dx[0][i] < 0.01, "{error} {:?}", result.rad_dx[0][i]);
        }
    }

    #[test]
    fn what_is_not_known_is_not_bounded_by_one() {
        let case = Case1::<f32> {
            x: &[f32::INFINITY, 1.0],
            alpha: &[0.0, f64::INFINITY],
            dy: &[1.0, 0.0],
            ..Case1::default()
        };
        let result = elementwise1::<Tanh, (D<2>,), _>(case);
        assert_eq!(result.y[0], 1.0);
        assert_eq!(result.rad_y, [f64::INFINITY; 2]);
        assert_eq!(result.rad_dx[0], [f64::INFINITY; 2]);
        assert_eq!(uniform1::<Tanh, (D<2>,), _>(case).rad_y, [f64::INFINITY]);
    }
}
