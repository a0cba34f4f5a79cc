//! The sums of all orders, as f64 products of slices.

use super::cut::Cut;
use super::plan::Plan;
use super::{Operand, Shape};
use crate::kernel::gemm::{Mat, gemm_f64};

/// A right factor of up to so many digits is multiplied at once with all slices of the left one.
const FEW: usize = 3;

/// Where the sums are: that of order `d` for the entry `(i, j)` at `i row + d order + j`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) row: usize,
    pub(super) order: usize,
}

/// How the orders are computed.
///
/// - *One after another*, the slices of the left factor beside each other and those of the right one below each other, the last first: the slices `u` and `d - u` are then neighbours in the
///   same direction, and an order is one product of a part of each.
/// - *At once*, where the right factor has `t` digits and `t` is small. Each row of the left one begins with `t - 1` blocks of zeros; the blocks from `d` on, `t` of them, meet all slices of the
///   right one in reverse. So block `d + q`, which is slice `d + q - t + 1`, meets slice `t - 1 - q`, and the sum of their places is `d`. The rows of the factor overlap, and those of the last orders end in
///   the zeros of the next row; after the last row there are some more. All `s + t - 1` orders are there.
pub(super) struct Orders {
    plan: Plan,
    shape: Shape,
    at_once: bool,
}

impl Orders {
    pub(super) fn new(mut plan: Plan, shape: Shape) -> Self {
        let [s, t] = plan.digits;
        let at_once = t <= FEW && t < s;
        if at_once {
            plan.orders = s + t - 1;
        }
        Self { plan, shape, at_once }
    }

    /// The plan, with as many orders as are computed.
    pub(super) fn plan(&self) -> Plan {
        self.plan
    }

    pub(super) fn layout(&self) -> Layout {
        let Shape { m, n, .. } = self.shape;
        if self.at_once { Layout { row: self.plan.orders * n, order: n } } else { Layout { row: n, order: m * n } }
    }

    /// The lengths of the digits of both factors and of the sums.
    pub(super) fn lengths(&self) -> [usize; 3] {
        let ([s, t], Shape { m, k, n }) = (self.plan.digits, self.shape);
        let left = if self.at_once { (m * self.plan.orders + t - 1) * k } else { m * s * k };
        [left, t * k * n, self.plan.orders * m * n]
    }

    /// Cuts both factors and multiplies.
    pub(super) fn compute<const K: usize>(
        &self,
        a: &Operand<'_, K>,
        b: &Operand<'_, K>,
        [left, right, sums]: [&mut [f64]; 3],
    ) {
        let (Plan { width, digits: [s, t], orders }, Shape { m, k, n }) = (self.plan, self.shape);
        Cut { width, digits: t, step: -(k * n).cast_signed(), start: (t - 1) * k * n, row: n }.stacked(b, right);
        if self.at_once {
            left.fill(0.0);
            Cut { width, digits: s, step: k.cast_signed(), start: (t - 1) * k, row: orders * k }.side_by_side(a, left);
            let rows = Mat { data: left, rows: m * orders, cols: t * k, row_stride: k, col_stride: 1 };
            return gemm_f64(rows, Mat::row_major(right, t * k, n), sums);
        }
        Cut { width, digits: s, step: k.cast_signed(), start: 0, row: s * k }.side_by_side(a, left);
        for (d, sums) in sums.chunks_exact_mut(m * n).enumerate() {
            let [from, to] = [(d + 1).saturating_sub(t), d.min(s - 1)];
            let inner = (to + 1 - from) * k;
            let slices = Mat { data: &left[from * k..], rows: m, cols: inner, row_stride: s * k, col_stride: 1 };
            gemm_f64(slices, Mat::row_major(&right[(t - 1 + from - d) * k * n..][..inner * n], inner, n), sums);
        }
    }
}
