//! [`Processor`]: how the processor is set to compute, as far as that can make a proof false.
//!
//! Every rounding error in this library is bounded on the assumption that one operation is rounded to nearest, and that subnormal
//! numbers are numbers. A program can set its threads otherwise, and libraries do so without a word: whatever is linked with
//! `-ffast-math` may switch subnormal numbers off when it is loaded, for the thread that loads it. So whoever claims something
//! looks first. That takes some nanoseconds.
//!
//! On `x86_64` and `aarch64` the control register of the thread is read: `MXCSR`, which rules scalar and vector instructions alike
//! (Intel SDM vol. 1, section 10.2.3), or `FPCR` (Arm ARM, "Floating-point Control Register"). Elsewhere five
//! operations, each of which has another result where the state is another, are tried in f32 and in f64.

use std::fmt;
#[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
use std::hint::black_box;

use crate::error::Error;

/// What a thread's processor does otherwise than IEEE 754 says by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Processor {
    /// Whereto results are rounded.
    pub rounding: Rounding,
    /// Whether subnormal results become zero: FTZ of `MXCSR`, FZ of `FPCR`.
    pub flushes_results: bool,
    /// Whether subnormal operands count as zero: DAZ of `MXCSR`, FZ or FIZ of `FPCR`.
    pub flushes_operands: bool,
}

/// Whereto a processor rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest number, of two as near to the even one: what is assumed.
    Nearest,
    /// Toward +∞.
    Up,
    /// Toward -∞.
    Down,
    /// Toward zero.
    TowardZero,
}

/// What the operations of one format say of the processor, each of constants that the compiler cannot see through.
///
/// With `t` far below half an ulp of its neighbours, `1 + t` is above 1 only if it is rounded up, `-1 - t` below -1 only if
/// down, and `1 - t` below 1 only if down or toward zero. Half the smallest normal number is subnormal, and a zero, which its bits tell,
/// only if results are flushed. The smallest subnormal number times a large one is normal, and a zero only if operands are.
#[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
macro_rules! tried_in {
    ($format:ident) => {{
        let [one, tiny] = [1.0, $format::EPSILON * $format::EPSILON].map(black_box);
        let [normal, half] = [$format::MIN_POSITIVE, 0.5].map(black_box);
        let [subnormal, large] = [$format::from_bits(1), 1.0 / $format::MIN_POSITIVE].map(black_box);
        let rounding = if one + tiny > one {
            Rounding::Up
        } else if -one - tiny < -one {
            Rounding::Down
        } else if one - tiny < one {
            Rounding::TowardZero
        } else {
            Rounding::Nearest
        };
        Processor {
            rounding,
            flushes_results: black_box(normal * half).to_bits() == 0,
            flushes_operands: black_box(subnormal * large).to_bits() == 0,
        }
    }};
}

impl Processor {
    /// What all proofs assume, and how every thread begins.
    pub(crate) const DEFAULT: Self =
        Self { rounding: Rounding::Nearest, flushes_results: false, flushes_operands: false };

    /// How this thread computes.
    #[inline]
    pub(crate) fn now() -> Self {
        #[cfg(target_arch = "x86_64")]
        return Self::of_mxcsr(mxcsr());
        #[cfg(target_arch = "aarch64")]
        return Self::of_fpcr(fpcr());
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        return Self::tried();
    }

    /// Refuses to go on unless this thread computes as is assumed.
    ///
    /// # Errors
    /// [`Error::Processor`] otherwise.
    #[inline]
    pub(crate) fn check() -> Result<(), Error> {
        let now = Self::now();
        if now == Self::DEFAULT { Ok(()) } else { Err(Error::Processor(now)) }
    }

    /// Bits 13 and 14 are the rounding, bit 15 is FTZ, bit 6 DAZ.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    fn of_mxcsr(bits: u32) -> Self {
        let rounding = [Rounding::Nearest, Rounding::Down, Rounding::Up, Rounding::TowardZero];
        Self {
            rounding: rounding[(bits >> 13 & 3) as usize],
            flushes_results: bits >> 15 & 1 != 0,
            flushes_operands: bits >> 6 & 1 != 0,
        }
    }

    /// Bits 22 and 23 are the rounding, bit 24 is FZ, which flushes operands too unless AH (bit 1) is set, and bit 0 is FIZ.
    #[cfg(any(test, target_arch = "aarch64"))]
    #[inline]
    fn of_fpcr(bits: u64) -> Self {
        let rounding = [Rounding::Nearest, Rounding::Up, Rounding::Down, Rounding::TowardZero];
        let is_set = |bit: u32| bits >> bit & 1 != 0;
        Self {
            rounding: rounding[(bits >> 22 & 3) as usize],
            flushes_results: is_set(24),
            flushes_operands: is_set(0) || (is_set(24) && !is_set(1)),
        }
    }

    /// Found by arithmetic alone.
    #[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    fn tried() -> Self {
        let [wide, narrow] = [tried_in!(f64), tried_in!(f32)];
        Self {
            rounding: if wide.rounding == Rounding::Nearest { narrow.rounding } else { wide.rounding },
            flushes_results: wide.flushes_results | narrow.flushes_results,
            flushes_operands: wide.flushes_operands | narrow.flushes_operands,
        }
    }
}

