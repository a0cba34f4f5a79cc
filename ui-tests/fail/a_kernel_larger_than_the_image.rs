use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 3, 4, 32];
        param w: [8, 3, 5, 5];
        param v: [8, 3, 3, 3];
        output a = conv2d(x, w);
        output b = conv2d(x, v, dilation = 4, padding = 2);
        output c = max_pool2d(x, size = 5);
    }
}

fn main() {}
