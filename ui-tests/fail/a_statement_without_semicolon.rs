use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64, 32];
        let h = relu(x @ w)
        let y = h * h;
        output y;
    }
}

fn main() {}
