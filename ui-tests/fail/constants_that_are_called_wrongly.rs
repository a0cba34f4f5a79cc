use nfgrad::prelude::*;

graph! {
    pub graph Net<const T: usize> {
        input x: [T, 4];
        param s: [];
        output a = x + zeros(T, 4);
        output b = x + ones(4);
        output c = x + full([4]);
        output d = x + full([4], s);
        output e = x @ eye(4, 4);
        output f = x + arange(0..4);
        output g = x + arange(-4);
        output h = x * causal_mask(x);
        output i = x + zeros_like(x);
        output j = x + full(0.5, [4]);
    }
}

fn main() {}
