//! `a @ b`, the matrix product: `[m, k], [k, n] -> [m, n]` and `[m, k], [k] -> [m]`.
//!
//! Axes before the last two of `a` are a batch. With the same axes in front of `b` each matrix of `a` meets its own of `b`,
//! `[s, m, k], [s, k, n] -> [s, m, n]`; without any they all meet the same: `[s, m, k], [k, n] -> [s, m, n]`, which is one product with all
//! their rows, and `[s, m, k], [k] -> [s, m]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(a b)`, accumulated in f32 or f64 and rounded once to the format |
//! | Cotangents | `ā = fl(ȳ bᵀ)`, `b̄ = fl(aᵀ ȳ)` |
//!
//! A row of `y` has the same bits however many rows there are: those of a sample do not depend on the batch that it is in. In formats with sums from left to
//! right that is so by their order, in the others the kernels see to it. Of the cotangents it is not promised: on the way back a factor is transposed, and
//! a few rows are multiplied by dot products.
//!
//! # Error bound
//!
//! With `R_A`, `R_B` the radii and `κ` the rounding constant of an inner product of length `k`
//! ([`product_error`](crate::format::product_error)),
//!
//! ```text
//! |y - a* b*| <= |a| R_B + R_A |b| + R_A R_B + κ |a||b| + underflow   (+ h(y) where the format is narrower)
//! ```
//!
//! *Proof.* `fl(ab) - a*b* = (fl(ab) - ab) + (ab - a*b*)`; the first is the rounding of the product, and
//! `ab - a*b* = a(b - b*) + (a - a*)b - (a - a*)(b - b*)`. ∎  How the sums over `k` are bounded is the domain's business:
//! [`Domain::product`]. Both cotangents are products again and have the bounds of products.

use std::ops::Range;

use nfgrad_shapes::{Dim, Shape};

use super::enclosing::matmul;
use super::torchlean::Tensor;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::gemm::Mat;
use crate::kernel::wide::WideBall;

/// The matrix product; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct MatMul;

