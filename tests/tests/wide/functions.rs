//! Functions contain what Arb says, and everything within a radius.
//!
//! `tests/oracle/wide.py` makes the values and says how to compare many more.

use std::fmt::Write as _;
use std::io::Write as _;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use nfgrad::__private::wide::{Radius, Wide, WideBall};

use super::{big, big_radius, bits, draw, integer, magnitude, unlimited, with_radius};

/// A function, the exponents that its arguments are drawn from, and whether they may be negative.
struct Function<const K: usize> {
    name: &'static str,
    at: fn(WideBall<K>) -> WideBall<K>,
    exponents: std::ops::Range<i32>,
    signed: bool,
}

fn functions<const K: usize>() -> Vec<Function<K>> {
    macro_rules! table {
        ($($name:literal $at:ident [$($argument:expr)?] $exponents:expr, $signed:literal;)*) => {
            vec![$(Function { name: $name, at: |x: WideBall<K>| x.$at($($argument)?), exponents: $exponents, signed: $signed }),*]
        };
    }
    table! {
        "exp" exp[] -90..12, true;
        "expm1" exp_m1[] -300..12, true;
        "ln" ln[] -900..900, false;
        "ln" ln[] 0..2, false;
        "log1p" ln_1p[] -300..1, true;
        "log1p" ln_1p[] -10..300, false;
        "tanh" tanh[] -200..14, true;
        "sigmoid" sigmoid[] -100..12, true;
        "softplus" softplus[] -100..12, true;
        "cdf" normal_cdf[] -60..6, true;
        "pdf" normal_pdf[] -60..6, true;
        "sqrt" sqrt[] -900..900, false;
        "rsqrt" rsqrt[] -900..900, false;
        "recip" recip[] -900..900, true;
        "pow3" powi[3] -100..100, true;
        "pow-7" powi[-7] -100..100, true;
        "sin" sin[] -100..70, true;
        "cos" cos[] -100..70, true;
    }
}

fn argument<const K: usize>(rng: &mut ChaCha8Rng, function: &Function<K>) -> Wide<K> {
    let x = draw::<K>(rng, function.exponents.clone());
    if function.signed { x } else { x.abs() }
}

/// A hexadecimal integer and a power of two.
fn parse<'a>(parts: &mut impl Iterator<Item = &'a str>) -> Option<(bool, Vec<u64>, i64)> {
    let (digits, exponent) = (parts.next()?, parts.next()?.parse().ok()?);
    let (negative, digits) = digits.strip_prefix('-').map_or((false, digits), |digits| (true, digits));
    let padded = format!("{}{digits}", "0".repeat((16 - digits.len() % 16) % 16));
    let words = padded.as_bytes().chunks(16).map(|word| u64::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok());
    Some((negative, words.collect::<Option<_>>()?, exponent))
}

fn is_arbs_value<const K: usize>(line: &str) {
    let mut parts = line.split_whitespace();
    let name = parts.next().expect("a name");
    let (negative, words, exponent) = parse(&mut parts).expect("an argument");
    assert_eq!((words.len(), words[0] >> 63), (2, 1));
    let mut padded = [0; K];
    padded[K - 2..].copy_from_slice(&[words[1], words[0]]);
    let x = Wide::<K>::from_raw(negative, padded, i32::try_from(exponent).expect("an exponent") + 128);
    let (negative, words, exponent) = parse(&mut parts).expect("a value");
    let value = integer(negative, words.into_iter(), exponent);
    let function = functions::<K>().into_iter().find(|function| function.name == name).expect("a function");
    let y = (function.at)(x.into());
    // The value is cut off after 640 bits.
    let off = magnitude(unlimited(big(&y.mid()) - &value));
    let slack = magnitude(value) >> 638;
    assert!(off <= unlimited(big_radius(y.radius()) + slack), "{line}: {y:?}");
    // The distribution functions have no more than a word below 1; a density has the error of a square.
    let (radius, bits) = (y.radius().exponent(), Wide::<K>::BITS.cast_signed());
    assert!(y.is_exact() || radius <= y.mid().exponent() - bits + 5 || radius <= -bits - 48, "{line}: {y:?} is blunt");
}

/// All levels: so a word more makes each result better by 2^64.
#[test]
fn functions_contain_the_values_of_arb() {
    for line in include_str!("../../oracle/wide.txt").lines().filter(|line| !line.starts_with('#')) {
        is_arbs_value::<2>(line);
        is_arbs_value::<4>(line);
        is_arbs_value::<8>(line);
    }
}

