//! Integers as numbers of a format, for tensors whose elements are indices.

use crate::format::Format;

/// Whether the format has all integers up to `index` and the one after it: then none of them is another one rounded.
///
/// Of two numbers whose difference is 1 neither is in a binade whose unit is more than 1, and no smaller integer is either.
#[inline]
pub(crate) fn tells_apart<F: Format>(index: usize) -> bool {
    let (this, next) = (index as f64, index as f64 + 1.0);
    index < 1 << 53 && F::from_f64(this).to_f64() == this && F::from_f64(next).to_f64() == next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{E4m3, bf16, f16};

    fn last<F: Format>() -> usize {
        (0..54).map(|p| (1_usize << p) - 1).filter(|&k| tells_apart::<F>(k)).max().unwrap_or(0)
    }

    #[test]
    fn the_last_index_is_one_below_a_power_of_the_radix() {
        assert_eq!(
            [last::<E4m3>(), last::<bf16>(), last::<f16>(), last::<f32>(), last::<f64>()],
            [15, 255, 2047, (1 << 24) - 1, (1 << 53) - 1]
        );
        assert!(!tells_apart::<f64>(1 << 53) && !tells_apart::<f64>((1 << 53) + 2) && !tells_apart::<f32>(1 << 24));
    }
}
