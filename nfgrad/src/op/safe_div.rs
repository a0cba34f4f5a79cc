//! `a / max(b, ε)` for a literal `ε > 0`, entry by entry, `b` repeated over the leading axes of `a`: `[s ++ t], [t] -> [s ++ t]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(a / b)` where `b > ε`, else `fl(a / ε)` with the quotient in f64 |
//! | Cotangents | `ā` likewise with `ȳ` for `a`; `b̄` the terms of [`div`](super::div) where `b > ε`, else 0 |
//!
//! `ε` is the f64 nearest to the threshold that is written, `ε*`, whether or not the format has it: `safe_div(a, b, eps = 1e-12)` does
//! not divide by 0 in f16. The derivative at `b = ε` is 0, as that of `relu` at 0.
//!
//! # Error bound
//!
//! The real divisor `m* = max(b*, ε*)` lies in `[m - d, m + u]` around the computed one, where `d <= β` does not lead below `ε*` and
//! `u` is 0 (or what `ε` is off by) where `b + β` is below it:
//!
//! ```text
//! |y - a*/m*| <= ρ + max((α + |a/m| d) / (m - d), (α + |a/m| u) / (m + u))
//! ```
//!
//! by the rule of quotients at both ends. It is never ∞ for want of a divisor: `m - d >= ε*`. A real term of `b̄` is the product `T` of two
//! such quotients where `b* > ε*`, and 0 elsewhere. Where either is possible the computed one, `t`, is off by at most
//!
//! ```text
//! b > ε:  max(|t|, the product of both quotients by m - d, less t)        b <= ε:  (|ȳ| + δ) (|a| + α) / (m - d)²
//! ```
//!
//! for with a divisor above `m` the product only shrinks, `f T` with `0 <= f <= 1`, and `|t - f T| <= max(|t|, |t - T|)`.
//!
//! Where both operands are one node, `x / max(x, ε)` is `min(x/ε, 1)`: 1 with radius 0 where `x* >= ε*`, with cotangent 0, and a quotient
//! by `ε*` below.

use std::fmt::{self, Debug};
use std::hint::select_unpredictable as select;
use std::marker::PhantomData;

use super::clamp::{Clamped, Place, is_clamped, threshold};
use super::enclosing::written;
use super::literal::Literal;
use super::rounding::{in_f64, product_error};
use super::torchlean::{self, Tensor};
use super::{Div, Pairwise, Pointwise};
use crate::bound::Up;
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// `a / max(b, L)`, entry by entry; see the [module](self).
pub struct SafeDiv<L>(PhantomData<fn() -> L>);

impl<L> Clone for SafeDiv<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L> Copy for SafeDiv<L> {}

impl<L: Literal> Debug for SafeDiv<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafeDiv({})", L::TEXT)
    }
}

impl<L: Literal> Pairwise for SafeDiv<L> {
    const NAME: &'static str = "safe_div";
    type Twice = OverItself<L>;

    #[inline(always)]
    fn value<F: Format>(a: F, b: F) -> F {
        let clamped = F::from_f64(a.to_f64() / L::NEAREST);
        // A branch around a quotient would keep the loop from being vectorised.
        select(is_clamped::<L, F>(b), clamped, a.div(b))
    }

    #[inline(always)]
    fn radius<F: Format>(a: (F, Up), b: (F, Up), y: F) -> Up {
        let rounding = if is_clamped::<L, F>(b.0) { rounding::<L, F>(a.0, y) } else { F::div_error(a.0, b.0, y) };
        rounding + Clamped::new::<L, F>(b).quotient_spread(in_f64(a).1, y.magnitude() + rounding)
    }

    fn torchlean<F: Format>(a: &Tensor<F>, b: &Tensor<F>) -> Option<Tensor<F>> {
        Some(a.zip(b, torchlean::safe_div::<L, F>))
    }

    #[inline(always)]
    fn left<F: Format>(_: F, b: F, dy: F) -> F {
        Self::value(dy, b)
    }

    #[inline(always)]
    fn left_radius<F: Format>(_: (F, Up), b: (F, Up), dy: (F, Up), da: F) -> Up {
        Self::radius(dy, b, da)
    }

