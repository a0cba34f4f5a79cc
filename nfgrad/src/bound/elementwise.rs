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
        let numel = radii.len();
        rule.limited_to(numel).each(numel, |i, radius| radii[i] = radius.get());
    }
}

/// `factor |x| + rad`, element by element: an operand of the products of magnitudes.
struct Scaled<'a, F> {
    x: &'a [F],
    factor: Up,
    rad: Option<&'a [f64]>,
}

impl<F: Format> Rule for Scaled<'_, F> {
    #[inline(always)]
    fn radius(&self, i: usize) -> Up {
        let scaled = self.factor * self.x[i].magnitude();
        match self.rad {
            Some(rad) => scaled + Up::new(rad[i]),
            None => scaled,
        }
    }

    #[inline(always)]
    fn limited_to(self, numel: usize) -> Self {
        Self { x: &self.x[..numel], rad: self.rad.map(|rad| &rad[..numel]), ..self }
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
    fn fill_part(radii: &mut [f64], range: Range<usize>, rule: impl FnOnce(&mut [f64])) {
        rule(&mut radii[range]);
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
            Self::fill(left, m, Scaled { x: a.mid.data, factor: Up::new(1.0), rad: None });
            Self::fill(right, n, Scaled { x: b.mid.data, factor: error.relative, rad: Some(b.rad) });
            gemm_f64(a.mid.over(left), b.mid.over(right), radii);
            if !a_is_exact {
                Self::fill(right, n, Scaled { x: b.mid.data, factor: Up::new(1.0), rad: Some(b.rad) });
                gemm_f64(Mat { data: a.rad, ..a.mid.over(left) }, b.mid.over(right), second);
                for (sum, second) in radii.iter_mut().zip(&*second) {
                    *sum += second;
                }
            }
            for (out, y) in radii.iter_mut().zip(y) {
                let rounding = if F::ROUNDS_ONCE { y.half_ulp() } else { Up::ZERO };
                let bound = Up::of_sum(*out, 2 * k + 1) + error.absolute + rounding;
                *out = if y.is_finite() { bound.get() } else { f64::INFINITY };
            }
        });
    }
}
