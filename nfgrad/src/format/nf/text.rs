//! Numbers as text: exact decimals in, the shortest f64 out.

use std::fmt::{self, Debug, Display};
use std::str::FromStr;

use super::digits::{Digits, convert};
use super::{ExponentFunction, Nf, Rounding};

/// What is wrong with the text of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseNfError {
    /// Not of the form `-12.34e-5`.
    Syntax,
    /// More than 19 digits, or an exponent beyond those of f64.
    TooLong,
}

impl Display for ParseNfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "not a decimal number such as -12.34e-5",
            Self::TooLong => "more than 19 digits, or an exponent beyond 300",
        })
    }
}

impl std::error::Error for ParseNfError {}

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> FromStr for Nf<RADIX, E, R> {
    type Err = ParseNfError;

    /// A decimal number, such as `-12.34e-5`, rounded once.
    fn from_str(text: &str) -> Result<Self, ParseNfError> {
        let (negative, digits) = decimal(text)?;
        if digits.mantissa == 0 {
            return Ok(Self::ZERO);
        }
        if !(-300..=300).contains(&digits.exponent) {
            return Err(ParseNfError::TooLong);
        }
        let digits = convert(digits.mantissa, 10, digits.exponent, RADIX, Self::DIGITS + 1);
        Ok(Self::round(negative, digits).0)
    }
}

/// Sign, and digits in radix 10.
fn decimal(text: &str) -> Result<(bool, Digits), ParseNfError> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (significand, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = significand.split_once('.').unwrap_or((significand, ""));
    let fraction = fraction.trim_end_matches('0');
    let all = || whole.bytes().chain(fraction.bytes());
    if (whole.is_empty() && fraction.is_empty()) || !all().all(|digit| digit.is_ascii_digit()) {
        return Err(ParseNfError::Syntax);
    }
    let exponent: i64 = exponent.parse().map_err(|_| ParseNfError::Syntax)?;
    if all().skip_while(|&digit| digit == b'0').count() > 19 || exponent.abs() > 300 {
        return Err(ParseNfError::TooLong);
    }
    let mantissa = all().fold(0, |n, digit| 10 * n + u128::from(digit - b'0'));
    let places = i64::try_from(fraction.len()).map_err(|_| ParseNfError::TooLong)?;
    Ok((negative, Digits::exact(mantissa, exponent - places)))
}

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Display for Nf<RADIX, E, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.nearest_f64(), f)
    }
}

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Debug for Nf<RADIX, E, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            Some((mantissa, exponent)) => write!(f, "{mantissa} * {RADIX}^{exponent}"),
            None => Debug::fmt(&self.nearest_f64(), f),
        }
    }
}
