use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        block fc1: Linear<B, 64, 32>;
        block fc2: Linear<B, 64, 10>;
        output y = fc2(relu(fc1(x)));
    }
}

fn main() {}
