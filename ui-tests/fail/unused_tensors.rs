#![deny(unused)]

use nfgrad::prelude::*;
graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        input t: [B, 10];
        param w: [64, 32];
        param bias: [32];
        param _spare: [32];
        let h = relu(x @ w);
        let twice = h + h;
        output y = h;
    }
}

fn main() {}
