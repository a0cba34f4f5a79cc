use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param weight: [32];
        param bias: [64];
        param square: [64, 64];
        output one = layer_norm(x, weight, bias);
        output two = rms_norm(x, square);
        output three = layer_norm(x, bias);
        output four = layer_norm(x, bias, bias, eps = 0);
    }
}

fn main() {}
