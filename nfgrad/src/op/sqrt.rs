//! `√x`, entry by entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(√x)`, correctly rounded |
//! | Cotangent | `x̄ = fl(ȳ / (2y))`, with the quotient in f64 |
//!
//! # Error bound
//!
//! Where `α <= x`,
//!
//! ```text
//! |y - √x*| <= ρ + α / (√x + √(x - α))           ρ the error of this root, 0 if it is exact
//! |x̄ - ȳ* / (2√x*)| <= roundings + (δ + |ȳ/2y| 2r) / (2y - 2r)      r the radius of y
//! ```
//!
//! and ∞ elsewhere: `x*` might be negative. At `x* = 0` the root has no derivative, so the second line is ∞ as soon as `y <= r`.
//!
//! *Proof.* `√x - √x* = (x - x*) / (√x + √x*)`, largest for the smaller argument. The second line is the rule of quotients. ∎

use super::rounding::{in_f64, quotient_spread};
use super::torchlean::{self, Tensor};
use super::{Defined, Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// `√x`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Sqrt;

impl Pointwise for Sqrt {
    const NAME: &'static str = "sqrt";
    const IS_SHORT: [bool; 2] = [true, true];
    const DEFINED: Defined = Defined::From(0.0);
    const DIFFERENTIABLE: Defined = Defined::Above(0.0);

    /// `√x - √(x - α)` is a power series in `α` whose coefficients are not negative, and so is `1/(y - r)` in `r`.
    const STEADY: Steadiness = Steadiness::SMOOTH;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        x.sqrt()
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let own = F::sqrt_error(x, y);
        // Both roots from below: that of f64 is off by half a unit.
        let root = |x: f64| Up::ZERO.below(Up::ZERO.below(x).max(0.0).sqrt());
        let (x, alpha) = in_f64((x, alpha));
        let least = alpha.below(x);
        let spread = if alpha == Up::ZERO { Up::ZERO } else { alpha.over(root(x) + root(least)) };
        // α = x is fine, and `below` would say that it is not.
        let positive = if alpha.get() <= x { Up::ZERO } else { Up::INFINITY };
        own + spread + positive
    }

    /// Of positive numbers only: the lower bound that TorchLean asks for is the least that is known of them, one for all entries.
    fn torchlean_of<F: Format>(x: &Tensor<F>) -> Option<Tensor<F>> {
        let least = x.least();
        (least > 0.0).then(|| x.map(|x| torchlean::sqrt(x, least)))
    }

    #[inline(always)]
    fn vjp<F: Format>(_: F, y: F, dy: F) -> F {
        F::from_f64(dy.to_f64() / (2.0 * y.to_f64()))
    }

    #[inline(always)]
    fn vjp_radius<F: Format>((x, alpha): (F, Up), (y, rad_y): (F, Up), dy: (F, Up), dx: F) -> Up {
        cotangent_error((y, rad_y.min(Self::radius(x, alpha, y))), dy, dx)
    }

    /// Without a look at the radius of `y`, of which only the minimum would be used.
    #[inline(always)]
    fn steady_vjp_radius<F: Format>((x, alpha): (F, Up), (y, _): (F, Up), dy: (F, Up), dx: F) -> Up {
        cotangent_error((y, Self::radius(x, alpha, y)), dy, dx)
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.sqrt()
    }

    #[inline]
    fn enclose_slope<const K: usize>(_: WideBall<K>, y: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        y.scaled(1).recip()
    }
}

/// At least `|dx - dy* / (2 √x*)|`.
#[inline(always)]
fn cotangent_error<F: Format>(y: (F, Up), dy: (F, Up), dx: F) -> Up {
    let ((y, radius), (dy, delta)) = (in_f64(y), in_f64(dy));
    // The factor 2 is exact, for a root is far from the ends of the range.
    let divisor = 2.0 * y;
    let quotient = dy / divisor;
    let rounding = f64::div_error(dy, divisor, quotient);
    let spread = quotient_spread(delta, (divisor, radius + radius), Up::abs(quotient) + rounding);
    rounding + spread + dx.distance(quotient)
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;

    #[test]
    fn exact_roots_are_free() {
        let case = Case1::<f32> { x: &[4.0, 0.0, 2.0], dy: &[8.0, 0.0, 1.0], ..Case1::default() };
        let result = elementwise1::<Sqrt, (D<3>,), _>(case);
        assert_eq!(result.y[..2], [2.0, 0.0]);
        assert_eq!(result.rad_y[..2], [0.0, 0.0]);
        assert!(result.rad_y[2] > 0.0 && result.rad_y[2] < 6e-8);
        assert_eq!(result.dx[0][0], 2.0);
        assert!(result.rad_dx[0][0] < 1e-15 && result.rad_dx[0][1] == f64::INFINITY);
    }

    #[test]
    fn the_whole_ball_must_have_a_root() {
        let case = Case1::<f64> { x: &[1.0, 1.0, -1.0], alpha: &[1.0, 1.5, 0.0], dy: &[1.0; 3], ..Case1::default() };
        let result = elementwise1::<Sqrt, (D<3>,), _>(case);
        assert!(result.rad_y[0] >= 1.0 && result.rad_y[0] < 1.000_001);
        assert_eq!(result.rad_y[1..], [f64::INFINITY; 2]);
        assert_eq!(result.rad_dx[0], [f64::INFINITY; 3]);
    }
}
