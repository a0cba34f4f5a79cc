use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param s: [];
        output q = s / x;
    }
}

fn main() {}
