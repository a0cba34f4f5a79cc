use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 1, 8, 8];
        param w: [6, 1, 3, 3];
        param b: [1];
        param c: [6, 6, 6];
        output y = conv2d(x, w, b);
        output z = conv2d(x, w, c);
    }
}

fn main() {}
