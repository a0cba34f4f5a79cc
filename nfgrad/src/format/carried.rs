//! [`Carried`]: any binary format with at most 25 bits of precision, carried in f64.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;

use super::beyond::Becomes::{self, Infinity, Largest, Nan};
use super::beyond::{Beyond, Infinite};
use super::elementary::Elementary;
use super::narrow::power_of_two;
use super::native::{quotient_residual, root_residual, two_sum};
use super::{Carrier, Format, accumulated_product};
use crate::bound::Up;
use crate::kernel::gemm::Mat;

/// The binary format FLT(`EMIN`, `P`): `P` bits of precision, subnormal numbers down to `2^EMIN`, and numbers up to
/// `(2 - 2^(1-P)) 2^EMAX`, beyond which there is an infinity. To nearest, ties to even. A number is kept as an f64.
///
/// [`B`](super::beyond) says otherwise of what is beyond the largest number: a NaN, or the largest number itself, of which nothing is known
/// then, so that its [`half_ulp`](Format::half_ulp) is ∞. [`small`](super::small) has the formats of eight, six and four bits.
///
/// ```
/// use nfgrad::format::beyond::Saturating;
/// use nfgrad::format::{Carried, Format};
/// type Binary24 = Carried<17, -78, 63>; // 1 + 7 + 16 bits
/// assert_eq!(Binary24::from_f64(1.0 + 2f64.powi(-17)), Binary24::ONE);
/// type Binary6 = Carried<3, -4, 4, Saturating>; // 1 + 3 + 2 bits
/// assert_eq!(Binary6::from_f64(1e9).to_f64(), Binary6::LARGEST);
/// ```
///
/// # Why rounding twice is innocuous
///
/// Each operation is rounded by the processor to f64, with precision 53 and smallest number `2^-1074`, and then to the
/// format. That gives the correctly rounded result of `+ - * / √` by the conditions listed at [`Narrow`](super::narrow::Narrow):
/// `2p + 2 <= 53` is `p <= 25`, and the exponents suffice if `EMIN >= -537`, for then `-1074 <= 2 EMIN` (products are
/// exact) and `-1074 <= EMIN - p - 2`. A format outside these limits does not compile:
///
/// ```compile_fail,E0080
/// use nfgrad::format::{Carried, Format};
/// type Binary32 = Carried<26, -149>;
/// Binary32::from_f64(1.0);
/// ```
///
/// Sums and matrix products accumulate in f64 and round once.
#[derive(Clone, Copy, Default)]
pub struct Carried<const P: u32, const EMIN: i32, const EMAX: i32 = 1023, B = Infinite>(f64, PhantomData<B>);

impl<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond> Carried<P, EMIN, EMAX, B> {
    /// The precision, once it is known that f64 can carry the format.
    #[allow(clippy::cast_possible_wrap, reason = "at most 25")]
    const PRECISION: i32 = {
        assert!(P >= 2 && P <= 25, "f64 carries formats of 2 to 25 bits of precision");
        assert!(EMIN >= -537, "f64 carries formats whose smallest number is at least 2^-537");
        assert!(EMIN <= 1 - P as i32 && EMAX >= 0 && EMAX <= 1023, "1 must be a normal number");
        assert!(B::LOST < 1 << (P - 1), "2^EMAX must be a number");
        match (B::OVERFLOW, B::INFINITY) {
            (Infinity, Infinity) | (Nan, Nan) | (Largest, Largest) => {}
            (Largest, _) => assert!(EMAX <= 500 && EMAX - EMIN <= 1000, "f64 must hold what overflows"),
            _ => panic!("an infinity becomes what an overflow does, unless that saturates"),
        }
        P as i32
    };
    /// The largest number.
    pub const LARGEST: f64 = (2.0 - (1 + B::LOST) as f64 * power_of_two(1 - Self::PRECISION)) * power_of_two(EMAX);
    /// The smallest normal number.
    const NORMAL: f64 = power_of_two(EMIN + Self::PRECISION - 1);
    /// Whether f64 has room above the largest number for a quick way to round, and the `EMAX` for which it is made.
    const ROOM: (bool, i32) = if EMAX >= 1 && EMAX <= 960 { (true, EMAX) } else { (false, 1) };

