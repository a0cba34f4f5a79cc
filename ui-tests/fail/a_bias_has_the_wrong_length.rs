use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64, 128];
        param b: [127];
        output y = x @ w + b;
    }
}

fn main() {}
