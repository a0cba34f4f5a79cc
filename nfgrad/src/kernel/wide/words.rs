//! Integers of `K` words of 64 bits, the least significant first: what the numbers are made of.

use std::cmp::Ordering;

/// `a + b` and the carry.
#[inline(always)]
pub(super) fn add<const K: usize>(a: &[u64; K], b: &[u64; K], mut carry: bool) -> ([u64; K], bool) {
    let mut sum = [0; K];
    for i in 0..K {
        (sum[i], carry) = a[i].carrying_add(b[i], carry);
    }
    (sum, carry)
}

/// `a - b` and the borrow.
#[inline(always)]
pub(super) fn sub<const K: usize>(a: &[u64; K], b: &[u64; K], mut borrow: bool) -> ([u64; K], bool) {
    let mut difference = [0; K];
    for i in 0..K {
        (difference[i], borrow) = a[i].borrowing_sub(b[i], borrow);
    }
    (difference, borrow)
}

/// `a + 1` and the carry.
#[inline(always)]
pub(super) fn increment<const K: usize>(mut a: [u64; K]) -> ([u64; K], bool) {
    for word in &mut a {
        *word = word.wrapping_add(1);
        if *word != 0 {
            return (a, false);
        }
    }
    (a, true)
}

/// `-a` in two's complement.
#[inline]
pub(super) fn negate(a: &mut [u64]) {
    let mut carry = true;
    for word in a {
        (*word, carry) = (!*word).carrying_add(0, carry);
    }
}

/// The order of two integers.
#[inline(always)]
pub(super) fn compare<const K: usize>(a: &[u64; K], b: &[u64; K]) -> Ordering {
    a.iter().rev().cmp(b.iter().rev())
}

/// `a b`: the lower and the upper `K` words.
#[inline(always)]
pub(super) fn product<const K: usize>(a: &[u64; K], b: &[u64; K]) -> [[u64; K]; 2] {
    let mut both = [[0; K]; 2];
    let words = both.as_flattened_mut();
    for i in 0..K {
        let mut carry = 0;
        for j in 0..K {
            (words[i + j], carry) = a[i].carrying_mul_add(b[j], words[i + j], carry);
        }
        words[i + K] = carry;
    }
    both
}

/// `a 2^n` for `n < 64`, whose lowest bits are the highest of `below`; what leaves at the top is lost.
#[inline(always)]
pub(super) fn shifted_left<const K: usize>(a: &[u64; K], below: u64, n: u32) -> [u64; K] {
    let mut shifted = [0; K];
    let mut next = below;
    for i in 0..K {
        shifted[i] = a[i] << n | next >> 1 >> (63 - n);
        next = a[i];
    }
    shifted
}

/// `a 2^-n` to one word below the point: the words, and a guard word whose last bit is also 1 if anything not 0 is below it (rounding to odd).
#[inline(always)]
pub(super) fn shifted_right<const K: usize>(a: &[u64; K], n: u64) -> ([u64; K], u64) {
    let (skip, n) = split(n);
    if skip > K {
        return ([0; K], u64::from(a.iter().any(|word| *word != 0)));
    }
    let word = |i: usize| if i < K { a[i] } else { 0 };
    let part = |i: usize| word(i) >> n | word(i + 1) << 1 << (63 - n);
    let shifted = std::array::from_fn(|i| part(i + skip));
    if skip == 0 {
        return (shifted, a[0] << 1 << (63 - n));
    }
    // The guard is the word at skip - 1 and what n bits come from above; what is below it is lost.
    let lost = a[..skip - 1].iter().any(|word| *word != 0) || word(skip - 1) << 1 << (63 - n) != 0;
    (shifted, part(skip - 1) | u64::from(lost))
}

/// How many leading bits are 0; 64 K for zero.
#[inline(always)]
pub(super) fn leading_zeros<const K: usize>(a: &[u64; K]) -> u32 {
    let mut zeros = 0;
    for word in a.iter().rev() {
        zeros += word.leading_zeros();
        if *word != 0 {
            break;
        }
    }
    zeros
}

/// `a` and the guard word below it, shifted left until the leading bit is 1, and by how many bits. They must not both be 0.
#[inline(always)]
pub(super) fn normalised<const K: usize>(mut a: [u64; K], mut guard: u64) -> ([u64; K], u64, u32) {
    let mut moved = 0;
    while a[K - 1] == 0 && moved < 64 * (K as u32 + 1) {
        a.copy_within(0..K - 1, 1);
        (a[0], guard) = (guard, 0);
        moved += 64;
    }
    let n = a[K - 1].leading_zeros();
    (shifted_left(&a, guard, n % 64), guard << (n % 64), moved + n)
}

