use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param mean: [64];
        output y = mean - x;
    }
}

fn main() {}
