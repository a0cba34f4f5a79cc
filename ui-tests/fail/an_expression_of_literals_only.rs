use nfgrad::prelude::*;

use std::f64::consts;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64];
        output y = 2 * 3.5 * (x * w);
        output z = x * w - (1 - 2);
        output a = 2 * consts::PI * (x * w);
    }
}

fn main() {}
