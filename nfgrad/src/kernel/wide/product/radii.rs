//! The radii of a product.

use super::Operand;
use crate::kernel::gemm::{Mat, gemm_f64};

/// No magnitude is less than this part of the largest of its row, but 0; and no radius less than that part.
///
/// So a product is 0 or at least `2^-1000`: none underflows.
const LEAST: [i64; 2] = [-400, -600];

/// How many terms the radius of an entry has, for each of the terms of the product.
fn terms<const K: usize>(a: &Operand<'_, K>, b: &Operand<'_, K>) -> [bool; 2] {
    [!b.exact, !a.exact]
}

/// The length of the sums that the radii are.
pub(super) fn inner<const K: usize>(a: &Operand<'_, K>, b: &Operand<'_, K>) -> usize {
    terms(a, b).iter().filter(|present| **present).count() * a.balls.cols
}

/// `|A| S + R (|B| + S)` in units of the operands, as f64 sums it up: one product, of `(|A|, R)` and `(S, |B| + S)`.
///
/// All factors are rounded up, in the units of their midpoints: so magnitudes are at most 1. An unknown radius is an infinite factor, as is one beyond `2^1000` units;
/// what it meets is infinite or a NaN, and unknown.
pub(super) fn sums<const K: usize>(
    a: &Operand<'_, K>,
    b: &Operand<'_, K>,
    left: &mut [f64],
    right: &mut [f64],
    sums: &mut [f64],
) {
    let (m, n, inner) = (a.balls.rows, b.balls.rows, inner(a, b));
    if inner == 0 {
        return sums.fill(0.0);
    }
    let present = terms(a, b);
    factor(a, left, present, |magnitude, radius| [magnitude, radius]);
    // The sum is rounded once, and then up.
    factor(b, right, present, |magnitude, radius| [radius, (magnitude + radius) * (1.0 + 2.0 * f64::EPSILON)]);
    gemm_f64(Mat::row_major(left, m, inner), Mat::row_major(right, n, inner).t(), sums);
}

/// A factor: for each row one half or both of it, made of the magnitudes and the radii.
#[inline]
fn factor<const K: usize>(
    operand: &Operand<'_, K>,
    out: &mut [f64],
    [first, second]: [bool; 2],
    halves: impl Fn(f64, f64) -> [f64; 2],
) {
    let Mat { data, cols, row_stride, col_stride, .. } = operand.balls;
    let [magnitude, radius] = LEAST;
    let width = cols * (usize::from(first) + usize::from(second));
    for (i, (row, &unit)) in out.chunks_exact_mut(width).zip(operand.exponents).enumerate() {
        let place = if first { cols } else { 0 };
        for p in 0..cols {
            let ball = &data[i * row_stride + p * col_stride];
            let both = halves(ball.mid().in_units(unit, magnitude), ball.radius().in_units(unit, radius));
            if first {
                row[p] = both[0];
            }
            if second {
                row[place + p] = both[1];
            }
        }
    }
}

/// By what the sum of `terms` products is to be multiplied, to be at least what it stands for, also when a number is added and the result rounded: no sum of as many that are not negative loses more than a factor
/// `(1 - 2^-53)^(terms + 1)`, whatever its order, the product and the sum below another each, and `(1 - 2^-53)^-(terms + 3) <= 1 + (terms + 4) 2^-52`.
#[inline]
pub(super) fn growth(terms: usize) -> f64 {
    1.0 + (terms + 4) as f64 * f64::EPSILON
}
