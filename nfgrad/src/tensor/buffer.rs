//! One allocation whose first element lies on a cache line.

use std::ops::{Deref, DerefMut};

/// A cache line, and the width of the widest vector registers, in bytes.
const ALIGN: usize = 64;

/// A flat buffer, aligned to 64 bytes, zero at first.
///
/// Safe Rust cannot ask the allocator for an alignment, but it can allocate a little more and begin later.
#[derive(Debug)]
pub(crate) struct Buffer<T> {
    storage: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy + Default> Buffer<T> {
    /// `len` elements, all zero.
    pub(crate) fn zeros(len: usize) -> Self {
        let slack = ALIGN / size_of::<T>().clamp(1, ALIGN);
        let storage = vec![T::default(); len + slack];
        let start = storage.as_ptr().align_offset(ALIGN).min(slack);
        Self { storage, start, len }
    }
}

impl<T: Copy + Default> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        // The copy lies at another address, so its start is found anew.
        let mut copy = Self::zeros(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        &self.storage[self.start..self.start + self.len]
    }
}

impl<T> DerefMut for Buffer<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.storage[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_and_its_clone_are_aligned_and_equal() {
        let mut buffer = Buffer::<f32>::zeros(100);
        buffer[99] = 7.0;
        let copy = buffer.clone();
        assert_eq!(&*buffer, &*copy);
        for buffer in [&buffer, &copy] {
            assert_eq!(buffer.len(), 100);
            assert_eq!(buffer.as_ptr().addr() % ALIGN, 0);
        }
    }
}
