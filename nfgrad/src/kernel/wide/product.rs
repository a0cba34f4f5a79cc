//! Products of matrices of balls: the midpoints by exact f64 products of slices, the radii by two f64 products of magnitudes.
//!
//! # Midpoints
//!
//! Row `i` of `A` is taken in units of `2^E_i`, column `j` of `B` in units of `2^F_j`, such that all magnitudes are below 1/2. Each is cut into
//! balanced digits of `w` bits ([`cut`]),
//!
//! ```text
//! x = Σ_u d_u 2^(-w (u + 1)) + rest,   |d_u| <= 2^(w - 1),   |rest| <= 2^(-w s) / 2,
//! ```
//!
//! `s` of them in `A`, `t` in `B` (Ozaki, Ogita, Oishi and Rump 2012). The products of all pairs of slices `u + v = d` are *one* f64 product, with the slices of `A`
//! side by side and those of `B` one below the other: an *order*. `D` orders are computed; their sums are put together as integers, and rounded
//! once ([`gather`]).
//!
//! How many digits there are is a matter of what there is: a factor whose digits end, such as a weight that is an f32, has a few, and no rest.
//!
//! # Error
//!
//! In units of `2^(E_i + F_j)`:
//!
//! 1. *Rests.* `|x y - x' y'| <= |x - x'| |y| + |x'| |y - y'|`, and all magnitudes are at most 1/2 (those of `x'` because they are rounded, and 1/2 is a number of
//!    every length). So at most `k/4 (2^(-w s) + 2^(-w t))`, of which the term of a factor that has no rest is 0.
//! 2. *Orders are exact.* One is a sum of at most `k min(s, t)` products of integers, each at most `2^(2 w - 2)`. Every partial sum of them, in whatever order, is
//!    an integer of at most `2^53` where
//!
//!    ```text
//!    k min(s, t) 2^(2 w - 2) <= 2^53,
//!    ```
//!
//!    so nothing is rounded, fused or not. [`Plan::new`] sees to that.
//! 3. *Dropped orders.* Those from `D` on have at most `min(s, t)` pairs each, so are together at most
//!    `k min(s, t) 2^(2 w - 2) Σ_{d >= D} 2^(-w (d + 2)) <= k min(s, t) 2^(-w D - 2) (1 + 2^(1 - w))`. If none is dropped it is 0.
//! 4. *Sums of orders* are exact, in integers, and rounded to `K` words once, with the distance.
//!
//! # Radii
//!
//! `|XY - AB| <= |A| S + R (|B| + S)` for `|X - A| <= R`, `|Y - B| <= S`, entrywise ([`radii`]).

mod cut;
mod gather;
mod plan;
mod radii;

use super::{Radius, WideBall};
use crate::kernel::gemm::{Mat, gemm_f64};
use crate::kernel::scratch::with_buffers;
use cut::{Cut, Scales};
use plan::Plan;

/// The longest sum that is taken in one piece, and about how many digits of one operand are held at a time.
const INNER: usize = 1024;
const DIGITS: usize = 1 << 20;

/// `C = A B`, where `C` is row-major and is overwritten.
///
/// Long sums are taken in pieces, which are added as balls; wide matrices in panels, which only saves memory.
///
/// # Panics
/// If the shapes disagree or a matrix reaches outside its slice.
pub(crate) fn product<const K: usize>(a: Mat<'_, WideBall<K>>, b: Mat<'_, WideBall<K>>, c: &mut [WideBall<K>]) {
    assert!(a.cols == b.rows && c.len() == a.rows * b.cols, "the shapes of a product disagree");
    c.fill(WideBall::ZERO);
    let (inner, n) = (a.cols.min(INNER), b.cols);
    if inner == 0 || c.is_empty() {
        return;
    }
    let panel = (DIGITS / (inner * Plan::longest::<K>())).max(16);
    for p in (0..a.cols).step_by(INNER) {
        let length = INNER.min(a.cols - p);
        for j in (0..n).step_by(panel) {
            let right = Operand::new(part(b, [p, j], [length, panel.min(n - j)]).t());
            for i in (0..a.rows).step_by(panel) {
                let left = Operand::new(part(a, [i, p], [panel.min(a.rows - i), length]));
                let first = p == 0;
                piece(&left, &right, |row, column, ball| {
                    let entry = &mut c[(i + row) * n + j + column];
                    *entry = if first { ball } else { *entry + ball };
                });
            }
        }
    }
}

/// [`product`] of row-major matrices, `m` by `k` and `k` by `n`.
///
/// # Panics
/// If a slice has another length.
pub fn product_of<const K: usize>([m, k, n]: [usize; 3], a: &[WideBall<K>], b: &[WideBall<K>], c: &mut [WideBall<K>]) {
    assert!(a.len() == m * k && b.len() == k * n && c.len() == m * n, "a matrix has another size");
    product(Mat::row_major(a, m, k), Mat::row_major(b, k, n), c);
}

/// The rows and columns from `start` on.
fn part<T>(m: Mat<'_, T>, start: [usize; 2], [rows, cols]: [usize; 2]) -> Mat<'_, T> {
    Mat { data: &m.data[start[0] * m.row_stride + start[1] * m.col_stride..], rows, cols, ..m }
}

/// A factor and what its rows have in common. The right one is transposed: its rows are the columns.
struct Operand<'a, const K: usize> {
    balls: Mat<'a, WideBall<K>>,
    scales: Scales,
}

impl<'a, const K: usize> Operand<'a, K> {
    fn new(balls: Mat<'a, WideBall<K>>) -> Self {
        Self { balls, scales: Scales::new(balls) }
    }
}

/// The product of two operands that are short enough, entry by entry.
fn piece<const K: usize>(a: &Operand<'_, K>, b: &Operand<'_, K>, mut put: impl FnMut(usize, usize, WideBall<K>)) {
    let (m, k, n) = (a.balls.rows, a.balls.cols, b.balls.rows);
    let plan = Plan::new::<K>(k, a.scales.length, b.scales.length);
    let [s, t] = plan.digits;
    with_buffers([m * s * k, t * k * n, plan.orders * m * n], |[left, right, orders]: [&mut [f64]; 3]| {
        Cut { width: plan.width, digits: s, step: k.cast_signed(), start: 0, row: s * k }.side_by_side(a, left);
        Cut { width: plan.width, digits: t, step: -(k * n).cast_signed(), start: (t - 1) * k * n, row: n }
            .stacked(b, right);
        for (d, sums) in orders.chunks_exact_mut(m * n).enumerate() {
            let [from, to] = [(d + 1).saturating_sub(t), d.min(s - 1)];
            let inner = (to + 1 - from) * k;
            let slices = Mat { data: &left[from * k..], rows: m, cols: inner, row_stride: s * k, col_stride: 1 };
            gemm_f64(slices, Mat::row_major(&right[(t - 1 + from - d) * k * n..][..inner * n], inner, n), sums);
        }
        radii::with(a, b, |radius| {
            let error = plan.error(k, [a.scales.length, b.scales.length]);
            for i in 0..m {
                for j in 0..n {
                    let unit = a.scales.exponents[i] + b.scales.exponents[j];
                    let off: Radius = error.scaled(unit) + radius(i, j);
                    put(i, j, gather::ball(&plan, orders, m * n, i * n + j, unit).widened(off));
                }
            }
        });
    });
}
