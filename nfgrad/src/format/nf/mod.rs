//! NF(β, fexp, rnd): every format there is as a type, by exact integer arithmetic.
//!
//! | | |
//! |---|---|
//! | `β` | 2 to 16 |
//! | `fexp` | [`Fix`], [`Flx`], [`Flt`], [`Ftz`]; each also [`Below`] a limit |
//! | `rnd` | [`NearestEven`], [`NearestAway`], [`TowardZero`], [`Upward`], [`Downward`] |
//!
//! A result of `+ - * / √` is the exact result, rounded once: sums, products, quotients and roots are computed in 128-bit
//! integers, with what is cut off kept as "less than half, half, more than half". So is a result of an elementary function: it is enclosed
//! by more and more digits until both ends of the interval round to the same number (`functions.rs` says why that ends).
//!
//! Sums and products of matrices are taken one term after another and every operation is rounded, which is the order and the
//! meaning of TorchLean's NF backend.
//!
//! It is slow: an operation takes some tens of nanoseconds, a few hundred to a thousand times as long as in a loop of f32. A function takes half a
//! microsecond to one where f64 decides, and some tens to hundreds where it does not, as in a format of 53 bits (gelu far below zero: 20 ms). [`Carried`](super::Carried) and the formats of the hardware
//! give the same results, bit for bit, where they apply.

mod arithmetic;
mod digits;
mod exponent;
mod functions;
mod number;
mod rounding;
mod text;

use std::ops::{Add, Div, Mul, Neg, Sub};

use num_traits::{One, Zero};

pub use digits::Rest;
pub use exponent::{Below, ExponentFunction, Fix, Flt, Flx, Ftz};
pub use number::Nf;
pub use rounding::{Downward, NearestAway, NearestEven, Rounding, TowardZero, Upward};
pub use text::ParseNfError;

use super::elementary::Elementary;
use super::fold::{fold_error, fold_product, product_fold_error};
use super::{Accumulation, Accumulator, Format};
use crate::bound::Up;
use crate::kernel::gemm::Mat;

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Format for Nf<RADIX, E, R> {
    const NAME: &'static str = "nf";
    const ZERO: Self = Self::ZERO;
    const ONE: Self = Self::ONE;
    type Acc = Self;
    type Carrier = f64;
    const ROUNDS_ONCE: bool = false;
    const CONVERSION: f64 = if Self::IS_BINARY { 0.0 } else { f64::EPSILON / 2.0 };
    const TO_NEAREST: bool = R::TO_NEAREST && !E::FLUSHES;
    /// A sum of numbers of FLT is a multiple of the smallest one, so where it is subnormal it is exact; in FIX it always is.
    /// In FTZ a sum can be flushed to 0, which is an error of at most itself.
    const ROUNDOFF: [f64; 2] = {
        let half = if R::TO_NEAREST { 0.5 } else { 1.0 };
        let relative = match E::PRECISION {
            _ if E::FLUSHES => 1.0,
            // radix^(1 - p), rounded up: in other radices than powers of two the quotient is rounded.
            Some(_) => {
                let mut unit = half;
                let mut digit = 1;
                while digit < Self::DIGITS {
                    unit /= RADIX as f64;
                    digit += 1;
                }
                if Self::IS_BINARY { unit } else { unit * (1.0 + 64.0 * f64::EPSILON) }
            }
            None => 0.0,
        };
        let absolute = match E::LEAST {
            Some(least) => {
                let mut unit = if E::FLUSHES { 1.0 } else { half };
                let mut exponent = 0;
                while exponent > least {
                    unit /= RADIX as f64;
                    exponent -= 1;
                }
                let unit = if Self::IS_BINARY { unit } else { unit * (1.0 + 1024.0 * f64::EPSILON) };
                if unit > 0.0 { unit } else { f64::from_bits(1) }
            }
            None => 0.0,
        };
        [relative, absolute]
    };

    /// Rounded as the format rounds.
    fn from_f64(x: f64) -> Self {
        Self::of_f64(x)
    }

    fn to_f64(self) -> f64 {
        self.nearest_f64()
    }

    /// A number of at most 50 bits is the one nearest to the f64 nearest to it.
    fn restored(x: f64) -> Self {
        if Self::IS_BINARY { Self::of_f64(x) } else { Nf::<RADIX, E, NearestEven>::of_f64(x).rounded_as() }
    }

    fn to_acc(self) -> Self {
        self
    }

    fn from_acc(acc: Self) -> Self {
        acc
    }

    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }

    fn add(self, other: Self) -> Self {
        self.sum(other).0
    }

    fn sub(self, other: Self) -> Self {
        self.sum(-other).0
    }

    fn mul(self, other: Self) -> Self {
        self.product(other).0
    }

    fn div(self, other: Self) -> Self {
        self.quotient(other).0
    }

    fn neg(self) -> Self {
        -self
    }

    fn max(self, other: Self) -> Self {
        if self > other || self.is_nan() { self } else { other }
    }

    fn sqrt(self) -> Self {
        self.root().0
    }

    fn eval<F: Elementary>(self) -> Self {
        self.evaluated::<F>()
    }

    fn eval_error<F: Elementary>(self) -> Up {
        self.evaluation_error::<F>()
    }

    fn half_ulp(self) -> Up {
        self.rounding_error()
    }

    fn add_error(a: Self, b: Self, _: Self) -> Up {
        a.sum(b).1
    }

    fn mul_error(a: Self, b: Self, _: Self) -> Up {
        a.product(b).1
    }

    fn div_error(a: Self, b: Self, _: Self) -> Up {
        a.quotient(b).1
    }

    fn sqrt_error(x: Self, _: Self) -> Up {
        x.root().1
    }

    fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        Self::gemm(a, b, c);
    }

    fn all_finite(xs: &[Self]) -> bool {
        xs.iter().all(|x| Self::is_finite(*x))
    }
}

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Nf<RADIX, E, R> {
    /// Whether this is the number `x` itself.
    fn is(self, x: f64) -> bool {
        Self::contains(x) && Self::of_f64(x) == self
    }
}

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Accumulator for Nf<RADIX, E, R> {
    type Primitive = f64;
    const LEFT_FOLD: bool = true;
    const LARGEST: f64 = 0.0;

    fn sum_error(height: usize) -> Accumulation {
        fold_error(Self::ROUNDOFF[0], Self::TO_NEAREST, height)
    }

    fn product_error(k: usize) -> Accumulation {
        product_fold_error(Self::ROUNDOFF, Self::TO_NEAREST, k)
    }

    fn gemm(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        fold_product(a, b, c);
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident;)*) => {$(
        impl<const RADIX: u32, E: ExponentFunction, R: Rounding> $trait for Nf<RADIX, E, R> {
            type Output = Self;

            fn $method(self, other: Self) -> Self {
                Format::$method(self, other)
            }
        }
    )*};
}

operators! {
    Add add;
    Sub sub;
    Mul mul;
    Div div;
}

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Neg for Nf<RADIX, E, R> {
    type Output = Self;

    fn neg(self) -> Self {
        self.signed(!self.is_negative())
    }
}

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Zero for Nf<RADIX, E, R> {
    fn zero() -> Self {
        Self::ZERO
    }

    fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> One for Nf<RADIX, E, R> {
    fn one() -> Self {
        Self::ONE
    }
}

#[cfg(test)]
mod tests;
