//! [`Nf`]: a number of a format, and how the exact result of an operation is rounded to one.

use std::cmp::Ordering;
use std::marker::PhantomData;

use super::digits::{Digits, Rest, convert, count, power};
use super::{ExponentFunction, Flt, NearestEven, Rounding};
use crate::bound::Up;

/// A number of the format NF(`RADIX`, `E`, `R`): radix, exponent function and rounding, in the manner of Flocq and TorchLean.
///
/// Each operation is carried out exactly, in integers, and rounded once; a function, with as many digits as that takes. That is slow (see the [module](super)) and made for
/// formats that no hardware has, and for checking those that it has.
///
/// ```
/// use nfgrad::format::{Flx, Format, NearestEven, Nf, Upward};
/// // Ten digits... of a pocket calculator.
/// type Decimal = Nf<10, Flx<10>, NearestEven>;
/// let third = Decimal::ONE.div(Decimal::from_f64(3.0));
/// assert_eq!(third.to_string(), "0.3333333333");
/// assert_eq!("0.1".parse::<Nf<10, Flx<3>, Upward>>().unwrap().to_string(), "0.1");
/// assert_eq!(Nf::<10, Flx<3>, Upward>::from_f64(0.1).to_string(), "0.101"); // the f64 is above a tenth
/// ```
///
/// The number is `mantissa RADIX^exponent`, with the exponent that the exponent function says. Zero has no sign.
///
/// # Limits
///
/// The digits of a number must fit into 53 bits (50, if the radix is no power of two), and a number must be within the
/// range of f64: what is larger is an infinity, and what is smaller than a format without smallest number can be in here is
/// a NaN. Formats with other parameters do not compile:
///
/// ```compile_fail
/// use nfgrad::format::{Flx, Format, NearestEven, Nf};
/// Nf::<10, Flx<20>, NearestEven>::from_f64(1.0);
/// ```
#[derive(Clone, Copy)]
pub struct Nf<const RADIX: u32, E, R> {
    mantissa: i64,
    exponent: i32,
    format: PhantomData<(E, R)>,
}

