//! `c * x`, a number that is written times every entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(c x)` |
//! | Cotangent | `x̄ = fl(c ȳ)` |
//!
//! What `c` is in which format, and how far from what is written, see [`literal`](super::literal).
//!
//! # Error bound
//!
//! ```text
//! |y - c* x*| <= |y - c x| + |c| α + |x| β + α β         |c - c*| <= β
//! ```
//!
//! by the rule of products, and the same for the cotangent. Multiplication by 0, 1, -1 and other powers of two is exact
//! barring underflow, and found to be.

use super::enclosing::written;
use super::literal::{Literal, Operation, With, in_format, of_literal};
use super::rounding::product_error;
use super::torchlean::{self, Tensor};
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

of_literal! {
    /// A number times every entry; see the [module](self).
    Scale
}

/// `c x`.
pub(super) struct Times;

impl Operation for Times {
    #[inline(always)]
    fn value<F: Format>(c: F, x: F) -> F {
        c.mul(x)
    }

    #[inline(always)]
    fn error<F: Format>(c: (F, Up), x: (F, Up), y: F) -> Up {
        let (factor, product) = (c.0.to_f64(), c.0.to_f64() * x.0.to_f64());
        // A power of two only moves the exponent, so the f64 product is exact unless it is subnormal.
        let is_dyadic = F::CONVERSION == 0.0 && is_power_of_two(factor);
        let exact = is_dyadic && product.abs() > f64::MIN_POSITIVE && product == y.to_f64();
        product_error(c, x) + if exact { Up::ZERO } else { F::mul_error(c.0, x.0, y) }
    }
}

/// Whether the significand of a normal number is 1.
#[inline]
fn is_power_of_two(x: f64) -> bool {
    x.is_normal() && x.to_bits() << 12 == 0
}

impl<L: Literal> Pointwise for Scale<L> {
    const NAME: &'static str = "scale";
    const NEEDS_VALUE: bool = false;
    const IS_SHORT: [bool; 2] = [true, true];

