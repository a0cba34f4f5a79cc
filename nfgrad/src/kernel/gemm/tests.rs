//! Every path on every instruction set: the promised bound, the promised order, and the cases at the edge.
#![allow(clippy::cast_precision_loss, reason = "lengths are small")]

use super::dots::{dot_height, suits};
use super::element::{Element, Set};
use super::{Mat, chunk, gemm_f32, gemm_f64, height, is_tiny};

/// What the tests need of a type beyond the kernels.
trait Real: Element + PartialEq + Into<f64> + core::fmt::Debug {
    /// The unit roundoff, and the least positive subnormal.
    const UNIT: f64;
    const ETA: f64;
    fn from_f64(x: f64) -> Self;
    /// The bits, with all NaNs alike.
    fn bits(self) -> u64;
    /// `s + x y`, rounded once or twice.
    fn step(fused: bool, x: Self, y: Self, s: Self) -> Self {
        if fused { x.fused(y, s) } else { s + x * y }
    }
}

macro_rules! real {
    ($t:ident, $unit:expr) => {
        impl Real for $t {
            const UNIT: f64 = $unit;
            const ETA: f64 = $t::from_bits(1) as f64;

            #[allow(clippy::cast_possible_truncation, reason = "test data is meant to be rounded")]
            fn from_f64(x: f64) -> Self {
                x as $t
            }

            fn bits(self) -> u64 {
                if self.is_nan() { u64::MAX } else { self.to_bits().into() }
            }
        }
    };
}

real!(f32, 1.0 / 16_777_216.0);
real!(f64, f64::EPSILON / 2.0);

fn present() -> impl Iterator<Item = Set> {
    Set::ALL.iter().copied().filter(|set| set.present())
}

/// A linear congruential generator; its high bits serve.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).unwrap()
    }

    /// A number of random sign and mantissa, its exponent among 16 below `scale`.
    fn number<T: Real>(&mut self, scale: f64) -> T {
        let bits = f64::from(1 << 30);
        let mantissa = (self.below(1 << 30) as f64 + self.below(1 << 30) as f64 / bits) / bits;
        let size = mantissa * scale / f64::from(1 << self.below(16));
        T::from_f64(if self.below(2) == 0 { size } else { -size })
    }

    fn numbers<T: Real>(&mut self, n: usize, scale: f64) -> Vec<T> {
        (0..n).map(|_| self.number(scale)).collect()
    }
}

fn matrix<T>(data: &[T], rows: usize, cols: usize, transposed: bool) -> Mat<'_, T> {
    if transposed { Mat::row_major(data, cols, rows).t() } else { Mat::row_major(data, rows, cols) }
}

fn at<T: Copy>(m: Mat<T>, i: usize, j: usize) -> T {
    m.data[i * m.row_stride + j * m.col_stride]
}

/// The entry of `AB`, and of `|A||B|`: sums of exact products with the errors of the additions (Ogita, Rump, Oishi).
fn reference<T: Real>(a: Mat<T>, b: Mat<T>, i: usize, j: usize) -> (f64, f64) {
    let (mut sum, mut low, mut size) = (0.0, 0.0, 0.0);
    for p in 0..a.cols {
        let (x, y): (f64, f64) = (at(a, i, p).into(), at(b, p, j).into());
        let product = x * y;
        let next = sum + product;
        let other = next - sum;
        low += (sum - (next - other)) + (product - other) + x.mul_add(y, -product);
        sum = next;
        size += product.abs();
    }
    (sum + low, size)
}

fn assert_bound<T: Real>(a: Mat<T>, b: Mat<T>, c: &[T], what: &dyn core::fmt::Debug) {
    let (h, k) = (height(a.cols) as f64, a.cols as f64);
    // The reference is off by the roundings of f64, which count for f64 alone.
    let (slack, tiny_slack) = (f64::EPSILON, k * f64::from_bits(1));
    for (at, &entry) in c.iter().enumerate() {
        let (exact, size) = reference(a, b, at / b.cols, at % b.cols);
        let relative = (h * T::UNIT.ln_1p()).exp_m1();
        let underflow = ((h - 1.0) * T::UNIT.ln_1p()).exp() * k * T::ETA / 2.0;
        let bound = (relative + slack) * size + underflow + tiny_slack;
        let error = (entry.into() - exact).abs();
        assert!(error <= bound, "{what:?}, entry {at}: error {error:e}, bound {bound:e}");
    }
}

/// All four ways for the factors to lie.
const LAYOUTS: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];

