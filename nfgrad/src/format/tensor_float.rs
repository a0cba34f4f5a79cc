//! tf32: the exponents of f32 with 11 bits of precision, what NVIDIA's tensor cores multiply.

use std::fmt;

use super::Narrow;
use super::narrow::rounded_bits;

/// A number of 19 bits: sign, 8 bits of exponent as f32 has, 10 of mantissa. It is kept in the upper bits of an f32.
///
/// ```
/// use nfgrad::format::{Format, Tf32};
/// assert_eq!(Tf32::from_f64(1.0 + 2f64.powi(-11)), Tf32::ONE); // a tie, to even
/// ```
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Tf32(f32);

/// The low bits of an f32 that are always 0.
const CUT: u32 = 13;

impl Tf32 {
    /// The number as an f32, exactly.
    #[inline]
    pub const fn to_f32(self) -> f32 {
        self.0
    }
}

impl Narrow for Tf32 {
    const NAME: &'static str = "tf32";
    const ZERO: Self = Self(0.0);
    const ONE: Self = Self(1.0);
    const PRECISION: i32 = 11;
    const EMIN: i32 = -136;

    #[inline(always)]
    fn widen(self) -> f32 {
        self.0
    }

    #[inline(always)]
    fn round(x: f32) -> Self {
        Self(f32::from_bits(rounded_bits(x, CUT) >> CUT << CUT))
    }

    #[inline(always)]
    fn negated(self) -> Self {
        Self(-self.0)
    }
}

impl fmt::Debug for Tf32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Tf32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::narrow::tests::{computes_as_f64_does, errors_are_measured, rounds_to_nearest};
    use super::super::narrow::{power_of_two, round_f64};
    use super::*;

    fn number(code: u32) -> Tf32 {
        Tf32(f32::from_bits(code << CUT))
    }

    #[test]
    fn rounding_is_to_nearest() {
        // Subnormal numbers, some binades around 1, and the largest.
        for start in [0, 0x1_f000, 0x3_f000_u32] {
            let count = (0x3_fc00 - start).min(0x2000);
            #[allow(clippy::cast_possible_truncation, reason = "at most 2^13")]
            rounds_to_nearest(0..count as u16, |i| number(start + u32::from(i)));
        }
        assert_eq!(Tf32::round(f32::MAX).0, f32::INFINITY);
    }

    #[test]
    fn operations_are_those_of_f64() {
        for a in (0..1 << 19).step_by(811) {
            (0..1 << 19).step_by(61).for_each(|b| computes_as_f64_does(number(a), number(b)));
        }
    }

    /// Wherever f32 would round twice: all pairs of significands, for products around the smallest numbers.
    #[test]
    #[ignore = "2^20 pairs in 36 binades"]
    fn small_products_are_those_of_f64() {
        // 1 <= a < 2, and b from 2^-138, where tf32 has but two bits of the ten, to 2^-120.
        for exponent in -136..-120 {
            for a in 0..1 << 10 {
                let a = number((127 << 10) + a);
                (0..1 << 10).for_each(|b| {
                    let b = round_f64::<Tf32>((1.0 + f64::from(b) / 1024.0) * power_of_two(exponent));
                    computes_as_f64_does(a, b);
                });
            }
        }
        // Both of them normal, and the product anywhere from below the smallest number up to normal.
        for exponent in -140..-120 {
            for a in 0..1 << 10 {
                let a = number((67 << 10) + a);
                (0..1 << 10).for_each(|b| {
                    let b = round_f64::<Tf32>((1.0 + f64::from(b) / 1024.0) * power_of_two(exponent + 60));
                    computes_as_f64_does(a, b);
                });
            }
        }
    }

    #[test]
    fn a_rounding_error_is_never_more_than_half_an_ulp() {
        errors_are_measured(&(0..0x3_fc00).step_by(811).map(number));
    }
}
