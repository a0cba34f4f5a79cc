//! The mean of the squared differences of two tensors: `[s], [s] -> []`.
//!
//! | | |
//! |---|---|
//! | Value | `d = fl(p - t)`, `y = fl(fl(Σ fl(d²)) / n)`, all in the accumulator, rounded once to the format |
//! | Cotangents | `p̄ = fl(d c)`, `c = fl(2 ȳ / n)`, in the accumulator, rounded once to the format; `t̄ = -p̄` |
//!
//! # Error bound
//!
//! With `δd = α + β + |d - (p - t)|`, the last term computed, and `ϱ` what the sum is off (`summed.rs`),
//!
//! ```text
//! |y - Σ(p* - t*)²/n| <= ε + (Σ (|fl(d²) - d²| + 2 |d| δd + δd²) + ϱ)/n + |y - acc|
//! ```
//!
//! `ε` is the error of the division and `acc` the quotient before it was rounded to the format. The cotangents are products
//! of `d` and `c` with the radii `δd` and `ε + 2 δ/n`.
//!
//! In a domain of norms `δd` is the last term alone, and the sum gets `2 ‖p - t‖ (α + β) + (α + β)²` more, by Cauchy and Schwarz.
//!
//! Where prediction and target are the same node, the value, both cotangents and their radii are exactly 0.

use nfgrad_shapes::Shape;

use super::enclosing::{integer, total};
use super::rounding::{Count, guarded, narrowing_error, product_error, zero_if_known};
use super::summed::Summed;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;
use crate::kernel::reduce::sum_of;
use crate::kernel::wide::WideBall;

/// The mean of the squared differences; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Mse;

impl<S: Shape> Op<(S, S)> for Mse {
    const NAME: &'static str = "mse";
    type Out = ();

