use nfgrad::prelude::*;

graph! {
    pub graph Net<const N: usize> {
        input x: [N, 10];
        output one = slice(x, axis = 1, range = 8..11);
        output two = slice(x, axis = 1, range = 8..4);
        output three = slice(x, axis = 0, range = 0..N + 1);
        output four = slice(x, axis = 1, range = 2..=4);
        output five = slice(x, axis = 1, range = 2);
    }
}

fn main() {}
