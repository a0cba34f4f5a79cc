//! To [`Real`] and back: functions that have no fast way of their own, and an oracle for those that have.

use crate::kernel::natural::Natural;
use crate::kernel::real::Real;
use crate::kernel::wide::{Radius, Wide, WideBall};

/// No radius of a known number is beyond `2` to this: [`Real`] stands for "unknown" with larger ones.
const LARGEST: i64 = 1 << 16;

/// The number, for a computation with this many bits.
pub(super) fn to_real<const K: usize>(x: &Wide<K>, bits: u32) -> Real {
    let (negative, words, exponent) = x.raw();
    let exponent = if x.is_zero() { 0 } else { i64::from(exponent) - i64::from(Wide::<K>::BITS) };
    Real::of_words(negative, Natural::of_words(&words), exponent, bits.into())
}

/// A ball that contains the interval.
pub(super) fn from_real<const K: usize>(x: &Real) -> WideBall<K> {
    let (negative, mantissa, exponent, error) = x.parts();
    let radius = Radius::up(error, exponent);
    if i64::from(radius.exponent()) > LARGEST {
        return WideBall::UNKNOWN;
    }
    Wide::of_words(negative, mantissa.words(), exponent).widened(radius)
}
