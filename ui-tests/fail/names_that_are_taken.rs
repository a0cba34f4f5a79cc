use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
use blocks::Linear;

graph! {
    pub graph Net<const B: usize, const B: usize> {
        input x: [B, 4];
        param x: [4];
        block fc: Linear<B, 4, 4>;
        let fc = relu(x);
        output x = fc;
        output y = fc;
        output y;
    }
}

fn main() {}
