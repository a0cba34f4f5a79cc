//! f16: IEEE 754 binary16, 11 bits of precision and numbers up to 65504.
//!
//! The conversions of the `half` crate, exact as they are, call an instruction for each number after asking whether the
//! processor has it; these are vectorised.

use half::f16;

use super::Narrow;
use super::narrow::Layout;

type Binary16 = Layout<5, 10>;

/// The code of +∞; those above are NaN.
const INFINITY: u32 = 0x7c00;

impl Narrow for f16 {
    const NAME: &'static str = "f16";
    const ZERO: Self = f16::ZERO;
    const ONE: Self = f16::ONE;
    const PRECISION: i32 = 11;
    const EMIN: i32 = Binary16::EMIN;

    #[inline]
    fn widen(self) -> f32 {
        let code = u32::from(self.to_bits());
        let x = Binary16::widen(code);
        // The topmost exponent means the same as in an f32, where it is larger.
        let special = f32::from_bits(x.to_bits() | 0x7f80_0000);
        if code & 0x7fff >= INFINITY { special } else { x }
    }

    #[inline]
    fn round(x: f32) -> Self {
        let size = Binary16::magnitude(x).min(INFINITY);
        let code = Binary16::sign(x) | if x.is_nan() { 0x7e00 } else { size };
        #[allow(clippy::cast_possible_truncation, reason = "a sign and 15 bits")]
        f16::from_bits(code as u16)
    }

    #[inline]
    fn negated(self) -> Self {
        f16::from_bits(self.to_bits() ^ 0x8000)
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

    #[test]
    fn conversions_are_those_of_the_half_crate() {
        for code in 0..=u16::MAX {
            let x = f16::from_bits(code);
            assert!(x.widen().to_bits() == x.to_f32().to_bits() || x.is_nan() && x.widen().is_nan());
        }
        for bits in (0..=u32::MAX).step_by(997) {
            let x = f32::from_bits(bits);
            let (ours, theirs) = (f16::round(x), f16::from_f32(x));
            assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(), "{x}");
        }
    }

    #[test]
    fn a_rounding_error_is_never_more_than_half_an_ulp() {
        errors_are_measured(&(0..0x6000_u16).step_by(97).map(f16::from_bits));
    }
}
