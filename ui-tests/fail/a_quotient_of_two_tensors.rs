use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64];
        output y = x / w;
    }
}

fn main() {}
