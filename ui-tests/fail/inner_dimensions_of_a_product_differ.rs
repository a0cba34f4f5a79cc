use nfgrad::prelude::*;

graph! {
    pub graph Net {
        input x: [64, 784];
        param w1: [785, 128];
        output y = relu(x @ w1);
    }
}

fn main() {}
