use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        block fc1: Linear<B, 4, 4>;
        output y = x @ fc1 + fc1;
    }
}

fn main() {}
