use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64, 10];
        param b: [B];
        output y = x @ w + b;
    }
}

fn main() {}
