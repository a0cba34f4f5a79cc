//! The functions of [`Real`] numbers: reductions and Taylor series, each with what it leaves out.
//!
//! Work is done with some bits more than asked for; how many is a matter of speed and not of truth, since what they cost is charged where
//! it arises.

use core::cell::RefCell;
use core::f64::consts;

use super::{Real, bits_of, len};

/// Arguments beyond `2` to this have exponentials that no format holds.
const LARGEST: i64 = 30;

thread_local! {
    /// π and ln 2, to as many bits as were asked for.
    static CONSTANTS: RefCell<[Option<Real>; 2]> = const { RefCell::new([None, None]) };
}

impl Real {
    pub(crate) fn one(&self) -> Self {
        Self::integer(1, self.bits)
    }

    pub(crate) fn half(&self) -> Self {
        self.one().scaled(-1)
    }

    /// The sum of `t_0 = self` and `t_n = t_(n-1) z a_n / b_n`, where `ratio(n)` is `(a_n, b_n)`, and `|z| a_n / b_n` does not grow, or not
    /// beyond 1/2.
    ///
    /// Once `|z| a_n / b_n <= 1/2` the terms after `t_n` are at most `|t_n| (1/2 + 1/4 + …) = |t_n|` together. Ratios that grow towards 1 are
    /// taken for 1.
    fn series(self, z: &Self, ratio: impl Fn(u64) -> (u64, u64)) -> Self {
        let (mut term, mut sum) = (self.clone(), self);
        for n in 1.. {
            let (a, b) = ratio(n);
            term = term.times(z).times_ratio(a, b);
            sum = sum.plus(&term);
            // |z| < 2^top, a < 2^len(a), b >= 2^(len(b) - 1).
            let halves = z.top() + if b - a <= 2 { 0 } else { len(a) - len(b) + 1 } <= -1;
            if halves && term.top() < sum.top() - sum.bits.cast_signed() {
                break;
            }
        }
        sum.widened(term.top())
    }

    /// `atan(1/m)` or, with `sign = 1`, its hyperbolic brother: the sum of `sign^n / ((2n + 1) m^(2n + 1))`.
    fn arc(m: u64, sign: i64, bits: u64) -> Self {
        let sign = Self::integer(sign, bits);
        Self::integer(1, bits).times_ratio(1, m).series(&sign, |n| (2 * n - 1, (2 * n + 1) * m * m))
    }

    /// π.
    pub(crate) fn pi(bits: u64) -> Self {
        Self::remembered(0, bits, Self::computed_pi)
    }

    /// ln 2.
    fn ln_2(bits: u64) -> Self {
        Self::remembered(1, bits, Self::computed_ln_2)
    }

    /// A constant, as computed before if that had as many bits.
    fn remembered(constant: usize, bits: u64, compute: fn(u64) -> Self) -> Self {
        CONSTANTS.with_borrow_mut(|known| match &known[constant] {
            Some(x) if x.bits >= bits => x.clone().with_bits(bits),
            _ => known[constant].insert(compute(bits)).clone(),
        })
    }

    /// By Machin's formula `π/4 = 4 atan(1/5) - atan(1/239)`.
    fn computed_pi(bits: u64) -> Self {
        Self::arc(5, -1, bits).scaled(2).minus(&Self::arc(239, -1, bits)).scaled(2)
    }

    /// `ln 2 = 2 atanh(1/3)`.
    fn computed_ln_2(bits: u64) -> Self {
        Self::arc(3, 1, bits).scaled(1)
    }

    /// `e^x = 2^k (e^(r / 2^j))^(2^j)` with `x = k ln 2 + r`.
    pub(crate) fn exp(&self) -> Self {
        if self.top() > LARGEST || !self.is_known() {
            return Self::unknown(self.bits);
        }
        let steps = self.bits.isqrt().cast_signed() / 2;
        let bits = self.bits + steps.unsigned_abs() + 32;
        #[allow(clippy::cast_possible_truncation, reason = "below 2^31")]
        let k = (self.to_f64() / consts::LN_2).round() as i64;
        let reduced = self.minus_in(&Self::integer(k, bits).times(&Self::ln_2(bits)), bits).scaled(-steps);
        let mut power = Self::integer(1, bits).series(&reduced, |n| (1, n));
        for _ in 0..steps {
            power = power.times(&power);
        }
        power.scaled(k).with_bits(self.bits)
    }

    /// The difference to `bits` bits.
    fn minus_in(&self, other: &Self, bits: u64) -> Self {
        Self { bits, ..self.clone() }.minus(other)
    }

