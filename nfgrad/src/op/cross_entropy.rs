//! The cross-entropy of logits and a target distribution along the last axis, `-Σ t log softmax(z)`: `[s, c], [s, c] -> [s]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(Σ fl(tⱼ gⱼ))`, `gⱼ = fl(L - sⱼ)`, `sⱼ = fl(zⱼ - max z)`, `L = ln(1 + Σ e^sₖ)` over all but the largest entry |
//! | Cotangent of `z` | `z̄ⱼ = fl(ȳ vⱼ)`, `vⱼ = pⱼ Σ t - tⱼ`, `p` the softmax of `z` |
//! | Cotangent of `t` | `t̄ⱼ = fl(ȳ gⱼ)` |
//!
//! All is computed in the accumulator and rounded once to the format. No term `tⱼ gⱼ` is negative where `t` is a
//! distribution, so nothing cancels; for a one-hot `t` the sum is one product by 1, and exact. The sequence of operations
//! for `g` and `v`, and the bounds `γ` of both with their proof, are those of a row of logits: `softmax.rs`.
//!
//! # Error bound
//!
//! ```text
//! |y - y*|   <= Σ (|tⱼ| γⱼ + (|gⱼ| + γⱼ) τⱼ + |fl(tⱼ gⱼ) - tⱼ gⱼ|) + κ Σ |fl(tⱼ gⱼ)| + |y - acc|
//! |z̄ⱼ - z̄*ⱼ| <= |ȳ| γ(vⱼ) + (|vⱼ| + γ(vⱼ)) δ + |fl(ȳ vⱼ) - ȳ vⱼ| + |z̄ⱼ - acc|
//! ```
//!
//! and the second line with `g` for `v` for the target: products, and a sum of products with `κ` of
//! [`sum_error`], whose height is no more than the number of nonzero terms less one.

use std::ops::Range;

use super::axis::Rows;
use super::rounding::{guarded, narrowing_error, product_error};
use super::softmax::{Pull, PullBall, Row, RowBall};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, Up};
use crate::format::{Format, sum_error};
use crate::kernel::reduce::{sum_height, sum_of};
use crate::kernel::scratch::with_scratch;

/// The cross-entropy along the last axis; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct CrossEntropy;

impl<S: Rows> Op<(S, S)> for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    type Out = S::Each;

    #[inline]
    fn forward<F: Format>([z, t]: [&[F]; 2], y: &mut [F]) {
        with_scratch([S::LEN], |[weights]: [&mut [f64]; 1]| {
            for (row, y) in y.iter_mut().enumerate() {
                let (z, t) = (&z[row * S::LEN..][..S::LEN], &t[row * S::LEN..][..S::LEN]);
                *y = F::from_acc(value(&Row::new(z, weights), z, t));
            }
        });
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([z, t]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
        with_scratch([S::LEN, y.len()], |[weights, each]: [&mut [f64]; 2]| {
            for (row, (each, &y)) in each.iter_mut().zip(y).enumerate() {
                let start = row * S::LEN;
                *each = guarded(y, row_radius(&RowBall::new(z, start, weights), z, t, start..start + S::LEN, y)).get();
            }
            D::fill(radii, y.len(), |row: usize| Up::new(each[row]));
        });
    }

    #[inline]
    fn vjp<F: Format>([z, t]: [&[F]; 2], _: &[F], dy: &[F], [mut dz, mut dt]: [Option<&mut [F]>; 2]) {
        if dz.is_none() && dt.is_none() {
            return;
        }
        with_scratch([S::LEN], |[weights]: [&mut [f64]; 1]| {
            for (row, dy) in dy.iter().enumerate() {
                let range = row * S::LEN..(row + 1) * S::LEN;
                let (z, t, dy) = (&z[range.clone()], &t[range.clone()], dy.to_acc());
                let row = Row::new(z, weights);
                if let Some(dz) = dz.as_deref_mut() {
                    Pull::new(&row, t).write(&row, weights, t, &mut dz[range.clone()], |v| F::from_acc(dy * v));
                }
                if let Some(dt) = dt.as_deref_mut() {
                    for (dt, z) in dt[range].iter_mut().zip(z) {
                        *dt = F::from_acc(dy * row.loss(z.to_acc()));
                    }
                }
            }
        });
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [z, t]: [Ball<'_, F, D>; 2],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dz, dt]: [Option<Contribution<'_, F>>; 2],
    ) {
        with_scratch([S::LEN, S::NUMEL], |[weights, each]: [&mut [f64]; 2]| {
            if let Some(Contribution { mid, radii }) = dz {
                for start in (0..S::NUMEL).step_by(S::LEN.max(1)) {
                    let row = PullBall::new(RowBall::new(z, start, weights), t, start);
                    for i in start..start + S::LEN {
                        let ((z, zeta), (t, tau)) = (z.get(i), t.get(i));
                        let v = row.entry(i - start, (z.to_acc(), zeta), (t.to_acc(), tau));
                        each[i] = contribution_radius(dy.get(start / S::LEN), v, mid[i]).get();
                    }
                }
                D::fill(radii, S::NUMEL, |i: usize| Up::new(each[i]));
            }
            if let Some(Contribution { mid, radii }) = dt {
                for start in (0..S::NUMEL).step_by(S::LEN.max(1)) {
                    let row = RowBall::new(z, start, weights);
                    for i in start..start + S::LEN {
                        let (z, zeta) = z.get(i);
                        let loss = row.loss(i - start, z.to_acc(), zeta);
                        each[i] = contribution_radius(dy.get(start / S::LEN), loss, mid[i]).get();
                    }
                }
                D::fill(radii, S::NUMEL, |i: usize| Up::new(each[i]));
            }
        });
    }
}

