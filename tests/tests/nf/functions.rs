//! Elementary functions of `Nf`: the result is the real value, rounded once.

use nfgrad::bound::Up;
use nfgrad::format::elementary::{
    Cos, Exp, ExpM1, Gelu, GeluTanh, Ln, Ln1p, NormalCdf, Sigmoid, Silu, Sin, Softplus, Tanh,
};
use nfgrad::format::nf::{ExponentFunction, Rounding};
use nfgrad::format::{Below, Downward, Fix, Flt, Flx, Format, Ftz, NearestAway, NearestEven, Nf, TowardZero, Upward};
use nfgrad_exact::{Exact, decided};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Ratio, Real, Rule, both, ratio, sign};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Function {
    Exp,
    Ln,
    Ln1p,
    ExpM1,
    Tanh,
    Sin,
    Cos,
    Sigmoid,
    Softplus,
    Silu,
    GeluTanh,
    NormalCdf,
    Gelu,
}

use Function as F;

const ALL: [Function; 13] = [
    F::Exp,
    F::Ln,
    F::Ln1p,
    F::ExpM1,
    F::Tanh,
    F::Sin,
    F::Cos,
    F::Sigmoid,
    F::Softplus,
    F::Silu,
    F::GeluTanh,
    F::NormalCdf,
    F::Gelu,
];

impl Function {
    /// What the library makes of `x`, and the error that it states.
    fn of<N: Format>(self, x: N) -> (N, Up) {
        macro_rules! evaluate {
            ($($name:ident)*) => {
                match self {
                    $(Self::$name => (x.eval::<$name>(), x.eval::<$name>().eval_error::<$name>()),)*
                }
            };
        }
        evaluate!(Exp Ln Ln1p ExpM1 Tanh Sin Cos Sigmoid Softplus Silu GeluTanh NormalCdf Gelu)
    }

    /// The real value at `x`, if there is one; `is_one` says whether `x` is 1.
    fn exact(self, x: &Exact, is_one: bool) -> Option<Exact> {
        let one = || Exact::new(1.0);
        if x.is_zero() {
            return match self {
                F::Ln => None,
                F::Exp | F::Cos => Some(one()),
                F::Sigmoid | F::NormalCdf => Some(Exact::new(0.5)),
                F::Softplus => Some(Exact::new(2.0).ln()),
                _ => Some(Exact::zero()),
            };
        }
        Some(match self {
            F::Ln if is_one => Exact::zero(),
            F::Ln if !x.is_positive() => return None,
            F::Ln1p if !(one() + x).is_positive() => return None,
            F::Ln => x.ln(),
            F::Ln1p => (one() + x).ln(),
            F::Exp => x.exp(),
            F::ExpM1 => x.exp() - &one(),
            F::Tanh => x.tanh_and_slope().0,
            F::Sin => x.sin_cos().0,
            F::Cos => x.sin_cos().1,
            F::Sigmoid => x.logistic().0,
            F::Softplus => (one() + &(-x.abs()).exp()).ln() + &if x.is_positive() { x.clone() } else { Exact::zero() },
            F::Silu => x.logistic().0 * x,
            F::GeluTanh => {
                let cubic = x.clone() * x * x * &Exact::decimal(44_715, 6);
                let argument = Exact::new(8.0).over(&Exact::pi()).sqrt() * &(cubic + x);
                argument.logistic().0 * x
            }
            F::NormalCdf => x.normal().0,
            F::Gelu => x.normal().0 * x,
        })
    }

