//! `a / b`, entry by entry, `b` repeated over the leading axes of `a`: `[s ++ t], [t] -> [s ++ t]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(a / b)` |
//! | Cotangents | `ā = fl(ȳ / b)`; `b̄` the sum of the terms `-(ȳ / b)(a / b)`, each computed in f64 and rounded to the accumulator |
//!
//! # Error bound
//!
//! Where `β < |b|`,
//!
//! ```text
//! |y - a*/b*| <= ρ + (α + |a/b| β) / (|b| - β)          ρ the error of this quotient, 0 where it is exact
//! ```
//!
//! and ∞ elsewhere: `b*` might be 0. The same holds of `ā`, with `ȳ` and `δ` for `a` and `α`; and a term of `b̄` is a product of two
//! such quotients, with the rule of products.
//!
//! *Proof.* `a/b - a*/b* = ((a - a*) + (a/b)(b* - b)) / b*`. For exact quotients it is attained: with `a, b > 0` at `a + α` and
//! `b - β`, and so is the bound of the product, `(ȳ/b)(a/b) ((b/(b - β))² - 1)` where only `b` is uncertain. ∎
//!
//! `x / x` is 1 whatever `x*` is, unless it is 0: where both operands are the same node the value is exactly 1 and both cotangents
//! are exactly 0, with radius 0 where `x* = 0` is excluded and ∞ where it is not.

use std::cmp::Ordering;

use super::rounding::{in_f64, product_error, quotient_spread};
use super::torchlean::{self, Tensor};
use super::{Defined, Pairwise, Pointwise};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// `a / b`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Div;

impl Pairwise for Div {
    const NAME: &'static str = "div";
    type Twice = OverItself;
    const DEFINED: [Defined; 2] = [Defined::Everywhere, Defined::Except(0.0)];

    // (α + |q| β) / (|b| - β), and products of two such: in each radius a convex function that grows.
    const STEADY: bool = true;
    const STEADY_VJP: [bool; 3] = [true; 3];

    #[inline(always)]
    fn value<F: Format>(a: F, b: F) -> F {
        a.div(b)
    }

    #[inline(always)]
    fn radius<F: Format>(a: (F, Up), b: (F, Up), y: F) -> Up {
        bound(a, b, y)
    }

    /// By positive numbers only: the lower bound that TorchLean asks for is the least that is known of them.
    fn torchlean<F: Format>(a: &Tensor<F>, b: &Tensor<F>) -> Option<Tensor<F>> {
        let least = b.least();
        (least > 0.0).then(|| a.zip(b, |a, b| torchlean::div(a, b, least)))
    }

    #[inline(always)]
    fn left<F: Format>(_: F, b: F, dy: F) -> F {
        dy.div(b)
    }

    #[inline(always)]
    fn left_radius<F: Format>(_: (F, Up), b: (F, Up), dy: (F, Up), da: F) -> Up {
        bound(dy, b, da)
    }

    #[inline(always)]
    fn right<F: Format>(a: F, b: F, dy: F) -> F::Acc {
        let b = b.to_f64();
        // Two quotients rather than one by the square, which may leave the range.
        Format::from_f64(-((dy.to_f64() / b) * (a.to_f64() / b)))
    }

    #[inline(always)]
    fn right_radius<F: Format>(a: (F, Up), b: (F, Up), dy: (F, Up), term: F::Acc) -> Up {
        let (slope, error) = slope(in_f64(a), in_f64(b), in_f64(dy));
        error + term.distance(slope)
    }

    #[inline]
    fn enclose<const K: usize>(a: WideBall<K>, b: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        a / b
    }

    #[inline]
    fn enclose_slopes<const K: usize>([_, b, y]: [WideBall<K>; 3], _: WideBall<K>) -> [WideBall<K>; 2] {
        [b.recip(), -(y / b)]
    }
}

/// `-(dy / b)(a / b)` in f64 with its distance from the real one.
#[inline(always)]
pub(super) fn slope(a: (f64, Up), b: (f64, Up), dy: (f64, Up)) -> (f64, Up) {
    let (left, right) = (quotient(dy, b), quotient(a, b));
    let product = left.0 * right.0;
    (-product, product_error(left, right) + f64::mul_error(left.0, right.0, product))
}

/// At least `|y - a*/b*|`, where `y` is `fl(a / b)`.
#[inline(always)]
pub(super) fn bound<F: Format>(a: (F, Up), b: (F, Up), y: F) -> Up {
    let rounding = F::div_error(a.0, b.0, y);
    rounding + quotient_spread(a.1, b, y.magnitude() + rounding)
}

/// `fl(a / b)` in f64 with its distance from the real quotient.
#[inline(always)]
fn quotient(a: (f64, Up), b: (f64, Up)) -> (f64, Up) {
    let quotient = a.0 / b.0;
    (quotient, bound(a, b, quotient))
}

/// `x / x`; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct OverItself;

impl Pointwise for OverItself {
    const NAME: &'static str = "div";

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        x.div(x)
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, _: F) -> Up {
        zero_unless_zero(x, alpha)
    }

    #[inline(always)]
    fn vjp<F: Format>(_: F, _: F, _: F) -> F {
        F::ZERO
    }

    #[inline(always)]
    fn vjp_radius<F: Format>((x, alpha): (F, Up), _: (F, Up), _: (F, Up), _: F) -> Up {
        zero_unless_zero(x, alpha)
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        // 1, wherever it is anything.
        if x.sign().is_some_and(Ordering::is_ne) { WideBall::ONE } else { WideBall::UNKNOWN }
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.recip() * WideBall::ZERO
    }
}

