use nfgrad::prelude::*;

graph! {
    pub graph Net {
        input x: [2, 2, 2, 2, 2, 2, 2];
        param w: [2];
        output y = x * w;
    }
}

fn main() {}
