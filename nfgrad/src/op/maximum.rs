//! The larger of two entries, `b` repeated over the leading axes of `a`: `[s ++ t], [t] -> [s ++ t]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = max(a, b)`, exact; of 0 and -0, which are equal, `b` |
//! | Cotangents | `ȳ` to the larger of the two and 0 to the other, exact; where they are equal `fl(ȳ / 2)` to both |
//!
//! Where `b` was repeated its cotangent is the sum over the repetitions, in the accumulator, rounded once. The derivative at equal
//! operands is half of `ȳ` for each, as in JAX and `PyTorch`: so it does not matter which of them stands on the left. (Along an axis,
//! [`amax`](super::amax) gives all to the first.)
//!
//! # Error bound
//!
//! With `t` the larger of the computed operands, `τ` its radius, `o` the other and `ω` its radius,
//!
//! ```text
//! |y - y*| <= max(τ, ω - (t - o))
//! ```
//!
//! since `y*` lies between `t - τ` and `max(t + τ, o + ω)`. Where `α + β < |a - b|` the real operands are in the same order as the
//! computed ones, and where both are certain they are known; then the cotangents have the radii `δ` and 0, or `δ/2` and the rounding
//! of the half. Elsewhere the real cotangent of an operand may be `ȳ*`, `ȳ*/2` or 0, and that of the computed larger one is
//! off by at most `max(|ȳ|, δ)`, that of the other by `|ȳ| + δ`, and that of equal ones by `|ȳ|/2 + δ` and the rounding.
//!
//! Where both operands are the same node `y` is that node, with its radius, and so is its cotangent `ȳ`.

use super::extreme::Largest;
use super::select::Select;

/// The larger of two entries; see the [module](self).
pub type Maximum = Select<Largest>;

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::Minimum;
    use super::super::testing::{Case2, elementwise, uniform};
    use super::*;

    type Matrix = (D<2>, D<2>);
    type Vector = (D<2>,);
    type Quad = (D<4>,);

    #[test]
    fn the_larger_gets_everything_and_equals_share() {
        let case =
            Case2::<f32> { a: &[1.0, 5.0, 2.0, 4.0], b: &[2.0, 4.0], dy: &[1.0, 2.0, 3.0, 5.0], ..Case2::default() };
        let result = elementwise::<Maximum, Matrix, Vector, _>(case);
        assert_eq!(result.y, [2.0, 5.0, 2.0, 4.0]);
        assert_eq!(result.dx, [vec![0.0, 2.0, 1.5, 2.5], vec![1.0 + 1.5, 2.5]]);
        assert_eq!((&result.rad_y[..], &result.rad_dx[0][..]), (&[0.0; 4][..], &[0.0; 4][..]));
        let result = elementwise::<Minimum, Matrix, Vector, _>(case);
        assert_eq!(result.y, [1.0, 4.0, 2.0, 4.0]);
        assert_eq!(result.dx, [vec![1.0, 0.0, 1.5, 2.5], vec![1.5, 2.0 + 2.5]]);
    }

    #[test]
    fn the_radius_follows_the_larger_unless_the_other_may_pass_it() {
        let case = Case2::<f64> {
            a: &[3.0, 3.0, 3.0, 0.0],
            b: &[1.0, 1.0, 3.0, 8.0],
            alpha: &[0.5, 0.25, 0.5, 1.0],
            beta: &[1.0, 3.0, 0.0, 0.125],
            dy: &[2.0; 4],
            delta: &[0.25, 0.25, 0.25, 0.0],
        };
        let result = elementwise::<Maximum, Quad, Quad, _>(case);
        // max(0.25, 3 - 2), and 8 - 0.125 is far above 0 + 1
        for (r, exact) in result.rad_y.iter().zip([0.5, 1.0, 0.5, 0.125]) {
            assert!(*r >= exact && *r < exact + 1e-12, "{r} {exact}");
        }
        assert_eq!(result.dx, [vec![2.0, 2.0, 1.0, 0.0], vec![0.0, 0.0, 1.0, 2.0]]);
        for (radii, exact) in result.rad_dx.iter().zip([[0.25, 2.0, 1.25, 0.0], [0.0, 2.25, 1.25, 0.0]]) {
            for (r, exact) in radii.iter().zip(exact) {
                assert!(*r >= exact && *r < exact + 1e-12, "{r} {exact}");
            }
        }
        // The smallest of 3 and 1 is 1 with its own radius, unless 3 - 0.25 is passed by 1 + 3.
        let result = elementwise::<Minimum, Quad, Quad, _>(case);
        for (r, exact) in result.rad_y.iter().zip([1.0, 3.0, 0.5, 1.0]) {
            assert!(*r >= exact && *r < exact + 1e-12, "{r} {exact}");
        }
    }

    #[test]
    fn a_half_that_is_no_number_of_the_format_is_charged() {
        let tiny = f32::from_bits(3);
        let case = Case2::<f32> { a: &[1.0, -0.0], b: &[1.0, 0.0], dy: &[tiny, f32::MAX], ..Case2::default() };
        let result = elementwise::<Maximum, Vector, Vector, _>(case);
        assert_eq!(result.dx[0], [f32::from_bits(2), f32::MAX / 2.0]);
        assert!(result.rad_dx[0][0] >= f64::from(tiny) / 6.0 && result.rad_dx[0][0] < f64::from(tiny));
        assert_eq!(result.rad_dx[0][1], 0.0);
    }

    #[test]
    fn a_node_and_itself_are_one() {
        let x = [1.0_f32, -2.0];
        let case =
            Case2 { a: &x, b: &x, alpha: &[0.5; 2], beta: &[0.5; 2], dy: &[3.0, f32::from_bits(1)], delta: &[0.25; 2] };
        for result in [elementwise::<Maximum, Vector, Vector, _>(case), uniform::<Minimum, Vector, Vector, _>(case)] {
            assert!(result.y == x && result.rad_y.iter().all(|&r| r == 0.5));
            assert_eq!(result.dx, [case.dy.to_vec(), vec![0.0; 2]]);
            assert!(result.rad_dx[0].iter().all(|&r| r == 0.25) && result.rad_dx[1].iter().all(|&r| r == 0.0));
        }
    }

    #[test]
    fn nothing_is_known_of_what_is_not_finite() {
        let case = Case2::<f32> {
            a: &[1.0, f32::NAN],
            b: &[f32::NEG_INFINITY, 0.0],
            alpha: &[0.0, f64::INFINITY],
            beta: &[f64::INFINITY, 0.0],
            dy: &[1.0; 2],
            ..Case2::default()
        };
        let result = elementwise::<Maximum, Vector, Vector, _>(case);
        assert!(result.y[1].is_nan());
        assert_eq!(result.rad_y, [f64::INFINITY; 2]);
        assert_eq!(result.rad_dx, [vec![f64::INFINITY; 2], vec![f64::INFINITY; 2]]);
    }
}
