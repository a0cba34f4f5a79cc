use nfgrad::prelude::*;

graph! {
    pub graph Attention<const B: usize, const T: usize> {
        input q: [B, 4, T, 16];
        input k: [B, 8, T, 16];
        input v: [B, T, 16];
        input one: [T, 16];
        output scores = q @ transpose(k);
        output other = q @ k;
        output mixed = q @ transpose(v);
        output rows = one @ transpose(v);
    }
}

fn main() {}
