use nfgrad::prelude::*;

graph! {
    pub graph Images<const B: usize> {
        input x: [B, 28, 28];
        param w: [756, 10];
        let rows = reshape(x, [B, 756]);
        output y = rows @ w;
    }
}

fn main() {}
