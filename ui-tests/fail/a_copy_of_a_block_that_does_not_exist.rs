use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        block layers: [Linear<B, 4, 4>; 3];
        block last: Linear<B, 4, 4>;
        block none: [Linear<B, 4, 4>; 0];
        output y = layers[3](x);
        output z = last[0](x);
        output q = x[0](x);
    }
}

fn main() {}
