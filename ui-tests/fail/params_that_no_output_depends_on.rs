use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param _w: [64, 32];
        output y = relu(x);
    }
}

fn main() {}
