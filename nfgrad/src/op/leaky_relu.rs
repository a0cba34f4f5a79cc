//! `x` where it is positive, else `c x` for a literal slope `c`, entry by entry: `[s] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = x` where `x > 0`, exact; else `fl(c x)` |
//! | Cotangent | `x̄ = ȳ` where `x > 0`, exact; else `fl(c ȳ)` |
//!
//! `fl(c x)` is that of [`scale`](super::scale), with `c*` the slope that is written.
//!
//! # Error bound
//!
//! Where the sign of `x*` is known, it is `α` and `δ` on the positive side, and the bounds of [`scale`](super::scale) on the other. Where
//! it is not, with `k` the slope on the side of `x` and `l` that on the other, and `ρ` what `y` is off from the function at `x`,
//!
//! ```text
//! |y - y*| <= ρ + max(k α, k |x| + l (α - |x|))       for c >= 0;  ρ + max(k α, |l| (α - |x|)) else
//! |x̄ - x̄*| <= max(bound on the side of x, |1 - c*| |ȳ| + l δ + ρ)
//! ```
//!
//! *Proof.* The function is linear on either side of 0, so it is furthest from its value at `x` in `x ± α`: on the side of `x` by
//! `k α`, on the other by the sum of both parts, or, if the function turns back there, by the larger. The real cotangent is that of
//! one side or of the other, `|ȳ - c* ȳ*| <= |1 - c*| |ȳ| + |c*| δ`, and likewise with the two exchanged. ∎
//!
//! For `0 <= c <= 1` the first line is `α` where `x > 0`, and less than `α` elsewhere.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use super::enclosing::written;
use super::literal::{Literal, With, in_format};
use super::rounding::in_f64;
use super::scale::Times;
use super::{Pointwise, Steadiness};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;
use std::cmp::Ordering;

/// `x` where it is positive, else the slope `L` times `x`; see the [module](self).
pub struct LeakyRelu<L>(PhantomData<fn() -> L>);

impl<L> Clone for LeakyRelu<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L> Copy for LeakyRelu<L> {}

impl<L: Literal> Debug for LeakyRelu<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeakyRelu({})", L::TEXT)
    }
}

impl<L: Literal> Pointwise for LeakyRelu<L> {
    const NAME: &'static str = "leaky_relu";
    const NEEDS_VALUE: bool = false;
    const IS_SHORT: [bool; 2] = [true; 2];
    /// The farthest value over the numbers within `α` is a convex function of `α`, whatever the slope; in `δ` the bound of the cotangent is
    /// affine, or the maximum of two such.
    const STEADY: Steadiness = Steadiness::LINEAR;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        let scaled = With::<L, Times>::value(x);
        if x.is_positive() { x } else { scaled }
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let positive = x > F::ZERO;
        if sign_is_known(x, alpha) {
            return if positive { alpha } else { With::<L, Times>::bound((x, alpha), y) };
        }
        let (slope, one) = (slope_at_most::<L>(), Up::new(1.0));
        let rounding = if positive { Up::ZERO } else { With::<L, Times>::bound((x, Up::ZERO), y) };
        let (near, far) = if positive { (one, slope) } else { (slope, one) };
        let (x, alpha) = in_f64((x, alpha));
        let beyond = Up::of_rounded_sum((alpha.get() - x.abs()).max(0.0));
        let across = if L::NEAREST >= 0.0 { near * Up::abs(x) + far * beyond } else { far * beyond };
        rounding + (near * alpha).max(across)
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        let scaled = With::<L, Times>::value(dy);
        if x.is_positive() { dy } else { scaled }
    }

    #[inline(always)]
    fn vjp_radius<F: Format>((x, alpha): (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        let positive = x > F::ZERO;
        let here = if positive { dy.1 } else { With::<L, Times>::bound(dy, dx) };
        if sign_is_known(x, alpha) {
            return here;
        }
        let (factor, error) = in_format::<L, f64>();
        let apart = (Up::of_rounded_sum(1.0 - factor) + error) * dy.0.magnitude();
        let there = if positive {
            apart + slope_at_most::<L>() * dy.1
        } else {
            apart + dy.1 + With::<L, Times>::bound((dy.0, Up::ZERO), dx)
        };
        here.max(there)
    }

    fn argument<const K: usize>() -> WideBall<K> {
        written::<L, K>()
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, slope: WideBall<K>) -> WideBall<K> {
        match x.sign() {
            Some(Ordering::Greater) => x,
            Some(_) => slope * x,
            None => x.hull(slope * x),
        }
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, slope: WideBall<K>) -> WideBall<K> {
        match x.sign() {
            Some(Ordering::Greater) => WideBall::ONE,
            Some(_) => slope,
            None if x.is_known() => slope.hull(WideBall::ONE),
            None => WideBall::UNKNOWN,
        }
    }
}

/// Whether `x*` is certainly on the side of `x`, where 0 is on that of the negative numbers.
#[inline]
fn sign_is_known<F: Format>(x: F, alpha: Up) -> bool {
    let [low, high] = x.enclosure();
    (low > alpha.get()) | (high <= -alpha.get()) | ((x == F::ZERO) & (alpha == Up::ZERO))
}

/// At least the magnitude of the real slope.
#[inline]
fn slope_at_most<L: Literal>() -> Up {
    let (factor, error) = in_format::<L, f64>();
    factor.magnitude() + error
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;

    struct Quarter;

    impl Literal for Quarter {
        const TEXT: &'static str = "0.25";
        const NEAREST: f64 = 0.25;
        const EXACT: bool = true;
    }

    struct MinusTwo;

    impl Literal for MinusTwo {
        const TEXT: &'static str = "-2";
        const NEAREST: f64 = -2.0;
        const EXACT: bool = true;
    }

    const CASE: Case1<'static, f32> = Case1 {
        x: &[3.0, -4.0, 1.0, -1.0, 0.0],
        alpha: &[1.0, 1.0, 2.0, 3.0, 0.0],
        dy: &[2.0; 5],
        delta: &[0.5, 0.5, 0.25, 0.25, 0.0],
    };

    fn check(radii: &[f64], exact: [f64; 5]) {
        for (r, exact) in radii.iter().zip(exact) {
            assert!(*r >= exact && *r < exact + 1e-12, "{radii:?} {exact}");
        }
    }

    #[test]
    fn each_side_has_its_slope_and_in_doubt_the_worse() {
        let result = elementwise1::<LeakyRelu<Quarter>, (D<5>,), _>(CASE);
        assert_eq!(result.y, [3.0, -1.0, 1.0, -0.25, 0.0]);
        assert_eq!(result.dx[0], [2.0, 0.5, 2.0, 0.5, 0.5]);
        // 1 down to -0.25 is 1.25, up to 3 is 2; -0.25 up to 2 is 2.25, down to -1 is 0.75.
        check(&result.rad_y, [1.0, 0.25, 2.0, 2.25, 0.0]);
        check(&result.rad_dx[0], [0.5, 0.125, 1.5 + 0.0625, 1.5 + 0.25, 0.0]);
    }

    #[test]
    fn a_negative_slope_turns_back() {
        let result = elementwise1::<LeakyRelu<MinusTwo>, (D<5>,), _>(CASE);
        assert_eq!(result.y, [3.0, 8.0, 1.0, 2.0, 0.0]);
        // From 1 to 3, or to 2 at -1; from 2 to 8 at -4, or to 0.
        check(&result.rad_y, [1.0, 2.0, 2.0, 6.0, 0.0]);
    }
}
