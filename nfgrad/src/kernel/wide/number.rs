//! [`Wide`]: an exact binary number of `K` words.

use std::cmp::Ordering;
use std::fmt;

use super::radius::{Radius, power};
use super::words::{self, leading_zeros};
use super::{MAX_EXPONENT, MIN_EXPONENT, WideBall};

/// A number `± 0.m 2^exponent` whose fraction `m` is `K` words of 64 bits with a leading 1, or 0. Always finite.
///
/// `K` is 2, 4 or 8: 128, 256 or 512 bits.
///
/// Zero has no sign and the exponent [`i32::MIN`], so that equal numbers have equal fields and the larger exponent is that of the larger number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Wide<const K: usize> {
    /// The least significant word first.
    pub(super) words: [u64; K],
    pub(super) exponent: i32,
    pub(super) negative: bool,
}

impl<const K: usize> Default for Wide<K> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<const K: usize> Wide<K> {
    /// Zero.
    pub const ZERO: Self = {
        assert!(matches!(K, 2 | 4 | 8), "two, four or eight words");
        Self { words: [0; K], exponent: i32::MIN, negative: false }
    };
    /// One.
    pub const ONE: Self = Self::power_of_two(0);
    /// How many bits a number has.
    pub const BITS: u32 = 64 * K as u32;

    /// `2^n`, for an `n` in the range of exponents.
    pub(super) const fn power_of_two(n: i32) -> Self {
        let mut words = [0; K];
        words[K - 1] = 1 << 63;
        Self { words, exponent: n + 1, ..Self::ZERO }
    }

    /// The f64 itself; nothing if it is not finite.
    #[inline]
    pub fn new(x: f64) -> Option<Self> {
        let (negative, m, e) = super::parts(x);
        x.is_finite().then(|| Self::of_u64(negative, m, e))
    }

    /// `± m 2^e`, for an exponent far within the range.
    #[inline]
    pub(super) fn of_u64(negative: bool, m: u64, e: i32) -> Self {
        if m == 0 {
            return Self::ZERO;
        }
        let zeros = m.leading_zeros();
        let mut words = [0; K];
        words[K - 1] = m << zeros;
        Self { words, exponent: e + 64 - zeros.cast_signed(), negative }
    }

    /// An integer.
    #[inline]
    pub fn integer(n: i64) -> Self {
        Self::of_u64(n < 0, n.unsigned_abs(), 0)
    }

    /// Whether it is 0.
    #[inline]
    pub const fn is_zero(&self) -> bool {
        self.exponent == i32::MIN
    }

    /// Whether it is below 0.
    #[inline]
    pub const fn is_negative(&self) -> bool {
        self.negative
    }

    /// The magnitude lies in `[2^(exponent - 1), 2^exponent)`; [`i32::MIN`] for 0.
    #[inline]
    pub const fn exponent(&self) -> i32 {
        self.exponent
    }

    /// The number is a multiple of `2` to this, and of no higher power; beyond all exponents for 0.
    #[inline]
    pub(super) fn lowest_bit(&self) -> i64 {
        let Some(i) = self.words.iter().position(|word| *word != 0) else { return i64::MAX };
        i64::from(self.exponent) - 64 * (K - i) as i64 + i64::from(self.words[i].trailing_zeros())
    }

    /// The magnitude.
    #[inline]
    #[must_use]
    pub const fn abs(self) -> Self {
        Self { negative: false, ..self }
    }

    /// The number with the other sign.
    #[inline]
    #[must_use]
    pub const fn neg(self) -> Self {
        Self { negative: !self.negative & !self.is_zero(), ..self }
    }

    /// The number times `2^n`, exactly, or unknown.
    #[inline]
    pub fn scaled(self, n: i64) -> WideBall<K> {
        if self.is_zero() {
            return self.into();
        }
        Self::rounded(self.negative, self.words, 0, i64::from(self.exponent) + n)
    }

    /// At least the magnitude.
    #[inline]
    pub fn at_most(&self) -> Radius {
        let inexact = self.words[..K - 1].iter().any(|word| *word != 0);
        // The leading word rounded up to a multiple of 2; a carry is no loss, for `up` takes 65 bits by halves.
        match self.words[K - 1].checked_add(u64::from(inexact)) {
            _ if self.is_zero() => Radius::ZERO,
            Some(top) => Radius::up(top, i64::from(self.exponent) - 64),
            None => Radius::power_of_two(i64::from(self.exponent)),
        }
    }

    /// At least the magnitude times `2^-unit`, as an f64 that is 0 or at least `2^least`; ∞ if that is beyond `2^1000`.
    ///
    /// The leading 53 bits and one in their last place.
    #[inline]
    pub(super) fn in_units(&self, unit: i64, least: i64) -> f64 {
        let exponent = i64::from(self.exponent) - unit;
        match exponent {
            _ if self.is_zero() => 0.0,
            _ if exponent > 1000 => f64::INFINITY,
            _ if exponent <= least => power(least),
            _ => ((self.words[K - 1] >> 11) + 1) as f64 * power(exponent - 53),
        }
    }

    /// At most the magnitude.
    #[inline]
    pub fn at_least(&self) -> Radius {
        Radius::down(self.words[K - 1], i64::from(self.exponent) - 64)
    }

