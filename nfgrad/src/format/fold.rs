//! Sums and products one term after another, every operation rounded: TorchLean's order, and what its error is.

use super::{Accumulation, Accumulator, product_tree_error, tree_error};
use crate::bound::Up;
use crate::kernel::gemm::Mat;

/// `C = A B`: an entry is `fl(… fl(fl(a₀ b₀) + fl(a₁ b₁)) + …)`.
pub(super) fn fold_product<A: Accumulator>(a: Mat<'_, A>, b: Mat<'_, A>, c: &mut [A]) {
    fold_product_of(a, b, c, |x| x, |sum| sum);
}

/// The same of numbers that are widened first, with sums that are rounded once.
pub(super) fn fold_product_of<F: Copy, A: Accumulator>(
    a: Mat<'_, F>,
    b: Mat<'_, F>,
    c: &mut [F],
    widen: impl Fn(F) -> A,
    narrow: impl Fn(A) -> F,
) {
    let at = |m: &Mat<'_, F>, i: usize, j: usize| widen(m.data[i * m.row_stride + j * m.col_stride]);
    for (i, row) in c.chunks_mut(b.cols.max(1)).enumerate() {
        for (j, entry) in row.iter_mut().enumerate() {
            let products = (0..a.cols).map(|k| at(&a, i, k) * at(&b, k, j));
            *entry = narrow(products.reduce(|sum, product| sum + product).unwrap_or_else(A::zero));
        }
    }
}

/// The error of `n` additions one after another, with unit roundoff `u`: at most `n u Σ|x|` if each is to nearest, whatever
/// `n` is (Jeannerod and Rump 2013, "Improved error bounds for inner products in floating-point arithmetic"), otherwise that
/// of any tree.
pub(super) fn fold_error(u: f64, to_nearest: bool, additions: usize) -> Accumulation {
    let linear = Up::new(additions as f64) * Up::new(u);
    if to_nearest { Accumulation { relative: linear, absolute: Up::ZERO } } else { tree_error(u, additions) }
}

/// The error of an inner product of length `k`, each product off by at most `u |p| + η`.
///
/// To nearest, the sum of the rounded products is off by at most `(k - 1) u Σ|fl(p)|`, and `|fl(p)| <= (1 + u) |p| + η`:
/// altogether `(k u + (k - 1) u²) Σ|p| + k η (1 + (k - 1) u)`.
pub(super) fn product_fold_error([u, eta]: [f64; 2], to_nearest: bool, k: usize) -> Accumulation {
    if !to_nearest {
        return product_tree_error(u, eta, k, k);
    }
    let (n, u) = (Up::new(k as f64), Up::new(u));
    let sums = Up::new(k.saturating_sub(1) as f64) * u;
    Accumulation { relative: n * u + sums * u, absolute: n * Up::new(eta) * (Up::new(1.0) + sums) }
}

#[cfg(test)]
mod tests {
    use super::super::growth;
    use super::*;

    #[test]
    fn to_nearest_the_error_is_linear() {
        let linear = fold_error(0.125, true, 100).relative.get();
        assert!((12.5..12.6).contains(&linear) && growth(0.125, 100).get() > 1e4);
        assert!(fold_error(0.125, false, 100).relative == growth(0.125, 100));
        assert_eq!(fold_error(0.125, true, 0).relative, Up::ZERO);
    }
}
