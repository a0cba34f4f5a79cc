//! [`Elementwise`]: one radius for each element.

use std::ops::Range;

use super::{BallMat, Domain, Rule, Up};
use crate::format::{Format, product_error};
use crate::kernel::dispatch::{Loop, widest};
use crate::kernel::gemm::{Mat, gemm_f64};
use crate::kernel::scratch::with_scratch;

/// One number for each element: the tightest domain, at the cost of one or two more products for each product.
#[derive(Debug, Clone, Copy, Default)]
pub struct Elementwise;

/// Writes each of the radii that a rule gives.
struct Each;

impl<R: Rule> Loop<(&mut [f64], R)> for Each {
    type Output = ();

    #[inline(always)]
    fn run((radii, rule): (&mut [f64], R)) {
        let rule = rule.limited_to(radii.len());
        for (i, out) in radii.iter_mut().enumerate() {
            *out = rule.radius(i).get();
        }
    }
}

impl Domain for Elementwise {
    const NAME: &'static str = "Elementwise";

    #[inline]
    fn len(numel: usize) -> usize {
        numel
    }

    #[inline]
    fn range(_: usize, offset: usize, numel: usize) -> Range<usize> {
        offset..offset + numel
    }

    #[inline]
    fn context_len(_: usize, size: usize) -> usize {
        size
    }

    #[inline]
    fn at(radii: &[f64], i: usize) -> Up {
        Up::new(radii[i])
    }

    #[inline]
    fn fill(radii: &mut [f64], numel: usize, rule: impl Rule) {
        widest::<Each, _>((&mut radii[..numel], rule));
    }

    #[inline]
    fn accumulate(radii: &mut [f64], other: &[f64], numel: usize, rounding: impl Fn(usize) -> Up) {
        for (i, (out, &other)) in radii[..numel].iter_mut().zip(other).enumerate() {
            *out = (Up::new(*out) + Up::new(other) + rounding(i)).get();
        }
    }

    /// With `R_A`, `R_B` the radii of the operands and `κ` the rounding constant of the product,
    ///
    /// ```text
    /// |fl(AB) - A*B*| <= κ|A||B| + |A| R_B + R_A |B| + R_A R_B = |A| (R_B + κ|B|) + R_A (|B| + R_B)
    /// ```
    ///
    /// which is two products of non-negative matrices, the second only where `A` has radii. Each is computed in f64 and
    /// inflated by its `k` products and sums at the end (see [`Up::of_sum`]).
    fn product<F: Format>(a: BallMat<'_, F>, b: BallMat<'_, F>, y: &[F], radii: &mut [f64]) {
        let (k, m, n) = (a.mid.cols, a.mid.data.len(), b.mid.data.len());
        let error = product_error::<F>(k);
        let a_is_exact = a.rad.iter().all(|&r| r == 0.0);
        with_scratch([m, n, radii.len()], |[left, right, second]: [&mut [f64]; 3]| {
            for (out, x) in left.iter_mut().zip(a.mid.data) {
                *out = x.to_f64().abs();
            }
            for ((out, x), &rad) in right.iter_mut().zip(b.mid.data).zip(b.rad) {
                *out = (Up::new(rad) + error.relative * x.magnitude()).get();
            }
            gemm_f64(a.mid.over(left), b.mid.over(right), radii);
            if a_is_exact {
                second.fill(0.0);
            } else {
                for ((out, x), &rad) in right.iter_mut().zip(b.mid.data).zip(b.rad) {
                    *out = (x.magnitude() + Up::new(rad)).get();
                }
                gemm_f64(Mat { data: a.rad, ..a.mid.over(left) }, b.mid.over(right), second);
            }
            for ((out, &other), y) in radii.iter_mut().zip(&*second).zip(y) {
                let bound = Up::of_sum(*out, 2 * k) + Up::of_sum(other, 2 * k) + error.absolute;
                let rounding = if F::ROUNDS_ONCE { y.half_ulp() } else { Up::ZERO };
                *out = if y.is_finite() { (bound + rounding).get() } else { f64::INFINITY };
            }
        });
    }
}
