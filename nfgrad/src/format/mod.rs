//! Number formats: what one rounded operation does, and how far it may be from the exact one.

mod brain;
mod carried;
mod float16;
pub mod fp8;
mod narrow;
mod native;
mod tensor_float;

use std::fmt::{Debug, Display};

use num_traits::Float;

use crate::bound::Up;
use crate::kernel::gemm::Mat;
use crate::kernel::scratch::Pooled;

pub use crate::kernel::elementary;
pub use carried::Carried;
pub use fp8::{E4m3, E4m3Saturating, E5m2, E5m2Saturating};
pub use half::{bf16, f16};
pub use narrow::Narrow;
pub use tensor_float::Tf32;

use elementary::Elementary;

/// The primitive type in which a format accumulates sums and products: f32 or f64. It is a format itself, so the rules of
/// [`Format`] hold of what an op computes in it.
pub trait Accumulator: Float + Format<Acc = Self> + Pooled {
    /// Its unit roundoff: `|fl(t) - t| <= u |t|` barring underflow.
    const UNIT_ROUNDOFF: f64;
    /// Half its smallest positive number: what one underflow may cost.
    const ETA: f64;

    /// A number of a format that embeds in this type: its own accumulator, or f64.
    #[doc(hidden)]
    fn widen<F: Format>(x: F) -> Self;

    /// `f(x)` in f64, for a number `x` of a format that accumulates in this type.
    fn carry<E: Elementary>(x: f64) -> f64;
    /// At least `|y - f(x)|` for every `y` that [`Accumulator::carry`] returns with `|y| <= size`.
    fn carry_error<E: Elementary>(size: Up) -> Up;

    /// Matrix product, see [`Format::matmul`].
    #[doc(hidden)]
    fn gemm(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]);
}

/// A floating-point format, together with what has been proved of its operations.
///
/// The numbers of the format are the values of the implementing type. Operations are correctly rounded: `x.add(y)` is the
/// real `x + y`, rounded once as the format rounds (to nearest, ties to even, unless it says otherwise). Elementary functions
/// are close to that, and [`Format::eval_error`] says how close.
///
/// # What an implementation owes
///
/// - Every number of the format is a number of [`Format::Acc`], f32 or f64; conversions to those are exact.
/// - `add`, `sub`, `mul`, `div` and `sqrt` round the exact result once. `neg` and `max` are exact.
/// - [`Format::half_ulp`] bounds the error of every rounding, and is ∞ for what an overflow may become.
/// - The provided methods are right for any such format; they are overridden where something is faster or tighter. Elementary
///   functions need nothing: they are carried out in f64 and rounded once.
///
/// ```
/// use nfgrad::format::{Format, bf16};
/// let x = bf16::from_f64(1.0).add(bf16::from_f64(2f64.powi(-9)));
/// assert_eq!(x.to_f64(), 1.0); // bf16 has 8 bits of precision
/// ```
pub trait Format: Copy + Default + PartialEq + PartialOrd + Debug + Display + Send + Sync + 'static {
    /// The name that people use: `f32`, `bf16`.
    const NAME: &'static str;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The type in which sums and products accumulate.
    type Acc: Accumulator;
    /// Whether [`Format::from_acc`] rounds: whether the accumulator is wider than the format.
    const ROUNDS_ONCE: bool;

    /// The nearest number of the format, ties to even; beyond the largest ±∞, or NaN or the largest where the format says so.
    fn from_f64(x: f64) -> Self;
    /// The number as an f64, exactly.
    fn to_f64(self) -> f64;
    /// The number as an accumulator, exactly.
    fn to_acc(self) -> Self::Acc;
    /// An accumulated sum, rounded once to the format.
    fn from_acc(acc: Self::Acc) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;

    /// `fl(self + other)`.
    #[must_use]
    fn add(self, other: Self) -> Self;
    /// `fl(self - other)`.
    #[must_use]
    fn sub(self, other: Self) -> Self;
    /// `fl(self * other)`.
    #[must_use]
    fn mul(self, other: Self) -> Self;
    /// `fl(self / other)`.
    #[must_use]
    fn div(self, other: Self) -> Self;
    /// `-self`, exactly.
    #[must_use]
    fn neg(self) -> Self;
    /// The larger of two, exactly; NaN if either is.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// `fl(√self)`; NaN below zero.
    #[must_use]
    fn sqrt(self) -> Self;

    /// `f(self)`, within [`Format::eval_error`] of the result: carried out in f64 and rounded once.
    #[inline(always)]
    #[must_use]
    fn eval<E: Elementary>(self) -> Self {
        Self::from_f64(Self::Acc::carry::<E>(self.to_f64()))
    }

    /// At least `|fl(t) - t|` for every real `t` that rounds to `self`: half a unit in the last place, ∞ if `self` is not
    /// finite or stands for everything beyond the largest number.
    fn half_ulp(self) -> Up;
    /// At least `|self - f(x)|`, where `self` is `x.eval::<E>()`.
    #[inline(always)]
    fn eval_error<E: Elementary>(self) -> Up {
        let rounding = self.half_ulp();
        rounding + Self::Acc::carry_error::<E>(self.magnitude() + rounding)
    }
    /// At least `|sum - (a + b)|`, where `sum` is `a.add(b)`; exactly 0 when the addition is exact.
    fn add_error(a: Self, b: Self, sum: Self) -> Up;
    /// At least `|product - a b|`, where `product` is `a.mul(b)`; exactly 0 when the multiplication is exact.
    fn mul_error(a: Self, b: Self, product: Self) -> Up;

    /// At least `|quotient - a / b|`, where `quotient` is `a.div(b)`; exactly 0 where the way back is seen to be exact.
    #[inline]
    fn div_error(a: Self, b: Self, quotient: Self) -> Up {
        let back = quotient.mul(b);
        let exact = (back == a) & (Self::mul_error(quotient, b, back) == Up::ZERO) & back.is_finite();
        if exact { Up::ZERO } else { quotient.half_ulp() }
    }

    /// At least `|root - √x|`, where `root` is `x.sqrt()`; exactly 0 where the way back is seen to be exact.
    #[inline]
    fn sqrt_error(x: Self, root: Self) -> Up {
        let back = root.mul(root);
        let exact = (back == x) & (Self::mul_error(root, root, back) == Up::ZERO) & back.is_finite();
        if exact { Up::ZERO } else { root.half_ulp() }
    }

    /// `C = A B`, accumulated in [`Format::Acc`] and rounded once to the format; `c` is row-major.
    ///
    /// The order of summation is not specified; [`product_error`] bounds every order that the kernels use.
    #[doc(hidden)]
    fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]);

    /// The magnitude, as a radius.
    #[inline]
    fn magnitude(self) -> Up {
        Up::abs(self.to_f64())
    }

    /// Whether every number of a slice is finite.
    #[inline]
    fn all_finite(xs: &[Self]) -> bool {
        crate::kernel::norms::all_finite(xs)
    }
}

