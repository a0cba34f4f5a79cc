//! The 2-norm of a matrix, `max ‖Ax‖₂ / ‖x‖₂`, from above.
//!
//! What an error of 2-norm `ε` becomes when it is multiplied by `A` has the 2-norm `‖A‖₂ ε` at most. For the weights of a network
//! that is far less than what norms of magnitudes say: of a 256 x 256 matrix of independent normal numbers with variance `2/256`, `‖A‖₂`
//! is about 2.8, the Frobenius norm about 23.
//!
//! # What is computed
//!
//! First `min(‖A‖_F, √(‖A‖₁ ‖A‖∞))`, which costs one look at the matrix. Where the largest singular value may be much smaller, products
//! of the matrix with its own transpose: with `H₀ = A` and `Hₚ₊₁ = fl(Hₚ Hₚᵀ)`,
//!
//! ```text
//! ‖Hₚ‖₂² = ‖Hₚ Hₚᵀ‖₂ <= ‖Hₚ₊₁‖₂ + ‖Hₚ₊₁ - Hₚ Hₚᵀ‖_F <= ‖Hₚ₊₁‖₂ + κ ‖Hₚ‖_F² + s η
//! ```
//!
//! for every real matrix, with `κ` and `η` of the product in f64 ([`product_error`]) and `s` the number of rows: the error of an entry
//! is at most `κ ‖hᵢ‖₂ ‖hⱼ‖₂ + η` by Cauchy-Schwarz, and the sum of the squares of `‖hᵢ‖₂ ‖hⱼ‖₂` is `‖Hₚ‖_F⁴`. The last of them is bounded
//! by its Frobenius norm. So with exact products `‖A‖₂ <= ‖(A Aᵀ)^(2^(p-1))‖_F^(1/2^p)`, the `2^(p+1)`-norm of the singular values, which
//! after four products is a few hundredths above the largest of them. The first product, `s x s`, is the only one that is as long as
//! the matrix.
//!
//! The matrix is first scaled by a power of two so that its norm is near 1. What underflows there is at most `2^-1074` an entry.
//!
//! # What is remembered
//!
//! Weights are multiplied with in both sweeps and change little from step to step, and `‖A + D‖₂ <= ‖A‖₂ + ‖D‖_F`. So a run keeps a [`Memory`]:
//! the norms of the last matrices that its sweeps asked to remember, with copies of them. Where the numbers at the same place are still
//! near the copy, that costs one look at them. A memory goes with its run; outside of a sweep nothing is remembered.

use std::cell::RefCell;

use super::dispatch::{Loop, widest};
use super::gemm::{Mat, gemm_f64};
use super::norms::{max_row_norm_1, max_row_norm_2, norm_2};
use super::scratch::with_scratch;
use crate::bound::Up;
use crate::format::{Format, product_error};

/// How often a matrix is multiplied with its transpose at most.
const PRODUCTS: usize = 4;

/// A bound that is less than this much above the norm is not worth a product.
const CLOSE: f64 = 1.25;

/// When one more product made the bound smaller by less than this factor, the next will hardly do more.
const SETTLED: f64 = 1.02;

/// How many norms a run remembers.
const MEMORY: usize = 256;

/// A matrix with fewer elements is not worth a copy.
const WORTH_A_COPY: usize = 256;

/// A remembered norm serves until the matrix has moved by this part of it.
const DRIFT: f64 = 0.01;

/// A matrix whose norm is known.
struct Known {
    place: Place,
    copy: Vec<f64>,
    norm: Up,
}

/// Where a matrix is, how many elements it has and how many of them are a row, or a column if it is transposed.
#[derive(PartialEq, Eq)]
struct Place(usize, usize, usize);

/// The norms that a run remembers.
#[derive(Default)]
pub(crate) struct Memory(Vec<Known>);

thread_local! {
    /// What is remembered by the run whose sweep is under way.
    static KNOWN: RefCell<Option<Vec<Known>>> = const { RefCell::new(None) };
}

impl Memory {
    /// What is asked for while the result is alive is remembered here: for the length of a sweep.
    pub(crate) fn lend(&mut self) -> Lent<'_> {
        let outer = KNOWN.replace(Some(std::mem::take(&mut self.0)));
        Lent { memory: self, outer }
    }
}

