//! Every number, and every pair of numbers, of small formats in five radices and five roundings: the result of each operation is the
//! one that a search among all numbers finds, with nothing but integers; and so is that of each elementary function, with `nfgrad_exact`.

use std::cmp::Ordering;

use nfgrad_exact::Exact;

use nfgrad::bound::Up;
use nfgrad::format::nf::{ExponentFunction, Rounding};
use nfgrad::format::{
    Below, Downward, E4m3, E5m2, Fix, Flt, Format, Ftz, NearestAway, NearestEven, Nf, TowardZero, Upward,
};

#[path = "nf/functions.rs"]
mod functions;

/// A rational number, the divisor positive.
#[derive(Clone, Copy, Debug)]
struct Ratio(i128, i128);

impl Ratio {
    fn numerator(self) -> Exact {
        Exact::new(self.0 as f64)
    }

    fn divisor(self) -> Exact {
        Exact::new(self.1 as f64)
    }

    fn cmp(self, other: Self) -> Ordering {
        (self.0 * other.1).cmp(&(other.0 * self.1))
    }

    /// The sign of `self - (a + b) / 2`.
    fn cmp_middle(self, a: Self, b: Self) -> Ordering {
        Self(2 * self.0, self.1).cmp(Self(a.0 * b.1 + b.0 * a.1, a.1 * b.1))
    }

    fn minus(self, other: Self) -> f64 {
        (self.0 * other.1 - other.0 * self.1) as f64 / (self.1 * other.1) as f64
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Rule {
    Even,
    Away,
    Zero,
    Up,
    Down,
}

/// What the exact result of an operation is: a rational number, the root of one, or a value of a function.
#[derive(Clone, Copy, Debug)]
enum Real<'a> {
    Number(Ratio),
    Root(Ratio),
    Value(&'a Exact),
}

impl Real<'_> {
    /// The sign of `self - x`.
    fn cmp(self, x: Ratio) -> Ordering {
        match self {
            Self::Number(y) => y.cmp(x),
            Self::Root(_) if x.0 < 0 => Ordering::Greater,
            Self::Root(y) => y.cmp(Ratio(x.0 * x.0, x.1 * x.1)),
            Self::Value(y) => sign(&(y.clone() * &x.divisor() - &x.numerator())),
        }
    }

    /// The sign of `self - (a + b) / 2`.
    fn cmp_middle(self, a: Ratio, b: Ratio) -> Ordering {
        match self {
            Self::Number(y) => y.cmp_middle(a, b),
            Self::Root(y) => {
                let (sum, product) = (a.0 * b.1 + b.0 * a.1, 2 * a.1 * b.1);
                y.cmp(Ratio(sum * sum, product * product))
            }
            Self::Value(_) => self.cmp(Ratio(a.0 * b.1 + b.0 * a.1, 2 * a.1 * b.1)),
        }
    }
}

fn sign(x: &Exact) -> Ordering {
    match x {
        _ if x.is_zero() => Ordering::Equal,
        _ if x.is_positive() => Ordering::Greater,
        _ => Ordering::Less,
    }
}

/// All numbers of a format in ascending order, zero in the middle, and some beyond the largest.
struct Numbers {
    all: Vec<Ratio>,
    /// Whether the mantissa of the number is even.
    even: Vec<bool>,
    /// Results that round to this or more are too large.
    limit: Ratio,
    /// Results below this are flushed.
    least: Option<Ratio>,
    rule: Rule,
}

impl Numbers {
    /// The non-negative numbers `m radix^e` with `m < radix^p`, `e >= emin`, up to the largest result of two.
    fn new(radix: i128, precision: Option<u32>, emin: i32, limit: u32, flushes: bool, rule: Rule) -> Self {
        let scale = radix.pow(emin.unsigned_abs());
        let top = radix.pow((2 * limit).max(limit + emin.unsigned_abs()) + 1 + emin.unsigned_abs());
        // In units of the smallest number: every multiple in the first binades, then coarser.
        let (mut units, mut unit, mut n) = (vec![], 1, 0);
        while n < top {
            units.push((n, (n / unit) % 2 == 0));
            n += unit;
            if precision.is_some_and(|p| n == unit * radix.pow(p)) {
                unit *= radix;
            }
        }
        let smallest = radix.pow(precision.unwrap_or(1) - 1);
        if flushes {
            units.retain(|&(n, _)| n == 0 || n >= smallest);
        }
        let positive = units.iter().map(|&(n, even)| (Ratio(n, scale), even));
        let negative = units.iter().skip(1).rev().map(|&(n, even)| (Ratio(-n, scale), even));
        let (all, even) = negative.chain(positive).unzip();
        let least = flushes.then_some(Ratio(smallest, scale));
        Self { all, even, limit: Ratio(radix.pow(limit), 1), least, rule }
    }

