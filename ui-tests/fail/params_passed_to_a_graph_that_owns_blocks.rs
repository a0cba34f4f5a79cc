use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        param w: [4, 2];
        param b: [2];
        output y = Heads<B, 4, 2>(x, w, b);
    }
}

fn main() {}
