//! `ln max(x, ε)` for a literal `ε > 0`, entry by entry: `[s] -> [s]`. TorchLean's clamped logarithm, with a way back.
//!
//! | | |
//! |---|---|
//! | Value | `y`, which is `ln x` within the [error of the function](crate::format::Format::eval_error) where `x > ε`, else `fl(ln ε)` |
//! | Cotangent | `x̄ = fl(ȳ / x)` where `x > ε`, else 0 |
//!
//! `ε` is the f64 nearest to the threshold that is written, `ε*`, whether or not the format has it. The derivative at `x = ε` is 0.
//!
//! # Error bound
//!
//! The real argument `m* = max(x*, ε*)` lies in `[m - d, m + u]` around the computed one, where `d <= α` does not lead below `ε*` and
//! `u` is 0 (or what `ε` is off by) where `x + α` is below it:
//!
//! ```text
//! |y - ln m*| <= ρ + max(-ln(1 - d/m), ln(1 + u/m))
//! ```
//!
//! The cotangent has the radius of that of [`ln`] where `x* > ε*` for certain, and 0 where `x* <= ε*` for certain, for both sides
//! are 0. In between the real one is 0 or a quotient by a number of `[m - d, m + u]`; with `l = m - d`,
//!
//! ```text
//! x > ε:  |x̄ - x̄*| <= ρ + max(|x̄| + δ/x, (δ + |x̄| d) / l)        x <= ε:  |x̄ - x̄*| <= (|ȳ| + δ) / l
//! ```
//!
//! *Proof.* `ȳ/x - ȳ*/x* = ((ȳ - ȳ*) + (ȳ/x)(x* - x)) / x*`. Below `x` it is largest at `l`. Above, it is at most
//! `δ/x + |ȳ/x| (1 - x/x*)`, which the first term covers, and so is the real 0. ∎

use std::fmt::{self, Debug};
use std::hint::select_unpredictable as select;
use std::marker::PhantomData;

use super::clamp::{Clamped, Place, is_clamped, threshold};
use super::enclosing::written;
use super::literal::Literal;
use super::rounding::quotient_spread;
use super::{Ln, Pointwise, ln};
use crate::bound::Up;
use crate::format::elementary::{self, Elementary};
use crate::format::{Carrier, Format};
use crate::kernel::wide::WideBall;

/// `ln max(x, L)`, entry by entry; see the [module](self).
pub struct SafeLog<L>(PhantomData<fn() -> L>);

impl<L> Clone for SafeLog<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L> Copy for SafeLog<L> {}

impl<L: Literal> Debug for SafeLog<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafeLog({})", L::TEXT)
    }
}

impl<L: Literal> Pointwise for SafeLog<L> {
    const NAME: &'static str = "safe_log";
    const IS_SHORT: [bool; 2] = [false, true];

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        if is_clamped::<L, F>(x) { F::from_f64(elementary::Ln::wide(L::NEAREST)) } else { Ln::value(x) }
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let argument = Clamped::new::<L, F>((x, alpha));
        if argument.place == Place::Above {
            // The logarithm itself, unless so much of it is uncertain that its rule is wasteful.
            let own = Ln::radius(x, Up::ZERO, y);
            return own + down(&argument);
        }
        let own = if argument.is_above {
            Ln::radius(x, Up::ZERO, y)
        } else {
            let log = elementary::Ln::wide(L::NEAREST);
            y.distance(log) + f64::carry_error::<elementary::Ln>(Up::abs(log))
        };
        own + down(&argument).max(up(&argument))
    }

    fn torchlean<F: Format>((x, error): (F, Up)) -> Option<(F, Up)> {
        let value = Self::value(x);
        let own = Self::radius(x, Up::ZERO, value).max(value.half_ulp());
        Some((value, error.over(threshold::<L>().2) + own))
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        // A branch around the quotient would keep the loop from being vectorised.
        select(is_clamped::<L, F>(x), F::ZERO, dy.div(x))
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(x: (F, Up), _: (F, Up), (dy, delta): (F, Up), dx: F) -> Up {
        let argument = Clamped::new::<L, F>(x);
        if argument.place == Place::Below {
            return Up::ZERO;
        }
        if !argument.is_above {
            return (dy.magnitude() + delta).over(argument.least);
        }
        let rounding = F::div_error(dy, x.0, dx);
        let size = dx.magnitude() + rounding;
        if argument.place == Place::Above {
            return rounding + quotient_spread(delta, x, size);
        }
        let unclamped = (delta + size * argument.below).over(argument.least);
        rounding + unclamped.max(size + delta.over(argument.mid))
    }

    fn argument<const K: usize>() -> WideBall<K> {
        written::<L, K>()
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, epsilon: WideBall<K>) -> WideBall<K> {
        x.max(epsilon).ln()
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, epsilon: WideBall<K>) -> WideBall<K> {
        WideBall::step(&x, &epsilon, WideBall::ZERO) * x.max(epsilon).recip()
    }
}

