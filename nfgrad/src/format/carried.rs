//! [`Carried`]: any binary format with at most 25 bits of precision, carried in f64.

use std::fmt;

use super::elementary::Elementary;
use super::narrow::power_of_two;
use super::native::{quotient_residual, root_residual, two_sum};
use super::{Carrier, Format, accumulated_product};
use crate::bound::Up;
use crate::kernel::gemm::Mat;

/// The binary format FLT(`EMIN`, `P`): `P` bits of precision, subnormal numbers down to `2^EMIN`, and numbers up to
/// `(2 - 2^(1-P)) 2^EMAX`, beyond which there is an infinity. To nearest, ties to even. A number is kept as an f64.
///
/// ```
/// use nfgrad::format::{Carried, Format};
/// type Binary24 = Carried<16, -77, 63>; // 1 + 7 + 16 bits
/// assert_eq!(Binary24::from_f64(1.0 + 2f64.powi(-16)), Binary24::ONE);
/// ```
///
/// # Why rounding twice is innocuous
///
/// Each operation is rounded by the processor to f64, with precision 53 and smallest number `2^-1074`, and then to the
/// format. That gives the correctly rounded result of `+ - * / √` by the conditions listed at [`Narrow`](super::Narrow):
/// `2p + 2 <= 53` is `p <= 25`, and the exponents suffice if `EMIN >= -537`, for then `-1074 <= 2 EMIN` (products are
/// exact) and `-1074 <= EMIN - p - 2`. A format outside these limits does not compile:
///
/// ```compile_fail
/// use nfgrad::format::{Carried, Format};
/// Carried::<26, -149>::from_f64(1.0);
/// ```
///
/// Sums and matrix products accumulate in f64 and round once.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Carried<const P: u32, const EMIN: i32, const EMAX: i32 = 1023>(f64);

impl<const P: u32, const EMIN: i32, const EMAX: i32> Carried<P, EMIN, EMAX> {
    /// The precision, once it is known that f64 can carry the format.
    #[allow(clippy::cast_possible_wrap, reason = "at most 25")]
    const PRECISION: i32 = {
        assert!(P >= 2 && P <= 25, "f64 carries formats of 2 to 25 bits of precision");
        assert!(EMIN >= -537, "f64 carries formats whose smallest number is at least 2^-537");
        assert!(EMAX <= 1023 && EMIN + P as i32 <= EMAX, "from 2^EMIN to 2^EMAX there must be normal numbers");
        assert!(EMIN < 1 - P as i32 && EMAX >= 0, "1 must be a normal number");
        P as i32
    };
    /// The largest number.
    const LARGEST: f64 = (2.0 - power_of_two(1 - Self::PRECISION)) * power_of_two(EMAX);
    /// The smallest normal number.
    const NORMAL: f64 = power_of_two(EMIN + Self::PRECISION - 1);
    /// Whether f64 has room above the largest number for a quick way to round, and the `EMAX` for which it is made.
    const ROOM: (bool, i32) = if EMAX >= 1 && EMAX <= 960 { (true, EMAX) } else { (false, 1) };

    /// Whether every number is an f32.
    const IS_SINGLE: bool = P <= 24 && EMIN >= -149 && EMAX <= 127;
    /// Whether what is beyond `2^500` is beyond the format.
    const IS_MODERATE: bool = EMAX < 500;

    /// Whether [`Elementary::narrow`] is near enough for every number of the format.
    const fn is_narrow<E: Elementary>() -> bool {
        Self::IS_SINGLE || E::NARROW_ANYWHERE && Self::IS_MODERATE
    }

    /// To nearest, ties to even.
    #[inline(always)]
    fn round(x: f64) -> Self {
        if const { Self::ROOM.0 } { Self::round_below(x) } else { Self::round_far(x) }
    }

    /// Let `2^n` be the power of two below `|x|`, but no less than the smallest normal number and no more than `2^EMAX`. The unit of
    /// `x` is `2^(n+1-P)`, which is that of `1.5 * 2^(n+53-P)` in f64: adding that number rounds to it, ties to even, and taking
    /// it away again is exact. (Beyond the largest number more may be cut off, but by monotonicity the result is not below
    /// `2^(EMAX+1)`.) The two last products only move the exponent, and send what is too large to ∞ on the way.
    #[inline(always)]
    fn round_below(x: f64) -> Self {
        let sign = x.to_bits() & 1 << 63;
        let power = f64::from_bits(x.to_bits() & 0x7ff0_0000_0000_0000);
        let power = if power < Self::NORMAL { Self::NORMAL } else { power };
        let most = const { power_of_two(Self::ROOM.1) };
        let power = if power > most { most } else { power };
        let shift = power * const { 1.5 * power_of_two(53 - Self::PRECISION) };
        let rounded = f64::from_bits(((x + shift) - shift).to_bits() | sign);
        Self((rounded * const { power_of_two(1023 - Self::ROOM.1) }) * const { power_of_two(Self::ROOM.1 - 1023) })
    }