fn within_a_radius<const K: usize>(cases: usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(K as u64 + 40);
    for function in functions::<K>() {
        for _ in 0..cases {
            let mid = argument(&mut rng, &function);
            let x = with_radius(&mut rng, mid);
            let y = (function.at)(x);
            let step = Wide::of(x.radius()).times(4095).mid().over(4096).mid();
            for inside in [mid.add(&step).mid(), mid.sub(&step).mid()] {
                // Numbers so near that they were rounded away are no test.
                let moved = magnitude(unlimited(big(&inside) - big(&mid))) <= big_radius(x.radius());
                let z = (function.at)(inside.into());
                if y.is_known() && moved {
                    assert!(z.is_known(), "{} of {x:?}", function.name);
                    let apart = magnitude(unlimited(big(&z.mid()) - big(&y.mid())));
                    let radii = unlimited(big_radius(y.radius()) + big_radius(z.radius()));
                    assert!(apart <= radii, "{} of {x:?}: {y:?}, and {z:?} of {inside:?}", function.name);
                }
            }
        }
    }
}

#[test]
fn functions_enclose_what_is_within_a_radius() {
    within_a_radius::<2>(30);
    within_a_radius::<4>(10);
    within_a_radius::<8>(5);
}

#[test]
fn functions_end_where_their_values_do() {
    type B = WideBall<2>;
    let huge = B::ONE.scaled(3000);
    let limits = [
        (huge.tanh(), 1.0),
        ((-huge).tanh(), -1.0),
        ((-huge).exp(), 0.0),
        ((-huge).sigmoid(), 0.0),
        (huge.sigmoid(), 1.0),
        (huge.normal_cdf(), 1.0),
        ((-huge).normal_cdf(), 0.0),
        (huge.normal_pdf(), 0.0),
        ((-huge).softplus(), 0.0),
        (huge.softplus() - huge, 0.0),
    ];
    for (ball, limit) in limits {
        assert!(
            ball.mid().to_f64() == limit && !ball.is_exact() && ball.radius() <= Radius::power_of_two(-150),
            "{ball:?}"
        );
    }
    assert_eq!(huge.sin().enclosure(), [-1.0, 1.0]);
}

/// Writes many arguments and results for `tests/oracle/wide.py`: a line each, `function K ball = ball`, a ball as middle and radius, a number as integer and
/// power of two.
#[test]
#[ignore = "writes files for a script"]
fn values_for_arb() {
    let path = std::env::var("NFGRAD_VALUES").expect("NFGRAD_VALUES: where to write");
    let cases = std::env::var("NFGRAD_CASES").map_or(20_000, |cases| cases.parse().expect("a number"));
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a new file"));
    file.write_all(lines::<2>(cases).as_bytes()).expect("written");
    file.write_all(lines::<4>(cases).as_bytes()).expect("written");
    file.write_all(lines::<8>(cases).as_bytes()).expect("written");
}

type Operation<const K: usize> = fn(WideBall<K>, WideBall<K>) -> WideBall<K>;

fn lines<const K: usize>(cases: usize) -> String {
    let number = |x: &Wide<K>| {
        let (negative, words, exponent) = x.raw();
        let digits = words.iter().rev().fold(String::new(), |digits, word| format!("{digits}{word:016x}"));
        let exponent = if x.is_zero() { 0 } else { i64::from(exponent) - bits::<K>() };
        format!("{}{digits} {exponent}", if negative { "-" } else { "" })
    };
    let ball = |x: &WideBall<K>| {
        let radius = if x.is_known() { number(&Wide::of(x.radius())) } else { "inf 0".to_owned() };
        format!("{} {radius}", number(&x.mid()))
    };
    let mut rng = ChaCha8Rng::seed_from_u64(K as u64 + 50);
    let mut all = String::new();
    for function in functions::<K>() {
        // Sine and cosine are slow.
        let cases = if matches!(function.name, "sin" | "cos") { cases / 20 + 1 } else { cases };
        for _ in 0..cases {
            let x = argument(&mut rng, &function);
            let x = with_radius(&mut rng, x);
            writeln!(all, "{} {K} {} = {}", function.name, ball(&x), ball(&(function.at)(x))).expect("a string");
        }
    }
    let operations: [(&str, Operation<K>); 4] =
        [("add", |x, y| x + y), ("sub", |x, y| x - y), ("mul", |x, y| x * y), ("div", |x, y| x / y)];
    for (name, at) in operations {
        for case in 0..cases {
            let mut operand = || {
                let x = draw(&mut rng, -100..100);
                with_radius(&mut rng, x)
            };
            let (x, mut y) = (operand(), operand());
            if case % 4 == 0 {
                y = WideBall::new(x.mid().neg(), y.radius());
            }
            writeln!(all, "{name} {K} {} {} = {}", ball(&x), ball(&y), ball(&at(x, y))).expect("a string");
        }
    }
    all
}
