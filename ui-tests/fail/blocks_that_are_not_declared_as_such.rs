use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
use blocks::Linear;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        block a;
        block b: [Linear<B, 4, 4>];
        block c: [Linear<B, 4, 4>; B];
        block d: Linear<B, 4 4>;
        block e: 4;
        block fc: Linear<B, 4, 4>;
        output y = fc[x](x);
        output z = Linear<B, 4, 4>;
        output v = fc(x, axis = 1);
    }
}

fn main() {}