    /// The same, but what the oracle does not tell from 0, 1 or x replaced by something on the same side of them, for formats of few digits.
    fn exact_or_beside(self, x: &Exact, is_one: bool) -> Option<Exact> {
        let (one, hair) = (|| Exact::new(1.0), Exact::new(2f64.powi(-150)));
        let far = match self {
            F::NormalCdf | F::Gelu => 18.0,
            F::GeluTanh => 10.0,
            _ => 100.0,
        };
        if !(x.abs() - &Exact::new(far)).is_positive() {
            return self.exact(x, is_one);
        }
        Some(match (self, x.is_positive()) {
            (F::NormalCdf | F::Sigmoid | F::Tanh, true) => one() - &hair,
            (F::NormalCdf | F::Sigmoid | F::Softplus, false) => hair,
            (F::Tanh | F::ExpM1, false) => -one() + &hair,
            (F::Gelu | F::GeluTanh | F::Silu, true) => x.clone() - &hair,
            (F::Gelu | F::GeluTanh | F::Silu, false) => -hair,
            (F::Softplus, true) => x.clone() + &hair,
            _ => return self.exact(x, is_one),
        })
    }

    /// Half an ulp or a whole one, and nothing that matters more.
    fn assert_only_rounding<N: Format>(self, y: N, error: Up) {
        let (rounding, error) = (y.half_ulp().get(), error.get());
        let is_proven = !matches!(self, F::GeluTanh | F::NormalCdf | F::Gelu);
        let expected = if is_proven { rounding } else { rounding.next_up() };
        assert!(error == expected, "{self:?} {y:?}: {error:e} {rounding:e}");
    }
}

/// Judges the library's result at a number, given by its place among all, from the real value.
type Judge = Box<dyn Fn(usize, Function, Option<&Exact>)>;

fn judge<const RADIX: u32, E: ExponentFunction, R: Rounding>(rule: Rule) -> Judge {
    let (numbers, xs) = both::<RADIX, E, R>(rule);
    Box::new(move |place, function, exact| {
        let (y, error) = function.of(xs[place]);
        let place = || format!("{function:?}({:?}) {} became {y:?} within {error:?}", xs[place], R::NAME);
        let Some(expected) = exact.and_then(|exact| numbers.round(Real::Value(exact))) else {
            assert!(!y.is_finite() && error == Up::INFINITY, "{}", place());
            return;
        };
        assert!(y.is_finite() && expected.cmp(ratio(y)).is_eq(), "{}, not {expected:?}", place());
        function.assert_only_rounding(y, error);
    })
}

/// Every number of a format under every function, in every rounding.
fn exhaust<const RADIX: u32, E: ExponentFunction>() {
    let judges = [
        judge::<RADIX, E, NearestEven>(Rule::Even),
        judge::<RADIX, E, NearestAway>(Rule::Away),
        judge::<RADIX, E, TowardZero>(Rule::Zero),
        judge::<RADIX, E, Upward>(Rule::Up),
        judge::<RADIX, E, Downward>(Rule::Down),
    ];
    let (_, xs) = both::<RADIX, E, NearestEven>(Rule::Even);
    for (place, x) in xs.into_iter().enumerate() {
        let Ratio(n, d) = ratio(x);
        let exact = if n % d == 0 || d.count_ones() == 1 {
            Exact::new(n as f64 / d as f64)
        } else {
            ratio(x).numerator().over_exact(&ratio(x).divisor())
        };
        for function in ALL {
            let value = function.exact_or_beside(&exact, n == d);
            for judge in &judges {
                judge(place, function, value.as_ref());
            }
        }
    }
}

macro_rules! exhaustively {
    ($($test:ident: $radix:literal, $exponent:ty;)*) => {$(
        #[test]
        fn $test() {
            exhaust::<$radix, $exponent>();
        }
    )*};
}

exhaustively! {
    functions_binary: 2, Below<Flt<-6, 4>, 5>;
    functions_binary_of_one_digit: 2, Below<Flt<-5, 1>, 5>;
    functions_ternary: 3, Below<Flt<-3, 2>, 3>;
    functions_quinary: 5, Below<Flt<-2, 2>, 2>;
    functions_decimal: 10, Below<Flt<-2, 1>, 2>;
    functions_hexadecimal: 16, Below<Flt<-1, 1>, 2>;
    functions_fixed_binary: 2, Below<Fix<-3>, 4>;
    functions_fixed_decimal: 10, Below<Fix<-1>, 1>;
    functions_flushed_binary: 2, Below<Ftz<-6, 3>, 5>;
    functions_flushed_decimal: 10, Below<Ftz<-2, 1>, 2>;
}

