//! `e^x` and `e^x - 1`.

use super::tables::{EXPONENTIALS, WORDS};
use super::with_guard;
use crate::kernel::wide::compiled::once;
use crate::kernel::wide::fixed::{add_product, compounded, leading, over, product};
use crate::kernel::wide::{Radius, Wide, WideBall, words};

/// From this exponent on `e^x` is beyond all exponents, or below.
const LARGEST: i32 = 31;
/// What a computed `e^r / 4` is short by at most, in units of its last word. See [`quarter`].
const UNITS: u64 = 1 << 10;

impl<const K: usize> Wide<K> {
    /// `e^self`, within `2^(-64 K - 50)` of it and the rounding; unknown where it is beyond all exponents.
    ///
    /// `|x| = n ln 2 + r` or, for a number below 0, `n ln 2 - r`, with `0 <= r < 3/4`. In units of the last of `K + 1` words `|x|` is short by less than 1, `n ln 2` by less than
    /// `1 + n 2^-64`; so `r` is off by at most 2, of which `e^r / 4 < 3/4` is off by less than 2, relative to `1/4` at most by 8. `quarter` is short by less.
    pub fn exp(&self) -> WideBall<K> {
        if self.is_zero() {
            return WideBall::ONE;
        }
        if self.exponent() >= LARGEST {
            // e^-x < 2^-x.
            return if self.is_negative() {
                WideBall::new(Self::ZERO, Radius::power_of_two(i64::from(i32::MIN)))
            } else {
                WideBall::UNKNOWN
            };
        }
        with_guard!(K, exp_in(self))
    }

    /// `e^self - 1`, within some units of `2^(-64 K)` of it.
    ///
    /// - From 1/2 on, by [`Wide::exp`]: the difference is at least a third of what is subtracted.
    /// - Below `2^-32`, by the series `x (1 + x/2 (1 + x/3 (…)))` in balls. With `n` factors `x/2 … x/(n + 1)` what is left out is at most `2 |x|^n` of `x`, as the terms
    ///   fall by more than half.
    /// - Between, as `4 (e^r / 4 - 1/4)`, which is short by `UNITS`; and for a number below 0 as `e^-r - 1 = -E / (1 + E)` with `E = e^r - 1`.
    pub fn exp_m1(&self) -> WideBall<K> {
        if self.is_zero() {
            return WideBall::ZERO;
        }
        if self.exponent() >= 0 {
            return self.exp() - WideBall::ONE;
        }
        if self.exponent() < -32 {
            return self.exp_m1_series();
        }
        let size = with_guard!(K, exp_m1_in(self));
        if self.is_negative() { -(size / (WideBall::ONE + size)) } else { size }
    }

    fn exp_m1_series(&self) -> WideBall<K> {
        let bits = self.exponent().unsigned_abs();
        let terms = (Self::BITS + 8).div_ceil(bits);
        let x = WideBall::from(*self);
        let mut sum = WideBall::ONE;
        for n in (2..=terms + 1).rev() {
            sum = WideBall::ONE + x.over(n.into()) * sum;
        }
        x * sum.widened(Radius::power_of_two(1 - i64::from(bits) * i64::from(terms)))
    }
}

impl<const K: usize> WideBall<K> {
    /// `e^self`.
    ///
    /// `|e^(m + d) - e^m| <= e^m (e^r - 1)`, and `e^r - 1 <= r + r²` up to `r = 1`. Beyond, all values lie between 0 and `e^(m + r)`.
    #[must_use]
    pub fn exp(self) -> Self {
        let x = self;
        once!(K, exp_of(x))
    }

    fn exp_of(self) -> Self {
        let value = self.mid().exp();
        if self.is_exact() { value } else { self.grown(value, value.at_most()) }
    }

    /// `e^self - 1`. As for [`WideBall::exp`].
    #[must_use]
    pub fn exp_m1(self) -> Self {
        let x = self;
        once!(K, exp_m1_of(x))
    }

    fn exp_m1_of(self) -> Self {
        let value = self.mid().exp_m1();
        if self.is_exact() { value } else { self.grown(value, (Self::ONE + value).at_most()) }
    }

    /// The value with what `e^x` may be away from `e^m`, which is at most `size`.
    fn grown(self, value: Self, size: Radius) -> Self {
        let r = self.radius();
        if r <= Radius::power_of_two(0) {
            return value.widened(size * (r + r * r));
        }
        if !r.is_finite() {
            return Self::UNKNOWN;
        }
        // The upper end, which is rounded itself: by less than 1, if e^x is anything. e < 4.
        let end = self.mid().add(&Wide::of(r)).mid().exp().at_most();
        value.widened(end.scaled(2).max(size))
    }
}

/// [`Wide::exp`] of a moderate number.
fn exp_in<const K: usize, const N: usize>(x: &Wide<K>) -> WideBall<K> {
    let (whole, fraction) = x.fixed::<N>();
    let top = whole as f64 + fraction[N - 1] as f64 * 2f64.powi(-64);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^32")]
    let mut n = (top * std::f64::consts::LOG2_E) as u64 + u64::from(x.is_negative());
    let r = loop {
        let (multiple, part) = multiple_of_ln_2::<N>(n);
        let (a, b) =
            if x.is_negative() { ((multiple, part), (whole, fraction)) } else { ((whole, fraction), (multiple, part)) };
        let (r, borrow) = words::sub(&a.1, &b.1, false);
        match a.0.checked_sub(b.0 + u64::from(borrow)) {
            Some(0) if r[N - 1] < 3 << 62 => break r,
            // The estimate in f64 was off by one.
            Some(_) => n = if x.is_negative() { n - 1 } else { n + 1 },
            None => n = if x.is_negative() { n + 1 } else { n - 1 },
        }
    };
    let exponent = if x.is_negative() { -n.cast_signed() } else { n.cast_signed() };
    let ball = Wide::of_fraction(false, &quarter(&r), UNITS, exponent + 2);
    // What r is off by, above or below.
    ball.widened(Radius::up(2, exponent + 2 - 64 * N as i64))
}

