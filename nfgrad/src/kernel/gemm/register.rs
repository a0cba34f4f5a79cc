//! Registers: what the kernels compute with, for each instruction set.
#![allow(unsafe_code, reason = "instructions that not every processor has")]

use super::element::Element;

/// A register of [`LANES`](Self::LANES) numbers, or what stands for one.
///
/// All functions are unsafe for one reason: the processor must have the instructions of the register. They are inlined into functions that
/// are compiled for these instructions, and there become one instruction each.
pub(super) trait Register: Copy {
    /// What it holds.
    type Element: Element;
    /// How many.
    const LANES: usize;
    /// Whether [`step`](Self::step) rounds once.
    const FUSED: bool;

    /// The number in every lane.
    ///
    /// # Safety
    /// The processor must have the instructions.
    unsafe fn splat(x: Self::Element) -> Self;

    /// The next `LANES` numbers.
    ///
    /// # Safety
    /// The processor must have the instructions, and the pointer be valid for so many.
    unsafe fn load(from: *const Self::Element) -> Self;

    /// The next `len` numbers, from 1 to `LANES`, and zeros in the other lanes.
    ///
    /// # Safety
    /// The processor must have the instructions, and the pointer be valid for `len` numbers.
    unsafe fn load_part(from: *const Self::Element, len: usize) -> Self;

    /// Writes the lanes one after another.
    ///
    /// # Safety
    /// The processor must have the instructions, and the pointer be valid for writing `LANES` numbers.
    unsafe fn store(self, to: *mut Self::Element);

    /// `sum + self * y`.
    ///
    /// # Safety
    /// The processor must have the instructions.
    unsafe fn step(self, y: Self, sum: Self) -> Self;

    /// `self + other`.
    ///
    /// # Safety
    /// The processor must have the instructions.
    unsafe fn add(self, other: Self) -> Self;

    /// The sum of the lanes, as a balanced tree: the upper half of them is added to the lower until one is left.
    ///
    /// # Safety
    /// The processor must have the instructions.
    unsafe fn total(self) -> Self::Element;
}

/// Four numbers, for processors of which nothing more is known: rustc makes of them what there is.
#[derive(Clone, Copy)]
pub(super) struct Four<T>([T; 4]);

impl<T: Element> Register for Four<T> {
    type Element = T;
    const LANES: usize = 4;
    // Every 64-bit Arm has the fused instruction; elsewhere it might be a call.
    const FUSED: bool = cfg!(target_arch = "aarch64");

