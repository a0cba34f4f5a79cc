//! One row times a matrix whose rows are contiguous: bound by memory, so the matrix is read as it lies, once.

use super::element::{Element, Scratch};
use super::register::Register;
use super::{Mat, chunk};

/// `c = a B`: the rows of `B`, scaled, are added up chunk by chunk, in the order in which `blocked` does it.
///
/// Whoever inlines this decides by its instruction set whether `fused` is fast; so `fused` must not be called from a
/// closure, which might stay a function of its own.
#[inline(always)]
pub(super) fn row<R: Register>(
    a: Mat<R::Element>,
    b: Mat<R::Element>,
    c: &mut [R::Element],
    scratch: &mut Scratch<R::Element>,
) {
    let (n, k, chunk) = (b.cols, b.rows, chunk(b.rows));
    let x = |p: usize| a.data[p * a.col_stride];
    let line = |p: usize| &b.data[p * b.row_stride..p * b.row_stride + n];
    let partial = scratch.slice(if chunk < k { n } else { 0 });
    for start in (0..k).step_by(chunk) {
        let end = k.min(start + chunk);
        let sum: &mut [R::Element] = if start == 0 { c } else { partial };
        sum.fill(R::Element::ZERO);
        let mut p = start;
        while p + 4 <= end {
            let (x0, x1, x2, x3) = (x(p), x(p + 1), x(p + 2), x(p + 3));
            let lines = line(p).iter().zip(line(p + 1)).zip(line(p + 2)).zip(line(p + 3));
            for (s, (((&y0, &y1), &y2), &y3)) in sum.iter_mut().zip(lines) {
                let two = step::<R>(x1, y1, step::<R>(x0, y0, *s));
                *s = step::<R>(x3, y3, step::<R>(x2, y2, two));
            }
            p += 4;
        }
        for p in p..end {
            let x = x(p);
            for (s, &y) in sum.iter_mut().zip(line(p)) {
                *s = step::<R>(x, y, *s);
            }
        }
        if start > 0 {
            for (c, &s) in c.iter_mut().zip(&*partial) {
                *c = *c + s;
            }
        }
    }
}

#[inline(always)]
fn step<R: Register>(x: R::Element, y: R::Element, sum: R::Element) -> R::Element {
    if R::FUSED { x.fused(y, sum) } else { sum + x * y }
}
