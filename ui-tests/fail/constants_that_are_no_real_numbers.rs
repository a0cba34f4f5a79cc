use nfgrad::prelude::*;

const WORD: &str = "0.1";
const NOT: f64 = f64::NAN;
const ODD: u64 = (1 << 53) + 1;
const NOTHING: f64 = 0.0;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [64];
        output a = x * w + WORD;
        output b = x * w + NOT;
        output c = -ODD * (x * w);
        output d = rms_norm(x, w, eps = NOTHING);
    }
}

fn main() {}
