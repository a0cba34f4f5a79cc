//! Stochastic rounding: up or down at random, so that the mean of many roundings is the number itself.

use super::Narrow;
use super::narrow::power_of_two;

/// `x` rounded to one of its two neighbours in a narrow format: away from zero with the probability of how far it is from the
/// other, toward zero otherwise. A number of the format stays what it is.
///
/// `noise` is a number of uniformly distributed bits. The error is less than one unit in the last place; for the same noise
/// the result is the same.
///
/// ```
/// use nfgrad::format::{E4m3, Format, round_stochastically, noise};
/// let rounded: Vec<f64> = (0..1000).map(|i| round_stochastically::<E4m3>(17.0, noise(1, i)).to_f64()).collect();
/// assert!(rounded.iter().all(|&y| y == 16.0 || y == 18.0));
/// assert!((rounded.iter().sum::<f64>() / 1000.0 - 17.0).abs() < 0.1);
/// ```
#[inline]
pub fn round_stochastically<T: Narrow>(x: f64, noise: u64) -> T {
    // One unit in the last place of x is a power of two, so the quotient is exact, and so is its fraction.
    let binade = f64::from_bits(x.to_bits() & 0x7ff0_0000_0000_0000);
    let unit = (binade * const { power_of_two(1 - T::PRECISION) }).max(const { power_of_two(T::EMIN) });
    let scaled = (x / unit).abs();
    let whole = scaled.trunc();
    // 53 bits of noise, a number in [0, 1).
    let threshold = (noise >> 11) as f64 * const { power_of_two(-53) };
    let away = if scaled - whole > threshold { 1.0 } else { 0.0 };
    let rounded = ((whole + away) * unit).copysign(x);
    super::narrow::round_f64(if x.is_finite() { rounded } else { x })
}

/// Bits that look random: a hash of a seed and a counter (the finaliser of `SplitMix64`), the same on every machine.
#[inline]
pub const fn noise(seed: u64, counter: u64) -> u64 {
    let mut z = seed ^ counter.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::super::{E4m3, E5m2, Format, bf16};
    use super::*;

    #[test]
    fn numbers_of_the_format_stay() {
        for code in 0..=255 {
            for random in [0, u64::MAX] {
                let (x, y) = (E4m3::from_bits(code), E5m2::from_bits(code));
                assert!(round_stochastically::<E4m3>(x.to_f64(), random) == x || x.to_f64().is_nan());
                assert!(round_stochastically::<E5m2>(y.to_f64(), random) == y || y.to_f64().is_nan());
            }
        }
    }

    #[test]
    fn the_result_is_a_neighbour_and_the_mean_is_the_number() {
        for x in [0.1, -0.1, 3.7e-39, 1e-41, -255.9, 1.0 - 1e-9, 123_456.7] {
            let nearest = bf16::from_f64(x);
            let ulp = 2.0 * nearest.half_ulp().get();
            let rounded: Vec<f64> =
                (0..4000).map(|i| Format::to_f64(round_stochastically::<bf16>(x, noise(7, i)))).collect();
            assert!(rounded.iter().all(|y| (y - x).abs() < ulp), "{x}");
            assert!(rounded.contains(&Format::to_f64(nearest)));
            let mean = rounded.iter().map(|y| (y - x) / ulp).sum::<f64>() / 4000.0;
            assert!(mean.abs() < 0.04, "{x}: {mean}");
        }
    }

    #[test]
    fn too_large_numbers_overflow() {
        assert!(round_stochastically::<E4m3>(448.0, u64::MAX).is_finite());
        assert!(!round_stochastically::<E4m3>(479.9, 0).is_finite());
        assert!(!round_stochastically::<bf16>(f64::NAN, 0).is_finite());
    }
}
