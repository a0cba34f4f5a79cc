//! Number formats: what one rounded operation does, and how far it may be from the exact one.
//!
//! ```
//! use nfgrad::format::*;
//! assert_eq!(E4m3::ONE.add(E4m3::ONE).to_f64(), 2.0);
//! assert_eq!((bf16::NAME, bf16::ZERO.to_f64()), ("bf16", 0.0));
//! ```

pub mod beyond;
mod brain;
mod carried;
mod carrier;
#[cfg(any(feature = "safetensors", feature = "npz"))]
mod dtype;
mod float16;
mod fold;
pub mod fp8;
mod layout;
pub mod narrow;
mod native;
pub mod nf;
pub mod policy;
mod sixteen;
pub mod small;
mod stochastic;
#[cfg(any(feature = "safetensors", feature = "npz"))]
mod stored;
mod tensor_float;

use std::any::TypeId;
use std::fmt::{Debug, Display};
use std::ops::{Add, Div, Mul, Neg, Sub};

use num_traits::{Float, One, Zero};

use crate::bound::Up;
use crate::kernel::entrywise::{Entry, convert};
use crate::kernel::gemm::Mat;
use crate::kernel::pairs::one_by_one;
use crate::kernel::scratch::{Pooled, with_scratch};

pub use crate::kernel::elementary;
pub use brain::bf16;
pub use carried::Carried;
pub use carrier::Carrier;
#[cfg(any(feature = "safetensors", feature = "npz"))]
pub use dtype::Dtype;
pub use float16::f16;
pub use fp8::{E4m3, E4m3Saturating, E5m2, E5m2Saturating};
// Not for `format::*`: beside `Format` it would make `E4m3::ONE` ambiguous.
pub(crate) use narrow::Narrow;
pub use nf::{Below, Downward, Fix, Flt, Flx, Ftz, NearestAway, NearestEven, Nf, TowardZero, Upward};
pub use policy::{AccumulateIn, AccumulateInF64, FusedEach, RoundEach};
pub use stochastic::{noise, round_stochastically};
#[cfg(any(feature = "safetensors", feature = "npz"))]
pub use stored::Stored;
pub use tensor_float::Tf32;

use elementary::Elementary;

/// A type in which sums and products accumulate: the number of a format that is its own accumulator, with operators.
///
/// f32 and f64 for the formats that accumulate in something wider and round once; a format itself if every operation is to be
/// rounded to it. How far a sum or product may be off is the accumulator's to say, for it depends on the order of the
/// operations and on how each is rounded.
pub trait Accumulator:
    Format<Acc = Self>
    + Zero
    + One
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// In what norms are computed. Numbers that are f32 have f32.
    type Primitive: Primitive;
    /// Whether sums and products are taken one term after another, from the first to the last.
    const LEFT_FOLD: bool;
    /// No operation overflows whose exact result is below this; 0 if that is not known.
    const LARGEST: f64;

    /// See [`sum_error`].
    fn sum_error(height: usize) -> Accumulation;
    /// See [`product_error`].
    fn product_error(k: usize) -> Accumulation;

    /// Matrix product, see [`Format::matmul`].
    #[doc(hidden)]
    fn gemm(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]);
}

/// f32 or f64.
pub trait Primitive: Float + Accumulator + Pooled {
    /// Its unit roundoff: `|fl(t) - t| <= u |t|` barring underflow.
    const UNIT_ROUNDOFF: f64;
    /// Half its smallest positive number: what one underflow may cost.
    const ETA: f64;

    /// A number of a format that embeds in this type, or the nearest one: it is off by [`Format::CONVERSION`].
    #[doc(hidden)]
    fn widen<F: Format>(x: F) -> Self;
}

