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

/// [`widest`] that looks for AVX-512 too: one more copy of the loop, for those that are short and much used.
#[inline]
pub(crate) fn widest_of_all<L: Loop<T>, T>(operand: T) -> L::Output {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512bw")
        & is_x86_feature_detected!("avx512vl")
        & is_x86_feature_detected!("avx512dq")
    {
        // SAFETY: the processor has just been found to have these parts of AVX-512, and so the first.
        return unsafe { avx512::<L, T>(operand) };
    }
    widest::<L, T>(operand)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<L: Loop<T>, T>(operand: T) -> L::Output {
    L::run(operand)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512bw,avx512vl,avx512dq")]
fn avx512<L: Loop<T>, T>(operand: T) -> L::Output {
    L::run(operand)
}

/// Declares a function that runs as a [`Loop`]: compiled for the widest registers, with all that it calls and that is
/// `#[inline(always)]`.
macro_rules! wide {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$($g:ident: $bound:path),*>($($arg:ident: $ty:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        #[inline]
        $vis fn $name<$($g: $bound),*>($($arg: $ty),*) {
            struct Body<T>(::std::marker::PhantomData<T>);

            impl<$($g: $bound),*> $crate::kernel::dispatch::Loop<($($ty,)*)> for Body<($($g,)*)> {
                type Output = ();

                #[inline(always)]
                fn run(($($arg,)*): ($($ty,)*)) $body
            }

            $crate::kernel::dispatch::widest::<Body<($($g,)*)>, _>(($($arg,)*));
        }
    };
}

pub(crate) use wide;
