//! Decimal literals.

use super::WideBall;

impl<const K: usize> WideBall<K> {
    /// The number that is written, such as `-1.5e-3` or `1_000`: exactly, if it has room, or off by some units in the last place. `None` if it is no decimal number.
    ///
    /// The digits are one integer, times or over a power of ten: all by operations of balls.
    pub fn decimal(text: &str) -> Option<Self> {
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = digits.strip_prefix('-').map_or((false, digits), |digits| (true, digits));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let figures = || whole.chars().chain(part.chars()).filter(|c| *c != '_');
        figures().next()?;
        let mut mantissa = Self::ZERO;
        for figure in figures() {
            let figure = figure.to_digit(10)?;
            mantissa = mantissa.times(10) + Self::from(f64::from(figure));
        }
        let places = i64::try_from(part.chars().filter(|c| *c != '_').count()).ok()?;
        // Beyond these no exponent of a number follows.
        let exponent = i64::from(i32::try_from(exponent.checked_sub(places)?).ok()?);
        let power = Self::from(10.0).powi(exponent.abs());
        let size = if exponent < 0 { mantissa / power } else { mantissa * power };
        Some(if negative { -size } else { size })
    }
}
