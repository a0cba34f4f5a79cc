use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 2];
        param w: [2];
        output a = x * w + [[1, 2], [3]];
        output b = x * w + [0.5, [1]];
        output c = x * w + [w, w];
        output d = x * w + [B, 2] + softmax(w, [1, x]);
        output e = [];
    }
}

fn main() {}
