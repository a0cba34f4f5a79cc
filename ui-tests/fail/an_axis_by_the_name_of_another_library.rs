use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64];
        output y = mean(x * w, dim = 1);
        output z = relu(x, axis = 1);
    }
}

fn main() {}