    /// The number that the result becomes; `None` if it is too large.
    fn round(&self, x: Real) -> Option<Ratio> {
        let above = self.all.partition_point(|&n| x.cmp(n).is_gt());
        // Beyond all numbers, of which some are too large.
        let (a, b) = (*self.all.get(above.checked_sub(1)?)?, *self.all.get(above)?);
        let negative = x.cmp(Ratio(0, 1)).is_lt();
        let flushed = self
            .least
            .is_some_and(|least| x.cmp(least).is_lt() && (!negative || x.cmp(Ratio(-least.0, least.1)).is_gt()));
        let is_up = match self.rule {
            _ if x.cmp(b).is_eq() => true,
            _ if flushed => b.0 == 0,
            Rule::Zero => negative,
            Rule::Up => true,
            Rule::Down => false,
            Rule::Even | Rule::Away => match x.cmp_middle(a, b) {
                Ordering::Less => false,
                Ordering::Greater => true,
                Ordering::Equal if self.rule == Rule::Away => !negative,
                // The mantissa of the smaller one decides; the other may have a larger unit.
                Ordering::Equal if negative => self.even[above],
                Ordering::Equal => !self.even[above - 1],
            },
        };
        let y = if is_up { b } else { a };
        let size = Ratio(y.0.abs(), y.1);
        size.cmp(self.limit).is_lt().then_some(y)
    }
}

/// The non-negative and negative numbers as the library counts them.
fn walk<F: Format>(least: F, next: impl Fn(F) -> F) -> Vec<F> {
    let mut positive = vec![least];
    while let Some(&last) = positive.last()
        && next(last).is_finite()
    {
        positive.push(next(last));
    }
    let negative: Vec<F> = positive.iter().rev().map(|x| x.neg()).collect();
    negative.into_iter().chain([F::ZERO]).chain(positive).collect()
}

/// Tries all pairs.
fn exhaust<F: Format>(xs: &[F], numbers: &Numbers, ratio: impl Fn(F) -> Ratio) {
    for &a in xs {
        let x = ratio(a);
        if a >= F::ZERO {
            check(numbers, "sqrt", Real::Root(x), (a, a), (a.sqrt(), F::sqrt_error(a, a.sqrt())), &ratio);
        }
        for &b in xs {
            let y = ratio(b);
            let (sum, difference, product, quotient) = (a.add(b), a.sub(b), a.mul(b), a.div(b));
            let at = (a, b);
            let exact = Real::Number(Ratio(x.0 * y.1 + y.0 * x.1, x.1 * y.1));
            check(numbers, "+", exact, at, (sum, F::add_error(a, b, sum)), &ratio);
            let exact = Real::Number(Ratio(x.0 * y.1 - y.0 * x.1, x.1 * y.1));
            check(numbers, "-", exact, at, (difference, F::add_error(a, b.neg(), difference)), &ratio);
            let exact = Real::Number(Ratio(x.0 * y.0, x.1 * y.1));
            check(numbers, "*", exact, at, (product, F::mul_error(a, b, product)), &ratio);
            if y.0 != 0 {
                let exact = Real::Number(Ratio(x.0 * y.1 * y.0.signum(), x.1 * y.0.abs()));
                check(numbers, "/", exact, at, (quotient, F::div_error(a, b, quotient)), &ratio);
            } else {
                assert!(!quotient.is_finite() && F::div_error(a, b, quotient) == Up::INFINITY);
            }
            assert_eq!(a.max(b), if x.cmp(y).is_ge() { a } else { b });
            assert_eq!(a.partial_cmp(&b), Some(x.cmp(y)));
        }
    }
}

/// The result is the right one, its error is at least the true one, and no more than what any rounding to it may err.
fn check<F: Format>(
    numbers: &Numbers,
    what: &str,
    exact: Real,
    (a, b): (F, F),
    (result, error): (F, Up),
    ratio: &impl Fn(F) -> Ratio,
) {
    let place = || format!("{a:?} {what} {b:?} = {exact:?} became {result:?} within {error:?}");
    let Some(expected) = numbers.round(exact) else {
        assert!(!result.is_finite() && error == Up::INFINITY, "{}", place());
        return;
    };
    assert!(result.is_finite() && expected.cmp(ratio(result)).is_eq(), "{}, not {expected:?}", place());
    let is_exact = exact.cmp(expected).is_eq();
    assert_eq!(error == Up::ZERO, is_exact, "{}", place());
    if let Real::Number(x) = exact {
        let distance = x.minus(expected).abs();
        let bound = error.get();
        // Of a quotient far below the smallest number no more is known than that.
        let slack = if what == "/" { 1.0 + 1e-10 } else { 1.0 + 1e-12 };
        assert!(bound >= distance * (1.0 - 1e-15) && bound <= distance * slack, "{}: {distance:e}", place());
    }
    let slack = if what == "sqrt" { 1.1 } else { 1.0 + 1e-12 };
    assert!(error.get() <= result.half_ulp().get() * slack, "{}", place());
}

/// All numbers of a format, as the search counts them and as the library does.
fn both<const RADIX: u32, E: ExponentFunction, R: Rounding>(rule: Rule) -> (Numbers, Vec<Nf<RADIX, E, R>>) {
    let least = E::LEAST.expect("a format with a smallest number");
    let digits = i32::try_from(E::PRECISION.unwrap_or(1)).expect("few");
    let emin = if E::FLUSHES { least + 1 - digits } else { least };
    let limit = E::LIMIT.and_then(|limit| u32::try_from(limit).ok()).expect("a format with a limit");
    let numbers = Numbers::new(RADIX.into(), E::PRECISION, emin, limit, E::FLUSHES, rule);
    let xs = walk(Nf::<RADIX, E, R>::ZERO.next_up(), Nf::next_up);
    assert!(xs.len() <= 256, "{}", xs.len());
    (numbers, xs)
}

fn ratio<const RADIX: u32, E: ExponentFunction, R: Rounding>(x: Nf<RADIX, E, R>) -> Ratio {
    let (mantissa, exponent) = x.parts().expect("finite");
    let unit = i128::from(RADIX).pow(exponent.unsigned_abs());
    if exponent < 0 { Ratio(mantissa.into(), unit) } else { Ratio(i128::from(mantissa) * unit, 1) }
}

fn nf<const RADIX: u32, E: ExponentFunction, R: Rounding>(rule: Rule) {
    let (numbers, xs) = both::<RADIX, E, R>(rule);
    exhaust(&xs, &numbers, ratio);
}

macro_rules! every_rounding {
    ($($test:ident: $radix:literal, $exponent:ty;)*) => {$(
        #[test]
        fn $test() {
            nf::<$radix, $exponent, NearestEven>(Rule::Even);
            nf::<$radix, $exponent, NearestAway>(Rule::Away);
            nf::<$radix, $exponent, TowardZero>(Rule::Zero);
            nf::<$radix, $exponent, Upward>(Rule::Up);
            nf::<$radix, $exponent, Downward>(Rule::Down);
        }
    )*};
}

every_rounding! {
    binary: 2, Below<Flt<-6, 3>, 5>;
    binary_of_one_digit: 2, Below<Flt<-5, 1>, 5>;
    ternary: 3, Below<Flt<-3, 2>, 3>;
    quinary: 5, Below<Flt<-2, 2>, 2>;
    decimal: 10, Below<Flt<-2, 1>, 2>;
    hexadecimal: 16, Below<Flt<-1, 1>, 2>;
    fixed_binary: 2, Below<Fix<-3>, 4>;
    fixed_decimal: 10, Below<Fix<-1>, 1>;
    flushed_binary: 2, Below<Ftz<-6, 3>, 5>;
    flushed_decimal: 10, Below<Ftz<-2, 1>, 2>;
}

/// The codes of the hardware, by the same search.
#[test]
fn fp8_is_flt_of_three_or_four_bits() {
    #[allow(clippy::cast_possible_truncation, reason = "an integer")]
    let ratio = |x: f64| Ratio((x * 65536.0) as i128, 65536);
    let xs = walk(E5m2::from_bits(1), |x| E5m2::from_bits(x.to_bits() + 1));
    exhaust(&xs, &Numbers::new(2, Some(3), -16, 16, false, Rule::Even), |x| ratio(x.to_f64()));
    let xs = walk(E4m3::from_bits(1), |x| E4m3::from_bits(x.to_bits() + 1));
    let mut numbers = Numbers::new(2, Some(4), -9, 9, false, Rule::Even);
    // The topmost code is that of NaN.
    numbers.limit = Ratio(480, 1);
    exhaust(&xs, &numbers, |x| ratio(x.to_f64()));
}
