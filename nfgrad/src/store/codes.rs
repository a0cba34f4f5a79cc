//! Numbers as bytes and back: the codes of a [`Dtype`], one after another.
//!
//! Little-endian, as safetensors and most of NumPy have it. Numbers of four and six bits fill the bytes from the lowest bit up: of two F4 in a
//! byte the first is in the low half, as in PyTorch's `float4_e2m1fn_x2`. (For F6 no rule is written anywhere; this is the same one.)

use crate::format::{Dtype, Format, Stored};

/// The type in which these numbers are stored: that of the format. F32 where it has no code for one of them (a NaN in F4) or where their bits do not fill
/// whole bytes (three F4), and F64 where that has none either: then the numbers are stored all the same, exactly.
pub(super) fn dtype_of<F: Stored>(numbers: &[F]) -> Dtype {
    const { assert!(F::CONVERSION == 0.0, "only numbers that are f64 can be stored") };
    let fills = |dtype: Dtype| (numbers.len() * dtype.bits()).is_multiple_of(8);
    let has_all = |dtype: Dtype| numbers.iter().all(|x| dtype.encode(x.to_f64()).is_some());
    [F::DTYPE, Dtype::F32].into_iter().find(|&dtype| fills(dtype) && has_all(dtype)).unwrap_or(Dtype::F64)
}

/// Writes codes, of which the highest bits of the last byte may be missing.
pub(super) struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
    dtype: Dtype,
    /// Bits that do not fill a byte yet.
    rest: u64,
    bits: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(dtype: Dtype, bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes, dtype, rest: 0, bits: 0 }
    }

    /// Writes a number, which the type has: see [`dtype_of`].
    pub(super) fn push<F: Format>(&mut self, x: F) {
        let code = self.dtype.encode(x.to_f64()).unwrap_or(0);
        let bits = self.dtype.bits();
        if bits >= 8 {
            return self.bytes.extend_from_slice(&code.to_le_bytes()[..bits / 8]);
        }
        self.rest |= code << self.bits;
        self.bits += bits;
        while self.bits >= 8 {
            self.bytes.push(self.rest.to_le_bytes()[0]);
            (self.rest, self.bits) = (self.rest >> 8, self.bits - 8);
        }
    }
}

/// The codes in some bytes; those of big-endian numbers of whole bytes, if it says so.
pub(super) fn codes(dtype: Dtype, is_big_endian: bool, bytes: &[u8]) -> Box<dyn Iterator<Item = u64> + '_> {
    macro_rules! whole {
        ($integer:ty) => {{
            let (codes, _) = bytes.as_chunks();
            let turned = move |code: $integer| if is_big_endian { code.swap_bytes() } else { code };
            Box::new(codes.iter().map(move |code| turned(<$integer>::from_le_bytes(*code)).into()))
        }};
    }
    match dtype.bits() {
        64 => whole!(u64),
        32 => whole!(u32),
        16 => whole!(u16),
        8 => whole!(u8),
        bits => Box::new((0..bytes.len() * 8 / bits).map(move |k| {
            // Such a code lies in one byte or in two.
            let (start, shift) = (k * bits / 8, k * bits % 8);
            let [low, high] = [start, start + 1].map(|at| u64::from(bytes.get(at).copied().unwrap_or(0)));
            (low | high << 8) >> shift & ((1 << bits) - 1)
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::bf16;
    use crate::format::small::{Float4E2m1Fn, Float6E3m2Fn};

    fn written<F: Stored>(numbers: &[f64]) -> (Dtype, Vec<u8>) {
        let numbers: Vec<F> = numbers.iter().map(|&x| F::from_f64(x)).collect();
        let (dtype, mut bytes) = (dtype_of(&numbers), Vec::new());
        let mut writer = Writer::new(dtype, &mut bytes);
        for &x in &numbers {
            writer.push(x);
        }
        let back: Vec<_> = codes(dtype, false, &bytes).map(|code| dtype.decode(code)).collect();
        for (x, y) in numbers.iter().zip(&back) {
            assert_eq!(y.map(|y| y.to_string()), Some(x.to_f64().to_string()));
        }
        assert_eq!(back.len(), numbers.len());
        (dtype, bytes)
    }

    #[test]
    fn small_numbers_fill_bytes_from_the_lowest_bit() {
        // 0.5 is 1, 6 is 7 and -1 is 10 in F4.
        assert_eq!(written::<Float4E2m1Fn>(&[0.5, 6.0, -1.0, 0.0]), (Dtype::F4, vec![0x71, 0x0a]));
        // In F6_E3M2 2^-4 is 1, 28 is 31, -0 is 32, and 1 is 12.
        let bits: u32 = 1 | 31 << 6 | 32 << 12 | 12 << 18_u32;
        assert_eq!(
            written::<Float6E3m2Fn>(&[0.0625, 28.0, -0.0, 1.0]),
            (Dtype::F6E3M2, bits.to_le_bytes()[..3].to_vec())
        );
        assert_eq!(written::<bf16>(&[1.0, -2.0]), (Dtype::Bf16, vec![0x80, 0x3f, 0x00, 0xc0]));
        assert_eq!(written::<f64>(&[]), (Dtype::F64, vec![]));
    }

    #[test]
    fn what_has_no_code_is_stored_in_f32() {
        assert_eq!(written::<Float4E2m1Fn>(&[0.5, 1.0, 2.0]).0, Dtype::F32);
        assert_eq!(written::<Float4E2m1Fn>(&[f64::NAN, 1.0]).0, Dtype::F32);
        assert_eq!(written::<f32>(&[f64::NAN, f64::INFINITY]).0, Dtype::F32);
    }

    #[test]
    fn big_endian_numbers_are_turned_round() {
        let read =
            |bytes: &[u8]| codes(Dtype::F32, true, bytes).map(|code| Dtype::F32.decode(code)).collect::<Vec<_>>();
        assert_eq!(read(&[0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0]), [Some(1.0), Some(-2.0)]);
    }
}
