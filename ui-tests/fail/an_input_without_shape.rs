use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x;
        param w: [64, 32];
        output y = x @ w;
    }
}

fn main() {}
