//! The ops of a layer, without a warning of rustc.
#![deny(missing_docs, unused, warnings)]

mod inner {
    pub(crate) const OUT: usize = 2;

    pub(crate) mod model {
        use nfgrad::graph;

        graph! {
            pub(crate) graph Layer<const N: usize, const C1: usize, const K: usize> where C1 % 2 == 0 {
                input x: [N, C1];
                param w: [C1, super::OUT];
                param b: [super::OUT];
                param _halves: [C1/2, K - 1];
                let y: [N, super::OUT] = relu(x @ w + b);
                let same = y;
                output total = same + b + (b + y);
                output y;
            }
        }
    }
}

use inner::model::Layer;
use nfgrad::prelude::*;

fn main() {
    let mut run = Layer::<3, 2, 1>::run::<f32>();
    run.forward();
    assert_eq!(run.outputs().y.as_slice(), [0.0; 6]);
    assert_eq!(Layer::<3, 2, 1>::ENTRIES[9].name, "total");
}
