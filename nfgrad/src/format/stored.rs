//! [`Stored`]: formats that files have a type for.

use super::beyond::Becomes::{Infinity, Largest, Nan};
use super::beyond::Beyond;
use super::fp8::{E4m3, E4m3Saturating, E5m2, E5m2Saturating};
use super::{AccumulateIn, AccumulateInF64, Carried, Dtype, Format, FusedEach, RoundEach, Tf32, bf16, f16};

/// `F: Stored` reads "files have a type for the numbers of `F`", so that they come back as they were.
///
/// [`Nf`](super::Nf) is none of these: its numbers may have any number of digits, and any exponent.
///
/// ```
/// use nfgrad::format::small::{Float4E2m1Fn, Float8E4m3Fnuz};
/// use nfgrad::format::{Carried, Dtype, RoundEach, Stored, Tf32, bf16};
/// assert_eq!([bf16::DTYPE, RoundEach::<f32>::DTYPE, Tf32::DTYPE], [Dtype::Bf16, Dtype::F32, Dtype::F32]);
/// assert_eq!([Float4E2m1Fn::DTYPE, Float8E4m3Fnuz::DTYPE], [Dtype::F4, Dtype::F8E4M3Fnuz]);
/// assert_eq!(Carried::<25, -200, 200>::DTYPE, Dtype::F64);
/// ```
#[diagnostic::on_unimplemented(
    message = "files have no type for the numbers of `{Self}`",
    label = "this format cannot be saved or loaded",
    note = "copy the numbers to a run of a format that files have, such as `f64`, with `copy_params_from`"
)]
pub trait Stored: Format {
    /// The type in a file: it has every number of the format; a NaN it may not have.
    const DTYPE: Dtype;
}

macro_rules! stored_as {
    ($($format:ty => $dtype:ident),* $(,)?) => {
        $(impl Stored for $format {
            const DTYPE: Dtype = Dtype::$dtype;
        })*
    };
}

stored_as! {
    f64 => F64,
    f32 => F32,
    f16 => F16,
    bf16 => Bf16,
    Tf32 => F32,
    E4m3 => F8E4M3,
    E4m3Saturating => F8E4M3,
    E5m2 => F8E5M2,
    E5m2Saturating => F8E5M2,
}

impl<F: Stored> Stored for RoundEach<F> {
    const DTYPE: Dtype = F::DTYPE;
}

impl<F: Stored> Stored for FusedEach<F> {
    const DTYPE: Dtype = F::DTYPE;
}

impl<F: Stored> Stored for AccumulateInF64<F> {
    const DTYPE: Dtype = F::DTYPE;
}

impl<F: Stored, W: Format> Stored for AccumulateIn<F, W> {
    const DTYPE: Dtype = F::DTYPE;
}

/// Its own type if there is one, else F32 if that has every number, else F64.
impl<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond> Stored for Carried<P, EMIN, EMAX, B> {
    const DTYPE: Dtype = match (P, EMIN, EMAX, B::INFINITY, B::LOST, B::NEGATIVE_ZERO) {
        (11, -24, 15, Infinity, 0, true) => Dtype::F16,
        (8, -133, 127, Infinity, 0, true) => Dtype::Bf16,
        (4, -9, 8, Nan | Largest, 1, true) => Dtype::F8E4M3,
        (3, -16, 15, Infinity | Largest, 0, true) => Dtype::F8E5M2,
        (4, -10, 7, Nan | Largest, 0, false) => Dtype::F8E4M3Fnuz,
        (3, -17, 15, Nan | Largest, 0, false) => Dtype::F8E5M2Fnuz,
        (4, -3, 2, Largest, 0, true) => Dtype::F6E2M3,
        (3, -4, 4, Largest, 0, true) => Dtype::F6E3M2,
        (2, -1, 2, Largest, 0, true) => Dtype::F4,
        (..=24, -149.., ..=127, _, _, _) => Dtype::F32,
        _ => Dtype::F64,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::small::{
        Float4E2m1Fn, Float6E2m3Fn, Float6E3m2Fn, Float8E3m4, Float8E4m3, Float8E4m3B11Fnuz, Float8E4m3Fn,
        Float8E4m3Fnuz, Float8E5m2, Float8E5m2Fnuz,
    };

    /// Every number of the format, found by rounding what is dense enough, has a code that stands for it.
    fn has_every_number<F: Stored>() {
        for exponent in -30..30 {
            for step in 0..64 {
                let x = F::from_f64((1.0 + f64::from(step) / 64.0) * 2f64.powi(exponent));
                for x in [x, x.neg(), F::ZERO, F::ZERO.neg()] {
                    let number = x.to_f64();
                    let code = F::DTYPE.encode(number).unwrap_or_else(|| panic!("{number} in {}", F::DTYPE));
                    let back = F::DTYPE.decode(code).expect("a number");
                    assert!(back.to_bits() == number.to_bits() || back.is_nan() && number.is_nan());
                }
            }
        }
    }

    #[test]
    fn a_type_has_every_number_of_its_format() {
        has_every_number::<f16>();
        has_every_number::<bf16>();
        has_every_number::<Tf32>();
        has_every_number::<E4m3>();
        has_every_number::<E5m2Saturating>();
        has_every_number::<Float8E3m4>();
        has_every_number::<Float8E4m3>();
        has_every_number::<Float8E4m3B11Fnuz>();
        has_every_number::<Float8E4m3Fn>();
        has_every_number::<Float8E4m3Fnuz>();
        has_every_number::<Float8E5m2>();
        has_every_number::<Float8E5m2Fnuz>();
        has_every_number::<Float6E2m3Fn>();
        has_every_number::<Float6E3m2Fn>();
        has_every_number::<Float4E2m1Fn>();
        has_every_number::<Carried<17, -78, 63>>();
    }

    #[test]
    fn small_formats_have_their_own_types() {
        assert_eq!(Float8E4m3Fn::DTYPE, E4m3::DTYPE);
        assert_eq!(Float8E5m2::DTYPE, E5m2::DTYPE);
        assert_eq!(
            [Float6E2m3Fn::DTYPE, Float6E3m2Fn::DTYPE, Float4E2m1Fn::DTYPE],
            [Dtype::F6E2M3, Dtype::F6E3M2, Dtype::F4]
        );
        assert_eq!([Float8E4m3Fnuz::DTYPE, Float8E5m2Fnuz::DTYPE], [Dtype::F8E4M3Fnuz, Dtype::F8E5M2Fnuz]);
        // E4M3 of IEEE's kind, with infinities, is not the F8_E4M3 of files.
        assert_eq!([Float8E4m3::DTYPE, Float8E3m4::DTYPE, Float8E4m3B11Fnuz::DTYPE], [Dtype::F32; 3]);
    }
}
