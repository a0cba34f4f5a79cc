//! Exact positive numbers in any radix, as far as rounding needs them: some leading digits and where the rest lies.

use std::cmp::Ordering;

use crate::kernel::natural::Natural;

/// What is cut off, in units of the last digit that is kept: nothing, or where it lies between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rest {
    /// Nothing is cut off.
    Zero,
    /// Less than one half.
    Below,
    /// Exactly one half: a tie.
    Half,
    /// More than one half.
    Above,
}

impl Rest {
    /// Where `part / whole < 1` lies.
    pub(super) fn of(part: u128, whole: u128) -> Self {
        if part == 0 {
            return Self::Zero;
        }
        match part.cmp(&(whole - part)) {
            Ordering::Less => Self::Below,
            Ordering::Equal => Self::Half,
            Ordering::Greater => Self::Above,
        }
    }

    /// Where `(part + self) / whole < 1` lies, `part` being an integer.
    fn after(self, part: u128, whole: u128) -> Self {
        if self == Self::Zero {
            return Self::of(part, whole);
        }
        // Doubled, the sum lies strictly between two integers, unless the rest is one half.
        match (2 * part).cmp(&(whole - 1)) {
            Ordering::Less => Self::Below,
            Ordering::Greater => Self::Above,
            // The whole is odd: what is behind the point decides.
            Ordering::Equal => self,
        }
    }
}

/// The positive number `(mantissa + rest) radix^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digits {
    pub(super) mantissa: u128,
    pub(super) exponent: i64,
    pub(super) rest: Rest,
}

impl Digits {
    pub(super) fn exact(mantissa: u128, exponent: i64) -> Self {
        Self { mantissa, exponent, rest: Rest::Zero }
    }

    /// The least `n` with `self < radix^n`. The mantissa must not be 0.
    pub(super) fn magnitude(self, radix: u32) -> i64 {
        count(self.mantissa, radix) + self.exponent
    }

    /// The same number with the exponent `exponent`, the digits that this cuts off moved into the rest. A smaller exponent
    /// needs an exact number, and room.
    pub(super) fn with_exponent(self, exponent: i64, radix: u32) -> Self {
        let Self { mantissa, rest, .. } = self;
        if exponent <= self.exponent {
            debug_assert!(rest == Rest::Zero || exponent == self.exponent);
            return Self { mantissa: mantissa * power(radix, self.exponent - exponent).unwrap_or(0), exponent, rest };
        }
        match power(radix, exponent - self.exponent) {
            Some(unit) => Self { mantissa: mantissa / unit, exponent, rest: rest.after(mantissa % unit, unit) },
            // The mantissa is below 2^127 and so less than half of what does not fit into 128 bits.
            None => Self { mantissa: 0, exponent, rest: if mantissa == 0 { rest } else { Rest::Below } },
        }
    }
}

/// How many digits `n > 0` has.
pub(super) const fn count(n: u128, radix: u32) -> i64 {
    if radix == 2 { 128 - n.leading_zeros() as i64 } else { n.ilog(radix as u128) as i64 + 1 }
}