/// The exponent of what is not finite.
const SPECIAL: i32 = i32::MAX;

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Nf<RADIX, E, R> {
    /// Zero.
    pub const ZERO: Self = Self::raw(0, 0);
    /// What is larger than every number.
    pub const INFINITY: Self = Self::raw(1, SPECIAL);
    /// What is below every number.
    pub const NEG_INFINITY: Self = Self::raw(-1, SPECIAL);
    /// Not a number.
    pub const NAN: Self = Self::raw(0, SPECIAL);
    /// One.
    #[allow(clippy::cast_possible_truncation, reason = "at most 53 bits")]
    pub const ONE: Self = {
        // The exponent of 1 is that of the unit that is one `PRECISION`-th of a digit below.
        let below = match (E::PRECISION, E::LEAST) {
            (Some(p), Some(least)) if !E::FLUSHES && least > 1 - p.cast_signed() => -least,
            (Some(p), _) => p.cast_signed() - 1,
            (None, Some(least)) => -least,
            (None, None) => 0,
        };
        match power(RADIX, below as i64) {
            Some(mantissa) => Self::raw(mantissa as i64, -below),
            None => Self::NAN,
        }
    };
    /// The most digits that a number may have.
    pub(super) const DIGITS: i64 = {
        assert!(RADIX >= 2 && RADIX <= 16, "the radix is between 2 and 16");
        let room = if Self::IS_BINARY { 53 } else { 50 };
        // As many digits as fit.
        let mut most = 0;
        while let Some(n) = power(RADIX, most + 1)
            && n <= 1 << room
        {
            most += 1;
        }
        match E::PRECISION {
            Some(p) => {
                assert!(p >= 1 && p as i64 <= most, "a number needs a digit, and no more than fit into 53 bits, or 50");
                p as i64
            }
            None => most,
        }
    };
    /// Whether every number is an f64.
    pub(super) const IS_BINARY: bool = RADIX.is_power_of_two();
    /// All numbers are below the radix to this, and above it to minus this if the radix is no power of two.
    const RANGE: i64 = {
        // At least 1024 log2 n, for n from 2 to 16.
        let log = [1024, 1624, 2048, 2378, 2648, 2875, 3072, 3247, 3402, 3543, 3672, 3790, 3899, 4001, 4096];
        (if Self::IS_BINARY { 1024 } else { 1000 }) * 1024 / log[RADIX as usize - 2]
    };
    /// The limit of the numbers: the format's or ours.
    const LIMIT: i64 = {
        let limit = match (E::LIMIT, E::PRECISION) {
            (Some(limit), _) => limit as i64,
            _ => Self::RANGE,
        };
        assert!(limit <= Self::RANGE, "numbers must be within the range of f64");
        let fixed = match (E::PRECISION, E::LEAST) {
            (None, Some(least)) => least as i64 + Self::DIGITS,
            _ => limit,
        };
        assert!(fixed >= 1, "1 must be a number of the format");
        if fixed < limit { fixed } else { limit }
    };
    /// The least exponent of a number.
    const LAST: i64 = {
        let ours = if Self::IS_BINARY { -1074 / RADIX.trailing_zeros() as i64 } else { -Self::RANGE };
        match E::LEAST {
            Some(least) => {
                assert!(least <= 0, "1 must be a number of the format");
                let last = least as i64 - if E::FLUSHES { Self::DIGITS - 1 } else { 0 };
                assert!(last >= ours, "numbers must be within the range of f64");
                last
            }
            None => ours,
        }
    };

    const fn raw(mantissa: i64, exponent: i32) -> Self {
        Self { mantissa, exponent, format: PhantomData }
    }

    const fn special(negative: bool) -> Self {
        Self::raw(if negative { -1 } else { 1 }, SPECIAL)
    }

    /// Neither infinite nor NaN.
    pub const fn is_finite(self) -> bool {
        self.exponent != SPECIAL
    }

    /// Not a number.
    pub const fn is_nan(self) -> bool {
        !self.is_finite() && self.mantissa == 0
    }

    /// Below zero.
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Mantissa and exponent: the number is `mantissa RADIX^exponent`. `None` unless it is finite.
    pub const fn parts(self) -> Option<(i64, i32)> {
        if self.is_finite() { Some((self.mantissa, self.exponent)) } else { None }
    }

    /// The `n` with `RADIX^(n-1) <= |self| < RADIX^n`. `None` for zero and what is not finite.
    pub fn mag(self) -> Option<i64> {
        (self.is_finite() && self.mantissa != 0).then(|| self.digits().magnitude(RADIX))
    }

    /// The magnitude of a finite number.
    pub(super) fn digits(self) -> Digits {
        Digits::exact(self.mantissa.unsigned_abs().into(), self.exponent.into())
    }

    /// The same magnitude with a sign.
    pub(super) fn signed(self, negative: bool) -> Self {
        Self::raw(if negative { -self.mantissa.abs() } else { self.mantissa.abs() }, self.exponent)
    }

    /// The number nearest to an exact one in the direction of the rounding, and at least how far it is from it.
    pub(super) fn round(negative: bool, x: Digits) -> (Self, Up) {
        if x.mantissa == 0 && x.rest == Rest::Zero {
            return (Self::ZERO, Up::ZERO);
        }
        let size = x.magnitude(RADIX);
        if size > Self::LIMIT {
            return (Self::special(negative), Up::INFINITY);
        }
        let last = E::exponent(size);
        if last < Self::LAST {
            // A format without smallest number, and a number too small to be kept.
            return (Self::NAN, Up::INFINITY);
        }
        let kept = x.with_exponent(last, RADIX);
        let flushed = E::FLUSHES && kept.mantissa == 0;
        let away = kept.rest != Rest::Zero && !flushed && R::is_away(negative, kept.mantissa % 2 == 1, kept.rest);
        let result = Self::canonical(negative, kept.mantissa + u128::from(away), last);
        (result, if result.is_finite() { error(x, kept, away, RADIX) } else { Up::INFINITY })
    }

    /// `mantissa RADIX^exponent`, a number of the format unless it is too large.
    fn canonical(negative: bool, mantissa: u128, exponent: i64) -> Self {
        if mantissa == 0 {
            return Self::ZERO;
        }
        let size = count(mantissa, RADIX) + exponent;
        if size > Self::LIMIT {
            return Self::special(negative);
        }
        let last = E::exponent(size);
        let kept = Digits::exact(mantissa, exponent).with_exponent(last, RADIX);
        debug_assert!(kept.rest == Rest::Zero, "a carry leaves zeros behind");
        #[allow(clippy::cast_possible_truncation, reason = "53 bits, and an exponent of f64")]
        let number = Self::raw(kept.mantissa as i64, last as i32);
        number.signed(negative)
    }

    /// One unit in the last place: exactly, or rounded up if the radix is no power of two. Of zero it is the smallest positive
    /// number, or 0 if there is none; ∞ of what is not finite.
    pub fn ulp(self) -> Up {
        match (self.parts(), E::LEAST) {
            (None, _) => Up::INFINITY,
            (Some((0, _)), None) => Up::ZERO,
            (Some((0, _)), Some(least)) => unit(RADIX, least.into()),
            (Some((_, exponent)), _) => unit(RADIX, exponent.into()),
        }
    }

    /// At least the error of every rounding to this number: half a unit to nearest, otherwise a whole one.
    pub(super) fn rounding_error(self) -> Up {
        // What is flushed may have been as large as the smallest number.
        let half = R::TO_NEAREST && !(E::FLUSHES && self.mantissa == 0);
        let ulp = self.ulp().get();
        // Half of the smallest f64 is none.
        let least = if ulp > 0.0 { f64::from_bits(1) } else { 0.0 };
        if half { Up::new((ulp * 0.5).max(least)) } else { Up::new(ulp) }
    }

    /// The nearest f64: exactly this number, if the radix is a power of two.
    pub(super) fn nearest_f64(self) -> f64 {
        if !self.is_finite() {
            return if self.mantissa == 0 { f64::NAN } else { f64::INFINITY.copysign(self.mantissa as f64) };
        }
        if self.mantissa == 0 {
            return 0.0;
        }
        if Self::IS_BINARY {
            #[allow(clippy::cast_possible_wrap, reason = "between 1 and 4")]
            return scaled(self.mantissa as f64, self.exponent * RADIX.trailing_zeros() as i32);
        }
        let digits = convert(self.mantissa.unsigned_abs().into(), RADIX, self.exponent.into(), 2, 60);
        let (double, _) = Nf::<2, Flt<-1074, 53>, NearestEven>::round(self.is_negative(), digits);
        double.nearest_f64()
    }

    /// An f64, exactly: its sign and digits. `None` unless it is finite.
    pub(super) fn digits_of(x: f64) -> Option<(bool, Digits)> {
        let bits = x.to_bits();
        let (field, fraction) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
        let (mantissa, exponent) =
            if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field.cast_signed() - 1075) };
        let zeros = mantissa.trailing_zeros() % 64;
        let digits = if mantissa == 0 {
            Digits::exact(0, 0)
        } else {
            convert((mantissa >> zeros).into(), 2, exponent + i64::from(zeros), RADIX, Self::DIGITS + 1)
        };
        x.is_finite().then_some((x.is_sign_negative(), digits))
    }

    /// The number nearest to an f64 in the direction of the rounding.
    pub(super) fn of_f64(x: f64) -> Self {
        match Self::digits_of(x) {
            Some((negative, digits)) => Self::round(negative, digits).0,
            None if x.is_nan() => Self::NAN,
            None => Self::special(x < 0.0),
        }
    }

    /// The same number in the format that differs in nothing but how it rounds.
    pub(super) fn rounded_as<S: Rounding>(self) -> Nf<RADIX, E, S> {
        Nf { mantissa: self.mantissa, exponent: self.exponent, format: PhantomData }
    }

    /// Whether an f64 is a number of the format.
    pub fn contains(x: f64) -> bool {
        Self::digits_of(x).is_some_and(|(negative, digits)| Self::round(negative, digits).1 == Up::ZERO)
    }

    /// The least number above this one; an infinity above the largest. Of zero in a format without smallest number, and of a
    /// NaN, it is a NaN.
    #[must_use]
    pub fn next_up(self) -> Self {
        if self.mantissa < 0 { self.toward_zero() } else { self.away_from_zero(false) }
    }

    /// The largest number below this one; see [`Nf::next_up`].
    #[must_use]
    pub fn next_down(self) -> Self {
        if self.mantissa > 0 { self.toward_zero() } else { self.away_from_zero(true) }
    }

    fn away_from_zero(self, negative: bool) -> Self {
        match (self.parts(), E::LEAST) {
            (None, _) => self,
            (Some((0, _)), None) => Self::NAN,
            (Some((0, _)), Some(least)) => Self::canonical(negative, 1, least.into()),
            (Some((mantissa, exponent)), _) => {
                Self::canonical(negative, u128::from(mantissa.unsigned_abs()) + 1, exponent.into())
            }
        }
    }

    fn toward_zero(self) -> Self {
        let negative = self.is_negative();
        let Some((mantissa, exponent)) = self.parts() else {
            // Below an infinity is the largest number.
            let last = E::exponent(Self::LIMIT);
            return match power(RADIX, Self::LIMIT - last) {
                Some(limit) if !self.is_nan() => Self::canonical(negative, limit - 1, last),
                _ => Self::NAN,
            };
        };
        let (mantissa, exponent) = (u128::from(mantissa.unsigned_abs()), i64::from(exponent));
        let size = count(mantissa, RADIX) + exponent;
        let is_power = power(RADIX, size - 1 - exponent) == Some(mantissa);
        let finer = E::exponent(size - 1);
        if is_power && E::FLUSHES && finer > exponent {
            // The smallest normal number.
            return Self::ZERO;
        }
        if is_power && finer < exponent && finer >= Self::LAST {
            return Self::canonical(negative, mantissa * u128::from(RADIX) - 1, exponent - 1);
        }
        Self::canonical(negative, mantissa - 1, exponent)
    }
}

