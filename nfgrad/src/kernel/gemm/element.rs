//! The two element types, and the choice of instruction set while the program runs.
#![allow(unsafe_code, reason = "functions compiled for an instruction set are called once it has been detected")]

use super::Mat;
use super::blocked::{Tiles, blocked};
use super::row::row;
use core::cell::RefCell;
use core::ops::{Add, Mul};

/// An element type that has tile kernels.
pub(super) trait Element: Copy + Add<Output = Self> + Mul<Output = Self> + 'static {
    const ZERO: Self;
    const ONE: Self;

    /// `self * y + z`, rounded once. Slow unless compiled for an instruction set that has it.
    fn fused(self, y: Self, z: Self) -> Self;

    /// The transpose of a square.
    fn transposed(square: [[Self; 4]; 4]) -> [[Self; 4]; 4];

    /// `C = A B` for shapes that `gemm` has checked and that are not tiny.
    fn product(a: Mat<Self>, b: Mat<Self>, c: &mut [Self]);
}

/// Working memory of one thread: grows, and is never given back before the thread ends.
pub(super) struct Scratch<T>(Vec<T>);

impl<T: Element> Scratch<T> {
    const fn new() -> Self {
        Self(Vec::new())
    }

    /// A slice of `len` elements, each a number, that starts on a cache line.
    pub(super) fn slice(&mut self, len: usize) -> &mut [T] {
        const LINE: usize = 64;
        let full = len + LINE / size_of::<T>();
        if self.0.len() < full {
            self.0.resize(full, T::ZERO);
        }
        let start = self.0.as_ptr().align_offset(LINE);
        &mut self.0[start..start + len]
    }
}

/// One row goes to [`row`] where that is fast, everything else to [`blocked`].
///
/// # Safety
/// The processor must have the instructions that `tiles` was compiled for.
#[inline(always)]
unsafe fn product<T: Element, const FUSED: bool, const LANES: usize, const V: usize, const NR: usize>(
    tiles: &Tiles<T, LANES, V, NR>,
    (a, b): (Mat<T>, Mat<T>),
    c: &mut [T],
    scratch: &mut Scratch<T>,
) {
    // C = A B is C^T = B^T A^T, and a single column is contiguous either way.
    let (a, b) = if b.cols == 1 { (b.t(), a.t()) } else { (a, b) };
    if a.rows == 1 && row::<T, FUSED>(a, b, c, scratch) {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe { blocked(tiles, a, b, c, scratch) }
}

macro_rules! element {
    ($t:ident, $transposed:ident) => {
        impl Element for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            #[inline(always)]
            fn fused(self, y: Self, z: Self) -> Self {
                self.mul_add(y, z)
            }

            #[inline(always)]
            fn transposed(square: [[Self; 4]; 4]) -> [[Self; 4]; 4] {
                $transposed(square)
            }

            #[inline(never)]
            fn product(a: Mat<Self>, b: Mat<Self>, c: &mut [Self]) {
                thread_local! {
                    static SCRATCH: RefCell<Scratch<$t>> = const { RefCell::new(Scratch::new()) };
                }
                SCRATCH.with_borrow_mut(|scratch| {
                    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
                    {
                        if std::is_x86_feature_detected!("avx512f") {
                            // SAFETY: just detected.
                            return unsafe { avx512f::$t(a, b, c, scratch) };
                        }
                        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                            // SAFETY: just detected.
                            return unsafe { fma::$t(a, b, c, scratch) };
                        }
                    }
                    #[cfg(target_arch = "aarch64")]
                    if std::arch::is_aarch64_feature_detected!("neon") {
                        // SAFETY: just detected.
                        return unsafe { neon::$t(a, b, c, scratch) };
                    }
                    scalar::$t(a, b, c, scratch);
                });
            }
        }
    };
}

element!(f32, transposed_f32);
element!(f64, transposed_f64);

