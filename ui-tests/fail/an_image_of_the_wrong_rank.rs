use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [8, 8];
        input y: [B, 1, 8, 8];
        param w: [6, 1, 3, 3];
        param v: [3, 3];
        output a = conv2d(x, w);
        output b = conv2d(y, v);
        output c = avg_pool2d(w * w, size = 2);
        output d = max_pool2d(x, size = 2);
    }
}

fn main() {}
