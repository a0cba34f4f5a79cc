use nfgrad::prelude::*;

const WIDTH: usize = 100;

graph! {
    pub graph Net {
        input x: [2, WIDTH/8];
        param w: [WIDTH/8, 2];
        output y = x @ w;
    }
}

fn main() {}
