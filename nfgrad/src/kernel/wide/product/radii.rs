//! The radii of a product.

use super::Operand;
use crate::kernel::gemm::{Mat, gemm_f64};
use crate::kernel::scratch::with_buffers;
use crate::kernel::wide::{Radius, WideBall};

/// Calls `body` with the radius of each entry, without what is left out of the midpoints: `|A| S + R (|B| + S)`.
///
/// Each of the two products is one of f64: the factors are rounded up, in units of a power of two for each row of the left and each column of the right one,
/// in which all are below 2. They are 0 or at least `2^-400` ([`Radius::scaled_f64`]), so products do not underflow. A sum of `k` products of numbers that are not negative loses
/// at most a factor `(1 - 2^-53)^(k + 1)`, whatever its order, and `(1 - 2^-53)^-(k + 1) <= 1 + (k + 2) 2^-52`.
///
/// An unknown radius is an infinite factor, so all it meets is infinite or a NaN, and unknown.
pub(super) fn with<const K: usize>(
    a: &Operand<'_, K>,
    b: &Operand<'_, K>,
    body: impl FnOnce(&dyn Fn(usize, usize) -> Radius),
) {
    let [r, s] = [has_radii(a), has_radii(b)];
    let (m, k, n) = (a.balls.rows, a.balls.cols, b.balls.rows);
    let first =
        Magnitudes { present: s, left: |x: &WideBall<K>| x.mid().at_most(), right: |y: &WideBall<K>| y.radius() };
    let second = Magnitudes { present: r, left: |x: &WideBall<K>| x.radius(), right: |y: &WideBall<K>| y.at_most() };
    let factor = Radius::up((1 << 52) + k as u64 + 2, -52);
    first.with(a, b, |p| {
        second.with(a, b, |q| {
            debug_assert!(m > 0 && n > 0);
            body(&|i, j| (p(i, j) + q(i, j)) * factor);
        });
    });
}

fn has_radii<const K: usize>(operand: &Operand<'_, K>) -> bool {
    let Mat { data, rows, cols, row_stride, col_stride } = operand.balls;
    (0..rows).any(|i| (0..cols).any(|p| !data[i * row_stride + p * col_stride].is_exact()))
}

/// A product of magnitudes of two factors.
struct Magnitudes<L, R> {
    /// Whether it is not 0.
    present: bool,
    left: L,
    right: R,
}

impl<L, R> Magnitudes<L, R> {
    /// Calls `body` with the entries of the product, as f64 has summed them up.
    fn with<const K: usize>(
        &self,
        a: &Operand<'_, K>,
        b: &Operand<'_, K>,
        body: impl FnOnce(&dyn Fn(usize, usize) -> Radius),
    ) where
        L: Fn(&WideBall<K>) -> Radius,
        R: Fn(&WideBall<K>) -> Radius,
    {
        if !self.present {
            return body(&|_, _| Radius::ZERO);
        }
        let (m, k, n) = (a.balls.rows, a.balls.cols, b.balls.rows);
        with_buffers([m * k, n * k, m * n], |[left, right, sums]: [&mut [f64]; 3]| {
            with_buffers([m, n], |[rows, columns]: [&mut [i64]; 2]| {
                scale(a.balls, &self.left, left, rows);
                scale(b.balls, &self.right, right, columns);
                gemm_f64(Mat::row_major(left, m, k), Mat::row_major(right, n, k).t(), sums);
                body(&|i, j| Radius::of_f64(sums[i * n + j]).scaled(rows[i] + columns[j]));
            });
        });
    }
}

/// The magnitudes of each row in units of a power of two.
fn scale<const K: usize>(
    balls: Mat<'_, WideBall<K>>,
    magnitude: impl Fn(&WideBall<K>) -> Radius,
    out: &mut [f64],
    exponents: &mut [i64],
) {
    for (i, (row, exponent)) in out.chunks_exact_mut(balls.cols).zip(exponents).enumerate() {
        let sizes = || (0..balls.cols).map(|p| magnitude(&balls.data[i * balls.row_stride + p * balls.col_stride]));
        let known = sizes().filter(|size| size.is_finite() && !size.is_zero());
        *exponent = known.map(|size| i64::from(size.exponent())).max().unwrap_or(0);
        for (x, size) in row.iter_mut().zip(sizes()) {
            *x = size.scaled_f64(*exponent);
        }
    }
}
