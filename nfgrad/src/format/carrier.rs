//! [`Carrier`]: how the elementary functions of a format are carried out, in f64, before they are rounded to it.

use super::Format;
use crate::bound::Up;
use crate::kernel::elementary::Elementary;

/// The elementary functions as good as a format needs them, in f64. Ops compute slopes with them too.
///
/// f32 stands for [`Elementary::narrow`], for the formats whose numbers are f32; f64 for [`Elementary::wide`]; and
/// [`Carried`](super::Carried) chooses between the two for each function.
pub trait Carrier: 'static {
    /// `f(x)` in f64, for a number `x` of the format; of the exponential for every f64.
    fn carry<E: Elementary>(x: f64) -> f64;
    /// At least the relative error of [`Carrier::carry`], but for what [`Carrier::underflow`] adds to it.
    fn relative_error<E: Elementary>() -> f64;
    /// At least what the error may be above [`Carrier::relative_error`] times `|f(x)|`: what is lost where that is nearly 0.
    fn underflow<E: Elementary>() -> f64;
    /// At least `|y - f(x)|` for every `y` that [`Carrier::carry`] returns with `|y| <= size`.
    fn carry_error<E: Elementary>(size: Up) -> Up;
}

/// `2^-1060`. (`2f64.powi(-1060)` is 0 unless the compiler takes it: the power is found as the inverse of `2^1060`, which is ∞.)
const LEAST_UNIT: f64 = f64::from_bits(1 << 14);

impl Carrier for f32 {
    #[inline(always)]
    fn carry<E: Elementary>(x: f64) -> f64 {
        E::narrow(x)
    }

    #[inline(always)]
    fn relative_error<E: Elementary>() -> f64 {
        E::NARROW_ERROR
    }

    #[inline(always)]
    fn underflow<E: Elementary>() -> f64 {
        2f64.powi(-998)
    }

    /// `|y - f| <= e |f| + t` and `|f| <= |y| + e |f| + t` with `t = 2^-1000`, so `|y - f| <= (e |y| + t) / (1 - e)`.
    #[inline(always)]
    fn carry_error<E: Elementary>(size: Up) -> Up {
        // One `e` more than needed is for the roundings of this line.
        Up::new(size.get() * (E::NARROW_ERROR * (1.0 + 3.0 * E::NARROW_ERROR)) + 2f64.powi(-998))
    }
}

impl Carrier for f64 {
    #[inline]
    fn carry<E: Elementary>(x: f64) -> f64 {
        E::wide(x)
    }

    /// A unit is at most 2^-52 of the computed number, and that at most `1 + 2^-40` times the exact one.
    #[inline]
    fn relative_error<E: Elementary>() -> f64 {
        E::WIDE_ULPS * f64::EPSILON * (1.0 + 1.0 / (1_u64 << 40) as f64)
    }

    /// A unit counts as no less than 2^-1060.
    #[inline]
    fn underflow<E: Elementary>() -> f64 {
        E::WIDE_ULPS * LEAST_UNIT
    }

    #[inline]
    fn carry_error<E: Elementary>(size: Up) -> Up {
        Format::half_ulp(size.get()).max(Up::new(LEAST_UNIT / 2.0)) * Up::new(2.0 * E::WIDE_ULPS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::elementary::Exp;

    #[test]
    fn a_unit_of_an_f64_function_is_no_less_than_it_is_stated() {
        let unit = std::hint::black_box(LEAST_UNIT) * 2f64.powi(1000);
        assert_eq!(unit, 2f64.powi(-60));
        let error = f64::carry_error::<Exp>(Up::ZERO).get() * 2f64.powi(1000);
        assert!(error >= 2.0 * unit && error < 2.001 * unit, "{error:e}");
        assert_eq!(f64::underflow::<Exp>() * 2f64.powi(1000), 2.0 * unit);
    }
}
