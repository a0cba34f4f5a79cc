//! f32 and f64: the hardware rounds, and the error of an addition is found exactly.

use super::{Accumulation, Accumulator, Carrier, Format, Primitive, product_tree_error, tree_error};
use crate::bound::Up;
use crate::kernel::elementary::Elementary;
use crate::kernel::gemm::{Mat, gemm_f32, gemm_f64};

/// Sums and products of f32 and f64: the trees of the kernels, whose heights are known.
macro_rules! native_accumulator {
    ($float:ty, $gemm:path) => {
        impl Accumulator for $float {
            type Primitive = Self;
            const LEFT_FOLD: bool = false;
            const LARGEST: f64 = <$float>::MAX as f64;

            fn sum_error(height: usize) -> Accumulation {
                tree_error(Self::UNIT_ROUNDOFF, height)
            }

            fn product_error(k: usize) -> Accumulation {
                product_tree_error(Self::UNIT_ROUNDOFF, Self::ETA, crate::kernel::gemm::height(k), k)
            }

            #[inline(always)]
            fn gemm(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
                $gemm(a, b, c);
            }
        }
    };
}

native_accumulator!(f32, gemm_f32);

impl Primitive for f32 {
    const UNIT_ROUNDOFF: f64 = f32::EPSILON as f64 / 2.0;
    const ETA: f64 = f32::from_bits(1) as f64 / 2.0;

    #[inline(always)]
    fn widen<F: Format>(x: F) -> Self {
        // Exact for the formats that accumulate in f32; the way through f64 vanishes where `F` is f32.
        Format::from_f64(x.to_f64())
    }
}

native_accumulator!(f64, gemm_f64);

impl Primitive for f64 {
    const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;
    /// Half of `2^-1074` is not an f64; the next larger one is.
    const ETA: f64 = f64::from_bits(1);

    #[inline(always)]
    fn widen<F: Format>(x: F) -> Self {
        x.to_f64()
    }
}

/// What f32 and f64 share, word for word.
macro_rules! native_arithmetic {
    ($float:ty) => {
        const NAME: &'static str = stringify!($float);
        const ZERO: Self = 0.0;
        const ONE: Self = 1.0;
        type Acc = $float;
        type Carrier = $float;
        const ROUNDS_ONCE: bool = false;
        const ROUNDOFF: [f64; 2] = [Self::UNIT_ROUNDOFF, Self::ETA];

        #[inline]
        fn to_acc(self) -> $float {
            self
        }
        #[inline]
        fn from_acc(acc: $float) -> Self {
            acc
        }
        #[inline]
        fn is_finite(self) -> bool {
            <$float>::is_finite(self)
        }
        #[inline]
        fn add(self, other: Self) -> Self {
            self + other
        }
        #[inline]
        fn sub(self, other: Self) -> Self {
            self - other
        }
        #[inline]
        fn mul(self, other: Self) -> Self {
            self * other
        }
        #[inline]
        fn div(self, other: Self) -> Self {
            self / other
        }
        #[inline]
        fn neg(self) -> Self {
            -self
        }
        #[inline]
        fn max(self, other: Self) -> Self {
            // NaN wins, unlike in `f32::max`: a NaN must not vanish.
            if self > other || self.is_nan() { self } else { other }
        }
        #[inline]
        fn sqrt(self) -> Self {
            <$float>::sqrt(self)
        }
        // The plain loops of tiny products unroll only where the shapes are constants.
        #[inline(always)]
        fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
            Self::Acc::gemm(a, b, c);
        }
    };
}

impl Format for f32 {
    native_arithmetic!(f32);

    #[inline]
    fn from_f64(x: f64) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "rounding to nearest is what is asked for")]
        let nearest = x as f32;
        nearest
    }

    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    /// `2^e 2^-24` for a number in `[2^e, 2^(e+1))`, and `2^-150` for subnormals and zero.
    ///
    /// The unit in the last place of the exact result is that of `self` or, just below a power of two, half of it.
    #[inline]
    fn half_ulp(self) -> Up {
        let power = f32::from_bits(self.to_bits() & 0x7f80_0000);
        Up::new((f64::from(power) * 2f64.powi(-24)).max(2f64.powi(-150)))
    }

    /// In f64 the sum of two f32 is known exactly, as a rounded sum `s` and its own error `e` (Knuth's two-sum).
    #[inline]
    fn add_error(a: Self, b: Self, sum: Self) -> Up {
        let (s, e) = two_sum(f64::from(a), f64::from(b));
        // `s - sum` is exact: both are multiples of ulp(s) and the difference is at most an ulp of f32.
        Up::of_rounded_sum((s - f64::from(sum)) + e)
    }

    /// The product of two f32 is exact in f64, and so is its distance to the nearest f32.
    #[inline]
    fn mul_error(a: Self, b: Self, product: Self) -> Up {
        Up::abs(f64::from(a) * f64::from(b) - f64::from(product))
    }

    #[inline]
    fn div_error(a: Self, b: Self, quotient: Self) -> Up {
        quotient_residual(a.into(), b.into(), quotient.into())
    }

    #[inline]
    fn sqrt_error(x: Self, root: Self) -> Up {
        root_residual(x.into(), root.into(), 2f64.powi(-24))
    }
}

impl Format for f64 {
    native_arithmetic!(f64);

    #[inline]
    fn from_f64(x: f64) -> Self {
        x
    }

    #[inline]
    fn to_f64(self) -> f64 {
        self
    }

