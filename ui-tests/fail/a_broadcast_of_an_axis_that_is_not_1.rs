use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input c: [B];
        input x: [B, 10];
        output one = x + broadcast(c, [B, 10]);
        output two = broadcast(x, [10]);
    }
}

fn main() {}