/// A floating-point format, together with what has been proved of its operations.
///
/// The numbers of the format are the values of the implementing type. Operations are correctly rounded: `x.add(y)` is the
/// real `x + y`, rounded once as the format rounds (to nearest, ties to even, unless it says otherwise). Elementary functions
/// are close to that (in [`Nf`] they are that), and [`Format::eval_error`] says how close.
///
/// # What an implementation owes
///
/// - Every number of the format is a number of [`Format::Acc`]. It is an f64 too, or within [`Format::CONVERSION`] of one.
/// - `add`, `sub`, `mul`, `div` and `sqrt` round the exact result once. `neg` and `max` are exact.
/// - [`Format::half_ulp`] bounds the error of every rounding, and is ∞ for what an overflow may become.
/// - [`Format::Carrier`] is f32 only if every number of the format is an f32.
/// - The provided methods are right for any such format; they are overridden where something is faster or tighter. Elementary
///   functions need nothing: they are carried out in f64 and rounded once.
///
/// ```
/// use nfgrad::format::{Format, bf16};
/// let x = bf16::from_f64(1.0).add(bf16::from_f64(2f64.powi(-9)));
/// assert_eq!(x.to_f64(), 1.0); // bf16 has 8 bits of precision
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number format",
    label = "expected a number format",
    note = "formats are `f32`, `f64` and `bf16`, and those of `nfgrad::format`, such as `E4m3`"
)]
pub trait Format: Copy + Default + PartialEq + PartialOrd + Debug + Display + Send + Sync + 'static {
    /// The name that people use: `f32`, `bf16`.
    const NAME: &'static str;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The type in which sums and products accumulate.
    type Acc: Accumulator;
    /// How elementary functions are carried out before they are rounded: f32 if every number is an f32; f64 serves every format.
    type Carrier: Carrier;
    /// Whether [`Format::from_acc`] rounds: whether the accumulator is wider than the format.
    const ROUNDS_ONCE: bool;
    /// The relative error of [`Format::to_f64`]: 0, or `2^-53` in a radix that is no power of two.
    const CONVERSION: f64 = 0.0;
    /// Whether what is beyond the largest number becomes the largest number.
    const SATURATES: bool = false;
    /// Unit roundoff `u` and `η`: `|fl(t) - t| <= u |t| + η` for every real `t` that neither overflows nor saturates, and a sum of
    /// two numbers has no `η`.
    const ROUNDOFF: [f64; 2];
    /// Whether a result is always a nearest number.
    const TO_NEAREST: bool = true;

    /// The nearest number of the format, ties to even; beyond the largest ±∞, or NaN or the largest where the format says so.
    fn from_f64(x: f64) -> Self;
    /// The number as an f64: exactly, or the nearest one if [`Format::CONVERSION`] is not 0.
    fn to_f64(self) -> f64;
    /// The number that [`Format::to_f64`] turned into `x`. Where that is not the number itself, in a radix like 10, a directed rounding
    /// would turn it into its neighbour.
    #[doc(hidden)]
    #[inline(always)]
    fn restored(x: f64) -> Self {
        Self::from_f64(x)
    }
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
        Self::from_f64(Self::Carrier::carry::<E>(self.to_f64()))
    }

    /// At least `|fl(t) - t|` for every real `t` that rounds to `self`: half a unit in the last place, ∞ if `self` is not
    /// finite or stands for everything beyond the largest number.
    fn half_ulp(self) -> Up;
    /// At least `|self - f(x)|`, where `self` is `x.eval::<E>()`.
    #[inline(always)]
    fn eval_error<E: Elementary>(self) -> Up {
        let rounding = self.half_ulp();
        rounding + Self::Carrier::carry_error::<E>(self.magnitude() + rounding)
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

    /// The magnitude, as a radius: exact, or rounded up.
    #[inline]
    fn magnitude(self) -> Up {
        let nearest = Up::abs(self.to_f64());
        if Self::CONVERSION == 0.0 { nearest } else { nearest * Up::new(1.0 + 2.0 * Self::CONVERSION) }
    }

    /// At least `|self - x|`: the difference is computed and rounded once.
    #[inline]
    fn distance(self, x: f64) -> Up {
        let nearest = self.to_f64();
        let distance = Up::of_rounded_sum(nearest - x);
        if Self::CONVERSION == 0.0 { distance } else { distance + Up::abs(nearest) * Up::new(2.0 * Self::CONVERSION) }
    }

    /// Two f64 between which the number lies: twice the number itself if it is one.
    #[inline]
    fn enclosure(self) -> [f64; 2] {
        let nearest = self.to_f64();
        if Self::CONVERSION == 0.0 { [nearest; 2] } else { [nearest.next_down(), nearest.next_up()] }
    }

    /// `y[i] = E::at(x[i])`, with the operands `x`: part of the loop that calls it.
    #[doc(hidden)]
    #[inline(always)]
    fn map<E: Entry<Self, N>, const N: usize>(x: [&[Self]; N], y: &mut [Self]) {
        one_by_one::<E, Self, N>(x, y);
    }

    /// Whether the number is above 0.
    #[doc(hidden)]
    #[inline(always)]
    fn is_positive(self) -> bool {
        self > Self::ZERO
    }

    /// Whether every number of a slice is finite.
    #[inline]
    fn all_finite(xs: &[Self]) -> bool {
        crate::kernel::norms::all_finite(xs)
    }
}

