//! f16: IEEE 754 binary16, 11 bits of precision and numbers up to 65504.

use super::Narrow;
use super::layout::Layout;
use super::sixteen::sixteen_bits;

sixteen_bits! {
    /// 5 bits of exponent, 10 of mantissa.
    ///
    /// ```
    /// use nfgrad::format::{Format, f16};
    /// assert_eq!(f16::from_f64(2049.0).to_f64(), 2048.0); // a tie, to even
    /// assert!(!f16::from_f64(65520.0).is_finite());
    /// ```
    f16, 0x3c00, 0x7c00
}

type Binary16 = Layout<5, 10>;

/// The code of +∞; those above are NaN.
const INFINITY: u16 = 0x7c00;

impl Narrow for f16 {
    const NAME: &'static str = "f16";
    const ZERO: Self = f16::ZERO;
    const ONE: Self = f16::ONE;
    const PRECISION: i32 = 11;
    const EMIN: i32 = Binary16::EMIN;

    #[inline(always)]
    fn widen(self) -> f32 {
        let x = Binary16::widen(self.to_bits().cast_signed().into());
        // The topmost exponent means the same as in an f32, where it is larger.
        let special = f32::from_bits(x.to_bits() | 0x7f80_0000);
        if self.to_bits() & 0x7fff >= INFINITY { special } else { x }
    }

    #[inline(always)]
    fn round(x: f32) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "a sign and 15 bits")]
        let code = Binary16::round(x, INFINITY.into()) as u16;
        f16::from_bits(if x.is_nan() { code | 0x200 } else { code })
    }

    #[inline(always)]
    fn negated(self) -> Self {
        f16::from_bits(self.to_bits() ^ 0x8000)
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        f16::is_nan(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::narrow::tests::{errors_are_measured, rounds_to_nearest};
    use super::*;

    #[test]
    fn rounding_is_to_nearest() {
        rounds_to_nearest(0..0x7c00, f16::from_bits);
        assert_eq!(f16::round(65519.0).to_f32(), 65504.0);
        assert_eq!(f16::round(-65520.0), f16::NEG_INFINITY);
    }

    /// The formats round by code of their own, which is vectorised; a library that nobody here wrote must agree.
    #[test]
    fn conversions_are_those_of_the_half_crate() {
        for code in 0..=u16::MAX {
            let (ours, theirs) = (f16::from_bits(code).to_f32(), half::f16::from_bits(code).to_f32());
            assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(), "{code:#x}");
        }
        for x in (0..=u32::MAX).step_by(997).map(f32::from_bits) {
            let (ours, theirs) = (f16::from_f32(x), half::f16::from_f32(x));
            assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(), "{x}");
        }
    }

    #[test]
    fn a_rounding_error_is_never_more_than_half_an_ulp() {
        errors_are_measured(&(0..0x6000_u16).step_by(97).map(f16::from_bits));
    }
}
