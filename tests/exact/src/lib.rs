//! Real numbers for the tests: an arbitrarily precise number and a bound of how far it may be from the real one.
//!
//! Sums, differences and products of floating-point numbers are dyadic and computed exactly, so the bound is 0. Only a
//! quotient, a logarithm or an exponential has one, below 2^-300 of the result unless more is asked for ([`with_bits`]). What a test compares with a radius is
//! the distance *less* that bound, so the tests accuse nobody falsely, and miss no violation that is larger than it.
//!
//! Where that bound is too large for what is asked, such as the sign, the test fails; a test of random graphs, where numbers cancel that
//! nobody chose, may ask first ([`decided`]).
//!
//! A package of its own, so that it is optimised when the tests themselves are not.

mod decide;
mod functions;
mod memory;
mod precision;

use std::cmp::Ordering;
use std::ops::{Add, Mul, Neg, Sub};

use dashu_float::round::mode::{HalfEven, Up};
use dashu_float::{Context, FBig};

pub use decide::decided;
pub use precision::with_bits;

use decide::demand;
use precision::bits;

/// The bits of an error bound.
const ERROR_PRECISION: usize = 64;
/// A term this many bits below the other is moved to the error bound: exact arithmetic must not fill the memory.
const WIDEST: isize = 20_000;
/// A product with more bits than this is cut to a tenth of them.
const LONGEST: usize = 40_000;
/// Beyond this an exponential exceeds every format, and every ball of wide numbers, so that its exact size is of no interest.
const LARGEST_EXPONENT: u32 = 1 << 30;
/// Below minus this it is smaller than any number of interest.
const SMALLEST_EXPONENT: f64 = -1_048_576.0;

/// A number of unlimited precision.
type Big = FBig<HalfEven, 2>;
/// An error bound: every operation rounds up.
type Bound = FBig<Up, 2>;

/// A real number within `error` of `value`.
#[derive(Clone, Debug)]
pub struct Exact {
    value: Big,
    error: Bound,
}

impl Exact {
    /// Zero.
    pub fn zero() -> Self {
        Self { value: Big::ZERO, error: Bound::ZERO }
    }

    /// The number itself.
    ///
    /// # Panics
    /// If it is not finite: there is no such real number.
    pub fn new(x: f64) -> Self {
        let value = Big::try_from(x).expect("only finite numbers are real");
        Self::dyadic(value)
    }

    /// `± words 2^exponent`, where the words are those of an integer, the least significant first.
    ///
    /// # Panics
    /// If the exponent is none of an `isize`.
    pub fn of_words(negative: bool, words: &[u64], exponent: i64) -> Self {
        let size = words.iter().rev().fold(unlimited(Big::ZERO), |sum, &word| (sum << 64) + unlimited(word.into()));
        let exponent = isize::try_from(exponent).expect("the exponent of a number");
        let size = if size == Big::ZERO { size } else { size << exponent };
        Self::dyadic(if negative { -size } else { size })
    }

    fn dyadic(value: Big) -> Self {
        Self { value: unlimited(value), error: Bound::ZERO }
    }

    /// A result that was rounded to [`bits`], of an argument that was off by some error.
    fn rounded(value: Big, inherited: Bound) -> Self {
        let unit = magnitude(&value) >> (bits() - 1).cast_signed();
        Self { value: unlimited(value), error: inherited + unit }
    }

    /// Whether the real number is known to be positive.
    ///
    /// # Panics
    /// If its sign cannot be told: such a test would say nothing.
    pub fn is_positive(&self) -> bool {
        let positive = self.value > Big::ZERO;
        let decided = self.error == Bound::ZERO || magnitude(&self.value) > self.error;
        demand(decided, || format!("the sign of {self:?} is not known"));
        positive
    }

    /// Whether the number is exactly zero.
    pub fn is_zero(&self) -> bool {
        self.value == Big::ZERO && self.error == Bound::ZERO
    }

