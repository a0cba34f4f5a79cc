//! Rounding against `ml_dtypes` and gfloat: `oracle/formats.txt`, which `oracle/make_formats.py` made.

use nfgrad::format::beyond::{FiniteNanSaturating, Saturating};
use nfgrad::format::small::{
    Float4E2m1Fn, Float6E2m3Fn, Float6E3m2Fn, Float8E3m4, Float8E4m3, Float8E4m3B11Fnuz, Float8E4m3Fn, Float8E4m3Fnuz,
    Float8E5m2, Float8E5m2Fnuz,
};
use nfgrad::format::{
    Below, Carried, Downward, E4m3, E4m3Saturating, E5m2, E5m2Saturating, Flt, Format, NearestAway, Nf, Tf32,
    TowardZero, Upward, bf16, f16,
};
use nfgrad_tests::oracle::hex_float;

const ORACLE: &str = include_str!("../oracle/formats.txt");

fn round<F: Format>(x: f64) -> f64 {
    F::from_f64(x).to_f64()
}

type Quarter<R> = Nf<2, Below<Flt<-16, 3>, 16>, R>;
type Half<R> = Nf<2, Below<Flt<-24, 11>, 16>, R>;
type Single<R> = Nf<2, Below<Flt<-149, 24>, 128>, R>;

/// How a format rounds, by the names that the file has for both.
fn rounding(format: &str, rule: &str) -> fn(f64) -> f64 {
    match (format, rule) {
        ("e4m3", "even") => round::<E4m3>,
        ("e4m3-saturating", "even") => round::<E4m3Saturating>,
        ("e5m2", "even") => round::<E5m2>,
        ("e5m2-saturating", "even") => round::<E5m2Saturating>,
        ("bf16", "even") => round::<bf16>,
        ("f16", "even") => round::<f16>,
        ("tf32", "even") => round::<Tf32>,
        ("f32", "even") => round::<f32>,
        ("e5m2", "away") => round::<Quarter<NearestAway>>,
        ("e5m2", "zero") => round::<Quarter<TowardZero>>,
        ("e5m2", "up") => round::<Quarter<Upward>>,
        ("e5m2", "down") => round::<Quarter<Downward>>,
        ("f16", "away") => round::<Half<NearestAway>>,
        ("f16", "zero") => round::<Half<TowardZero>>,
        ("f16", "up") => round::<Half<Upward>>,
        ("f16", "down") => round::<Half<Downward>>,
        ("f32", "away") => round::<Single<NearestAway>>,
        ("f32", "zero") => round::<Single<TowardZero>>,
        ("f32", "up") => round::<Single<Upward>>,
        ("f32", "down") => round::<Single<Downward>>,
        _ => panic!("{format} {rule} is not known"),
    }
}

#[test]
fn numbers_are_rounded_as_gfloat_rounds_them() {
    let mut rows = 0;
    for line in ORACLE.lines().filter(|line| line.starts_with("round ")) {
        let [_, format, rule, x, y] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (x, expected) = (number(x), number(y));
        let rounded = rounding(format, rule)(x);
        let same = rounded == expected || rounded.is_nan() && expected.is_nan();
        let signed = rounded.is_sign_negative() == expected.is_sign_negative() || rule != "even" || expected.is_nan();
        assert!(same && signed, "{line}: {rounded:e}");
        rows += 1;
    }
    assert!(rows > 2000);
}

fn number(text: &str) -> f64 {
    match text {
        "nan" => f64::NAN,
        "inf" => f64::INFINITY,
        "-inf" => f64::NEG_INFINITY,
        text => hex_float(text).expect("a hexadecimal number"),
    }
}

/// The tables of all pairs of numbers are those of `ml_dtypes`, byte for byte, any NaN being 0x7f.
#[test]
fn the_tables_of_fp8_are_those_of_ml_dtypes() {
    for line in ORACLE.lines().filter(|line| line.starts_with("table ")) {
        let [_, format, op, hash] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let ours = match format {
            "e4m3" => table(op, E4m3::from_bits, E4m3::to_bits),
            "e5m2" => table(op, E5m2::from_bits, E5m2::to_bits),
            _ => panic!("{format} is not known"),
        };
        assert_eq!(format!("{ours:016x}"), hash, "{line}");
    }
}

/// The hash (FNV-1a) of the codes of an operation of all pairs, or of the conversions of all f16.
fn table<F: Format>(op: &str, number: impl Fn(u8) -> F, code: impl Fn(F) -> u8) -> u64 {
    let operation: fn(F, F) -> F = match op {
        "add" => F::add,
        "sub" => F::sub,
        "mul" => F::mul,
        "div" => F::div,
        _ => |x, _| x,
    };
    let pairs = (0..=u16::MAX).map(|pair| {
        let [a, b] = pair.to_be_bytes();
        if op == "from-f16" { F::from_f64(f16::from_bits(pair).to_f64()) } else { operation(number(a), number(b)) }
    });
    let codes = pairs.map(|x| if x.to_f64().is_nan() { 0x7f } else { code(x) });
    codes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, code| (hash ^ u64::from(code)).wrapping_mul(0x100_0000_01b3))
}

/// What follows a kind of line and a name.
fn lines<'a>(kind: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    ORACLE
        .lines()
        .filter_map(move |line| line.strip_prefix(kind)?.strip_prefix(' ')?.strip_prefix(name)?.strip_prefix(' '))
}