/// `Σ fl(t g)` in the accumulator.
#[inline]
fn value<F: Format>(row: &Row<F::Acc>, z: &[F], t: &[F]) -> F::Acc {
    sum_of::<F>(z.len(), |j| t[j].to_acc() * row.loss(z[j].to_acc()))
}

/// At least the error of `y`, the value of the row of the elements `range`.
fn row_radius<F: Format, D: Domain>(
    row: &RowBall<'_, F::Acc>,
    z: Ball<'_, F, D>,
    t: Ball<'_, F, D>,
    range: Range<usize>,
    y: F,
) -> Up {
    let (mut magnitude, mut errors, mut nonzero) = (Up::ZERO, row.unknown(), 0_usize);
    for i in range.clone() {
        let ((z, zeta), (t, tau)) = (z.get(i), t.get(i));
        if t == F::ZERO && tau == Up::ZERO {
            continue;
        }
        let (t, loss) = (t.to_acc(), row.loss(i - range.start, z.to_acc(), zeta));
        let product = Format::mul(t, loss.0);
        magnitude += product.magnitude();
        errors += product_error((t, tau), loss) + F::Acc::mul_error(t, loss.0, product);
        nonzero += 1;
    }
    let tree = sum_error::<F>(sum_height::<F>(range.len()).min(nonzero.saturating_sub(1))).relative * magnitude;
    errors + tree + narrowing_error(value(&row.row, &z.mid[range.clone()], &t.mid[range]), y)
}

