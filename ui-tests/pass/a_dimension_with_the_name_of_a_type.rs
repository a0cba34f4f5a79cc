//! `D` is a type of the prelude, and what many would call the width of a model.
#![deny(warnings)]

use nfgrad::prelude::*;

graph! {
    graph Norm<const T: usize, const D: usize> {
        input x: [T, D];
        param w: [D];
        output y = x * w;
    }
}

graph! {
    graph Net<const D: usize, const N: usize> {
        input x: [N, D];
        block norm: Norm<_, D>;
        output y = norm(x);
    }
}

fn main() {
    let mut run = Net::<3, 2>::run::<f32>();
    run.forward();
    assert_eq!(run.outputs().y.as_slice(), [0.0; 6]);
}