/// A [`Memory`] in use.
pub(crate) struct Lent<'a> {
    memory: &'a mut Memory,
    /// That of a sweep inside of which this one is.
    outer: Option<Vec<Known>>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.memory.0 = KNOWN.replace(self.outer.take()).unwrap_or_default();
    }
}

/// A copy has matrices of its own, at other places.
impl Clone for Memory {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// [`spectral_norm`] of a matrix that is likely to be asked for again, perhaps transposed.
pub(crate) fn remembered_spectral_norm<F: Format>(a: Mat<'_, F>) -> Up {
    let numel = a.data.len();
    if numel < WORTH_A_COPY || a.rows.min(a.cols) <= 1 || F::CONVERSION != 0.0 {
        return spectral_norm(a);
    }
    KNOWN.with_borrow_mut(|known| match known {
        Some(known) => looked_up(known, a),
        None => spectral_norm(a),
    })
}

/// The norm of a matrix, from memory if it has hardly moved.
fn looked_up<F: Format>(known: &mut Vec<Known>, a: Mat<'_, F>) -> Up {
    let numel = a.data.len();
    let place = Place(a.data.as_ptr().addr(), numel, if a.col_stride == 1 { a.cols } else { a.rows });
    let found = known.iter().position(|known| known.place == place);
    if let Some(Known { copy, norm, .. }) = found.map(|found| &known[found]) {
        let drift = distance(a.data, copy);
        if norm.is_finite() && drift.get() <= DRIFT * norm.get() {
            // An addition of 0 would round up.
            return if drift == Up::ZERO { *norm } else { *norm + drift };
        }
    }
    let found = found.unwrap_or_else(|| {
        if known.len() == MEMORY {
            known.remove(0);
        }
        known.push(Known { place, copy: vec![0.0; numel], norm: Up::INFINITY });
        known.len() - 1
    });
    let Known { copy, norm, .. } = &mut known[found];
    copy.iter_mut().zip(a.data).for_each(|(copy, x)| *copy = x.to_f64());
    *norm = spectral_norm(a);
    *norm
}

/// At least `√(Σ (x - copy)²)`, for numbers that are f64.
fn distance<F: Format>(x: &[F], copy: &[f64]) -> Up {
    if x.iter().zip(copy).all(|(x, copy)| x.to_f64() == *copy) {
        return Up::ZERO;
    }
    // Each difference is rounded once, its square once more.
    Up::of_sum(widest::<Squares, _>((x, copy)), x.len() + 4).sqrt()
}

/// The sum of squared differences, as computed.
struct Squares;

impl<F: Format> Loop<(&[F], &[f64])> for Squares {
    type Output = f64;