    /// The same where there is no room above: normal numbers by adding just under half of the part that is cut off to the bits,
    /// and one more if what is kept is odd; subnormal ones by adding `1.5 * 2^(EMIN + 52)`.
    #[inline(always)]
    fn round_far(x: f64) -> Self {
        let cut = const { 53 - Self::PRECISION };
        let bits = x.to_bits();
        let half = (1_u64 << (cut - 1)) - 1;
        let normal = f64::from_bits(bits.wrapping_add(half + (bits >> cut & 1)) >> cut << cut);
        let shift = const { 1.5 * power_of_two(EMIN + 52) };
        let subnormal = ((x + shift) - shift).copysign(x);
        let rounded = if x.abs() < Self::NORMAL { subnormal } else { normal };
        let bounded = if rounded.abs() > Self::LARGEST { f64::INFINITY.copysign(x) } else { rounded };
        Self(if x.is_nan() { x } else { bounded })
    }
}

impl<const P: u32, const EMIN: i32, const EMAX: i32> Format for Carried<P, EMIN, EMAX> {
    const NAME: &'static str = "carried";
    const ZERO: Self = Self(0.0);
    const ONE: Self = Self(1.0);
    type Acc = f64;
    type Carrier = Self;
    const ROUNDS_ONCE: bool = true;
    const ROUNDOFF: [f64; 2] = [power_of_two(-Self::PRECISION), power_of_two(EMIN - 1)];

    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        Self::round(x)
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self.0
    }

    #[inline(always)]
    fn to_acc(self) -> f64 {
        self.0
    }

    #[inline(always)]
    fn from_acc(acc: f64) -> Self {
        Self::round(acc)
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        self.0.is_finite()
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self::round(self.0 + other.0)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self::round(self.0 - other.0)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self::round(self.0 * other.0)
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self::round(self.0 / other.0)
    }

    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        if (self.0 > other.0) | self.0.is_nan() { self } else { other }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::round(self.0.sqrt())
    }

    /// `2^n 2^-P` for a number in `[2^n, 2^(n+1))`, and half of `2^EMIN` for subnormals and zero.
    #[inline(always)]
    fn half_ulp(self) -> Up {
        let power = f64::from_bits(self.0.to_bits() & 0x7ff0_0000_0000_0000);
        Up::new((power * const { power_of_two(-Self::PRECISION) }).max(const { power_of_two(EMIN - 1) }))
    }

    /// The sum in f64 is off by what the two-sum finds. `s - sum` is exact: both are multiples of `ulp(s)`, and they are at
    /// most half a unit of the format apart.
    #[inline(always)]
    fn add_error(a: Self, b: Self, sum: Self) -> Up {
        let (s, e) = two_sum(a.0, b.0);
        Up::of_rounded_sum((s - sum.0) + e)
    }

    /// The product is exact in f64, and so is its distance to the nearest number.
    #[inline(always)]
    fn mul_error(a: Self, b: Self, product: Self) -> Up {
        Up::abs(a.0 * b.0 - product.0)
    }

    #[inline(always)]
    fn div_error(a: Self, b: Self, quotient: Self) -> Up {
        quotient_residual(a.0, b.0, quotient.0)
    }

    #[inline(always)]
    fn sqrt_error(x: Self, root: Self) -> Up {
        root_residual(x.0, root.0, const { power_of_two(-Self::PRECISION) })
    }

    fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        accumulated_product(a, b, c);
    }
}

/// By the straight lines that are made for f32, where they keep their error for every number of the format: a loop over them is vectorised.
impl<const P: u32, const EMIN: i32, const EMAX: i32> Carrier for Carried<P, EMIN, EMAX> {
    #[inline(always)]
    fn carry<E: Elementary>(x: f64) -> f64 {
        if const { Self::is_narrow::<E>() } { f32::carry::<E>(x) } else { f64::carry::<E>(x) }
    }

    #[inline(always)]
    fn relative_error<E: Elementary>() -> f64 {
        if const { Self::is_narrow::<E>() } { f32::relative_error::<E>() } else { f64::relative_error::<E>() }
    }

    #[inline(always)]
    fn carry_error<E: Elementary>(size: Up) -> Up {
        if const { Self::is_narrow::<E>() } { f32::carry_error::<E>(size) } else { f64::carry_error::<E>(size) }
    }
}

