use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Ping<const B: usize> {
        input x: [B, 4];
        block other: Pong<B>;
        output y = other(x);
    }
}
graph! {
    pub graph Pong<const B: usize> {
        input x: [B, 4];
        block other: Ping<B>;
        output y = other(x);
    }
}

fn main() {}
