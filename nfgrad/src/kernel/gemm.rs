//! Matrix products: the hot loop of everything, without heap allocation and with a known summation tree.
//!
//! The floating-point work is done by kernels whose sums stay in registers, one generic function for tiles ([`tile`](mod@tile)) and one for dot
//! products ([`dots`]), compiled for each instruction set ([`element`]). The loops around them ([`blocked`]) cut the inner dimension into
//! chunks of [`chunk`] products, and not as the caches suggest, so that [`height`] bounds the roundings a product can meet.
//!
//! # The error bound this file promises
//!
//! Write `u` for the unit roundoff, `eta` for the least positive subnormal and `h = height(k)`. Without overflow, every
//! entry of the computed product `C` of exact inputs obeys
//!
//! ```text
//! |C - AB|  <=  ((1 + u)^h - 1) |A||B|  +  (1 + u)^(h-1) k eta/2
//! ```
//!
//! *Proof.* An entry is the root of a binary tree whose leaves are its `k` products. A rounding multiplies its exact
//! argument by `1 + d` with `|d| <= u`, or, where the result is subnormal, adds at most `eta/2`. A sum of two floats
//! that is subnormal is exact, so only the at most `k` roundings that form a product (alone, or fused with its first
//! addition) can add. A leaf meets at most `h` roundings by the definition of [`height`], its own absolute error at
//! most `h - 1` more. Add up the leaves. ∎
//!
//! # The same bits whatever the batch
//!
//! Where the rows of `A` and those of `B` are contiguous, as in every product of a forward sweep, a row of the result has the same bits however
//! many rows `A` has. *Proof.* Which path is taken depends on the inner length, the columns and the strides, but for one choice, a single row;
//! and there the order of the sums and their rounding are those of tiles. ∎  (A test tries it.) A factor that is transposed, as on the way back, is
//! multiplied by plain loops or dot products if the result is small, whose sums have other orders.
//!
//! The bound holds for every path below: tiny products, dot products, single rows, tiles; with or without fused
//! multiply-add. Like all of Rust it takes the default floating-point environment for granted: rounding to nearest,
//! and subnormals that are not flushed.
#![allow(
    clippy::inline_always,
    reason = "code is compiled for an instruction set by inlining it where that is enabled"
)]

mod blocked;
mod cache;
mod dots;
mod element;
mod pack;
mod register;
mod row;
mod tile;

#[cfg(test)]
mod tests;

use element::{Element, Set};

/// A matrix inside a slice: element `(i, j)` is `data[i * row_stride + j * col_stride]`.
///
/// Public because the formats, a public trait, have a hidden function that multiplies; it cannot be named outside.
#[derive(Clone, Copy, Debug)]
pub struct Mat<'a, T> {
    /// Where the elements are, among others perhaps.
    pub data: &'a [T],
    /// The number of rows.
    pub rows: usize,
    /// The number of columns.
    pub cols: usize,
    /// How far apart the elements of a column lie.
    pub row_stride: usize,
    /// How far apart the elements of a row lie.
    pub col_stride: usize,
}

