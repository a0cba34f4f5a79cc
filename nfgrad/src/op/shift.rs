//! `x + c`, a number that is written added to every entry: `[s] -> [s]`. `x - 2` is `x + (-2)`, and `1 - x` is `(-x) + 1`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(x + c)` |
//! | Cotangent | `x̄ = ȳ`, a copy |
//!
//! What `c` is in which format, and how far from what is written, see [`literal`](super::literal). So `x + 1e-5` in bf16 is rounded once, and
//! `c - x` too: a change of sign is exact.
//!
//! # Error bound
//!
//! ```text
//! |y - (x* + c*)| <= |y - (x + c)| + α + β         |c - c*| <= β
//! ```
//!
//! The first term is the error of this addition, which is 0 where the addition is exact. The radius of the cotangent is `δ`.

use super::enclosing::written;
use super::literal::{Literal, Operation, With, in_format, of_literal};
use super::torchlean::{self, Tensor};
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

of_literal! {
    /// A number added to every entry; see the [module](self).
    Shift
}

/// `x + c`.
struct Plus;

impl Operation for Plus {
    #[inline(always)]
    fn value<F: Format>(c: F, x: F) -> F {
        x.add(c)
    }

    #[inline(always)]
    fn error<F: Format>((c, beta): (F, Up), (x, alpha): (F, Up), y: F) -> Up {
        alpha + beta + F::add_error(x, c, y)
    }
}

impl<L: Literal> Pointwise for Shift<L> {
    const NAME: &'static str = "shift";
    const NEEDS_VALUE: bool = false;
    const IS_SHORT: [bool; 2] = [true, true];

    /// Both radii are affine in what they are made of.
    const STEADY: Steadiness = Steadiness::LINEAR;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        With::<L, Plus>::value(x)
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        With::<L, Plus>::bound((x, alpha), y)
    }

    #[inline(always)]
    fn vjp<F: Format>(_: F, _: F, dy: F) -> F {
        dy
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(_: (F, Up), _: (F, Up), (_, delta): (F, Up), _: F) -> Up {
        delta
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        Some(torchlean::add(x, in_format::<L, F>()))
    }

    fn torchlean_vjp<F: Format>(_: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        Some(dy.clone())
    }

    fn argument<const K: usize>() -> WideBall<K> {
        written::<L, K>()
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, number: WideBall<K>) -> WideBall<K> {
        x + number
    }

    #[inline]
    fn enclose_slope<const K: usize>(_: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        WideBall::ONE
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::literal::literal;
    use super::super::testing::{Case1, elementwise1};
    use super::*;
    use crate::format::{AccumulateIn, E4m3Saturating, Fix, NearestEven, Nf, RoundEach, bf16, f16};

    literal!(Tenth, 0.1, false);
    literal!(One, 1.0, true);
    literal!(Zero, 0.0, true);
    literal!(Large, 1e5, true);
    literal!(Small, 1e-5, false);
    literal!(Huge, 1e300, false);

    #[test]
    fn the_number_is_the_real_one() {
        let case = Case1::<f32> { x: &[0.0, 0.0], alpha: &[0.0, 0.5], dy: &[3.0; 2], delta: &[0.0, 0.25] };
        let result = elementwise1::<Shift<Tenth>, (D<2>,), _>(case);
        let error = f64::from(0.1_f32) - 0.1;
        assert_eq!(result.y, [0.1; 2]);
        assert!(result.rad_y[0] >= error && result.rad_y[0] < error * 1.000_001 + 1e-17);
        assert!(result.rad_y[1] >= 0.5 + error && result.rad_y[1] < 0.500_001);
        assert_eq!((&result.dx[0][..], &result.rad_dx[0][..]), (&[3.0; 2][..], &[0.0, 0.25][..]));
        // In f64 what is off is the decimal alone.
        let result =
            elementwise1::<Shift<Tenth>, (D<1>,), _>(Case1::<f64> { x: &[0.0], dy: &[1.0], ..Case1::default() });
        assert!(result.rad_y[0] > 5.5e-18 && result.rad_y[0] < 7e-18);
    }

    #[test]
    fn exact_sums_are_found_exact() {
        let x = [bf16::from_f64(1.5), bf16::from_f64(-1.0), bf16::from_f64(-1.007_812_5)];
        let case = Case1 { x: &x, dy: &x, ..Case1::default() };
        let result = elementwise1::<Shift<One>, (D<3>,), _>(case);
        assert_eq!(result.y.iter().map(|y| y.to_f64()).collect::<Vec<_>>(), [2.5, 0.0, -0.007_812_5]);
        assert_eq!(result.rad_y, [0.0; 3]);
        let zero = elementwise1::<Shift<Zero>, (D<3>,), _>(case);
        assert!(zero.y == x && zero.rad_y == [0.0; 3]);
    }

    #[test]
    fn a_number_beyond_or_below_the_format_is_added_before_it_is_rounded() {
        fn check<F: Format>(x: f64) {
            let x = F::from_f64(x);
            for (y, r, exact) in [sum::<Large, F>(x, x.to_f64() + 1e5), sum::<Small, F>(x.neg(), 1e-5 - x.to_f64())] {
                let error = (y.to_f64() - exact).abs();
                let ulps = 1.01 * y.half_ulp().get() + 1e-12;
                assert!(error <= r && (r <= ulps || !y.is_finite()), "{}: {y} {error} {r}", F::NAME);
            }
        }
        fn sum<L: Literal, F: Format>(x: F, exact: f64) -> (F, f64, f64) {
            let result = elementwise1::<Shift<L>, (D<1>,), F>(Case1 { x: &[x], dy: &[x], ..Case1::default() });
            (result.y[0], result.rad_y[0], exact)
        }
        check::<f16>(-60_000.0);
        check::<RoundEach<f16>>(-60_000.0);
        check::<AccumulateIn<f16, f32>>(-60_000.0);
        check::<E4m3Saturating>(-448.0);
        check::<Nf<2, Fix<-12>, NearestEven>>(-60_000.0);
        // A sum that overflows is unbounded.
        let case = Case1::<f32> { x: &[1.0], dy: &[1.0], ..Case1::default() };
        let result = elementwise1::<Shift<Huge>, (D<1>,), _>(case);
        assert_eq!((result.rad_y[0], result.rad_dx[0][0]), (f64::INFINITY, 0.0));
    }

    #[test]
    fn a_number_is_rounded_with_its_sum_and_not_before() {
        for code in 0x3c80..0x3e00 {
            let x = bf16::from_bits(code);
            let result = elementwise1::<Shift<Tenth>, (D<1>,), _>(Case1 { x: &[x], dy: &[x], ..Case1::default() });
            let nearest = bf16::from_f64(0.1 + x.to_f64());
            assert_eq!(result.y[0], nearest, "{x}");
            assert!(result.rad_y[0] <= nearest.half_ulp().get() * 1.001, "{x}");
        }
    }
}
