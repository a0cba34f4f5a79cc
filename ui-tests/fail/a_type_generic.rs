use nfgrad::prelude::*;

graph! {
    pub graph Net<T, const B: usize> {
        input x: [B, 64];
        output y = x * 2;
    }
}

fn main() {}
