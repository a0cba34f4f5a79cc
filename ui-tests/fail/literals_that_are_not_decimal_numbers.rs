use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64];
        output a = 0xff * x * w;
        output b = "0.1" * x;
        output c = true * x;
        output d = 'c' * x;
        output e = 1.5.2 * x;
        output f = inf * x;
        output g = -(0.5) * x;
        output h = x * w % 2;
        output i = x * w ^ 2;
        output j = 2 - "a";
        output k = x * w + 1,5;
    }
}

fn main() {}