    /// What is beyond the largest number, and what an infinity is.
    const BEYOND: [f64; 2] = [Self::number(B::OVERFLOW), Self::number(B::INFINITY)];
    /// By what part of itself a root may be above the exact one: `2^-P`, or half of the smallest number if it is subnormal. No root of a
    /// number is below `2^⌊EMIN/2⌋`, which is a number too, so none is rounded to less.
    const ROOT: f64 = {
        let (normal, subnormal) = (-Self::PRECISION, EMIN - 1 - EMIN.div_euclid(2));
        power_of_two(if normal > subnormal { normal } else { subnormal })
    };

    /// Whether every number is an f32.
    const IS_SINGLE: bool = P <= 24 && EMIN >= -149 && EMAX <= 127;
    /// Whether what is beyond `2^500` is beyond the format.
    const IS_MODERATE: bool = EMAX < 500;

    /// Whether [`Elementary::narrow`] is near enough for every number of the format.
    const fn is_narrow<E: Elementary>() -> bool {
        Self::IS_SINGLE || E::NARROW_ANYWHERE && Self::IS_MODERATE
    }

    /// The number that is kept as this f64.
    #[inline(always)]
    const fn of(x: f64) -> Self {
        Self(x, PhantomData)
    }

    const fn number(what: Becomes) -> f64 {
        match what {
            Infinity => f64::INFINITY,
            Nan => f64::NAN,
            Largest => Self::LARGEST,
        }
    }

    /// To nearest, ties to even.
    #[inline(always)]
    fn round(x: f64) -> Self {
        if const { Self::ROOM.0 } { Self::round_below(x) } else { Self::round_far(x) }
    }

    /// Let `2^n` be the power of two below `|x|`, but no less than the smallest normal number and no more than `2^EMAX`. The unit of
    /// `x` is `2^(n+1-P)`, which is that of `1.5 * 2^(n+53-P)` in f64: adding that number rounds to it, ties to even, and taking
    /// it away again is exact. (Beyond the largest number more may be cut off, but by monotonicity the result is not below
    /// `2^(EMAX+1)`.) Where that is to become ∞, the two last products only move the exponent, and send what is too large there on the way.
    #[inline(always)]
    fn round_below(x: f64) -> Self {
        let sign = if B::NEGATIVE_ZERO { x.to_bits() & 1 << 63 } else { 0 };
        let power = f64::from_bits(x.to_bits() & 0x7ff0_0000_0000_0000);
        let power = if power < Self::NORMAL { Self::NORMAL } else { power };
        let most = const { power_of_two(Self::ROOM.1) };
        let power = if power > most { most } else { power };
        let shift = power * const { 1.5 * power_of_two(53 - Self::PRECISION) };
        let rounded = f64::from_bits(((x + shift) - shift).to_bits() | sign);
        if const { B::LOST == 0 && Self::BEYOND[0] == f64::INFINITY } {
            let high = const { power_of_two(1023 - Self::ROOM.1) };
            return Self::of((rounded * high) * const { power_of_two(Self::ROOM.1 - 1023) });
        }
        Self::bounded(x, rounded)
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
        let subnormal = (x + shift) - shift;
        let subnormal = if B::NEGATIVE_ZERO { subnormal.copysign(x) } else { subnormal };
        let rounded = if x.abs() < Self::NORMAL { subnormal } else { normal };
        Self::bounded(x, if x.is_nan() { x } else { rounded })
    }

    /// What `x` is that was `rounded` as if there were no largest number. A NaN stays one.
    #[inline(always)]
    fn bounded(x: f64, rounded: f64) -> Self {
        let [overflow, infinity] = const { Self::BEYOND };
        let beyond = if x.abs() == f64::INFINITY { infinity } else { overflow };
        Self::of(if rounded.abs() > Self::LARGEST { beyond.copysign(x) } else { rounded })
    }
}

