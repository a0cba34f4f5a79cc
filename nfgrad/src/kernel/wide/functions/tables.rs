//! Constants and tables, to as many words as the longest numbers need; shorter ones take the leading words.

use std::sync::LazyLock;

use super::normal::{END, GRID, integral};
use crate::kernel::real::Real;
use crate::kernel::wide::fixed::{compounded, leading, product};
use crate::kernel::wide::words;

/// The words of an entry: those of the longest numbers, and one.
pub(super) const WORDS: usize = 9;
/// The words that tables are computed in: what 512 products are short by does not reach the 9th word, but as a carry.
const LONG: usize = 11;

/// What the exponential needs. Entries are short by at most one unit of their last word and `2^-100` of it.
pub(super) struct Exponentials {
    /// ln 2, with one word more.
    pub ln_2: [u64; WORDS + 1],
    /// `e^(i 2^-8) / 4`.
    pub first: [[u64; WORDS]; 192],
    /// `e^(i 2^-17) - 1`.
    pub second: [[u64; WORDS]; 512],
    /// `e^(i 2^-26) - 1`.
    pub third: [[u64; WORDS]; 512],
}

pub(super) static EXPONENTIALS: LazyLock<Box<Exponentials>> = LazyLock::new(|| {
    let [first, second, third] = [8, 17, 26].map(|n| fraction(&Real::new(false, 1, 2, -n, BITS).exp_m1(), 0));
    let mut tables = Box::new(Exponentials {
        ln_2: leading::<LONG, _>(&fraction(&Real::new(false, 2, 2, 0, BITS).ln(), 0)),
        first: [[0; WORDS]; 192],
        second: [[0; WORDS]; 512],
        third: [[0; WORDS]; 512],
    });
    let mut power = [0; LONG];
    power[LONG - 1] = 1 << 62;
    for entry in &mut tables.first {
        *entry = leading(&power);
        power = words::add(&power, &product(&power, &first), false).0;
    }
    powers(&mut tables.second, &second);
    powers(&mut tables.third, &third);
    tables
});

/// What the normal distribution needs. Entries are within a unit of their last word and `2^-60` of it.
pub(super) struct Normal {
    /// `1 / √(2π)`.
    pub density: [u64; WORDS],
    /// `1 - Φ(i / 32)`.
    pub tails: Vec<[u64; WORDS]>,
}

/// From one entry to the next by `Q(a + h) = Q(a) - φ(a + h) F(h)` for `h = 1/32` ([`super::normal`]), and `φ(a + h) = φ(a) e^(-a h - h²/2)`, where that factor is itself multiplied by
/// `e^(-h²)` from one to the next. In units of the last of [`LONG`] words: a factor and a density are short by less than `(LONG + 1) n` after `n` steps, `F` by less than 400, so an entry is off by less
/// than `n (400 + 12 n + 12) < 2^24`; and that is `2^-104` of a unit of the table.
pub(super) static NORMAL: LazyLock<Box<Normal>> = LazyLock::new(|| {
    let one = Real::new(false, 1, 2, 0, BITS);
    // 1/√(2π) = e^(-ln(2π)/2).
    let density: [u64; LONG] = fraction(&Real::pi(BITS).scaled(1).ln().scaled(-1).negated().exp(), 0);
    let squares: [u64; LONG] = fraction(&one.clone().scaled(-2 * i64::from(GRID)).negated().exp(), 0);
    let mut factor: [u64; LONG] = fraction(&one.clone().scaled(-2 * i64::from(GRID) - 1).negated().exp(), 0);
    let (mut phi, mut tail) = (density, [0; LONG]);
    tail[LONG - 1] = 1 << 63;
    let mut h = [0; LONG];
    h[LONG - 1] = 1 << (64 - GRID);
    let tails = (0..END << GRID).map(|i| {
        let entry = leading(&tail);
        phi = product(&phi, &factor);
        factor = product(&factor, &squares);
        tail = words::sub(&tail, &product(&phi, &integral(i, &h)), false).0;
        entry
    });
    Box::new(Normal { density: leading(&density), tails: tails.collect() })
});

/// The bits that [`Real`] computes with: a word more than [`LONG`] has.
const BITS: u64 = 64 * (LONG as u64 + 1);

/// `(1 + base)^i - 1`.
fn powers(table: &mut [[u64; WORDS]], base: &[u64; LONG]) {
    let mut power = [0; LONG];
    for entry in table {
        *entry = leading(&power);
        power = compounded(&power, base);
    }
}

/// A positive real number times `2^scale`, which must be below 1, as a fraction: short, of the lower end of the interval.
pub(super) fn fraction<const N: usize>(x: &Real, scale: i64) -> [u64; N] {
    let ([(negative, near), ..], exponent) = x.ends();
    assert!(!negative, "a positive number");
    let shift = exponent + scale + 64 * N as i64;
    let n = if shift >= 0 { near.shifted_up(shift.unsigned_abs()) } else { near.shifted_down(shift.unsigned_abs()) };
    let words = n.words();
    assert!(words.len() <= N, "a number below 1");
    std::array::from_fn(|i| words.get(i).copied().unwrap_or(0))
}
