use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
use blocks::Linear;

graph! {
    pub graph Body {
        input x: [4, 4];
        block layers: [Linear<4, 4, 4>; 33];
        output y = layers(x);
    }
}

graph! {
    pub graph Net {
        input x: [4, 4];
        block body: Body;
        output y = body(x);
    }
}

fn main() {}