/// At least `ln m - ln m*`.
///
/// By the rule of [`ln`] while it loses next to nothing, else by the logarithm of the largest `m/m*`.
#[inline(always)]
fn down(argument: &Clamped) -> Up {
    let &Clamped { mid, least, below, .. } = argument;
    if below.get() <= mid / 32.0 {
        return ln::spread(mid, below);
    }
    let log = elementary::Ln::wide(Up::new(mid).over(least).get());
    Up::new(log * (1.0 + (elementary::Ln::WIDE_ULPS + 2.0) * f64::EPSILON))
}

/// At least `ln m* - ln m`: `ln(1 + u/m) <= u/m`.
#[inline(always)]
fn up(argument: &Clamped) -> Up {
    let ratio = argument.above.over(argument.mid);
    if ratio.get() <= 1.0 / (1_u64 << 20) as f64 {
        return ratio;
    }
    let log = elementary::Ln1p::wide(ratio.get());
    ratio.min(Up::new(log * (1.0 + (elementary::Ln1p::WIDE_ULPS + 2.0) * f64::EPSILON)))
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1};
    use super::*;
    use crate::format::f16;

    struct Eighth;

    impl Literal for Eighth {
        const TEXT: &'static str = "0.125";
        const NEAREST: f64 = 0.125;
        const EXACT: bool = true;
    }

    struct Small;

    impl Literal for Small {
        const TEXT: &'static str = "1e-12";
        const NEAREST: f64 = 1e-12;
        const EXACT: bool = false;
    }

    #[test]
    fn the_argument_never_falls_below_the_threshold() {
        let case = Case1::<f64> {
            x: &[1.0, 1.0, 0.0, 0.0, 2.0],
            alpha: &[0.0, 4.0, 0.0625, 1.0, 1.0],
            dy: &[2.0; 5],
            ..Case1::default()
        };
        let result = elementwise1::<SafeLog<Eighth>, (D<5>,), _>(case);
        let eighth = 0.125_f64.ln();
        assert_eq!(result.y, [0.0, 0.0, eighth, eighth, 2_f64.ln()]);
        // ln 8 down, ln 5 up; nothing; ln 8 up; ln 2 down.
        for (r, exact) in result.rad_y.iter().zip([0.0, -eighth, 0.0, -eighth, 2_f64.ln()]) {
            assert!(*r >= exact && *r < exact + 1e-14, "{r} {exact}");
        }
        assert_eq!(result.dx[0], [2.0, 2.0, 0.0, 0.0, 1.0]);
        for (r, exact) in result.rad_dx[0].iter().zip([0.0, 14.0, 0.0, 16.0, 1.0]) {
            assert!(*r >= exact && *r < exact + 1e-12, "{r} {exact}");
        }
    }

    #[test]
    fn a_threshold_that_the_format_does_not_have_and_a_number_that_is_none() {
        let x = [0.0, -1.0, f64::NAN].map(f16::from_f64);
        let case = Case1 { x: &x, alpha: &[0.0, 0.0, f64::INFINITY], dy: &[f16::ONE; 3], ..Case1::default() };
        let result = elementwise1::<SafeLog<Small>, (D<3>,), _>(case);
        assert!((result.y[0].to_f64() - 1e-12_f64.ln()).abs() <= result.rad_y[0] && result.rad_y[0] < 0.01);
        assert_eq!((result.y[1], result.rad_dx[0][1]), (result.y[0], 0.0));
        assert!(result.y[2].is_nan() && result.dx[0][2].is_nan() && result.rad_y[2] == f64::INFINITY);
    }
}