/// Written with the instructions for it, since the compiler makes scatters of the obvious loops.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn transposed_f32(square: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
    use core::arch::x86_64::{_mm_movehl_ps, _mm_movelh_ps, _mm_unpackhi_ps, _mm_unpacklo_ps};
    // SAFETY: four floats are a register; every x86-64 has SSE.
    unsafe {
        let [a, b, c, d] = core::mem::transmute::<[[f32; 4]; 4], [core::arch::x86_64::__m128; 4]>(square);
        let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
        let (high_ab, high_cd) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
        core::mem::transmute([
            _mm_movelh_ps(ab, cd),
            _mm_movehl_ps(cd, ab),
            _mm_movelh_ps(high_ab, high_cd),
            _mm_movehl_ps(high_cd, high_ab),
        ])
    }
}

/// As [`transposed_f32`], by four squares of two.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn transposed_f64(square: [[f64; 4]; 4]) -> [[f64; 4]; 4] {
    use core::arch::x86_64::{__m128d, _mm_unpackhi_pd as high, _mm_unpacklo_pd as low};
    // SAFETY: two floats are a register; every x86-64 has SSE2.
    unsafe {
        let [a, b, c, d] = core::mem::transmute::<[[f64; 4]; 4], [[__m128d; 2]; 4]>(square);
        core::mem::transmute([
            [low(a[0], b[0]), low(c[0], d[0])],
            [high(a[0], b[0]), high(c[0], d[0])],
            [low(a[1], b[1]), low(c[1], d[1])],
            [high(a[1], b[1]), high(c[1], d[1])],
        ])
    }
}

#[cfg(not(target_arch = "x86_64"))]
use obvious as transposed_f32;
#[cfg(not(target_arch = "x86_64"))]
use obvious as transposed_f64;

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn obvious<T: Copy>(square: [[T; 4]; 4]) -> [[T; 4]; 4] {
    core::array::from_fn(|t| core::array::from_fn(|s| square[s][t]))
}

/// The entries of one instruction set; `$n` lanes of `f32`, and half as many of `f64`, fill a register.
macro_rules! instructions {
    ($set:ident, $features:literal, $lanes32:literal, $lanes64:literal) => {
        mod $set {
            use super::{Mat, Scratch, Tiles, product};

            #[target_feature(enable = $features)]
            pub(super) fn f32(a: Mat<f32>, b: Mat<f32>, c: &mut [f32], scratch: &mut Scratch<f32>) {
                let tiles = Tiles::<f32, $lanes32, _, _>::new(&gemm_f32::microkernel::$set::f32::UKR);
                // SAFETY: the kernels need no more than the features this function has been compiled for.
                unsafe { product::<_, true, _, _, _>(&tiles, (a, b), c, scratch) }
            }

            #[target_feature(enable = $features)]
            pub(super) fn f64(a: Mat<f64>, b: Mat<f64>, c: &mut [f64], scratch: &mut Scratch<f64>) {
                let tiles = Tiles::<f64, $lanes64, _, _>::new(&gemm_f64::microkernel::$set::f64::UKR);
                // SAFETY: the kernels need no more than the features this function has been compiled for.
                unsafe { product::<_, true, _, _, _>(&tiles, (a, b), c, scratch) }
            }
        }
    };
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
instructions!(avx512f, "avx512f", 16, 8);
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
instructions!(fma, "avx2,fma", 8, 4);
#[cfg(target_arch = "aarch64")]
instructions!(neon, "neon", 4, 2);

/// The entries that any processor can run.
mod scalar {
    use super::{Mat, Scratch, Tiles, product};

    pub(super) fn f32(a: Mat<f32>, b: Mat<f32>, c: &mut [f32], scratch: &mut Scratch<f32>) {
        let tiles = Tiles::<f32, 1, _, _>::new(&gemm_f32::microkernel::scalar::f32::UKR);
        // SAFETY: the kernels need nothing that the target lacks.
        unsafe { product::<_, false, _, _, _>(&tiles, (a, b), c, scratch) }
    }

    pub(super) fn f64(a: Mat<f64>, b: Mat<f64>, c: &mut [f64], scratch: &mut Scratch<f64>) {
        let tiles = Tiles::<f64, 1, _, _>::new(&gemm_f64::microkernel::scalar::f64::UKR);
        // SAFETY: the kernels need nothing that the target lacks.
        unsafe { product::<_, false, _, _, _>(&tiles, (a, b), c, scratch) }
    }
}
