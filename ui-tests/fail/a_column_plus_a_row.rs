use nfgrad::prelude::*;

graph! {
    pub graph Distances<const N: usize, const M: usize> {
        input a: [N, 1];
        input b: [1, M];
        output difference = a - b;
    }
}

fn main() {}
