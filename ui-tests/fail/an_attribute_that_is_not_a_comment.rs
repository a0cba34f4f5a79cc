use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        #[cfg(test)]
        param w: [64, 32];
        output y = x * 2;
    }
}

fn main() {}
