//! Loops compiled for the widest registers that the processor has.

/// A loop over `T` that is worth compiling for wide registers. A trait and not a closure, since only a named function can
/// be told to be part of its caller, and so be compiled with the features of that caller.
pub(crate) trait Loop<T> {
    /// What the loop returns.
    type Output;
    /// The loop; to be `#[inline(always)]`.
    fn run(operand: T) -> Self::Output;
}

/// Runs a loop compiled for the widest registers that this processor has.
#[inline]
pub(crate) fn widest<L: Loop<T>, T>(operand: T) -> L::Output {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been found to have AVX2.
        return unsafe { avx2::<L, T>(operand) };
    }
    L::run(operand)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<L: Loop<T>, T>(operand: T) -> L::Output {
    L::run(operand)
}
