use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64];
        output y = sum(x * w, axis = 0, axis = 1);
    }
}

fn main() {}
