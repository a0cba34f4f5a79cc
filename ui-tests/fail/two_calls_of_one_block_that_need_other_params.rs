use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        input z: [B, 5];
        block fc1: Linear<_, _, 3>;
        output y = fc1(x) + fc1(z);
    }
}

fn main() {}
