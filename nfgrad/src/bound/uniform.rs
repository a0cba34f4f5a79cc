//! [`Uniform`]: one radius for each tensor.

use std::ops::Range;

use super::{BallMat, Domain, Up};
use crate::format::{Format, product_error};
use crate::kernel::norms::row_norms;

/// One number for each tensor: the largest error of its elements. TorchLean's `linf`.
///
/// The cheapest domain: the radius of a product comes from norms, `O(mk + kn)` beside the `O(mkn)` of the product.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uniform;

/// Maxima that are taken side by side.
const LANES: usize = 8;

impl Domain for Uniform {
    const NAME: &'static str = "Uniform";

    #[inline]
    fn len(_: usize) -> usize {
        1
    }

    #[inline]
    fn range(position: usize, _: usize, _: usize) -> Range<usize> {
        position..position + 1
    }

    #[inline]
    fn context_len(entries: usize, _: usize) -> usize {
        entries
    }

    #[inline]
    fn at(radii: &[f64], _: usize) -> Up {
        Up::new(radii[0])
    }

    #[inline]
    fn fill(radii: &mut [f64], numel: usize, radius: impl Fn(usize) -> Up) {
        let mut lanes = [Up::ZERO; LANES];
        let whole = numel - numel % LANES;
        for start in (0..whole).step_by(LANES) {
            for (lane, worst) in lanes.iter_mut().enumerate() {
                *worst = worst.max(radius(start + lane));
            }
        }
        for (worst, i) in lanes.iter_mut().zip(whole..numel) {
            *worst = worst.max(radius(i));
        }
        radii[0] = lanes.into_iter().fold(Up::ZERO, Up::max).get();
    }

    #[inline]
    fn accumulate(radii: &mut [f64], other: &[f64], numel: usize, rounding: impl Fn(usize) -> Up) {
        let before = Up::new(radii[0]) + Up::new(other[0]);
        Self::fill(radii, numel, |i| before + rounding(i));
    }

    /// With `α`, `β` the radii of the operands and `κ` the rounding constant of the product,
    ///
    /// ```text
    /// |fl(AB) - A*B*| <= κ |A||B| + |A| β + α |B| + α β     entry by entry, A* and B* the real matrices
    ///                 <= κ max‖aᵢ‖₂ max‖bⱼ‖₂ + max‖aᵢ‖₁ β + α max‖bⱼ‖₁ + k α β
    /// ```
    ///
    /// by Cauchy-Schwarz in the first term (Higham 2002, section 3.5, with the summation bound of `product_error`).
    fn product<F: Format>(a: BallMat<'_, F>, b: BallMat<'_, F>, y: &[F], radii: &mut [f64]) {
        let k = a.mid.cols;
        let (alpha, beta) = (Up::new(a.rad[0]), Up::new(b.rad[0]));
        let (rows, columns) = (row_norms(a.mid), row_norms(b.mid.t()));
        let error = product_error::<F>(k);
        #[allow(clippy::cast_precision_loss, reason = "an inner length below 2^50 is exact in f64")]
        let propagated = rows.max_one * beta + alpha * columns.max_one + Up::new(k as f64) * alpha * beta;
        let rounding = error.relative * rows.max_two * columns.max_two + error.absolute;
        let bound = propagated + rounding;
        if F::ROUNDS_ONCE {
            Self::fill(radii, y.len(), |i| bound + y[i].half_ulp());
        } else {
            radii[0] = if F::all_finite(y) { bound.get() } else { f64::INFINITY };
        }
    }
}