    /// Whether the numbers at hand are in this order; their bounds are ignored.
    pub fn is_less_than(&self, other: &Self) -> bool {
        self.value < other.value
    }

    /// The sum of many.
    pub fn sum<'a>(terms: impl IntoIterator<Item = &'a Self>) -> Self {
        terms.into_iter().fold(Self::zero(), |sum, term| sum + term)
    }

    /// e to the number.
    ///
    /// # Panics
    /// If the number is off by more than 1.
    #[must_use]
    pub fn exp(&self) -> Self {
        // e^(x + d) - e^x = e^x (e^d - 1), and e^d - 1 <= 2d for d <= 1.
        demand(self.error <= Bound::ONE, || "an exponential of a number of which nothing is known".to_owned());
        self.remembered("exp", |x| (x.exponential(), Self::zero())).0
    }

    fn exponential(&self) -> Self {
        let x = nearest(&self.value);
        if x < SMALLEST_EXPONENT {
            let bound = Bound::ONE >> 1_000_000;
            return Self { value: Big::ZERO, error: bound };
        }
        let x = if x > LARGEST_EXPONENT.into() { Big::from(LARGEST_EXPONENT) } else { self.value.clone() };
        let value = Context::new(bits()).exp(x.repr(), None).expect("the argument is of moderate size").value();
        let inherited = magnitude(&value) * &self.error * Bound::from(2_u8);
        Self::rounded(value, inherited)
    }

    /// The natural logarithm of a positive number.
    ///
    /// # Panics
    /// If it is not known to be positive.
    #[must_use]
    pub fn ln(&self) -> Self {
        let known = self.is_positive() && magnitude(&self.value) >= self.error.clone() * Bound::from(3_u8);
        demand(known, || format!("the logarithm of {self:?}, of which little is known"));
        if !known {
            return Self::zero();
        }
        self.remembered("ln", |x| (x.logarithm(), Self::zero())).0
    }

    fn logarithm(&self) -> Self {
        let value = Context::new(bits()).ln(self.value.repr(), None).expect("a positive number").value();
        // |ln(x + d) - ln x| <= d/(x - d) <= 2 d/x for d <= x/2.
        let relative = over(self.error.clone(), &self.value);
        Self::rounded(value, relative * Bound::from(2_u8))
    }

    /// The quotient by a number that is known exactly.
    ///
    /// # Panics
    /// If the divisor is zero or not exact.
    #[must_use]
    pub fn over_exact(&self, divisor: &Self) -> Self {
        assert!(divisor.error == Bound::ZERO && divisor.value != Big::ZERO, "division by {divisor:?}");
        let quotient = Context::new(bits()).div(self.value.repr(), divisor.value.repr()).expect("not by zero").value();
        Self::rounded(quotient, over(self.error.clone(), &divisor.value))
    }

    /// The reciprocal of a number that is at least 1.
    ///
    /// # Panics
    /// If it is smaller.
    #[must_use]
    pub fn reciprocal_above_one(&self) -> Self {
        assert!(self.value >= Big::ONE, "{self:?} is below 1");
        let value = Context::new(bits()).div(Big::ONE.repr(), self.value.repr()).expect("not by zero").value();
        // |1/(x + d) - 1/x| <= d/(x (x - d)) <= 2d for x >= 1, d <= 1/2.
        Self::rounded(value, self.error.clone() * Bound::from(2_u8))
    }

    /// The hyperbolic tangent, as (1 - e)/(1 + e) with e = exp(-2|x|), and its derivative 4e/(1 + e)².
    ///
    /// # Panics
    /// If the number is off by more than 1.
    #[must_use]
    pub fn tanh_and_slope(&self) -> (Self, Self) {
        demand(self.error <= Bound::ONE, || "a tangent of a number of which nothing is known".to_owned());
        self.remembered("tanh", Self::tangent)
    }

    fn tangent(&self) -> (Self, Self) {
        if self.value == Big::ZERO && self.error == Bound::ZERO {
            return (Self::zero(), Self::new(1.0));
        }
        let double = Self { value: -(magnitude_exact(&self.value) << 1), error: self.error.clone() << 1 };
        let e = double.exp();
        let reciprocal = (Self::new(1.0) + &e).reciprocal_above_one();
        let slope = Self::new(4.0) * &e * &reciprocal * &reciprocal;
        // dashu's tanh has no cancellation near 0; tanh is no steeper than the identity.
        let value = Context::new(bits()).tanh(self.value.repr(), None).expect("a finite number").value();
        (Self::rounded(value, self.error.clone()), slope)
    }

    /// At least the distance between `x` and the real number less what the reference itself may be off by; `None` if `x`
    /// is not finite.
    fn distance(&self, x: f64) -> Option<Big> {
        let x = Self::new(x.is_finite().then_some(x)?);
        let distance = magnitude_exact(&(x - self).value);
        let error = self.error.clone().with_rounding::<HalfEven>();
        Some(unlimited(distance) - unlimited(error))
    }

    /// Whether the real number is *not* within `radius` of `x`: a violation.
    ///
    /// A radius of ∞ claims nothing. A radius that is NaN or negative, or a finite one of a number that is not finite, is
    /// a violation by itself.
    pub fn violates(&self, x: f64, radius: f64) -> bool {
        if radius == f64::INFINITY {
            return false;
        }
        if radius.is_nan() || radius < 0.0 {
            return true;
        }
        let radius = Self::new(radius).value;
        self.distance(x).is_none_or(|distance| distance > radius)
    }

    /// Whether the real number is known *not* to be within an exact radius of an exact number.
    pub fn is_outside(&self, mid: &Self, radius: &Self) -> bool {
        let distance = (self.clone() - mid).abs() - radius;
        distance.value > Big::ZERO
            && magnitude_exact(&distance.value) > distance.error.clone().with_rounding::<HalfEven>()
    }

    /// The error of `x`, to nearest: for reports.
    pub fn error_of(&self, x: f64) -> f64 {
        self.distance(x).map_or(f64::INFINITY, |distance| nearest(&distance).max(0.0))
    }

    /// The number rounded to nearest: for reports.
    pub fn to_f64(&self) -> f64 {
        nearest(&self.value)
    }
}