impl<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond> Format for Carried<P, EMIN, EMAX, B> {
    const NAME: &'static str = "carried";
    const ZERO: Self = Self::of(0.0);
    const ONE: Self = Self::of(1.0);
    type Acc = f64;
    type Carrier = Self;
    const ROUNDS_ONCE: bool = true;
    const SATURATES: bool = matches!(B::OVERFLOW, Largest);
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
        Self::of(if B::NEGATIVE_ZERO { -self.0 } else { 0.0 - self.0 })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        if (self.0 > other.0) | self.0.is_nan() { self } else { other }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::round(self.0.sqrt())
    }

    /// `2^n 2^-P` for a number in `[2^n, 2^(n+1))`, and half of `2^EMIN` for subnormals and zero; ∞ for what is not finite, and for the
    /// largest number where it saturates.
    #[inline(always)]
    fn half_ulp(self) -> Up {
        let power = f64::from_bits(self.0.to_bits() & 0x7ff0_0000_0000_0000);
        let half = (power * const { power_of_two(-Self::PRECISION) }).max(const { power_of_two(EMIN - 1) });
        let is_saturated = Self::SATURATES & (self.0.abs() == Self::LARGEST);
        Up::new(if is_saturated { f64::INFINITY } else { half })
    }

    /// The sum in f64 is off by what the two-sum finds. `s - sum` is exact: both are multiples of `ulp(s)`, and they are at
    /// most half a unit of the format apart; or `sum` is the largest number, and `s` at most twice as large.
    #[inline(always)]
    fn add_error(a: Self, b: Self, sum: Self) -> Up {
        let (s, e) = two_sum(a.0, b.0);
        Up::of_rounded_sum((s - sum.0) + e)
    }

    /// The product is exact in f64, and so is its distance to the nearest number; to the largest one it is rounded once.
    #[inline(always)]
    fn mul_error(a: Self, b: Self, product: Self) -> Up {
        let distance = a.0 * b.0 - product.0;
        if Self::SATURATES { Up::of_rounded_sum(distance) } else { Up::abs(distance) }
    }

    /// `|q - a/b| = |q b - a| / |b|`: see `quotient_residual`, of which the difference is rounded where `q` is the largest number.
    #[inline(always)]
    fn div_error(a: Self, b: Self, quotient: Self) -> Up {
        if Self::SATURATES {
            return Up::of_rounded_sum(quotient.0 * b.0 - a.0).over(b.0.abs());
        }
        quotient_residual(a.0, b.0, quotient.0)
    }

    /// No more than half a unit, where the residual is blunt: at subnormal roots.
    #[inline(always)]
    fn sqrt_error(x: Self, root: Self) -> Up {
        let error = root_residual(x.0, root.0, const { Self::ROOT });
        let is_blunt = const { Self::ROOT > power_of_two(-Self::PRECISION) };
        if is_blunt { error.min(root.half_ulp()) } else { error }
    }

    fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        accumulated_product(a, b, c);
    }
}

/// By the straight lines that are made for f32, where they keep their error for every number of the format: a loop over them is vectorised.
impl<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond> Carrier for Carried<P, EMIN, EMAX, B> {
    #[inline(always)]
    fn carry<E: Elementary>(x: f64) -> f64 {
        if const { Self::is_narrow::<E>() } { f32::carry::<E>(x) } else { f64::carry::<E>(x) }
    }

    #[inline(always)]
    fn relative_error<E: Elementary>() -> f64 {
        if const { Self::is_narrow::<E>() } { f32::relative_error::<E>() } else { f64::relative_error::<E>() }
    }

    #[inline(always)]
    fn underflow<E: Elementary>() -> f64 {
        if const { Self::is_narrow::<E>() } { f32::underflow::<E>() } else { f64::underflow::<E>() }
    }

    #[inline(always)]
    fn carry_error<E: Elementary>(size: Up) -> Up {
        if const { Self::is_narrow::<E>() } { f32::carry_error::<E>(size) } else { f64::carry_error::<E>(size) }
    }
}

impl<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond> PartialEq for Carried<P, EMIN, EMAX, B> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond> PartialOrd for Carried<P, EMIN, EMAX, B> {
    #[inline(always)]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.0.partial_cmp(&other.0)
    }
}

impl<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond> fmt::Debug for Carried<P, EMIN, EMAX, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond> fmt::Display for Carried<P, EMIN, EMAX, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests;
