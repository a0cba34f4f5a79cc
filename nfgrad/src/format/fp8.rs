//! fp8: the two 8-bit formats of the Open Compute Project, E4M3 and E5M2.
//!
//! | | precision | largest | smallest | infinities | beyond the largest |
//! |---|---|---|---|---|---|
//! | [`E4m3`] | 4 | 448 | 2^-9 | no | NaN |
//! | [`E5m2`] | 3 | 57344 | 2^-16 | yes | ∞ |
//! | [`E4m3Saturating`], [`E5m2Saturating`] | | | | as above | the largest number, which ∞ becomes too |
//!
//! (OCP 8-bit Floating Point Specification, revision 1.0.) A saturated result is a finite number, but nothing is known of
//! what it was before: its [`half_ulp`](super::Format::half_ulp) is ∞. Where the error is measured rather than bounded, as
//! that of a sum or product of two numbers is, it is finite and counts what was cut off.

use std::cmp::Ordering;
use std::fmt::{self, Debug, Display};
use std::marker::PhantomData;

use super::Narrow;
use super::layout::Layout;

/// Which 8-bit format; see the [module's](self) table.
pub trait Layout8: Copy + Default + Send + Sync + 'static {
    /// The names, saturating or not.
    const NAMES: [&'static str; 2];
    /// The bits of the mantissa.
    const MANTISSA: i32;
    /// The smallest positive number is 2 to this.
    const EMIN: i32;
    /// The code of 1.
    const ONE: u8;
    /// The code of the largest number.
    const LARGEST: u8;
    /// The code of what is beyond it, if that does not saturate.
    const BEYOND: u8;
    /// The code of a quiet NaN. Where it is [`Layout8::BEYOND`] there is no infinity, and no other NaN.
    const NAN: u8;

    /// The number with this code, as if all codes were finite numbers.
    fn widen(code: u8) -> f32;
    /// The code of `x`; what is beyond the code `last` becomes it, and so does a NaN.
    fn round(x: f32, last: u8) -> u8;
    /// The code of the sum of two numbers, likewise.
    fn sum(a: u8, b: u8, last: u8) -> u8;
    /// The code of what `f`, a product or a quotient, makes of two numbers that are not negative, likewise.
    fn of_sizes(a: u8, b: u8, last: u8, f: impl Fn(f32, f32) -> f32) -> u8;
}

/// [`Layout8`] by the [`Layout`] with so many bits of exponent and mantissa.
macro_rules! layout {
    ($exponent:literal, $mantissa:literal) => {
        const MANTISSA: i32 = $mantissa;
        const EMIN: i32 = Layout::<$exponent, $mantissa>::EMIN;

        #[inline(always)]
        fn widen(code: u8) -> f32 {
            Layout::<$exponent, $mantissa>::widen(code.cast_signed().into())
        }

        #[inline(always)]
        fn round(x: f32, last: u8) -> u8 {
            #[allow(clippy::cast_possible_truncation, reason = "a sign and seven bits")]
            let code = Layout::<$exponent, $mantissa>::round(x, last.into()) as u8;
            code
        }

        #[inline(always)]
        fn sum(a: u8, b: u8, last: u8) -> u8 {
            // No array of the two: the compiler would pack them.
            let a = Layout::<$exponent, $mantissa>::scaled(a.cast_signed().into());
            let b = Layout::<$exponent, $mantissa>::scaled(b.cast_signed().into());
            #[allow(clippy::cast_possible_truncation, reason = "a sign and seven bits")]
            let code = Layout::<$exponent, $mantissa>::round_scaled(a + b, last.into()) as u8;
            code
        }

        #[inline(always)]
        fn of_sizes(a: u8, b: u8, last: u8, f: impl Fn(f32, f32) -> f32) -> u8 {
            let a = Layout::<$exponent, $mantissa>::widen(a.into());
            let b = Layout::<$exponent, $mantissa>::widen(b.into());
            #[allow(clippy::cast_possible_truncation, reason = "seven bits")]
            let code = Layout::<$exponent, $mantissa>::magnitude::<true>(f(a, b), last.into()) as u8;
            code & 0x7f
        }
    };
}

/// The layout of [`E4m3`].
#[derive(Clone, Copy, Default)]
pub struct E4m3Layout;