impl Add<&Exact> for Exact {
    type Output = Exact;

    fn add(self, other: &Exact) -> Exact {
        let error = add_bounds(self.error, &other.error);
        let (a, b) = (self.value, &other.value);
        match (top(&a), top(b)) {
            (Some(p), Some(q)) if p - q > WIDEST => Exact { error: error + magnitude(b), value: a },
            (Some(p), Some(q)) if q - p > WIDEST => Exact { error: error + magnitude(&a), value: b.clone() },
            _ => Exact { value: a + b, error },
        }
    }
}

impl Sub<&Exact> for Exact {
    type Output = Exact;

    fn sub(self, other: &Exact) -> Exact {
        self + &-other.clone()
    }
}

impl Mul<&Exact> for Exact {
    type Output = Exact;

    fn mul(self, other: &Exact) -> Exact {
        let error = if self.error == Bound::ZERO && other.error == Bound::ZERO {
            Bound::ZERO
        } else {
            let (a, b) = (magnitude(&self.value), magnitude(&other.value));
            a * &other.error + (b + &other.error) * self.error
        };
        let product = self.value * &other.value;
        if product.repr().digits() <= LONGEST {
            return Exact { value: product, error };
        }
        let unit = magnitude(&product) >> (LONGEST / 10 - 1).cast_signed();
        Exact { value: unlimited(product.with_precision(LONGEST / 10).value()), error: error + unit }
    }
}

impl Neg for Exact {
    type Output = Exact;

    fn neg(self) -> Exact {
        Exact { value: -self.value, error: self.error }
    }
}

