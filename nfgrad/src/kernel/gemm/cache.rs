//! How large the second cache is, which decides how much is packed at once.

use std::sync::LazyLock;

/// Bytes of the second-level cache of a core; half a MiB where nothing says so.
pub(super) fn second_level() -> usize {
    static SIZE: LazyLock<usize> = LazyLock::new(|| detected().filter(|&bytes| bytes > 0).unwrap_or(1 << 19));
    *SIZE
}

/// As the processor tells. Leaf 0x80000006 is AMD's, and Intel's has the same meaning: KiB in the upper half of `ecx`.
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn detected() -> Option<usize> {
    use core::arch::x86_64::__cpuid;
    let leaf = 0x8000_0006;
    (__cpuid(0x8000_0000).eax >= leaf).then(|| (__cpuid(leaf).ecx as usize >> 16) << 10)
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn detected() -> Option<usize> {
    None
}
