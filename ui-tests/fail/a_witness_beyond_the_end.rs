use nfgrad::prelude::*;

graph! {
    pub graph Mlp {
        input x: [4, 3];
        param w: [3, 2];
        output y = relu(x @ w);
    }
}

fn main() {
    let run = Mlp::run::<f32>();
    println!("{:?}", run.get(Idx::<Mlp, (D<4>, D<2>), 7>::new()));
}
