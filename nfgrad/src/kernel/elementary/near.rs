//! Where a function is so near to a simple number that no precision would tell them apart, but its side is known.

use core::cmp::Ordering;

/// What is known of `f(x)` without computing it. An ordering says on which side `f(x)` is of the number.
#[derive(Debug, Clone, Copy)]
pub enum Near {
    /// The value itself, infinite at a pole and beyond every format, a NaN where the function has none.
    Exactly(f64),
    /// Within `2^-63` of 0, ½, 1 or -1, but not equal to it. Next to 0 it is below `2^-1150`.
    Number(f64, Ordering),
    /// `x (1 + δ)` with `|δ| < 2^-63`.
    Argument(Ordering),
    /// `x/2 (1 + δ)` with `|δ| < 2^-63`.
    HalfArgument(Ordering),
}

/// 2^-64: where the first term that is left out is of the size of `x` times the one that is not.
pub(super) const FIRST_ORDER: f64 = power_of_two(-64);
/// 2^-32: where it is of the size of `x²` times that.
pub(super) const SECOND_ORDER: f64 = power_of_two(-32);

const fn power_of_two(n: i64) -> f64 {
    f64::from_bits(((1023 + n).cast_unsigned()) << 52)
}

/// The side of `x` on which zero is not.
pub(super) fn outward(x: f64) -> Ordering {
    if x > 0.0 { Ordering::Greater } else { Ordering::Less }
}

/// The side of `x` on which zero is.
pub(super) fn inward(x: f64) -> Ordering {
    outward(x).reverse()
}
