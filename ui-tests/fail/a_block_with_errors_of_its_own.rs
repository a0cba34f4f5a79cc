use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Broken<const B: usize> {
        input x: [B, 4];
        param w: [5, 4];
        output y = x @ w;
    }
}
graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        block broken: Broken<B>;
        output y = relu(broken(x));
    }
}

fn main() {}
