//! Numbers and balls of 128, 256 and 512 bits against dashu, which is exact for sums and products, and against Arb.

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use nfgrad::__private::wide::{Radius, Wide, WideBall};

#[path = "wide/arithmetic.rs"]
mod arithmetic;
#[path = "wide/balls.rs"]
mod balls;
#[path = "wide/functions.rs"]
mod functions;
#[path = "wide/products.rs"]
mod products;

/// A number of unlimited precision.
type Big = FBig<HalfEven, 2>;

fn unlimited(x: Big) -> Big {
    x.with_precision(0).value()
}

/// `± words 2^exponent`, the most significant word first.
fn integer(negative: bool, words: impl Iterator<Item = u64>, exponent: i64) -> Big {
    let word = |word: u64| unlimited(Big::from(word));
    let size = words.fold(word(0), |sum, next| unlimited((sum << 64) + word(next)));
    let size = if size == Big::ZERO { size } else { size << isize::try_from(exponent).expect("an exponent") };
    if negative { -size } else { size }
}

/// The bits of a number.
#[allow(clippy::cast_possible_wrap, reason = "at most 512")]
fn bits<const K: usize>() -> i64 {
    64 * K as i64
}

/// The number itself.
fn big<const K: usize>(x: &Wide<K>) -> Big {
    let (negative, words, exponent) = x.raw();
    integer(negative, words.into_iter().rev(), i64::from(exponent) - bits::<K>())
}

fn big_radius(radius: Radius) -> Big {
    assert!(radius.is_finite());
    big(&Wide::<2>::of(radius))
}

fn magnitude(x: Big) -> Big {
    if x < Big::ZERO { -x } else { x }
}

/// A number with an exponent in the range: words that are random or make carries; some numbers are short.
fn draw<const K: usize>(rng: &mut ChaCha8Rng, exponents: std::ops::Range<i32>) -> Wide<K> {
    let mut words = std::array::from_fn(|_| match rng.random_range(0..8) {
        0 => 0,
        1 => u64::MAX,
        2 => 1 << rng.random_range(0..64),
        3 => u64::MAX << rng.random_range(0..64),
        _ => rng.next_u64(),
    });
    if rng.random_range(0..6) == 0 {
        words[..K - 1].fill(0);
    }
    words[K - 1] |= 1 << 63;
    Wide::from_raw(rng.random(), words, rng.random_range(exponents))
}

/// The number with a radius that is smaller by some bits, or none.
fn with_radius<const K: usize>(rng: &mut ChaCha8Rng, x: Wide<K>) -> WideBall<K> {
    if x.is_zero() || rng.random_range(0..3) == 0 {
        return x.into();
    }
    let bits = i64::from(Wide::<K>::BITS) + 30;
    WideBall::new(x, Radius::power_of_two(i64::from(x.exponent()) - rng.random_range(2..bits)))
}
