//! `cast(x, G)`, every entry rounded to the format `G`: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(fl_G(x))`: the nearest number of `G`, as a number of the format of the run |
//! | Cotangent | `x̄ = fl(fl_G(ȳ))`: a tensor of `G` has a cotangent of `G` |
//!
//! So one graph has tensors of several formats: weights that are kept in f32, cast to bf16 or fp8 before a product, and the product accumulated
//! in f32 as the format of the run has it. If every number of `G` is one of the run's format, as of bf16 in f32, a cast is one rounding;
//! otherwise there are two.
//!
//! # Error bound
//!
//! The real function is the identity, so
//!
//! ```text
//! |y - x*| <= α + |y - x|           |x̄ - ȳ*| <= δ + |x̄ - ȳ|
//! ```
//!
//! by the triangle inequality, with differences that are computed and not bounded: they count both roundings, are exactly 0 where nothing was lost,
//! and count what a saturating `G` has cut off. Where `G` overflows to an infinity or a NaN the radius is ∞.
//!
//! A [`Shadow`](crate::shadow::Shadow) stands for the real numbers, so there a cast is that identity: the ball of `x` is passed on as it is, and
//! that of `ȳ` back. What the casts of a run have cost is then a part of the difference between the two, and measured as such.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use super::rounding::in_f64;
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// Every entry rounded to the format `G`; see the [module](self).
///
/// ```
/// use nfgrad::prelude::*;
///
/// graph! {
///     /// A product in bf16 that accumulates in the format of the run.
///     pub graph Mixed {
///         input x: [2, 3];
///         param w: [3, 2];
///         output y = cast(x, bf16) @ cast(w, bf16);
///     }
/// }
///
/// let mut run = Mixed::bounded::<f32, Elementwise>();
/// run.leaves_mut().x.fill_with(|| 1.0);
/// run.leaves_mut().w.fill_with(|| 0.1);
/// run.forward()?;
/// let y = run.outputs().y;
/// assert_eq!(y.mid().get([0, 0]), Some(3.0 * 0.100_097_656_25)); // bf16 has no 0.1
/// assert!(y.radius(0).get() > 2.9e-4 && y.radius(0).get() < 3e-4);
/// # Ok::<(), nfgrad::Error>(())
/// ```
pub struct Cast<G>(PhantomData<fn() -> G>);

/// What a [`Cast`] is to: a format, or the type that [`graph!`](crate::graph!) writes for one. That type names the format in one place only, so
/// that a path which is no format is one error there, and not one at each use of the node.
pub trait Target: 'static {
    /// The format.
    type Format: Format;
}

impl<F: Format> Target for F {
    type Format = F;
}

impl<G> Clone for Cast<G> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<G> Copy for Cast<G> {}

impl<G: Target> Debug for Cast<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cast({})", G::Format::NAME)
    }
}

impl<G: Target> Cast<G> {
    #[inline(always)]
    fn of<F: Format>(x: F) -> F {
        F::from_f64(G::Format::from_f64(x.to_f64()).to_f64())
    }

    /// At least `|y - x*|`.
    #[inline(always)]
    fn bound<F: Format>(x: (F, Up), y: F) -> Up {
        let (x, alpha) = in_f64(x);
        alpha + y.distance(x)
    }
}

impl<G: Target> Pointwise for Cast<G> {
    const NAME: &'static str = "cast";
    const ONLY_ROUNDS: bool = true;
    const NEEDS_VALUE: bool = false;
    /// A radius and a constant.
    const STEADY: Steadiness = Steadiness::LINEAR;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        Self::of(x)
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        Self::bound((x, alpha), y)
    }

    #[inline(always)]
    fn vjp<F: Format>(_: F, _: F, dy: F) -> F {
        Self::of(dy)
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(_: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        Self::bound(dy, dx)
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x
    }

    #[inline]
    fn enclose_slope<const K: usize>(_: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        WideBall::ONE
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;
    use crate::format::{E4m3, E4m3Saturating, E5m2, Flx, NearestEven, Nf, bf16, f16};

    #[test]
    fn what_is_cut_off_is_the_radius() {
        let x = 1.0 + 2f32.powi(-9);
        let case = Case1 { x: &[x, 1.5], alpha: &[0.0, 0.25], dy: &[x, 2.0], delta: &[0.5, 0.0] };
        let result = elementwise1::<Cast<bf16>, (D<2>,), _>(case);
        assert_eq!((&result.y[..], &result.dx[0][..]), (&[1.0, 1.5][..], &[1.0, 2.0][..]));
        let close = |bound: f64, exact: f64| bound >= exact && bound <= exact * (1.0 + 1e-12);
        assert!(close(result.rad_y[0], 2f64.powi(-9)) && close(result.rad_y[1], 0.25));
        assert!(close(result.rad_dx[0][0], 0.5 + 2f64.powi(-9)) && result.rad_dx[0][1] == 0.0);
    }

    #[test]
    fn an_overflow_is_unbounded_and_saturation_counted() {
        let case = Case1::<f32> { x: &[500.0, 1e30, f32::INFINITY], dy: &[1.0, 500.0, 0.0], ..Case1::default() };
        let result = elementwise1::<Cast<E4m3>, (D<3>,), _>(case);
        assert_eq!(result.rad_y, [f64::INFINITY; 3]);
        assert_eq!(result.rad_dx[0][1], f64::INFINITY);
        let result = elementwise1::<Cast<E4m3Saturating>, (D<3>,), _>(case);
        assert_eq!((result.y[0], result.y[2]), (448.0, 448.0));
        assert!(result.rad_y[0] >= 52.0 && result.rad_y[0] < 52.1);
        assert_eq!(result.rad_y[2], f64::INFINITY);
    }

    #[test]
    fn a_wider_format_changes_nothing_and_a_larger_one_may_overflow_on_the_way_back() {
        let x: Vec<E5m2> = (0..0x7c).map(E5m2::from_bits).collect();
        let case = Case1 { x: &x, dy: &x, ..Case1::default() };
        let result = elementwise1::<Cast<f32>, (D<124>,), _>(case);
        assert!(result.y == x && result.dx[0] == x && result.rad_y == [0.0; 124]);
        let x = [f16::from_f64(65504.0), f16::from_f64(0.1)];
        let result = elementwise1::<Cast<bf16>, (D<2>,), _>(Case1 { x: &x, dy: &x, ..Case1::default() });
        assert!(!result.y[0].is_finite() && result.rad_y[0] == f64::INFINITY);
        assert!(result.rad_y[1] > 0.0 && result.rad_y[1] < 1e-3);
    }

    #[test]
    fn a_decimal_format_counts_both_roundings() {
        let case = Case1::<f32> { x: &[1.0 / 3.0, 0.5], dy: &[0.0; 2], ..Case1::default() };
        let result = elementwise1::<Cast<Nf<10, Flx<3>, NearestEven>>, (D<2>,), _>(case);
        assert_eq!(result.y, [0.333, 0.5]);
        let exact = f64::from(1.0_f32 / 3.0) - f64::from(0.333_f32);
        assert!(result.rad_y[0] >= exact && result.rad_y[0] < exact * 1.000_001 && result.rad_y[1] == 0.0);
    }
}