/// [`Wide::exp_m1`] for a magnitude in `[2^-33, 1/2)`.
fn exp_m1_in<const K: usize, const N: usize>(x: &Wide<K>) -> WideBall<K> {
    let (_, r) = x.fixed::<N>();
    let mut y = quarter(&r);
    // Short or not, it is at least that of 0.
    y[N - 1] -= 1 << 62;
    Wide::of_fraction(false, &y, UNITS + 2, 2)
}

/// `n ln 2`: short by less than a unit and `n 2^-64` of one.
fn multiple_of_ln_2<const N: usize>(n: u64) -> (u64, [u64; N]) {
    let ln_2 = &EXPONENTIALS.ln_2;
    let (_, mut carry) = n.carrying_mul(ln_2[WORDS - N], 0);
    let mut part = [0; N];
    for i in 0..N {
        (part[i], carry) = n.carrying_mul(ln_2[WORDS + 1 - N + i], carry);
    }
    (carry, part)
}

/// Coefficients `n!/m! 2^z` of a Taylor polynomial of degree `n`, of which the first has 61 bits.
struct Taylor {
    degree: usize,
    coefficients: [u64; 20],
}

/// The polynomials for 3, 5 and 9 words: what is left out is below `2^(-26 (n + 1)) / (n + 1)! (1 + 2^-26)`, less than half a unit (`2^-194`, `2^-340`, `2^-581`).
const fn taylor(words: usize) -> Taylor {
    let degree = match words {
        3 => 6,
        5 => 11,
        9 => 19,
        _ => panic!("no such length"),
    };
    let mut coefficients = [0; 20];
    coefficients[degree] = 1;
    let mut m = degree;
    while m > 0 {
        coefficients[m - 1] = coefficients[m] * m as u64;
        m -= 1;
    }
    let zeros = coefficients[0].leading_zeros() - 3;
    while m <= degree {
        coefficients[m] <<= zeros;
        m += 1;
    }
    Taylor { degree, coefficients }
}

/// `e^r / 4` for a fraction `r < 3/4`, short by less than 1,000 units.
///
/// `r` is split into 8, 9 and 9 leading bits, whose exponentials are in tables, and a rest below `2^-26`. For that, with `c = n! 2^z >= 2^60`, the integers
/// `c_m = c / m!` and `H = Σ c_m r^m` as an integer word and a fraction of `N - 1` words, in groups of four terms. In units `h` of the last word of `H`, which is
/// `2^64` units `u` of `r`:
///
/// - `r²`, `r³`, `r⁴` are short by less than `(N + 2) u` each: a product by `N + 1`, and little from its factors.
/// - A term by less than `1 + 2^61 (N + 2) 2^-64 <= 1 + (N + 2)/8`; the product of all higher groups and `r⁴` by less than `N + 1 + (N + 2)/4` and little.
/// - So `H` by less than `4 + N + 1 + 5 (N + 2)/8 < 2 N + 8`, and `H/c` by less than `2^4 (2 N + 8) u`; with the division and what the polynomial leaves out
///   `e^r - 1` by less than `16 (2 N + 8) + 2 <= 418`.
/// - The table entries are short by 1, the products by `N + 1`; factors are below `1 + 2^-8`: less than `1.01 · 418 + 2 (N + 2) + 1 < 450`.
/// - The last: a quarter of `e^(i/256)` is below `0.53`: less than `0.53 · 450 + 2 + N + 1 < 260`.
#[inline]
fn quarter<const N: usize>(r: &[u64; N]) -> [u64; N] {
    let Taylor { degree, coefficients: c } = const { taylor(N) };
    let top = r[N - 1];
    #[allow(clippy::cast_possible_truncation, reason = "bits of a word")]
    let [i, j, l] = [(top >> 56) as usize, (top >> 47 & 511) as usize, (top >> 38 & 511) as usize];
    let mut r = *r;
    r[N - 1] &= (1 << 38) - 1;
    let r2 = product(&r, &r);
    let [r3, r4] = [product(&r2, &r), product(&r2, &r2)];
    let mut sum = [0; N];
    for group in (0..=degree / 4).rev() {
        if group < degree / 4 {
            sum = product(&sum, &r4);
        }
        sum[N - 1] += c[4 * group];
        for (m, power) in [&r, &r2, &r3].into_iter().enumerate() {
            if 4 * group + m < degree {
                add_product(&mut sum, power, c[4 * group + m + 1]);
            }
        }
    }
    let tables = &**EXPONENTIALS;
    let rest = compounded(&over(&sum, c[0]), &leading(&tables.third[l]));
    let rest = compounded(&rest, &leading(&tables.second[j]));
    let first = leading(&tables.first[i]);
    words::add(&first, &product(&first, &rest), false).0
}
