//! [`Dtype`]: the types of numbers that files have, and their codes.

use std::fmt;

use super::narrow::power_of_two;

/// The type of the numbers of a tensor in a file, by the names of safetensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names say it")]
pub enum Dtype {
    F64,
    F32,
    F16,
    Bf16,
    /// `float8_e4m3fn`: the numbers of [`E4m3`](super::E4m3).
    F8E4M3,
    /// The numbers of [`E5m2`](super::E5m2).
    F8E5M2,
    F8E4M3Fnuz,
    F8E5M2Fnuz,
    /// Powers of two from 2^-127 to 2^127, and a NaN. No format has them alone; f32 has them all.
    F8E8M0,
    F6E2M3,
    F6E3M2,
    /// `float4_e2m1fn`.
    F4,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    /// 0 or 1 in a byte.
    Bool,
    /// Two f32. Nothing here computes with it.
    C64,
}

impl Dtype {
    /// How many bits a number has.
    pub const fn bits(self) -> usize {
        match self {
            Self::F64 | Self::I64 | Self::U64 | Self::C64 => 64,
            Self::F32 | Self::I32 | Self::U32 => 32,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 16,
            Self::F6E2M3 | Self::F6E3M2 => 6,
            Self::F4 => 4,
            _ => 8,
        }
    }

    /// Its name in a safetensors file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F64 => "F64",
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::F8E4M3 => "F8_E4M3",
            Self::F8E5M2 => "F8_E5M2",
            Self::F8E4M3Fnuz => "F8_E4M3FNUZ",
            Self::F8E5M2Fnuz => "F8_E5M2FNUZ",
            Self::F8E8M0 => "F8_E8M0",
            Self::F6E2M3 => "F6_E2M3",
            Self::F6E3M2 => "F6_E3M2",
            Self::F4 => "F4",
            Self::I64 => "I64",
            Self::I32 => "I32",
            Self::I16 => "I16",
            Self::I8 => "I8",
            Self::U64 => "U64",
            Self::U32 => "U32",
            Self::U16 => "U16",
            Self::U8 => "U8",
            Self::Bool => "BOOL",
            Self::C64 => "C64",
        }
    }

    /// Whether these are floating-point numbers.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F64 | Self::F32 | Self::F8E8M0) || self.layout().is_some()
    }

    /// The number with this code, of which only the low [`bits`](Self::bits) are read. `None` for an integer that is no f64, and for `C64`.
    #[allow(clippy::cast_possible_truncation, reason = "the low bits are the code")]
    pub(crate) fn decode(self, code: u64) -> Option<f64> {
        match self {
            Self::F64 => Some(f64::from_bits(code)),
            Self::F32 => Some(f32::from_bits(code as u32).into()),
            Self::F8E8M0 => Some(if code & 0xff == 0xff { f64::NAN } else { power_of_two((code & 0xff) as i32 - 127) }),
            Self::I64 => integer(i128::from(code.cast_signed())),
            Self::U64 => integer(code.into()),
            Self::I32 => Some((code as i32).into()),
            Self::U32 => Some((code as u32).into()),
            Self::I16 => Some((code as i16).into()),
            Self::U16 => Some((code as u16).into()),
            Self::I8 => Some((code as i8).into()),
            Self::U8 | Self::Bool => Some((code as u8).into()),
            Self::C64 => None,
            _ => self.layout().map(|layout| layout.decode(code)),
        }
    }

    /// The code of a number. `None` if this type does not have it, or has no floating-point numbers with a sign.
    #[allow(clippy::cast_possible_truncation, reason = "it is seen whether that changes the number")]
    pub(crate) fn encode(self, x: f64) -> Option<u64> {
        match self {
            Self::F64 => Some(x.to_bits()),
            Self::F32 => {
                let narrow = x as f32;
                (f64::from(narrow) == x || x.is_nan()).then(|| narrow.to_bits().into())
            }
            _ => self.layout()?.encode(x),
        }
    }

    /// How numbers of at most 16 bits are written.
    const fn layout(self) -> Option<Layout> {
        let (bits, mantissa, least, special) = match self {
            Self::F16 => (16, 10, -24, Special::Ieee),
            Self::Bf16 => (16, 7, -133, Special::Ieee),
            Self::F8E4M3 => (8, 3, -9, Special::AllOnes),
            Self::F8E5M2 => (8, 2, -16, Special::Ieee),
            Self::F8E4M3Fnuz => (8, 3, -10, Special::NegativeZero),
            Self::F8E5M2Fnuz => (8, 2, -17, Special::NegativeZero),
            Self::F6E2M3 => (6, 3, -3, Special::Nothing),
            Self::F6E3M2 => (6, 2, -4, Special::Nothing),
            Self::F4 => (4, 1, -1, Special::Nothing),
            _ => return None,
        };
        Some(Layout { bits, mantissa, least, special })
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[allow(clippy::cast_possible_truncation, reason = "it is seen whether that changes the number")]
fn integer(n: i128) -> Option<f64> {
    let x = n as f64;
    (x as i128 == n).then_some(x)
}

/// A sign, an exponent and a mantissa, from the highest bit down.
#[derive(Clone, Copy)]
struct Layout {
    bits: u32,
    mantissa: u32,
    /// The smallest number is two to this power.
    least: i32,
    special: Special,
}

/// Which codes are no numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    /// An exponent of ones: ∞, or a NaN where the mantissa is not 0.
    Ieee,
    /// Ones only: NaN.
    AllOnes,
    /// What would be -0: NaN.
    NegativeZero,
    /// None.
    Nothing,
}

