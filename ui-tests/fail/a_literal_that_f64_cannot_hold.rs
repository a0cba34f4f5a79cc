use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64];
        output y = 1e999 * x * w;
        output z = 1e-320 * x * w;
    }
}

fn main() {}
