use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 1, 8, 8];
        output y = max_pool2d(x, size = 2, padding = 2);
    }
}

fn main() {}
