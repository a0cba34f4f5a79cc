//! Fixed point: fractions of `N` words, in units of `2^(-64 N)`, the least significant word first.
//!
//! The functions of numbers of `K` words are computed in `N = K + 1`. Everything here is cut off and never rounded up, so results are short, and the errors
//! of a computation without differences add up with one sign.

use super::words;
use super::{Radius, Wide, WideBall};

/// The upper half of a product of two fractions: short by less than `N + 1` units.
///
/// Left out are the products of words `i + j <= N - 2`, of which `c + 1` have `i + j = c`: below `Σ (c + 1) 2^(64 (c + 2)) <= (N - 1) (1 + 2^-60)` units. And what the
/// column `i + j = N - 1` has below the last word: less than 1.
#[inline(always)]
pub(super) fn product<const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
    product_of_short(a, b, N)
}

/// [`product`] where all but the lowest `length` words of `a` are 0, for which nothing is done.
#[inline(always)]
pub(super) fn product_of_short<const N: usize>(a: &[u64; N], b: &[u64; N], length: usize) -> [u64; N] {
    // Column N - 1 is `rest`, the others are the result.
    let (mut rest, mut r) = (0_u64, [0; N]);
    for i in 0..length.min(N) {
        let mut carry;
        (rest, carry) = a[i].carrying_mul_add(b[N - 1 - i], rest, 0);
        for (column, b) in r[..i].iter_mut().zip(&b[N - i..]) {
            (*column, carry) = a[i].carrying_mul_add(*b, *column, carry);
        }
        r[i] = carry;
    }
    r
}

/// `sum += c a 2^-64` for an integer `c`: short by less than a unit.
#[inline(always)]
pub(super) fn add_product<const N: usize>(sum: &mut [u64; N], a: &[u64; N], c: u64) {
    let (_, mut carry) = c.carrying_mul(a[0], 0);
    for i in 1..N {
        (sum[i - 1], carry) = c.carrying_mul_add(a[i], sum[i - 1], carry);
    }
    sum[N - 1] += carry;
}

/// `(a - c 2^(64 (N - 1))) 2^64 / c`, for an `a` of which that is a fraction: short by less than a unit. The leading bit of `c` is 1 after `zeros` zeros.
///
/// That is: with `a` as an integer word and a fraction, `a / c - 1`.
#[inline(always)]
pub(super) fn over<const N: usize>(a: &[u64; N], c: u64) -> [u64; N] {
    let zeros = c.leading_zeros();
    let divisor = words::Divisor::new(c << zeros);
    let mut a = *a;
    a[N - 1] -= c;
    let a = words::shifted_left(&a, 0, zeros);
    let (mut q, mut remainder) = ([0; N], a[N - 1]);
    for i in (0..N).rev() {
        (q[i], remainder) = divisor.divide(remainder, if i > 0 { a[i - 1] } else { 0 });
    }
    q
}

/// `a + b + a b`, which must be below 1: for `a` and `b` short by `e` and `f`, it is short by less than `(1 + b) e + (1 + a) f + N + 1` units.
#[inline(always)]
pub(super) fn compounded<const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
    let (sum, _) = words::add(a, b, false);
    words::add(&sum, &product(a, b), false).0
}

/// The leading `N` words.
#[inline(always)]
pub(super) fn leading<const L: usize, const N: usize>(a: &[u64; L]) -> [u64; N] {
    std::array::from_fn(|i| a[L - N + i])
}

impl<const K: usize> Wide<K> {
    /// The magnitude, if it is below `2^64`: its integer part, and the fraction, short by less than a unit; exactly where there is room for it.
    #[inline]
    pub(super) fn fixed<const N: usize>(&self) -> (u64, [u64; N]) {
        let right = 64 - i64::from(self.exponent);
        debug_assert!(right >= 0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "limited")]
        let (skip, n) = ((right / 64).min(2 * N as i64) as usize, (right % 64) as u32);
        // Word l from the top of a number whose leading word belongs `skip` words below the integer part.
        let word = |l: usize| l.checked_sub(skip).and_then(|i| K.checked_sub(1 + i)).map_or(0, |i| self.words[i]);
        let part = |l: usize| word(l) >> n | if l > 0 { word(l - 1) << 1 << (63 - n) } else { 0 };
        (part(0), std::array::from_fn(|i| part(N - i)))
    }

    /// `± a 2^exponent`, for a fraction that is short by less than `units`, rounded.
    #[inline]
    pub(super) fn of_fraction<const N: usize>(negative: bool, a: &[u64; N], units: u64, exponent: i64) -> WideBall<K> {
        debug_assert!(N == K + 1);
        let unit = exponent - 64 * N as i64;
        Self::normalised(negative, leading(a), a[0], exponent).widened(Radius::up(units, unit))
    }
}
