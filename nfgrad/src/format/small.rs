//! The formats of four, six and eight bits that [`ml_dtypes`](https://github.com/jax-ml/ml_dtypes) has, by its names.
//!
//! | | exponent and mantissa bits | smallest | smallest normal | largest | beyond | -0 |
//! |---|---|---|---|---|---|---|
//! | [`Float8E3m4`] | 3, 4 | 2^-6 | 2^-2 | 15.5 | ∞ | yes |
//! | [`Float8E4m3`] | 4, 3 | 2^-9 | 2^-6 | 240 | ∞ | yes |
//! | [`Float8E4m3B11Fnuz`] | 4, 3 | 2^-13 | 2^-10 | 30 | NaN | no |
//! | [`Float8E4m3Fn`] | 4, 3 | 2^-9 | 2^-6 | 448 | NaN | yes |
//! | [`Float8E4m3Fnuz`] | 4, 3 | 2^-10 | 2^-7 | 240 | NaN | no |
//! | [`Float8E5m2`] | 5, 2 | 2^-16 | 2^-14 | 57344 | ∞ | yes |
//! | [`Float8E5m2Fnuz`] | 5, 2 | 2^-17 | 2^-15 | 57344 | NaN | no |
//! | [`Float6E2m3Fn`] | 2, 3 | 2^-3 | 1 | 7.5 | 7.5 | yes |
//! | [`Float6E3m2Fn`] | 3, 2 | 2^-4 | 2^-2 | 28 | 28 | yes |
//! | [`Float4E2m1Fn`] | 2, 1 | 2^-1 | 1 | 6 | 6 | yes |
//!
//! Every number, and what is rounded to it, is that of `ml_dtypes`, with two differences. A NaN stays a NaN in the last three, where
//! `ml_dtypes` makes it a zero. And a number of f64 is rounded once; `ml_dtypes` rounds it to f32 first, which moves what is very close to a tie.
//!
//! They are kept in f64, where sums and products accumulate too. [`E4m3`](super::E4m3) and [`E5m2`](super::E5m2) have the numbers of
//! [`Float8E4m3Fn`] and [`Float8E5m2`] in one byte, and accumulate in f32.
//!
//! There is no `float8_e8m0fnu`: powers of two without a sign and without a zero, by which blocks of numbers are scaled. A graph needs at
//! least 0 and differences.
//!
//! ```
//! use nfgrad::format::Format;
//! use nfgrad::format::small::Float4E2m1Fn;
//!
//! let rounded = [0.2, 0.75, 2.5, -3.1, 5.0, 1e9].map(|x| Float4E2m1Fn::from_f64(x).to_f64());
//! assert_eq!(rounded, [0.0, 1.0, 2.0, -3.0, 4.0, 6.0]);
//! // What became the largest number may have been anything.
//! assert!(!Float4E2m1Fn::from_f64(1e9).half_ulp().is_finite());
//! ```

use super::Carried;
use super::beyond::{FiniteNan, Fnuz, Infinite, Saturating};

/// `float8_e3m4`: up to 15.5, beyond that an infinity.
pub type Float8E3m4 = Carried<5, -6, 3, Infinite>;
/// `float8_e4m3`: up to 240, beyond that an infinity. Not the format of the Open Compute Project: that is [`Float8E4m3Fn`].
pub type Float8E4m3 = Carried<4, -9, 7, Infinite>;
/// `float8_e4m3b11fnuz`: up to 30, beyond that NaN; no -0.
pub type Float8E4m3B11Fnuz = Carried<4, -13, 4, Fnuz>;
/// `float8_e4m3fn`: up to 448, beyond that NaN; the numbers of [`E4m3`](super::E4m3).
pub type Float8E4m3Fn = Carried<4, -9, 8, FiniteNan>;
/// `float8_e4m3fnuz`: up to 240, beyond that NaN; no -0.
pub type Float8E4m3Fnuz = Carried<4, -10, 7, Fnuz>;
/// `float8_e5m2`: up to 57344, beyond that an infinity; the numbers of [`E5m2`](super::E5m2).
pub type Float8E5m2 = Carried<3, -16, 15, Infinite>;
/// `float8_e5m2fnuz`: up to 57344, beyond that NaN; no -0.
pub type Float8E5m2Fnuz = Carried<3, -17, 15, Fnuz>;
/// `float6_e2m3fn`: eighths up to 2, and up to 7.5 in all, which is also what is beyond.
pub type Float6E2m3Fn = Carried<4, -3, 2, Saturating>;
/// `float6_e3m2fn`: up to 28, which is also what is beyond.
pub type Float6E3m2Fn = Carried<3, -4, 4, Saturating>;
/// `float4_e2m1fn`: 0, 0.5, 1, 1.5, 2, 3, 4 and 6, which is also what is beyond.
pub type Float4E2m1Fn = Carried<2, -1, 2, Saturating>;