/// Checks the bound, and where the order is a left fold of chunks, every bit.
fn check<T: Real>(m: usize, k: usize, n: usize, random: &mut Random, scale: f64) {
    let (left, right) = (random.numbers::<T>(m * k, scale), random.numbers::<T>(k * n, scale));
    for (ta, tb) in LAYOUTS {
        let (a, b) = (matrix(&left, m, k, ta), matrix(&right, k, n, tb));
        for set in present() {
            let mut c = vec![T::from_f64(f64::NAN); m * n];
            T::product(set, a, b, &mut c);
            assert_bound(a, b, &c, &(set, m, k, n, ta, tb));
            let (left, right) = if n == 1 { (b.t(), a.t()) } else { (a, b) };
            if !suits(&left, &right) {
                assert_folds(set, a, b, &c);
            }
        }
    }
}

/// Every bit of the order that `height` is proved for.
fn assert_folds<T: Real>(set: Set, a: Mat<T>, b: Mat<T>, c: &[T]) {
    let fused = !matches!(set, Set::Plain) || cfg!(target_arch = "aarch64");
    for (entry, &c) in c.iter().enumerate() {
        let (i, j) = (entry / b.cols, entry % b.cols);
        let mut expected = T::ZERO;
        for start in (0..a.cols).step_by(chunk(a.cols)) {
            let mut sum = T::ZERO;
            for p in start..a.cols.min(start + chunk(a.cols)) {
                sum = T::step(fused, at(a, i, p), at(b, p, j), sum);
            }
            expected = if start == 0 { sum } else { expected + sum };
        }
        assert_eq!(c.bits(), expected.bits(), "{set:?} {}x{}x{} at {i}, {j}: {c:?}", a.rows, a.cols, b.cols);
    }
}

/// Two lengths of at most 60 and one of at most 200, so that the reference takes no minutes.
fn shape(random: &mut Random) -> [usize; 3] {
    let mut shape = [1 + random.below(60), 1 + random.below(60), 1 + random.below(60)];
    shape[random.below(3)] = 1 + random.below(200);
    shape
}

#[test]
fn bound_and_order_hold_for_random_shapes() {
    let mut random = Random(1);
    for _ in 0..60 {
        let [m, k, n] = shape(&mut random);
        check::<f32>(m, k, n, &mut random, 1.0);
        check::<f64>(m, k, n, &mut random, 1.0);
    }
}

#[test]
fn bound_and_order_hold_where_blocks_and_chunks_end() {
    let mut random = Random(2);
    for k in [127, 128, 129, 255, 257, 511, 512, 513, 784, 1023, 1024, 1025, 1300] {
        for (m, n) in [(1, 1), (1, 70), (70, 1), (7, 65), (13, 16)] {
            check::<f32>(m, k, n, &mut random, 1.0);
            check::<f64>(m, k, n, &mut random, 1.0);
        }
    }
    check::<f32>(3, 9000, 2, &mut random, 1.0);
    check::<f64>(3, 9000, 2, &mut random, 1.0);
}

#[test]
fn bound_and_order_hold_where_factors_are_packed() {
    let mut random = Random(3);
    // Many rows, then many columns, of what the kernels see: more than a block of either.
    for (m, k, n) in [(150, 9, 300), (4, 30, 700), (3100, 2, 130), (7, 3, 8200)] {
        check::<f32>(m, k, n, &mut random, 1.0);
        check::<f64>(m, k, n, &mut random, 1.0);
    }
}

#[test]
fn bound_holds_for_subnormals() {
    let mut random = Random(4);
    for (m, k, n) in [(3, 5, 4), (20, 40, 30), (1, 300, 40), (17, 300, 18)] {
        for shift in 0..8 {
            let scale = f64::from(shift * 3);
            check::<f32>(m, k, n, &mut random, (-64.0 - scale).exp2());
            check::<f64>(m, k, n, &mut random, (-520.0 - scale).exp2());
        }
    }
}

