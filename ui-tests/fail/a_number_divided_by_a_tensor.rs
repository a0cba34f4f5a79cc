use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param s: [];
        output y = 1 / (x * s);
        output z = 2.5 / x;
        output q = s / x;
    }
}

fn main() {}