/// At least `|x - y|` for numbers of two formats.
#[inline]
pub(crate) fn gap<F: Format, E: Format>(x: F, y: E) -> Up {
    let nearest = y.to_f64();
    let distance = x.distance(nearest);
    // `|y - nearest| <= c |y| <= 2c |nearest|`.
    if E::CONVERSION == 0.0 { distance } else { distance + Up::abs(nearest) * Up::new(2.0 * E::CONVERSION) }
}

/// Whether every number of `E` is known to be one of `F`, so that nothing is lost when it is restored there.
#[inline]
pub(crate) fn embeds<E: Format, F: Format>() -> bool {
    let (from, to) = (TypeId::of::<E>(), TypeId::of::<F>());
    from == to || (to == TypeId::of::<f64>() && E::CONVERSION == 0.0)
}

/// [`Format::matmul`] of a format that accumulates in a wider primitive type: the operands are widened, the sums rounded once.
fn accumulated_product<F: Format<Acc: Primitive>>(a: Mat<'_, F>, b: Mat<'_, F>, c: &mut [F]) {
    with_scratch([a.data.len(), b.data.len(), c.len()], |[wide_a, wide_b, wide_c]: [&mut [F::Acc]; 3]| {
        for (wide, narrow) in [(&mut *wide_a, a.data), (&mut *wide_b, b.data)] {
            convert(narrow, wide, F::to_acc);
        }
        F::Acc::gemm(a.over(wide_a), b.over(wide_b), wide_c);
        convert(wide_c, c, F::from_acc);
    });
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
pub fn sum_error<F: Format>(height: usize) -> Accumulation {
    F::Acc::sum_error(height)
}

/// The error of an inner product of length `k` computed by [`Format::matmul`].
pub fn product_error<F: Format>(k: usize) -> Accumulation {
    F::Acc::product_error(k)
}

/// [`sum_error`] of any tree with unit roundoff `u`.
///
/// Each addition multiplies by a factor in `[1 - u, 1 + u]` (additions cannot underflow), so the error is at most
/// `((1 + u)^h - 1) Σ|x|`.
fn tree_error(u: f64, height: usize) -> Accumulation {
    Accumulation { relative: growth(u, height), absolute: Up::ZERO }
}

/// [`product_error`] of a tree of which no product meets more than `height` roundings, its own included.
///
/// Whether or not multiplications and additions are fused, the error is at most `((1 + u)^h - 1) Σ|a b|`, plus what
/// underflows: each of the `k` products is off by at most `η` and later grows by at most `(1 + u)^h`.
fn product_tree_error(u: f64, eta: f64, height: usize, k: usize) -> Accumulation {
    let relative = growth(u, height);
    let absolute = Up::new(k as f64) * Up::new(eta) * (Up::new(1.0) + relative);
    Accumulation { relative, absolute }
}

/// At least `(1 + u)^h - 1`.
///
/// For `h u <= 1/16` this is at most `h u (1 + h u)`: the binomial series is dominated by
/// `h u (1 + h u / 2 + (h u)² / 6 + …) <= h u (1 + h u)`. Beyond, `(1 + g)² - 1 = g (2 + g)` doubles the height.
fn growth(u: f64, h: usize) -> Up {
    let hu = Up::new(h as f64) * Up::new(u);
    if hu.get() <= 0.0625 {
        return hu * (Up::new(1.0) + hu);
    }
    let half = growth(u, h / 2);
    let even = half * (Up::new(2.0) + half);
    if h.is_multiple_of(2) { even } else { even + Up::new(u) * (Up::new(1.0) + even) }
}

#[cfg(test)]
mod tests {
    use super::growth;

    #[test]
    fn growth_is_compound_interest() {
        for (u, h) in [(1e-7, 0), (1e-7, 1000), (0.0625, 7), (0.0625, 64), (0.5, 1), (1.0, 10), (0.125, 33)] {
            #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "small")]
            let exact = (1.0_f64 + u).powi(h as i32) - 1.0;
            let bound = growth(u, h).get();
            assert!(bound >= exact * (1.0 - 1e-12) && bound <= exact * 1.3, "{u} {h}: {bound} {exact}");
        }
    }
}