    #[inline(always)]
    unsafe fn splat(x: T) -> Self {
        Self([x; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller's promise; an array of numbers is aligned as they are.
        Self(unsafe { *from.cast() })
    }

    #[inline(always)]
    unsafe fn load_part(from: *const T, len: usize) -> Self {
        if len == 4 {
            // SAFETY: the caller's promise.
            return unsafe { Self::load(from) };
        }
        let mut lanes = [T::ZERO; 4];
        for (i, lane) in lanes.iter_mut().enumerate().take(len) {
            // SAFETY: the caller's promise.
            *lane = unsafe { *from.add(i) };
        }
        Self(lanes)
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: as above.
        unsafe { *to.cast() = self.0 }
    }

    #[inline(always)]
    unsafe fn step(self, y: Self, sum: Self) -> Self {
        let mut out = sum.0;
        for ((s, x), y) in out.iter_mut().zip(self.0).zip(y.0) {
            *s = if Self::FUSED { x.fused(y, *s) } else { *s + x * y };
        }
        Self(out)
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        let mut out = self.0;
        for (s, x) in out.iter_mut().zip(other.0) {
            *s = *s + x;
        }
        Self(out)
    }

    #[inline(always)]
    unsafe fn total(self) -> T {
        let [a, b, c, d] = self.0;
        (a + c) + (b + d)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    #[allow(clippy::wildcard_imports, reason = "fifty instructions, with names that say where they are from")]
    use core::arch::x86_64::*;

    use super::Register;

    macro_rules! register {
        ($($register:ident of $lanes:literal $t:ident: $splat:ident $load:ident $part:ident $store:ident $step:ident $add:ident $total:ident;)*) => {$(
            impl Register for $register {
                type Element = $t;
                const LANES: usize = $lanes;
                const FUSED: bool = true;

                #[inline(always)]
                unsafe fn splat(x: $t) -> Self {
                    // SAFETY: the caller's promise.
                    unsafe { $splat(x) }
                }

                #[inline(always)]
                unsafe fn load(from: *const $t) -> Self {
                    // SAFETY: the caller's promise.
                    unsafe { $load(from) }
                }

                #[inline(always)]
                unsafe fn load_part(from: *const $t, len: usize) -> Self {
                    // SAFETY: the caller's promise.
                    unsafe { $part(from, len) }
                }

                #[inline(always)]
                unsafe fn store(self, to: *mut $t) {
                    // SAFETY: the caller's promise.
                    unsafe { $store(to, self) }
                }

                #[inline(always)]
                unsafe fn step(self, y: Self, sum: Self) -> Self {
                    // SAFETY: the caller's promise.
                    unsafe { $step(self, y, sum) }
                }

                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    // SAFETY: the caller's promise.
                    unsafe { $add(self, other) }
                }

                #[inline(always)]
                unsafe fn total(self) -> $t {
                    // SAFETY: the caller's promise.
                    unsafe { $total(self) }
                }
            }
        )*};
    }

    register! {
        __m256 of 8 f32: _mm256_set1_ps _mm256_loadu_ps part256 _mm256_storeu_ps _mm256_fmadd_ps _mm256_add_ps total256;
        __m256d of 4 f64: _mm256_set1_pd _mm256_loadu_pd part256d _mm256_storeu_pd _mm256_fmadd_pd _mm256_add_pd total256d;
        __m512 of 16 f32: _mm512_set1_ps _mm512_loadu_ps part512 _mm512_storeu_ps _mm512_fmadd_ps _mm512_add_ps total512;
        __m512d of 8 f64: _mm512_set1_pd _mm512_loadu_pd part512d _mm512_storeu_pd _mm512_fmadd_pd _mm512_add_pd total512d;
    }

    /// From the `N - len`-th on: `len` lanes that are read and others that are not.
    static LANES32: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    static LANES64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn part256(from: *const f32, len: usize) -> __m256 {
        let lanes = LANES32[8 - len..].as_ptr();
        // SAFETY: the caller's promise; eight entries of the table follow.
        unsafe { _mm256_maskload_ps(from, _mm256_loadu_si256(lanes.cast())) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn part256d(from: *const f64, len: usize) -> __m256d {
        let lanes = LANES64[4 - len..].as_ptr();
        // SAFETY: the caller's promise; four entries of the table follow.
        unsafe { _mm256_maskload_pd(from, _mm256_loadu_si256(lanes.cast())) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn part512(from: *const f32, len: usize) -> __m512 {
        // SAFETY: the caller's promise; the mask has `len` ones.
        unsafe { _mm512_maskz_loadu_ps(u16::MAX >> (16 - len), from) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn part512d(from: *const f64, len: usize) -> __m512d {
        // SAFETY: the caller's promise; the mask has `len` ones.
        unsafe { _mm512_maskz_loadu_pd(u8::MAX >> (8 - len), from) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn total256(x: __m256) -> f32 {
        let four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn total256d(x: __m256d) -> f64 {
        let two = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd::<1>(x));
        _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn total512(x: __m512) -> f32 {
        let upper = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(x)));
        total256(_mm256_add_ps(_mm512_castps512_ps256(x), upper))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn total512d(x: __m512d) -> f64 {
        total256d(_mm256_add_pd(_mm512_castpd512_pd256(x), _mm512_extractf64x4_pd::<1>(x)))
    }
}
