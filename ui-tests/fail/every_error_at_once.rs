use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w1: [65, 32];
        param b1: [32];
        let h = relu(x @ w1 + b1);
        let unknown = relu(y);
        let logits = h @ h;
        output loss = mean(logits, axis = 1, axes = 0);
        output y = expp(x);
        output x
    }
}

fn main() {
    let mut run = Net::<8>::run::<f32>();
    run.forward();
    let _loss = run.outputs().y;
}