fn is_same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

/// Every number is one of the format, and so is what all points between two of them are rounded to; half an ulp is half their distance.
fn rounds_as_ml_dtypes<F: Format>(name: &str) {
    let numbers: Vec<f64> = lines("numbers", name).flat_map(|line| line.split(' ').map(number)).collect();
    let between: Vec<&str> = lines("between", name).flat_map(|line| line.split(' ')).collect();
    assert!(numbers.len() >= 8 && between.len() == numbers.len() - 1, "{name}");
    let rounds = |x: f64, expected: f64| {
        for (x, expected) in [(x, expected), (-x, -expected)] {
            // Where there is no -0, 0 takes its place.
            let expected = if F::from_f64(-0.0).to_f64().is_sign_positive() { expected + 0.0 } else { expected };
            assert!(is_same(round::<F>(x), expected), "{name}: {x:e} {:e} {expected:e}", round::<F>(x));
        }
    };
    for (pair, indices) in numbers.windows(2).zip(between) {
        let middle = f64::midpoint(pair[0], pair[1]);
        #[allow(clippy::cast_possible_truncation, reason = "a point between two numbers of few bits is an f32")]
        let single = middle as f32;
        for (i, x) in [single, single.next_down(), single.next_up()].into_iter().enumerate() {
            let index = usize::from_str_radix(&indices[2 * i..2 * i + 2], 16).expect("an index");
            rounds(x.into(), numbers[index]);
        }
        rounds(pair[0], pair[0]);
        rounds(middle.next_down(), pair[0]);
        rounds(middle.next_up(), pair[1]);
        assert_eq!(F::from_f64(pair[0]).half_ulp().get(), (pair[1] - pair[0]) / 2.0, "{name}: {}", pair[0]);
    }
    let last = numbers[numbers.len() - 1];
    rounds(last, last);
    assert_eq!(F::from_f64(last).half_ulp().is_finite(), !F::SATURATES, "{name}");
}

/// The same of what is beyond them, and of sums, differences, products and quotients of all pairs.
fn is_the_format_of_ml_dtypes<F: Format>(name: &str) {
    rounds_as_ml_dtypes::<F>(name);
    let mut rows = 0;
    for line in lines("beyond", name) {
        let [x, expected] = line.split(' ').map(number).collect::<Vec<_>>()[..] else { panic!("{line}") };
        let rounded = F::from_f64(x);
        let expected = if x.is_nan() { f64::NAN } else { expected };
        assert!(is_same(rounded.to_f64(), expected), "{name}: {line}: {rounded}");
        let is_within = (rounded.to_f64() - x).abs() <= rounded.half_ulp().get();
        assert!(is_within || !rounded.half_ulp().is_finite(), "{name}: {line}");
        rows += 1;
    }
    assert_eq!(rows, 22, "{name}");
    let numbers: Vec<f64> = lines("numbers", name).flat_map(|line| line.split(' ').map(number)).collect();
    let signed: Vec<F> = numbers.iter().copied().chain(numbers.iter().map(|x| -x)).map(F::from_f64).collect();
    let operations = [F::add, F::sub, F::mul, F::div];
    for (op, operation) in ["add", "sub", "mul", "div"].into_iter().zip(operations) {
        let results = signed.iter().flat_map(|&x| signed.iter().map(move |&y| operation(x, y).to_f64()));
        let words = results.map(|x| if x.is_nan() { 0x7ff8 } else { x.to_bits() >> 48 });
        let hash = words.fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| (hash ^ word).wrapping_mul(0x100_0000_01b3));
        assert!(lines("pairs", name).any(|line| line == format!("{op} {hash:016x}")), "{name}: {op}");
    }
}

#[test]
fn small_formats_are_those_of_ml_dtypes() {
    is_the_format_of_ml_dtypes::<Float8E3m4>("float8_e3m4");
    is_the_format_of_ml_dtypes::<Float8E4m3>("float8_e4m3");
    is_the_format_of_ml_dtypes::<Float8E4m3B11Fnuz>("float8_e4m3b11fnuz");
    is_the_format_of_ml_dtypes::<Float8E4m3Fn>("float8_e4m3fn");
    is_the_format_of_ml_dtypes::<Float8E4m3Fnuz>("float8_e4m3fnuz");
    is_the_format_of_ml_dtypes::<Float8E5m2>("float8_e5m2");
    is_the_format_of_ml_dtypes::<Float8E5m2Fnuz>("float8_e5m2fnuz");
    is_the_format_of_ml_dtypes::<Float6E2m3Fn>("float6_e2m3fn");
    is_the_format_of_ml_dtypes::<Float6E3m2Fn>("float6_e3m2fn");
    is_the_format_of_ml_dtypes::<Float4E2m1Fn>("float4_e2m1fn");
    // And those of one byte.
    is_the_format_of_ml_dtypes::<E4m3>("float8_e4m3fn");
    is_the_format_of_ml_dtypes::<E5m2>("float8_e5m2");
    rounds_as_ml_dtypes::<E4m3Saturating>("float8_e4m3fn");
    rounds_as_ml_dtypes::<E5m2Saturating>("float8_e5m2");
    rounds_as_ml_dtypes::<Carried<4, -9, 8, FiniteNanSaturating>>("float8_e4m3fn");
    rounds_as_ml_dtypes::<Carried<3, -16, 15, Saturating>>("float8_e5m2");
}
