use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 99999999999999999999];
        input z: [4294967296*4294967296];
        output y = relu(x);
        output q = relu(z);
    }
}

fn main() {}