/// `mantissa RADIX^exponent`, for the exact arithmetic.
fn exact_of<const RADIX: u32, E: ExponentFunction, R: Rounding>(x: Nf<RADIX, E, R>) -> Exact {
    let (mantissa, exponent) = x.parts().expect("finite");
    Exact::new(mantissa as f64) * &Exact::new(RADIX.into()).power(exponent)
}

/// Whether no number is better than `y`, from its neighbours; `None` if the oracle cannot tell.
fn is_right<const RADIX: u32, E: ExponentFunction, R: Rounding>(
    rule: Rule,
    y: Nf<RADIX, E, R>,
    exact: &Exact,
) -> Option<bool> {
    if y.is_nan() {
        return decided(|| (Exact::new(1e-280) - &exact.abs()).is_positive());
    }
    let is_below = |n: Exact| decided(|| sign(&(exact.clone() - &n)).is_lt());
    if !y.is_finite() {
        let largest = exact_of(if y > Nf::ZERO { y.next_down() } else { y.next_up() });
        return Some(is_below(largest)? != (y > Nf::ZERO));
    }
    let rule = match rule {
        Rule::Zero if is_below(Exact::zero())? => Rule::Up,
        Rule::Zero => Rule::Down,
        rule => rule,
    };
    // The border to each neighbour: the middle, the number itself or the neighbour.
    let border = |neighbour: Nf<RADIX, E, R>, is_upper: bool| {
        if !neighbour.is_finite() {
            return None;
        }
        Some(match rule {
            Rule::Even | Rule::Away => (exact_of(y) + &exact_of(neighbour)) * &Exact::new(0.5),
            Rule::Up if is_upper => exact_of(y),
            Rule::Down if !is_upper => exact_of(y),
            _ => exact_of(neighbour),
        })
    };
    let too_low = border(y.next_down(), false).map_or(Some(false), &is_below)?;
    let too_high = !border(y.next_up(), true).map_or(Some(true), &is_below)?;
    // A value that is a number is its own border.
    let is_itself = decided(|| (exact.clone() - &exact_of(y)).is_zero())?;
    Some(is_itself || !too_low && !too_high)
}

/// Random numbers from `2^-40` to `2^40` and the numbers around 1, each function, each rounding.
fn sample<const RADIX: u32, E: ExponentFunction>(count: usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(RADIX.into());
    let mut told = 0;
    for i in 0..count {
        let size = if i % 2 == 0 { 5.0 } else { 40.0 };
        let x = (2.0 * rng.random::<f64>() - 1.0) * 2f64.powf((2.0 * rng.random::<f64>() - 1.0) * size);
        let x = Nf::<RADIX, E, NearestEven>::from_f64(if i % 5 == 0 { 1.0 + x * 2f64.powi(-40) } else { x });
        if x.is_zero_or_not_finite() {
            continue;
        }
        let (exact, is_one) = (exact_of(x), x == Nf::ONE);
        for function in ALL {
            let Some(Some(value)) = decided(|| function.exact(&exact, is_one)) else { continue };
            told += usize::from(check::<RADIX, E, NearestEven>(Rule::Even, function, x.to_f64(), &value));
            check::<RADIX, E, NearestAway>(Rule::Away, function, x.to_f64(), &value);
            check::<RADIX, E, TowardZero>(Rule::Zero, function, x.to_f64(), &value);
            check::<RADIX, E, Upward>(Rule::Up, function, x.to_f64(), &value);
            check::<RADIX, E, Downward>(Rule::Down, function, x.to_f64(), &value);
        }
    }
    assert!(told > 8 * count, "{told} results of {count} numbers were told");
}

trait ZeroOrNotFinite {
    fn is_zero_or_not_finite(&self) -> bool;
}

impl<N: Format> ZeroOrNotFinite for N {
    fn is_zero_or_not_finite(&self) -> bool {
        *self == N::ZERO || !N::is_finite(*self)
    }
}

