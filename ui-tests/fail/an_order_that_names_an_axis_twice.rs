use nfgrad::prelude::*;

graph! {
    pub graph Heads<const B: usize, const T: usize> {
        input x: [B, T, 8, 16];
        output y = permute(x, axes = [0, 2, 1, 1]);
        output z = permute(x, axes = [0, 2, 1]);
        output v = permute(x, [0, 2, 1, 3]);
        output w = permute(x, axes = 1);
    }
}

fn main() {}