/// One and then many halves of an ulp: a tree of another height or order gives another sum.
#[test]
fn order_is_seen_in_a_sum_that_sticks() {
    fn run<T: Real>() {
        for k in [100, 200, 784, 2000] {
            for set in present() {
                let mut x = vec![T::from_f64(T::UNIT); 4 * k];
                x.iter_mut().step_by(k).for_each(|x| *x = T::from_f64(1.0));
                let ones = vec![T::from_f64(1.0); k * 40];
                let (a, b) = (matrix(&x, 4, k, false), matrix(&ones, k, 40, false));
                let mut c = vec![T::ZERO; 160];
                T::product(set, a, b, &mut c);
                assert_folds(set, a, b, &c);
                // The same row by dot products, whose order is their own: were it one fold, all but one would be lost.
                let (a, b) = (matrix(&x[..k], 1, k, false), matrix(&ones, k, 40, true));
                let mut dots = vec![T::ZERO; 40];
                T::product(set, a, b, &mut dots);
                assert_bound(a, b, &dots, &(set, k));
                // The first chunk sticks at one; the others count.
                let counted = (k - chunk(k)) as f64;
                assert!((c[0].into() - 1.0 - counted * T::UNIT).abs() <= 2.0 * T::UNIT * k.div_ceil(chunk(k)) as f64);
            }
        }
    }
    run::<f32>();
    run::<f64>();
}

#[test]
fn heights() {
    assert_eq!([0, 1, 2, 10, 128, 129, 784, 1024].map(height), [0, 1, 2, 10, 128, 66, 118, 259]);
    for k in 1..1_usize << 15 {
        let longest = if k < 1024 { 128 } else { 256 };
        let chunks = k.div_ceil(chunk(k));
        assert!(chunk(k) <= longest && (chunks - 1) * chunk(k) < k && chunks == k.div_ceil(longest), "{k}");
        assert_eq!(height(k), chunk(k) + chunks - 1);
        for lanes in [4, 8, 16] {
            assert!(dot_height(k, lanes) <= height(k), "{k} in {lanes} lanes");
        }
        let data = vec![0.0_f32; 1 << 15];
        let (a, b) = (matrix(&data, 1, k, false), matrix(&data, k, 1, false));
        let is_folded = [a, a.t().t()].iter().any(|a| is_tiny(a, &b) || is_tiny(&b.t(), &a.t()));
        assert!(!is_folded || height(k) == k, "{k} folded at once");
    }
}

#[test]
fn small_shapes_through_the_front_door() {
    let mut random = Random(5);
    for m in 1..12 {
        for k in 1..12 {
            for n in 1..12 {
                let (left, right) = (random.numbers::<f32>(m * k, 1.0), random.numbers::<f32>(k * n, 1.0));
                let (left64, right64) = (random.numbers::<f64>(m * k, 1.0), random.numbers::<f64>(k * n, 1.0));
                for (ta, tb) in LAYOUTS {
                    let (a, b) = (matrix(&left, m, k, ta), matrix(&right, k, n, tb));
                    let mut c = vec![f32::NAN; m * n];
                    gemm_f32(a, b, &mut c);
                    assert_bound(a, b, &c, &(m, k, n, ta, tb));
                    let (a, b) = (matrix(&left64, m, k, ta), matrix(&right64, k, n, tb));
                    let mut c = vec![f64::NAN; m * n];
                    gemm_f64(a, b, &mut c);
                    assert_bound(a, b, &c, &(m, k, n, ta, tb));
                }
            }
        }
    }
}

/// The result of a row does not depend on how many others there are.
#[test]
fn a_row_has_the_same_bits_whatever_the_batch() {
    fn run<T: Real>(gemm: fn(Mat<T>, Mat<T>, &mut [T])) {
        const ROWS: usize = 70;
        let mut random = Random(8);
        for k in (1..20).chain([31, 64, 70, 100, 127, 128, 129, 257, 520, 1030]) {
            for n in (1..12).chain([16, 17, 32, 33, 65]) {
                let (left, right) = (random.numbers::<T>(ROWS * k, 1.0), random.numbers::<T>(k * n, 1.0));
                let product = |rows: usize| {
                    let mut c = vec![T::ZERO; rows * n];
                    gemm(Mat::row_major(&left[..rows * k], rows, k), Mat::row_major(&right, k, n), &mut c);
                    c.into_iter().map(T::bits).collect::<Vec<_>>()
                };
                let all = product(ROWS);
                for rows in (1..10).chain([16, 25, 33, 64]) {
                    assert!(all[..rows * n] == product(rows), "{rows}x{k}x{n}");
                }
            }
        }
    }
    run::<f32>(gemm_f32);
    run::<f64>(gemm_f64);
}

#[test]
fn empty_shapes() {
    let x = [1.0; 600];
    let mut c = [f32::NAN; 6];
    gemm_f32(Mat::row_major(&[], 2, 0), Mat::row_major(&[], 0, 3), &mut c);
    assert_eq!(c, [0.0; 6]);
    gemm_f32(Mat::row_major(&[], 0, 200), Mat::row_major(&x, 200, 3), &mut []);
    gemm_f32(Mat::row_major(&x, 3, 200), Mat::row_major(&[], 200, 0), &mut []);
    gemm_f64(Mat::row_major(&[], 0, 0), Mat::row_major(&[], 0, 0), &mut []);
}

