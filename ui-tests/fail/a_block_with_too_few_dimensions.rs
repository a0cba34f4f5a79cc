use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        block fc1: Linear<64, 32>;
        output y = fc1(x);
    }
}

fn main() {}
