//! What a file costs: an allocator that knows how much of it is lent at most.

#![allow(unsafe_code, reason = "an allocator that counts has to be an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// The bytes that the current thread has now, and the most that it had: the harness runs tests side by side.
    static BYTES: Cell<[isize; 2]> = const { Cell::new([0; 2]) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(bytes: isize) {
    // A thread that is being torn down has no counter any more, and nobody asks for it.
    let _ = BYTES.try_with(|count| {
        let [now, most] = count.get();
        count.set([now + bytes, most.max(now + bytes)]);
    });
}

// SAFETY: every call is passed on to the system's allocator, unchanged. What is not overridden here calls these two.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: the pointer came from the system's allocator, by `alloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What `work` returns, and how many bytes it had at most beside what was there before.
pub(super) fn most<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let [now, _] = BYTES.get();
    BYTES.set([now, now]);
    let result = work();
    (result, usize::try_from(BYTES.get()[1] - now).unwrap_or(0))
}
