//! The largest entry of all, `[s] -> []`, or along one axis: the shape without it.
//!
//! | | |
//! |---|---|
//! | Value | `y = max x`, exact |
//! | Cotangent | `x̄ = ȳ` at the first entry that is the largest, else 0; exact |
//!
//! # Error bound
//!
//! Each real entry lies in `[x - α, x + α]`, so the real maximum lies between `max (x - α)` and `max (x + α)`:
//!
//! ```text
//! |y - y*| <= max(max (x + α) - y, y - max (x - α)) <= max α
//! ```
//!
//! The cotangent goes to one entry. With `x_m` the first that is largest, entry `j` can only be the first that is really the
//! largest if `xⱼ* >= x_m*` (`>` if `j` comes after `m`), so only if `αⱼ + α_m >= x_m - xⱼ` (`>`). Where no other can, `m` has the
//! radius `δ` and the others 0. Otherwise `m` and those that can have `|ȳ| + δ`, for each may get everything or nothing.
//!
//! A maximum of nothing is -∞, of which nothing is known.

use super::extreme::{Extreme, Largest};

/// The largest entry over `A`, which is [`All`](super::All) or an [`Axis`](super::Axis); see the [module](self).
pub type Amax<A> = Extreme<A, Largest>;

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1, uniform1};
    use super::super::{All, Axis};
    use super::*;

    type Matrix = (D<2>, D<3>);

    const CASE: Case1<'static, f32> = Case1 {
        x: &[1.0, 3.0, 2.0, 5.0, 5.0, 4.0],
        alpha: &[0.25, 0.5, 0.125, 0.0, 0.0, 0.5],
        dy: &[1.0, 2.0],
        delta: &[0.0, 0.25],
    };

    #[test]
    fn the_first_largest_gets_everything() {
        let result = elementwise1::<Amax<Axis<1>>, Matrix, _>(CASE);
        assert_eq!(result.y, [3.0, 5.0]);
        assert_eq!(result.dx[0], [0.0, 1.0, 0.0, 2.0, 0.0, 0.0]);
        // Of two equal numbers that are certain the first is the largest, certainly.
        assert_eq!(result.rad_dx[0], [0.0, 0.0, 0.0, 0.25, 0.0, 0.0]);
        assert_eq!(result.rad_y, [0.5, 0.0]);
    }

    #[test]
    fn what_could_be_the_largest_may_get_everything_or_nothing() {
        let case = Case1 { alpha: &[0.25, 0.5, 0.375, 0.25, 0.0, 1.0], ..CASE };
        let result = elementwise1::<Amax<Axis<1>>, Matrix, _>(case);
        // 2 + 0.375 does not reach 3 - 0.5; 5 - 0.25 is below the other 5, and 4 + 1 reaches it.
        assert_eq!(result.rad_dx[0][..3], [0.0, 0.0, 0.0]);
        assert!(result.rad_dx[0][3..].iter().all(|&r| (2.25..2.250_001).contains(&r)), "{:?}", result.rad_dx);
        // 5 <= max x* <= 5.25
        assert!((0.25..0.250_001).contains(&result.rad_y[1]), "{:?}", result.rad_y);
    }

    #[test]
    fn all_entries_and_columns() {
        let result = uniform1::<Amax<All>, Matrix, _>(Case1 { dy: &[1.0], delta: &[0.0], ..CASE });
        assert_eq!((&result.y[..], &result.dx[0][..]), (&[5.0][..], &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0][..]));
        let case = Case1 { dy: &[1.0, 2.0, 3.0], delta: &[], alpha: &[], ..CASE };
        let result = elementwise1::<Amax<Axis<0>>, Matrix, _>(case);
        assert_eq!((&result.y[..], &result.dx[0][..]), (&[5.0, 5.0, 4.0][..], &[0.0, 0.0, 0.0, 1.0, 2.0, 3.0][..]));
        assert_eq!((&result.rad_y[..], &result.rad_dx[0][..]), (&[0.0; 3][..], &[0.0; 6][..]));
    }

    #[test]
    fn nothing_is_known_of_what_is_not_finite_and_of_nothing() {
        let case = Case1 { x: &[1.0, f32::NAN, 2.0, f32::NEG_INFINITY, 1.0, 0.0], alpha: &[], ..CASE };
        let result = elementwise1::<Amax<Axis<1>>, Matrix, _>(case);
        assert_eq!(result.rad_y, [f64::INFINITY; 2]);
        assert!(result.rad_dx[0].iter().all(|&r| r == f64::INFINITY));
        let result = elementwise1::<Amax<Axis<1>>, (D<1>, D<0>), f32>(Case1 { dy: &[1.0], ..Case1::default() });
        assert_eq!((result.y[0], result.rad_y[0]), (f32::NEG_INFINITY, f64::INFINITY));
    }
}