/// `[m, k] @ [k, n]` on flat slices; a vector is a matrix of one column.
macro_rules! product {
    ($m:expr, $k:expr, $n:expr) => {
        const NAME: &'static str = "matmul";

        #[inline(always)]
        fn forward<F: Format>([a, b]: [&[F]; 2], y: &mut [F]) {
            F::matmul(Mat::row_major(a, $m, $k), Mat::row_major(b, $k, $n), y);
        }

        #[inline]
        fn forward_radius<F: Format, D: Domain>([a, b]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
            D::product(a.matrix($m, $k), b.matrix($k, $n), y, radii);
        }

        #[inline(always)]
        fn vjp<F: Format>([a, b]: [&[F]; 2], _: &[F], dy: &[F], [da, db]: [Option<&mut [F]>; 2]) {
            let dy = Mat::row_major(dy, $m, $n);
            if let Some(da) = da {
                F::matmul(dy, Mat::row_major(b, $k, $n).t(), da);
            }
            if let Some(db) = db {
                F::matmul(Mat::row_major(a, $m, $k).t(), dy, db);
            }
        }

        #[inline]
        fn vjp_radius<F: Format, D: Domain>(
            [a, b]: [Ball<'_, F, D>; 2],
            _: Ball<'_, F, D>,
            dy: Ball<'_, F, D>,
            [da, db]: [Option<Contribution<'_, F>>; 2],
        ) {
            let dy = dy.matrix($m, $n);
            if let Some(da) = da {
                D::product(dy, b.matrix($k, $n).t(), da.mid, da.radii);
            }
            if let Some(db) = db {
                D::product(a.matrix($m, $k).t(), dy, db.mid, db.radii);
            }
        }

        fn enclose<const W: usize>([a, b]: [&[WideBall<W>]; 2], y: &mut [WideBall<W>]) {
            matmul(Mat::row_major(a, $m, $k), Mat::row_major(b, $k, $n), y);
        }

        fn enclose_vjp<const W: usize>(
            [a, b]: [&[WideBall<W>]; 2],
            _: &[WideBall<W>],
            dy: &[WideBall<W>],
            [da, db]: [Option<&mut [WideBall<W>]>; 2],
        ) {
            let dy = Mat::row_major(dy, $m, $n);
            if let Some(da) = da {
                matmul(dy, Mat::row_major(b, $k, $n).t(), da);
            }
            if let Some(db) = db {
                matmul(Mat::row_major(a, $m, $k).t(), dy, db);
            }
        }

        fn torchlean<F: Format>([a, b]: [Ball<'_, F, T0>; 2], y: &mut [F]) -> Up {
            Tensor::product([$m, $k, $n], |i, l| a.get(i * $k + l), |l, j| b.get(l * $n + j)).write(y)
        }

        fn torchlean_vjp<F: Format>(
            [a, b]: [Ball<'_, F, T0>; 2],
            _: Ball<'_, F, T0>,
            dy: Ball<'_, F, T0>,
            [da, db]: [Option<&mut [F]>; 2],
        ) -> [Option<Up>; 2] {
            let at_dy = |i: usize, j: usize| dy.get(i * $n + j);
            let left = |da: &mut [F]| Tensor::product([$m, $n, $k], at_dy, |j, l| b.get(l * $n + j)).write(da);
            let right = |db: &mut [F]| Tensor::product([$k, $m, $n], |l, i| a.get(i * $k + l), at_dy).write(db);
            [da.map(left), db.map(right)]
        }
    };
}

impl<M: Dim, K: Dim, N: Dim> Op<((M, K), (K, N))> for MatMul
where
    (M, N): Shape,
{
    type Out = (M, N);
    product!(M::SIZE, K::SIZE, N::SIZE);
}

impl<M: Dim, K: Dim> Op<((M, K), (K,))> for MatMul {
    type Out = (M,);
    product!(M::SIZE, K::SIZE, 1);
}

macro_rules! impl_batches {
    ($($axis:ident)*) => {
        impl<$($axis: Dim,)* M: Dim, K: Dim, N: Dim> Op<(($($axis,)* M, K), (K, N))> for MatMul {
            type Out = ($($axis,)* M, N);
            product!($($axis::SIZE *)* M::SIZE, K::SIZE, N::SIZE);
        }

        impl<$($axis: Dim,)* M: Dim, K: Dim> Op<(($($axis,)* M, K), (K,))> for MatMul {
            type Out = ($($axis,)* M,);
            product!($($axis::SIZE *)* M::SIZE, K::SIZE, 1);
        }

        impl<$($axis: Dim,)* M: Dim, K: Dim, N: Dim> Op<(($($axis,)* M, K), ($($axis,)* K, N))> for MatMul {
            const NAME: &'static str = "matmul";
            type Out = ($($axis,)* M, N);

            #[inline]
            fn forward<F: Format>([a, b]: [&[F]; 2], y: &mut [F]) {
                const { Batch::new(M::SIZE, K::SIZE, N::SIZE) }.forward(a, b, y, F::matmul);
            }

            #[inline]
            fn forward_radius<F: Format, D: Domain>([a, b]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
                let Batch { m, k, n } = const { Batch::new(M::SIZE, K::SIZE, N::SIZE) };
                products(y, m * n, radii, [a, b], |[a, b], i, y, radii| {
                    let (a, b) = (a.part(chunk(i, m * k)), b.part(chunk(i, k * n)));
                    D::product(a.matrix(m, k), b.matrix(k, n), y, radii);
                });
            }

            #[inline]
            fn vjp<F: Format>([a, b]: [&[F]; 2], _: &[F], dy: &[F], [da, db]: [Option<&mut [F]>; 2]) {
                const { Batch::new(M::SIZE, K::SIZE, N::SIZE) }.vjp([a, b], dy, [da, db], F::matmul);
            }

            fn enclose<const W: usize>([a, b]: [&[WideBall<W>]; 2], y: &mut [WideBall<W>]) {
                const { Batch::new(M::SIZE, K::SIZE, N::SIZE) }.forward(a, b, y, matmul);
            }

            fn enclose_vjp<const W: usize>(
                [a, b]: [&[WideBall<W>]; 2],
                _: &[WideBall<W>],
                dy: &[WideBall<W>],
                [da, db]: [Option<&mut [WideBall<W>]>; 2],
            ) {
                const { Batch::new(M::SIZE, K::SIZE, N::SIZE) }.vjp([a, b], dy, [da, db], matmul);
            }

            #[inline]
            fn vjp_radius<F: Format, D: Domain>(
                [a, b]: [Ball<'_, F, D>; 2],
                _: Ball<'_, F, D>,
                dy: Ball<'_, F, D>,
                [da, db]: [Option<Contribution<'_, F>>; 2],
            ) {
                let Batch { m, k, n } = const { Batch::new(M::SIZE, K::SIZE, N::SIZE) };
                if let Some(da) = da {
                    products(da.mid, m * k, da.radii, [dy, b], |[dy, b], i, da, radii| {
                        let (dy, b) = (dy.part(chunk(i, m * n)), b.part(chunk(i, k * n)));
                        D::product(dy.matrix(m, n), b.matrix(k, n).t(), da, radii);
                    });
                }
                if let Some(db) = db {
                    products(db.mid, k * n, db.radii, [a, dy], |[a, dy], i, db, radii| {
                        let (a, dy) = (a.part(chunk(i, m * k)), dy.part(chunk(i, m * n)));
                        D::product(a.matrix(m, k).t(), dy.matrix(m, n), db, radii);
                    });
                }
            }
        }
    };
}

impl_batches!(A);
impl_batches!(A B);
impl_batches!(A B C);
impl_batches!(A B C E);

/// The lengths of each product of a batch.
#[derive(Debug, Clone, Copy)]
struct Batch {
    m: usize,
    k: usize,
    n: usize,
}

/// Where the tensor `i` of a batch of tensors of `numel` elements is.
#[inline]
fn chunk(i: usize, numel: usize) -> Range<usize> {
    i * numel..(i + 1) * numel
}

impl Batch {
    const fn new(m: usize, k: usize, n: usize) -> Self {
        Self { m, k, n }
    }

    #[inline]
    fn forward<T>(self, a: &[T], b: &[T], y: &mut [T], product: impl Fn(Mat<'_, T>, Mat<'_, T>, &mut [T])) {
        let Self { m, k, n } = self;
        for (i, y) in y.chunks_exact_mut((m * n).max(1)).enumerate() {
            product(Mat::row_major(&a[chunk(i, m * k)], m, k), Mat::row_major(&b[chunk(i, k * n)], k, n), y);
        }
    }

    #[inline]
    fn vjp<T>(
        self,
        [a, b]: [&[T]; 2],
        dy: &[T],
        [da, db]: [Option<&mut [T]>; 2],
        product: impl Fn(Mat<'_, T>, Mat<'_, T>, &mut [T]),
    ) {
        let Self { m, k, n } = self;
        let dy = |i: usize| Mat::row_major(&dy[chunk(i, m * n)], m, n);
        for (i, da) in da.into_iter().flat_map(|da| da.chunks_exact_mut((m * k).max(1))).enumerate() {
            product(dy(i), Mat::row_major(&b[chunk(i, k * n)], k, n).t(), da);
        }
        for (i, db) in db.into_iter().flat_map(|db| db.chunks_exact_mut((k * n).max(1))).enumerate() {
            product(Mat::row_major(&a[chunk(i, m * k)], m, k).t(), dy(i), db);
        }
    }
}

/// The radii of a batch of products `y` of `numel` elements each, of which `product` gives those of one.
///
/// The norm of the errors of one is affine in those of its two factors, so it is [steady](crate::bound::Steady) in them, each product
/// being an element of its own.
#[inline]
fn products<'a, F: Format, D: Domain>(
    y: &[F],
    numel: usize,
    radii: &mut [f64],
    operands: [Ball<'a, F, D>; 2],
    product: impl Fn([Ball<'a, F, D>; 2], usize, &[F], &mut [f64]),
) {
    let one = &product;
    if D::IS_NORM {
        D::fill_steadily(radii, y.len() / numel.max(1), operands.map(Ball::once), |operands| {
            move |i: usize| {
                let mut norm = [0.0];
                one(operands, i, &y[chunk(i, numel)], &mut norm);
                D::at(&norm, 0)
            }
        });
        return;
    }
    D::fill(radii, 0, |_: usize| Up::ZERO);
    for (i, y) in y.chunks_exact(numel.max(1)).enumerate() {
        D::fill_part(radii, chunk(i, numel), |radii| product(operands, i, y, radii));
    }
}
