use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize, const C: usize, const G: usize> {
        input x: [B, 3, 32, 32];
        input last: [B, 32, 32, 3];
        input one: [1, 8, 8];
        input y: [C + 1, 8, 8];
        param w: [8, 4, 5, 5];
        param v: [8, 3, 5, 5];
        param hwio: [5, 5, 3, 8];
        output a = conv2d(x, w);
        output b = conv2d(last, v, padding = 2);
        output c = conv2d(x, hwio);
        output d = conv2d(one, v);
        output e = conv2d(x, v, groups = 3);
        output f = conv2d(y, v, groups = G);
        output g = conv2d(y, v);
    }
}

fn main() {}
