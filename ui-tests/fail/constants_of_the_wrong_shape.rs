use nfgrad::prelude::*;

graph! {
    pub graph Net<const T: usize> {
        input x: [T, 4];
        param w: [4];
        output a = x * w + zeros([T, 3]);
        output b = x * w + [1, 2, 3];
        output c = x * w @ eye(T);
        output d = attention(x * w, x, x, causal_mask(4));
        output e = ones([T, 4]) - zeros([4, T]);
    }
}

fn main() {}