/// 0, or ∞ where `x*` may be 0.
#[inline(always)]
fn zero_unless_zero<F: Format>(x: F, alpha: Up) -> Up {
    let [low, high] = x.enclosure();
    if alpha.get() < low.abs().min(high.abs()) { Up::ZERO } else { Up::INFINITY }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise, uniform};
    use super::*;

    type Matrix = (D<2>, D<2>);
    type Vector = (D<2>,);

    #[test]
    fn the_right_operand_is_repeated_and_its_cotangent_summed() {
        let case =
            Case2::<f32> { a: &[1.0, 2.0, 3.0, 8.0], b: &[2.0, 4.0], dy: &[4.0, 8.0, 2.0, 1.0], ..Case2::default() };
        let result = elementwise::<Div, Matrix, Vector, _>(case);
        assert_eq!(result.y, [0.5, 0.5, 1.5, 2.0]);
        assert_eq!(result.dx, [vec![2.0, 2.0, 1.0, 0.25], vec![-1.0 - 1.5, -1.0 - 0.5]]);
        assert_eq!((&result.rad_y[..], &result.rad_dx[0][..]), (&[0.0; 4][..], &[0.0; 4][..]));
        assert!(result.rad_dx[1].iter().all(|&r| r > 0.0 && r < 1e-6));
    }

    #[test]
    fn the_radii_are_those_of_the_worst_corner() {
        let case = Case2::<f64> {
            a: &[3.0, -3.0],
            b: &[2.0, 2.0],
            alpha: &[0.5, 0.0],
            beta: &[0.5, 1.0],
            dy: &[1.0; 2],
            delta: &[0.0, 0.25],
        };
        let result = elementwise::<Div, Vector, Vector, _>(case);
        // 3.5/1.5 - 3/2 and 3/1 - 3/2; 1/1.5 - 1/2 and 1.25/1 - 1/2; 3.5/1.5² - 3/4 and 3 * 1.25 - 3/4
        let corners = [[5.0 / 6.0, 1.5], [1.0 / 6.0, 0.75], [3.5 / 2.25 - 0.75, 3.0]];
        for (radii, exact) in [&result.rad_y, &result.rad_dx[0], &result.rad_dx[1]].into_iter().zip(corners) {
            for (r, exact) in radii.iter().zip(exact) {
                assert!(*r >= exact * (1.0 - 1e-15) && *r < exact * (1.0 + 1e-12), "{r} {exact}");
            }
        }
    }

    #[test]
    fn by_what_may_be_zero_nothing_is_known() {
        let case =
            Case2::<f32> { a: &[1.0, 0.0], b: &[0.5, 0.0], beta: &[0.5, 0.0], dy: &[1.0; 2], ..Case2::default() };
        let result = elementwise::<Div, Vector, Vector, _>(case);
        assert_eq!(result.rad_y, [f64::INFINITY; 2]);
        assert_eq!(result.rad_dx, [vec![f64::INFINITY; 2], vec![f64::INFINITY; 2]]);
        // Nor by what is not finite, though the quotient is 0.
        let case = Case2 { b: &[f32::INFINITY, f32::NAN], beta: &[f64::INFINITY; 2], ..case };
        assert_eq!(elementwise::<Div, Vector, Vector, _>(case).rad_y, [f64::INFINITY; 2]);
    }

    #[test]
    fn an_overflow_is_unbounded_and_an_underflow_charged() {
        let case = Case2::<f32> { a: &[1e30, 1e-30], b: &[1e-30, 1e30], dy: &[1.0; 2], ..Case2::default() };
        let result = elementwise::<Div, Vector, Vector, _>(case);
        assert_eq!((&result.y[..], result.rad_y[0]), (&[f32::INFINITY, 0.0][..], f64::INFINITY));
        assert!(result.rad_y[1] >= 0.999e-60 && result.rad_y[1] < 1e-40);
    }

    #[test]
    fn a_node_over_itself_is_one_unless_it_may_be_zero() {
        let x = [3.0_f32, 0.5];
        let case = Case2 { a: &x, b: &x, alpha: &[2.0, 0.5], beta: &[2.0, 0.5], dy: &[7.0, 1.0], delta: &[1.0, 0.0] };
        let result = elementwise::<Div, Vector, Vector, _>(case);
        assert_eq!((&result.y[..], &result.rad_y[..]), (&[1.0; 2][..], &[0.0, f64::INFINITY][..]));
        assert_eq!(result.dx, [vec![0.0; 2], vec![0.0; 2]]);
        assert_eq!((&result.rad_dx[0][..], result.rad_dx[1][0]), (&[0.0, f64::INFINITY][..], 0.0));
        let result = uniform::<Div, Vector, Vector, _>(Case2 { alpha: &[0.25; 2], beta: &[0.25; 2], ..case });
        assert!(result.rad_y[0] == 0.0 && result.rad_dx[0][0] == 0.0 && result.rad_dx[1][0] == 0.0);
    }
}
