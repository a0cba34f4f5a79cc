use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64];
        output y = maximum(x * w, 0.0);
        output z = 1;
    }
}

fn main() {}
