use nfgrad::prelude::*;

graph! {
    pub graph Net<const T: usize, const S: usize> {
        input q: [8, T, 16];
        input k: [8, S, 32];
        input v: [8, T, 16];
        input mask: [S, T];
        output one = attention(q, k, v);
        output two = attention(q, q, k);
        output three = attention(q, v, q, mask);
        output four = attention(q, q);
    }
}

fn main() {}