impl<const P: u32, const EMIN: i32, const EMAX: i32> fmt::Debug for Carried<P, EMIN, EMAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const P: u32, const EMIN: i32, const EMAX: i32> fmt::Display for Carried<P, EMIN, EMAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{E5m2, Narrow, Tf32, bf16, f16};
    use super::*;

    /// As narrow as the format of the same parameters that f32 computes for.
    fn is_the_same_format<T: Narrow, const P: u32, const EMIN: i32, const EMAX: i32>(numbers: &[T]) {
        type Wide<const P: u32, const EMIN: i32, const EMAX: i32> = Carried<P, EMIN, EMAX>;
        let same = |a: T, b: Wide<P, EMIN, EMAX>| {
            let (a, b) = (a.to_f64(), b.to_f64());
            assert!(a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(), "{a:e} {b:e}");
        };
        for &x in numbers {
            let wide_x = Wide::from_f64(x.to_f64());
            same(x, wide_x);
            assert!(!x.is_finite() || x.half_ulp() == wide_x.half_ulp());
            for &y in numbers {
                let wide_y = Wide::from_f64(y.to_f64());
                same(Format::add(x, y), wide_x.add(wide_y));
                same(Format::sub(x, y), wide_x.sub(wide_y));
                same(Format::mul(x, y), wide_x.mul(wide_y));
                same(Format::div(x, y), wide_x.div(wide_y));
            }
            same(Format::sqrt(x), wide_x.sqrt());
        }
    }

    #[test]
    fn a_format_is_the_same_whatever_carries_it() {
        is_the_same_format::<_, 3, -16, 15>(&(0..=255).map(E5m2::from_bits).collect::<Vec<_>>());
        is_the_same_format::<_, 11, -24, 15>(&(0..=u16::MAX).step_by(97).map(f16::from_bits).collect::<Vec<_>>());
        is_the_same_format::<_, 8, -133, 127>(&(0..=u16::MAX).step_by(97).map(bf16::from_bits).collect::<Vec<_>>());
        let tf32 = (0..=u32::MAX).step_by(6_543_211).map(|bits| Tf32::round(f32::from_bits(bits)));
        is_the_same_format::<_, 11, -136, 127>(&tf32.collect::<Vec<_>>());
    }

    /// f32 is FLT(-149, 24): the processor is the oracle.
    #[test]
    fn with_the_parameters_of_f32_it_is_f32() {
        type Single = Carried<24, -149, 127>;
        let mut seed = 1_u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            #[allow(clippy::cast_possible_truncation, reason = "the upper half is the random one")]
            f32::from_bits((seed >> 32) as u32)
        };
        let same = |a: f32, b: Single| f64::from(a).to_bits() == b.0.to_bits() || a.is_nan() && b.0.is_nan();
        for i in 0..300_000 {
            let (a, mut b) = (random(), random());
            if i % 2 == 0 {
                // Close exponents, so that sums are not one of their operands.
                b = f32::from_bits(b.to_bits() & 0x81ff_ffff | a.to_bits() & 0x7e00_0000);
            }
            let (wide_a, wide_b) = (Single::from_f64(a.into()), Single::from_f64(b.into()));
            assert!(same(a, wide_a) && same(a + b, wide_a.add(wide_b)) && same(a - b, wide_a.sub(wide_b)), "{a} {b}");
            assert!(same(a * b, wide_a.mul(wide_b)) && same(a / b, wide_a.div(wide_b)), "{a} {b}");
            assert!(same(a.sqrt(), wide_a.sqrt()), "{a}");
            assert_eq!(Format::half_ulp(a), wide_a.half_ulp());
            assert_eq!(f32::add_error(a, b, a + b), Single::add_error(wide_a, wide_b, wide_a.add(wide_b)));
            assert_eq!(f32::mul_error(a, b, a * b), Single::mul_error(wide_a, wide_b, wide_a.mul(wide_b)));
        }
    }

    #[test]
    fn beyond_the_largest_number_is_an_infinity() {
        type Tiny = Carried<2, -2, 1>;
        let numbers: Vec<f64> = (0..30).map(|i| Tiny::from_f64(f64::from(i) / 8.0).0).collect();
        assert_eq!(numbers[..5], [0.0, 0.0, 0.25, 0.5, 0.5]);
        assert_eq!(numbers[24..27], [3.0, 3.0, 3.0]);
        assert_eq!((numbers[28], Tiny::from_f64(-3.4).0), (f64::INFINITY, -3.0));
        assert!(Tiny::from_f64(f64::NAN).0.is_nan() && !Tiny::from_f64(-4.0).is_finite());
        assert_eq!(Tiny::from_f64(-0.125).0.to_bits(), (-0.0_f64).to_bits());
    }
}
