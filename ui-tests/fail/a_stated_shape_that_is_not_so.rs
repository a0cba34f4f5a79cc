use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64, 32];
        let h: [B, 64] = relu(x @ w);
        output h;
    }
}

fn main() {}
