//! `c / x`, a number that is written divided by every entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(c / x)` |
//! | Cotangent | `x̄ = fl(-(ȳ / x)(c / x))`, computed in the accumulator and rounded to the format |
//!
//! What `c` is in which format, and how far from what is written, see [`literal`](super::literal); the cotangent is computed with the number of
//! the accumulator that is nearest to `l`, or in f64 where that one is not close.
//!
//! # Error bound
//!
//! Where `α < |x|`,
//!
//! ```text
//! |y - c*/x*| <= ρ + (β + |c/x| α) / (|x| - α)         |c - c*| <= β, ρ the error of this quotient, 0 where it is exact
//! ```
//!
//! by the rule of quotients, and ∞ elsewhere: `x*` might be 0. The real cotangent is the product `-p` of two such quotients, `p = (ȳ*/x*)(c*/x*)`:
//! with `p̃` the product in f64, `|x̄ + p| <= |x̄ + p̃| + |p̃ - p|`, where the first is measured and the second bounded by the
//! rules of quotients and products.

use super::div;
use super::enclosing::written;
use super::literal::{Literal, Operation, With, in_format, is_close, nearest, of_literal};
use super::rounding::in_f64;
use super::torchlean::{self, Tensor};
use super::{Defined, Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

of_literal! {
    /// A number divided by every entry; see the [module](self).
    Invert
}

/// `c / x`.
struct Over;

impl Operation for Over {
    #[inline(always)]
    fn value<F: Format>(c: F, x: F) -> F {
        c.div(x)
    }

    #[inline(always)]
    fn error<F: Format>(c: (F, Up), x: (F, Up), y: F) -> Up {
        div::bound(c, x, y)
    }
}

/// `-(dy / x)(c / x)`. Two quotients rather than one by the square, which may leave the range.
#[inline(always)]
fn slope<F: Format>(c: F, x: F, dy: F) -> F {
    dy.div(x).mul(c.div(x)).neg()
}

impl<L: Literal> Pointwise for Invert<L> {
    const NAME: &'static str = "invert";
    const NEEDS_VALUE: bool = false;
    const IS_SHORT: [bool; 2] = [true, true];
    const DEFINED: Defined = Defined::Except(0.0);

    /// `(β + |y| α) / (|x| - α)` is a power series in `α` whose coefficients are not negative, and so is the product of two such quotients.
    const STEADY: Steadiness = Steadiness::SMOOTH;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        With::<L, Over>::value(x)
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        With::<L, Over>::bound((x, alpha), y)
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        if is_close::<L, F::Acc>() {
            F::from_acc(slope(nearest::<L, F::Acc>(), x.to_acc(), dy.to_acc()))
        } else {
            F::from_f64(slope(L::NEAREST, x.to_f64(), dy.to_f64()))
        }
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(x: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        let (slope, error) = div::slope(in_format::<L, f64>(), in_f64(x), in_f64(dy));
        error + dx.distance(slope)
    }

    /// Of positive numbers only, as TorchLean divides: its lower bound is the least that is known of them.
    fn torchlean_of<F: Format>(x: &Tensor<F>) -> Option<Tensor<F>> {
        let least = x.least();
        let quotient = |x| torchlean::div(in_format::<L, F>(), x, least);
        (least > 0.0).then(|| x.map(quotient))
    }

    fn argument<const K: usize>() -> WideBall<K> {
        written::<L, K>()
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, number: WideBall<K>) -> WideBall<K> {
        number / x
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, y: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        -(y / x)
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::literal::literal;
    use super::super::testing::{Case1, elementwise1};
    use super::*;
    use crate::format::{RoundEach, bf16, f16};

    literal!(Two, 2.0, true);
    literal!(Tenth, 0.1, false);
    literal!(Large, 1e5, true);

    #[test]
    fn quotients_and_slopes() {
        let case = Case1::<f32> { x: &[4.0, 1.0, 0.0, -0.5], alpha: &[0.0, 0.5, 0.0, 0.0], dy: &[1.0; 4], delta: &[] };
        let result = elementwise1::<Invert<Two>, (D<4>,), _>(case);
        assert_eq!((result.y[0], result.rad_y[0], result.y[3], result.rad_y[3]), (0.5, 0.0, -4.0, 0.0));
        // 2/0.5 - 2.
        assert!(result.rad_y[1] >= 2.0 && result.rad_y[1] < 2.000_001);
        assert_eq!(result.rad_y[2], f64::INFINITY);
        assert_eq!((result.dx[0][0], result.dx[0][1], result.dx[0][3]), (-0.125, -2.0, -8.0));
        // The worst is 2/0.5² - 2.
        assert!(result.rad_dx[0][1] >= 6.0 && result.rad_dx[0][1] < 6.000_01);
        assert!(result.rad_dx[0][0] < 1e-15 && result.rad_dx[0][2] == f64::INFINITY);
    }

    #[test]
    fn the_numerator_is_the_real_one_and_rounded_once() {
        for code in 0x3f80..0x4000 {
            let x = bf16::from_bits(code);
            let result = elementwise1::<Invert<Tenth>, (D<1>,), _>(Case1 { x: &[x], dy: &[x], ..Case1::default() });
            let nearest = bf16::from_f64(0.1 / x.to_f64());
            assert_eq!(result.y[0], nearest, "{x}");
            assert!(result.rad_y[0] <= nearest.half_ulp().get() * 1.001, "{x}");
        }
        let case = Case1::<f64> { x: &[1.0], dy: &[1.0], ..Case1::default() };
        let result = elementwise1::<Invert<Tenth>, (D<1>,), _>(case);
        assert!(result.rad_y[0] > 5.5e-18 && result.rad_y[0] < 7e-18);
        assert!(result.rad_dx[0][0] > 5.5e-18 && result.rad_dx[0][0] < 5e-17);
    }

    #[test]
    fn a_numerator_beyond_the_format() {
        fn check<F: Format>() {
            let x = F::from_f64(1000.0);
            let result = elementwise1::<Invert<Large>, (D<1>,), F>(Case1 { x: &[x], dy: &[x], ..Case1::default() });
            assert_eq!((result.y[0].to_f64(), result.dx[0][0].to_f64()), (100.0, -100.0), "{}", F::NAME);
            assert!(result.rad_y[0] < 0.07 && result.rad_dx[0][0] < 0.07, "{}", F::NAME);
        }
        check::<f16>();
        check::<RoundEach<f16>>();
    }
}
