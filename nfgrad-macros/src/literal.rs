//! Real numbers that are written: decimal literals, with the nearest f64 and whether it is the same; and constants of the module.

use std::ops::Neg;

use crate::ast::Symbol;

/// A real number that is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Real {
    /// `0.1`.
    Decimal(Decimal),
    /// `EPS`, whose value rustc knows.
    Named(Named),
}

/// A constant of the module: an f64 or an integer, which is the number that is meant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Named {
    pub(crate) path: Symbol,
    /// `-EPS` is meant.
    pub(crate) negative: bool,
    pub(crate) needs: Needs,
}

/// What a number must be where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    /// A divisor is not 0.
    NotZero,
    /// An `eps` is more than 0.
    Positive,
}

impl Neg for Real {
    type Output = Self;

    fn neg(self) -> Self {
        match self {
            Real::Decimal(decimal) => {
                let text = match decimal.text.strip_prefix('-') {
                    Some(text) => text.to_owned(),
                    None => format!("-{}", decimal.text),
                };
                Real::Decimal(Decimal { text, nearest: -decimal.nearest, ..decimal })
            }
            Real::Named(named) => Real::Named(Named { negative: !named.negative, ..named }),
        }
    }
}

impl Real {
    /// The constant of the module that it is.
    pub(crate) fn constant(&self) -> Option<&Symbol> {
        match self {
            Real::Decimal(_) => None,
            Real::Named(named) => Some(&named.path),
        }
    }

    /// The number with what it must be, if only rustc can tell whether it is.
    pub(crate) fn that_needs(self, needs: Needs) -> Self {
        match self {
            Real::Named(named) => Real::Named(Named { needs, ..named }),
            decimal @ Real::Decimal(_) => decimal,
        }
    }
}

/// A decimal number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decimal {
    /// The digits as written, without underscores.
    pub(crate) text: String,
    pub(crate) nearest: f64,
    /// The decimal is exactly `nearest`.
    pub(crate) exact: bool,
}

/// Why a literal is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Large,
    Small,
    Long,
}

/// No decimal in the range of f64 needs more digits to be a sensible constant, and each costs time.
const MAX_DIGITS: usize = 300;

impl Decimal {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: String = whole.chars().chain(fraction.chars()).filter(char::is_ascii_digit).collect();
        if digits.len() > MAX_DIGITS {
            return Err(Refusal::Long);
        }
        // `str::parse` rounds to nearest, whatever the digits.
        let nearest: f64 = text.parse().map_err(|_| Refusal::Large)?;
        let zero = digits.bytes().all(|digit| digit == b'0');
        if !nearest.is_finite() {
            return Err(Refusal::Large);
        }
        if !zero && !nearest.is_normal() {
            return Err(Refusal::Small);
        }
        // Not zero and in range with at most 300 digits: the exponent has few digits itself.
        let exponent = if zero { 0 } else { exponent.parse::<i32>().map_err(|_| Refusal::Large)? };
        let exponent = exponent - i32::try_from(fraction.len()).map_err(|_| Refusal::Long)?;
        let exact = zero || is_exact(&digits, exponent, nearest);
        Ok(Self { text: text.to_owned(), nearest, exact })
    }
}

/// Whether `digits * 10^exponent` is `|nearest|`, in integers.
fn is_exact(digits: &str, exponent: i32, nearest: f64) -> bool {
    let bits = nearest.abs().to_bits();
    // nearest = mantissa * 2^power, for it is normal.
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    let power = i32::try_from(bits >> 52).unwrap_or_default() - 1075;
    let mut left = Natural::default();
    for digit in digits.bytes() {
        left.multiply_add(10, u64::from(digit - b'0'));
    }
    let mut right = Natural::default();
    right.multiply_add(1, mantissa >> 32);
    right.multiply_add(1 << 32, mantissa & WORD);
    // Negative powers are moved to the other side, so that both sides are integers.
    left.scale(10, exponent);
    right.scale(10, -exponent);
    left.scale(2, -power);
    right.scale(2, power);
    left == right
}

/// The bits of a word of [`Natural`].
const WORD: u64 = u32::MAX as u64;

/// A natural number of any size: words of 32 bits, the lowest first, no leading zero.
#[derive(Debug, Default, PartialEq, Eq)]
struct Natural(Vec<u64>);

impl Natural {
    /// `self * factor + summand`, for a factor up to 2^32 and a summand below it.
    fn multiply_add(&mut self, factor: u64, summand: u64) {
        let mut carry = summand;
        for word in &mut self.0 {
            // A word and the carry are below 2^32: (2^32 - 1) 2^32 + 2^32 - 1 < 2^64.
            let product = *word * factor + carry;
            *word = product & WORD;
            carry = product >> 32;
        }
        if carry != 0 {
            self.0.push(carry);
        }
    }

    /// `self * base^exponent`, or nothing if the exponent is not positive.
    fn scale(&mut self, base: u64, exponent: i32) {
        for _ in 0..exponent {
            self.multiply_add(base, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> bool {
        Decimal::parse(text).expect("a literal in range").exact
    }

    #[test]
    fn sums_of_few_powers_of_two_are_exact() {
        for text in [
            "0",
            "0.0",
            "-0.0",
            "0e999999999999",
            "1",
            "2",
            "0.5",
            "0.375",
            "1e3",
            "-1.25e-1",
            "9007199254740992",
            "1e22",
        ] {
            assert!(exact(text), "{text}");
        }
        // 2^-30 with all its digits.
        assert!(exact("0.000000000931322574615478515625"));
    }

    #[test]
    fn tenths_and_long_integers_are_not() {
        for text in ["0.1", "1e-3", "0.3", "9007199254740993", "1e23", "0.000000000931322574615478515624", "3.14159"] {
            assert!(!exact(text), "{text}");
        }
        assert_eq!(Decimal::parse("0.1").map(|decimal| decimal.nearest), Ok(0.1));
    }

    #[test]
    fn what_f64_cannot_hold_is_refused() {
        assert_eq!(Decimal::parse("1e400"), Err(Refusal::Large));
        assert_eq!(Decimal::parse("1e-400"), Err(Refusal::Small));
        assert_eq!(Decimal::parse("1e-310"), Err(Refusal::Small));
        assert_eq!(Decimal::parse("1e99999999999"), Err(Refusal::Large));
        assert_eq!(Decimal::parse(&format!("0.{}1", "0".repeat(300))), Err(Refusal::Long));
    }
}
