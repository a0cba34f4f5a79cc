//! Norms in balls, from the formulas of [`norm`](super): `h = (x - m) / √(mean (x - m)² + ε)`.

use super::super::axis::Rows;
use super::super::enclosing::{integer, total, written};
use super::Norm;
use crate::kernel::scratch::with_buffers;
use crate::kernel::wide::WideBall;

use nfgrad_shapes::Shape;

/// Replaces a row by `h`; returns `1/s`.
fn normalise<N: Norm, const K: usize>(row: &mut [WideBall<K>], epsilon: WideBall<K>) -> WideBall<K> {
    let count = integer(row.len());
    if N::CENTRED {
        let mean = total(row.iter().copied()) / count;
        for x in &mut *row {
            *x = *x - mean;
        }
    }
    let inverse = (total(row.iter().map(|&c| c * c)) / count + epsilon).rsqrt();
    for c in &mut *row {
        *c = *c * inverse;
    }
    inverse
}

/// `y = h w + b`.
pub(in super::super) fn values<N: Norm, S: Rows, const K: usize>(
    [x, weight]: [&[WideBall<K>]; 2],
    bias: Option<&[WideBall<K>]>,
    y: &mut [WideBall<K>],
) {
    let epsilon = written::<N::Epsilon, K>();
    y.copy_from_slice(x);
    for row in y.chunks_exact_mut(S::LEN.max(1)) {
        normalise::<N, K>(row, epsilon);
        for (j, (y, &w)) in row.iter_mut().zip(weight).enumerate() {
            *y = *y * w + bias.map_or(WideBall::ZERO, |bias| bias[j]);
        }
    }
}

/// `x̄ = (g - G - h H) / s` with `g = ȳ w`, `G` its mean (0 where nothing is centred) and `H` that of `g h`; `w̄ = Σ ȳ h` over the rows.
pub(in super::super) fn cotangents<N: Norm, S: Rows, const K: usize>(
    [x, weight, dy]: [&[WideBall<K>]; 3],
    [mut dx, mut dw]: [Option<&mut [WideBall<K>]>; 2],
) {
    let (epsilon, count) = (written::<N::Epsilon, K>(), integer(S::LEN));
    if let Some(dw) = &mut dw {
        dw.fill(WideBall::ZERO);
    }
    with_buffers([S::LEN; 2], |[h, g]: [&mut [WideBall<K>]; 2]| {
        for row in 0..<S::Each as Shape>::NUMEL {
            let range = row * S::LEN..(row + 1) * S::LEN;
            h.copy_from_slice(&x[range.clone()]);
            let (inverse, dy) = (normalise::<N, K>(h, epsilon), &dy[range.clone()]);
            if let Some(dw) = &mut dw {
                dw.iter_mut().zip(dy).zip(&*h).for_each(|((dw, &dy), &h)| *dw = *dw + dy * h);
            }
            if let Some(dx) = &mut dx {
                g.iter_mut().zip(dy).zip(weight).for_each(|((g, &dy), &w)| *g = dy * w);
                let first = if N::CENTRED { total(g.iter().copied()) / count } else { WideBall::ZERO };
                let second = total(g.iter().zip(&*h).map(|(&g, &h)| g * h)) / count;
                for ((dx, &g), &h) in dx[range].iter_mut().zip(&*g).zip(&*h) {
                    *dx = (g - first - h * second) * inverse;
                }
            }
        }
    });
}