impl Layout8 for E4m3Layout {
    const NAMES: [&'static str; 2] = ["e4m3", "e4m3 (saturating)"];
    const ONE: u8 = 0x38;
    const LARGEST: u8 = 0x7e;
    const BEYOND: u8 = 0x7f;
    const NAN: u8 = 0x7f;
    layout!(4, 3);
}

/// The layout of [`E5m2`].
#[derive(Clone, Copy, Default)]
pub struct E5m2Layout;

impl Layout8 for E5m2Layout {
    const NAMES: [&'static str; 2] = ["e5m2", "e5m2 (saturating)"];
    const ONE: u8 = 0x3c;
    const LARGEST: u8 = 0x7b;
    const BEYOND: u8 = 0x7c;
    const NAN: u8 = 0x7e;
    layout!(5, 2);
}

/// A number of 8 bits; see the [module's](self) table.
#[derive(Clone, Copy, Default)]
pub struct Fp8<L, const SATURATES: bool>(u8, PhantomData<L>);

/// 4 bits of exponent, 3 of mantissa, up to 448; beyond that NaN.
///
/// ```
/// use nfgrad::format::{E4m3, Format};
/// assert_eq!(E4m3::from_f64(17.0).to_f64(), 16.0); // a tie, to even
/// assert!(!E4m3::from_f64(500.0).is_finite());
/// ```
pub type E4m3 = Fp8<E4m3Layout, false>;
/// 5 bits of exponent, 2 of mantissa, up to 57344; beyond that an infinity.
pub type E5m2 = Fp8<E5m2Layout, false>;
/// [`E4m3`] of which everything beyond the largest number becomes the largest.
///
/// ```
/// use nfgrad::format::{E4m3Saturating, Format};
/// let x = E4m3Saturating::from_f64(500.0);
/// assert_eq!(x.to_f64(), 448.0);
/// assert!(!x.half_ulp().is_finite()); // it might have been anything
/// ```
pub type E4m3Saturating = Fp8<E4m3Layout, true>;
/// [`E5m2`] of which everything beyond the largest number becomes the largest.
pub type E5m2Saturating = Fp8<E5m2Layout, true>;

impl<L: Layout8, const SATURATES: bool> Fp8<L, SATURATES> {
    /// The number with this code.
    #[inline]
    pub const fn from_bits(code: u8) -> Self {
        Self(code, PhantomData)
    }

    /// The code of the number.
    #[inline]
    pub const fn to_bits(self) -> u8 {
        self.0
    }

    /// The number as an f32, exactly.
    #[inline(always)]
    pub fn to_f32(self) -> f32 {
        let x = L::widen(self.0);
        // The infinity of an f32, or a NaN, with what bits of the mantissa there are.
        let special = f32::from_bits(x.to_bits() | 0x7f80_0000);
        if self.0 & 0x7f >= L::BEYOND { special } else { x }
    }

    /// What is beyond the largest number.
    const LAST: u8 = if SATURATES { L::LARGEST } else { L::BEYOND };

    /// An infinity or a NaN.
    #[inline(always)]
    const fn is_special(self) -> bool {
        self.0 & 0x7f >= L::BEYOND
    }

    /// An infinity becomes the largest number where it should.
    #[inline(always)]
    const fn saturated(self) -> Self {
        let infinite = SATURATES & (L::BEYOND != L::NAN) & (self.0 & 0x7f == L::BEYOND);
        Self::from_bits(if infinite { self.0 & 0x80 | L::LARGEST } else { self.0 })
    }

    /// An integer that is ordered as the number is; both zeros have 0. There are four times as many in a register as of f32.
    #[inline(always)]
    const fn key(self) -> i8 {
        let magnitude = (self.0 & 0x7f).cast_signed();
        if self.0.cast_signed() < 0 { -magnitude } else { magnitude }
    }
}

impl<L: Layout8, const SATURATES: bool> Narrow for Fp8<L, SATURATES> {
    const NAME: &'static str = L::NAMES[SATURATES as usize];
    const ZERO: Self = Self::from_bits(0);
    const ONE: Self = Self::from_bits(L::ONE);
    const PRECISION: i32 = L::MANTISSA + 1;
    const EMIN: i32 = L::EMIN;
    const SATURATES: bool = SATURATES;

