//! Rounding against `ml_dtypes` and gfloat: `oracle/formats.txt`, which `oracle/make_formats.py` made.

use nfgrad::format::{
    Below, Downward, E4m3, E4m3Saturating, E5m2, E5m2Saturating, Flt, Format, NearestAway, Nf, Tf32, TowardZero,
    Upward, bf16, f16,
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
