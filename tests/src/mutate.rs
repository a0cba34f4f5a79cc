//! Bytes of a sound file with something wrong in them.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::sample::generator;

/// Files that are almost a sound one.
pub struct Mutants<'a> {
    sound: &'a [u8],
    rng: ChaCha8Rng,
}

impl<'a> Mutants<'a> {
    /// Those of these bytes; the same ones for the same label.
    pub fn of(sound: &'a [u8], label: &str) -> Self {
        Self { sound, rng: generator(label, 0) }
    }

    /// One more: up to three times a byte is changed, bytes are taken out, doubled or put in, or the end is cut off.
    pub fn next_one(&mut self) -> Vec<u8> {
        let mut bytes = self.sound.to_vec();
        for _ in 0..self.rng.random_range(1..=3) {
            if bytes.is_empty() {
                break;
            }
            let at = self.rng.random_range(0..bytes.len());
            let upto = (at + self.rng.random_range(1..16)).min(bytes.len());
            match self.rng.random_range(0..8) {
                0 => bytes[at] ^= 1 << self.rng.random_range(0..8),
                1 => bytes[at] = [0, 0xff, 0x7f, 0x80][self.rng.random_range(0..4)],
                2 => bytes[at] = b"0123456789[]{},:\"-e."[self.rng.random_range(0..20)],
                3 => drop(bytes.drain(at..upto)),
                4 => bytes.truncate(at),
                5 => {
                    let copy = bytes[at..upto].to_vec();
                    bytes.splice(at..at, copy);
                }
                6 => bytes.insert(at, b'9'),
                _ => bytes[at..upto].fill(0xff),
            }
        }
        bytes
    }
}
