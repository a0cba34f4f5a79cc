//! Sine and cosine, without a largest argument.

use core::cmp::Ordering::Less;

use super::near::{Near, SECOND_ORDER, inward};
use super::{Elementary, Real, SHIFT, WideBall, select};

/// The sine.
#[derive(Debug, Clone, Copy)]
pub struct Sin;

impl Elementary for Sin {
    const NAME: &'static str = "sin";
    const NARROW_ANYWHERE: bool = false;
    const WIDE_ULPS: f64 = 2.0;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        let (quarters, s) = reduce(x);
        of_quarter(quarters, s)
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        libm::sin(x)
    }

    /// `0 < 1 - sin x / x < x²/6`.
    fn near(x: f64) -> Option<Near> {
        match x.abs() {
            0.0 => Some(Near::Exactly(0.0)),
            ..SECOND_ORDER => Some(Near::Argument(inward(x))),
            _ => None,
        }
    }

    fn real(x: &Real) -> Real {
        x.sin()
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.sin()
    }
}

/// The cosine.
#[derive(Debug, Clone, Copy)]
pub struct Cos;

impl Elementary for Cos {
    const NAME: &'static str = "cos";
    const NARROW_ANYWHERE: bool = false;
    const WIDE_ULPS: f64 = 2.0;

    #[inline(always)]
    fn narrow(x: f64) -> f64 {
        let (quarters, s) = reduce(x);
        of_quarter(quarters.wrapping_add(1), s)
    }

    #[inline]
    fn wide(x: f64) -> f64 {
        libm::cos(x)
    }

    /// `0 < 1 - cos x < x²/2`.
    fn near(x: f64) -> Option<Near> {
        match x.abs() {
            0.0 => Some(Near::Exactly(1.0)),
            ..SECOND_ORDER => Some(Near::Number(1.0, Less)),
            _ => None,
        }
    }

    fn real(x: &Real) -> Real {
        x.cos()
    }

    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.cos()
    }
}

/// `sin(s + quarters π/2)` for |s| < 1.
#[inline(always)]
fn of_quarter(quarters: u64, s: f64) -> f64 {
    let size = select(quarters & 1 == 0, sin_short(s), cos_short(s));
    f64::from_bits(size.to_bits() ^ (quarters & 2) << 62)
}

/// The first 256 binary digits of 2/π.
const DIGITS: [u64; 4] = [0xa2f9_836e_4e44_1529, 0xfc27_57d1_f534_ddc0, 0xdb62_9599_3c43_9041, 0xfe51_63ab_debb_c561];
/// The least exponent of an f32 that needs a reduction: 1/2 <= |x| < 1.
const LEAST: u64 = 1023 - 1;
/// `2^(e - 23) 2/π` modulo 4 in three parts, for the exponents `e` from -1 to 127.
const QUARTERS: [[f64; 3]; 129] = {
    let mut table = [[0.0; 3]; 129];
    let mut row = 0;
    while row < table.len() {
        table[row] = quarters_of_a_unit(row);
        row += 1;
    }
    table
};

/// Row `row` of [`QUARTERS`]: 29, 29 and 53 of the digits, from that which stands for 2, or the first one.
///
/// The digit number `k`, counted from 1, stands for `2^(row - 24 - k)`.
#[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "a row below 129")]
const fn quarters_of_a_unit(row: usize) -> [f64; 3] {
    let row = row as i32;
    let first = if row > 26 { row - 25 } else { 1 };
    [digits(row, first, 29), digits(row, first + 29, 29), digits(row, first + 58, 53)]
}

/// `count` digits of 2/π from number `first` on, as what they stand for in row `row`.
#[allow(clippy::cast_sign_loss, reason = "positions and biased exponents are positive")]
const fn digits(row: i32, first: i32, count: i32) -> f64 {
    let (mut number, mut k) = (0_u64, first as usize - 1);
    while k < (first + count - 1) as usize {
        number = number << 1 | DIGITS[k / 64] >> (63 - k % 64) & 1;
        k += 1;
    }
    let unit = row - 24 - (first + count - 1);
    number as f64 * f64::from_bits(((1023 + unit) as u64) << 52)
}

/// (n, s) with x = n π/2 + s modulo 2π, |s| < 0.99, to within 2^-50 |s| for an f32.
///
/// x is m 2^(e-23) with an integer m below 2^24. The product of m with the first part of the row is exact, and so is its distance from
/// the nearest integer; the second is exact and below 2^-3, and so is their sum where it is small; the third is below 2^-32.
/// (Payne and Hanek 1983, "Radian reduction for trigonometric functions", with a table in place of the choice of digits.)
#[inline(always)]
fn reduce(x: f64) -> (u64, f64) {
    let bits = x.to_bits();
    let exponent = bits >> 52 & 0x7ff;
    #[allow(clippy::cast_possible_truncation, reason = "a row")]
    let row = exponent.saturating_sub(LEAST).min(QUARTERS.len() as u64 - 1) as usize;
    let [first, second, third] = QUARTERS[row];
    // The mantissa with the exponent of 2^23, and the sign.
    let m = f64::from_bits(bits & !(0x7ff << 52) | (1023 + 23) << 52);
    let quarters = m * first + SHIFT;
    let rest = (m * first - (quarters - SHIFT)) + m * second + m * third;
    let small = exponent < LEAST;
    // An infinity has no sine.
    let s = select(small, x, rest * core::f64::consts::FRAC_PI_2);
    (select(small, 0, quarters.to_bits()), select(exponent == 0x7ff, f64::NAN, s))
}

/// `sin s` for |s| < 0.99, from a Chebyshev fit of degree 6 in s²; relative error 2^-53.
#[inline(always)]
fn sin_short(s: f64) -> f64 {
    let w = s * s;
    let w2 = w * w;
    let low = (-0.166_666_666_666_666_66 + w * 0.008_333_333_333_333_304)
        + w2 * (-0.000_198_412_698_412_216_5 + w * 2.755_731_919_447_571e-6);
    let high = (-2.505_209_977_823_938e-8 + w * 1.605_775_458_810_536_5e-10) + w2 * -7.551_305_934_451_118e-13;
    // The sum would turn -0 into 0.
    (s + s * (w * (low + w2 * (w2 * high)))).copysign(s)
}

/// `cos s` for |s| < 0.99, likewise; relative error 2^-52.
#[inline(always)]
fn cos_short(s: f64) -> f64 {
    let w = s * s;
    let w2 = w * w;
    let low = (0.041_666_666_666_666_664 + w * -0.001_388_888_888_888_887_2)
        + w2 * (2.480_158_730_156_05e-5 + w * -2.755_731_920_757_567_3e-7);
    let high = (2.087_675_220_176_989e-9 + w * -1.147_002_876_991_329e-11) + w2 * 4.726_190_602_941_477_7e-14;
    1.0 - (0.5 * w - w2 * (low + w2 * (w2 * high)))
}
