use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        const N: usize = 64;
        weight w: [64];
        layer fc: Linear<B, 64, 64>;
        fn helper() {}
        input x: [B, 64];
        y = relu(x);
        return x;
    }
}

fn main() {}
