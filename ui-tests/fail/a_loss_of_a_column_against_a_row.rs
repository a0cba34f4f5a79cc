use nfgrad::prelude::*;

graph! {
    pub graph Net<const N: usize> {
        input x: [N, 3];
        input target: [1, N];
        param w: [3, 1];
        let prediction = x @ w;
        output loss = mse(prediction, target);
    }
}

fn main() {}
