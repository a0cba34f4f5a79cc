//! [`Real`]: a real number to as many bits as asked for, and how far it may be off.
//!
//! Only what f64 cannot decide is computed so, so this is short rather than fast. Every operation charges what it cuts off, so a function
//! that is made of operations is enclosed by what comes out, whatever went into it; where an argument is too uncertain to say anything, the
//! result is [`Real::unknown`].

mod functions;

use super::natural::Natural;

/// The real number lies within `error 2^exponent` of `± mantissa 2^exponent`.
#[derive(Clone, Debug)]
pub struct Real {
    negative: bool,
    mantissa: Natural,
    exponent: i64,
    error: u64,
    /// How many bits of the mantissa a result of operations with this number keeps.
    bits: u64,
}

/// The bits of an error, at most: more of the mantissa would mean nothing.
const ERROR_BITS: i64 = 40;

/// How many bits a number has.
fn len(n: u64) -> i64 {
    i64::from(64 - n.leading_zeros())
}

fn bits_of(n: &Natural) -> i64 {
    n.bits().cast_signed()
}

/// `m` and `s` with `n <= m 2^s`, where `m` has 20 bits: a product of many factors must not be charged twice what each is off by.
fn above(n: &Natural) -> (u64, i64) {
    let cut = n.bits().saturating_sub(20);
    (n.shifted_down(cut).low() + u64::from(cut > 0), cut.cast_signed())
}

/// `error 2^shift`, rounded up. It must fit.
fn shifted(error: u64, shift: i64) -> u64 {
    match (error, shift) {
        (0, _) => 0,
        (_, 0..) => error << shift,
        (_, ..-63) => 1,
        _ => (error >> -shift) + 1,
    }
}

impl Real {
    /// `± mantissa radix^exponent`: exactly, or to `bits` bits if it is a quotient.
    pub(crate) fn new(negative: bool, mantissa: u64, radix: u32, exponent: i64, bits: u64) -> Self {
        let exact = |mantissa: Natural| Self { negative, mantissa, exponent: 0, error: 0, bits };
        let (mantissa, size) = (Natural::new(mantissa.into()), exponent.unsigned_abs());
        if radix.is_power_of_two() {
            exact(mantissa).scaled(exponent * i64::from(radix.trailing_zeros()))
        } else if exponent >= 0 {
            exact(mantissa.times_power(radix, size))
        } else {
            let mut divisor = exact(Natural::new(1).times_power(radix, size));
            divisor.negative = false;
            exact(mantissa).over(&divisor)
        }
    }

    /// `± mantissa 2^exponent` exactly, for a computation with this many bits.
    pub(crate) fn of_words(negative: bool, mantissa: Natural, exponent: i64, bits: u64) -> Self {
        Self { negative, mantissa, exponent, error: 0, bits }
    }

    /// Sign, mantissa, exponent and error: the number lies within `error 2^exponent` of `± mantissa 2^exponent`.
    pub(crate) fn parts(&self) -> (bool, &Natural, i64, u64) {
        (self.negative, &self.mantissa, self.exponent, self.error)
    }

    /// An integer.
    fn integer(n: i64, bits: u64) -> Self {
        Self::new(n < 0, n.unsigned_abs(), 2, 0, bits)
    }

    /// A finite f64.
    fn of_f64(x: f64, bits: u64) -> Self {
        let (field, fraction) = (x.to_bits() >> 52 & 0x7ff, x.to_bits() & ((1 << 52) - 1));
        let mantissa = if field == 0 { fraction } else { fraction | 1 << 52 };
        Self::new(x < 0.0, mantissa, 2, field.max(1).cast_signed() - 1075, bits)
    }

    /// A number of which nothing is known that matters.
    fn unknown(bits: u64) -> Self {
        Self { negative: false, mantissa: Natural::default(), exponent: 1 << 20, error: 1, bits }
    }

    /// The same number in a computation with another precision.
    fn with_bits(self, bits: u64) -> Self {
        let Self { negative, mantissa, exponent, error, .. } = self;
        Self::cut(negative, mantissa, exponent, [(error, 0)], bits)
    }

