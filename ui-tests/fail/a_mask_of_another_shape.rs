use nfgrad::prelude::*;

graph! {
    pub graph Net<const T: usize> {
        input x: [4, T, 16];
        input mask: [T, 1];
        output one = softmax(x, mask);
        output two = softmax(x, axis = 3);
    }
}

fn main() {}
