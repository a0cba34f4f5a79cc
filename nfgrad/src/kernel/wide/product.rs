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
//! side by side and those of `B` one below the other: an *order* ([`orders`]). `D` orders are computed; their sums are put together as integers, and rounded
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
//!
//! # Rows that are uneven
//!
//! The rests are small beside the product of the maxima, and so beside an entry, unless the sum cancels or the large numbers of a row meet the small ones of a
//! column. Where they are more than the other errors and many units of the entry, that is summed up ball by ball instead, and the better one is taken.

mod cut;
mod gather;
mod orders;
mod plan;
mod radii;

use super::compiled::{same, same_slice};
use super::{Radius, Wide, WideBall};
use crate::kernel::gemm::Mat;
use crate::kernel::scratch::with_buffers;
use orders::Orders;
use plan::Plan;

/// The longest sum that is taken in one piece.
const INNER: usize = 1024;
/// About how many digits of one operand are held at a time.
const DIGITS: usize = 1 << 21;
/// No error is less than `2` to this, but 0.
const LEAST: i64 = -1000;
/// The bits that the rests may take of an entry before it is summed up in another way.
const LOST: i64 = 8;

/// `C = A B`, where `C` is row-major and is overwritten.
///
/// Long sums are taken in pieces, which are added as balls; wide matrices in panels, which only saves memory.
///
/// # Panics
/// If the shapes disagree or a matrix reaches outside its slice.
pub(crate) fn product<const K: usize>(a: Mat<'_, WideBall<K>>, b: Mat<'_, WideBall<K>>, c: &mut [WideBall<K>]) {
    // Compiled with the library, as in `compiled.rs`.
    #[inline(never)]
    fn two(a: Mat<'_, WideBall<2>>, b: Mat<'_, WideBall<2>>, c: &mut [WideBall<2>]) {
        whole(a, b, c);
    }
    #[inline(never)]
    fn four(a: Mat<'_, WideBall<4>>, b: Mat<'_, WideBall<4>>, c: &mut [WideBall<4>]) {
        whole(a, b, c);
    }
    #[inline(never)]
    fn eight(a: Mat<'_, WideBall<8>>, b: Mat<'_, WideBall<8>>, c: &mut [WideBall<8>]) {
        whole(a, b, c);
    }
    // SAFETY: in each arm `K` is the length that is cast to.
    unsafe {
        match K {
            2 => two(same(a), same(b), same_slice(c)),
            4 => four(same(a), same(b), same_slice(c)),
            8 => eight(same(a), same(b), same_slice(c)),
            _ => whole(a, b, c),
        }
    }
}

fn whole<const K: usize>(a: Mat<'_, WideBall<K>>, b: Mat<'_, WideBall<K>>, c: &mut [WideBall<K>]) {
    assert!(a.cols == b.rows && c.len() == a.rows * b.cols, "the shapes of a product disagree");
    c.fill(WideBall::ZERO);
    let (inner, n) = (a.cols.min(INNER), b.cols);
    if inner == 0 || c.is_empty() {
        return;
    }
    // Both operands are cut anew for every pair of panels.
    let panel = (DIGITS / (inner * Plan::new::<K>(inner, u32::MAX, u32::MAX).digits[0])).max(16);
    let widths = [panel.min(a.rows), panel.min(n)];
    with_buffers(widths, |[rows, columns]: [&mut [i64]; 2]| {
        for p in (0..a.cols).step_by(INNER) {
            let length = INNER.min(a.cols - p);
            for j in (0..n).step_by(panel) {
                let right = Operand::new(part(b, [p, j], [length, panel.min(n - j)]).t(), columns);
                for i in (0..a.rows).step_by(panel) {
                    let left = Operand::new(part(a, [i, p], [panel.min(a.rows - i), length]), rows);
                    piece(&left, &right, |row, column, ball| {
                        let entry = &mut c[(i + row) * n + j + column];
                        *entry = if p == 0 { ball } else { *entry + ball };
                    });
                }
            }
        }
    });
}

/// The product of row-major matrices, `m` by `k` and `k` by `n`.
///
/// # Panics
/// If a slice has another length.
pub fn product_of<const K: usize>([m, k, n]: [usize; 3], a: &[WideBall<K>], b: &[WideBall<K>], c: &mut [WideBall<K>]) {
    assert!(a.len() == m * k && b.len() == k * n && c.len() == m * n, "a matrix has another size");
    product(Mat::row_major(a, m, k), Mat::row_major(b, k, n), c);
}

