use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        input t: [B, 64];
        param w: [64];
        output y = x * w;
        output loss = mse(x, t);
    }
}

fn main() {}
