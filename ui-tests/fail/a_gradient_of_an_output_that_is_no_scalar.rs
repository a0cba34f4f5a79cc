use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64, 32];
        output y = relu(x @ w);
    }
}

fn main() {
    let mut run = Net::<8>::run::<f32>();
    run.forward();
    run.backward();
}