/// The rows and columns from `start` on.
fn part<T: Copy>(m: Mat<'_, T>, start: [usize; 2], [rows, cols]: [usize; 2]) -> Mat<'_, T> {
    Mat { data: &m.data[start[0] * m.row_stride + start[1] * m.col_stride..], rows, cols, ..m }
}

/// A factor and what its rows have in common. The right one is transposed: its rows are the columns.
struct Operand<'a, const K: usize> {
    balls: Mat<'a, WideBall<K>>,
    /// All midpoints of a row are below `2` to one less than this.
    exponents: &'a [i64],
    /// No midpoint of any row has a digit below `2` to its exponent less this.
    length: u32,
    /// Whether every ball is one number.
    exact: bool,
}

impl<'a, const K: usize> Operand<'a, K> {
    fn new(balls: Mat<'a, WideBall<K>>, exponents: &'a mut [i64]) -> Self {
        let (mut length, mut exact) = (0, true);
        for (i, exponent) in exponents.iter_mut().enumerate().take(balls.rows) {
            let row = || (0..balls.cols).map(|p| &balls.data[i * balls.row_stride + p * balls.col_stride]);
            exact &= row().all(WideBall::is_exact);
            let largest = row().map(|x| x.mid().exponent()).max().filter(|largest| *largest != i32::MIN);
            // A row of zeros is measured in its radii.
            let radius =
                || row().map(WideBall::radius).filter(|r| r.is_finite() && !r.is_zero()).map(Radius::exponent).max();
            *exponent = largest.or_else(radius).map_or(0, |largest| i64::from(largest) + 1);
            let lowest = row().map(|x| x.mid().lowest_bit()).min().unwrap_or(i64::MAX);
            length = length.max(exponent.saturating_sub(lowest));
        }
        let exponents = &exponents[..balls.rows];
        Self { balls, exponents, length: u32::try_from(length).unwrap_or(u32::MAX), exact }
    }

    fn row(&self, i: usize) -> impl Iterator<Item = WideBall<K>> {
        let Mat { data, cols, row_stride, col_stride, .. } = self.balls;
        (0..cols).map(move |p| data[i * row_stride + p * col_stride])
    }
}

/// The rows of the left factor, the length of the sums, and the columns of the right factor.
#[derive(Clone, Copy, Debug)]
struct Shape {
    m: usize,
    k: usize,
    n: usize,
}

/// The product of two operands that are short enough, entry by entry; the one with fewer digits is taken for the right one.
fn piece<const K: usize>(a: &Operand<'_, K>, b: &Operand<'_, K>, mut put: impl FnMut(usize, usize, WideBall<K>)) {
    if a.length < b.length { turned(b, a, |j, i, ball| put(i, j, ball)) } else { turned(a, b, put) }
}

fn turned<const K: usize>(a: &Operand<'_, K>, b: &Operand<'_, K>, mut put: impl FnMut(usize, usize, WideBall<K>)) {
    let shape = Shape { m: a.balls.rows, k: a.balls.cols, n: b.balls.rows };
    let Shape { m, k, n } = shape;
    let all = Orders::new(Plan::new::<K>(k, a.length, b.length), shape);
    let (plan, layout, [left, right, orders]) = (all.plan(), all.layout(), all.lengths());
    let inner = radii::inner(a, b);
    let lengths = [left, right, orders, m * inner, n * inner, m * n];
    with_buffers(lengths, |[left, right, orders, rows, columns, sums]: [&mut [f64]; 6]| {
        all.compute(a, b, [left, right, orders]);
        radii::sums(a, b, rows, columns, sums);
        // All errors in the units of an entry, as f64; the rests rounded up once more, for the sum with them.
        let rests = plan.error(k, [a.length, b.length]).in_units(0, LEAST) * (1.0 + 2.0 * f64::EPSILON);
        let (growth, lost) = (radii::growth(2 * k), plan.error(k, [a.length, b.length]).exponent());
        for i in 0..m {
            for j in 0..n {
                let unit = a.exponents[i] + b.exponents[j];
                let ball = gather::ball(&plan, &orders[i * layout.row + j..], layout.order, unit);
                let inherited = sums[i * n + j] * growth;
                let few = i64::from(ball.mid().exponent()) - i64::from(Wide::<K>::BITS) + LOST;
                let uneven = rests > inherited && i64::from(lost) + unit > few;
                let ball = ball.widened(Radius::of_f64(inherited + rests).scaled(unit));
                put(i, j, if uneven { better(ball, a, i, b, j) } else { ball });
            }
        }
    });
}

/// The ball, or what comes out term by term.
#[cold]
fn better<const K: usize>(
    ball: WideBall<K>,
    a: &Operand<'_, K>,
    i: usize,
    b: &Operand<'_, K>,
    j: usize,
) -> WideBall<K> {
    let terms = a.row(i).zip(b.row(j)).map(|(x, y)| x * y);
    let other = terms.fold(WideBall::ZERO, |sum, term| sum + term);
    if other.radius() < ball.radius() { other } else { ball }
}
