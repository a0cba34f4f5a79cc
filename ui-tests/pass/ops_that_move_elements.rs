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
        // Constants in every argument that is a dimension.
        let some: [B, T, HEADS, 3] = slice(apart, axis = 3, range = Config::WIDTH - 3..Config::WIDTH);
        let more: [B, T, HEADS, Config::WIDTH] = pad(some, axis = 3, before = Config::WIDTH - 3);
        output total = sum(flatten(more, from = 2));
        /// As it was.
        output y = reshape(permute(back, axes = [0, 2, 1, 3]), shape = [T * B, HEADS * Config::WIDTH]);
    }
}

graph! {
    /// Every other op that moves elements, with symbols.
    pub graph Moves<const B: usize, const N: usize, const P: usize> where P > 0 {
        /// Rows.
        input x: [B, 2*N];
        /// One number a row.
        input c: [B];
        param w: [N, 3];
        let halves = concat(slice(x, axis = 1, range = N..2*N), slice(x, axis = 1, range = 0..N), axis = 1);
        let wide: [B, 2*N] = broadcast(reshape(c, [B, 1]), [B, 2*N]);
        let padded: [B + 2*P, 2*N] = pad(halves + wide, axis = 0, before = P, after = P);
        let product: [3, N] = transpose(w);
        let flat: [2*N*B + 4*P*N] = flatten(padded);
        let twice: [2*N] = concat(slice(c, axis = 0, range = 0..N), slice(c, axis = 0, range = 0..N), axis = 0);
        output loss = sum(flat) + sum(flatten(product, from = 1)) + sum(twice) + sum(concat(w, w, w, axis = 1));
    }
}

graph! {
    /// A fact makes two lengths one.
    pub graph Patches<const B: usize, const H: usize, const W: usize, const P: usize> where H * W == P {
        /// Images.
        input x: [B, H, W];
        param w: [P, 4];
        output y: [B, 4] = reshape(x, [B, P]) @ w;
    }
}

graph! {
    /// Words as rows of a table, one step of attention without softmax, and the largest score of each word.
    pub graph Words<const B: usize, const T: usize> {
        /// Indices of words.
        input words: [B, T];
        param table: [100, HEADS * Config::WIDTH];
        param w: [HEADS * Config::WIDTH, HEADS * Config::WIDTH];
        let x: [B, T, HEADS * Config::WIDTH] = gather(table, words) @ w;
        let scores: [B, T, T] = x @ transpose(x);
        let best: [B, T] = amax(scores, axis = 2) - amin(scores, axis = 2);
        output loss = sum(best) + amax(x @ flatten(slice(table, axis = 0, range = 0..1)));
    }
}

fn main() {
    let mut run = Patches::<2, 3, 4, 12>::run::<f32>();
    run.forward();
    let mut run = Words::<2, 3>::bounded::<f32, Elementwise>();
    run.forward().unwrap();
    run.backward().unwrap();
    let mut run = Moves::<5, 4, 2>::bounded::<f32, Uniform>();
    run.forward().unwrap();
    run.backward().unwrap();
    let mut run = Heads::<2, 3>::bounded::<f32, Elementwise>();
    run.forward().unwrap();
}