    #[inline]
    fn forward<F: Format>([p, t]: [&[F]; 2], y: &mut [F]) {
        y[0] = F::from_acc(Count::new(S::NUMEL).divide(sum_of_squares(p, t)));
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([p, t]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
        D::fill(radii, 1, |_: usize| {
            if p.is_same_node(&t) {
                return guarded(y[0], (0..S::NUMEL).map(|i| zero_if_known(p.get(i))).fold(Up::ZERO, Up::max));
            }
            let mut size = Up::ZERO;
            let squares = Summed::of((0..S::NUMEL).map(|i| {
                // In a domain of norms what is uncertain is added for all differences at once.
                let certain = |x: (F, Up)| if D::IS_NORM { (x.0, Up::ZERO) } else { x };
                let d = difference(certain(p.get(i)), certain(t.get(i)));
                let square = Format::mul(d.0, d.0);
                size += (d.0.magnitude() + d.1) * (d.0.magnitude() + d.1);
                (square, product_error(d, d) + F::Acc::mul_error(d.0, d.0, square))
            }));
            let moved = if D::IS_NORM && S::NUMEL > 0 { p.radius(0) + t.radius(0) } else { Up::ZERO };
            let moved = if moved == Up::ZERO { moved } else { (size.sqrt() * 2.0 + moved) * moved };
            let sum = sum_of_squares(p.mid, t.mid);
            let count = Count::new(S::NUMEL);
            let quotient = count.divide(sum);
            let error = squares.error(sum) + moved;
            guarded(y[0], count.divide_error(sum, error, quotient) + narrowing_error(quotient, y[0]))
        });
    }

    #[inline]
    fn vjp<F: Format>([p, t]: [&[F]; 2], _: &[F], dy: &[F], [dp, dt]: [Option<&mut [F]>; 2]) {
        if std::ptr::eq(p, t) {
            [dp, dt].into_iter().flatten().for_each(|dx| dx.fill(F::ZERO));
            return;
        }
        let factor = factor(S::NUMEL, dy[0]);
        let contribution = |p: F, t: F| F::from_acc((p.to_acc() - t.to_acc()) * factor);
        if let Some(dp) = dp {
            for ((dp, &p), &t) in dp.iter_mut().zip(p).zip(t) {
                *dp = contribution(p, t);
            }
        }
        if let Some(dt) = dt {
            for ((dt, &p), &t) in dt.iter_mut().zip(p).zip(t) {
                *dt = contribution(p, t).neg();
            }
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [p, t]: [Ball<'_, F, D>; 2],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dp, dt]: [Option<Contribution<'_, F>>; 2],
    ) {
        let same = p.is_same_node(&t);
        let both = [(dp, false), (dt, true)].into_iter().filter_map(|(dx, negated)| Some((dx?, negated)));
        for (Contribution { mid, radii }, negated) in both {
            D::fill_steadily(radii, S::NUMEL, [p.once(), t.once(), dy.repeated(S::NUMEL)], |[p, t, dy]| {
                let factor = factor_ball(S::NUMEL, dy.get(0));
                move |i: usize| {
                    if same {
                        return zero_if_known(p.get(i)).max(zero_if_known(dy.get(0)));
                    }
                    let d = difference(p.get(i), t.get(i));
                    let product = Format::mul(d.0, factor.0);
                    let acc = if negated { Format::neg(product) } else { product };
                    let rounding = F::Acc::mul_error(d.0, factor.0, product) + narrowing_error(acc, mid[i]);
                    guarded(mid[i], product_error(d, factor) + rounding)
                }
            });
        }
    }

    fn enclose<const K: usize>([p, t]: [&[WideBall<K>]; 2], y: &mut [WideBall<K>]) {
        let squares = p.iter().zip(t).map(|(&p, &t)| (p - t) * (p - t));
        y[0] = if std::ptr::eq(p, t) { total(p.iter().map(|&p| WideBall::ZERO * p)) } else { total(squares) };
        y[0] = y[0] / integer(S::NUMEL);
    }

    fn enclose_vjp<const K: usize>(
        [p, t]: [&[WideBall<K>]; 2],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dp, dt]: [Option<&mut [WideBall<K>]>; 2],
    ) {
        let (same, factor) = (std::ptr::eq(p, t), dy[0].scaled(1) / integer(S::NUMEL));
        let contribution = |i: usize| factor * if same { WideBall::ZERO * p[i] } else { p[i] - t[i] };
        for (i, dp) in dp.into_iter().flatten().enumerate() {
            *dp = contribution(i);
        }
        for (i, dt) in dt.into_iter().flatten().enumerate() {
            *dt = -contribution(i);
        }
    }
}

/// `Σ fl(fl(p - t)²)` in the accumulator.
#[inline]
fn sum_of_squares<F: Format>(p: &[F], t: &[F]) -> F::Acc {
    let t = &t[..p.len()];
    sum_of::<F>(p.len(), |i| {
        let d = p[i].to_acc() - t[i].to_acc();
        d * d
    })
}

/// `fl(p - t)` in the accumulator, with its radius.
#[inline]
fn difference<F: Format>((p, alpha): (F, Up), (t, beta): (F, Up)) -> (F::Acc, Up) {
    let (p, t) = (p.to_acc(), t.to_acc());
    let d = Format::sub(p, t);
    (d, alpha + beta + F::Acc::add_error(p, Format::neg(t), d))
}

/// `fl(2 dy / n)`.
#[inline]
fn factor<F: Format>(n: usize, dy: F) -> F::Acc {
    Count::new(n).divide(dy.to_acc() + dy.to_acc())
}

/// [`factor`] with its radius. Doubling is exact in binary, barring an overflow that the quotient does not survive.
#[inline]
fn factor_ball<F: Format>(n: usize, (dy, delta): (F, Up)) -> (F::Acc, Up) {
    let (quotient, double) = (factor(n, dy), dy.to_acc() + dy.to_acc());
    let doubling = F::Acc::add_error(dy.to_acc(), dy.to_acc(), double);
    (quotient, Count::new(n).divide_error(double, delta + delta + doubling, quotient))
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise, uniform};
    use super::*;
    use crate::format::bf16;

    type S = (D<2>, D<2>);