    #[inline(always)]
    fn right<F: Format>(a: F, b: F, dy: F) -> F::Acc {
        select(is_clamped::<L, F>(b), F::Acc::default(), Div::right(a, b, dy))
    }

    #[inline(always)]
    fn right_radius<F: Format>(a: (F, Up), b: (F, Up), dy: (F, Up), term: F::Acc) -> Up {
        let divisor = Clamped::new::<L, F>(b);
        match divisor.place {
            Place::Below => return Up::ZERO,
            Place::Above => return Div::right_radius(a, b, dy, term),
            Place::Doubtful => {}
        }
        let ((a, alpha), (dy, delta)) = (in_f64(a), in_f64(dy));
        if !divisor.is_above {
            // The term is 0, and the real one no larger than where the divisor is least.
            return (Up::abs(dy) + delta).over(divisor.least) * (Up::abs(a) + alpha).over(divisor.least);
        }
        let quotient = |a: f64, alpha: Up| {
            let quotient = a / divisor.mid;
            let rounding = f64::div_error(a, divisor.mid, quotient);
            let size = Up::abs(quotient) + rounding;
            (quotient, rounding + (alpha + size * divisor.below).over(divisor.least))
        };
        let (left, right) = (quotient(dy, delta), quotient(a, alpha));
        let product = left.0 * right.0;
        let error = product_error(left, right) + f64::mul_error(left.0, right.0, product) + term.distance(-product);
        error.max(term.magnitude())
    }

    fn argument<const K: usize>() -> WideBall<K> {
        written::<L, K>()
    }

    #[inline]
    fn enclose<const K: usize>(a: WideBall<K>, b: WideBall<K>, epsilon: WideBall<K>) -> WideBall<K> {
        a / b.max(epsilon)
    }

    #[inline]
    fn enclose_slopes<const K: usize>([_, b, y]: [WideBall<K>; 3], epsilon: WideBall<K>) -> [WideBall<K>; 2] {
        let divisor = b.max(epsilon);
        [divisor.recip(), -(WideBall::step(&b, &epsilon, WideBall::ZERO) * (y / divisor))]
    }
}

/// At least `|y - x/ε|`, where `y` is the quotient in f64 rounded to the format, and `x` the f64 nearest to the number.
#[inline(always)]
fn rounding<L: Literal, F: Format>(x: F, y: F) -> Up {
    let (x, quotient) = (x.to_f64(), x.to_f64() / L::NEAREST);
    f64::div_error(x, L::NEAREST, quotient) + y.distance(quotient)
}

/// `x / max(x, L)`; see the [module](self).
pub struct OverItself<L>(PhantomData<fn() -> L>);

impl<L: Literal> OverItself<L> {
    /// At least `|y - x*/ε*|`.
    #[inline(always)]
    fn clamped<F: Format>(x: (F, Up), y: F) -> Up {
        let (rounding, (_, error, least)) = (rounding::<L, F>(x.0, y), threshold::<L>());
        // `error / least` first, a part of 1: a product of small numbers underflows, and what that costs would be divided by `least`.
        rounding + in_f64(x).1.over(least) + (y.magnitude() + rounding) * error.over(least)
    }
}

impl<L: Literal> Pointwise for OverItself<L> {
    const NAME: &'static str = "safe_div";
    const NEEDS_VALUE: bool = false;

    #[inline(always)]
    fn value<F: Format>(x: F) -> F {
        SafeDiv::<L>::value(x, x)
    }

