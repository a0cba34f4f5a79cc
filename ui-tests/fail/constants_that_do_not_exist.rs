use nfgrad::prelude::*;

const EPS: f64 = 1e-5;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64];
        output a = x * w + EPZ;
        output b = x * w + self::EPS + other::EPS;
    }
}

fn main() {}
