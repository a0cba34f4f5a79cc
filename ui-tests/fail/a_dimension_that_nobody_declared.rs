use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, WIDTH];
        param w: [WIDTH];
        output y = x * w;
    }
}

fn main() {}
