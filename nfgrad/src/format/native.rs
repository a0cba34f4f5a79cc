//! f32 and f64: the hardware rounds, and the error of an addition is found exactly.

use super::{Accumulator, Format};
use crate::bound::Up;
use crate::kernel::elementary as el;
use crate::kernel::gemm::{Mat, gemm_f32, gemm_f64};

impl Accumulator for f32 {
    const UNIT_ROUNDOFF: f64 = f32::EPSILON as f64 / 2.0;
    const ETA: f64 = f32::from_bits(1) as f64 / 2.0;

    #[inline(always)]
    fn widen<F: Format>(x: F) -> Self {
        // Exact for the formats that accumulate in f32; the way through f64 vanishes where `F` is f32.
        Format::from_f64(x.to_f64())
    }

    #[inline]
    fn log_1p(self) -> Self {
        el::ln_1p_f32(self)
    }

    #[inline(always)]
    fn gemm(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        gemm_f32(a, b, c);
    }
}

impl Accumulator for f64 {
    const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;
    /// Half of `2^-1074` is not an f64; the next larger one is.
    const ETA: f64 = f64::from_bits(1);

    #[inline(always)]
    fn widen<F: Format>(x: F) -> Self {
        x.to_f64()
    }

    #[inline]
    fn log_1p(self) -> Self {
        el::ln_1p_f64(self)
    }

    #[inline(always)]
    fn gemm(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        gemm_f64(a, b, c);
    }
}

/// What f32 and f64 share, word for word.
macro_rules! native_arithmetic {
    ($float:ty, $exp:path, $ln:path, $tanh:path) => {
        const NAME: &'static str = stringify!($float);
        const ZERO: Self = 0.0;
        const ONE: Self = 1.0;
        type Acc = $float;
        const ROUNDS_ONCE: bool = false;

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
        fn exp(self) -> Self {
            $exp(self)
        }
        #[inline]
        fn ln(self) -> Self {
            $ln(self)
        }
        #[inline]
        fn tanh(self) -> Self {
            $tanh(self)
        }
        // The plain loops of tiny products unroll only where the shapes are constants.
        #[inline(always)]
        fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
            Self::Acc::gemm(a, b, c);
        }
    };
}

impl Format for f32 {
    native_arithmetic!(f32, el::exp_f32, el::ln_f32, el::tanh_f32);

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

    #[inline]
    fn elementary_error(self) -> Up {
        self.half_ulp() * Up::new(2.0 * el::F32_ULPS)
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
}

impl Format for f64 {
    native_arithmetic!(f64, el::exp_f64, el::ln_f64, el::tanh_f64);

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

    #[inline]
    fn elementary_error(self) -> Up {
        self.half_ulp() * Up::new(2.0 * el::F64_ULPS)
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

/// `a + b = s + e` exactly, with `s = fl(a + b)` (Knuth; no condition on the operands barring overflow).
#[inline]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let b_part = s - a;
    let a_part = s - b_part;
    (s, (a - a_part) + (b - b_part))
}