/// `radix^n`, if it is below `2^128`.
pub(super) const fn power(radix: u32, n: i64) -> Option<u128> {
    if n < 0 || n > 127 {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    (radix as u128).checked_pow(n as u32)
}

/// A quotient below `2^128`, rounded down, and where the rest lies.
fn divided(n: &Natural, divisor: &Natural) -> (u128, Rest) {
    let (quotient, remainder) = n.over(divisor);
    let rest = match remainder.shifted_up(1).cmp(divisor) {
        _ if remainder.is_zero() => Rest::Zero,
        Ordering::Less => Rest::Below,
        Ordering::Equal => Rest::Half,
        Ordering::Greater => Rest::Above,
    };
    (quotient.to_u128().expect("few digits are asked for"), rest)
}

/// `mantissa from^exponent` with `digits` to `digits + 3` digits in the radix `to`; all of them, if the number has no more.
/// `0 < mantissa < 2^64`, and the number is within the range of f64.
pub(super) fn convert(mantissa: u128, from: u32, exponent: i64, to: u32, digits: i64) -> Digits {
    if from == to {
        return Digits::exact(mantissa, exponent);
    }
    if from == 2 && to.is_power_of_two() {
        let width = i64::from(to.trailing_zeros());
        let up = exponent.rem_euclid(width);
        return Digits::exact(mantissa << up, exponent.div_euclid(width));
    }
    leading(&Natural::new(mantissa), from, exponent, to, digits)
}

/// The first `digits` to `digits + 3` digits of `mantissa from^exponent` in the radix `to`, and the rest. The mantissa must not be 0.
pub(super) fn leading(mantissa: &Natural, from: u32, exponent: i64, to: u32, digits: i64) -> Digits {
    // The logarithm is off by far less than one digit.
    let beyond = mantissa.bits().saturating_sub(100);
    let size = mantissa.shifted_down(beyond).to_u128().map_or(0.0, |n| (n as f64).log2()) + beyond as f64;
    let log = size + exponent as f64 * f64::from(from).log2();
    #[allow(clippy::cast_possible_truncation, reason = "some thousands")]
    let last = (log / f64::from(to).log2()).floor() as i64 - digits - 1;
    let side = |n: i64| (n.max(0).unsigned_abs(), (-n).max(0).unsigned_abs());
    let ((up, down), (cut, shift)) = (side(exponent), side(last));
    // Of numbers of usual size both fit into 128 bits.
    let small = |n: u128, [a, b]: [u64; 2]| {
        n.checked_mul(power(from, a.cast_signed())?)?.checked_mul(power(to, b.cast_signed())?)
    };
    let numerator = mantissa.to_u128().and_then(|n| small(n, [up, shift]));
    if let (Some(numerator), Some(denominator)) = (numerator, small(1, [down, cut])) {
        let rest = Rest::of(numerator % denominator, denominator);
        return Digits { mantissa: numerator / denominator, exponent: last, rest };
    }
    let numerator = mantissa.clone().times_power(from, up).times_power(to, shift);
    let denominator = Natural::new(1).times_power(from, down).times_power(to, cut);
    let (mantissa, rest) = divided(&numerator, &denominator);
    Digits { mantissa, exponent: last, rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_is_known_in_odd_radices_too() {
        // 0.111... in radix 3 is one half.
        let tail = Digits { mantissa: 13, exponent: -3, rest: Rest::Half };
        let cut = tail.with_exponent(0, 3);
        assert_eq!((cut.mantissa, cut.rest), (0, Rest::Half));
        assert_eq!(Digits { rest: Rest::Below, ..tail }.with_exponent(0, 3).rest, Rest::Below);
        assert_eq!(Digits::exact(25, 0).with_exponent(1, 10).rest, Rest::Half);
        assert_eq!(Digits { mantissa: 25, exponent: 0, rest: Rest::Below }.with_exponent(1, 10).rest, Rest::Above);
        assert_eq!(Digits { mantissa: 24, exponent: 0, rest: Rest::Above }.with_exponent(1, 10).rest, Rest::Below);
        assert_eq!(Digits::exact(1, -1000).with_exponent(0, 10).rest, Rest::Below);
    }

    #[test]
    fn radices_are_converted_exactly() {
        // 2^-3 is 0.125, and 10^3 is 3E8 in radix 16.
        let eighth = convert(1, 2, -3, 10, 3);
        let same = eighth.with_exponent(-3, 10);
        assert_eq!((same.mantissa, same.rest), (125, Rest::Zero));
        let thousand = convert(1, 10, 3, 16, 3).with_exponent(0, 16);
        assert_eq!((thousand.mantissa, thousand.rest), (0x3e8, Rest::Zero));
        // A tenth in binary: 0.0001100110011...
        let tenth = convert(1, 10, -1, 2, 60);
        assert_ne!(tenth.rest, Rest::Zero);
        assert_eq!(tenth.with_exponent(-13, 2).mantissa, 0b11_0011_0011);
        // The largest and the smallest f64 survive the way to radix 10 and back.
        for x in [f64::MAX, f64::from_bits(1), 0.1, 12345.678] {
            let text = format!("{x:e}");
            let (digits, exponent) = text.split_once('e').unwrap();
            let places = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            let mantissa: u128 = digits.replace('.', "").parse().unwrap();
            let exponent = exponent.parse::<i64>().unwrap() - i64::try_from(places).unwrap();
            let binary = convert(mantissa, 10, exponent, 2, 60);
            let last = (binary.magnitude(2) - 53).max(-1074);
            let rounded = binary.with_exponent(last, 2);
            let up = u128::from(rounded.rest > Rest::Half);
            #[allow(clippy::cast_possible_truncation, reason = "the exponents of f64")]
            let (half, rest) = ((last / 2) as i32, (last - last / 2) as i32);
            assert_eq!((rounded.mantissa + up) as f64 * 2f64.powi(half) * 2f64.powi(rest), x);
        }
    }
}
