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

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::axis::Along;
use super::extreme::{Extreme, Side};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain};
use crate::format::Format;

/// The smallest entry over `A`, which is [`All`](super::All) or an [`Axis`](super::Axis); see the [module](self).
#[derive(Clone, Copy)]
pub struct Amin<A>(PhantomData<fn() -> A>);

impl<A> Debug for Amin<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Amin")
    }
}

impl<S: Shape, A: Along<S>> Op<(S,)> for Amin<A> {
    const NAME: &'static str = "amin";
    type Out = A::Out;

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        Extreme::new(A::EXTENT, Side::Smallest).values(x, y);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        Extreme::new(A::EXTENT, Side::Smallest).radii(x, y, radii);
    }

    #[inline]
    fn vjp<F: Format>([x]: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            Extreme::new(A::EXTENT, Side::Smallest).pull(x, dy, dx);
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [x]: [Ball<'_, F, D>; 1],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx]: [Option<Contribution<'_, F>>; 1],
    ) {
        if let Some(Contribution { mid, radii }) = dx {
            Extreme::new(A::EXTENT, Side::Smallest).pull_radii(x, dy, mid, radii);
        }
    }
}

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
