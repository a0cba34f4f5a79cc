//! `+ - * /` of numbers, rounded once.

use super::words::{self, product, quotient, shifted_left, shifted_right};
use super::{Wide, WideBall};

impl<const K: usize> Wide<K> {
    /// `self + other`, rounded.
    #[inline]
    pub fn add(&self, other: &Self) -> WideBall<K> {
        let (large, small) = if self.compare_magnitudes(other).is_ge() { (self, other) } else { (other, self) };
        if small.is_zero() {
            return (*large).into();
        }
        if self.negative == other.negative { large.plus(small) } else { large.less(small) }
    }

    /// `self - other`, rounded.
    #[inline]
    pub fn sub(&self, other: &Self) -> WideBall<K> {
        self.add(&other.neg())
    }

    /// The words of a smaller number in units of this one's last place, with a guard word that is rounded to odd.
    ///
    /// Why that is enough for a sum or difference that is rounded once: rounding to odd at a unit commutes with adding multiples of two units, and
    /// with the sign; so the sum is what rounding the exact one to odd would give. And rounding to nearest at four or more units does not see the
    /// difference, for a number that was rounded to odd lies on the same side of every multiple of two units as the number itself.
    #[inline]
    fn aligned(&self, small: &Self) -> ([u64; K], u64) {
        shifted_right(&small.words, (i64::from(self.exponent) - i64::from(small.exponent)).unsigned_abs())
    }

    /// The sum of magnitudes, with the sign of this number, the larger one.
    #[inline]
    fn plus(&self, small: &Self) -> WideBall<K> {
        let (b, guard) = self.aligned(small);
        let (sum, carry) = words::add(&self.words, &b, false);
        let exponent = self.exponent.into();
        if !carry {
            return Self::rounded(self.negative, sum, guard, exponent);
        }
        let (sum, low) = halved(&sum, 1);
        Self::rounded(self.negative, sum, low | guard >> 1 | guard & 1, exponent + 1)
    }

    /// The difference of magnitudes, with the sign of this number, the larger one.
    ///
    /// It begins with two or more zeros only if the exponents differ by one at most, and then the guard is exact.
    #[inline]
    fn less(&self, small: &Self) -> WideBall<K> {
        let (b, guard) = self.aligned(small);
        let (difference, _) = words::sub(&self.words, &b, guard != 0);
        Self::normalised(self.negative, difference, guard.wrapping_neg(), self.exponent.into())
    }

    /// `self * other`, rounded.
    #[inline]
    pub fn mul(&self, other: &Self) -> WideBall<K> {
        if self.is_zero() | other.is_zero() {
            return WideBall::ZERO;
        }
        let [low, high] = product(&self.words, &other.words);
        let (negative, exponent) =
            (self.negative != other.negative, i64::from(self.exponent) + i64::from(other.exponent));
        // The product of two fractions in [1/2, 1) lies in [1/4, 1).
        let n = high[K - 1].leading_zeros();
        let guard = low[K - 1] << n | low[K - 2] >> 1 >> (63 - n);
        let rest = low[K - 2] << n != 0 || low[..K - 2].iter().any(|word| *word != 0);
        let high = shifted_left(&high, low[K - 1], n);
        Self::rounded(negative, high, guard | u64::from(rest), exponent - i64::from(n))
    }

    /// `self / other`, rounded; unknown if that is 0.
    ///
    /// A quotient lies in `(1/2, 2)`; half of it, from 1 on. It is no tie: the product of a number of `64 K + 1` bits and another has as many at least.
    /// So a guard says which half the rest is in: 1 for the lower, all ones for the upper; and that is how far off the quotient may be, by a unit.
    #[inline]
    pub fn div(&self, other: &Self) -> WideBall<K> {
        if other.is_zero() {
            return WideBall::UNKNOWN;
        }
        if self.is_zero() {
            return WideBall::ZERO;
        }
        let halve = words::compare(&self.words, &other.words).is_ge();
        let (a, below) = if halve { halved(&self.words, 0) } else { (self.words, 0) };
        let (q, remainder) = quotient(&a, below, &other.words);
        let exponent = i64::from(self.exponent) - i64::from(other.exponent) + i64::from(halve);
        Self::rounded(self.negative != other.negative, q, fraction(&remainder, &other.words), exponent)
    }

    /// The number times an integer, rounded.
    #[inline]
    pub fn times(&self, n: u64) -> WideBall<K> {
        if self.is_zero() | (n == 0) {
            return WideBall::ZERO;
        }
        let (mut words, mut carry) = ([0; K], 0);
        for (word, own) in words.iter_mut().zip(self.words) {
            (*word, carry) = own.carrying_mul(n, carry);
        }
        // As a fraction of 64 (K + 1) bits: the carry is the leading word.
        let guard = words[0];
        words.copy_within(1.., 0);
        words[K - 1] = carry;
        Self::normalised(self.negative, words, guard, i64::from(self.exponent) + 64)
    }

    /// The number over an integer, rounded; unknown if that is 0.
    #[inline]
    pub fn over(&self, n: u64) -> WideBall<K> {
        if n == 0 {
            return WideBall::UNKNOWN;
        }
        if self.is_zero() {
            return WideBall::ZERO;
        }
        let zeros = n.leading_zeros();
        let n = n << zeros;
        let divisor = words::Divisor::new(n);
        let exponent = i64::from(self.exponent) + i64::from(zeros) - 64;
        // The quotient by `n` lies in (1/2, 2): its digit before the point is 0 or 1.
        let one = self.words[K - 1] >= n;
        let mut remainder = self.words[K - 1] - if one { n } else { 0 };
        let mut q = [0; K];
        for i in (0..K).rev() {
            let word = if i > 0 { self.words[i - 1] } else { 0 };
            (q[i], remainder) = divisor.divide(remainder, word);
        }
        let (guard, rest) = divisor.divide(remainder, 0);
        let rest = u64::from(rest != 0);
        if one {
            let (q, low) = halved(&q, 1);
            return Self::rounded(self.negative, q, low | guard >> 1 | guard & 1 | rest, exponent + 1);
        }
        Self::rounded(self.negative, q, guard | rest, exponent)
    }
}

/// Half of an integer whose bit above the leading word is given, and the bit that leaves, as the first of the next word.
#[inline(always)]
pub(super) fn halved<const K: usize>(a: &[u64; K], above: u64) -> ([u64; K], u64) {
    (std::array::from_fn(|i| a[i] >> 1 | if i + 1 < K { a[i + 1] } else { above } << 63), a[0] << 63)
}

/// `remainder / divisor` as a guard word: 0, or anything that is on the same side of one half.
#[inline]
fn fraction<const K: usize>(remainder: &[u64; K], divisor: &[u64; K]) -> u64 {
    if remainder.iter().all(|word| *word == 0) {
        return 0;
    }
    // Twice the remainder beside the divisor; the first may have one bit more.
    let above = remainder[K - 1] >> 63 == 1 || words::compare(&shifted_left(remainder, 0, 1), divisor).is_gt();
    if above { (1 << 63) + 1 } else { (1 << 63) - 1 }
}
