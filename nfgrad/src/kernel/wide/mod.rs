//! Numbers of 128, 256 and 512 bits, and balls of them: the arithmetic of certificates that f64 is too short for.
//!
//! | | |
//! |---|---|
//! | [`Wide`] | a floating-point number of `K` words of 64 bits with an exponent of 30 bits: an exact number, nothing else |
//! | [`Radius`] | a non-negative number that can only be too large, with an exponent of its own |
//! | [`WideBall`] | all real numbers within a radius of a number: a *number* to compute with, whose operations enclose |
//! | [`product_of`] | products of matrices of balls, by exact f64 products of slices |
//!
//! # The one property
//!
//! An operation of balls returns a ball that contains the exact result for **all** real numbers of its operands. A program that is made of such
//! operations therefore encloses what it would compute over the real numbers, whatever it is; nothing about it needs a proof.
//! A ball of which nothing is known has the radius ∞. There are no NaNs: √-1, 1/0 and what is beyond the exponents are unknown.
//!
//! An operation of two [`Wide`] numbers returns a ball too: the exact result, rounded to nearest, ties to even, and at least the distance
//! between them, which is 0 where nothing was rounded.
//!
//! Nothing here allocates, but for constants and tables when they are needed first, and buffers that a thread keeps.

#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "what is cast from usize is a number of words or digits; what is cut off elsewhere says why there"
)]

mod arithmetic;
mod ball;
mod choice;
mod compiled;
mod convert;
mod decimal;
mod fixed;
mod functions;
mod number;
pub(crate) mod product;
mod radius;
mod root;
mod sum;
mod words;

pub use ball::WideBall;
pub use number::Wide;
pub use product::product_of;
pub use radius::Radius;

/// The largest exponent of numbers and of radii.
pub(crate) const MAX_EXPONENT: i32 = 1 << 30;
/// The smallest.
pub(crate) const MIN_EXPONENT: i32 = -(1 << 30);

/// A finite f64 as sign, integer and exponent: `± m 2^e`.
#[inline]
fn parts(x: f64) -> (bool, u64, i32) {
    let bits = x.to_bits();
    #[allow(clippy::cast_possible_truncation, reason = "11 bits")]
    let field = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let m = if field == 0 { fraction } else { fraction | 1 << 52 };
    (x.is_sign_negative(), m, field.max(1) - 1075)
}
