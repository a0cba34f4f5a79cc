//! The two element types, and the choice of instruction set while the program runs.
#![allow(unsafe_code, reason = "functions compiled for an instruction set are called once it has been detected")]

use super::blocked::{Tiles, blocked};
use super::dots::{dots, suits};
use super::row::row;
use super::{Mat, check};
use core::cell::RefCell;
use core::ops::{Add, Mul};
use gemm_common::microkernel::HMicroKernelFn;

/// An element type that has tile kernels.
pub(super) trait Element: Copy + Add<Output = Self> + Mul<Output = Self> + 'static {
    const ZERO: Self;
    const ONE: Self;

    /// `self * y + z`, rounded once. Slow unless compiled for an instruction set that has it.
    fn fused(self, y: Self, z: Self) -> Self;

    /// The transpose of a square.
    fn transposed(square: [[Self; 4]; 4]) -> [[Self; 4]; 4];

    /// `C = A B` for shapes of which none is zero.
    fn product(set: Set, a: Mat<Self>, b: Mat<Self>, c: &mut [Self]);
}

/// An instruction set that there are kernels for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Set {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    Avx512f,
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    Fma,
    #[cfg(target_arch = "aarch64")]
    Neon,
    Scalar,
}

impl Set {
    /// Best first.
    pub(super) const ALL: &[Self] = &[
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Self::Avx512f,
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Self::Fma,
        #[cfg(target_arch = "aarch64")]
        Self::Neon,
        Self::Scalar,
    ];

    /// Whether this processor has it. Asked once; later calls read what was found then.
    #[inline]
    pub(super) fn present(self) -> bool {
        match self {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Avx512f => std::is_x86_feature_detected!("avx512f"),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Fma => std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            Self::Scalar => true,
        }
    }

    /// The best that this processor has.
    #[inline]
    pub(super) fn best() -> Self {
        Self::ALL.iter().copied().find(|set| set.present()).unwrap_or(Self::Scalar)
    }
}

/// Working memory of one thread: grows, and is kept until the thread ends.
pub(super) struct Scratch<T>(Vec<T>);

impl<T: Element> Scratch<T> {
    /// A slice of `len` elements, each some number, that starts on a cache line.
    #[inline(always)]
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
            fn product(set: Set, a: Mat<Self>, b: Mat<Self>, c: &mut [Self]) {
                thread_local! {
                    static SCRATCH: RefCell<Scratch<$t>> = const { RefCell::new(Scratch(Vec::new())) };
                }
                // Again, for this is what the unsafe loops below rely on.
                check(&a, &b, c);
                assert!(set.present() && a.cols > 0 && !c.is_empty());
                SCRATCH.with_borrow_mut(|scratch| match set {
                    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
                    // SAFETY: checked; the set is present.
                    Set::Avx512f => unsafe { avx512f::$t(a, b, c, scratch) },
                    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
                    // SAFETY: checked; the set is present.
                    Set::Fma => unsafe { fma::$t(a, b, c, scratch) },
                    #[cfg(target_arch = "aarch64")]
                    // SAFETY: checked; the set is present.
                    Set::Neon => unsafe { neon::$t(a, b, c, scratch) },
                    // SAFETY: checked.
                    Set::Scalar => unsafe { scalar::$t(a, b, c, scratch) },
                });
            }
        }
    };
}

element!(f32, transposed_f32);
element!(f64, transposed_f64);

/// The entries of one instruction set, whose registers have that many lanes of `f32` and of `f64`.
macro_rules! instructions {
    ($set:ident, $(#[$attribute:meta])?, fused $fused:literal, $lanes32:literal, $lanes64:literal) => {
        mod $set {
            use super::{Mat, Scratch, Tiles, product};

            instructions!(entry $set, $(#[$attribute])?, $fused, gemm_f32, f32, $lanes32);
            instructions!(entry $set, $(#[$attribute])?, $fused, gemm_f64, f64, $lanes64);
        }
    };
    (entry $set:ident, $(#[$attribute:meta])?, $fused:literal, $kernels:ident, $t:ident, $lanes:literal) => {
        /// # Safety
        /// That of `product`.
        $(#[$attribute])?
        pub(super) unsafe fn $t(a: Mat<$t>, b: Mat<$t>, c: &mut [$t], scratch: &mut Scratch<$t>) {
            use $kernels::microkernel::$set::$t::{H_UKR, UKR};
            let tiles = Tiles::<$t, $lanes, _, _>::new(&UKR);
            // SAFETY: the caller's promise; the kernels need no more than the features of this function.
            unsafe { product::<_, $fused, _, _, _, _>(&tiles, &H_UKR, (a, b), c, scratch) }
        }
    };
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
instructions!(avx512f, #[target_feature(enable = "avx512f")], fused true, 16, 8);
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
instructions!(fma, #[target_feature(enable = "avx2,fma")], fused true, 8, 4);
#[cfg(target_arch = "aarch64")]
instructions!(neon, #[target_feature(enable = "neon")], fused true, 4, 2);
instructions!(scalar, , fused false, 1, 1);

/// Chooses the loops for a shape.
///
/// # Safety
/// `check` must have passed, and no length be zero. The processor must have the instructions of the kernels.
#[inline(always)]
unsafe fn product<
    T: Element,
    const FUSED: bool,
    const LANES: usize,
    const V: usize,
    const NR: usize,
    const H: usize,
>(
    tiles: &Tiles<T, LANES, V, NR>,
    dot_kernels: &[[HMicroKernelFn<T>; H]; H],
    (a, b): (Mat<T>, Mat<T>),
    c: &mut [T],
    scratch: &mut Scratch<T>,
) {
    // C = A B is C^T = B^T A^T, and a single column is contiguous either way.
    let (a, b) = if b.cols == 1 { (b.t(), a.t()) } else { (a, b) };
    if H > 0 && suits(&a, &b) {
        // SAFETY: the caller's promise.
        unsafe { dots::<T, LANES, H>(dot_kernels, a, b, c) }
    } else if a.rows == 1 && b.col_stride == 1 {
        row::<T, FUSED>(a, b, c, scratch);
    } else {
        // SAFETY: the caller's promise.
        unsafe { blocked(tiles, a, b, c, scratch) }
    }
}

/// Written with the instructions for it, since the compiler makes scatters of the obvious loops.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn transposed_f32(square: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
    use core::arch::x86_64::{__m128, _mm_movehl_ps, _mm_movelh_ps, _mm_unpackhi_ps as high, _mm_unpacklo_ps as low};
    // SAFETY: four floats are a register; every x86-64 has SSE.
    unsafe {
        let [a, b, c, d] = core::mem::transmute::<[[f32; 4]; 4], [__m128; 4]>(square);
        let (low_ab, low_cd, high_ab, high_cd) = (low(a, b), low(c, d), high(a, b), high(c, d));
        core::mem::transmute([
            _mm_movelh_ps(low_ab, low_cd),
            _mm_movehl_ps(low_cd, low_ab),
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