fn check<const RADIX: u32, E: ExponentFunction, R: Rounding>(
    rule: Rule,
    function: Function,
    x: f64,
    value: &Exact,
) -> bool {
    let x = Nf::<RADIX, E, R>::restored(x);
    let (y, error) = function.of(x);
    if y.is_finite() {
        function.assert_only_rounding(y, error);
    }
    let right = is_right(rule, y, value);
    assert!(right != Some(false), "{function:?}({x:?}) {} is not {y:?}", R::NAME);
    right.is_some()
}

#[test]
fn formats_as_precise_as_there_are() {
    sample::<2, Below<Flt<-1074, 53>, 1024>>(60);
    sample::<3, Flx<31>>(20);
    sample::<10, Flx<15>>(40);
    sample::<16, Flt<-100, 13>>(20);
    sample::<10, Fix<-9>>(20);
    sample::<2, Ftz<-500, 50>>(20);
}

type Double<R> = Nf<2, Below<Flt<-1074, 53>, 1024>, R>;
type Decimal<R> = Nf<10, Flx<10>, R>;

/// A function that is a hair beside a number is that number or its neighbour, as the rounding says.
#[test]
fn a_hair_beside_a_number() {
    fn up<const RADIX: u32, E: ExponentFunction>(function: Function, x: f64) -> [Nf<RADIX, E, NearestEven>; 3] {
        let [down, near, up] = [
            function.of(Nf::<RADIX, E, Downward>::restored(x)).0.to_f64(),
            function.of(Nf::<RADIX, E, NearestEven>::restored(x)).0.to_f64(),
            function.of(Nf::<RADIX, E, Upward>::restored(x)).0.to_f64(),
        ];
        [down, near, up].map(Nf::restored)
    }
    fn beside<const RADIX: u32, E: ExponentFunction>() {
        type N<const RADIX: u32, E> = Nf<RADIX, E, NearestEven>;
        // The exponent is one that both of the formats have exactly.
        for x in [1e-290, 1e-30, 1e-22] {
            let x = N::<RADIX, E>::from_f64(x).to_f64();
            let one = N::<RADIX, E>::ONE;
            let tiny = N::<RADIX, E>::restored(x);
            assert_eq!(up::<RADIX, E>(F::Exp, x), [one, one, one.next_up()]);
            assert_eq!(up::<RADIX, E>(F::Cos, x), [one.next_down(), one, one]);
            assert_eq!(up::<RADIX, E>(F::Exp, -x), [one.next_down(), one, one]);
            for function in [F::Sin, F::Tanh, F::Ln1p] {
                assert_eq!(up::<RADIX, E>(function, x)[1..], [tiny, tiny], "{function:?} {x:e}");
                assert_eq!(up::<RADIX, E>(function, x)[0], tiny.next_down(), "{function:?} {x:e}");
            }
            assert_eq!(up::<RADIX, E>(F::ExpM1, x), [tiny, tiny, tiny.next_up()]);
            assert_eq!(up::<RADIX, E>(F::ExpM1, -x), [-tiny, -tiny, (-tiny).next_up()]);
            assert_eq!(up::<RADIX, E>(F::Ln1p, -x), [(-tiny).next_down(), -tiny, -tiny]);
            let half = N::<RADIX, E>::from_f64(0.5);
            for function in [F::Sigmoid, F::NormalCdf] {
                assert_eq!(up::<RADIX, E>(function, x), [half, half, half.next_up()], "{function:?}");
                assert_eq!(up::<RADIX, E>(function, -x), [half.next_down(), half, half], "{function:?}");
            }
            for function in [F::Silu, F::Gelu, F::GeluTanh] {
                let half = tiny.mul(half);
                assert_eq!(up::<RADIX, E>(function, x), [half, half, half.next_up()], "{function:?}");
            }
        }
        for x in [70.0, 1e5, 1e299] {
            let (x, one) = (N::<RADIX, E>::from_f64(x), N::<RADIX, E>::ONE);
            let at = x.to_f64();
            for function in [F::Tanh, F::Sigmoid, F::NormalCdf] {
                assert_eq!(up::<RADIX, E>(function, at), [one.next_down(), one, one], "{function:?}");
            }
            for function in [F::Tanh, F::ExpM1] {
                assert_eq!(up::<RADIX, E>(function, -at), [-one, -one, (-one).next_up()], "{function:?}");
            }
            for function in [F::Silu, F::Gelu, F::GeluTanh] {
                assert_eq!(up::<RADIX, E>(function, at), [x.next_down(), x, x], "{function:?}");
            }
            assert_eq!(up::<RADIX, E>(F::Softplus, at), [x, x, x.next_up()]);
        }
    }
    beside::<2, Below<Flt<-1074, 53>, 1024>>();
    beside::<2, Flt<-1060, 24>>();
    beside::<16, Flt<-268, 5>>();
    beside::<10, Flt<-300, 8>>();
}

