//! `ln x` and `ln(1 + x)`.

use std::cmp::Ordering;

use super::tables::{EXPONENTIALS, WORDS};
use crate::kernel::wide::compiled::once;
use crate::kernel::wide::{Radius, Wide, WideBall};

impl<const K: usize> Wide<K> {
    /// `ln self`; unknown unless that is above 0.
    ///
    /// `self = 2^n m` with `m` in `[0.7, 1.4]` or so; `m - 1` is a number, as there are no more bits than `m` has.
    pub fn ln(&self) -> WideBall<K> {
        if self.is_zero() || self.negative {
            return WideBall::UNKNOWN;
        }
        // About 2^-1/2.
        let small = self.words[K - 1] < 0xb504_f333_0000_0000;
        let n = i64::from(self.exponent) - i64::from(small);
        let m = Self { exponent: i32::from(small), ..*self };
        let rest = m.sub(&Self::ONE).mid().ln_1p();
        if n == 0 {
            return rest;
        }
        let multiple = Self::ln_2().times(n.unsigned_abs());
        if n < 0 { rest - multiple } else { rest + multiple }
    }

    /// ln 2.
    fn ln_2() -> WideBall<K> {
        let words = &EXPONENTIALS.ln_2;
        let leading = std::array::from_fn(|i| words[WORDS + 1 - K + i]);
        // The last two bits of the guard may be what is left out.
        Self::rounded(false, leading, words[WORDS - K] | 1, 0)
    }

    /// `ln(1 + self)`; unknown unless `self` is above -1.
    ///
    /// - From 1 on, and up to -1/2, by the logarithm: `1 + self` is off by its rounding, or exact.
    /// - Between: for a number `y` near the logarithm and `E = e^y - 1`, `ln((1 + x) / (1 + E)) = 2 artanh z` with `z = (x - E) / (2 + x + E)`. Near 0 `y = 0` will do.
    pub fn ln_1p(&self) -> WideBall<K> {
        let one = WideBall::ONE;
        let x = WideBall::from(*self);
        match self.exponent {
            _ if self.is_zero() => WideBall::ZERO,
            1.. => (one + x).ln(),
            0 if self.negative => (one + x).ln(),
            ..-32 => (x / (WideBall::from(Self::power_of_two(1)) + x)).artanh().scaled(1),
            _ => {
                // Any number will do; this one makes z small.
                let Some(y) = Self::new(libm::log1p(self.to_f64())) else { return WideBall::UNKNOWN };
                let e = y.exp_m1();
                let z = (x - e) / (WideBall::from(Self::power_of_two(1)) + x + e);
                WideBall::from(y) + z.artanh().scaled(1)
            }
        }
    }
}

impl<const K: usize> WideBall<K> {
    /// The area tangent of numbers below `2^-20`; unknown else.
    ///
    /// `z (1 + z²/3 + z⁴/5 + …)`. With `n` terms what is left out is at most `z z^2n / (1 - z²) / (2n + 1) <= z^(2n + 1)`.
    fn artanh(self) -> Self {
        let size = self.at_most();
        if size.is_zero() {
            return self;
        }
        let bits = -i64::from(size.exponent());
        if bits < 20 {
            return Self::UNKNOWN;
        }
        let terms = (u64::from(Wide::<K>::BITS) + 8).div_ceil(2 * bits.unsigned_abs());
        let square = self * self;
        let mut sum = Self::ONE.over(2 * terms - 1);
        for n in (1..terms).rev() {
            sum = Self::ONE.over(2 * n - 1) + sum * square;
        }
        self * sum.widened(Radius::power_of_two(-2 * bits * terms.cast_signed()))
    }

    /// The natural logarithm; unknown unless all numbers are above 0.
    ///
    /// `|ln(m + d) - ln m| <= -ln(1 - t) <= t / (1 - t)` for `|d| <= t m`, and `t / (1 - t) = r / (m - r)` with `t = r/m`.
    #[must_use]
    pub fn ln(self) -> Self {
        let x = self;
        once!(K, ln_of(x))
    }

    fn ln_of(self) -> Self {
        let value = self.mid().ln();
        if self.is_exact() { value } else { value.widened(self.radius().over(self.at_least())) }
    }

    /// `ln(1 + self)`; unknown unless all numbers are above -1. As for [`WideBall::ln`], of `1 + m`.
    #[must_use]
    pub fn ln_1p(self) -> Self {
        let x = self;
        once!(K, ln_1p_of(x))
    }

    fn ln_1p_of(self) -> Self {
        let value = self.mid().ln_1p();
        if self.is_exact() {
            return value;
        }
        let all = Self::ONE + self;
        if all.sign() != Some(Ordering::Greater) {
            return Self::UNKNOWN;
        }
        value.widened(self.radius().over(all.at_least()))
    }
}
