//! Ops with arguments that are not tensors: lists, shapes, constants of the module, associated constants.
#![deny(missing_docs, unused, warnings)]

use nfgrad::prelude::*;

/// Heads of an attention layer.
const HEADS: usize = 4;

/// A configuration.
pub struct Config;

impl Config {
    /// The width of a head.
    pub const WIDTH: usize = 8;
}

graph! {
    /// Heads apart and together again.
    pub graph Heads<const B: usize, const T: usize> {
        /// Rows of all heads.
        input x: [B, T, HEADS * Config::WIDTH];
        let apart: [B, T, HEADS, Config::WIDTH] = reshape(x, [B, T, HEADS, Config::WIDTH]);
        let heads: [B, HEADS, T, Config::WIDTH] = permute(apart, axes = [0, 2, 1, 3]);
        let back: [B, HEADS, T, Config::WIDTH] = transpose(transpose(heads));
        /// As it was.
        output y = reshape(permute(back, axes = [0, 2, 1, 3]), shape = [T * B, HEADS * Config::WIDTH]);
    }
}

fn main() {
    let mut run = Heads::<2, 3>::bounded::<f32, Elementwise>();
    run.forward();
}