/// The same number with unlimited precision, so that what is done with it next is exact.
fn unlimited(x: Big) -> Big {
    x.with_precision(0).value()
}

/// The magnitude, rounded up.
fn magnitude(x: &Big) -> Bound {
    magnitude_exact(x).with_rounding::<Up>().with_precision(ERROR_PRECISION).value()
}

fn magnitude_exact(x: &Big) -> Big {
    if *x < Big::ZERO { -x.clone() } else { x.clone() }
}

/// The position of the leading bit; none for zero.
fn top(x: &Big) -> Option<isize> {
    (*x != Big::ZERO).then(|| x.repr().exponent() + x.repr().digits().cast_signed())
}

fn add_bounds(a: Bound, b: &Bound) -> Bound {
    if a == Bound::ZERO { b.clone() } else { a + b }
}

/// `error / |x|`, rounded up.
fn over(error: Bound, x: &Big) -> Bound {
    if error == Bound::ZERO {
        return error;
    }
    // A divisor rounded to nearest with 64 bits is at most 2^-63 too large; the last factor covers it.
    let divisor = magnitude_exact(x).with_precision(ERROR_PRECISION).value().with_rounding::<Up>();
    let slack = Bound::ONE.with_precision(ERROR_PRECISION).value() + (Bound::ONE >> 60);
    error.with_precision(ERROR_PRECISION).value() / divisor * slack
}

/// To nearest, ±∞ beyond the largest.
fn nearest(x: &Big) -> f64 {
    match x.partial_cmp(&Big::ZERO) {
        Some(Ordering::Equal) | None => 0.0,
        _ => x.to_f64().value(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_products_of_floats_are_exact() {
        let (large, small) = (Exact::new(f64::MAX), Exact::new(f64::from_bits(1)));
        let back = large.clone() + &small - &large;
        assert_eq!(back.value, small.value);
        let product = large.clone() * &small * &large * &small;
        assert_eq!(product.error, Bound::ZERO);
        assert!(!product.violates(product.to_f64(), f64::EPSILON * product.to_f64()));
        assert!(product.violates(product.to_f64() * (1.0 + 2e-16), 0.0));
    }

    #[test]
    fn functions_are_known_far_beyond_f64() {
        let x = Exact::new(0.7);
        let back = x.exp().ln();
        assert!(!back.violates(0.7, 0.0));
        assert!(back.violates(0.7 + 1e-15, 1e-16));
        let third = Exact::new(1.0).over_exact(&Exact::new(3.0));
        assert!(!(third * &Exact::new(3.0)).violates(1.0, 0.0));
        for x in [-800.0, -30.0, -1.0, -1e-300, 0.0, 1e-20, 0.5, 19.0, 40.0, 1e6, 1e300] {
            let (tanh, slope) = Exact::new(x).tanh_and_slope();
            assert!(!tanh.violates(x.tanh(), 3.0 * f64::EPSILON * x.abs().min(1.0)), "{x}");
            let identity = tanh.clone() * &tanh + &slope;
            assert!(!identity.violates(1.0, 0.0), "{x}");
        }
    }

    #[test]
    fn what_no_format_can_hold_fills_no_memory() {
        for x in [1e5, 1e300, -1e5, -1e300] {
            let y = Exact::new(1.0) + &Exact::new(x).exp();
            assert_eq!(y.to_f64(), if x > 0.0 { f64::INFINITY } else { 1.0 });
            assert!(y.ln().to_f64() >= 0.0);
        }
    }

    #[test]
    fn a_number_that_is_not_finite_violates_every_finite_radius() {
        for x in [f64::NAN, f64::INFINITY] {
            assert!(Exact::zero().violates(x, f64::MAX));
            assert!(!Exact::zero().violates(x, f64::INFINITY));
        }
        assert!(Exact::zero().violates(0.0, f64::NAN));
        assert!(!Exact::zero().violates(0.0, 0.0));
    }
}
