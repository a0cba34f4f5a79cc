use nfgrad::prelude::*;

const NONE: usize = 0;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64];
        output y = x * w / 0.0;
    }
}

graph! {
    pub graph Other<const B: usize> {
        input x: [B, 64];
        param w: [64];
        output y = x * w / NONE;
    }
}

fn main() {}
