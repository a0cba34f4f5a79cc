use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input B: [B, 64];
        param w: [64];
        output y = B * w;
    }
}

fn main() {}
