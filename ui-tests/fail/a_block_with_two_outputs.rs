use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        block two: Two<B>;
        output y = two(x);
    }
}

fn main() {}