/// At least the distance between `x` and what was kept of it, one unit more if `away`.
fn error(x: Digits, kept: Digits, away: bool, radix: u32) -> Up {
    if kept.rest == Rest::Zero {
        return Up::ZERO;
    }
    // Below one unit of `x`, if that is not exact.
    let doubt = u128::from(x.rest != Rest::Zero);
    let whole = power(radix, kept.exponent - x.exponent);
    let (part, exponent) = match whole {
        Some(whole) if away => (whole - x.mantissa % whole, x.exponent),
        Some(whole) => (x.mantissa % whole + doubt, x.exponent),
        None if away => {
            // A unit less a number far below it; `unit` is above `radix^n` by far less than 2^-40 of it.
            let low = x.mantissa as f64 * unit(radix, x.exponent).get() * (1.0 - 2f64.powi(-40));
            return Up::new((unit(radix, kept.exponent).get() - low).next_up());
        }
        None => (x.mantissa + doubt, x.exponent),
    };
    // The conversion is off by at most one rounding, which `Up` makes up for.
    Up::of_rounded_sum(part as f64) * unit(radix, exponent)
}

/// At least `radix^n`; exactly, if the radix is a power of two.
pub(super) fn unit(radix: u32, n: i64) -> Up {
    #[allow(clippy::cast_possible_truncation, reason = "the exponents of numbers that f64 holds")]
    let n = n as i32;
    if radix.is_power_of_two() {
        #[allow(clippy::cast_possible_wrap, reason = "between 1 and 4")]
        return Up::new(scaled(1.0, n * radix.trailing_zeros() as i32).max(f64::from_bits(1)));
    }
    let (mut power, mut base, mut left) = (Up::new(1.0), Up::new(f64::from(radix)), n.unsigned_abs());
    if n < 0 {
        base = Up::new(1.0).over(f64::from(radix));
    }
    while left > 0 {
        if left % 2 == 1 {
            power = power * base;
        }
        base = base * base;
        left /= 2;
    }
    power
}

/// `x 2^n`, exactly if it is a number of f64.
fn scaled(x: f64, n: i32) -> f64 {
    // Two steps, so that neither factor is beyond the range of f64; exact, since the result is.
    let half = n / 2;
    x * 2f64.powi(half) * 2f64.powi(n - half)
}

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Default for Nf<RADIX, E, R> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> PartialEq for Nf<RADIX, E, R> {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl<const RADIX: u32, E: ExponentFunction, R: Rounding> PartialOrd for Nf<RADIX, E, R> {
    /// Of two numbers of one sign that with the larger exponent is larger: the exponent function grows with the number.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.is_nan() || other.is_nan() {
            return None;
        }
        let signs = self.mantissa.signum().cmp(&other.mantissa.signum());
        let sizes = (self.exponent, self.mantissa.abs()).cmp(&(other.exponent, other.mantissa.abs()));
        Some(signs.then(if self.mantissa < 0 { sizes.reverse() } else { sizes }))
    }
}
