//! How many bits a result keeps that is not dyadic.

use std::cell::Cell;

/// As many as are enough for every format, and for numbers of 256 bits.
const USUAL: usize = 320;

thread_local! {
    static BITS: Cell<usize> = const { Cell::new(USUAL) };
}

/// Those that are kept now.
pub(super) fn bits() -> usize {
    BITS.get()
}

/// What is computed with that many bits.
pub fn with_bits<T>(bits: usize, compute: impl FnOnce() -> T) -> T {
    let before = BITS.replace(bits);
    let result = compute();
    BITS.set(before);
    result
}

#[cfg(test)]
mod tests {
    use super::with_bits;
    use crate::Exact;

    #[test]
    fn more_bits_say_more() {
        let third = || Exact::new(1.0).over(&Exact::new(3.0));
        // (2^384 - 1)/3 times 2^-384: a third of 2^-384 below a third.
        let near = Exact::of_words(false, &[0x5555_5555_5555_5555; 6], -384);
        assert!(!third().is_outside(&near, &Exact::zero()));
        assert!(with_bits(640, third).is_outside(&near, &Exact::zero()));
        assert!(!with_bits(640, third).is_outside(&near, &Exact::of_words(false, &[1], -384)));
        assert!(third().is_outside(&Exact::new(0.25), &Exact::zero()));
    }
}
