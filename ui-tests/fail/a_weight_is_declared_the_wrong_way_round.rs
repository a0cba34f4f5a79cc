use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 784];
        param w: [128, 784];
        output y = x @ w;
    }
}

fn main() {}
