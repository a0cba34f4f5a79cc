use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 8];
        output y = sum(x, 1);
        output z = sum(axis = 1);
        output v = sum(x, [1.0]);
    }
}

fn main() {}
