//! bf16: 8 bits of precision with the exponent range of f32.
//!
//! Numbers are stored in 16 bits. Sums and matrix products accumulate in f32 and round once, as the hardware does; every
//! other operation rounds to bf16 from the exact result.

use half::bf16;

use super::Format;
use crate::bound::Up;
use crate::kernel::elementary as el;
use crate::kernel::gemm::{Mat, gemm_f32};
use crate::kernel::scratch::with_scratch;

impl Format for bf16 {
    const NAME: &'static str = "bf16";
    const ZERO: Self = bf16::ZERO;
    const ONE: Self = bf16::ONE;
    type Acc = f32;
    const ROUNDS_ONCE: bool = true;

    #[inline]
    fn from_f64(x: f64) -> Self {
        narrow(x)
    }

    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(widen(self))
    }

    #[inline]
    fn to_acc(self) -> f32 {
        widen(self)
    }

    #[inline]
    fn from_acc(acc: f32) -> Self {
        round(acc)
    }

    #[inline]
    fn is_finite(self) -> bool {
        widen(self).is_finite()
    }

    /// Through f32: rounding twice is innocuous, since `24 >= 2*8 + 1` and the exponent ranges agree (Roux 2014,
    /// "Innocuous double rounding of basic arithmetic operations").
    #[inline]
    fn add(self, other: Self) -> Self {
        round(widen(self) + widen(other))
    }

    #[inline]
    fn sub(self, other: Self) -> Self {
        round(widen(self) - widen(other))
    }

    /// Through f64, where the product is exact: f32 would round a product near the underflow threshold twice.
    #[inline]
    fn mul(self, other: Self) -> Self {
        narrow(self.to_f64() * other.to_f64())
    }

    /// Through f64 (`53 >= 2*8` and `-1074 <= -133 - 8 - 2`: innocuous by the same theorem), then to odd and to nearest.
    #[inline]
    fn div(self, other: Self) -> Self {
        narrow(self.to_f64() / other.to_f64())
    }

    #[inline]
    fn neg(self) -> Self {
        bf16::from_bits(self.to_bits() ^ 0x8000)
    }

    #[inline]
    fn max(self, other: Self) -> Self {
        if self > other || self.is_nan() { self } else { other }
    }

    #[inline]
    fn exp(self) -> Self {
        round(el::exp_f32(widen(self)))
    }

    #[inline]
    fn ln(self) -> Self {
        round(el::ln_f32(widen(self)))
    }

    #[inline]
    fn tanh(self) -> Self {
        round(el::tanh_f32(widen(self)))
    }

    /// `2^e 2^-8`, and `2^-134` for subnormals and zero.
    #[inline]
    fn half_ulp(self) -> Up {
        let power = f32::from_bits(u32::from(self.to_bits() & 0x7f80) << 16);
        Up::new((f64::from(power) * 2f64.powi(-8)).max(2f64.powi(-134)))
    }

    /// Half a unit of bf16 for the last rounding, and what the f32 function was off by before it: at most
    /// `F32_ULPS` units of f32, each `2^-16` of a unit of bf16 (one binade of slack at powers of two).
    #[inline]
    fn elementary_error(self) -> Up {
        self.half_ulp() * Up::new(1.0 + 4.0 * el::F32_ULPS * 2f64.powi(-16))
    }

    /// The sum of two bf16 in f64 is off by at most `2^-53` of itself, unless it is exact.
    #[inline]
    fn add_error(a: Self, b: Self, sum: Self) -> Up {
        let (s, e) = super::native::two_sum(a.to_f64(), b.to_f64());
        Up::of_rounded_sum((s - sum.to_f64()) + e)
    }

    #[inline]
    fn mul_error(a: Self, b: Self, product: Self) -> Up {
        Up::abs(a.to_f64() * b.to_f64() - product.to_f64())
    }

    fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        with_scratch([a.data.len(), b.data.len(), c.len()], |[wide_a, wide_b, wide_c]: [&mut [f32]; 3]| {
            widen_into(a.data, wide_a);
            widen_into(b.data, wide_b);
            gemm_f32(a.over(wide_a), b.over(wide_b), wide_c);
            for (narrow, &wide) in c.iter_mut().zip(&*wide_c) {
                *narrow = round(wide);
            }
        });
    }
}

