//! Elementary functions, rounded once from the real value: to more and more bits until the rounding is decided (Ziv 1991, "Fast
//! evaluation of elementary mathematical functions with correctly rounded last bit").
//!
//! 1. Where the value is a number, or so near to one that only the side matters, that decides ([`Near`]).
//! 2. The f64 function with its error: if both ends of that interval round to the same number, this is the result. So it is for nearly all
//!    numbers of a format of, say, 24 bits, and for none of a format of 53.
//! 3. The same with the interval of [`Real`], to 192 bits, 384, …
//!
//! # Why that ends
//!
//! It does unless the value is a number of the format or half-way between two, both of which are rational. By the theorem of Lindemann and
//! Weierstrass, in the form that `e^a` for different algebraic `a` are linearly independent over the algebraic numbers (Baker 1975,
//! "Transcendental Number Theory", theorem 1.4), no value is, for a rational `x` that step 1 leaves over:
//!
//! - `e^x` is transcendental, and so is every rational function of it that is not constant: `e^x - 1`, `tanh x`, `σ(x)`, `x σ(x)`; and so are `sin x`
//!   and `cos x`, which are algebraic functions of `e^(ix)`.
//! - If `y = ln x`, or `ln(1 + x)`, were algebraic, `e^y` would not be.
//! - If `y = ln(1 + e^x)` were, `e^y = e^0 + e^x` would be a relation between different powers; for `x = 0` it is `ln 2`.
//!
//! For `Φ`, gelu, and gelu with tanh (whose exponent is an algebraic number over `√π`) no theorem says so. For these the precision ends at
//! [`CAP`] bits; then the number in the middle is rounded, and [`Nf::evaluation_error`] charges what that may be off by. We know of no number
//! for which this happens.

use std::cmp::Ordering;

use super::digits::{Digits, Rest, leading, power};
use super::{ExponentFunction, Nf, Rounding};
use crate::bound::Up;
use crate::format::Carrier;
use crate::format::elementary::{Elementary, Near};
use crate::kernel::natural::Natural;
use crate::kernel::real::Real;

/// How many bits are tried first: two and a half times those of a number, and what a cancellation may cost.
const FIRST: u64 = 192;
/// How many are tried last where no theorem says that the rounding will be decided.
const CAP: u64 = 3 * 512;
/// How many of those must be certain.
const CERTAIN: i64 = 1000;

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Nf<RADIX, E, R> {
    /// `f(self)`, rounded once.
    pub(super) fn evaluated<F: Elementary>(self) -> Self {
        let x = self.nearest_f64();
        let Some((mantissa, exponent)) = self.parts() else {
            return Self::of_f64(F::wide(x));
        };
        if let Some(near) = F::near(x) {
            return self.beside(near);
        }
        if let Some(decided) = self.decided_in_f64::<F>(x) {
            return decided;
        }
        let mut bits = FIRST;
        loop {
            let argument = Real::new(mantissa < 0, mantissa.unsigned_abs(), RADIX, exponent.into(), bits);
            let value = F::real(&argument);
            let is_last = !F::NEVER_RATIONAL && bits >= CAP;
            if value.accuracy() > 0 {
                let (ends, unit) = value.ends();
                let [low, middle, high] = ends.map(|(negative, size)| Self::of_binary(negative, &size, unit));
                if low.is_same(high) {
                    return low;
                }
                if is_last && value.accuracy() >= CERTAIN {
                    return middle;
                }
            }
            if is_last {
                return Self::NAN;
            }
            bits *= 2;
        }
    }

    /// At least the error of [`Nf::evaluated`], given its result: that of a rounding, and where no theorem says that it is decided, a little more.
    ///
    /// That is `2^-999` of the value at most, and the next f64 is more by `2^-53` of a rounding error, which is more than `2^-62` of the value.
    pub(super) fn evaluation_error<F: Elementary>(self) -> Up {
        let rounding = self.rounding_error();
        if F::NEVER_RATIONAL { rounding } else { Up::new(rounding.get().next_up()) }
    }

    /// The result, if both ends of what the f64 function leaves open round to it.
    fn decided_in_f64<F: Elementary>(self, x: f64) -> Option<Self> {
        let interval = if Self::IS_BINARY || self.is(x) {
            [x, x]
        } else if F::MONOTONE {
            // All such functions grow, and the number lies between the neighbours of x.
            [x.next_down(), x.next_up()]
        } else {
            return None;
        };
        let [low, high] = interval.map(|x| {
            let y = F::wide(x);
            (y, f64::carry_error::<F>(Up::abs(y)).get())
        });
        let low = Self::of_f64((low.0 - low.1).next_down());
        let high = Self::of_f64((high.0 + high.1).next_up());
        low.is_same(high).then_some(low)
    }

    /// `± mantissa 2^exponent`, rounded.
    fn of_binary(negative: bool, mantissa: &Natural, exponent: i64) -> Self {
        if mantissa.is_zero() {
            return Self::ZERO;
        }
        Self::round(negative, leading(mantissa, 2, exponent, RADIX, Self::DIGITS + 2)).0
    }

    /// The same number, infinity, or both none: a value too small to be kept.
    fn is_same(self, other: Self) -> bool {
        let both_nan = self.is_nan() && other.is_nan();
        both_nan || self == other
    }

    /// What is near to a number, rounded.
    ///
    /// A number of the format is taken with two digits more than it has, so that it is a multiple of a unit of which what rounding looks at,
    /// numbers and ties, are multiples too (in an odd radix: ties are half-way between two). The unit, and half of it, is more than `2^-62` of
    /// the number: `RADIX^DIGITS <= 2^53`, or `2^50`, and two digits are at most `2^8`.
    fn beside(self, near: Near) -> Self {
        let ones = |n: u128| (n * power(RADIX, Self::DIGITS + 2).unwrap_or(1), -Self::DIGITS - 2);
        let (mantissa, exponent) = self.parts().unwrap_or((0, 0));
        let argument = u128::from(mantissa.unsigned_abs()) * u128::from(RADIX * RADIX);
        let last = i64::from(exponent) - 2;
        let (negative, (doubled, exponent), side) = match near {
            Near::Exactly(y) => return Self::of_f64(y),
            // Less than any unit.
            Near::Number(0.0, side) => (side.is_lt(), (0, -5000), side),
            Near::Number(y, side) => (y < 0.0, ones(if y == 0.5 { 1 } else { 2 }), side),
            Near::Argument(side) => (mantissa < 0, (2 * argument, last), side),
            Near::HalfArgument(side) => (mantissa < 0, (argument, last), side),
        };
        let is_beyond = (side == Ordering::Greater) != negative;
        let (whole, is_half) = (doubled / 2, doubled % 2 == 1);
        let (mantissa, rest) = match (is_half, is_beyond) {
            (false, true) if whole == 0 => (1, Rest::Below),
            (false, true) | (true, false) => (whole, Rest::Below),
            (true, true) => (whole, Rest::Above),
            (false, false) => (whole - 1, Rest::Above),
        };
        Self::round(negative, Digits { mantissa, exponent, rest }).0
    }
}
