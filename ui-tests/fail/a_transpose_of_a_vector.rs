use nfgrad::prelude::*;

graph! {
    pub graph Net {
        input x: [8];
        param w: [4, 8];
        output y = transpose(x) @ w;
    }
}

fn main() {}