/// The rounding error of an accumulation: `relative * Σ|terms| + absolute`, before any final rounding to the format.
#[derive(Debug, Clone, Copy)]
pub struct Accumulation {
    /// Multiplies the sum of the magnitudes of the terms.
    pub relative: Up,
    /// Underflow of the products.
    pub absolute: Up,
}

/// The error of adding numbers of the format along a tree of height `height`: at most that many additions on any path.
///
/// With unit roundoff `u` each addition multiplies by a factor in `[1 - u, 1 + u]` (additions cannot underflow), so the
/// error is at most `((1 + u)^h - 1) Σ|x|`. For `h u <= 1/2` this is at most `h u (1 + h u)`: the binomial series is
/// dominated by `h u (1 + h u / 2 + (h u)² / 6 + …) <= h u (1 + h u)`.
pub fn sum_error<F: Format>(height: usize) -> Accumulation {
    Accumulation { relative: growth(F::Acc::UNIT_ROUNDOFF, height), absolute: Up::ZERO }
}

/// The error of an inner product of length `k` computed by [`Format::matmul`].
///
/// Every product passes through at most `h = height(k)` roundings, its own included, whether or not multiplications and
/// additions are fused. So the error is at most `((1 + u)^h - 1) Σ|a b|`, plus what underflows: each of the `k` products is
/// off by at most `η` and later grows by at most `(1 + u)^h <= 2`.
pub fn product_error<F: Format>(k: usize) -> Accumulation {
    let relative = growth(F::Acc::UNIT_ROUNDOFF, crate::kernel::gemm::height(k));
    let absolute = Up::new(2.0 * k as f64) * Up::new(F::Acc::ETA);
    Accumulation { relative, absolute }
}

/// At least `(1 + u)^h - 1`; ∞ where `h u > 1/2`.
fn growth(u: f64, h: usize) -> Up {
    let hu = Up::new(h as f64) * Up::new(u);
    if h == 0 {
        Up::ZERO
    } else if hu.get() <= 0.5 {
        hu * (Up::new(1.0) + hu)
    } else {
        Up::INFINITY
    }
}
