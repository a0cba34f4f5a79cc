//! Numbers of 16 bits, two at a time.
//!
//! To widen them to 32 bits one by one they are unpacked, and packed again at the end, which takes longer than to add them. In a
//! word of 32 bits two of them are told apart by a shift and a mask. So a loop over such words is a third faster, and it does
//! not matter which of the two comes first in memory.

use super::entrywise::Entry;

/// Two bytes, of which every pattern is a number, and nothing else.
///
/// # Safety
///
/// The type is `u16` with another name.
pub(crate) unsafe trait Halfword: Copy {
    fn from_code(code: u16) -> Self;
    fn code(self) -> u16;
}

// SAFETY: a transparent struct of one u16.
unsafe impl Halfword for crate::format::bf16 {
    #[inline(always)]
    fn from_code(code: u16) -> Self {
        Self::from_bits(code)
    }

    #[inline(always)]
    fn code(self) -> u16 {
        self.to_bits()
    }
}

/// `y[i] = f(a[i], b[i])`.
#[inline(always)]
pub(crate) fn zip<T: Halfword>(a: &[T], b: &[T], y: &mut [T], f: impl Fn(T, T) -> T) {
    // SAFETY: a u32 may have any bits, and so may a `T`.
    let (a_parts, b_parts, (y_head, y_words, _)) =
        unsafe { (a.align_to::<u32>(), b.align_to::<u32>(), y.align_to::<u32>()) };
    let lengths = (y_head.len(), y_words.len());
    if [a_parts, b_parts].iter().any(|(head, words, _)| (head.len(), words.len()) != lengths) {
        return one_by_one(a, b, y, f);
    }
    // SAFETY: as above, and the other way round.
    let (y_head, y_words, y_tail) = unsafe { y.align_to_mut::<u32>() };
    one_by_one(a_parts.0, b_parts.0, y_head, &f);
    for ((y, &a), &b) in y_words.iter_mut().zip(a_parts.1).zip(b_parts.1) {
        let (low, high) = (f(half(a, 0), half(b, 0)).code(), f(half(a, 16), half(b, 16)).code());
        *y = u32::from(low) | u32::from(high) << 16;
    }
    one_by_one(a_parts.2, b_parts.2, y_tail, f);
}

/// `y[i] = E::vjp(a[i], b[i], c[i])`.
#[inline(always)]
pub(crate) fn map_back<E: Entry<T>, T: Halfword>([a, b, c]: [&[T]; 3], y: &mut [T]) {
    // Two at a time, what is long would fill the registers, or not be vectorised at all.
    if E::IS_LONG {
        return map_back_one_by_one::<E, T>([a, b, c], y);
    }
    // SAFETY: a u32 may have any bits, and so may a `T`.
    let (a_parts, b_parts, c_parts, (y_head, y_words, _)) =
        unsafe { (a.align_to::<u32>(), b.align_to::<u32>(), c.align_to::<u32>(), y.align_to::<u32>()) };
    let lengths = (y_head.len(), y_words.len());
    if [a_parts, b_parts, c_parts].iter().any(|(head, words, _)| (head.len(), words.len()) != lengths) {
        return map_back_one_by_one::<E, T>([a, b, c], y);
    }
    // SAFETY: as above, and the other way round.
    let (y_head, y_words, y_tail) = unsafe { y.align_to_mut::<u32>() };
    map_back_one_by_one::<E, T>([a_parts.0, b_parts.0, c_parts.0], y_head);
    for (((y, &a), &b), &c) in y_words.iter_mut().zip(a_parts.1).zip(b_parts.1).zip(c_parts.1) {
        let low = E::vjp(half(a, 0), half(b, 0), half(c, 0)).code();
        let high = E::vjp(half(a, 16), half(b, 16), half(c, 16)).code();
        *y = u32::from(low) | u32::from(high) << 16;
    }
    map_back_one_by_one::<E, T>([a_parts.2, b_parts.2, c_parts.2], y_tail);
}

#[inline(always)]
pub(crate) fn map_back_one_by_one<E: Entry<T>, T: Copy>([a, b, c]: [&[T]; 3], y: &mut [T]) {
    for (((y, &a), &b), &c) in y.iter_mut().zip(a).zip(b).zip(c) {
        *y = E::vjp(a, b, c);
    }
}

#[inline(always)]
fn half<T: Halfword>(word: u32, shift: u32) -> T {
    #[allow(clippy::cast_possible_truncation, reason = "one half of two")]
    T::from_code((word >> shift) as u16)
}

#[inline(always)]
pub(crate) fn one_by_one<T: Copy>(a: &[T], b: &[T], y: &mut [T], f: impl Fn(T, T) -> T) {
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        *y = f(a, b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::bf16;

    /// Whether the numbers begin on a word, all or some of them or none.
    #[test]
    fn pairs_are_numbers_one_by_one() {
        let numbers: Vec<bf16> = (0..200_u16).map(|code| bf16::from_bits(code.wrapping_mul(331))).collect();
        let f = |a: bf16, b: bf16| bf16::from_bits(a.to_bits().wrapping_mul(3) ^ b.to_bits());
        for (i, j, k, len) in
            [(0, 0, 0, 64), (1, 1, 1, 65), (0, 1, 0, 64), (1, 0, 1, 7), (0, 0, 1, 9), (1, 1, 1, 1), (0, 0, 0, 0)]
        {
            let (a, b) = (&numbers[i..][..len], &numbers[100 + j..][..len]);
            let (mut ours, mut theirs) = ([bf16::ZERO; 80], [bf16::ZERO; 80]);
            zip(a, b, &mut ours[k..][..len], f);
            one_by_one(a, b, &mut theirs[k..][..len], f);
            assert_eq!(ours.map(bf16::to_bits), theirs.map(bf16::to_bits));
        }
    }
}