/// Exact: bf16 is the upper half of f32.
#[inline]
fn widen(x: bf16) -> f32 {
    f32::from_bits(u32::from(x.to_bits()) << 16)
}

fn widen_into(narrow: &[bf16], wide: &mut [f32]) {
    for (wide, &narrow) in wide.iter_mut().zip(narrow) {
        *wide = widen(narrow);
    }
}

/// To nearest, ties to even, by integer arithmetic that vectorises: add just under half of the part that is cut off,
/// and one more if the part that is kept is odd.
#[inline]
fn round(x: f32) -> bf16 {
    let bits = x.to_bits();
    let nearest = (bits.wrapping_add(0x7fff + ((bits >> 16) & 1))) >> 16;
    let quiet_nan = (bits >> 16) | 0x0040;
    #[allow(clippy::cast_possible_truncation, reason = "both are 16 bits wide after the shift")]
    bf16::from_bits(if x.is_nan() { quiet_nan } else { nearest } as u16)
}

/// To nearest, ties to even, in one rounding. (The `from_f64` of the `half` crate, which `bf16::from_f64` names unless the
/// trait is spelled out, rounds twice.)
#[inline]
fn narrow(x: f64) -> bf16 {
    round(to_odd(x))
}

/// To f32 by rounding to odd: toward zero, and the last bit set if anything was cut off.
///
/// Rounding the result to nearest in a format with at least two bits less gives the correctly rounded `x` (Boldo and
/// Melquiond 2008, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd").
#[inline]
fn to_odd(x: f64) -> f32 {
    #[allow(clippy::cast_possible_truncation, reason = "corrected below")]
    let nearest = x as f32;
    let back = f64::from(nearest);
    let toward_zero = nearest.to_bits() - u32::from(back.abs() > x.abs());
    let inexact = back != x && !x.is_nan();
    f32::from_bits(toward_zero | u32::from(inexact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bf16_survives_the_round_trip() {
        for bits in 0..=u16::MAX {
            let x = bf16::from_bits(bits);
            if !x.is_nan() {
                assert_eq!(narrow(x.to_f64()).to_bits(), bits);
                assert_eq!(round(widen(x)).to_bits(), bits);
            }
        }
        assert!(narrow(f64::NAN).is_nan());
        assert!(round(f32::NAN).is_nan());
    }

    #[test]
    fn half_way_points_round_to_even_and_their_neighbours_do_not() {
        for bits in 0..0x7f7f_u16 {
            let (x, next) = (bf16::from_bits(bits).to_f64(), bf16::from_bits(bits + 1).to_f64());
            let middle = f64::midpoint(x, next);
            let even = if bits % 2 == 0 { bits } else { bits + 1 };
            assert_eq!(narrow(middle).to_bits(), even);
            assert_eq!(narrow(middle.next_down()).to_bits(), bits);
            assert_eq!(narrow(middle.next_up()).to_bits(), bits + 1);
        }
    }

    #[test]
    fn a_rounding_error_is_never_more_than_half_an_ulp() {
        for a in (0..0x7f80_u16).step_by(7) {
            for b in (0..0x7f80_u16).step_by(1013) {
                let (a, b) = (bf16::from_bits(a), bf16::from_bits(b));
                for (result, error) in
                    [(a.mul(b), bf16::mul_error(a, b, a.mul(b))), (a.add(b), bf16::add_error(a, b, a.add(b)))]
                {
                    // An error that is computed is inflated by one rounding.
                    assert!(error.get() <= result.half_ulp().get() * (1.0 + f64::EPSILON), "{a} {b} {result}");
                }
            }
        }
    }
}