    /// `2^e 2^-53`, and `2^-1074` (a whole unit: its half is not an f64) for subnormals and zero.
    #[inline]
    fn half_ulp(self) -> Up {
        let power = f64::from_bits(self.to_bits() & 0x7ff0_0000_0000_0000);
        Up::new((power * (f64::EPSILON / 2.0)).max(f64::from_bits(1)))
    }

    /// Nothing is rounded after the function itself.
    #[inline]
    fn eval_error<E: Elementary>(self) -> Up {
        f64::carry_error::<E>(self.magnitude())
    }

    #[inline]
    fn add_error(a: Self, b: Self, sum: Self) -> Up {
        let (s, e) = two_sum(a, b);
        // An overflow makes `e` a NaN, which is ∞ as a radius.
        if s == sum { Up::abs(e) } else { Up::INFINITY }
    }

    /// Half a unit in the last place, and 0 where a factor is 0 or ±1: without a hardware fma the exact error costs too
    /// much.
    #[inline]
    fn mul_error(a: Self, b: Self, product: Self) -> Up {
        let zero = ((a == 0.0) | (b == 0.0)) & (product == 0.0);
        let copy = ((a.abs() == 1.0) | (b.abs() == 1.0)) & product.is_finite();
        if zero | copy { Up::ZERO } else { product.half_ulp() }
    }
}

/// `|q - a/b| = |q b - a| / |b|`, for a quotient of numbers of no more than 25 bits that was rounded to as many: the product is
/// exact in f64, and so is the difference, a multiple of both units that is smaller than one of `q` times `b`.
///
/// ∞ where the quotient is not finite. Nothing underflows: no number is below `2^-537`.
#[inline]
pub(super) fn quotient_residual(a: f64, b: f64, quotient: f64) -> Up {
    Up::abs(quotient * b - a).over(b.abs())
}

/// `|r - √x| = |r² - x| / (r + √x)`, likewise, and `√x >= r (1 - slack)` for a root that was rounded by less than that.
#[inline]
pub(super) fn root_residual(x: f64, root: f64, slack: f64) -> Up {
    let residual = Up::abs(root * root - x);
    if x == 0.0 { Up::ZERO } else { residual.over(root * (2.0 - slack)) }
}

/// `a + b = s + e` exactly, with `s = fl(a + b)` (Knuth; no condition on the operands barring overflow).
#[inline]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let b_part = s - a;
    let a_part = s - b_part;
    (s, (a - a_part) + (b - b_part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::bf16;

    #[test]
    fn a_quotient_is_charged_only_if_it_is_rounded() {
        assert_eq!(f32::div_error(3.0, 4.0, 0.75), Up::ZERO);
        assert_eq!(f64::div_error(1.0, 1.0, 1.0), Up::ZERO);
        assert_eq!(f64::div_error(1.0, 3.0, 1.0 / 3.0), (1.0_f64 / 3.0).half_ulp());
        let error = f32::div_error(1.0, 3.0, 1.0 / 3.0).get();
        // The f64 nearest to a third is less than 2^-55 below it.
        let exact = f64::from(1.0_f32 / 3.0) - 1.0 / 3.0 - 2f64.powi(-55);
        assert!(error >= exact && error < exact * 1.000_001);
        assert_eq!(f32::div_error(f32::MAX, f32::MIN_POSITIVE, f32::INFINITY), Up::INFINITY);
        for (a, b) in [(0.0_f32, 0.0_f32), (1.0, 0.0), (f32::INFINITY, 1.0), (f32::NAN, 1.0)] {
            assert_eq!(f32::div_error(a, b, a / b), Up::INFINITY);
            assert_eq!(f64::div_error(a.into(), b.into(), f64::from(a) / f64::from(b)), Up::INFINITY, "{a} {b}");
        }
    }

    #[test]
    fn an_underflow_of_a_quotient_is_charged() {
        let (a, b) = (f32::from_bits(3), 7.0);
        assert_eq!(a / b, 0.0);
        let error = f32::div_error(a, b, a / b).get();
        assert!(error >= f64::from(a) / 7.0 && error < f64::from(a) / 6.9);
        assert!(f64::div_error(5e-324, 7.0, 0.0).get() >= 5e-324);
    }

    #[test]
    fn a_root_is_charged_only_if_it_is_rounded() {
        for x in [0.0, 1.0, 2.25, f32::MIN_POSITIVE] {
            assert_eq!(f32::sqrt_error(x, x.sqrt()), Up::ZERO, "{x}");
            let x = bf16::from_f64(x.into());
            assert_eq!(bf16::sqrt_error(x, Format::sqrt(x)), Up::ZERO, "{x}");
        }
        assert_eq!(f64::sqrt_error(1.0, 1.0), Up::ZERO);
        for x in [2.0_f32, 3.0, f32::from_bits(1), f32::MAX] {
            let exact = (f64::from(x.sqrt()) - f64::from(x).sqrt()).abs();
            let error = f32::sqrt_error(x, x.sqrt()).get();
            assert!(error >= exact * (1.0 - 1e-6) && error < exact * 1.01, "{x}");
            assert!(error <= x.sqrt().half_ulp().get() * 1.01);
        }
        assert_eq!(f32::sqrt_error(-1.0, f32::NAN), Up::INFINITY);
        assert_eq!(f64::sqrt_error(f64::INFINITY, f64::INFINITY), Up::INFINITY);
    }
}
