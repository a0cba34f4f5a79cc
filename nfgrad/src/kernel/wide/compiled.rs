//! Operations of balls that are compiled once, with the library.
//!
//! A generic function is compiled in the crate that calls it, and a program that certifies calls those of all lengths, from every op. The long ones are
//! compiled here instead, for 2, 4 and 8 words; a generic call finds the one of its length when it is compiled itself.

/// A value as one of the same type: `A` is `B`, which only the compiler does not know yet.
///
/// # Safety
/// `A` and `B` must be the same type.
#[inline(always)]
pub(super) unsafe fn same<A: Copy, B: Copy>(a: A) -> B {
    assert!(size_of::<A>() == size_of::<B>(), "another type");
    // SAFETY: the same type by the promise of the caller.
    unsafe { std::mem::transmute_copy(&a) }
}

/// A slice as one of the same type.
///
/// # Safety
/// `A` and `B` must be the same type.
#[inline(always)]
pub(super) unsafe fn same_slice<A, B>(a: &mut [A]) -> &mut [B] {
    assert!(size_of::<A>() == size_of::<B>(), "another type");
    let len = a.len();
    // SAFETY: the same type by the promise of the caller, and so the same slice.
    unsafe { std::slice::from_raw_parts_mut(a.as_mut_ptr().cast(), len) }
}

/// `WideBall::<K>::inner(x, ..)` of balls of `K` words, which returns a ball, or a pair of them.
macro_rules! once {
    ($K:ident, $inner:ident($($x:ident),+)) => {
        $crate::kernel::wide::compiled::once!(@ $K, $inner($($x),+), (ball))
    };
    ($K:ident, $inner:ident($($x:ident),+) -> pair) => {
        $crate::kernel::wide::compiled::once!(@ $K, $inner($($x),+), (pair))
    };
    (@ $K:ident, $inner:ident($($x:ident),+), $result:tt) => {{
        use $crate::kernel::wide::WideBall;
        use $crate::kernel::wide::compiled::{result, same};
        #[inline(never)]
        fn two($($x: WideBall<2>),+) -> result!(2, $result) {
            WideBall::<2>::$inner($($x),+)
        }
        #[inline(never)]
        fn four($($x: WideBall<4>),+) -> result!(4, $result) {
            WideBall::<4>::$inner($($x),+)
        }
        #[inline(never)]
        fn eight($($x: WideBall<8>),+) -> result!(8, $result) {
            WideBall::<8>::$inner($($x),+)
        }
        // SAFETY: in each arm `K` is the length that is cast to.
        unsafe {
            match $K {
                2 => same(two($(same($x)),+)),
                4 => same(four($(same($x)),+)),
                8 => same(eight($(same($x)),+)),
                _ => WideBall::<$K>::$inner($($x),+),
            }
        }
    }};
}

/// What such a function returns.
macro_rules! result {
    ($K:tt, (ball)) => { WideBall<$K> };
    ($K:tt, (pair)) => { [WideBall<$K>; 2] };
}

pub(super) use {once, result};