    /// `± mantissa 2^exponent`, off by the sum of `error 2^(exponent + shift)` over all pairs, cut to the bits that mean something.
    fn cut<const N: usize>(
        negative: bool,
        mantissa: Natural,
        exponent: i64,
        errors: [(u64, i64); N],
        bits: u64,
    ) -> Self {
        // The sum of up to four errors has two bits more than the largest.
        let size = errors.iter().filter(|(error, _)| *error > 0).map(|(error, shift)| len(*error) + shift + 2).max();
        let drop = (bits_of(&mantissa) - bits.cast_signed()).max(size.unwrap_or(0) - ERROR_BITS).max(0);
        let error: u64 = errors.iter().map(|(error, shift)| shifted(*error, shift - drop)).sum();
        let (mantissa, lost) = if drop == 0 { (mantissa, 0) } else { (mantissa.shifted_down(drop.unsigned_abs()), 1) };
        Self { negative, mantissa, exponent: exponent + drop, error: error + lost, bits }
    }

    /// The magnitude of the real number is below `2` to this.
    fn top(&self) -> i64 {
        self.exponent + bits_of(&self.mantissa).max(len(self.error)) + 1
    }

    /// How many leading bits are certain.
    pub(crate) fn accuracy(&self) -> i64 {
        if self.error == 0 && !self.mantissa.is_zero() { i64::MAX } else { bits_of(&self.mantissa) - len(self.error) }
    }

    /// Whether the error is below 1.
    fn is_known(&self) -> bool {
        self.error == 0 || self.exponent + len(self.error) <= 0
    }

    /// About the number, where it is in the range of f64.
    fn to_f64(&self) -> f64 {
        let below = (bits_of(&self.mantissa) - 64).max(0);
        let leading = self.mantissa.shifted_down(below.unsigned_abs()).to_u128().unwrap_or(0) as f64;
        #[allow(clippy::cast_possible_truncation, reason = "clamped")]
        let size = leading * 2f64.powi((self.exponent + below).clamp(-1070, 2000) as i32);
        if self.negative { -size } else { size }
    }

    /// The two ends of the interval and the number in the middle, each with its sign, in units of `2` to the last field.
    pub(crate) fn ends(&self) -> ([(bool, Natural); 3], i64) {
        let (error, mantissa) = (Natural::new(self.error.into()), &self.mantissa);
        let far = (self.negative, mantissa.plus(&error));
        let near = if mantissa.cmp(&error).is_ge() {
            (self.negative, mantissa.clone().minus(&error))
        } else {
            (!self.negative, error.minus(mantissa))
        };
        ([near, (self.negative, mantissa.clone()), far], self.exponent)
    }

    pub(crate) fn negated(mut self) -> Self {
        self.negative = !self.negative;
        self
    }

    /// Times `2^n`.
    pub(crate) fn scaled(mut self, n: i64) -> Self {
        self.exponent += n;
        self
    }

    /// The same number, off by `2^exponent` more.
    fn widened(self, exponent: i64) -> Self {
        let shift = exponent - self.exponent;
        Self::cut(self.negative, self.mantissa, self.exponent, [(self.error, 0), (1, shift)], self.bits)
    }

    /// In units of `2^exponent`, where what is cut off is another unit.
    fn aligned(&self, exponent: i64) -> (Natural, [(u64, i64); 2]) {
        let shift = self.exponent - exponent;
        let distance = shift.unsigned_abs();
        if shift >= 0 {
            (self.mantissa.shifted_up(distance), [(self.error, shift), (0, 0)])
        } else {
            (self.mantissa.shifted_down(distance), [(self.error, shift), (1, 0)])
        }
    }

    fn plus(&self, other: &Self) -> Self {
        let bits = self.bits.max(other.bits);
        if self.mantissa.is_zero() && self.error == 0 {
            return other.clone().with_bits(bits);
        }
        if other.mantissa.is_zero() && other.error == 0 {
            return self.clone().with_bits(bits);
        }
        // The unit: exact, if there is room; and no less than that of an error.
        let room = self.top().max(other.top()) - bits.cast_signed() - 8;
        let mut unit = self.exponent.min(other.exponent).max(room);
        for x in [self, other] {
            if x.error > 0 {
                unit = unit.max(x.exponent);
            }
        }
        let ((a, [e, f]), (b, [g, h])) = (self.aligned(unit), other.aligned(unit));
        let (negative, sum) = if self.negative == other.negative {
            (self.negative, a.plus(&b))
        } else if a.cmp(&b).is_ge() {
            (self.negative, a.minus(&b))
        } else {
            (other.negative, b.minus(&a))
        };
        Self::cut(negative, sum, unit, [e, f, g, h], bits)
    }

    fn minus(&self, other: &Self) -> Self {
        self.plus(&other.clone().negated())
    }

