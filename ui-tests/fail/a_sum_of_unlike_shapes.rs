use nfgrad::prelude::*;

graph! {
    pub graph Net {
        input x: [64, 784];
        input z: [64, 783];
        param w: [784];
        output y = x * w + z;
    }
}

fn main() {}
