use nfgrad::prelude::*;

graph! {
    pub graph Net {
        input x: [64];
        param w: [64, 32];
        output y = x @ w;
    }
}

fn main() {}