impl Layout {
    const fn sign(self) -> u64 {
        1 << (self.bits - 1)
    }

    /// The code of ∞, where there is one.
    const fn infinity(self) -> u64 {
        self.sign() - (1 << self.mantissa)
    }

    fn decode(self, code: u64) -> f64 {
        let code = code & (2 * self.sign() - 1);
        let magnitude = code & (self.sign() - 1);
        let is_nan = match self.special {
            Special::Ieee if magnitude == self.infinity() => {
                return if code == magnitude { f64::INFINITY } else { f64::NEG_INFINITY };
            }
            Special::Ieee => magnitude > self.infinity(),
            Special::AllOnes => magnitude == self.sign() - 1,
            Special::NegativeZero => code == self.sign(),
            Special::Nothing => false,
        };
        if is_nan {
            // With its sign and the bits of its mantissa, of which at least one is set.
            let fraction = if self.special == Special::Ieee { magnitude << (52 - self.mantissa) } else { 1 << 51 };
            let nan = f64::INFINITY.to_bits() | fraction & ((1 << 52) - 1);
            return f64::from_bits(nan | u64::from(code != magnitude) << 63);
        }
        let hidden = 1 << self.mantissa;
        let (exponent, fraction) = (magnitude >> self.mantissa, magnitude & (hidden - 1));
        let significand = if exponent == 0 { fraction } else { fraction + hidden };
        let x = significand as f64 * self.unit(exponent);
        if code == magnitude { x } else { -x }
    }

    fn encode(self, x: f64) -> Option<u64> {
        if x.is_nan() {
            let sign = if x.is_sign_negative() { self.sign() } else { 0 };
            let fraction = x.to_bits() >> (52 - self.mantissa) & ((1 << self.mantissa) - 1);
            return match self.special {
                Special::Ieee => Some(sign | self.infinity() | fraction.max(1)),
                Special::AllOnes => Some(sign | (self.sign() - 1)),
                Special::NegativeZero => Some(self.sign()),
                Special::Nothing => None,
            };
        }
        let magnitude = if x.is_infinite() { self.infinity() } else { self.finite(x.abs())? };
        let code = if x.is_sign_negative() { magnitude | self.sign() } else { magnitude };
        // Whatever went wrong on the way, a code stands for the very number or is none.
        (magnitude < self.sign() && self.decode(code).to_bits() == x.to_bits()).then_some(code)
    }