    /// `± 0.(words, guard) 2^exponent` rounded to nearest, ties to even, with the distance. The leading bit of the words must be 1.
    ///
    /// One of the last two bits of the guard may stand for anything not 0 from there on ("rounded to odd", and shifted by one since), so the distance,
    /// exact but for that, is taken to be two units of the guard more. Beyond the exponents nothing is known, but that a number is near 0.
    #[inline]
    pub(super) fn rounded(negative: bool, words: [u64; K], guard: u64, exponent: i64) -> WideBall<K> {
        debug_assert!(words[K - 1] >> 63 == 1);
        if guard == 0 {
            return Self::in_range(negative, words, exponent, Radius::ZERO);
        }
        let up = guard > 1 << 63 || guard == 1 << 63 && words[0] & 1 == 1;
        let distance = if up { guard.wrapping_neg() } else { guard };
        let radius = Radius::up(distance + 2, exponent - 64 * (K as i64 + 1));
        let (mut words, carry) = if up { words::increment(words) } else { (words, false) };
        if carry {
            words[K - 1] = 1 << 63;
        }
        Self::in_range(negative, words, exponent + i64::from(carry), radius)
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "in range")]
    fn in_range(negative: bool, words: [u64; K], exponent: i64, radius: Radius) -> WideBall<K> {
        if exponent > i64::from(MAX_EXPONENT) {
            return WideBall::UNKNOWN;
        }
        if exponent < i64::from(MIN_EXPONENT) {
            return WideBall::new(Self::ZERO, Radius::power_of_two(exponent));
        }
        WideBall::new(Self { words, exponent: exponent as i32, negative }, radius)
    }

    /// `± 0.(words, guard) 2^exponent`, whatever their leading bits, [rounded](Wide::rounded).
    #[inline]
    pub(super) fn normalised(negative: bool, words: [u64; K], guard: u64, exponent: i64) -> WideBall<K> {
        if words[K - 1] >> 63 == 1 {
            return Self::rounded(negative, words, guard, exponent);
        }
        if guard == 0 && leading_zeros(&words) == Self::BITS {
            return WideBall::ZERO;
        }
        let (words, guard, moved) = words::normalised(words, guard);
        Self::rounded(negative, words, guard, exponent - i64::from(moved))
    }

    /// `± words 2^exponent`, an integer times a power of two, rounded.
    pub(super) fn of_words(negative: bool, words: &[u64], exponent: i64) -> WideBall<K> {
        let Some(top) = words.iter().rposition(|word| *word != 0) else { return WideBall::ZERO };
        let n = words[top].leading_zeros();
        // The words from the top on, shifted to the left; 0 below the last.
        let word = |i: usize| if i <= top { words[top - i] } else { 0 };
        let part = |i: usize| word(i) << n | word(i + 1) >> 1 >> (63 - n);
        let fraction = std::array::from_fn(|i| part(K - 1 - i));
        let below = word(K + 1) << n != 0 || words[..top.saturating_sub(K + 1)].iter().any(|word| *word != 0);
        let guard = part(K) | u64::from(below);
        Self::rounded(negative, fraction, guard, exponent + 64 * (top as i64 + 1) - i64::from(n))
    }

    /// The order of the magnitudes.
    #[inline]
    pub(super) fn compare_magnitudes(&self, other: &Self) -> Ordering {
        self.exponent.cmp(&other.exponent).then_with(|| words::compare(&self.words, &other.words))
    }
}

impl<const K: usize> PartialOrd for Wide<K> {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const K: usize> Ord for Wide<K> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.compare_magnitudes(other),
            (true, true) => other.compare_magnitudes(self),
            (negative, _) => {
                if negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        }
    }
}

impl<const K: usize> fmt::Debug for Wide<K> {
    /// As a hexadecimal fraction, which is exact: `-0x0.c8p+3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        let low = self.words.iter().position(|word| *word != 0).unwrap_or(0);
        f.write_str(if self.negative { "-0x0." } else { "0x0." })?;
        self.words[low..].iter().rev().try_for_each(|word| write!(f, "{word:016x}"))?;
        write!(f, "p{:+}", self.exponent)
    }
}

impl<const K: usize> fmt::Display for Wide<K> {
    /// The nearest f64, as that is displayed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_f64(), f)
    }
}

impl<const K: usize> Wide<K> {
    /// Sign, words (the least significant first, the leading bit of the last being 1) and exponent.
    pub const fn raw(&self) -> (bool, [u64; K], i32) {
        (self.negative, self.words, self.exponent)
    }

    /// The number of these; 0 if the leading bit is not 1 or the exponent out of range.
    pub fn from_raw(negative: bool, words: [u64; K], exponent: i32) -> Self {
        let valid = words[K - 1] >> 63 == 1 && (MIN_EXPONENT..=MAX_EXPONENT).contains(&exponent);
        if valid { Self { words, exponent, negative } } else { Self::ZERO }
    }

    /// A finite radius as a number, exactly.
    ///
    /// # Panics
    /// If the radius is ∞, which is no number.
    pub fn of(radius: Radius) -> Self {
        Self::of_radius(radius)
    }
}
