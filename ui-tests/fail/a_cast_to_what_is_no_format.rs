use nfgrad::prelude::*;

graph! {
    pub graph Casts {
        param x: [3];
        param w: [3];
        let a = cast(x, 16);
        let b = cast(x, w);
        let c = cast(x);
        let d = cast(x, dtype = bf16);
        output y = a + b + c + d;
    }
}

fn main() {}