/// At least the error of `out`, which is `fl(dy factor)`.
#[inline]
fn contribution_radius<F: Format>((dy, delta): (F, Up), factor: (F::Acc, Up), out: F) -> Up {
    let product = Format::mul(dy.to_acc(), factor.0);
    let rounding = F::Acc::mul_error(dy.to_acc(), factor.0, product) + narrowing_error(product, out);
    guarded(out, product_error((dy.to_acc(), delta), factor) + rounding)
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case2, elementwise, uniform};
    use super::*;
    use crate::format::bf16;

    type Pair = (D<2>, D<3>);

    #[test]
    fn one_hot_targets_pick_a_logarithm() {
        // softmax(0, ln 2, ln 3) is (1, 2, 3)/6.
        let z = [0.0, 2_f64.ln(), 3_f64.ln(), 5.0, 5.0, 5.0];
        let t = [0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        let result =
            elementwise::<CrossEntropy, Pair, Pair, _>(Case2 { a: &z, b: &t, dy: &[1.0, 3.0], ..Case2::default() });
        for (y, exact) in result.y.iter().zip([3_f64.ln(), 3_f64.ln()]) {
            assert!((y - exact).abs() < 1e-15);
        }
        for (dz, exact) in result.dx[0].iter().zip([1.0 / 6.0, -2.0 / 3.0, 0.5, 1.0, 1.0, -2.0]) {
            assert!((dz - exact).abs() < 1e-15);
        }
        for (dt, exact) in result.dx[1].iter().zip([6_f64.ln(), 3_f64.ln(), 2_f64.ln()]) {
            assert!((dt - exact).abs() < 1e-15);
        }
        let all = result.rad_y.iter().chain(result.rad_dx.iter().flatten());
        assert!(all.clone().all(|&r| r > 0.0 && r < 2e-14), "{all:?}");
    }

    #[test]
    fn a_row_that_is_nearly_certain_keeps_its_relative_accuracy() {
        let z = [30.0_f32, 0.0, 1.0];
        let result = elementwise::<CrossEntropy, (D<1>, D<3>), (D<1>, D<3>), _>(Case2 {
            a: &z,
            b: &[1.0, 0.0, 0.0],
            dy: &[1.0],
            ..Case2::default()
        });
        let rest = (-30_f64).exp() + (-29_f64).exp();
        for (computed, radius, exact) in [
            (result.y[0], result.rad_y[0], rest.ln_1p()),
            (result.dx[0][0], result.rad_dx[0][0], -rest / (1.0 + rest)),
            (result.dx[0][1], result.rad_dx[0][1], (-30_f64).exp() / (1.0 + rest)),
        ] {
            let error = (f64::from(computed) - exact).abs();
            assert!(error <= radius && radius < 1e-6 * exact.abs(), "{computed} {radius} {exact}");
        }
        // An uncertain input moves the nearly certain entry by as little as its derivative says.
        let case = Case2 { a: &z, b: &[1.0, 0.0, 0.0], alpha: &[1e-3; 3], dy: &[1.0], ..Case2::default() };
        let result = elementwise::<CrossEntropy, (D<1>, D<3>), (D<1>, D<3>), _>(case);
        for radius in [result.rad_y[0], result.rad_dx[0][0]] {
            assert!(radius >= 2e-3 * rest && radius < 2.02e-3 * rest);
        }
    }

    #[test]
    fn one_class_is_certain() {
        let x = [7.0_f32];
        let result = elementwise::<CrossEntropy, (D<1>,), (D<1>,), _>(Case2 {
            a: &x,
            b: &[1.0],
            alpha: &[0.5],
            dy: &[3.0],
            ..Case2::default()
        });
        assert_eq!((result.y[0], result.rad_y[0]), (0.0, 0.0));
        assert_eq!((result.dx[0][0], result.rad_dx[0][0]), (0.0, 0.0));
        let none =
            elementwise::<CrossEntropy, (D<2>, D<0>), (D<2>, D<0>), f32>(Case2 { dy: &[1.0; 2], ..Case2::default() });
        assert_eq!((none.y, none.rad_y), (vec![0.0; 2], vec![0.0; 2]));
    }

    #[test]
    fn what_is_not_finite_is_unbounded_and_stays_in_its_row() {
        let t = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0];
        for bad in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            let result = elementwise::<CrossEntropy, Pair, Pair, _>(Case2 {
                a: &[bad, 0.0, 1.0, 0.0, 1.0, 2.0],
                b: &t,
                dy: &[1.0; 2],
                ..Case2::default()
            });
            assert!(result.rad_y[0] == f64::INFINITY && result.rad_y[1] < 1e-5, "{bad}: {:?}", result.rad_y);
            assert!(result.rad_dx[0][..3].iter().all(|&r| r == f64::INFINITY), "{bad}: {:?}", result.rad_dx);
            assert!(result.rad_dx[0][3..].iter().all(|&r| r < 1e-5));
        }
        let case = Case2 {
            a: &[0.0_f32; 6],
            b: &t,
            alpha: &[f64::INFINITY, 0.0, 0.0, 0.0, 0.0, 0.0],
            dy: &[1.0; 2],
            ..Case2::default()
        };
        let result = elementwise::<CrossEntropy, Pair, Pair, _>(case);
        assert!(result.rad_y[0] == f64::INFINITY && result.rad_y[1] < 1e-5);
        assert!(
            result
                .rad_dx
                .iter()
                .all(|r| r[..3].iter().all(|&r| r == f64::INFINITY) && r[3..].iter().all(|&r| r < 1e-5))
        );
        assert_eq!(uniform::<CrossEntropy, Pair, Pair, _>(case).rad_y, [f64::INFINITY]);
        let case = Case2 {
            a: &[0.0_f32; 6],
            b: &[f32::INFINITY, 0.0, 0.0, 0.0, 1.0, 0.0],
            dy: &[1.0, f32::NAN],
            ..Case2::default()
        };
        let result = elementwise::<CrossEntropy, Pair, Pair, _>(case);
        assert!(result.rad_y[0] == f64::INFINITY && result.rad_y[1] < 1e-5);
        assert!(result.rad_dx[0].iter().all(|&r| r == f64::INFINITY));
    }

    #[test]
    fn a_masked_class_may_be_far_away() {
        let z = [bf16::from_f64(-1e30), bf16::ONE, bf16::ZERO];
        let t = [bf16::ZERO, bf16::ONE, bf16::ZERO];
        let result = elementwise::<CrossEntropy, (D<3>,), (D<3>,), _>(Case2 {
            a: &z,
            b: &t,
            dy: &[bf16::ONE],
            ..Case2::default()
        });
        let exact = (-1_f64).exp().ln_1p();
        assert!((result.y[0].to_f64() - exact).abs() <= result.rad_y[0] && result.rad_y[0] < 2e-3);
        assert!(result.rad_dx[0].iter().all(|&r| r < 2e-3));
    }
}
