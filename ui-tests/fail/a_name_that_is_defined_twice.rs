use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64, 64];
        let h = relu(x @ w);
        let h = relu(h @ w);
        output h;
    }
}

fn main() {}
