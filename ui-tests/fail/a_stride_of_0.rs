use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4, 8, 8];
        param w: [6, 4, 3, 3];
        output a = conv2d(x, w, stride = 0);
        output b = avg_pool2d(x, size = 0);
        output c = max_pool2d(x);
        output d = conv2d(x, w, strides = 2);
        output e = max_pool2d(x, kernel_size = 2);
    }
}

fn main() {}
