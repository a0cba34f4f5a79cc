use nfgrad::prelude::*;
use nfgrad_ui_tests::blocks::Linear;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        block fc1: Linear<B, 4, 8>;
        block fc2: Linear<_, 16, 2>;
        param w: [8, 4];
        param b: [8];
        output y = fc2(fc1(x));
        output z = Linear(x, w, b);
        output v = nfgrad_ui_tests::blocks::Linear<B, 4, 8>(x, b, w);
    }
}

fn main() {}
