//! Sums of many balls, rounded once.

use super::words::{self, shifted_right};
use super::{Radius, Wide, WideBall};

impl<const K: usize> WideBall<K> {
    /// The sum of all terms.
    ///
    /// The midpoints are added in units of `2^(E - 64 (K + 1))`, where `2^E` is above all of them, with a word above for the carries: exactly, but that each of the `n` that have
    /// digits below the unit is off by less than one of them. Then the sum is rounded to `K` words. So it is off by less than `n` units and the rounding, and exact where the
    /// terms are of about one size; and all radii are added.
    #[must_use]
    pub fn sum(terms: impl Iterator<Item = Self> + Clone) -> Self {
        let largest = terms.clone().map(|x| x.mid().exponent()).max().unwrap_or(i32::MIN);
        let radius: Radius = terms.clone().filter(|x| !x.is_exact()).map(|x| x.radius()).sum();
        if largest == i32::MIN {
            return Self::new(Wide::ZERO, radius);
        }
        let unit = i64::from(largest) - 64 * (K as i64 + 1);
        let (mut sum, mut cut) = (Window { guard: 0, words: [0; K], top: 0 }, 0);
        for x in terms.map(|x| x.mid()).filter(|x| !x.is_zero()) {
            sum.add(&x, largest);
            cut += u64::from(x.lowest_bit() < unit);
        }
        sum.rounded(unit).widened(radius + Radius::up(cut, unit))
    }
}

/// A number in two's complement: a word, `K` words and a word.
struct Window<const K: usize> {
    guard: u64,
    words: [u64; K],
    top: u64,
}

impl<const K: usize> Window<K> {
    fn add(&mut self, x: &Wide<K>, largest: i32) {
        let (words, guard) = shifted_right(&x.words, (i64::from(largest) - i64::from(x.exponent)).unsigned_abs());
        if x.negative {
            let (guard, borrow) = self.guard.borrowing_sub(guard, false);
            let (words, borrow) = words::sub(&self.words, &words, borrow);
            *self = Self { guard, words, top: self.top.wrapping_sub(u64::from(borrow)) };
        } else {
            let (guard, carry) = self.guard.carrying_add(guard, false);
            let (words, carry) = words::add(&self.words, &words, carry);
            *self = Self { guard, words, top: self.top.wrapping_add(u64::from(carry)) };
        }
    }

    fn rounded(&self, unit: i64) -> WideBall<K> {
        let negative = self.top >> 63 == 1;
        let mut all = [0; LONGEST];
        let all = &mut all[..K + 2];
        all[0] = self.guard;
        all[1..=K].copy_from_slice(&self.words);
        all[K + 1] = self.top;
        if negative {
            words::negate(all);
        }
        Wide::of_words(negative, all, unit)
    }
}

/// The words of the longest number, and two.
const LONGEST: usize = 10;
