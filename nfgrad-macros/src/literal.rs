//! Decimal literals: the real number that was written, the nearest f64, and whether they are the same.

/// A decimal number that may scale a tensor.
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
    TooLarge,
    TooSmall,
    TooLong,
}

/// No decimal in the range of f64 needs more digits to be a sensible constant, and each costs time.
const MAX_DIGITS: usize = 300;

impl Decimal {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: String = whole.chars().chain(fraction.chars()).filter(char::is_ascii_digit).collect();
        if digits.len() > MAX_DIGITS {
            return Err(Refusal::TooLong);
        }
        // `str::parse` rounds to nearest, whatever the digits.
        let nearest: f64 = text.parse().map_err(|_| Refusal::TooLarge)?;
        let zero = digits.bytes().all(|digit| digit == b'0');
        if !nearest.is_finite() {
            return Err(Refusal::TooLarge);
        }
        if !zero && !nearest.is_normal() {
            return Err(Refusal::TooSmall);
        }
        // Not zero and in range with at most 300 digits: the exponent has few digits itself.
        let exponent = if zero { 0 } else { exponent.parse::<i32>().map_err(|_| Refusal::TooLarge)? };
        let exponent = exponent - i32::try_from(fraction.len()).map_err(|_| Refusal::TooLong)?;
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
        left.multiply_add(10, u32::from(digit - b'0'));
    }
    let mut right = Natural::default();
    right.multiply_add(1, (mantissa >> 32) as u32);
    right.shift_word();
    right.multiply_add(1, (mantissa & u64::from(u32::MAX)) as u32);
    // Negative powers are moved to the other side, so that both sides are integers.
    left.scale(10, exponent);
    right.scale(10, -exponent);
    left.scale(2, -power);
    right.scale(2, power);
    left == right
}

/// A natural number of any size: 32 bits a digit, the lowest first, no leading zero.
#[derive(Debug, Default, PartialEq, Eq)]
struct Natural(Vec<u32>);

impl Natural {
    /// `self * factor + summand`.
    fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for word in &mut self.0 {
            // (2^32 - 1)^2 + 2^32 - 1 < 2^64
            let product = u64::from(*word) * u64::from(factor) + carry;
            *word = (product & u64::from(u32::MAX)) as u32;
            carry = product >> 32;
        }
        if carry != 0 {
            self.0.push(carry as u32);
        }
    }

    /// `self * 2^32`.
    fn shift_word(&mut self) {
        if !self.0.is_empty() {
            self.0.insert(0, 0);
        }
    }

    /// `self * base^exponent`, or nothing if the exponent is not positive.
    fn scale(&mut self, base: u32, exponent: i32) {
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
        for text in ["0", "0.0", "-0.0", "0e999999999999", "1", "2", "0.5", "0.375", "1e3", "-1.25e-1", "9007199254740992", "1e22"] {
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
        assert_eq!(Decimal::parse("1e400"), Err(Refusal::TooLarge));
        assert_eq!(Decimal::parse("1e-400"), Err(Refusal::TooSmall));
        assert_eq!(Decimal::parse("1e-310"), Err(Refusal::TooSmall));
        assert_eq!(Decimal::parse("1e99999999999"), Err(Refusal::TooLarge));
        assert_eq!(Decimal::parse(&format!("0.{}1", "0".repeat(300))), Err(Refusal::TooLong));
    }
}
