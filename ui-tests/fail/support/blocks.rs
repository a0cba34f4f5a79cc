//! Graphs that the cases about blocks call.

use nfgrad::prelude::*;

graph! {
    pub graph Linear<const B: usize, const I: usize, const O: usize> {
        input x: [B, I];
        param w: [I, O];
        param b: [O];
        output y = x @ w + b;
    }
}
graph! {
    pub graph Heads<const B: usize, const H: usize, const K: usize> where H % K == 0 {
        input x: [B, H];
        block mix: Linear<B, H, H/K>;
        output y = mix(x);
    }
}
graph! {
    pub graph Two<const B: usize> {
        input x: [B, 4];
        output y = relu(x);
        output z = -x;
    }
}
