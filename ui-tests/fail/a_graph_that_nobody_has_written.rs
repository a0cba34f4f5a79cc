use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        block fc1: Liner<B, 4, 4>;
        output y = fc1(x);
    }
}

fn main() {}