    #[inline(always)]
    fn widen(self) -> f32 {
        self.to_f32()
    }

    #[inline(always)]
    fn round(x: f32) -> Self {
        let code = L::round(x, Self::LAST);
        let nan = code & 0x80 | L::NAN;
        // Without an infinity and without saturation, a NaN and what is too large have the same code.
        let is_code = const { !SATURATES && L::BEYOND == L::NAN };
        Self::from_bits(if is_code || !x.is_nan() { code } else { nan })
    }

    #[inline(always)]
    fn negated(self) -> Self {
        Self::from_bits(self.0 ^ 0x80)
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        self.0 & 0x7f > const { if L::BEYOND == L::NAN { L::LARGEST } else { L::BEYOND } }
    }

    /// What is no number is seen by its code, of which many fit into a register.
    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        let (a, b, left, right) = (self.0, other.0, self.is_special(), other.is_special());
        let sum = L::sum(a, b, Self::LAST);
        let second = if right { b } else { sum };
        let first = if right & (a != b) { L::NAN } else { a };
        Self::from_bits(if left { first } else { second }).saturated()
    }

    #[inline(always)]
    fn difference(self, other: Self) -> Self {
        self.sum(other.negated())
    }

    /// The same; ∞ times 0 is a NaN.
    #[inline(always)]
    fn product(self, other: Self) -> Self {
        let (a, b, sign) = (self.0 & 0x7f, other.0 & 0x7f, (self.0 ^ other.0) & 0x80);
        let product = L::of_sizes(a, b, Self::LAST, |a, b| a * b);
        let nan = self.is_nan() | other.is_nan() | (a == 0) | (b == 0);
        let special = if nan { L::NAN } else { L::BEYOND };
        Self::from_bits(sign | if self.is_special() | other.is_special() { special } else { product }).saturated()
    }

    /// The same; ∞ over ∞ and 0 over 0 are NaNs, and anything else over ∞ is 0.
    #[inline(always)]
    fn quotient(self, other: Self) -> Self {
        let (a, b, sign) = (self.0 & 0x7f, other.0 & 0x7f, (self.0 ^ other.0) & 0x80);
        let quotient = L::of_sizes(a, b, Self::LAST, |a, b| a / b);
        let (infinite, vanishing) = (self.is_special(), other.is_special());
        let nan = self.is_nan() | other.is_nan() | (infinite & vanishing) | ((a | b) == 0);
        let finite = if vanishing { 0 } else { quotient };
        let number = if infinite { L::BEYOND } else { finite };
        Self::from_bits(sign | if nan { L::NAN } else { number }).saturated()
    }

    #[inline(always)]
    fn is_saturated(self) -> bool {
        SATURATES & (self.0 & 0x7f == L::LARGEST)
    }
}

impl<L: Layout8, const SATURATES: bool> PartialEq for Fp8<L, SATURATES> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        (self.key() == other.key()) & !self.is_nan()
    }
}

impl<L: Layout8, const SATURATES: bool> PartialOrd for Fp8<L, SATURATES> {
    #[inline(always)]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.is_nan() | other.is_nan() { None } else { Some(self.key().cmp(&other.key())) }
    }

    #[inline(always)]
    fn lt(&self, other: &Self) -> bool {
        (self.key() < other.key()) & !self.is_nan() & !other.is_nan()
    }

    #[inline(always)]
    fn gt(&self, other: &Self) -> bool {
        other < self
    }
}

impl<L: Layout8, const SATURATES: bool> Debug for Fp8<L, SATURATES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.to_f32(), f)
    }
}

