use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        input y: [B, 10];
        input z: [10];
        output one = concat(x, y, axis = 0);
        output two = concat(x, z, axis = 0);
        output three = concat(x, y, axis = 2);
        output four = concat(x, y);
    }
}

fn main() {}
