//! One row times a matrix: bound by memory, so the matrix is read once, in the order in which it lies.

use super::element::{Element, Scratch};
use super::{Mat, chunk};

/// `c = a B` for a single row `a`, unless `B` is contiguous along neither axis; returns whether it was.
#[inline(always)]
pub(super) fn row<T: Element, const FUSED: bool>(a: Mat<T>, b: Mat<T>, c: &mut [T], scratch: &mut Scratch<T>) -> bool {
    if b.col_stride == 1 {
        along_rows::<T, FUSED>(a, b, c, scratch);
    } else if b.row_stride == 1 {
        along_columns::<T, FUSED>(a, b, c, scratch);
    } else {
        return false;
    }
    true
}

#[inline(always)]
fn step<T: Element, const FUSED: bool>(x: T, y: T, sum: T) -> T {
    if FUSED { x.fused(y, sum) } else { sum + x * y }
}

/// The rows of `B`, scaled, are added up chunk by chunk as `blocked` does it.
#[inline(always)]
fn along_rows<T: Element, const FUSED: bool>(a: Mat<T>, b: Mat<T>, c: &mut [T], scratch: &mut Scratch<T>) {
    let (n, k, chunk) = (b.cols, b.rows, chunk(b.rows));
    let x = |p: usize| a.data[p * a.col_stride];
    let line = |p: usize| &b.data[p * b.row_stride..p * b.row_stride + n];
    let partial = scratch.slice(n);
    for start in (0..k).step_by(chunk) {
        let end = k.min(start + chunk);
        let sum: &mut [T] = if start == 0 { c } else { partial };
        sum.fill(T::ZERO);
        let mut p = start;
        while p + 4 <= end {
            let (x0, x1, x2, x3) = (x(p), x(p + 1), x(p + 2), x(p + 3));
            let lines = line(p).iter().zip(line(p + 1)).zip(line(p + 2)).zip(line(p + 3));
            for (s, (((&y0, &y1), &y2), &y3)) in sum.iter_mut().zip(lines) {
                let two = step::<T, FUSED>(x1, y1, step::<T, FUSED>(x0, y0, *s));
                *s = step::<T, FUSED>(x3, y3, step::<T, FUSED>(x2, y2, two));
            }
            p += 4;
        }
        for p in p..end {
            let x = x(p);
            for (s, &y) in sum.iter_mut().zip(line(p)) {
                *s = step::<T, FUSED>(x, y, *s);
            }
        }
        if start > 0 {
            for (c, &s) in c.iter_mut().zip(&*partial) {
                *c = *c + s;
            }
        }
    }
}

/// Each entry is a dot product with a contiguous column of `B`.
#[inline(always)]
fn along_columns<T: Element, const FUSED: bool>(a: Mat<T>, b: Mat<T>, c: &mut [T], scratch: &mut Scratch<T>) {
    let k = b.rows;
    let x = if a.col_stride == 1 {
        &a.data[..k]
    } else {
        let copy = scratch.slice(k);
        for (p, x) in copy.iter_mut().enumerate() {
            *x = a.data[p * a.col_stride];
        }
        copy
    };
    for (j, c) in c.iter_mut().enumerate() {
        *c = dot::<T, FUSED>(x, &b.data[j * b.col_stride..j * b.col_stride + k]);
    }
}

/// Sums that a dot product keeps side by side.
const WAYS: usize = 32;
/// Products in one block of a dot product.
const BLOCK: usize = 128 * WAYS;

/// A bound of the roundings that a product meets in [`dot`].
///
/// In a block of `WAYS q + r` products each way folds `q` of them, from zero: `q` roundings (see `height`), and 5 more
/// in the tree that adds up the 32 ways. The `r` left over fold to another sum, and one addition joins the two if
/// there are both. The blocks' sums are folded, which costs all but one of them.
#[cfg(test)]
pub(super) const fn dot_height(k: usize) -> usize {
    const fn block(k: usize) -> usize {
        let (q, r) = (k / WAYS, k % WAYS);
        match (q, r) {
            (0, r) => r,
            (q, 0) => q + 5,
            (q, r) => (if q + 5 > r { q + 5 } else { r }) + 1,
        }
    }
    let (full, rest) = (k / BLOCK, k % BLOCK);
    match full {
        0 => block(rest),
        full => {
            let (full_height, rest_height) = (block(BLOCK), block(rest));
            (if full_height > rest_height { full_height } else { rest_height }) + full - (rest == 0) as usize
        }
    }
}

#[inline(always)]
fn dot<T: Element, const FUSED: bool>(x: &[T], y: &[T]) -> T {
    if x.len() <= BLOCK {
        return dot_block::<T, FUSED>(x, y);
    }
    let (x0, x) = x.split_at(BLOCK);
    let (y0, y) = y.split_at(BLOCK);
    let first = dot_block::<T, FUSED>(x0, y0);
    x.chunks(BLOCK).zip(y.chunks(BLOCK)).fold(first, |sum, (x, y)| sum + dot_block::<T, FUSED>(x, y))
}

#[inline(always)]
fn dot_block<T: Element, const FUSED: bool>(x: &[T], y: &[T]) -> T {
    let (xs, x) = x.as_chunks::<WAYS>();
    let (ys, y) = y.as_chunks::<WAYS>();
    let rest = x.iter().zip(y).fold(T::ZERO, |sum, (&x, &y)| step::<T, FUSED>(x, y, sum));
    if xs.is_empty() {
        return rest;
    }
    // Four arrays of eight: one of 32 is not kept in registers.
    let [mut s0, mut s1, mut s2, mut s3] = [[T::ZERO; 8]; 4];
    for (x, y) in xs.iter().zip(ys) {
        let fold = |sums: [T; 8], at: usize| core::array::from_fn(|i| step::<T, FUSED>(x[at + i], y[at + i], sums[i]));
        (s0, s1, s2, s3) = (fold(s0, 0), fold(s1, 8), fold(s2, 16), fold(s3, 24));
    }
    let pairs: [T; 8] = core::array::from_fn(|i| (s0[i] + s1[i]) + (s2[i] + s3[i]));
    let sums = halved::<T, 8, 4>(pairs);
    let [sum, other] = halved::<T, 4, 2>(sums);
    if x.is_empty() { sum + other } else { (sum + other) + rest }
}

#[inline(always)]
fn halved<T: Element, const N: usize, const HALF: usize>(sums: [T; N]) -> [T; HALF] {
    core::array::from_fn(|i| sums[i] + sums[i + HALF])
}
