//! The radii of a product.

use super::Operand;
use crate::kernel::gemm::{Mat, gemm_f64};
use crate::kernel::wide::{Radius, WideBall};

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
    let [magnitude, radius] = LEAST;
    let present = terms(a, b);
    let factors = [(WideBall::radius as fn(&_) -> _, radius), (WideBall::at_most, magnitude)];
    factor(a, left, present, [(|x: &WideBall<K>| x.mid().at_most(), magnitude), (WideBall::radius, radius)]);
    factor(b, right, present, factors);
    gemm_f64(Mat::row_major(left, m, inner), Mat::row_major(right, n, inner).t(), sums);
}

/// A factor: for each row one half or both of it.
fn factor<const K: usize>(
    operand: &Operand<'_, K>,
    out: &mut [f64],
    present: [bool; 2],
    halves: [(fn(&WideBall<K>) -> Radius, i64); 2],
) {
    let k = operand.balls.cols;
    let mut chunks = out.chunks_exact_mut(k);
    for (i, unit) in operand.exponents.iter().enumerate() {
        for (size, least) in present.into_iter().zip(halves).filter_map(|(present, half)| present.then_some(half)) {
            let Some(chunk) = chunks.next() else { return };
            for (x, ball) in chunk.iter_mut().zip(operand.row(i)) {
                *x = size(&ball).in_units(*unit, least);
            }
        }
    }
}

/// At least what `terms` products sum up to, from what f64 has made of it: no sum of as many that are not negative loses more than a factor `(1 - 2^-53)^(terms + 1)`, whatever
/// its order, the product below another, and `(1 - 2^-53)^-(terms + 2) <= 1 + (terms + 3) 2^-52`.
#[inline]
pub(super) fn radius(sum: f64, terms: usize) -> Radius {
    Radius::of_f64(sum * (1.0 + (terms + 3) as f64 * f64::EPSILON))
}
