//! [`FusedEach`]: a product is multiplied and added in one rounding.

use std::fmt::{self, Debug, Display};
use std::ops::{Add, Div, Mul, Neg, Sub};

use num_traits::{One, Zero};

use super::super::elementary::Elementary;
use super::super::native::two_sum;
use super::super::{Accumulation, Accumulator, Format, product_tree_error, tree_error};
use crate::bound::Up;
use crate::kernel::gemm::Mat;

/// The format `F`, of which products are taken as a fused multiply-add takes them, one term after another, each with one rounding:
/// `fl(… fl(fl(a₀ b₀) + a₁ b₁) + …)`. Sums are taken in the order of the kernels, each operation rounded.
///
/// `F` is binary, has at most 24 bits and no more range than f32, and does not saturate, or it does not compile.
///
/// # Why it rounds once
///
/// The product of two numbers of 24 bits is exact in f64. Its sum with a third is rounded to f64 *to odd*: where it is no f64, to the neighbour whose
/// last bit is set. That changes nothing about what it rounds to in a format with at least two bits less (Boldo and Melquiond 2008, "Emulation
/// of FMA and correctly rounded sums: proved algorithms using rounding to odd").
///
/// # Error bound
///
/// A product of length `k` meets at most `k` roundings, the first of them its own, so that the sum is off by at most
/// `((1 + u)^k - 1) Σ|a b|` and by `η` for each rounding that underflows.
///
/// ```
/// use nfgrad::prelude::*;
/// use nfgrad::format::FusedEach;
///
/// graph! {
///     /// x² - 1
///     pub graph Residual { param a: [1, 2]; param b: [2, 1]; output y = a @ b; }
/// }
///
/// let x = 1.0625; // its square has 9 bits, bf16 has 8
/// let number = FusedEach::<bf16>::from_f64;
/// let mut run = Residual::run();
/// run.leaves_mut().a.copy_from_slice(&[number(-1.0), number(x)])?;
/// run.leaves_mut().b.copy_from_slice(&[number(1.0), number(x)])?;
/// run.forward();
/// assert_eq!(run.outputs().y.get([0, 0]).map(|y| y.to_f64()), Some(x * x - 1.0)); // nothing was lost before the addition
/// # Ok::<(), nfgrad::Error>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct FusedEach<F>(F);

impl<F: Format> FusedEach<F> {
    /// Does not compile if a fused operation could round twice, or saturate.
    const FITS: () = {
        assert!(!F::SATURATES, "a sum that saturates and comes back would look like any other");
        assert!(F::CONVERSION == 0.0, "the numbers of this format are no f64");
        assert!(F::ROUNDOFF[0] >= 1.0 / (1 << 24) as f64, "products of numbers of this format are no f64");
        // 2^-200
        assert!(F::ROUNDOFF[1] >= 6.3e-61, "the format reaches too close to 0");
    };

    /// `fl(self * other + sum)`.
    #[inline]
    fn times_plus(self, other: Self, sum: F) -> F {
        let (s, e) = two_sum(self.0.to_f64() * other.0.to_f64(), sum.to_f64());
        F::from_f64(to_odd(s, e))
    }

    fn product(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        let () = Self::FITS;
        let at = |m: &Mat<'_, Self>, i: usize, j: usize| m.data[i * m.row_stride + j * m.col_stride];
        for (i, row) in c.chunks_mut(b.cols.max(1)).enumerate() {
            for (j, entry) in row.iter_mut().enumerate() {
                let sum = (0..a.cols).fold(F::ZERO, |sum, k| at(&a, i, k).times_plus(at(&b, k, j), sum));
                *entry = Self(sum);
            }
        }
    }
}

/// `s + e` rounded to odd, where `s` is the nearest f64: `s` itself if it is exact or odd, otherwise its neighbour on the side of `e`.
#[inline]
fn to_odd(s: f64, e: f64) -> f64 {
    let bits = s.to_bits();
    if e == 0.0 || bits & 1 == 1 || !s.is_finite() {
        return s;
    }
    f64::from_bits(if (e > 0.0) == (s > 0.0) { bits + 1 } else { bits - 1 })
}

impl<F: Format> Format for FusedEach<F> {
    as_inside!();
    type Acc = Self;
    const ROUNDS_ONCE: bool = false;

    #[inline]
    fn to_acc(self) -> Self {
        let () = Self::FITS;
        self
    }
    #[inline]
    fn from_acc(acc: Self) -> Self {
        acc
    }
    fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        Self::product(a, b, c);
    }
}

impl<F: Format> Accumulator for FusedEach<F> {
    type Primitive = <F::Acc as Accumulator>::Primitive;
    // Products are one, but not of rounded products.
    const LEFT_FOLD: bool = false;
    const LARGEST: f64 = 0.0;

    fn sum_error(height: usize) -> Accumulation {
        tree_error(F::ROUNDOFF[0], height)
    }
    fn product_error(k: usize) -> Accumulation {
        product_tree_error(F::ROUNDOFF[0], F::ROUNDOFF[1], k, k)
    }
    fn gemm(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        Self::product(a, b, c);
    }
}

operators!(FusedEach: Add add, Sub sub, Mul mul, Div div);
text!(FusedEach);

#[cfg(test)]
mod tests {
    use super::super::super::bf16;
    use super::*;

    /// f32 has a fused multiply-add of its own: the processor, or the C library, is the oracle.
    #[test]
    fn in_f32_it_is_the_fused_multiply_add() {
        let mut seed = 1_u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            #[allow(clippy::cast_possible_truncation, reason = "the upper half is the random one")]
            f32::from_bits((seed >> 32) as u32)
        };
        let mut inexact = 0;
        for i in 0..200_000 {
            let (a, b, mut c) = (random(), random(), random());
            if i % 2 == 0 {
                // Close to the product, so that bits on both sides matter.
                c = f32::from_bits((-a * b).to_bits() ^ (c.to_bits() & 0x81ff_ffff));
            }
            let (fused, exact) = (FusedEach(a).times_plus(FusedEach(b), c), a.mul_add(b, c));
            assert!(fused.to_bits() == exact.to_bits() || fused.is_nan() && exact.is_nan(), "{a:e} {b:e} {c:e}");
            inexact += u32::from(exact != a * b + c);
        }
        assert!(inexact > 1000);
    }

    #[test]
    fn a_tie_is_broken_by_what_is_far_below() {
        // 1.0625² is 1.12890625, a tie in bf16.
        let x = FusedEach(bf16::from_f64(1.0625));
        for (sum, rounded) in [(0.0, 1.125), (1e-30, 1.132_812_5), (-1e-30, 1.125)] {
            assert_eq!(x.times_plus(x, bf16::from_f64(sum)).to_f64(), rounded);
        }
        assert_eq!(to_odd(1.0, 1e-30), 1.0_f64.next_up());
        assert_eq!(to_odd(1.0, -1e-30), 1.0_f64.next_down());
        assert_eq!(to_odd(-1.0, 1e-30), -(1.0_f64.next_down()));
        assert_eq!(to_odd(1.0_f64.next_up(), 1e-30), 1.0_f64.next_up());
    }
}
