//! [`Beyond`]: what a format of [`Carried`](super::Carried) numbers makes of what is beyond its largest number.
//!
//! | | the largest number | what is beyond it | ∞ | -0 | formats |
//! |---|---|---|---|---|---|
//! | [`Infinite`] | all ones | ∞ | ∞ | yes | those of IEEE 754 |
//! | [`Saturating`] | all ones | the largest | the largest | yes | fp6 and fp4 of the Open Compute Project |
//! | [`FiniteNan`] | one less | NaN | NaN | yes | e4m3fn |
//! | [`FiniteNanSaturating`] | one less | the largest | the largest | yes | e4m3fn, as processors convert to it |
//! | [`Fnuz`] | all ones | NaN | NaN | no | the fnuz formats |
//!
//! "All ones" is `(2 - 2^(1-P)) 2^EMAX`, of which every bit of the mantissa is set. What is *beyond* the largest number is what would be
//! rounded to a larger one if there were any: the tie half a unit above it is not, if the largest number is even.
//!
//! Whatever is not listed is a type of your own. In ONNX's saturating casts to fnuz formats, for one, an infinity becomes a NaN:
//!
//! ```
//! use nfgrad::format::beyond::{Becomes, Beyond};
//! use nfgrad::format::{Carried, Format};
//!
//! #[derive(Clone, Copy, Default)]
//! struct SaturatingFnuz;
//!
//! impl Beyond for SaturatingFnuz {
//!     const OVERFLOW: Becomes = Becomes::Largest;
//!     const INFINITY: Becomes = Becomes::Nan;
//!     const NEGATIVE_ZERO: bool = false;
//! }
//!
//! type Float8 = Carried<4, -10, 7, SaturatingFnuz>;
//! assert_eq!(Float8::from_f64(-1e30).to_f64(), -240.0);
//! assert!(Float8::from_f64(f64::NEG_INFINITY).to_f64().is_nan());
//! assert!(Float8::from_f64(-0.0).to_f64().is_sign_positive());
//! ```

/// What something that is no number of the format becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    /// The infinity of its sign.
    Infinity,
    /// Not a number.
    Nan,
    /// The largest number, with its sign.
    Largest,
}

/// What a format makes of what is beyond its largest number, and whether it has a negative zero; see the [module's](self) table.
///
/// A NaN stays a NaN, also where the hardware has no code for one (fp6, fp4): a number in its place would be wrong, and silent.
pub trait Beyond: Copy + Default + Send + Sync + 'static {
    /// What a real number beyond the largest one becomes.
    const OVERFLOW: Becomes;
    /// What an infinity becomes, such as 1/0: the same, unless finite numbers saturate. The result of an elementary function that is
    /// beyond the numbers of f64 counts as an infinity.
    const INFINITY: Becomes = Self::OVERFLOW;
    /// Whether there is a zero with a negative sign.
    const NEGATIVE_ZERO: bool = true;
    /// How many of the topmost mantissas of the topmost binade are no numbers.
    const LOST: u32 = 0;
}

/// An infinity beyond the largest number, as IEEE 754 has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Infinite;

impl Beyond for Infinite {
    const OVERFLOW: Becomes = Becomes::Infinity;
}

/// The largest number in place of all that is beyond it, infinities included.
#[derive(Debug, Clone, Copy, Default)]
pub struct Saturating;

impl Beyond for Saturating {
    const OVERFLOW: Becomes = Becomes::Largest;
}

/// No infinities: a NaN beyond the largest number, in place of which all bits would be ones ("fn").
#[derive(Debug, Clone, Copy, Default)]
pub struct FiniteNan;

impl Beyond for FiniteNan {
    const OVERFLOW: Becomes = Becomes::Nan;
    const LOST: u32 = 1;
}

/// The numbers of [`FiniteNan`], of which the largest takes the place of all that is beyond it.
#[derive(Debug, Clone, Copy, Default)]
pub struct FiniteNanSaturating;

impl Beyond for FiniteNanSaturating {
    const OVERFLOW: Becomes = Becomes::Largest;
    const LOST: u32 = 1;
}

/// No infinities and no -0, whose code is the only NaN ("finite, NaN, unsigned zero").
#[derive(Debug, Clone, Copy, Default)]
pub struct Fnuz;

impl Beyond for Fnuz {
    const OVERFLOW: Becomes = Becomes::Nan;
    const NEGATIVE_ZERO: bool = false;
}
