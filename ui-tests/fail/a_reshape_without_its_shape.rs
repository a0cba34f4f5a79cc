use nfgrad::prelude::*;

graph! {
    pub graph Images<const B: usize> {
        input x: [B, 28, 28];
        output one = reshape(x);
        output two = reshape(x, 784);
        output three = reshape(x, [B, -1]);
        output four = reshape(x, [B, 784], size = [B, 784]);
    }
}

fn main() {}
