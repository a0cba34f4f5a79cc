//! A convolution with padding and a squared error: forward, backward and SGD by im2col.

use super::{gemm, gemm_of};

/// Square images and kernels, stride 1, padding that keeps the size.
pub(crate) struct Conv {
    /// Channels, outputs, size of an image, size of a kernel.
    lengths: [usize; 4],
    pub(crate) x: Vec<f32>,
    pub(crate) t: Vec<f32>,
    pub(crate) w: Vec<f32>,
    pub(crate) b: Vec<f32>,
    columns: Vec<f32>,
    y: Vec<f32>,
    dx: Vec<f32>,
    dw: Vec<f32>,
    dw_part: Vec<f32>,
    db: Vec<f32>,
}

impl Conv {
    pub(crate) fn new(images: usize, lengths: [usize; 4]) -> Self {
        let [c, o, h, k] = lengths;
        let zeros = |n: usize| vec![0.0; n];
        Self {
            lengths,
            x: zeros(images * c * h * h),
            t: zeros(images * o * h * h),
            w: zeros(o * c * k * k),
            b: zeros(o),
            columns: zeros(c * k * k * h * h),
            y: zeros(images * o * h * h),
            dx: zeros(images * c * h * h),
            dw: zeros(o * c * k * k),
            dw_part: zeros(o * c * k * k),
            db: zeros(o),
        }
    }

    pub(crate) fn step(&mut self, rate: f32) -> f32 {
        let ([c, o, h, k], pixels) = (self.lengths, self.lengths[2] * self.lengths[2]);
        let taps = c * k * k;
        for (x, y) in self.x.chunks_exact(c * pixels).zip(self.y.chunks_exact_mut(o * pixels)) {
            unfold(&mut self.columns, x, h, k);
            gemm(false, [o, taps, pixels], &self.w, &self.columns, y);
            for (y, b) in y.chunks_exact_mut(pixels).zip(&self.b) {
                for y in y {
                    *y += b;
                }
            }
        }
        let scale = 1.0 / self.y.len() as f32;
        let mut loss = 0.0;
        for (y, t) in self.y.iter_mut().zip(&self.t) {
            loss += (*y - t) * (*y - t);
            *y = 2.0 * scale * (*y - t);
        }
        self.dw.fill(0.0);
        self.db.fill(0.0);
        self.dx.fill(0.0);
        for (i, dy) in self.y.chunks_exact(o * pixels).enumerate() {
            unfold(&mut self.columns, &self.x[i * c * pixels..][..c * pixels], h, k);
            gemm_of([false, true], [o, pixels, taps], dy, &self.columns, &mut self.dw_part);
            self.dw.iter_mut().zip(&self.dw_part).for_each(|(sum, part)| *sum += part);
            self.db.iter_mut().zip(dy.chunks_exact(pixels)).for_each(|(sum, dy)| *sum += dy.iter().sum::<f32>());
            gemm(true, [taps, o, pixels], &self.w, dy, &mut self.columns);
            fold(&self.columns, &mut self.dx[i * c * pixels..][..c * pixels], h, k);
        }
        for (params, gradient) in [(&mut self.x, &self.dx), (&mut self.w, &self.dw), (&mut self.b, &self.db)] {
            params.iter_mut().zip(gradient).for_each(|(p, g)| *p -= rate * g);
        }
        loss * scale
    }
}

/// For every tap and row of windows: the row of the image that it sees, and how far to the right.
fn rows(h: usize, k: usize, mut visit: impl FnMut(usize, usize, usize, usize)) {
    for tap in 0..k * k {
        for i in 0..h {
            if let Some(source) = (i + tap / k).checked_sub(k / 2).filter(|source| *source < h) {
                visit(tap, i, source, tap % k);
            }
        }
    }
}

/// The columns `first..end` of the windows whose tap `b` is in the image, and the column of the image of the first.
fn span(h: usize, k: usize, b: usize) -> (usize, usize, usize) {
    let first = (k / 2).saturating_sub(b);
    (first, (h + k / 2 - b).min(h), first + b - k / 2)
}

fn unfold(columns: &mut [f32], x: &[f32], h: usize, k: usize) {
    columns.fill(0.0);
    for (x, columns) in x.chunks_exact(h * h).zip(columns.chunks_exact_mut(k * k * h * h)) {
        rows(h, k, |tap, i, source, b| {
            let (first, end, from) = span(h, k, b);
            columns[(tap * h + i) * h..][first..end].copy_from_slice(&x[source * h + from..][..end - first]);
        });
    }
}

fn fold(columns: &[f32], dx: &mut [f32], h: usize, k: usize) {
    for (dx, columns) in dx.chunks_exact_mut(h * h).zip(columns.chunks_exact(k * k * h * h)) {
        rows(h, k, |tap, i, source, b| {
            let (first, end, from) = span(h, k, b);
            let sums = dx[source * h + from..][..end - first].iter_mut();
            sums.zip(&columns[(tap * h + i) * h..][first..end]).for_each(|(sum, term)| *sum += term);
        });
    }
}
