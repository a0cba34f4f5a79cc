use nfgrad::prelude::*;

graph! {
    pub graph Net<const H: usize> {
        input x: [2*H];
        param w: [H + 2];
        output y = x * w;
    }
}

fn main() {}
