use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w1: [64, 32];
        let hidden = relu(x @ w1);
        output y = relu(hiden);
    }
}

fn main() {}