    #[inline(always)]
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        let divisor = Clamped::new::<L, F>((x, alpha));
        // Of two numbers neither of which is above 1 the minimum with 1 is no further apart.
        if divisor.is_above { divisor.deficit.over(threshold::<L>().2) } else { Self::clamped((x, alpha), y) }
    }

    #[inline(always)]
    fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
        select(is_clamped::<L, F>(x), F::from_f64(dy.to_f64() / L::NEAREST), F::ZERO)
    }

    #[inline(always)]
    fn vjp_radius<F: Format>(x: (F, Up), _: (F, Up), dy: (F, Up), dx: F) -> Up {
        let divisor = Clamped::new::<L, F>(x);
        let least = threshold::<L>().2;
        match (divisor.place, divisor.is_above) {
            (Place::Above, _) => Up::ZERO,
            (Place::Below, _) => Self::clamped(dy, dx),
            (Place::Doubtful, true) => (dy.0.magnitude() + dy.1).over(least),
            (Place::Doubtful, false) => Self::clamped(dy, dx).max(dx.magnitude()),
        }
    }

    fn argument<const K: usize>() -> WideBall<K> {
        written::<L, K>()
    }

    #[inline]
    fn enclose<const K: usize>(x: WideBall<K>, epsilon: WideBall<K>) -> WideBall<K> {
        // The smaller of x/ε and 1.
        -(-(x / epsilon)).max(-WideBall::ONE)
    }

    #[inline]
    fn enclose_slope<const K: usize>(x: WideBall<K>, _: WideBall<K>, epsilon: WideBall<K>) -> WideBall<K> {
        WideBall::step(&epsilon, &x, WideBall::ONE) * epsilon.recip()
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise};
    use super::*;
    use crate::format::f16;

    struct Half;

    impl Literal for Half {
        const TEXT: &'static str = "0.5";
        const NEAREST: f64 = 0.5;
        const EXACT: bool = true;
    }

    struct Small;

    impl Literal for Small {
        const TEXT: &'static str = "1e-12";
        const NEAREST: f64 = 1e-12;
        const EXACT: bool = false;
    }

    type Row = (D<4>,);

    #[test]
    fn the_divisor_never_falls_below_the_threshold() {
        let case = Case2::<f32> {
            a: &[3.0, 3.0, 3.0, 3.0],
            b: &[2.0, 0.25, -7.0, 1.0],
            beta: &[1.0, 0.125, 7.25, 4.0],
            dy: &[1.0; 4],
            ..Case2::default()
        };
        let result = elementwise::<SafeDiv<Half>, Row, Row, _>(case);
        assert_eq!(result.y, [1.5, 6.0, 6.0, 3.0]);
        assert_eq!(result.dx, [vec![0.5, 2.0, 2.0, 1.0], vec![-0.75, 0.0, 0.0, -3.0]]);
        // 3 - 1.5 above; 0 where all is clamped; 3/0.5 - 3/1 below.
        for (r, exact) in result.rad_y.iter().zip([1.5, 0.0, 0.0, 3.0]) {
            assert!(*r >= exact && *r < exact + 1e-6, "{r} {exact}");
        }
        // 3/1 - 3/4, then 0, and 3/0.5² - 3 where it may be clamped or not.
        for (r, exact) in result.rad_dx[1].iter().zip([2.25, 0.0, 0.0, 9.0]) {
            assert!(*r >= exact && *r < exact + 1e-6, "{r} {exact}");
        }
        // -7 + 7.25 is below the threshold; -7 + 8.5 is not, and the quotient may be 2 in place of 6.
        let result = elementwise::<SafeDiv<Half>, Row, Row, _>(Case2 { beta: &[0.0, 0.0, 8.5, 0.0], ..case });
        assert!((4.0..4.000_001).contains(&result.rad_y[2]) && (12.0..12.000_001).contains(&result.rad_dx[1][2]));
    }

    #[test]
    fn a_threshold_that_the_format_does_not_have() {
        let x = [0.0, 1e-3, 2.0, -1.0].map(f16::from_f64);
        let case = Case2 { a: &[f16::ZERO; 4], b: &x, dy: &[f16::ZERO; 4], ..Case2::default() };
        let result = elementwise::<SafeDiv<Small>, Row, Row, _>(case);
        assert!(result.y.iter().all(|y| y.to_f64() == 0.0) && result.rad_y.iter().all(|&r| r < 1e-7));
    }

    #[test]
    fn quotients_are_known_near_the_ends_of_f64() {
        // Between 0 and 1e307/0.5 whatever the divisor is, up to where its radius overflows.
        let case = Case2::<f64> {
            a: &[1e307, 1e-300, 1e300, 1.0],
            b: &[1e308, 1e308, 0.0, 1e-320],
            beta: &[1.7e308, 9e307, 0.0, 0.0],
            dy: &[1.0; 4],
            ..Case2::default()
        };
        let result = elementwise::<SafeDiv<Half>, Row, Row, _>(case);
        assert!(result.rad_y[0] <= 2.01e307 && result.rad_y[1] < 1e-306, "{:?}", result.rad_y);
        assert_eq!(result.y[2..], [2e300, 2.0]);
        assert!(result.rad_y[2] < 2e300 * 1e-15 && result.rad_y[3] < 1e-15);
        assert!(result.rad_dx.iter().flatten().all(|r| r.is_finite()), "{:?}", result.rad_dx);
        // x/ε overflows, and its slope is 1/ε.
        let x = f16::from_f64(50_000.0).neg();
        let case = Case2 { a: &[x; 4], b: &[x; 4], dy: &[f16::ONE; 4], ..Case2::default() };
        let result = elementwise::<SafeDiv<Half>, Row, Row, _>(case);
        assert_eq!((result.rad_y[0], result.dx[0][0].to_f64()), (f64::INFINITY, 2.0));
        assert!(result.rad_dx[0][0] < 1e-15);
    }

    #[test]
    fn a_small_node_over_itself_is_known_as_well_as_a_quotient_can_be() {
        let x = [1e-308, 5e-324, -3e-310, 1e-290];
        let case = Case2::<f64> { a: &x, b: &x, dy: &[1e-320; 4], ..Case2::default() };
        let result = elementwise::<SafeDiv<Small>, Row, Row, _>(case);
        for (y, r) in result.y.iter().zip(&result.rad_y) {
            // A rounding of the quotient, one of the threshold, and a few units of what underflows.
            assert!(*r >= y.half_ulp().get() && *r <= y.abs() * 3e-16 + 1e-322, "{y:e}: {r:e}");
        }
        assert!(result.rad_dx[0].iter().all(|&r| r <= 1e-308 * 3e-16 + 1e-322), "{:?}", result.rad_dx);
        // Beside another node what underflows is divided by the threshold.
        let case = Case2 { b: &[0.0; 4], ..case };
        let result = elementwise::<SafeDiv<Small>, Row, Row, _>(case);
        assert!(result.rad_y.iter().zip(&result.y).all(|(r, y)| *r <= y.abs() * 3e-16 + 1e-310), "{:?}", result.rad_y);
    }

    #[test]
    fn a_node_over_itself_is_one_or_its_share_of_the_threshold() {
        let x = [2.0_f32, 0.25, 1.0, -1.0];
        let alpha = [1.0, 0.125, 0.75, 0.0];
        let case = Case2 { a: &x, b: &x, alpha: &alpha, beta: &alpha, dy: &[1.0; 4], delta: &[0.5, 0.0, 0.0, 0.0] };
        let result = elementwise::<SafeDiv<Half>, Row, Row, _>(case);
        assert_eq!(result.y, [1.0, 0.5, 1.0, -2.0]);
        assert_eq!(result.dx, [vec![0.0, 2.0, 0.0, 2.0], vec![0.0; 4]]);
        // 1 - 0.25 is a quarter below the threshold, which is half of it.
        for (r, exact) in result.rad_y.iter().zip([0.0, 0.25, 0.5, 0.0]) {
            assert!(*r >= exact && *r < exact + 1e-6, "{r} {exact}");
        }
        for (r, exact) in result.rad_dx[0].iter().zip([0.0, 0.0, 2.0, 0.0]) {
            assert!(*r >= exact && *r < exact + 1e-6, "{r} {exact}");
        }
    }

    #[test]
    fn a_divisor_that_is_no_number_stays_none() {
        let case = Case2::<f32> {
            a: &[1.0; 4],
            b: &[f32::NAN; 4],
            beta: &[f64::INFINITY; 4],
            dy: &[1.0; 4],
            ..Case2::default()
        };
        let result = elementwise::<SafeDiv<Half>, Row, Row, _>(case);
        assert!(result.y.iter().chain(result.dx.iter().flatten()).all(|x| x.is_nan()));
        assert!(result.rad_y.iter().chain(result.rad_dx.iter().flatten()).all(|&r| r == f64::INFINITY));
    }
}
