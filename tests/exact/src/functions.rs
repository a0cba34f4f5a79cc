//! The functions that ops compute, to hundreds of bits.

use dashu_float::Context;

use super::decide::note;
use super::{Big, Bound, Exact, bits, magnitude, nearest, over, unlimited};

/// Beyond this the normal distribution is known to 1,100 bits without a look.
const FAR: f64 = 40.0;

impl Exact {
    /// What stands for a real number that does not exist, such as ln(-1): no finite ball of any format contains it.
    pub fn undefined() -> Self {
        Self::dyadic(Big::ONE << 100_000)
    }

    /// A number below 2^-1100.
    fn vanishing() -> Self {
        Self { value: Big::ZERO, error: Bound::ONE >> 1100 }
    }

    /// The magnitude.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.value < Big::ZERO { -self.clone() } else { self.clone() }
    }

    /// The quotient; [`Exact::undefined`] unless the divisor is known not to be zero.
    ///
    /// # Panics
    /// Never: a divisor that is not zero has a quotient.
    #[must_use]
    pub fn over(&self, divisor: &Self) -> Self {
        if magnitude(&divisor.value) <= divisor.error.clone() * Bound::from(2_u8) {
            note(divisor.is_zero());
            return Self::undefined();
        }
        let quotient = Context::new(bits()).div(self.value.repr(), divisor.value.repr()).expect("not by zero").value();
        // |x/d - x*/d*| <= (e + |x/d| f) / (|d| - f), and f <= |d|/2.
        let inherited = self.error.clone() + (magnitude(&quotient) + (Bound::ONE >> 2000)) * &divisor.error;
        Self::rounded(quotient, over(inherited * Bound::from(2_u8), &divisor.value))
    }

    /// The square root; [`Exact::undefined`] below zero.
    ///
    /// # Panics
    /// If the sign is not known.
    #[must_use]
    pub fn sqrt(&self) -> Self {
        if self.is_zero() {
            return Self::zero();
        }
        if !self.is_positive() {
            return Self::undefined();
        }
        let root = Context::new(bits()).sqrt(self.value.repr()).expect("a positive number").value();
        let inherited = over(self.error.clone(), &root);
        Self::rounded(root, inherited)
    }

    /// Sine and cosine.
    ///
    /// # Panics
    /// Never: a real number has both.
    #[must_use]
    pub fn sin_cos(&self) -> (Self, Self) {
        self.remembered("sin", Self::circular)
    }

    fn circular(&self) -> (Self, Self) {
        if nearest(&self.value).is_infinite() {
            let unknown = Self { value: Big::ZERO, error: Bound::ONE };
            return (unknown.clone(), unknown);
        }
        let (sin, cos) = Context::new(bits()).sin_cos(self.value.repr(), None);
        let of = |value: Big| Self::rounded(value, self.error.clone());
        (of(sin.expect("a finite number").value()), of(cos.expect("a finite number").value()))
    }

    /// `1 / (1 + e^-x)` and `1 / (1 + e^x)`.
    #[must_use]
    pub fn logistic(&self) -> (Self, Self) {
        let e = (-self.abs()).exp();
        let large = (Self::new(1.0) + &e).reciprocal_above_one();
        let small = e * &large;
        if self.value < Big::ZERO { (small, large) } else { (large, small) }
    }

    /// The normal distribution function and its density, by the series `Φ(x) = 1/2 + φ(x) Σ x^(2n+1) / (1 3 5 … (2n+1))`.
    #[must_use]
    pub fn normal(&self) -> (Self, Self) {
        let (mut cdf, mut density) = Self { error: Bound::ZERO, ..self.clone() }.remembered("normal", Self::gaussian);
        // Neither is steeper than the identity.
        cdf.error += &self.error;
        density.error += &self.error;
        (cdf, density)
    }

    fn gaussian(&self) -> (Self, Self) {
        let size = nearest(&self.value);
        if size.abs() > FAR {
            let cdf = if size > 0.0 { Self::new(1.0) + &Self::vanishing() } else { Self::vanishing() };
            return (cdf, Self::vanishing());
        }
        // Below zero the sum cancels: as many bits more are carried as the result has leading zeros.
        let precision = 2 * bits() + 1200;
        let x = self.value.clone().with_precision(precision).value();
        let square = x.clone() * &x;
        let (mut term, mut sum, mut odd) = (x.clone(), x, 1_u32);
        let least = Big::ONE >> (precision + 1200).cast_signed();
        while super::magnitude_exact(&term) > least {
            odd += 2;
            term = term * &square / Big::from(odd);
            sum += &term;
        }
        let density = (-square / Big::from(2_u8)).exp() / (Big::pi(precision) * Big::from(2_u8)).sqrt();
        let cdf = Big::ONE / Big::from(2_u8) + density.clone() * sum;
        // What was rounded and what was cut off is below 2^-1500; the results are cut to those asked for, no more.
        let shorten = |value: Big| Self::rounded(value.with_precision(bits()).value(), Bound::ONE >> 1400);
        (shorten(cdf), shorten(density))
    }

    /// `π`, and an error bound.
    pub fn pi() -> Self {
        Self::rounded(Big::pi(bits()), Bound::ZERO)
    }

    /// The decimal fraction `digits / 10^places`.
    pub fn decimal(digits: i32, places: u8) -> Self {
        Self::new(digits.into()).over_exact(&Self::new(10_f64.powi(places.into())))
    }

    /// The integer power, by multiplication; a negative one of zero is [`Exact::undefined`].
    #[must_use]
    pub fn power(&self, exponent: i32) -> Self {
        let product = (0..exponent.unsigned_abs()).fold(Self::new(1.0), |product, _| {
            let product = product * self;
            Self { value: unlimited(product.value), error: product.error }
        });
        if exponent < 0 { Self::new(1.0).over(&product) } else { product }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_agree_with_those_of_the_platform() {
        for x in [-38.0, -5.5, -1.0, -1e-3, 0.0, 1e-9, 0.3, 2.0, 17.0, 39.0] {
            let exact = Exact::new(x);
            let (above, below) = exact.logistic();
            assert!(!(above.clone() + &below).violates(1.0, 0.0));
            assert!(!above.violates(1.0 / (1.0 + (-x).exp()), 1e-15));
            let (sin, cos) = exact.sin_cos();
            assert!(!sin.violates(x.sin(), 1e-15) && !cos.violates(x.cos(), 1e-15));
            let (cdf, density) = exact.normal();
            let mirrored = (-exact).normal().0;
            assert!(!(cdf + &mirrored).violates(1.0, 0.0), "{x}");
            assert!(!density.violates((-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt(), 1e-14));
        }
        let below = Exact::new(-1.0).normal().0;
        assert!(!below.violates(0.158_655_253_931_457_05, 1e-16));
    }

    #[test]
    fn quotients_roots_and_powers() {
        let third = Exact::new(1.0).over(&Exact::new(3.0));
        assert!(!(third.clone() * &Exact::new(3.0)).violates(1.0, 0.0));
        assert!(!third.over(&third).violates(1.0, 0.0));
        let root = Exact::new(2.0).sqrt();
        assert!(!(root.clone() * &root).violates(2.0, 0.0) && root.violates(std::f64::consts::SQRT_2, 1e-20));
        assert!(!Exact::new(0.5).power(-3).violates(8.0, 0.0));
        for nothing in [Exact::new(-1.0).sqrt(), Exact::new(1.0).over(&Exact::zero()), Exact::zero().power(-1)] {
            assert!(nothing.violates(0.0, f64::MAX) && !nothing.violates(0.0, f64::INFINITY));
        }
    }
}
