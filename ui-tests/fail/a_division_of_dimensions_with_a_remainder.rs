use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64/10];
        param w: [B];
        output y = x @ w;
    }
}

fn main() {}
