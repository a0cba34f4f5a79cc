//! `1/x`, entry by entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(1/x)` |
//! | Cotangent | `x̄ = fl(-ȳ / x²)`, with the square and the quotient in f64 |
//!
//! # Error bound
//!
//! Where `α < |x|`,
//!
//! ```text
//! |y - 1/x*| <= ρ + α / (|x| (|x| - α))      ρ the error of this quotient, 0 if it is exact
//! |x̄ + ȳ*/x*²| <= roundings + δ / (|x| - α)² + |ȳ/x²| d (2 + d)      d = α / (|x| - α)
//! ```
//!
//! and ∞ elsewhere: `x*` might be 0.
//!
//! *Proof.* `1/x - 1/x* = (x* - x) / (x x*)`. `ȳ/x² - ȳ*/x*² = (ȳ - ȳ*)/x*² + (ȳ/x²)(1 - x²/x*²)`, and the last factor is largest for
//! the smallest `|x*|`, where `|x|/|x*| = 1 + d`. ∎

use super::rounding::in_f64;
use super::{Defined, Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// `1/x`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Recip;

impl Pointwise for Recip {
    const NAME: &'static str = "recip";
    const NEEDS_VALUE: bool = false;
    const IS_SHORT: [bool; 2] = [true, true];
    const DEFINED: Defined = Defined::Except(0.0);

    /// `1/(|x| - α)` is a power series in `α` whose coefficients are not negative, and so is `d = |x|/(|x| - α) - 1`.
    const STEADY: Steadiness = Steadiness::SMOOTH;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        F::ONE.div(x)
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let own = F::div_error(F::ONE, x, y);
        let (x, alpha) = in_f64((x, alpha));
        let size = x.abs();
        own + alpha.over(alpha.below(size)).over(size)
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        F::from_f64(-(dy.to_f64() / x.to_f64()) / x.to_f64())
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(x: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        let ((x, alpha), (dy, delta)) = (in_f64(x), in_f64(dy));
        let size = x.abs();
        let least = alpha.below(size);
        // Divided twice rather than by the square, which may leave the range.
        let first = dy / x;
        let second = first / x;
        let rounding = f64::div_error(dy, x, first).over(size) + f64::div_error(first, x, second);
        let apart = alpha.over(least);
        let spread = (Up::abs(second) + rounding) * (apart * (Up::new(2.0) + apart));
        rounding + delta.over(least).over(least) + spread + dx.distance(-second)
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.recip()
    }

    #[inline]
    fn enclose_slope<const K: usize>(_: WideBall<K>, y: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        -(y * y)
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;

    #[test]
    fn powers_of_two_are_exact_and_zero_is_not_known() {
        let case = Case1::<f32> { x: &[4.0, 1.0, 0.0], alpha: &[0.0, 0.5, 0.0], dy: &[1.0; 3], ..Case1::default() };
        let result = elementwise1::<Recip, (D<3>,), _>(case);
        assert_eq!((result.y[0], result.rad_y[0]), (0.25, 0.0));
        assert!(result.rad_y[1] >= 1.0 && result.rad_y[1] < 1.000_001);
        assert_eq!(result.rad_y[2], f64::INFINITY);
        assert_eq!(result.dx[0][..2], [-0.0625, -1.0]);
        // The worst is 1 / 0.5² - 1.
        assert!(result.rad_dx[0][1] >= 3.0 && result.rad_dx[0][1] < 3.000_001);
        assert_eq!(result.rad_dx[0][2], f64::INFINITY);
    }
}
