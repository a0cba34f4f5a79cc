use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
use blocks::Linear;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        block layers: [Linear<B, 4, 4>; 600];
        output y = layers(x);
    }
}

fn main() {}