/// Half of an odd number of the smallest is a tie, and these functions are a hair above it.
#[test]
fn half_of_a_subnormal_number_is_above_a_tie() {
    type Small<R> = Nf<3, Flt<-60, 4>, R>;
    type Even<R> = Nf<2, Flt<-200, 4>, R>;
    for function in [F::Silu, F::Gelu, F::GeluTanh] {
        let least = Even::<NearestEven>::ZERO.next_up();
        assert_eq!(function.of(least).0, least);
        assert_eq!(function.of(-least).0, Even::ZERO);
        assert_eq!(function.of(Even::<Downward>::ZERO.next_up()).0, Even::ZERO);
        let least = Small::<NearestAway>::ZERO.next_up();
        assert_eq!(function.of(least).0, least);
        assert_eq!(function.of(-least).0, Small::ZERO);
    }
}

/// Every function of numbers from the smallest to the largest and of those that are none: in little time, without a panic, and infinite or
/// undefined where it should be.
#[test]
fn far_out() {
    let start = std::time::Instant::now();
    for x in [f64::MAX, 1e300, 750.0, 709.9, 45.1, 38.5, 16.1, 1e-5, 1e-300, 5e-324, 0.0, f64::INFINITY, f64::NAN] {
        for x in [x, -x] {
            for function in ALL {
                let results = [
                    function.of(Double::<NearestEven>::from_f64(x)).0.to_f64(),
                    function.of(Double::<Upward>::from_f64(x)).0.to_f64(),
                    function.of(Double::<Downward>::from_f64(x)).0.to_f64(),
                    function.of(Decimal::<TowardZero>::from_f64(x)).0.to_f64(),
                ];
                let is_none = x.is_nan()
                    || function == F::Ln && x < 0.0
                    || function == F::Ln1p && x < -1.0
                    || matches!(function, F::Sin | F::Cos) && x.is_infinite();
                assert!(results[..3].iter().all(|y| y.is_nan() == is_none), "{function:?}({x}) {results:?}");
                assert!(results[2] <= results[1] || is_none, "{function:?}({x}) {results:?}");
            }
        }
    }
    let exp = |x: f64| F::Exp.of(Double::<NearestEven>::from_f64(x)).0.to_f64();
    assert_eq!([exp(709.79), exp(1e300), exp(-746.0), exp(-1e300)], [f64::INFINITY, f64::INFINITY, 0.0, 0.0]);
    let up = |function: F, x: f64| function.of(Double::<Upward>::from_f64(x)).0.to_f64();
    assert_eq!([up(F::Exp, -1e300), up(F::Gelu, -1e300), up(F::Sigmoid, -900.0)], [5e-324, 0.0, 5e-324]);
    // Without a smallest number, what is too small to be kept is not a number.
    assert!(F::Exp.of(Nf::<2, Flx<10>, Upward>::from_f64(-1e300)).0.is_nan());
    // 2,000 evaluations, most of them to several hundred bits; tests are not optimised.
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
