use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64/(8 - 8)];
        output y = relu(x);
    }
}

fn main() {}