    #[test]
    fn the_mean_of_squares() {
        let case = Case2::<f32> { a: &[1.0, 2.0, 3.0, 4.0], b: &[0.0, 2.0, 5.0, 4.5], dy: &[2.0], ..Case2::default() };
        let result = elementwise::<Mse, S, S, _>(case);
        assert_eq!(result.y, [(1.0 + 4.0 + 0.25) / 4.0]);
        assert_eq!(result.dx, [vec![1.0, 0.0, -2.0, -0.5], vec![-1.0, 0.0, 2.0, 0.5]]);
        assert!(result.rad_y[0] < 1e-6);
        assert_eq!(result.rad_dx, [vec![0.0; 4], vec![0.0; 4]]);
    }

    #[test]
    fn radii_of_the_differences() {
        let case = Case2::<f64> {
            a: &[1.0, 2.0, 3.0, 4.0],
            b: &[0.0, 2.0, 5.0, 4.0],
            alpha: &[0.5, 0.5, 0.0, 0.0],
            beta: &[0.0, 0.5, 0.5, 0.0],
            dy: &[2.0],
            delta: &[0.25],
        };
        let result = elementwise::<Mse, S, S, _>(case);
        // (2 * 1 * 0.5 + 0.25) + 1 + (2 * 2 * 0.5 + 0.25) + 0
        assert!(result.rad_y[0] >= 4.5 / 4.0 && result.rad_y[0] < 1.125_001);
        // |d| 2 delta / n + |c| deltad + deltad 2 delta / n, with c = 1 and 2 delta / n = 1/8
        for (r, exact) in result.rad_dx[0].iter().zip([0.125 + 0.5 + 0.0625, 1.0 + 0.125, 0.25 + 0.5 + 0.0625, 0.0]) {
            assert!(*r >= exact && *r < exact + 1e-9, "{r} {exact}");
        }
        assert_eq!(result.rad_dx[0], result.rad_dx[1]);
    }

    #[test]
    fn a_node_against_itself_is_zero_however_uncertain() {
        let x = [1.0_f32, 2.0, 3.0, 4.0];
        let case = Case2 { a: &x, b: &x, alpha: &[1.0; 4], beta: &[1.0; 4], dy: &[f32::MAX], delta: &[1.0] };
        for result in [elementwise::<Mse, S, S, _>(case), uniform::<Mse, S, S, _>(case)] {
            assert_eq!((result.y[0], result.rad_y[0]), (0.0, 0.0));
            assert!(result.dx.iter().flatten().all(|x| x.to_bits() == 0));
            assert!(result.rad_dx.iter().flatten().all(|&r| r == 0.0));
        }
        let unknown = [f64::INFINITY, 0.0, 0.0, 0.0];
        let result = elementwise::<Mse, S, S, _>(Case2 { alpha: &unknown, beta: &unknown, ..case });
        assert_eq!((result.rad_y[0], result.rad_dx[0][0], result.rad_dx[0][1]), (f64::INFINITY, f64::INFINITY, 0.0));
    }

    #[test]
    fn an_overflow_is_unbounded() {
        let case = Case2::<f32> { a: &[1e20, 0.0, 0.0, 0.0], b: &[0.0; 4], dy: &[f32::MAX], ..Case2::default() };
        let result = elementwise::<Mse, S, S, _>(case);
        assert_eq!(result.rad_y, [f64::INFINITY]);
        assert!(result.rad_dx.iter().flatten().all(|&r| r == f64::INFINITY));
    }

    #[test]
    fn narrow_formats_round_once_at_the_end() {
        let x = [1.0, 0.1, -0.7, 3.0].map(bf16::from_f64);
        let t = [0.5, 0.2, 0.3, -2.0].map(bf16::from_f64);
        let result = elementwise::<Mse, S, S, _>(Case2 { a: &x, b: &t, dy: &[bf16::ONE], ..Case2::default() });
        let exact = x.iter().zip(&t).map(|(x, t)| (x.to_f64() - t.to_f64()).powi(2)).sum::<f64>() / 4.0;
        assert!((result.y[0].to_f64() - exact).abs() <= result.rad_y[0]);
        assert!(result.rad_y[0] <= result.y[0].half_ulp().get() * 1.001);
    }
}