    #[inline(always)]
    fn run((x, copy): (&[F], &[f64])) -> f64 {
        let mut sums = [0.0; 8];
        for (x, copy) in x.chunks(8).zip(copy.chunks(8)) {
            for ((sum, x), copy) in sums.iter_mut().zip(x).zip(copy) {
                let difference = x.to_f64() - copy;
                *sum += difference * difference;
            }
        }
        sums.iter().sum()
    }
}

/// At least `‖A‖₂`; ∞ if an entry is not finite.
pub(crate) fn spectral_norm<F: Format>(a: Mat<'_, F>) -> Up {
    let side = a.rows.min(a.cols);
    let frobenius = norm_2(a.data);
    if side <= 1 {
        return frobenius;
    }
    let cheap = frobenius.min((max_row_norm_1(a) * max_row_norm_1(a.t())).sqrt());
    // Not more than the norm, but for roundings: a guess of how much there is to be gained.
    let least = (frobenius.get() / (side as f64).sqrt()).max(max_row_norm_2(a).get()).max(max_row_norm_2(a.t()).get());
    // Far from the ends of the range, so that the scale and its inverse are normal numbers.
    let in_range = cheap.get() > f64::MIN_POSITIVE.sqrt() && cheap.get() < f64::MAX.sqrt();
    if !in_range || cheap.get() <= CLOSE * least {
        return cheap;
    }
    let norm = by_products(if a.rows <= a.cols { a } else { a.t() }, cheap.get());
    // The f64 that the formulas see may be off by a sliver of the numbers.
    let conversion = if F::CONVERSION == 0.0 { Up::ZERO } else { frobenius * Up::new(2.0 * F::CONVERSION) };
    cheap.min(norm + conversion)
}

/// At least `‖A‖₂` of a matrix that is no higher than wide, by the products of the module's docs; `size` is near `‖A‖₂`.
fn by_products<F: Format>(a: Mat<'_, F>, size: f64) -> Up {
    let (side, numel) = (a.rows, a.data.len());
    // The power of two below: all bits but those of the exponent are cleared.
    let scale = f64::from_bits(size.to_bits() & f64::INFINITY.to_bits());
    with_scratch([numel, side * side, side * side], |[scaled, even, odd]: [&mut [f64]; 3]| {
        for (scaled, x) in scaled.iter_mut().zip(a.data) {
            *scaled = x.to_f64() / scale;
        }
        let mut power = a.over(scaled);
        let (mut from, mut to) = (even, odd);
        gemm_f64(power, power.t(), from);
        let mut errors = [error_of_product(power); PRODUCTS];
        let mut bound = root(norm_2(from), &errors[..1]);
        for p in 1..PRODUCTS {
            power = Mat::row_major(from, side, side);
            errors[p] = error_of_product(power);
            gemm_f64(power, power.t(), to);
            std::mem::swap(&mut from, &mut to);
            let before = bound;
            bound = bound.min(root(norm_2(from), &errors[..=p]));
            if before.get() < SETTLED * bound.get() {
                break;
            }
        }
        (bound + Up::new(numel as f64) * Up::new(f64::MIN_POSITIVE)) * Up::new(scale)
    })
}

/// At least `‖fl(H Hᵀ) - H Hᵀ‖_F`.
fn error_of_product(h: Mat<'_, f64>) -> Up {
    let (error, norm) = (product_error::<f64>(h.cols), norm_2(h.data));
    error.relative * (norm * norm) + Up::new(h.rows as f64) * error.absolute
}

/// At least `‖H₀‖₂`, where `norm` is at least the 2-norm of the last of the products whose errors these are.
fn root(norm: Up, errors: &[Up]) -> Up {
    errors.iter().rev().fold(norm, |norm, &error| (norm + error).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sylvester's Hadamard matrix of order 32, whose singular values all are √32, with its rows scaled.
    fn hadamard(scale: impl Fn(usize) -> f64) -> Vec<f64> {
        let sign = |i: usize, j: usize| if (i & j).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
        (0..32 * 32).map(|e| scale(e / 32) * sign(e / 32, e % 32)).collect()
    }

    #[test]
    fn the_norm_of_an_orthogonal_matrix_is_found() {
        let exact = 32_f64.sqrt();
        for power in [-400, -3, 0, 400] {
            let size = 2_f64.powi(power);
            let data = hadamard(|_| size);
            for a in [Mat::row_major(&data, 32, 32), Mat::row_major(&data, 32, 32).t()] {
                let norm = spectral_norm(a).get() / size;
                // The magnitudes alone say 32, and 32 equal singular values are the worst case: 32^(1/32) = 1.114.
                assert!(norm >= exact && norm < 1.12 * exact, "{norm} {exact}");
            }
        }
    }

    #[test]
    fn the_largest_of_different_singular_values_is_found() {
        let data = hadamard(|i| if i == 7 { 1.0 } else { 0.5 });
        // A part of the rows is a matrix that is wider than high.
        for rows in [8, 31, 32] {
            let a = Mat::row_major(&data[..rows * 32], rows, 32);
            for a in [a, a.t()] {
                let norm = spectral_norm(a).get();
                assert!(norm >= 32_f64.sqrt() && norm < 1.01 * 32_f64.sqrt(), "{norm}");
            }
        }
    }

    #[test]
    fn a_random_matrix_is_bounded_from_above_and_closely() {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / 16_777_216.0 - 0.5
        };
        let data: Vec<f32> = (0..40 * 70).map(|_| random()).collect();
        let a = Mat::row_major(&data, 40, 70);
        // Power iteration from below.
        let (mut x, mut gain) = (vec![1.0_f64; 70], 0.0);
        for _ in 0..3000 {
            let y: Vec<f64> = (0..40).map(|i| (0..70).map(|j| f64::from(data[i * 70 + j]) * x[j]).sum()).collect();
            let z: Vec<f64> = (0..70).map(|j| (0..40).map(|i| f64::from(data[i * 70 + j]) * y[i]).sum()).collect();
            gain = z.iter().map(|z| z * z).sum::<f64>().sqrt();
            x = z.iter().map(|z| z / gain).collect();
        }
        let norm = spectral_norm(a).get();
        assert!(norm >= gain.sqrt() && norm < 1.1 * gain.sqrt(), "{norm} {}", gain.sqrt());
    }

    #[test]
    fn what_is_cheap_is_enough_where_it_is_close() {
        // Squares in f32 may have underflowed.
        assert!(spectral_norm(Mat::row_major(&[0.0_f32; 6], 2, 3)).get() < 1e-20);
        let norm = spectral_norm(Mat::row_major(&[2.0_f32; 12], 3, 4)).get();
        assert!((1.0..1.000_1).contains(&(norm / 48_f64.sqrt())));
        let norm = spectral_norm(Mat::row_major(&[3.0_f32, 4.0], 1, 2)).get();
        assert!((5.0..5.000_1).contains(&norm));
    }

    #[test]
    fn a_remembered_norm_follows_the_matrix() {
        let mut data = hadamard(|_| 1.0);
        let (exact, mut memory) = (32_f64.sqrt(), Memory::default());
        let mut norm = |data: &[f64]| {
            let a = Mat::row_major(data, 32, 32);
            let _lent = memory.lend();
            let (norm, transposed) = (remembered_spectral_norm(a).get(), remembered_spectral_norm(a.t()).get());
            assert_eq!(norm, transposed);
            norm
        };
        let first = norm(&data);
        assert_eq!(first, spectral_norm(Mat::row_major(&data, 32, 32)).get());
        // A step along the first singular vectors: the norm grows by what is added, and so does what is known of it.
        data[0] += 0.01;
        assert!((first..first + 0.010_001).contains(&norm(&data)) && norm(&data) > first);
        // Twice the matrix is another one.
        for x in &mut data {
            *x *= 2.0;
        }
        assert!(norm(&data) >= 2.0 * exact && norm(&data) < 2.3 * exact);
        data[5] = f64::NAN;
        assert_eq!(norm(&data), f64::INFINITY);
        data[5] = 2.0;
        assert!(norm(&data) < 2.3 * exact + 2.0);
        // The same numbers as a matrix of another shape.
        let data = vec![1.0; 32 * 32];
        let [square, wide] = [(32, 32), (8, 64)].map(|(rows, cols)| {
            let _lent = memory.lend();
            remembered_spectral_norm(Mat::row_major(&data[..rows * cols], rows, cols)).get()
        });
        assert!(square >= 32.0 && wide >= 512_f64.sqrt() && wide < 23.0);
    }

    #[test]
    fn what_is_remembered_goes_with_its_run() {
        let data = hadamard(|_| 1.0);
        let norm = || remembered_spectral_norm(Mat::row_major(&data, 32, 32));
        let lent = || KNOWN.with_borrow(|known| known.as_ref().map(Vec::len));
        let (mut outer, mut inner) = (Memory::default(), Memory::default());
        norm();
        assert_eq!(lent(), None);
        {
            let _outer = outer.lend();
            norm();
            {
                let _inner = inner.lend();
                assert_eq!(lent(), Some(0));
            }
            assert_eq!(lent(), Some(1));
        }
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _inner = inner.lend();
            norm();
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(panicked.is_err());
        assert_eq!((lent(), outer.0.len(), inner.0.len(), outer.clone().0.len()), (None, 1, 1, 0));
    }

    #[test]
    fn an_entry_that_is_not_finite_makes_it_infinite() {
        let mut data = hadamard(|_| 1.0);
        data[77] = f64::NAN;
        assert_eq!(spectral_norm(Mat::row_major(&data, 32, 32)), Up::INFINITY);
        data[77] = f64::INFINITY;
        assert_eq!(spectral_norm(Mat::row_major(&data, 32, 32)), Up::INFINITY);
    }
}
