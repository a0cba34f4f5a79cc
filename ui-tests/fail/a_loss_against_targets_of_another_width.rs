use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        input t: [B, 10];
        param w: [64, 11];
        output loss = mean(cross_entropy(x @ w, t));
    }
}

fn main() {}
