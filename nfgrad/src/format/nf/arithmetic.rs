//! The operations, exactly: each gives digits that are rounded once.

use super::digits::{Digits, Rest, count};
use super::number::unit;
use super::{ExponentFunction, Nf, Rounding};
use crate::bound::Up;

/// A result, and at least how far it is from the exact one.
type Rounded<T> = (T, Up);

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Nf<RADIX, E, R> {
    /// Finite operands, or what f64 makes of the others.
    fn both(self, other: Self, otherwise: impl FnOnce(f64, f64) -> f64) -> Result<(Digits, Digits), Rounded<Self>> {
        if self.is_finite() && other.is_finite() {
            Ok((self.digits(), other.digits()))
        } else {
            Err((Self::of_f64(otherwise(self.nearest_f64(), other.nearest_f64())), Up::INFINITY))
        }
    }

    /// `self + other`.
    pub(super) fn sum(self, other: Self) -> Rounded<Self> {
        let (x, y) = match self.both(other, |x, y| x + y) {
            Ok(digits) => digits,
            Err(special) => return special,
        };
        if x.mantissa == 0 {
            return (other, Up::ZERO);
        }
        if y.mantissa == 0 {
            return (self, Up::ZERO);
        }
        let ((x, x_negative), (y, y_negative)) = if (x.exponent, x.mantissa) >= (y.exponent, y.mantissa) {
            ((x, self.is_negative()), (y, other.is_negative()))
        } else {
            ((y, other.is_negative()), (x, self.is_negative()))
        };
        let (sum, error) = Self::round(x_negative, magnitude_of_sum(x, y, x_negative != y_negative, RADIX));
        // Where the larger operand is the result, the smaller one is the error.
        let is_larger = sum.is_finite() && sum.digits() == x;
        (sum, if is_larger { error.min(size(y, RADIX)) } else { error })
    }

    /// `self * other`. The product of two mantissas has twice as many digits and fits.
    pub(super) fn product(self, other: Self) -> Rounded<Self> {
        match self.both(other, |x, y| x * y) {
            Ok((x, y)) => {
                let digits = Digits::exact(x.mantissa * y.mantissa, x.exponent + y.exponent);
                Self::round(self.is_negative() != other.is_negative(), digits)
            }
            Err(special) => special,
        }
    }

    /// `self / other`: as many digits as are needed to see where the rest lies, and the remainder says where.
    pub(super) fn quotient(self, other: Self) -> Rounded<Self> {
        let (x, y) = match self.both(other, |x, y| x / y) {
            Ok(digits) => digits,
            Err(special) => return special,
        };
        if y.mantissa == 0 {
            return (Self::of_f64(self.nearest_f64() / 0.0), Up::INFINITY);
        }
        if x.mantissa == 0 {
            return (Self::ZERO, Up::ZERO);
        }
        // All that fit into 127 bits: at least one digit more than the precision, and one behind a fixed point.
        let scale = largest_factor(x.mantissa, RADIX);
        let shift = count(scale, RADIX) - 1;
        let dividend = x.mantissa * scale;
        let digits = Digits {
            mantissa: dividend / y.mantissa,
            exponent: x.exponent - y.exponent - shift,
            rest: Rest::of(dividend % y.mantissa, y.mantissa),
        };
        Self::round(self.is_negative() != other.is_negative(), digits)
    }

    /// `√self`; NaN below zero. With `r = ⌊√n⌋` the rest is above one half if and only if `n - r² > r`, and never equal to it.
    pub(super) fn root(self) -> Rounded<Self> {
        let Some((mantissa, _)) = self.parts() else {
            return (if self.is_negative() { Self::NAN } else { self }, Up::INFINITY);
        };
        if mantissa <= 0 {
            return if mantissa == 0 { (self, Up::ZERO) } else { (Self::NAN, Up::INFINITY) };
        }
        let x = self.digits();
        let mut scale = largest_factor(x.mantissa, RADIX);
        let mut shift = count(scale, RADIX) - 1;
        // The exponent must be even.
        if (x.exponent - shift) % 2 != 0 {
            (scale, shift) = (scale / u128::from(RADIX), shift - 1);
        }
        let square = x.mantissa * scale;
        let root = square.isqrt();
        let remainder = square - root * root;
        let rest = match remainder {
            0 => Rest::Zero,
            _ if remainder > root => Rest::Above,
            _ => Rest::Below,
        };
        Self::round(false, Digits { mantissa: root, exponent: (x.exponent - shift) / 2, rest })
    }
}

/// At least the number.
fn size(x: Digits, radix: u32) -> Up {
    Up::of_rounded_sum(x.mantissa as f64) * unit(radix, x.exponent)
}

/// The largest power of the radix by which `n > 0` can be multiplied so that the product is below `2^127`.
///
/// # Why that is enough
///
/// With `d` digits in a mantissa, `radix^d <= 2^53`, so a quotient `n radix^s / m` is above `2^127 / (radix radix^d)`,
/// which is `2^70` for radix 16 and has more than `d + 1` digits; likewise a root, of at least `2^61`, or `2^59` if a digit
/// is given back. A fixed point has no more than `d` digits on either side, so the `s >= 126 - 53 - 4` bits reach beyond it.
fn largest_factor(n: u128, radix: u32) -> u128 {
    let room = ((1_u128 << 127) - 1) / n;
    u128::from(radix).pow(room.ilog(u128::from(radix)))
}

/// `|x ± y|` for `x` with the larger exponent (or mantissa).
///
/// Where the exponents are too far apart for 127 bits, `y` is less than one unit two digits below the last of `x`, which
/// has as many digits as there can be since it is far above the smallest number; so a rest below one half stands for `y`, or one above
/// it for what is missing of a unit.
fn magnitude_of_sum(x: Digits, y: Digits, subtract: bool, radix: u32) -> Digits {
    let apart = x.exponent - y.exponent;
    if apart < count(largest_factor(x.mantissa, radix), radix) {
        let wide = x.with_exponent(y.exponent, radix);
        let mantissa = if subtract { wide.mantissa.abs_diff(y.mantissa) } else { wide.mantissa + y.mantissa };
        return Digits::exact(mantissa, y.exponent);
    }
    let wide = x.with_exponent(x.exponent - 2, radix);
    if subtract {
        Digits { mantissa: wide.mantissa - 1, rest: Rest::Above, ..wide }
    } else {
        Digits { rest: Rest::Below, ..wide }
    }
}
