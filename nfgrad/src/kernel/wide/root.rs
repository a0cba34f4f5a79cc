//! The square root of a number, rounded once.

use super::arithmetic::halved;
use super::words;
use super::{Wide, WideBall};

impl<const K: usize> Wide<K> {
    /// `√self`, rounded; unknown below 0.
    ///
    /// The exponent is made even, so the radicand lies in `[1/4, 1)` and the root in `[1/2, 1)`: it is the integer root of an integer of `2 K` words,
    /// of `K` words. The root is no tie, for the square of a number of `64 K + 1` bits has more than `128 K`.
    pub fn sqrt(&self) -> WideBall<K> {
        if self.is_zero() {
            return WideBall::ZERO;
        }
        if self.negative {
            return WideBall::UNKNOWN;
        }
        let odd = self.exponent & 1 != 0;
        let (radicand, below) = if odd { halved(&self.words, 0) } else { (self.words, 0) };
        let (root, rest) = root(&radicand, below);
        // The rest is N - S²; the root is above S + 1/2 if it is above S.
        let guard = match rest {
            Rest::Zero => 0,
            Rest::AtMostRoot => (1 << 63) - 1,
            Rest::AboveRoot => (1 << 63) + 1,
        };
        Self::rounded(false, root, guard, (i64::from(self.exponent) + i64::from(odd)) >> 1)
    }
}

/// What is left of a radicand beside its integer root.
enum Rest {
    Zero,
    AtMostRoot,
    AboveRoot,
}

/// The integer root `S` of `N = a 2^(64 K) + below 2^(64 (K - 1))`, whose two leading bits are not both 0, and what `N - S²` is.
///
/// One digit of 64 bits after another, as by hand. Let `S` be the root of the leading `i` pairs of words, `R` the rest, `0 <= R <= 2 S`, and `n1`, `n0` the
/// next two words. The next digit is the largest `q` with `(S 2^64 + q)² <= N`, which is to say that the new rest
/// `(R 2^64 + n1 - 2 S q) 2^64 + n0 - q²` is not negative. So it is at most `(R 2^64 + n1) / 2 S`. The search begins at that quotient's estimate from leading
/// words, which is at most 2 too large (Knuth, volume 2, 4.3.1, theorem B), and goes down until the rest is not negative.
fn root<const K: usize>(a: &[u64; K], below: u64) -> ([u64; K], Rest) {
    let word = |i: usize| match i {
        _ if i < K => a[K - 1 - i],
        _ if i == K => below,
        _ => 0,
    };
    let leading = u128::from(word(0)) << 64 | u128::from(word(1));
    let first = leading.isqrt();
    let rest = leading - first * first;
    let (mut s, mut both) = ([0; K], [[0; K]; 2]);
    let r = both.as_flattened_mut();
    [s[0], r[0], r[1]] = [low(first), low(rest), low(rest >> 64)];
    for i in 1..K {
        // The rest in two's complement: it is below 2^(64 (i + 2) + 1) on the way.
        let r = &mut r[..i + 3];
        push(r, word(2 * i));
        let mut q = half_quotient(r, &s[..i]);
        subtract_double(r, &s[..i], q);
        while is_negative(r) {
            add_double(r, &s[..i], 0);
            q -= 1;
        }
        push(r, word(2 * i + 1));
        let square = u128::from(q) * u128::from(q);
        subtract(r, &[low(square), low(square >> 64)]);
        s.copy_within(..i, 1);
        s[0] = q;
        while is_negative(r) {
            // S² - (S - 1)² = 2 (S - 1) + 1. The digit is not 0, or the rest would not be negative.
            s[0] -= 1;
            add_double(r, &s[..=i], 1);
        }
    }
    let rest = match () {
        () if r.iter().all(|word| *word == 0) => Rest::Zero,
        () if r[K] != 0 || words::compare(&std::array::from_fn(|i| r[i]), &s).is_gt() => Rest::AboveRoot,
        () => Rest::AtMostRoot,
    };
    (s, rest)
}

#[allow(clippy::cast_possible_truncation, reason = "the lower half")]
fn low(x: u128) -> u64 {
    x as u64
}

/// `r = 2^64 r + word`.
fn push(r: &mut [u64], word: u64) {
    r.copy_within(..r.len() - 1, 1);
    r[0] = word;
}

fn is_negative(r: &[u64]) -> bool {
    r.last().is_some_and(|word| word >> 63 == 1)
}

/// About `r / 2 s`, and not less: a digit.
fn half_quotient(r: &[u64], s: &[u64]) -> u64 {
    let n = s.len();
    let word = |i: usize| r[i] >> 1 | r[i + 1] << 63;
    let (top, next, divisor) = (word(n), word(n - 1), s[n - 1]);
    if top >= divisor { u64::MAX } else { words::Divisor::new(divisor).divide(top, next).0 }
}

/// `r -= s`.
fn subtract(r: &mut [u64], s: &[u64]) {
    let mut borrow = false;
    for (i, word) in r.iter_mut().enumerate() {
        (*word, borrow) = word.borrowing_sub(s.get(i).copied().unwrap_or(0), borrow);
    }
}

/// `r -= 2 s q`.
fn subtract_double(r: &mut [u64], s: &[u64], q: u64) {
    let (mut carry, mut borrow, mut bit) = (0, false, 0);
    for (i, word) in r.iter_mut().enumerate() {
        let product;
        (product, carry) = q.carrying_mul(s.get(i).copied().unwrap_or(0), carry);
        (*word, borrow) = word.borrowing_sub(product << 1 | bit, borrow);
        bit = product >> 63;
    }
}

/// `r += 2 s + bit`.
fn add_double(r: &mut [u64], s: &[u64], mut bit: u64) {
    let mut carry = false;
    for (i, word) in r.iter_mut().enumerate() {
        let term = s.get(i).copied().unwrap_or(0);
        (*word, carry) = word.carrying_add(term << 1 | bit, carry);
        bit = term >> 63;
    }
}
