//! The two element types, and the choice of instruction set while the program runs.
#![allow(unsafe_code, reason = "functions compiled for an instruction set are called once it has been detected")]

use super::blocked::blocked;
use super::dots::{Dots, dots, suits};
use super::register::{Four, Register};
use super::row::row;
use super::tile::Tiles;
use super::{Mat, check};
use core::cell::RefCell;
use core::ops::{Add, Mul};

/// An element type that has tile kernels.
pub(super) trait Element: Copy + Add<Output = Self> + Mul<Output = Self> + 'static {
    const ZERO: Self;

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
    #[cfg(target_arch = "x86_64")]
    Avx512f,
    #[cfg(target_arch = "x86_64")]
    Fma,
    /// What every processor has.
    Plain,
}

impl Set {
    /// Best first.
    pub(super) const ALL: &[Self] = &[
        #[cfg(target_arch = "x86_64")]
        Self::Avx512f,
        #[cfg(target_arch = "x86_64")]
        Self::Fma,
        Self::Plain,
    ];

    /// Whether this processor has it. Asked once; later calls read what was found then.
    #[inline]
    pub(super) fn present(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512f => std::is_x86_feature_detected!("avx512f"),
            #[cfg(target_arch = "x86_64")]
            Self::Fma => std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma"),
            Self::Plain => true,
        }
    }

    /// The best that this processor has.
    #[inline]
    pub(super) fn best() -> Self {
        Self::ALL.iter().copied().find(|set| set.present()).unwrap_or(Self::Plain)
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
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: checked; the set is present.
                    Set::Avx512f => unsafe { avx512f::$t(a, b, c, scratch) },
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: checked; the set is present.
                    Set::Fma => unsafe { fma::$t(a, b, c, scratch) },
                    // SAFETY: checked.
                    Set::Plain => unsafe { plain::$t(a, b, c, scratch) },
                });
            }
        }
    };
}

element!(f32, transposed_f32);
element!(f64, transposed_f64);

/// The kernels of one instruction set, and its entries: the registers of both element types, the registers of rows and the columns of a
/// tile, and the rows and columns of a dot kernel.
macro_rules! instructions {
    ($set:ident, $(#[$attribute:meta])?, $single:ty, $double:ty, $v:tt by $n:tt, dots $h:tt) => {
        mod $set {
            use super::super::{dots, tile};
            use super::*;

            /// # Safety
            /// That of `tile::tile`.
            $(#[$attribute])?
            unsafe fn tile<R: Register, const V: usize, const N: usize>(chunk: &tile::Chunk<R::Element>) {
                // SAFETY: the caller's promise.
                unsafe { tile::tile::<R, V, N>(chunk) }
            }

            /// # Safety
            /// That of `dots::dot`.
            $(#[$attribute])?
            unsafe fn dot<R: Register, const I: usize, const J: usize>(vectors: &dots::Vectors<R::Element>) {
                // SAFETY: the caller's promise.
                unsafe { dots::dot::<R, I, J>(vectors) }
            }

            instructions!(entry f32, $single, $(#[$attribute])?, $v by $n, $h);
            instructions!(entry f64, $double, $(#[$attribute])?, $v by $n, $h);
        }
    };
    (entry $t:ident, $register:ty, $(#[$attribute:meta])?, $v:tt by $n:tt, $h:tt) => {
        /// # Safety
        /// That of `product`.
        $(#[$attribute])?
        pub(super) unsafe fn $t(a: Mat<$t>, b: Mat<$t>, c: &mut [$t], scratch: &mut Scratch<$t>) {
            const TILES: &Tiles<$t, { $v.len() }, { $n.len() }> = &instructions!(table tile, $register, $v by $n);
            const DOTS: &Dots<$t, { $h.len() }> = &instructions!(table dot, $register, $h by $h);
            // SAFETY: the caller's promise; the kernels need no more than the features of this function.
            unsafe { product::<$register, _, _, _>(TILES, DOTS, (a, b), c, scratch) }
        }
    };
    (table $kernel:ident, $register:ty, [$($v:literal),*] by $n:tt) => {
        [$(instructions!(row $kernel, $register, $v, $n)),*]
    };
    (row $kernel:ident, $register:ty, $v:literal, [$($n:literal),*]) => { [$($kernel::<$register, $v, $n>),*] };
}

#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::{__m256, __m256d, __m512, __m512d};

// The sums of a tile, a step of its rows and one number of its columns fit into the registers, of which AVX-512 has 32 and AVX2 16.
#[cfg(target_arch = "x86_64")]
instructions!(
    avx512f, #[target_feature(enable = "avx512f")],
    __m512, __m512d, [1, 2, 3, 4] by [1, 2, 3, 4, 5, 6], dots [1, 2, 3, 4]
);
#[cfg(target_arch = "x86_64")]
instructions!(
    fma, #[target_feature(enable = "avx2,fma")],
    __m256, __m256d, [1, 2] by [1, 2, 3, 4, 5, 6], dots [1, 2, 3]
);
instructions!(plain, , Four<f32>, Four<f64>, [1, 2] by [1, 2, 3, 4], dots [1, 2]);

/// Chooses the loops for a shape.
///
/// # Safety
/// `check` must have passed, and no length be zero. The processor must have the instructions of the kernels.
#[inline(always)]
unsafe fn product<R: Register, const V: usize, const NR: usize, const H: usize>(
    tiles: &Tiles<R::Element, V, NR>,
    dot_kernels: &Dots<R::Element, H>,
    (a, b): (Mat<R::Element>, Mat<R::Element>),
    c: &mut [R::Element],
    scratch: &mut Scratch<R::Element>,
) {
    // C = A B is C^T = B^T A^T, and a single column is contiguous either way.
    let (a, b) = if b.cols == 1 { (b.t(), a.t()) } else { (a, b) };
    if suits(&a, &b) {
        // SAFETY: the caller's promise.
        unsafe { dots::<R, H>(dot_kernels, a, b, c) }
    } else if a.rows == 1 && b.col_stride == 1 {
        row::<R>(a, b, c, scratch);
    } else {
        // SAFETY: the caller's promise.
        unsafe { blocked::<R, V, NR>(tiles, a, b, c, scratch) }
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
