use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input: [B, 64];
        input a: B;
        input b: [B 64];
        input c: [_, 64];
        input d: [B, 64u8];
        param w: [B, 64 % 2];
        let = relu(a);
        let f;
        let g = ;
        let h [B] = a;
        output a b;
    }
}

fn main() {}
