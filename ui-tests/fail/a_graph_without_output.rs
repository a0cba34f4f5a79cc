use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64, 32];
        let _y = x @ w;
    }
}

fn main() {}
