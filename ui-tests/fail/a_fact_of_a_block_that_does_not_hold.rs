use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const B: usize, const N: usize> {
        input x: [B, 10];
        input y: [B, N];
        block heads: Heads<B, 10, 4>;
        block some: Heads<B, N, 2>;
        output a = heads(x);
        output b = some(y);
    }
}

fn main() {}
