//! Roundings: which of its two neighbours a number becomes.

use super::digits::Rest;

/// A rounding to integers, and so to any format.
pub trait Rounding: Copy + Default + Send + Sync + 'static {
    /// The name that people use.
    const NAME: &'static str;
    /// Whether the result is always a nearest number, so that the error is at most half a unit; otherwise it is below one.
    const TO_NEAREST: bool;

    /// Whether the magnitude `n + rest`, of a number of that sign, becomes `n + 1`; asked only if the rest is not zero.
    fn is_away(negative: bool, n_is_odd: bool, rest: Rest) -> bool;
}

macro_rules! roundings {
    ($($(#[$doc:meta])* $name:ident, $text:literal, $nearest:literal, |$negative:pat_param, $odd:pat_param, $rest:pat_param| $away:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default)]
        pub struct $name;

        impl Rounding for $name {
            const NAME: &'static str = $text;
            const TO_NEAREST: bool = $nearest;

            #[inline]
            fn is_away($negative: bool, $odd: bool, $rest: Rest) -> bool {
                $away
            }
        }
    )*};
}

roundings! {
    /// To nearest, ties to the even number.
    NearestEven, "nearest even", true, |_, odd, rest| rest == Rest::Above || rest == Rest::Half && odd;
    /// To nearest, ties away from zero.
    NearestAway, "nearest away", true, |_, _, rest| rest >= Rest::Half;
    /// Toward zero.
    TowardZero, "toward zero", false, |_, _, _| false;
    /// Toward +∞.
    Upward, "upward", false, |negative, _, _| !negative;
    /// Toward -∞.
    Downward, "downward", false, |negative, _, _| negative;
}
