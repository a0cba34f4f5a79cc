//! `c * x`, a decimal literal times every entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(c x)`, `c` the number of the format nearest to the f64 nearest to the literal |
//! | Cotangent | `x̄ = fl(c ȳ)` |
//!
//! # Error bound
//!
//! The literal means the real number `c*` that is written: the real 0.1, which no binary format has. With
//!
//! ```text
//! |c - c*| <= β = |c - nearest| + (0 if the literal is an f64, else half a unit in the last place of nearest)
//! |y - c* x*| <= |fl(c x) - c x| + |c| α + |x| β + α β
//! ```
//!
//! by the rule of products, and the same for the cotangent. Multiplication by 0, 1, -1 and other powers of two is exact
//! barring underflow, and found to be.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use super::rounding::product_error;
use super::torchlean::{self, Tensor};
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::Format;

/// A decimal literal as a type, so that an op can be named by it.
///
/// ```
/// use nfgrad::op::Literal;
/// struct Tenth;
/// impl Literal for Tenth {
///     const TEXT: &'static str = "0.1";
///     const NEAREST: f64 = 0.1;
///     const EXACT: bool = false;
/// }
/// ```
pub trait Literal: 'static {
    /// As it is written.
    const TEXT: &'static str;
    /// The f64 nearest to it.
    const NEAREST: f64;
    /// Whether [`Literal::NEAREST`] is the number that is written.
    const EXACT: bool;
}

/// The number of the format nearest to the f64 nearest to a literal.
#[inline(always)]
pub(super) fn nearest<L: Literal, F: Format>() -> F {
    F::from_f64(L::NEAREST)
}

/// A literal times every entry; see the [module](self).
pub struct Scale<L>(PhantomData<fn() -> L>);

impl<L> Clone for Scale<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L> Copy for Scale<L> {}

impl<L: Literal> Debug for Scale<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scale({})", L::TEXT)
    }
}

impl<L: Literal> Scale<L> {
    /// The literal in the format, with its distance from the real number.
    #[inline]
    pub(super) fn factor<F: Format>() -> (F, Up) {
        let factor = nearest::<L, F>();
        let rounding = factor.distance(L::NEAREST);
        (factor, if L::EXACT { rounding } else { rounding + L::NEAREST.half_ulp() })
    }

    /// At least `|y - c* x*|`, where `y` is `fl(c x)`.
    #[inline]
    pub(super) fn bound<F: Format>(x: (F, Up), y: F) -> Up {
        let factor = Self::factor::<F>();
        let (c, product) = (factor.0.to_f64(), factor.0.to_f64() * x.0.to_f64());
        // A power of two only moves the exponent, so the f64 product is exact unless it is subnormal.
        let is_dyadic = F::CONVERSION == 0.0 && is_power_of_two(c);
        let exact = is_dyadic && product.abs() > f64::MIN_POSITIVE && product == y.to_f64();
        let rounding = if exact { Up::ZERO } else { F::mul_error(factor.0, x.0, y) };
        product_error(factor, x) + rounding
    }
}

/// Whether the significand of a normal number is 1.
#[inline]
fn is_power_of_two(x: f64) -> bool {
    x.is_normal() && x.to_bits() << 12 == 0
}

impl<L: Literal> Pointwise for Scale<L> {
    const NAME: &'static str = "scale";
    const IS_SHORT: [bool; 2] = [true, true];

    /// Both radii are affine in what they are made of.
    const STEADY: Steadiness = Steadiness::LINEAR;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        nearest::<L, F>().mul(x)
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        Self::bound((x, alpha), y)
    }

    #[inline(always)]
    fn vjp<F: Format>(_: F, _: F, dy: F) -> F {
        nearest::<L, F>().mul(dy)
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(_: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        Self::bound(dy, dx)
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        Some(torchlean::mul(x, Self::factor()))
    }

    fn torchlean_vjp<F: Format>(_: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        Some(dy.map(|dy| torchlean::mul(dy, Self::factor())))
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;
    use crate::format::bf16;

    macro_rules! literal {
        ($name:ident, $value:literal, $exact:literal) => {
            struct $name;
            impl Literal for $name {
                const TEXT: &'static str = stringify!($value);
                const NEAREST: f64 = $value;
                const EXACT: bool = $exact;
            }
        };
    }

    literal!(Tenth, 0.1, false);
    literal!(Half, 0.5, true);
    literal!(One, 1.0, true);
    literal!(Zero, 0.0, true);
    literal!(Huge, 1e300, false);

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
    fn a_literal_beyond_the_format_is_unbounded() {
        let case = Case1::<f32> { x: &[1.0, 0.0], dy: &[1.0; 2], ..Case1::default() };
        assert_eq!(elementwise1::<Scale<Huge>, (D<2>,), _>(case).rad_y, [f64::INFINITY; 2]);
        assert_eq!(
            elementwise1::<Scale<Zero>, (D<2>,), _>(Case1 { alpha: &[f64::INFINITY, 0.0], ..case }).rad_y,
            [f64::INFINITY, 0.0]
        );
    }
}
