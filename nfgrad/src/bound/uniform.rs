//! [`Uniform`]: one radius for each tensor.

use std::ops::Range;

use super::{BallMat, Domain, Rule, Up};
use crate::format::{Accumulator, Format, product_error};
use crate::kernel::dispatch::{Loop, widest};
use crate::kernel::norms::{max_row_norm_1, max_row_norm_2};

/// One number for each tensor: the largest error of its elements. TorchLean's `linf`.
///
/// The cheapest domain: the radius of a product comes from norms, `O(mk + kn)` beside the `O(mkn)` of the product.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uniform;

/// The largest of the radii that a rule gives.
struct Largest;

impl<R: Rule> Loop<(usize, R)> for Largest {
    type Output = Up;

    /// Non-negative numbers are ordered as their bits are, and a NaN comes after ∞; and a maximum of integers, unlike one
    /// of floats, may be taken in any order, so it is vectorised.
    #[inline(always)]
    fn run((numel, rule): (usize, R)) -> Up {
        let mut largest = 0;
        rule.limited_to(numel).each(numel, |_, radius| largest = radius.get().to_bits().max(largest));
        Up::new(f64::from_bits(largest))
    }
}

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
    fn fill(radii: &mut [f64], numel: usize, rule: impl Rule) {
        radii[0] = widest::<Largest, _>((numel, rule)).get();
    }

    #[inline]
    fn fill_part(radii: &mut [f64], range: Range<usize>, rule: impl FnOnce(&mut [f64])) {
        let mut part = [0.0];
        rule(&mut part);
        let before = if range.start == 0 { Up::ZERO } else { Up::new(radii[0]) };
        radii[0] = before.max(Up::new(part[0])).get();
    }

    #[inline]
    fn accumulate(radii: &mut [f64], other: &[f64], numel: usize, rounding: impl Fn(usize) -> Up) {
        let before = Up::new(radii[0]) + Up::new(other[0]);
        Self::fill(radii, numel, |i: usize| before + rounding(i));
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
        // A sum of nothing is 0, in the reals too.
        if a.mid.cols == 0 {
            return radii.fill(0.0);
        }
        let k = a.mid.cols;
        let (alpha, beta) = (Up::new(a.rad[0]), Up::new(b.rad[0]));
        let error = product_error::<F>(k);
        let magnitude = max_row_norm_2(a.mid) * max_row_norm_2(b.mid.t());
        let mut bound = error.relative * magnitude + error.absolute;
        // Inputs and weights are mostly exact: a norm that would be multiplied by 0 is not computed.
        if beta != Up::ZERO {
            bound += max_row_norm_1(a.mid) * beta;
        }
        if alpha != Up::ZERO {
            bound += alpha * max_row_norm_1(b.mid.t());
        }
        let both = Up::new(k as f64) * alpha * beta;
        bound += both;
        if F::ROUNDS_ONCE {
            Self::fill(radii, y.len(), |i: usize| bound + y[i].half_ulp());
        } else {
            // No product and no partial sum is larger than `(1 + u)^h |a||b| <= 2 max‖aᵢ‖₂ max‖bⱼ‖₂`, so mostly it is known
            // without a look at `y` that none overflowed.
            let fits = error.relative.get() <= 1.0 && (magnitude * Up::new(2.0)).get() < F::Acc::LARGEST;
            radii[0] = if fits || F::all_finite(y) { bound.get() } else { f64::INFINITY };
        }
    }
}
