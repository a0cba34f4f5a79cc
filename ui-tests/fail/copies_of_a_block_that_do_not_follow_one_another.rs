use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 8];
        block layers: [Linear<B, 8, 4>; 3];
        output y = layers(x);
    }
}

fn main() {}