    /// The code of a number that is not negative, or of another one if there is none.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 2^11")]
    fn finite(self, x: f64) -> Option<u64> {
        #[allow(clippy::cast_possible_wrap, reason = "at most 10")]
        let above = (x.to_bits() >> 52) as i32 - 1023 - (self.least + self.mantissa as i32);
        let exponent = u64::try_from(above + 1).unwrap_or(0);
        let significand = x / self.unit(exponent);
        let hidden = if exponent == 0 { 0 } else { 1 << self.mantissa };
        (exponent < 1 << (self.bits - self.mantissa)).then(|| (exponent << self.mantissa) + significand as u64 - hidden)
    }

    /// What the last bit of the mantissa stands for.
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "at most 2^16")]
    fn unit(self, exponent: u64) -> f64 {
        power_of_two((self.least + exponent.saturating_sub(1) as i32).min(1023))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{E4m3, E5m2, Format, bf16, f16};

    const SMALL: [Dtype; 9] = [
        Dtype::F16,
        Dtype::Bf16,
        Dtype::F8E4M3,
        Dtype::F8E5M2,
        Dtype::F8E4M3Fnuz,
        Dtype::F8E5M2Fnuz,
        Dtype::F6E2M3,
        Dtype::F6E3M2,
        Dtype::F4,
    ];

    #[test]
    fn every_code_comes_back() {
        for dtype in SMALL {
            for code in 0..1_u64 << dtype.bits() {
                let x = dtype.decode(code).expect("a number");
                assert_eq!(dtype.encode(x), Some(code), "{dtype} {x}");
            }
        }
    }

    #[test]
    fn codes_are_those_of_the_formats() {
        for code in 0..=u16::MAX {
            let is = |dtype: Dtype, x: f64| {
                let y = dtype.decode(code.into()).expect("a number");
                assert!(y.to_bits() == x.to_bits() || x.is_nan() && y.is_nan(), "{dtype} {code:#x} {x} {y}");
            };
            is(Dtype::F16, f16::from_bits(code).to_f64());
            is(Dtype::Bf16, bf16::from_bits(code).to_f64());
            #[allow(clippy::cast_possible_truncation, reason = "the low byte")]
            let byte = code as u8;
            is(Dtype::F8E4M3, E4m3::from_bits(byte).to_f64());
            is(Dtype::F8E5M2, E5m2::from_bits(byte).to_f64());
        }
    }

    #[test]
    fn what_a_type_does_not_have_has_no_code() {
        for dtype in SMALL {
            for x in [1e300, -1e300, 1e-300, f64::MIN_POSITIVE / 8.0, 1.0 + 2f64.powi(-12), 70000.1] {
                assert_eq!(dtype.encode(x), None, "{dtype} {x}");
            }
        }
        for (dtype, x) in [
            (Dtype::F4, f64::NAN),
            (Dtype::F4, 8.0),
            (Dtype::F6E3M2, f64::INFINITY),
            (Dtype::F8E4M3, f64::INFINITY),
            (Dtype::F8E4M3, 480.0),
            (Dtype::F8E4M3Fnuz, -0.0),
            (Dtype::F8E5M2, 65536.0),
            (Dtype::F32, 0.1),
            (Dtype::F8E8M0, 1.0),
        ] {
            assert_eq!(dtype.encode(x), None, "{dtype} {x}");
        }
    }

    #[test]
    fn integers_are_numbers_where_f64_has_them() {
        assert_eq!(Dtype::I64.decode((-3_i64).cast_unsigned()), Some(-3.0));
        assert_eq!(Dtype::I64.decode((1 << 53) + 1), None);
        assert_eq!(Dtype::U64.decode(u64::MAX), None);
        assert_eq!(Dtype::I8.decode(0xff), Some(-1.0));
        assert_eq!([0, 127, 254].map(|code| Dtype::F8E8M0.decode(code)), [-127, 0, 127].map(|n| Some(2f64.powi(n))));
        assert!(Dtype::F8E8M0.decode(255).is_some_and(f64::is_nan));
    }
}
