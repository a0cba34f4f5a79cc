use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize, const H: usize> {
        input x: [B, 1, H, 8];
        param w: [1, 1, 3, 3];
        input y: [ceil(B/2)];
        input z: [floor(H)];
        let a: [B, 1, H/2, 3] = conv2d(x, w, stride = 2);
        let b: [B, 1, floor((H + 1)/2), 4] = conv2d(x, w, stride = 2, padding = 1);
        output c = a * b;
    }
}

fn main() {}
