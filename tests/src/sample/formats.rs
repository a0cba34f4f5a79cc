//! The formats that the tests draw numbers of.

use nfgrad::format::beyond::Beyond;
use nfgrad::format::fp8::{Fp8, Layout8};
use nfgrad::format::nf::{ExponentFunction, Rounding};
use nfgrad::format::{
    AccumulateIn, AccumulateInF64, Below, Carried, Downward, Fix, Flt, Flx, Format, Ftz, FusedEach, NearestAway,
    NearestEven, Nf, RoundEach, Tf32, TowardZero, Upward, bf16, f16,
};

use crate::exact::Exact;

/// A format of which random bit patterns can be drawn.
pub trait Sampled: Format {
    /// The largest number.
    const LARGEST: f64;
    /// The smallest positive number.
    const LEAST: f64;
    /// The distance from 1 to the next number.
    const EPSILON: f64;
    /// The number with these bits; what is not finite included.
    fn of_bits(bits: u64) -> Self;

    /// The number itself, which must be finite.
    fn real(self) -> Exact {
        Exact::new(self.to_f64())
    }

    /// The same distance as that of `real` from this number, between a real number and an f64.
    fn beside(self, real: &Exact) -> (Exact, f64) {
        if Self::CONVERSION == 0.0 || !self.is_finite() {
            (real.clone(), self.to_f64())
        } else {
            (real.clone() - &self.real(), 0.0)
        }
    }
}

/// A format with so few numbers that all pairs can be tried.
pub trait Enumerated: Sampled {
    /// Every finite number.
    fn numbers() -> Vec<Self>;
}

/// 16 bits of precision, which no hardware has.
pub type Middling = Carried<16, -77, 63>;
/// One bit more than f32 has, and numbers beyond it on either side.
pub type Spacious = Carried<25, -200, 200>;

/// f32, but rounded upward.
pub type SingleUp = Nf<2, Below<Flt<-149, 24>, 128>, Upward>;
/// Six hexadecimal digits without underflow, rounded toward zero.
pub type Hexadecimal = Nf<16, Flx<6>, TowardZero>;
/// Fixed point with 20 bits behind the point.
pub type Fixed = Nf<2, Fix<-20>, NearestAway>;
/// Five bits without subnormal numbers, rounded downward.
pub type Flushed = Nf<2, Below<Ftz<-20, 5>, 20>, Downward>;
/// Seven decimal digits, of which no f64 holds all.
pub type Decimal = Nf<10, Flt<-30, 7>, NearestEven>;

#[allow(clippy::cast_possible_truncation, reason = "the low bits are as random as all of them")]
#[allow(clippy::cast_sign_loss, reason = "biased exponents are positive")]
mod bits {
    use super::{
        Beyond, Carried, Enumerated, Exact, ExponentFunction, Format, Fp8, Layout8, Nf, RoundEach, Rounding, Sampled,
        Tf32,
    };
    use super::{bf16, f16};

    macro_rules! sampled {
        ($($format:ty: $bits:ty, $largest:expr, $least:expr, $epsilon:expr;)*) => {$(
            impl Sampled for $format {
                const LARGEST: f64 = $largest;
                const LEAST: f64 = $least;
                const EPSILON: f64 = $epsilon;
                fn of_bits(bits: u64) -> Self {
                    Self::from_bits(bits as $bits)
                }
            }
        )*};
    }

    sampled! {
        f32: u32, f32::MAX as f64, f32::from_bits(1) as f64, f32::EPSILON as f64;
        f64: u64, f64::MAX, f64::from_bits(1), f64::EPSILON;
        bf16: u16, f32::from_bits(0x7f7f_0000) as f64, f32::from_bits(0x0001_0000) as f64, 0.007_812_5;
        f16: u16, 65504.0, 5.960_464_477_539_063e-8, 0.000_976_562_5;
    }

    impl<L: Layout8, const SATURATES: bool> Sampled for Fp8<L, SATURATES> {
        const LARGEST: f64 = if L::MANTISSA == 3 { 448.0 } else { 57344.0 };
        const LEAST: f64 = if L::MANTISSA == 3 { 0.001_953_125 } else { 1.525_878_906_25e-5 };
        const EPSILON: f64 = if L::MANTISSA == 3 { 0.125 } else { 0.25 };
        fn of_bits(bits: u64) -> Self {
            Self::from_bits(bits as u8)
        }
    }

    impl Sampled for Tf32 {
        const LARGEST: f64 = f32::from_bits(0x7f7f_e000) as f64;
        const LEAST: f64 = f32::from_bits(0x0000_2000) as f64;
        const EPSILON: f64 = 0.000_976_562_5;
        fn of_bits(bits: u64) -> Self {
            Self::from_f64(f32::from_bits(bits as u32 & 0xffff_e000).into())
        }
    }

    impl<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond> Sampled for Carried<P, EMIN, EMAX, B> {
        const LARGEST: f64 = Self::LARGEST;
        const LEAST: f64 = power(EMIN);
        const EPSILON: f64 = 2.0 / (1_u64 << P) as f64;
        fn of_bits(bits: u64) -> Self {
            let exponents = (EMAX - EMIN + 2) as u64;
            let exponent = (EMIN + 1023) as u64 - 1 + (bits >> 52 & 0x7ff) % exponents;
            Self::from_f64(f64::from_bits(bits & (1 << 63 | ((1 << 52) - 1)) | exponent << 52))
        }
    }

    impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Sampled for Nf<RADIX, E, R> {
        const LARGEST: f64 = match (E::LIMIT, E::PRECISION) {
            (Some(limit), Some(p)) => (1.0 - power_of(RADIX, -p.cast_signed())) * power_of(RADIX, limit),
            (Some(limit), None) => power_of(RADIX, limit) * 0.999,
            (None, None) => power(40),
            _ if RADIX.is_power_of_two() => f64::MAX,
            _ => 1e300,
        };
        const LEAST: f64 = match E::LEAST {
            Some(least) => power_of(RADIX, least),
            None => power(-1000),
        };
        const EPSILON: f64 = match (E::PRECISION, E::LEAST) {
            (Some(p), _) => power_of(RADIX, 1 - p.cast_signed()),
            (None, Some(least)) => power_of(RADIX, least),
            _ => 0.0,
        };
        fn of_bits(bits: u64) -> Self {
            let (low, high) = (Self::LEAST.log2() as i64 - 2, Self::LARGEST.log2() as i64 + 1);
            let exponent = low + (bits >> 52 & 0x7ff).cast_signed() % (high - low);
            Self::from_f64(f64::from_bits(bits & (1 << 63 | ((1 << 52) - 1)) | ((exponent + 1023) as u64) << 52))
        }

        fn real(self) -> Exact {
            if Self::CONVERSION == 0.0 {
                return Exact::new(self.to_f64());
            }
            let (mantissa, exponent) = self.parts().expect("a finite number");
            let power = || Exact::new(RADIX.into()).power(exponent.abs());
            if exponent >= 0 {
                return Exact::new(mantissa as f64) * &power();
            }
            // Also in radix 10 a half is a half, without the error of a quotient.
            let (twos, odd) = (RADIX.trailing_zeros().cast_signed(), i64::from(RADIX >> RADIX.trailing_zeros()));
            let divided = (exponent..0).try_fold(mantissa, |m, _| (m % odd == 0).then(|| m / odd));
            match divided {
                Some(dyadic) => Exact::new(dyadic as f64) * &Exact::new(power_of(2, twos * exponent)),
                None => Exact::new(mantissa as f64).over_exact(&power()),
            }
        }
    }

    impl<F: Sampled> Sampled for RoundEach<F> {
        const LARGEST: f64 = F::LARGEST;
        const LEAST: f64 = F::LEAST;
        const EPSILON: f64 = F::EPSILON;
        fn of_bits(bits: u64) -> Self {
            F::of_bits(bits).into()
        }
    }

    impl<L: Layout8, const SATURATES: bool> Enumerated for Fp8<L, SATURATES> {
        fn numbers() -> Vec<Self> {
            (0..=255).map(Self::from_bits).filter(|x| x.is_finite()).collect()
        }
    }

    impl<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond> Enumerated for Carried<P, EMIN, EMAX, B> {
        fn numbers() -> Vec<Self> {
            let next = |x: &Self| Self::from_f64(x.to_f64() + 2.0 * x.half_ulp().get());
            let following = |x: &Self| (x.to_f64() < Self::LARGEST).then(|| next(x));
            let positive: Vec<Self> = std::iter::successors(following(&Self::ZERO), following).collect();
            let negative = positive.iter().map(|x| x.neg());
            [Self::ZERO].into_iter().chain(negative).chain(positive.iter().copied()).collect()
        }
    }

    impl<const RADIX: u32, E: ExponentFunction, R: Rounding> Enumerated for Nf<RADIX, E, R> {
        fn numbers() -> Vec<Self> {
            let next = |x: &Self| Some(x.next_up()).filter(|x| x.is_finite());
            let positive: Vec<Self> = std::iter::successors(next(&Self::ZERO), next).collect();
            let negative = positive.iter().map(|&x| -x);
            [Self::ZERO].into_iter().chain(negative).chain(positive.iter().copied()).collect()
        }
    }

    const fn power(n: i32) -> f64 {
        f64::from_bits(((n + 1023) as u64) << 52)
    }

    /// A power of a radix, nearly if it is none of two.
    const fn power_of(radix: u32, n: i32) -> f64 {
        let (mut power, mut i) = (1.0, 0);
        while i < n.abs() {
            power *= radix as f64;
            i += 1;
        }
        if n < 0 { 1.0 / power } else { power }
    }
}

macro_rules! policies {
    ($([$($generics:tt)*] $format:ty;)*) => {$(
        impl<F: Sampled, $($generics)*> Sampled for $format {
            const LARGEST: f64 = F::LARGEST;
            const LEAST: f64 = F::LEAST;
            const EPSILON: f64 = F::EPSILON;
            fn of_bits(bits: u64) -> Self {
                F::of_bits(bits).into()
            }
        }
    )*};
}

policies! {
    [] FusedEach<F>;
    [] AccumulateInF64<F>;
    [W: Format] AccumulateIn<F, W>;
}