    /// Both radii are affine in what they are made of.
    const STEADY: Steadiness = Steadiness::LINEAR;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        With::<L, Times>::value(x)
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        With::<L, Times>::bound((x, alpha), y)
    }

    #[inline(always)]
    fn vjp<F: Format>(_: F, _: F, dy: F) -> F {
        With::<L, Times>::value(dy)
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(_: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        With::<L, Times>::bound(dy, dx)
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        Some(torchlean::mul(x, in_format::<L, F>()))
    }

    fn torchlean_vjp<F: Format>(_: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        Some(dy.map(|dy| torchlean::mul(dy, in_format::<L, F>())))
    }

    fn argument<const K: usize>() -> WideBall<K> {
        written::<L, K>()
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, factor: WideBall<K>) -> WideBall<K> {
        factor * x
    }

    #[inline]
    fn enclose_slope<const K: usize>(_: WideBall<K>, _: WideBall<K>, factor: WideBall<K>) -> WideBall<K> {
        factor
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::literal::literal;
    use super::super::testing::{Case1, elementwise1};
    use super::*;
    use crate::format::{
        AccumulateIn, AccumulateInF64, Below, Carried, E4m3, E4m3Saturating, Fix, Flt, FusedEach, NearestEven, Nf,
        RoundEach, Tf32, bf16, f16,
    };

    literal!(Tenth, 0.1, false);
    literal!(Half, 0.5, true);
    literal!(One, 1.0, true);
    literal!(Zero, 0.0, true);
    literal!(Two, 2.0, true);
    literal!(Huge, 1e300, false);
    literal!(Large, 1e5, true);
    literal!(Small, 1e-9, false);

    #[test]
    fn the_literal_means_the_real_number() {
        let result =
            elementwise1::<Scale<Tenth>, (D<1>,), _>(Case1::<f32> { x: &[10.0], dy: &[1.0], ..Case1::default() });
        assert_eq!(result.y, [1.0]);
        // fl32(0.1) = 0.1 + 1.49e-9: ten times that is rounded away, but the product was off by it before.
        assert!(result.rad_y[0] > 1.49e-8 && result.rad_y[0] < 6e-8);
        let error = f64::from(0.1_f32) - 0.1;
        assert!(result.rad_dx[0][0] >= error && result.rad_dx[0][0] < error * 1.000_001 + 1e-17);
        let result =
            elementwise1::<Scale<Tenth>, (D<1>,), _>(Case1::<f64> { x: &[1.0], dy: &[0.0], ..Case1::default() });
        assert!(result.rad_y[0] > 5.6e-18 && result.rad_y[0] < 3e-17);
        assert_eq!(result.rad_dx[0][0], 0.0);
    }

    #[test]
    fn powers_of_two_are_exact_unless_they_underflow() {
        let case = Case1::<f64> { x: &[0.1, 5e-324, f64::MIN_POSITIVE], dy: &[3.0, 0.7, 1.0], ..Case1::default() };
        let result = elementwise1::<Scale<Half>, (D<3>,), _>(case);
        assert_eq!(result.rad_y[0], 0.0);
        assert!(result.rad_y[1] > 0.0);
        assert_eq!(result.rad_dx[0], [0.0; 3]);
        let case =
            Case1::<f32> { x: &[f32::from_bits(3), 0.1], alpha: &[0.0, 0.25], dy: &[1.0; 2], ..Case1::default() };
        let result = elementwise1::<Scale<Half>, (D<2>,), _>(case);
        assert!(result.rad_y[0] >= 2f64.powi(-150) && result.rad_y[0] < 2f64.powi(-149));
        assert!(result.rad_y[1] >= 0.125 && result.rad_y[1] < 0.125_001);
    }

    #[test]
    fn one_and_zero_are_free() {
        let x = [bf16::from_f64(1.5), bf16::from_f64(-3.0)];
        let case = Case1 { x: &x, alpha: &[0.0, 0.5], dy: &x, ..Case1::default() };
        let one = elementwise1::<Scale<One>, (D<2>,), _>(case);
        assert!(one.y == x && one.rad_y[0] == 0.0 && one.rad_y[1] >= 0.5 && one.rad_y[1] < 0.500_001);
        assert_eq!(elementwise1::<Scale<Zero>, (D<2>,), _>(case).rad_y, [0.0; 2]);
    }

    #[test]
    fn a_literal_beyond_the_format_is_not_rounded_before_it_is_multiplied_with() {
        fn check<F: Format>(x: f64, exact: f64) {
            let (x, ulps) = (F::from_f64(x), 1.01 * F::from_f64(exact).half_ulp().get());
            let result = elementwise1::<Scale<Large>, (D<1>,), F>(Case1 { x: &[x], dy: &[x], ..Case1::default() });
            for (y, r) in [(result.y[0], result.rad_y[0]), (result.dx[0][0], result.rad_dx[0][0])] {
                let error = (y.to_f64() - exact).abs();
                assert!(error <= r && r <= ulps, "{}: {y} - {exact} = {error} > {r}", F::NAME);
            }
        }
        check::<f16>(0.007_812_5, 781.25);
        check::<E4m3>(2f64.powi(-9), 195.3125);
        check::<E4m3Saturating>(2f64.powi(-9), 195.3125);
        check::<Tf32>(0.007_812_5, 781.25);
        check::<Carried<11, -24, 15>>(0.007_812_5, 781.25);
        check::<RoundEach<f16>>(0.007_812_5, 781.25);
        check::<AccumulateIn<f16, f32>>(0.007_812_5, 781.25);
        check::<FusedEach<f16>>(0.007_812_5, 781.25);
        check::<AccumulateInF64<f16>>(0.007_812_5, 781.25);
        check::<Nf<2, Below<Flt<-24, 11>, 16>, NearestEven>>(0.007_812_5, 781.25);
    }

    #[test]
    fn a_literal_below_the_format_is_not_zero() {
        fn check<F: Format>(x: f64) {
            let x = F::from_f64(x);
            let exact = 1e-9 * x.to_f64();
            let result = elementwise1::<Scale<Small>, (D<1>,), F>(Case1 { x: &[x], dy: &[x], ..Case1::default() });
            let (error, r) = ((result.y[0].to_f64() - exact).abs(), result.rad_y[0]);
            let ulps = 1.01 * result.y[0].half_ulp().get();
            assert!(error <= r && r <= ulps && result.y[0] != F::ZERO, "{}: {error} {r}", F::NAME);
        }
        check::<f16>(6e4);
        check::<RoundEach<f16>>(6e4);
        check::<Nf<2, Fix<-30>, NearestEven>>(6e4);
    }

    #[test]
    fn a_literal_is_rounded_once() {
        for code in 0x3f80..0x4000 {
            let x = bf16::from_bits(code);
            let result = elementwise1::<Scale<Tenth>, (D<1>,), _>(Case1 { x: &[x], dy: &[x], ..Case1::default() });
            let nearest = bf16::from_f64(0.1 * x.to_f64());
            assert_eq!(result.y[0], nearest, "{x}");
            assert!(result.rad_y[0] <= nearest.half_ulp().get() * 1.001, "{x}");
        }
    }

    #[test]
    fn a_product_beyond_the_format_is_unbounded() {
        let case = Case1::<f32> { x: &[1.0, -1.0], dy: &[1.0; 2], ..Case1::default() };
        assert_eq!(elementwise1::<Scale<Huge>, (D<2>,), _>(case).rad_y, [f64::INFINITY; 2]);
        let case = Case1::<f32> { x: &[0.0], dy: &[0.0], ..Case1::default() };
        let result = elementwise1::<Scale<Huge>, (D<1>,), _>(case);
        assert_eq!((result.y[0], result.rad_y[0], result.dx[0][0]), (0.0, 0.0, 0.0));
        // The value overflows, the cotangent does not, and is exact.
        let x = f16::from_f64(60_000.0);
        let case = Case1 { x: &[x], dy: &[f16::ONE], ..Case1::default() };
        let result = elementwise1::<Scale<Two>, (D<1>,), _>(case);
        assert_eq!((result.rad_y[0], result.dx[0][0].to_f64(), result.rad_dx[0][0]), (f64::INFINITY, 2.0, 0.0));
        let case = Case1::<f32> { x: &[1.0, 0.0], dy: &[1.0; 2], ..Case1::default() };
        assert_eq!(
            elementwise1::<Scale<Zero>, (D<2>,), _>(Case1 { alpha: &[f64::INFINITY, 0.0], ..case }).rad_y,
            [f64::INFINITY, 0.0]
        );
    }
}
