//! The smallest entry of all, `[s] -> []`, or along one axis: the shape without it.
//!
//! | | |
//! |---|---|
//! | Value | `y = min x = -max(-x)`, exact |
//! | Cotangent | `x̄ = ȳ` at the first entry that is the smallest, else 0; exact |
//!
//! # Error bound
//!
//! That of [`amax`](super::amax), since a change of sign is exact and keeps distances.

use super::extreme::{Extreme, Smallest};

/// The smallest entry over `A`, which is [`All`](super::All) or an [`Axis`](super::Axis); see the [module](self).
pub type Amin<A> = Extreme<A, Smallest>;

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::Axis;
    use super::super::testing::{Case1, elementwise1};
    use super::*;

    #[test]
    fn the_first_smallest_gets_everything() {
        let case = Case1::<f32> {
            x: &[1.0, -3.0, -3.0, 0.5, -0.0, 0.0],
            alpha: &[0.25, 0.0, 0.0, 0.25, 0.0, 0.25],
            dy: &[1.0, 2.0],
            delta: &[0.5, 0.0],
        };
        let result = elementwise1::<Amin<Axis<1>>, (D<2>, D<3>), _>(case);
        assert_eq!((&result.y[..], &result.dx[0][..]), (&[-3.0, 0.0][..], &[0.0, 1.0, 0.0, 0.0, 2.0, 0.0][..]));
        assert_eq!(result.rad_dx[0][..3], [0.0, 0.5, 0.0]);
        assert!(result.rad_dx[0][4..].iter().all(|&r| (2.0..2.000_001).contains(&r)));
        assert_eq!((result.rad_y[0], result.rad_dx[0][3]), (0.0, 0.0));
    }
}