/// `n` as whole words and bits.
#[allow(clippy::cast_possible_truncation, reason = "bits of a word; and more words than there are do not matter")]
#[inline(always)]
fn split(n: u64) -> (usize, u32) {
    ((n / 64) as usize, (n % 64) as u32)
}

/// `(above, a) 2^-n` for `0 < n < 64`, cut off; what of `above` is left over is lost.
#[inline(always)]
pub(super) fn shifted_right_short<const K: usize>(a: &[u64; K], above: u64, n: u32) -> [u64; K] {
    std::array::from_fn(|i| a[i] >> n | if i + 1 < K { a[i + 1] } else { above } << (64 - n))
}

/// `a / n`, rounded down, where all but the lowest `length` words are 0.
#[inline(always)]
pub(super) fn over_small<const K: usize>(mut a: [u64; K], n: u64, length: usize) -> [u64; K] {
    let zeros = n.leading_zeros();
    let divisor = Divisor::new(n << zeros);
    let mut remainder = 0;
    for i in (0..length.min(K)).rev() {
        // The remainder and the word times 2^zeros, whose upper part is below the divisor.
        let high = remainder << zeros | a[i] >> 1 >> (63 - zeros);
        let (q, r) = divisor.divide(high, a[i] << zeros);
        (a[i], remainder) = (q, r >> zeros);
    }
    a
}

/// A word whose leading bit is 1, ready for divisions by it.
#[derive(Clone, Copy)]
pub(super) struct Divisor {
    word: u64,
    /// `⌊(2^128 - 1) / word⌋ - 2^64`.
    inverse: u64,
}

impl Divisor {
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "the quotient lies in [2^64, 2^65)")]
    pub(super) fn new(word: u64) -> Self {
        debug_assert!(word >> 63 == 1);
        Self { word, inverse: (u128::MAX / u128::from(word)) as u64 }
    }

    /// Quotient and remainder of `high 2^64 + low` for `high < word` (Möller and Granlund 2011, "Improved division by invariant integers", algorithm 4).
    #[inline(always)]
    pub(super) fn divide(self, high: u64, low: u64) -> (u64, u64) {
        let (q0, q1) = self.inverse.carrying_mul_add(high, low, 0);
        let q1 = q1.wrapping_add(high).wrapping_add(1);
        // `q1` above is one word of the exact sum inverse high + (high, low); the quotient is it, one less, or (rarely) one more.
        let r = low.wrapping_sub(q1.wrapping_mul(self.word));
        let (q, r) = if r > q0 { (q1.wrapping_sub(1), r.wrapping_add(self.word)) } else { (q1, r) };
        if r >= self.word { (q.wrapping_add(1), r - self.word) } else { (q, r) }
    }
}

/// The quotient of `a 2^(64 K) + below 2^(64 (K - 1))` by `b`, and the remainder, where `a < b` and the leading bit of `b` is 1.
///
/// Word by word as by hand: the quotient of the two leading words of the remainder by the
/// leading word of `b` is right or at most 2 too large (Knuth, volume 2, 4.3.1, theorem B).
#[inline(always)]
pub(super) fn quotient<const K: usize>(a: &[u64; K], below: u64, b: &[u64; K]) -> ([u64; K], [u64; K]) {
    let divisor = Divisor::new(b[K - 1]);
    let (mut q, mut remainder, mut next) = ([0; K], *a, below);
    for i in (0..K).rev() {
        let second = if K > 1 { remainder[K - 2] } else { next };
        let top = remainder[K - 1];
        let mut digit = if top >= b[K - 1] { u64::MAX } else { divisor.divide(top, second).0 };
        // remainder 2^64 + next - digit b, in K words and the one above.
        let (mut carry, mut borrow, mut above) = (0, false, next);
        for j in 0..K {
            let low;
            (low, carry) = digit.carrying_mul(b[j], carry);
            let word = std::mem::replace(&mut above, remainder[j]);
            (remainder[j], borrow) = word.borrowing_sub(low, borrow);
        }
        let (mut above, mut negative) = above.borrowing_sub(carry, borrow);
        while negative {
            let (sum, carry) = add(&remainder, b, false);
            (remainder, digit) = (sum, digit - 1);
            let overflow;
            (above, overflow) = above.carrying_add(0, carry);
            negative = !overflow;
        }
        debug_assert_eq!(above, 0);
        (q[i], next) = (digit, 0);
    }
    (q, remainder)
}
