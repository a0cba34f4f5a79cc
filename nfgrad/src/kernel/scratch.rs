//! Buffers that a thread keeps between calls, so that a training step allocates nothing after the first.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::thread::LocalKey;

use crate::bound::Up;

/// An element type with a pool of its own.
pub trait Pooled: Copy + Default + 'static {
    /// The buffer that this thread keeps.
    fn pool() -> &'static LocalKey<Cell<Vec<Self>>>;
}

macro_rules! pooled {
    ($($element:ty),*) => {$(
        impl Pooled for $element {
            fn pool() -> &'static LocalKey<Cell<Vec<Self>>> {
                thread_local!(static POOL: Cell<Vec<$element>> = const { Cell::new(Vec::new()) });
                &POOL
            }
        }
    )*};
}

// Radii have a pool of their own, for they are asked for while buffers of numbers are lent.
pooled!(f32, f64, usize, Up);

/// Lends `N` buffers of the given lengths, whose contents are arbitrary.
///
/// A nested call for the same element type is correct but allocates.
pub(crate) fn with_scratch<T: Pooled, const N: usize, R>(
    lengths: [usize; N],
    body: impl FnOnce([&mut [T]; N]) -> R,
) -> R {
    let mut pool = T::pool().take();
    let total = lengths.iter().sum();
    if pool.len() < total {
        pool.resize(total, T::default());
    }
    let mut rest = &mut pool[..];
    let result = body(lengths.map(|length| rest.split_off_mut(..length).unwrap_or_default()));
    T::pool().set(pool);
    result
}

thread_local! {
    /// Buffers that nobody has at the moment, of any element type.
    static IDLE: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// Lends `N` buffers of any element type, whose contents are arbitrary. It may be nested, also with [`with_scratch`], and then
/// allocates no more often; what it costs is a search among the few buffers that there are.
pub(crate) fn with_buffers<T: Copy + Default + 'static, const N: usize, R>(
    lengths: [usize; N],
    body: impl FnOnce([&mut [T]; N]) -> R,
) -> R {
    // The last one of its type is the one that was lent here before.
    let idle = IDLE.with_borrow_mut(|idle| {
        let last = idle.iter().rposition(|buffer| (**buffer).is::<Vec<T>>())?;
        idle.remove(last).downcast::<Vec<T>>().ok()
    });
    let mut buffer = idle.unwrap_or_default();
    let total = lengths.iter().sum();
    if buffer.len() < total {
        buffer.resize(total, T::default());
    }
    let mut rest = &mut buffer[..];
    let result = body(lengths.map(|length| rest.split_off_mut(..length).unwrap_or_default()));
    IDLE.with_borrow_mut(|idle| idle.push(buffer));
    result
}

/// Parts of equal length of a buffer that is long enough.
#[inline(always)]
pub(crate) fn split<const N: usize>(buffer: &mut [f64], len: usize) -> [&mut [f64]; N] {
    let mut rest = buffer;
    std::array::from_fn(|_| rest.split_off_mut(..len).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_have_their_lengths_and_are_kept() {
        let first = with_scratch([3, 5], |[a, b]: [&mut [f32]; 2]| {
            assert_eq!((a.len(), b.len()), (3, 5));
            a.as_ptr().addr()
        });
        let second = with_scratch([2], |[a]: [&mut [f32]; 1]| a.as_ptr().addr());
        assert_eq!(first, second);
    }

    #[test]
    fn nested_buffers_of_one_type_are_kept_too() {
        let places = || {
            with_buffers([100], |[outer]: [&mut [f32]; 1]| {
                with_buffers([7, 2], |[a, b]: [&mut [f32]; 2]| {
                    assert_eq!((a.len(), b.len()), (7, 2));
                    with_buffers([3], |[other]: [&mut [u8]; 1]| {
                        (outer.as_ptr().addr(), a.as_ptr().addr(), other.as_ptr().addr())
                    })
                })
            })
        };
        let first = places();
        assert_eq!((first, first.0 == first.1), (places(), false));
    }
}
