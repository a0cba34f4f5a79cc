use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        param w: [4];
        output loss = sum(x * w);
    }
}

fn main() {
    let mut run = Net::<8>::run::<f32>();
    run.forward();
    run.backward();
    let gradients = run.gradients();
    println!("{:?}", gradients.x);
}
