//! The yardstick: the same training steps as straight-line Rust on preallocated buffers and the `gemm` crate.

use std::array::from_fn;

mod conv;

pub(crate) use conv::Conv;

/// `C = A B` or `C = Aᵀ B`, all row-major.
fn gemm(transpose_a: bool, lengths: [usize; 3], a: &[f32], b: &[f32], c: &mut [f32]) {
    gemm_of([transpose_a, false], lengths, a, b, c);
}

/// The same with either operand transposed, by the `gemm` crate's own entry.
fn gemm_of(transpose: [bool; 2], [m, k, n]: [usize; 3], a: &[f32], b: &[f32], c: &mut [f32]) {
    assert!(a.len() == m * k && b.len() == k * n && c.len() == m * n);
    let stride = |x: usize| isize::try_from(x).expect("a small matrix");
    let (a_rows, a_cols) = if transpose[0] { (1, stride(m)) } else { (stride(k), 1) };
    let (b_rows, b_cols) = if transpose[1] { (1, stride(k)) } else { (stride(n), 1) };
    #[allow(unsafe_code, reason = "the entry of the gemm crate takes raw pointers")]
    // SAFETY: the lengths were just checked against the shapes, and `c` overlaps neither operand.
    unsafe {
        // As the crate's front door does for a row-major result: Cᵀ = Bᵀ Aᵀ.
        gemm_f32::gemm::f32::get_gemm_fn()(
            n,
            m,
            k,
            c.as_mut_ptr(),
            stride(n),
            1,
            false,
            b.as_ptr(),
            b_rows,
            b_cols,
            a.as_ptr(),
            a_rows,
            a_cols,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm_common::Parallelism::None,
        );
    }
}

/// A relu perceptron with one hidden layer and softmax cross-entropy: forward, backward and SGD.
pub(crate) struct Mlp {
    pub(crate) batch: usize,
    pub(crate) sizes: [usize; 3],
    pub(crate) x: Vec<f32>,
    pub(crate) t: Vec<f32>,
    pub(crate) w1: Vec<f32>,
    pub(crate) b1: Vec<f32>,
    pub(crate) w2: Vec<f32>,
    pub(crate) b2: Vec<f32>,
    h: Vec<f32>,
    p: Vec<f32>,
    dh: Vec<f32>,
    dw1: Vec<f32>,
    db1: Vec<f32>,
    dw2: Vec<f32>,
    db2: Vec<f32>,
    w2_t: Vec<f32>,
}

impl Mlp {
    pub(crate) fn new(batch: usize, sizes: [usize; 3]) -> Self {
        let [i, h, o] = sizes;
        let zeros = |n: usize| vec![0.0; n];
        Self {
            batch,
            sizes,
            x: zeros(batch * i),
            t: zeros(batch * o),
            w1: zeros(i * h),
            b1: zeros(h),
            w2: zeros(h * o),
            b2: zeros(o),
            h: zeros(batch * h),
            p: zeros(batch * o),
            dh: zeros(batch * h),
            dw1: zeros(i * h),
            db1: zeros(h),
            dw2: zeros(h * o),
            db2: zeros(o),
            w2_t: zeros(h * o),
        }
    }

    pub(crate) fn step(&mut self, rate: f32) -> f32 {
        let ([i, h, o], b) = (self.sizes, self.batch);
        gemm(false, [b, i, h], &self.x, &self.w1, &mut self.h);
        for row in self.h.chunks_exact_mut(h) {
            for (x, bias) in row.iter_mut().zip(&self.b1) {
                *x = (*x + bias).max(0.0);
            }
        }
        gemm(false, [b, h, o], &self.h, &self.w2, &mut self.p);
        let mut loss = 0.0;
        for (row, t) in self.p.chunks_exact_mut(o).zip(self.t.chunks_exact(o)) {
            for (x, bias) in row.iter_mut().zip(&self.b2) {
                *x += bias;
            }
            loss += softmax_gradient(row, t, b as f32);
        }
        gemm(true, [h, b, o], &self.h, &self.p, &mut self.dw2);
        column_sums(&self.p, &mut self.db2);
        for (r, row) in self.w2.chunks_exact(o).enumerate() {
            for (c, w) in row.iter().enumerate() {
                self.w2_t[c * h + r] = *w;
            }
        }
        gemm(false, [b, o, h], &self.p, &self.w2_t, &mut self.dh);
        for (d, h) in self.dh.iter_mut().zip(&self.h) {
            *d = if *h > 0.0 { *d } else { 0.0 };
        }
        gemm(true, [i, b, h], &self.x, &self.dh, &mut self.dw1);
        column_sums(&self.dh, &mut self.db1);
        let pairs = [
            (&mut self.w1, &self.dw1),
            (&mut self.b1, &self.db1),
            (&mut self.w2, &self.dw2),
            (&mut self.b2, &self.db2),
        ];
        for (param, gradient) in pairs {
            for (p, g) in param.iter_mut().zip(gradient) {
                *p -= rate * g;
            }
        }
        loss / b as f32
    }
}

/// Turns a row of logits into `(softmax - t) / batch` and returns its cross-entropy.
fn softmax_gradient(row: &mut [f32], t: &[f32], batch: f32) -> f32 {
    let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut dot = 0.0;
    let mut sum = 0.0;
    for (x, t) in row.iter_mut().zip(t) {
        dot += (*x - max) * t;
        *x = (*x - max).exp();
        sum += *x;
    }
    for (x, t) in row.iter_mut().zip(t) {
        *x = (*x / sum - t) / batch;
    }
    sum.ln() - dot
}

fn column_sums(x: &[f32], sums: &mut [f32]) {
    sums.fill(0.0);
    for row in x.chunks_exact(sums.len()) {
        for (sum, x) in sums.iter_mut().zip(row) {
            *sum += x;
        }
    }
}

/// 4-8-1, tanh, squared error, one sample; every size a constant, every value in registers.
#[derive(Default)]
pub(crate) struct Tiny {
    pub(crate) x: [f32; 4],
    pub(crate) t: f32,
    pub(crate) w1: [[f32; 8]; 4],
    pub(crate) b1: [f32; 8],
    pub(crate) w2: [f32; 8],
    pub(crate) b2: f32,
}

impl Tiny {
    pub(crate) fn step(&mut self, rate: f32, tanh: impl Fn(f32) -> f32) -> f32 {
        let z: [f32; 8] = from_fn(|j| (0..4).fold(self.b1[j], |sum, i| sum + self.x[i] * self.w1[i][j]));
        let h = z.map(tanh);
        let y = (0..8).fold(self.b2, |sum, j| sum + h[j] * self.w2[j]);
        let error = y - self.t;
        let dy = 2.0 * error;
        let dz: [f32; 8] = from_fn(|j| dy * self.w2[j] * (1.0 - h[j] * h[j]));
        for (row, x) in self.w1.iter_mut().zip(&self.x) {
            for (w, dz) in row.iter_mut().zip(&dz) {
                *w -= rate * x * dz;
            }
        }
        for (((b, w), dz), h) in self.b1.iter_mut().zip(&mut self.w2).zip(&dz).zip(&h) {
            *b -= rate * dz;
            *w -= rate * dy * h;
        }
        self.b2 -= rate * dy;
        error * error
    }
}
