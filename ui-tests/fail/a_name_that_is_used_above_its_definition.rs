use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64, 64];
        let y = relu(h);
        let h = x @ w;
        output y;
    }
}

fn main() {}
