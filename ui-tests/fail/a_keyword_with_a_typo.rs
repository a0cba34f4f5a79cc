use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        inptu x: [B, 64];
        param w: [64, 32];
        output y = x @ w;
    }
}

fn main() {}
