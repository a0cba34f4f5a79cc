use nfgrad::prelude::*;

graph! {
    pub graph Net<const N: usize> where N > N + 1 {
        input x: [2, N];
        param w: [N, 2];
        output y = x @ w;
    }
}

fn main() {}
