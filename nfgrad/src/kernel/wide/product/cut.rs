//! Numbers to digits.

use super::Operand;
use crate::kernel::dispatch::{Loop, widest_of_all};
use crate::kernel::gemm::Mat;
use crate::kernel::wide::{Wide, WideBall};

/// How many numbers are cut at once.
const LANES: usize = 16;
/// The most words that digits are cut from: those of the longest number, the bits of guard, and a digit.
const WORDS: usize = 10;

/// Where digits go: that number `u` of entry `(i, j)` of a matrix is at `start + u step + i row + j`.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    pub width: u32,
    pub digits: usize,
    pub step: isize,
    pub start: usize,
    pub row: usize,
}

impl Cut {
    /// The slices of a left factor beside each other.
    pub(super) fn side_by_side<const K: usize>(self, a: &Operand<'_, K>, out: &mut [f64]) {
        widest_of_all::<Numbers<K, false>, _>((self, a.balls, a.exponents, out));
    }

    /// The slices of a right factor, which is transposed, one below the other.
    pub(super) fn stacked<const K: usize>(self, b: &Operand<'_, K>, out: &mut [f64]) {
        widest_of_all::<Numbers<K, true>, _>((self, b.balls.t(), b.exponents, out));
    }
}

/// The loop over all numbers; with the scales of columns, or of rows.
struct Numbers<const K: usize, const COLUMNS: bool>;

impl<'a, const K: usize, const COLUMNS: bool> Loop<(Cut, Mat<'a, WideBall<K>>, &'a [i64], &'a mut [f64])>
    for Numbers<K, COLUMNS>
{
    type Output = ();

    #[inline(always)]
    fn run((cut, m, exponents, out): (Cut, Mat<'a, WideBall<K>>, &'a [i64], &'a mut [f64])) {
        // A bit above the digits, for what a carry may become; and one below, which decides the rounding.
        let bits = cut.width * cut.digits as u32 + 1;
        let words = (bits / 64 + 1) as usize;
        let halves = halves(cut, words);
        let mut block = Block { words: [[0; LANES]; WORDS], signs: [0; LANES] };
        for i in 0..m.rows {
            for j in (0..m.cols).step_by(LANES) {
                let lanes = LANES.min(m.cols - j);
                for lane in 0..lanes {
                    let x = m.data[i * m.row_stride + (j + lane) * m.col_stride].mid();
                    let exponent = exponents[if COLUMNS { j + lane } else { i }];
                    block.set(lane, &x, exponent, words);
                }
                block.add(&halves[..words]);
                for u in 0..cut.digits {
                    let place = cut.start.wrapping_add_signed(u.cast_signed() * cut.step) + i * cut.row + j;
                    block.digit(cut, u, words, &mut out[place..place + lanes]);
                }
            }
        }
    }
}

/// Half a unit of every digit but the first, half of the first, and half a unit below the last: in `words` words with a bit above the first digit.
///
/// A number with these added, cut down to its digits, has digits from 0 on of which half is taken again: so they are balanced, and the last is rounded.
fn halves(cut: Cut, words: usize) -> [u64; WORDS] {
    let mut halves = [0; WORDS];
    for u in 0..=cut.digits {
        let bit = 64 * words - 2 - cut.width as usize * u;
        halves[bit / 64] |= 1 << (bit % 64);
    }
    halves
}

/// Some numbers in fixed point, word by word.
struct Block {
    words: [[u64; LANES]; WORDS],
    /// The sign bits of f64.
    signs: [u64; LANES],
}

impl Block {
    /// The magnitude in units of `2^(exponent + 1)`, in `count` words, cut off below.
    #[inline(always)]
    fn set<const K: usize>(&mut self, lane: usize, x: &Wide<K>, exponent: i64, count: usize) {
        self.signs[lane] = u64::from(x.is_negative()) << 63;
        let right = exponent + 1 - i64::from(x.exponent());
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "limited")]
        let (skip, n) = ((right / 64).min(WORDS as i64) as usize, (right % 64) as u32);
        let (_, words, _) = x.raw();
        // The leading word of the number belongs `skip` words below the first.
        let word = |i: usize| if i < K { words[i] } else { 0 };
        for l in 0..count {
            // Counted from the top: word l - skip of the number, and the one above it.
            let below = (K + skip).wrapping_sub(1 + l);
            self.words[count - 1 - l][lane] = word(below) >> n | word(below.wrapping_add(1)) << 1 << (63 - n);
        }
    }

    #[inline(always)]
    fn add(&mut self, halves: &[u64]) {
        let mut carry = [0; LANES];
        for (words, &half) in self.words.iter_mut().zip(halves) {
            for (word, carry) in words.iter_mut().zip(&mut carry) {
                let sum = word.wrapping_add(half);
                let all = sum.wrapping_add(*carry);
                *carry = u64::from(sum < half) + u64::from(all < sum);
                *word = all;
            }
        }
    }

    /// Digit `u` of each number, exactly: the bits as the last of `2^52 + bits`, less `2^52` and half of the digit.
    #[inline(always)]
    fn digit(&self, cut: Cut, u: usize, count: usize, out: &mut [f64]) {
        const ONE: u64 = (1023 + 52) << 52;
        let bit = 64 * count - 1 - cut.width as usize * (u + 1);
        let (low, n) = (&self.words[bit / 64], (bit % 64) as u32);
        let above = if bit / 64 + 1 < count { &self.words[bit / 64 + 1] } else { &[0; LANES] };
        // The first digit may have a bit more.
        let mask = (1 << (cut.width + u32::from(u == 0))) - 1;
        let half = f64::from_bits(ONE) + (1_u64 << (cut.width - 1)) as f64;
        let mut digits = [0.0; LANES];
        for lane in 0..LANES {
            let bits = (low[lane] >> n | above[lane] << 1 << (63 - n)) & mask;
            let digit = f64::from_bits(ONE | bits) - half;
            digits[lane] = f64::from_bits(digit.to_bits() ^ self.signs[lane]);
        }
        if let Some(out) = out.first_chunk_mut() {
            *out = digits;
        } else {
            out.copy_from_slice(&digits[..out.len()]);
        }
    }
}