impl<L: Layout8, const SATURATES: bool> Display for Fp8<L, SATURATES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.to_f32(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::narrow::tests::{errors_are_measured, rounds_to_nearest};
    use super::*;

    #[allow(clippy::cast_possible_truncation, reason = "codes have 8 bits")]
    fn number<L: Layout8, const SATURATES: bool>(code: u16) -> Fp8<L, SATURATES> {
        Fp8::from_bits(code as u8)
    }

    #[test]
    fn rounding_is_to_nearest() {
        rounds_to_nearest(0..0x7f, number::<E4m3Layout, false>);
        rounds_to_nearest(0..0x7c, number::<E5m2Layout, false>);
        rounds_to_nearest(0..0x7f, number::<E4m3Layout, true>);
        rounds_to_nearest(0..0x7c, number::<E5m2Layout, true>);
    }

    #[test]
    fn the_limits_are_those_of_the_specification() {
        assert_eq!((E4m3::from_bits(0x7e).to_f32(), E4m3::from_bits(1).to_f32()), (448.0, 0.001_953_125));
        assert_eq!((E5m2::from_bits(0x7b).to_f32(), E5m2::from_bits(1).to_f32()), (57344.0, 2f32.powi(-16)));
        assert_eq!((Format::to_f64(<E4m3 as Format>::ONE), Format::to_f64(<E5m2 as Format>::ONE)), (1.0, 1.0));
    }

    #[test]
    fn what_is_beyond_the_largest_number_overflows_or_saturates() {
        // Half a unit beyond is a tie, and the largest number is even in one format and odd in the other.
        assert_eq!(E4m3::round(464.0).to_bits(), 0x7e);
        assert_eq!(E4m3::round(464.001).to_bits(), 0x7f);
        assert_eq!(E4m3::round(f32::NEG_INFINITY).to_bits(), 0xff);
        assert_eq!(E5m2::round(61439.0).to_bits(), 0x7b);
        assert_eq!(E5m2::round(-61440.0).to_bits(), 0xfc);
        for x in [449.0, 1e30, f32::INFINITY] {
            assert_eq!(E4m3Saturating::round(-x).to_bits(), 0xfe);
        }
        assert_eq!(E5m2Saturating::round(f32::INFINITY).to_bits(), 0x7b);
        assert!(E4m3Saturating::round(f32::NAN).to_f32().is_nan() && E5m2Saturating::round(f32::NAN).to_f32().is_nan());
    }

    /// The short ways of sums, products and quotients are those through f32, infinities and NaNs included.
    fn computes_as_f32_does<L: Layout8, const SATURATES: bool>() {
        let numbers = || (0..=255).map(Fp8::<L, SATURATES>::from_bits);
        for (x, y) in numbers().flat_map(|x| numbers().map(move |y| (x, y))) {
            let (a, b) = (x.to_f32(), y.to_f32());
            for (ours, exact) in [
                (Format::add(x, y), a + b),
                (Format::sub(x, y), a - b),
                (Format::mul(x, y), a * b),
                (Format::div(x, y), a / b),
            ] {
                let theirs = Fp8::<L, SATURATES>::round(exact);
                assert!(
                    ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(),
                    "{x} {y} {ours} {theirs}"
                );
            }
            assert_eq!((x == y, x < y, x > y, x <= y, x >= y), (a == b, a < b, a > b, a <= b, a >= b), "{x} {y}");
            assert!(Format::max(x, y).to_bits() == if a > b || a.is_nan() { x } else { y }.to_bits());
        }
    }

    #[test]
    fn arithmetic_and_comparisons_are_those_of_f32() {
        computes_as_f32_does::<E4m3Layout, false>();
        computes_as_f32_does::<E4m3Layout, true>();
        computes_as_f32_does::<E5m2Layout, false>();
        computes_as_f32_does::<E5m2Layout, true>();
    }

    #[test]
    fn a_measured_error_counts_what_saturation_cut_off() {
        let x = E4m3Saturating::from_f64(400.0);
        let (sum, product) = (Format::add(x, x), Format::mul(x, x));
        assert_eq!(E4m3Saturating::add_error(x, x, sum).get(), (2.0 * x.to_f64() - 448.0) * (1.0 + f64::EPSILON));
        assert_eq!(E4m3Saturating::mul_error(x, x, product).get(), x.to_f64() * x.to_f64() - 448.0);
        assert!(!sum.half_ulp().is_finite());
    }

    #[test]
    fn a_rounding_error_is_never_more_than_half_an_ulp() {
        errors_are_measured(&(0..0xff).map(E4m3::from_bits));
        errors_are_measured(&(0..0xff).map(E5m2::from_bits));
        errors_are_measured(&(0..0xff).map(E4m3Saturating::from_bits));
        errors_are_measured(&(0..0xff).map(E5m2Saturating::from_bits));
    }
}
