use nfgrad::prelude::*;

/// What is not known as a number format.
struct Halves;

graph! {
    graph Mixed {
        input x: [2, 3];
        param w: [3, 2];
        let a = cast(x, Halves);
        output y = a @ cast(w, String);
    }
}

fn main() {}
