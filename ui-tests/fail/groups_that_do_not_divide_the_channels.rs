use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4, 8, 8];
        input y: [B, 6, 8, 8];
        param w: [6, 1, 3, 3];
        param v: [6, 2, 3, 3];
        output a = conv2d(x, w, groups = 4);
        output b = conv2d(y, v, groups = 4);
    }
}

fn main() {}
