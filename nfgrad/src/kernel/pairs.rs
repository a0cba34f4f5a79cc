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

/// `y[i] = E::at(x[i])`, with the operands `x`.
#[inline(always)]
pub(crate) fn map<E: Entry<T, N>, T: Halfword, const N: usize>(x: [&[T]; N], y: &mut [T]) {
    // Two at a time, what is long would fill the registers, or not be vectorised at all.
    if !E::IS_SHORT {
        return one_by_one::<E, T, N>(x, y);
    }
    // SAFETY: a u32 may have any bits, and so may a `T`.
    let (x_parts, (y_head, y_words, _)) = unsafe { (x.map(|x| x.align_to::<u32>()), y.align_to::<u32>()) };
    let (head, words) = (y_head.len(), y_words.len());
    if x_parts.iter().any(|part| (part.0.len(), part.1.len()) != (head, words)) {
        return one_by_one::<E, T, N>(x, y);
    }
    // SAFETY: as above, and the other way round.
    let (y_head, y_words, y_tail) = unsafe { y.align_to_mut::<u32>() };
    one_by_one::<E, T, N>(x_parts.map(|part| part.0), y_head);
    let x_words = x_parts.map(|part| &part.1[..words]);
    for (i, y) in y_words.iter_mut().enumerate() {
        let x = x_words.map(|x| x[i]);
        let (low, high) = (E::at(x.map(|x| half(x, 0))).code(), E::at(x.map(|x| half(x, 16))).code());
        *y = u32::from(low) | u32::from(high) << 16;
    }
    one_by_one::<E, T, N>(x_parts.map(|part| part.2), y_tail);
}

#[inline(always)]
fn half<T: Halfword>(word: u32, shift: u32) -> T {
    #[allow(clippy::cast_possible_truncation, reason = "one half of two")]
    T::from_code((word >> shift) as u16)
}

#[inline(always)]
pub(crate) fn one_by_one<E: Entry<T, N>, T: Copy, const N: usize>(x: [&[T]; N], y: &mut [T]) {
    let x = x.map(|x| &x[..y.len()]);
    for (i, y) in y.iter_mut().enumerate() {
        *y = E::at(x.map(|x| x[i]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::bf16;

    struct Mix;

    impl Entry<bf16, 2> for Mix {
        const IS_SHORT: bool = true;

        fn at([a, b]: [bf16; 2]) -> bf16 {
            bf16::from_bits(a.to_bits().wrapping_mul(3) ^ b.to_bits())
        }
    }

    /// Whether the numbers begin on a word, all or some of them or none.
    #[test]
    fn pairs_are_numbers_one_by_one() {
        let numbers: Vec<bf16> = (0..200_u16).map(|code| bf16::from_bits(code.wrapping_mul(331))).collect();
        for (i, j, k, len) in
            [(0, 0, 0, 64), (1, 1, 1, 65), (0, 1, 0, 64), (1, 0, 1, 7), (0, 0, 1, 9), (1, 1, 1, 1), (0, 0, 0, 0)]
        {
            let (a, b) = (&numbers[i..][..len], &numbers[100 + j..][..len]);
            let (mut ours, mut theirs) = ([bf16::ZERO; 80], [bf16::ZERO; 80]);
            map::<Mix, _, 2>([a, b], &mut ours[k..][..len]);
            one_by_one::<Mix, _, 2>([a, b], &mut theirs[k..][..len]);
            assert_eq!(ours.map(bf16::to_bits), theirs.map(bf16::to_bits));
        }
    }
}