#[test]
fn infinities_and_nans_reach_their_rows_and_columns() {
    for (m, k, n) in [(3, 4, 5), (20, 30, 40), (1, 300, 40), (40, 300, 1), (65, 130, 67)] {
        for set in present() {
            for special in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
                for layout in LAYOUTS {
                    let (mut left, right) = (vec![1.0; m * k], vec![0.5; k * n]);
                    let (i, p) = (m / 2, k - 1);
                    left[if layout.0 { p * m + i } else { i * k + p }] = special;
                    let mut c = vec![0.0; m * n];
                    f32::product(set, matrix(&left, m, k, layout.0), matrix(&right, k, n, layout.1), &mut c);
                    for (at, c) in c.iter().enumerate() {
                        let expected = if at / n == i { special } else { 0.5 * k as f32 };
                        assert_eq!(Real::bits(*c), Real::bits(expected), "{set:?} {m}x{k}x{n} {layout:?} entry {at}");
                    }
                }
            }
        }
    }
}

/// Rows and columns of larger matrices, a repeated row, every second element.
#[test]
fn strides_that_are_not_lengths() {
    let mut random = Random(6);
    let data = random.numbers::<f64>(42_000, 1.0);
    for set in present() {
        for (m, k, n) in [(20, 30, 40), (1, 200, 33), (33, 200, 1), (70, 130, 3)] {
            for (rows, cols) in [(201, 1), (1, 203), (3, 187), (0, 2), (2, 0)] {
                for (down, right) in [(200, 1), (1, 205), (2, 191), (0, 1)] {
                    let a = Mat { data: &data, rows: m, cols: k, row_stride: rows, col_stride: cols };
                    let b = Mat { data: &data, rows: k, cols: n, row_stride: down, col_stride: right };
                    let mut c = vec![0.0; m * n];
                    f64::product(set, a, b, &mut c);
                    assert_bound(a, b, &c, &(set, m, k, n, rows, cols, down, right));
                }
            }
        }
    }
}

#[test]
fn the_stride_of_a_single_row_or_column_is_free() {
    let data = Random(7).numbers::<f32>(6000, 1.0);
    for set in present() {
        for (m, k, n) in [(1, 60, 70), (50, 1, 70), (50, 60, 1), (1, 1, 70), (50, 1, 1), (1, 60, 1), (1, 1, 1)] {
            for (ta, tb) in LAYOUTS {
                let free = |length, stride| if length == 1 { usize::MAX } else { stride };
                let (mut a, mut b) = (matrix(&data, m, k, ta), matrix(&data, k, n, tb));
                (a.row_stride, a.col_stride) = (free(m, a.row_stride), free(k, a.col_stride));
                (b.row_stride, b.col_stride) = (free(k, b.row_stride), free(n, b.col_stride));
                let mut c = vec![0.0; m * n];
                f32::product(set, a, b, &mut c);
                assert_bound(a, b, &c, &(set, m, k, n, ta, tb));
                gemm_f32(a, b, &mut c);
                assert_bound(a, b, &c, &(m, k, n, ta, tb));
            }
        }
    }
}

#[test]
#[should_panic(expected = "inner dimensions differ")]
fn inner_dimensions_are_checked() {
    gemm_f32(Mat::row_major(&[0.0; 6], 2, 3), Mat::row_major(&[0.0; 8], 4, 2), &mut [0.0; 4]);
}

#[test]
#[should_panic(expected = "the result has another size")]
fn the_result_is_checked() {
    gemm_f32(Mat::row_major(&[0.0; 6], 2, 3), Mat::row_major(&[0.0; 6], 3, 2), &mut [0.0; 3]);
}

#[test]
#[should_panic(expected = "a matrix reaches outside its slice")]
fn short_slices_are_seen() {
    gemm_f32(Mat::row_major(&[0.0; 5], 2, 3), Mat::row_major(&[0.0; 6], 3, 2), &mut [0.0; 4]);
}

#[test]
#[should_panic(expected = "a matrix reaches outside its slice")]
fn strides_that_overflow_are_seen() {
    let a = Mat { data: &[0.0; 6], rows: 3, cols: 2, row_stride: usize::MAX / 2 + 1, col_stride: 1 };
    gemm_f32(a, Mat::row_major(&[0.0; 4], 2, 2), &mut [0.0; 6]);
}