    /// `|x y - m n| <= e |n| + f |m| + e f` for `|x - m| <= e`, `|y - n| <= f`.
    pub(crate) fn times(&self, other: &Self) -> Self {
        let [m, n] = [self, other].map(|x| above(&x.mantissa));
        let both = (self.error.min(1) * other.error, len(self.error));
        let errors = [(self.error * n.0, n.1), (other.error * m.0, m.1), both];
        let (negative, exponent) = (self.negative != other.negative, self.exponent + other.exponent);
        Self::cut(negative, self.mantissa.times(&other.mantissa), exponent, errors, self.bits.max(other.bits))
    }

    /// The quotient; unknown unless the divisor is known to be at least eight times its error.
    ///
    /// `|x/y - m/n| <= (e + |m/n| f) / (|n| - f)` for `|x - m| <= e`, `|y - n| <= f`, and `|n| - f` is above a quarter of the power of two above `|n|`.
    fn over(&self, divisor: &Self) -> Self {
        let bits = self.bits.max(divisor.bits);
        let n = bits_of(&divisor.mantissa);
        if divisor.accuracy() < 4 {
            return Self::unknown(bits);
        }
        let shift = (bits.cast_signed() + n - bits_of(&self.mantissa) + 1).max(0);
        let quotient = self.mantissa.shifted_up(shift.unsigned_abs()).over(&divisor.mantissa).0;
        let size = bits_of(&quotient);
        let errors = [(self.error, shift - n + 2), (divisor.error, size - n + 2), (1, 0)];
        let exponent = self.exponent - divisor.exponent - shift;
        Self::cut(self.negative != divisor.negative, quotient, exponent, errors, bits)
    }

    /// Times `n/d <= 1`, a ratio of positive integers, the better if `d` is at most `2^20`.
    fn times_ratio(&self, n: u64, d: u64) -> Self {
        let shift = (self.bits.cast_signed() + 64 - bits_of(&self.mantissa)).max(0);
        let product = self.mantissa.times(&Natural::new(n.into())).shifted_up(shift.unsigned_abs());
        // The error too is given as many bits more as the division may take away, so that it does not grow by rounding up.
        let scaled = (u128::from(self.error << 20) * u128::from(n)).div_ceil(d.into());
        let errors = [(u64::try_from(scaled).unwrap_or(u64::MAX), shift - 20), (1, 0)];
        Self::cut(self.negative, product.over_small(d), self.exponent - shift, errors, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::super::elementary::*;
    use super::*;

    /// Whether the f64 is within 4 units of the number, and the number known to `bits` bits.
    fn is_near(x: &Real, y: f64, bits: i64) -> bool {
        let distance = x.minus(&Real::of_f64(y, x.bits)).to_f64().abs();
        x.accuracy() >= bits && distance <= 4.0 * f64::EPSILON * y.abs()
    }

    fn agrees<F: Elementary>(xs: &[f64]) {
        for &x in xs.iter().filter(|x| F::near(**x).is_none()) {
            for bits in [192, 768] {
                let y = F::real(&Real::of_f64(x, bits));
                let accuracy = y.accuracy();
                assert!(is_near(&y, F::wide(x), bits.cast_signed() - 80), "{}({x}): {y:?} {accuracy} {bits}", F::NAME);
            }
        }
    }

    #[test]
    fn the_functions_are_those_of_f64_to_many_bits() {
        let xs = [
            1e-9,
            0.01,
            0.3,
            0.9,
            1.0,
            1.1,
            3.0,
            core::f64::consts::PI,
            10.0,
            37.0,
            60.0,
            300.0,
            700.0,
            1e5,
            1e22,
            1e300,
        ];
        let xs: Vec<f64> = xs.iter().flat_map(|&x| [x, -x]).collect();
        agrees::<Exp>(&xs.iter().copied().filter(|x| *x < 700.5 && *x > -701.0).collect::<Vec<_>>());
        agrees::<ExpM1>(&xs);
        agrees::<Tanh>(&xs);
        agrees::<Ln>(&xs);
        agrees::<Ln1p>(&xs);
        agrees::<Sin>(&xs);
        agrees::<Cos>(&xs);
        agrees::<Sigmoid>(&xs);
        agrees::<Softplus>(&xs);
        agrees::<Silu>(&xs);
        agrees::<Gelu>(&xs);
        agrees::<GeluTanh>(&xs.iter().copied().filter(|x| *x > -20.0).collect::<Vec<_>>());
        agrees::<NormalCdf>(&xs);
    }
}
