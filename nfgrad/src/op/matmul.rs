//! `a @ b`, the matrix product: `[m, k], [k, n] -> [m, n]` and `[m, k], [k] -> [m]`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(a b)`, accumulated in f32 or f64 and rounded once to the format |
//! | Cotangents | `ā = fl(ȳ bᵀ)`, `b̄ = fl(aᵀ ȳ)` |
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

use nfgrad_shapes::{Dim, Shape};

use super::{Contribution, Op};
use crate::bound::{Ball, Domain};
use crate::format::Format;
use crate::kernel::gemm::Mat;

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
