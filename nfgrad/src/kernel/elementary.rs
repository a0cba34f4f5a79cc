//! Elementary functions as types, each with a stated error.
//!
//! A function comes three times. [`Elementary::narrow`] serves the formats whose numbers are f32: it is ours, because the bound of a
//! node rests on it and every one of the 2^32 inputs can be tried. It is a straight line of f64 additions, multiplications and
//! divisions, with selects in place of branches, and the caller rounds once at the end. So the compiler turns a loop over it
//! into vector code, no FMA is needed, and the same input gives the same bits on every machine. [`Elementary::wide`] serves
//! f64: it rests on the `libm` crate, whose error is its own statement and a comparison with an oracle.
//! `tests/tests/elementary_exhaustive.rs` holds both checks.
//!
//! [`Elementary::real`] serves the formats that ask for more bits until the rounding is decided
//! ([`Nf`](crate::format::Nf)).
//!
//! [`Format::eval`](crate::format::Format::eval) evaluates a function in a format and
//! [`Format::eval_error`](crate::format::Format::eval_error) bounds its error.
//!
//! # Numbers that are no f32
//!
//! [`Carried`](crate::format::Carried) has numbers of up to 25 bits of other sizes. But for sine and cosine, whose reduction is made for f32, `narrow`
//! keeps its error for all of them ([`Elementary::NARROW_ANYWHERE`]). All of them are normal numbers of f64, whose logarithms need nothing
//! else. The square of one, which is what the normal distribution and gelu reduce, has at most 50 bits and is exact. The argument of an
//! exponential is limited before it is reduced, so no larger one exists; where it is tiny `n = 0` and `r = x`; else the reduction rounds
//! by `2^-54 |r|` at most, since `x - n LN2_HI` need no longer be exact, and by `2^-91`, of `e^x` a `2^-54`-th part. A result that has been limited,
//! `e^400` in place of more, is beyond `2^500`. A test compares each function on such numbers with arbitrary precision.
//!
//! Notation: n is an integer held in a float, x = n ln 2 + r with |r| <= 0.34658 for exponentials, x = 2^n m with m in
//! [√½, √2] for logarithms.

mod activation;
mod exponential;
mod logarithm;
mod near;
mod normal;
mod trigonometric;

use core::hint::select_unpredictable as select;

use super::real::Real;
use super::wide::WideBall;

pub use activation::{Gelu, GeluTanh, Sigmoid, Silu, Softplus};
pub use exponential::{Exp, ExpM1, Tanh};
pub use logarithm::{Ln, Ln1p};
pub use near::Near;
pub use normal::NormalCdf;
pub use trigonometric::{Cos, Sin};

/// A real function of one number, and how well it is computed.
///
/// Where the function has no value the result is a NaN; where it has a pole, or grows beyond the format, an infinity.
pub trait Elementary: 'static {
    /// The name, as in a table.
    const NAME: &'static str;
    /// The relative error of [`Elementary::narrow`].
    const NARROW_ERROR: f64 = 1.0 / (1_u64 << 46) as f64;
    /// The error of [`Elementary::wide`] in units in the last place of the *computed* result; a unit counts as no less than 2^-1060.
    const WIDE_ULPS: f64;
    /// Whether [`Elementary::narrow`] keeps its error for every number of at most 25 bits from 2^-537 on, and not for those of f32 only.
    const NARROW_ANYWHERE: bool = true;
    /// Whether the function is known to grow, or to fall, wherever it has a value.
    const MONOTONE: bool = false;

    /// `f(x)` to within `NARROW_ERROR |f(x)| + 2^-1000`, for every `x` that is an f32. Where `|f(x)|` is beyond 2^500, which is
    /// infinite for every such format, so may be the result.
    fn narrow(x: f64) -> f64;

    /// `f(x)` to within [`Elementary::WIDE_ULPS`], for every `x`.
    fn wide(x: f64) -> f64;

    /// Whether it is proved that no rational number but those of which [`Elementary::near`] says otherwise has a rational value.
    #[doc(hidden)]
    const NEVER_RATIONAL: bool = true;

    /// Where the value of a number that rounds to the finite `x` is known, or is not a number that a format has but within `2^-63` of one.
    #[doc(hidden)]
    fn near(x: f64) -> Option<Near>;

    /// `f(x)` to any number of bits, for an `x` of which [`Elementary::near`] says nothing.
    #[doc(hidden)]
    fn real(x: &Real) -> Real;

    /// A ball that contains `f` of every number of a ball.
    #[doc(hidden)]
    fn ball<const K: usize>(x: WideBall<K>) -> WideBall<K>;
}

/// 1.5 * 2^52: adding it to |x| < 2^51 rounds x to an integer, which then stands in the low bits.
const SHIFT: f64 = 6_755_399_441_055_744.0;

/// x between two limits; a NaN stays a NaN, which `f64::max` would not promise.
#[inline(always)]
fn clamp(x: f64, lo: f64, hi: f64) -> f64 {
    let x = select(x < lo, lo, x);
    select(x > hi, hi, x)
}

/// `a b = p + e` exactly, for factors below 2^500 whose product is above 2^-900 (Dekker 1971, with Veltkamp's splitting).
#[inline(always)]
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let split = |x: f64| {
        let c = x * 134_217_729.0;
        let high = c - (c - x);
        (high, x - high)
    };
    let (product, (a_high, a_low), (b_high, b_low)) = (a * b, split(a), split(b));
    (product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low)
}
