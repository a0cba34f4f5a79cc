//! [`Elementwise`]: one radius for each element.

use std::ops::Range;

use super::{BallMat, Domain, Rule, Up};
use crate::format::{Accumulator, Format, product_error};
use crate::kernel::dispatch::{Loop, widest};
use crate::kernel::gemm::{Mat, gemm_f64};
use crate::kernel::scratch::with_scratch;

/// One number for each element: the tightest domain for a single op, at the cost of one or two more products for each product.
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

/// The radii of a product of which every entry is a left fold.
fn product_of_folds<F: Format>(a: BallMat<'_, F>, b: BallMat<'_, F>, y: &[F], radii: &mut [f64]) {
    let (k, m, n) = (a.mid.cols, a.mid.data.len(), b.mid.data.len());
    let (one, len) = (Up::new(1.0), radii.len());
    let is_exact = a.rad.iter().chain(b.rad).all(|&r| r == 0.0);
    with_scratch([m, n, len, len], |[left, right, size, wide]: [&mut [f64]; 4]| {
        measured_products(a.mid, b.mid, [&mut *left, &mut *right], [&mut *size, &mut *wide]);
        let rounding = |i: usize| measured_rounding::<F>(k, y[i], wide[i], Up::of_sum(size[i], 2 * k));
        radii.iter_mut().enumerate().for_each(|(i, out)| *out = rounding(i).get());
        if is_exact {
            return;
        }
        // |A| R_B + R_A (|B| + R_B), in the room of what has been read.
        Elementwise::fill(left, m, Scaled { x: a.mid.data, factor: one, rad: None });
        gemm_f64(a.mid.over(left), Mat { data: b.rad, ..b.mid.over(right) }, size);
        Elementwise::fill(right, n, Scaled { x: b.mid.data, factor: one, rad: Some(b.rad) });
        gemm_f64(Mat { data: a.rad, ..a.mid.over(left) }, b.mid.over(right), wide);
        for (out, (first, second)) in radii.iter_mut().zip(size.iter().zip(&*wide)) {
            *out = (Up::new(*out) + Up::of_sum(first + second, 2 * k + 1)).get();
        }
    });
}

/// `|A||B|` and `A B` in f64.
fn measured_products<F: Format>(
    a: Mat<'_, F>,
    b: Mat<'_, F>,
    [left, right]: [&mut [f64]; 2],
    [size, wide]: [&mut [f64]; 2],
) {
    let copy = |x: &[F], out: &mut [f64]| out.iter_mut().zip(x).for_each(|(out, x)| *out = x.to_f64());
    copy(a.data, left);
    copy(b.data, right);
    gemm_f64(a.over(left), b.over(right), wide);
    for x in left.iter_mut().chain(right.iter_mut()) {
        *x = x.abs();
    }
    gemm_f64(a.over(left), b.over(right), size);
}

/// At least `|y - a b|` for an inner product `y` of length `k`, given the same in f64 and `size >= |a||b|`: the distance between the two,
/// and what f64 loses. No more than the bound from before, `κ size`.
fn measured_rounding<F: Format>(k: usize, y: F, wide: f64, size: Up) -> Up {
    if !y.is_finite() {
        return Up::INFINITY;
    }
    let (bounded, own) = (product_error::<F>(k), product_error::<f64>(k));
    // Both factors are converted to f64.
    let relative = own.relative + Up::new(3.0 * F::CONVERSION);
    // The size is that of the converted factors, and so is the one that the first bound is to have.
    let size = size * Up::new(1.0 + 3.0 * F::CONVERSION);
    let measured = y.distance(wide) + relative * size + own.absolute;
    measured.min(bounded.relative * size + bounded.absolute)
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
    ///
    /// Where products are left folds, which are slow anyway, `κ|A||B|` gives way to the rounding that is measured.
    fn product<F: Format>(a: BallMat<'_, F>, b: BallMat<'_, F>, y: &[F], radii: &mut [f64]) {
        // A sum of nothing is 0, in the reals too.
        if a.mid.cols == 0 {
            return radii.fill(0.0);
        }
        if F::Acc::LEFT_FOLD && !F::ROUNDS_ONCE {
            return product_of_folds(a, b, y, radii);
        }
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
