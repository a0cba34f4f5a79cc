//! `x / c`, every entry divided by a number that is written: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(x / c)` |
//! | Cotangent | `x̄ = fl(ȳ / c)` |
//!
//! What `c` is in which format, and how far from what is written, see [`literal`](super::literal). It is a quotient that is rounded once, and
//! not a product by a rounded `1/c`: `x / 3` is the number nearest to a third of `x`. Division by 0 is refused by `graph!`; a constant
//! whose value is 0 is not compiled.
//!
//! # Error bound
//!
//! ```text
//! |y - x*/c*| <= ρ + (α + |x/c| β) / (|c| - β)         |c - c*| <= β, ρ the error of this quotient, 0 where it is exact
//! ```
//!
//! by the rule of quotients, and the same for the cotangent. By powers of two it is exact barring underflow, and found to be.

use super::div;
use super::enclosing::written;
use super::literal::{Literal, Operation, With, in_format, of_literal};
use super::torchlean;
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

of_literal! {
    /// Every entry divided by a number; see the [module](self).
    Divide
}

/// `x / c`.
struct By;

impl Operation for By {
    #[inline(always)]
    fn value<F: Format>(c: F, x: F) -> F {
        x.div(c)
    }

    #[inline(always)]
    fn error<F: Format>(c: (F, Up), x: (F, Up), y: F) -> Up {
        div::bound(x, c, y)
    }
}

impl<L: Literal> Pointwise for Divide<L> {
    const NAME: &'static str = "divide";
    const NEEDS_VALUE: bool = false;
    const IS_SHORT: [bool; 2] = [true, true];

    /// Both radii are affine in what they are made of.
    const STEADY: Steadiness = Steadiness::LINEAR;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        With::<L, By>::value(x)
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        With::<L, By>::bound((x, alpha), y)
    }

    #[inline(always)]
    fn vjp<F: Format>(_: F, _: F, dy: F) -> F {
        With::<L, By>::value(dy)
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(_: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        With::<L, By>::bound(dy, dx)
    }

    /// By a positive number, as TorchLean divides by positive tensors.
    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        let c = in_format::<L, F>();
        let least = c.1.below(c.0.enclosure()[0]);
        (least > 0.0).then(|| torchlean::div(x, c, least))
    }

    fn argument<const K: usize>() -> WideBall<K> {
        written::<L, K>()
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, number: WideBall<K>) -> WideBall<K> {
        x / number
    }

    #[inline]
    fn enclose_slope<const K: usize>(_: WideBall<K>, _: WideBall<K>, number: WideBall<K>) -> WideBall<K> {
        number.recip()
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::literal::literal;
    use super::super::testing::{Case1, elementwise1};
    use super::*;
    use crate::format::{E4m3Saturating, RoundEach, bf16, f16};

    literal!(Three, 3.0, true);
    literal!(Tenth, 0.1, false);
    literal!(Quarter, -0.25, true);
    literal!(Large, 1e5, true);
    literal!(Small, 1e-9, false);

    #[test]
    fn a_third_is_rounded_once() {
        let x: Vec<f32> = (1..200).map(|i| i as f32 * 0.37).collect();
        for x in x {
            let case = Case1::<f32> { x: &[x], dy: &[x], ..Case1::default() };
            let result = elementwise1::<Divide<Three>, (D<1>,), _>(case);
            assert_eq!((result.y[0], result.dx[0][0]), (x / 3.0, x / 3.0));
            assert!(result.rad_y[0] <= result.y[0].half_ulp().get() * 1.000_001);
        }
        for code in 0x3f80..0x4000 {
            let x = bf16::from_bits(code);
            let result = elementwise1::<Divide<Tenth>, (D<1>,), _>(Case1 { x: &[x], dy: &[x], ..Case1::default() });
            let nearest = bf16::from_f64(x.to_f64() / 0.1);
            assert_eq!(result.y[0], nearest, "{x}");
            assert!(result.rad_y[0] <= nearest.half_ulp().get() * 1.001, "{x}");
        }
    }

    #[test]
    fn radii_are_divided_and_powers_of_two_are_exact() {
        let case = Case1::<f32> { x: &[1.5, 0.3], alpha: &[0.0, 0.5], dy: &[0.1; 2], delta: &[0.0, 0.25] };
        let result = elementwise1::<Divide<Quarter>, (D<2>,), _>(case);
        assert_eq!((result.y[0], result.rad_y[0]), (-6.0, 0.0));
        assert!(result.rad_y[1] >= 2.0 && result.rad_y[1] < 2.000_001);
        assert!(result.rad_dx[0][0] == 0.0 && result.rad_dx[0][1] >= 1.0 && result.rad_dx[0][1] < 1.000_001);
        // What the real divisor is off by is charged: here 0.1 is no f32.
        let case = Case1::<f64> { x: &[0.1], dy: &[0.0], ..Case1::default() };
        let result = elementwise1::<Divide<Tenth>, (D<1>,), _>(case);
        assert!(result.y[0] == 1.0 && result.rad_y[0] > 5e-17 && result.rad_y[0] < 1e-16);
    }

    #[test]
    fn a_divisor_that_the_format_does_not_have() {
        fn check<L: Literal, F: Format>(x: f64) {
            let x = F::from_f64(x);
            let exact = x.to_f64() / L::NEAREST;
            let result = elementwise1::<Divide<L>, (D<1>,), F>(Case1 { x: &[x], dy: &[x], ..Case1::default() });
            for (y, r) in [(result.y[0], result.rad_y[0]), (result.dx[0][0], result.rad_dx[0][0])] {
                let error = (y.to_f64() - exact).abs();
                assert!(error <= r && r <= 1.01 * y.half_ulp().get(), "{}: {y} {error} {r}", F::NAME);
            }
        }
        check::<Large, f16>(60_000.0);
        check::<Large, RoundEach<f16>>(60_000.0);
        check::<Large, E4m3Saturating>(448.0);
        check::<Small, f16>(1e-6);
        check::<Small, RoundEach<f16>>(1e-6);
        // A quotient that overflows is unbounded.
        let case = Case1 { x: &[f16::ONE], dy: &[f16::ONE], ..Case1::default() };
        assert_eq!(elementwise1::<Divide<Small>, (D<1>,), _>(case).rad_y, [f64::INFINITY]);
    }
}