impl<'a, T> Mat<'a, T> {
    /// The matrix whose rows lie one after another in `data`.
    #[inline]
    pub(crate) fn row_major(data: &'a [T], rows: usize, cols: usize) -> Self {
        Self { data, rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// The transpose, which moves nothing.
    #[inline]
    pub(crate) fn t(self) -> Self {
        let Self { data, rows, cols, row_stride, col_stride } = self;
        Self { data, rows: cols, cols: rows, row_stride: col_stride, col_stride: row_stride }
    }

    /// Whether every element lies inside `data`.
    #[inline(always)]
    fn fits(&self) -> bool {
        if self.rows == 0 || self.cols == 0 {
            return true;
        }
        let down = (self.rows - 1).checked_mul(self.row_stride);
        let right = (self.cols - 1).checked_mul(self.col_stride);
        match (down, right) {
            (Some(down), Some(right)) => down.checked_add(right).is_some_and(|last| last < self.data.len()),
            _ => false,
        }
    }
}

/// `C = A B`. `C` is row-major and contiguous, and is overwritten.
///
/// # Panics
/// If the shapes disagree or a matrix reaches outside its slice.
#[inline(always)]
pub(crate) fn gemm_f32(a: Mat<f32>, b: Mat<f32>, c: &mut [f32]) {
    gemm(a, b, c);
}

/// `C = A B`. `C` is row-major and contiguous, and is overwritten.
///
/// # Panics
/// If the shapes disagree or a matrix reaches outside its slice.
#[inline(always)]
pub(crate) fn gemm_f64(a: Mat<f64>, b: Mat<f64>, c: &mut [f64]) {
    gemm(a, b, c);
}

/// How many products are accumulated from zero before the sum is added to the entry.
///
/// The `k` products fall into the least number of chunks of at most 128 (256 if `k >= 1024`), as equal as can be:
/// the height is the longest chunk plus a step for each further one, so 784 = 7 * 112 beats 6 * 128 + 16.
const fn chunk(k: usize) -> usize {
    if k <= 128 { k } else { k.div_ceil(chunks(k)) }
}

/// The number of chunks that `k > 0` products fall into.
const fn chunks(k: usize) -> usize {
    if k < 1024 { k.div_ceil(128) } else { k.div_ceil(256) }
}

/// Height of the summation tree for inner length `k`: a product meets at most this many roundings on its way into an
/// entry, its own included.
///
/// *Proof.* Let `q = chunk(k)` and `p` be the number of chunks. A chunk is a left fold from zero over at most `q`
/// products.
/// - Fused: `s <- round(s + x y)`. Product number `j = 1..q` meets its own step and the `q - j` later ones.
/// - Not fused: the product is rounded, `s <- round(s + round(x y))`. The first addition, to zero, is exact. Product
///   1 meets `1 + (q - 1)` roundings, product `j > 1` its own, the addition, and the `q - j` later ones.
///
/// So at most `q` either way. The first chunk's sum is stored, each later one added with one rounding: at most
/// `p - 1` more, altogether `q + p - 1`. The other orders used are no higher: a tiny product is one left fold over
/// `k <= 128` products, and [`dots`] bounds its height itself. ∎
pub(crate) const fn height(k: usize) -> usize {
    if k == 0 { 0 } else { chunk(k) + chunks(k) - 1 }
}

#[inline(always)]
fn gemm<T: Element>(a: Mat<T>, b: Mat<T>, c: &mut [T]) {
    check(&a, &b, c);
    if c.is_empty() {
        return;
    }
    if is_tiny(&a, &b) {
        tiny(a, b, c);
    } else {
        T::product(Set::best(), a, b, c);
    }
}

/// Panics unless `C = A B` makes sense and stays inside the slices.
#[inline(always)]
fn check<T>(a: &Mat<T>, b: &Mat<T>, c: &[T]) {
    assert!(a.cols == b.rows, "inner dimensions differ");
    assert!(a.rows.checked_mul(b.cols) == Some(c.len()), "the result has another size");
    assert!(a.fits() && b.fits(), "a matrix reaches outside its slice");
}

/// Whether plain loops, which vanish into the caller, are faster.
///
/// Measured on Zen 4 for constant shapes: a call to the kernels costs 60 ns before it computes anything, and wide registers are no use for few
/// columns and short sums. So they are faster for few entries, and for eight columns and sums of eight products however many rows there
/// are. Where no factor is transposed only the latter counts, for the number of rows must not decide: rows of a batch are to have the same
/// bits in any other, and plain loops round products and sums, kernels both at once.
#[inline(always)]
const fn is_tiny<T>(a: &Mat<T>, b: &Mat<T>) -> bool {
    let (k, cols) = (a.cols, b.cols);
    if a.col_stride == 1 && b.col_stride == 1 {
        return k <= 16 && cols <= 8 && k * cols <= 64;
    }
    let work = a.rows.saturating_mul(cols).saturating_mul(k);
    k <= 128 && (work <= 1024 || work <= 4096 && k <= 8 && cols <= 8)
}

/// The product as plain loops; each entry a left fold over `k`.
///
/// Meant to be inlined where the shapes are constants: then the loops unroll and the index checks fold away.
#[inline(always)]
fn tiny<T: Element>(a: Mat<T>, b: Mat<T>, c: &mut [T]) {
    for (i, row) in c.chunks_exact_mut(b.cols).enumerate() {
        let (blocks, rest) = row.as_chunks_mut::<8>();
        let done = blocks.len() * 8;
        for (j, block) in blocks.iter_mut().enumerate() {
            *block = entries(a, b, i, j * 8);
        }
        let (blocks, rest) = rest.as_chunks_mut::<4>();
        let ones = done + blocks.len() * 4;
        for block in blocks {
            *block = entries(a, b, i, done);
        }
        for (j, entry) in rest.iter_mut().enumerate() {
            [*entry] = entries(a, b, i, ones + j);
        }
    }
}

/// The entries `(i, j..j + N)` of `A B`.
#[inline(always)]
fn entries<T: Element, const N: usize>(a: Mat<T>, b: Mat<T>, i: usize, j: usize) -> [T; N] {
    let mut sums = [T::ZERO; N];
    for p in 0..a.cols {
        let x = a.data[i * a.row_stride + p * a.col_stride];
        let line = &b.data[p * b.row_stride + j * b.col_stride..];
        if b.col_stride == 1 {
            let line = &line[..N];
            for (s, &y) in sums.iter_mut().zip(line) {
                *s = *s + x * y;
            }
        } else {
            for (t, s) in sums.iter_mut().enumerate() {
                *s = *s + x * line[t * b.col_stride];
            }
        }
    }
    sums
}
