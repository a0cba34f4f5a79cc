//! [`Plan`]: how many digits of how many bits, and what is left out.

use crate::kernel::wide::Radius;

/// The bits that are kept below the last place of a number that is as large as the product of the maxima of its row and column.
const GUARD: u32 = 32;
/// The bits of a digit, at least and at most: products of two digits and sums of some of them fit into an f64.
const WIDTHS: [u32; 2] = [8, 26];

/// See the head of [`super`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// The bits of a digit, `w`.
    pub(super) width: u32,
    /// The digits of each factor, `s` and `t`.
    pub(super) digits: [usize; 2],
    /// How many orders are computed, `D`.
    pub(super) orders: usize,
}

impl Plan {
    /// The bits of a factor that count.
    const fn wanted<const K: usize>() -> u32 {
        64 * K as u32 + GUARD
    }

    /// For sums of `k` products of numbers of these many bits, that is of the widest digits for which orders are exact (item 2). There are such, as `k` is at
    /// most [`super::INNER`]: `2^10 · 2^7 · 2^14`.
    pub(super) fn new<const K: usize>(k: usize, left: u32, right: u32) -> Self {
        let wanted = Self::wanted::<K>();
        let plan = |width: u32| {
            let digits = [left, right].map(|length| length.min(wanted).div_ceil(width).max(1) as usize);
            let orders = (digits[0] + digits[1] - 1).min(wanted.div_ceil(width) as usize);
            Self { width, digits, orders }
        };
        let [narrow, wide] = WIDTHS;
        let chosen = (narrow..=wide).rev().map(plan).find(|plan| plan.is_exact(k));
        let plan = chosen.unwrap_or_else(|| plan(narrow));
        assert!(plan.is_exact(k), "a sum is too long");
        plan
    }

    /// `k min(s, t) 2^(2w - 2) <= 2^53`.
    fn is_exact(&self, k: usize) -> bool {
        let [s, t] = self.digits;
        (k * s.min(t)) as u64 <= 1 << (55 - 2 * self.width)
    }

    /// Items 1 and 3, in units of the product of the scales, for factors of these many bits.
    pub(super) fn error(&self, k: usize, lengths: [u32; 2]) -> Radius {
        let ([s, t], w) = (self.digits, i64::from(self.width));
        let weight = |digits: usize| w * digits as i64;
        let rest = |length: u32, digits: usize| {
            let none = i64::from(length) <= weight(digits);
            if none { Radius::ZERO } else { Radius::up(k as u64, -weight(digits) - 2) }
        };
        // 1 + 2^(1 - w) <= 1 + 2^-7.
        let all = self.orders == s + t - 1;
        let dropped =
            if all { Radius::ZERO } else { Radius::up(129 * (k * s.min(t)) as u64, -weight(self.orders) - 9) };
        rest(lengths[0], s) + rest(lengths[1], t) + dropped
    }
}
