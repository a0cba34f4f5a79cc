//! A graph that a case calls as a block of another crate.

use nfgrad::prelude::*;

graph! {
    /// x W + b.
    pub graph Linear<const B: usize, const I: usize, const O: usize> {
        /// The rows.
        input x: [B, I];
        /// The weight.
        param w: [I, O];
        /// The bias.
        param b: [O];
        output y = x @ w + b;
    }
}