    /// `ln x = s ln 2 + y + ln(m/E)` with `x = 2^s m`, a number `y` near `ln m`, and `E = e^y`.
    pub(crate) fn ln(&self) -> Self {
        if self.negative || self.accuracy() < 4 {
            return Self::unknown(self.bits);
        }
        let bits = self.bits + 32;
        let mut s = self.exponent + bits_of(&self.mantissa);
        if self.clone().scaled(-s).to_f64() < consts::FRAC_1_SQRT_2 {
            s -= 1;
        }
        let m = Self { bits, ..self.clone() }.scaled(-s);
        let y = Self::of_f64(m.to_f64().ln(), bits);
        let near = if y.mantissa.is_zero() { y.one() } else { y.exp() };
        let rest = m.minus(&near).over(&m.plus(&near)).atanh().scaled(1);
        Self::integer(s, bits).times(&Self::ln_2(bits)).plus(&y).plus(&rest).with_bits(self.bits)
    }

    /// The area tangent of a number below 1/2.
    fn atanh(self) -> Self {
        if self.top() > -1 {
            return Self::unknown(self.bits);
        }
        let square = self.times(&self);
        self.series(&square, |n| (2 * n - 1, 2 * n + 1))
    }

    /// `ln(1 + x)`, which for a small `x` is `2 atanh(x / (2 + x))`.
    pub(crate) fn ln_1p(&self) -> Self {
        if self.top() > -3 {
            return self.one().plus(self).ln();
        }
        self.over(&self.plus(&self.one().scaled(1))).atanh().scaled(1)
    }

    /// `e^x - 1`.
    pub(crate) fn exp_m1(&self) -> Self {
        self.exp().minus(&self.one())
    }

    /// The hyperbolic tangent, `(1 - e) / (1 + e)` with `e = e^-2x`.
    pub(crate) fn tanh(&self) -> Self {
        let e = self.clone().negated().scaled(1).exp();
        self.one().minus(&e).over(&self.one().plus(&e))
    }

    /// `1 / (1 + e^-x)`.
    pub(crate) fn sigmoid(&self) -> Self {
        self.one().over(&self.one().plus(&self.clone().negated().exp()))
    }

    /// The sine.
    pub(crate) fn sin(&self) -> Self {
        let size = Self { negative: false, ..self.clone() }.circular(0);
        if self.negative { size.negated() } else { size }
    }

    /// The cosine.
    pub(crate) fn cos(&self) -> Self {
        Self { negative: false, ..self.clone() }.circular(1)
    }

    /// `n` modulo 4 and `r` with `x = n π/2 + r`, `|r|` being below 1 or so, for `x >= 0`.
    ///
    /// Any integer `n` would do; that near `x 2/π` makes `r` small.
    fn quarters(&self) -> (u64, Self) {
        if self.top() <= 0 {
            return (0, self.clone());
        }
        let bits = self.bits + self.top().unsigned_abs() + 16;
        let right = Self::pi(bits).scaled(-1);
        let x = Self { bits, ..self.clone() };
        let turns = x.over(&right).plus(&x.half());
        let n = turns.mantissa.shifted_down((-turns.exponent).max(0).unsigned_abs());
        let last = n.low() % 4;
        let whole = Self { negative: false, mantissa: n, exponent: 0, error: 0, bits };
        (last, x.minus(&whole.times(&right)))
    }

    /// `sin(x + quarters π/2)` for `x >= 0`.
    fn circular(&self, quarters: u64) -> Self {
        if !self.is_known() {
            return Self::unknown(self.bits);
        }
        let (n, r) = self.quarters();
        if r.top() > 2 {
            return Self::unknown(self.bits);
        }
        let r = r.with_bits(self.bits + 16);
        let last = n + quarters;
        let square = r.times(&r).negated();
        let size = if last.is_multiple_of(2) {
            r.series(&square, |n| (1, 2 * n * (2 * n + 1)))
        } else {
            r.one().series(&square, |n| (1, 2 * n * (2 * n - 1)))
        };
        let size = size.with_bits(self.bits);
        if last % 4 >= 2 { size.negated() } else { size }
    }

    /// The normal distribution function: `Φ(x) = 1/2 + φ(x) Σ x^(2n+1) / (1 3 5 … (2n+1))`, whose terms all have one sign.
    ///
    /// Below zero the sum cancels: as many bits more are carried as the result has leading zeros, `x²/2 log2 e` and some.
    pub(crate) fn normal_cdf(&self) -> Self {
        if self.top() > 8 {
            return Self::unknown(self.bits);
        }
        let size = self.to_f64().abs();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 50,000")]
        let bits = self.bits + 32 + (0.73 * size * size) as u64;
        let x = Self { bits, ..self.clone() };
        let square = x.times(&x);
        let ln_2_pi = Self::pi(bits).scaled(1).ln();
        let density = square.plus(&ln_2_pi).scaled(-1).negated().exp();
        let sum = x.clone().series(&square, |n| (1, 2 * n + 1));
        x.half().plus(&density.times(&sum)).with_bits(self.bits)
    }

    /// `2 √(2/π) (x + 0.044715 x³)`, where the root is `e^(ln(8/π) / 2)`.
    pub(crate) fn gelu_argument(&self) -> Self {
        let root = self.one().scaled(3).over(&Self::pi(self.bits)).ln().scaled(-1).exp();
        let cubic = self.times(self).times(self).times_ratio(44_715, 1_000_000);
        self.plus(&cubic).times(&root)
    }
}
