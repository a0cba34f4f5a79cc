//! bf16: 8 bits of precision with the exponent range of f32.

use super::Narrow;
use super::narrow::rounded_bits;
use super::sixteen::sixteen_bits;
use crate::kernel::entrywise::Entry;
use crate::kernel::pairs;

sixteen_bits! {
    /// 8 bits of exponent as f32 has, 7 of mantissa: the upper half of an f32.
    ///
    /// ```
    /// use nfgrad::format::{Format, bf16};
    /// assert_eq!(bf16::from_f64(1.0 + 2f64.powi(-8)), bf16::ONE); // a tie, to even
    /// ```
    bf16, 0x3f80, 0x7f80
}

impl Narrow for bf16 {
    const NAME: &'static str = "bf16";
    const ZERO: Self = bf16::ZERO;
    const ONE: Self = bf16::ONE;
    const PRECISION: i32 = 8;
    const EMIN: i32 = -133;

    /// Exact: bf16 is the upper half of f32.
    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }

    #[inline(always)]
    fn round(x: f32) -> bf16 {
        #[allow(clippy::cast_possible_truncation, reason = "16 bits are left after the shift")]
        bf16::from_bits((rounded_bits(x, 16) >> 16) as u16)
    }

    #[inline(always)]
    fn negated(self) -> Self {
        bf16::from_bits(self.to_bits() ^ 0x8000)
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        bf16::is_nan(self)
    }

    #[inline(always)]
    fn map<E: Entry<Self, N>, const N: usize>(x: [&[Self]; N], y: &mut [Self]) {
        pairs::map::<E, Self, N>(x, y);
    }

    /// Beside other arithmetic in f32 this takes less time than to compare codes.
    #[inline(always)]
    fn is_positive(self) -> bool {
        self.widen() > 0.0
    }

    /// A NaN that comes of an operation has a payload of an operand, so none in the lower half, or none at all (see
    /// "NaN bit patterns" in the docs of f32; other processors may choose others). What rounding adds to it carries nowhere.
    #[inline(always)]
    fn combine(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let exact = f(self.widen(), other.widen());
        if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
            let bits = exact.to_bits();
            #[allow(clippy::cast_possible_truncation, reason = "16 bits are left after the shift")]
            return bf16::from_bits((bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16) as u16);
        }
        Self::round(exact)
    }
}

#[cfg(test)]
mod tests {
    use super::super::narrow::tests::{computes_as_f64_does, errors_are_measured, rounds_to_nearest};
    use super::*;

    #[test]
    fn rounding_is_to_nearest() {
        rounds_to_nearest(0..0x7f80, bf16::from_bits);
        assert_eq!(bf16::round(f32::MAX), bf16::INFINITY);
    }

    #[test]
    fn conversions_are_those_of_the_half_crate() {
        for code in 0..=u16::MAX {
            let (ours, theirs) = (bf16::from_bits(code).to_f32(), half::bf16::from_bits(code).to_f32());
            assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(), "{code:#x}");
        }
        for x in (0..=u32::MAX).step_by(997).map(f32::from_bits) {
            let (ours, theirs) = (bf16::from_f32(x), half::bf16::from_f32(x));
            assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(), "{x}");
        }
    }

    /// One number of every binade, so small ones too, times all others.
    #[test]
    fn operations_are_those_of_f64() {
        for a in (0..=u16::MAX).step_by(113) {
            (0..=u16::MAX).for_each(|b| computes_as_f64_does(bf16::from_bits(a), bf16::from_bits(b)));
        }
    }

    /// All of them; half a minute where it is optimised.
    #[test]
    #[ignore = "2^30 pairs"]
    fn all_operations_are_those_of_f64() {
        for a in 0..=0x7f80 {
            (0..=0x7f80).for_each(|b| computes_as_f64_does(bf16::from_bits(a), bf16::from_bits(b)));
        }
    }

    #[test]
    fn a_rounding_error_is_never_more_than_half_an_ulp() {
        errors_are_measured(&(0..0x7f80_u16).step_by(113).map(bf16::from_bits));
    }
}