impl fmt::Display for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounding = match self.rounding {
            Rounding::Nearest => None,
            Rounding::Up => Some("results are rounded up"),
            Rounding::Down => Some("results are rounded down"),
            Rounding::TowardZero => Some("results are rounded toward zero"),
        };
        let results = self.flushes_results.then_some("subnormal results become zero (FTZ)");
        let operands = self.flushes_operands.then_some("subnormal operands count as zero (DAZ)");
        let set: Vec<_> = [rounding, results, operands].into_iter().flatten().collect();
        write!(f, "the processor is set otherwise in this thread than every error bound assumes: {}", set.join(", "))?;
        write!(
            f,
            ". This is mostly the work of a library linked with -ffast-math, of a BLAS or OpenMP worker, or of an audio engine"
        )?;
        write!(
            f,
            "; compute in a thread of your own, or set the floating-point environment back (fesetenv(FE_DFL_ENV) in C)"
        )
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn mxcsr() -> u32 {
    let mut bits = 0_u32;
    // SAFETY: every x86_64 processor has SSE; the instruction writes four bytes to where it is told, which are ours.
    unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut bits, options(nostack, preserves_flags)) };
    bits
}

#[cfg(target_arch = "aarch64")]
#[inline]
fn fpcr() -> u64 {
    let bits: u64;
    // SAFETY: any thread may read this register, and nothing else is touched.
    unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) bits, options(nomem, nostack, preserves_flags)) };
    bits
}

/// Sets the control register of this thread while the closure runs.
///
/// The closure may compare numbers that it reads, and compute with none that the compiler knows: it takes the
/// default state for granted.
#[cfg(all(test, target_arch = "x86_64"))]
pub(crate) fn with_mxcsr<T>(bits: u32, body: impl FnOnce() -> T) -> T {
    /// Sets it back, also when the closure panics.
    struct Restore(u32);

    impl Drop for Restore {
        fn drop(&mut self) {
            load(self.0);
        }
    }

    fn load(bits: u32) {
        // SAFETY: no reserved bit is set, and no exception is unmasked, by any test; four bytes are read from where they are.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const bits, options(nostack, preserves_flags)) };
    }

    let restore = Restore(mxcsr());
    load(restore.0 | bits);
    body()
}

/// The bits of `MXCSR` and what they say.
#[cfg(all(test, target_arch = "x86_64"))]
pub(crate) const STATES: [(u32, Processor); 6] = {
    const DEFAULT: Processor = Processor::DEFAULT;
    [
        (0x2000, Processor { rounding: Rounding::Down, ..DEFAULT }),
        (0x4000, Processor { rounding: Rounding::Up, ..DEFAULT }),
        (0x6000, Processor { rounding: Rounding::TowardZero, ..DEFAULT }),
        (0x8000, Processor { flushes_results: true, ..DEFAULT }),
        (0x0040, Processor { flushes_operands: true, ..DEFAULT }),
        (0xE040, Processor { rounding: Rounding::TowardZero, flushes_results: true, flushes_operands: true }),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_begins_in_the_default_state() {
        assert_eq!(Processor::check(), Ok(()));
        assert_eq!(Processor::tried(), Processor::DEFAULT);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_register_and_arithmetic_say_the_same() {
        for (bits, state) in STATES {
            let found = with_mxcsr(bits, || (Processor::now(), Processor::tried(), Processor::check()));
            assert_eq!(found, (state, state, Err(Error::Processor(state))));
            assert_eq!(Processor::check(), Ok(()), "it is set back");
        }
    }

    #[test]
    fn the_bits_of_the_other_register() {
        let default = Processor::DEFAULT;
        assert_eq!(Processor::of_fpcr(0), default);
        assert_eq!(Processor::of_fpcr(1 << 25), default, "one NaN for all is no other number");
        assert_eq!(Processor::of_fpcr(1 << 22), Processor { rounding: Rounding::Up, ..default });
        assert_eq!(Processor::of_fpcr(2 << 22), Processor { rounding: Rounding::Down, ..default });
        let flushing = Processor { flushes_results: true, flushes_operands: true, ..default };
        assert_eq!(Processor::of_fpcr(1 << 24), flushing);
        assert_eq!(Processor::of_fpcr(1 << 24 | 2), Processor { flushes_operands: false, ..flushing });
        assert_eq!(Processor::of_fpcr(1), Processor { flushes_operands: true, ..default });
    }

    #[test]
    fn the_message_says_what_is_set_by_whom_and_what_to_do() {
        let message = Processor { flushes_results: true, flushes_operands: true, ..Processor::DEFAULT }.to_string();
        assert!(message.contains("FTZ") && message.contains("DAZ") && !message.contains("rounded"), "{message}");
        assert!(message.contains("-ffast-math") && message.contains("thread of your own"), "{message}");
    }
}
