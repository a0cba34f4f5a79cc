//! `|x|`, entry by entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = |x|`, exact; of -0 it is 0 |
//! | Cotangent | `x̄ = ȳ` where `x > 0`, `-ȳ` where `x < 0`, 0 where `x = 0`; exact |
//!
//! # Error bound
//!
//! `||x| - |x*|| <= α`. The cotangent depends on the sign of `x*`. Where `|x| > α` it is that of `x` and the radius is `δ`. Elsewhere the two
//! slopes may differ by 2, or by 1 if the computed one is 0: `|x̄ - x̄*| <= 2|ȳ| + δ`, or `|ȳ| + δ`. Where `x = x* = 0` both are 0.

use super::{Pointwise, Steadiness, torchlean};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// `|x|`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Abs;

impl Pointwise for Abs {
    const NAME: &'static str = "abs";
    const IS_SHORT: [bool; 2] = [false; 2];

    /// The value's is `α`; that of the cotangent is affine in `δ` whether or not the sign of `x*` is decided.
    const STEADY: Steadiness = Steadiness::LINEAR;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        let signed = if x < F::ZERO { x.neg() } else { x };
        if x == F::ZERO { F::ZERO } else { signed }
    }

    #[inline(always)]
    fn radius<F: Format>(_: F, alpha: Up, _: F) -> Up {
        alpha
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        let signed = if x < F::ZERO { dy.neg() } else { dy };
        if x == F::ZERO { F::ZERO } else { signed }
    }

    #[inline(always)]
    fn vjp_radius<F: Format>((x, alpha): (F, Up), _: (F, Up), (dy, delta): (F, Up), _: F) -> Up {
        let is_zero = x == F::ZERO;
        let undecided = dy.magnitude() * Up::new(if is_zero { 1.0 } else { 2.0 }) + delta;
        let decided = if is_zero { Up::ZERO } else { delta };
        let [low, high] = x.enclosure();
        let known = (low.abs().min(high.abs()) > alpha.get()) | (is_zero & (alpha == Up::ZERO));
        if known { decided } else { undecided }
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        Some(torchlean::abs(x))
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        x.abs()
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, _: WideBall<K>) -> WideBall<K> {
        WideBall::step(&x, &WideBall::ZERO, WideBall::HALF).scaled(1) - WideBall::ONE
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::Relu;
    use super::super::testing::{Case1, elementwise1};
    use super::*;
    use crate::format::{Carried, E4m3, E5m2, Flt, NearestEven, Nf, RoundEach, Tf32, bf16, f16};

    #[test]
    fn the_sign_decides_unless_it_is_not_known() {
        let case = Case1::<f32> {
            x: &[3.0, -3.0, 0.5, 0.0, 0.0],
            alpha: &[0.25, 0.0, 0.5, 0.0, 1.0],
            dy: &[2.0; 5],
            delta: &[0.125, 0.0, 0.0, 1.0, 0.0],
        };
        let result = elementwise1::<Abs, (D<5>,), _>(case);
        assert_eq!(result.y, [3.0, 3.0, 0.5, 0.0, 0.0]);
        assert_eq!(result.rad_y, [0.25, 0.0, 0.5, 0.0, 1.0]);
        assert_eq!(result.dx[0], [2.0, -2.0, 2.0, 0.0, 0.0]);
        assert_eq!(result.rad_dx[0][..2], [0.125, 0.0]);
        assert!(result.rad_dx[0][2] >= 4.0 && result.rad_dx[0][2] < 4.000_001);
        assert_eq!(result.rad_dx[0][3], 0.0);
        assert!(result.rad_dx[0][4] >= 2.0 && result.rad_dx[0][4] < 2.000_001);
    }

    #[test]
    fn the_magnitude_of_minus_zero_is_zero() {
        fn check<F: Format>() {
            let (x, dy) = ([F::ZERO.neg(), F::ZERO, F::ONE.neg(), F::ZERO.neg(), F::ONE], [F::ONE; 5]);
            let case = Case1 { x: &x, dy: &dy, ..Case1::default() };
            let is_negative = |x: &F| x.to_f64().is_sign_negative();
            for result in [elementwise1::<Abs, (D<5>,), F>(case), elementwise1::<Relu, (D<5>,), F>(case)] {
                assert!(!result.y.iter().any(is_negative), "{}: {:?}", F::NAME, result.y);
            }
            // Long enough for the loops that use wide registers.
            let long = [F::ZERO.neg(); 130];
            let case = Case1 { x: &long, dy: &long, ..Case1::default() };
            for result in [elementwise1::<Abs, (D<130>,), F>(case), elementwise1::<Relu, (D<130>,), F>(case)] {
                assert!(!result.y.iter().any(is_negative), "{}", F::NAME);
            }
        }
        check::<f32>();
        check::<f64>();
        check::<bf16>();
        check::<f16>();
        check::<Tf32>();
        check::<E4m3>();
        check::<E5m2>();
        check::<Carried<12, -30, 30>>();
        check::<Nf<10, Flt<-20, 7>, NearestEven>>();
        check::<RoundEach<bf16>>();
    }
}
