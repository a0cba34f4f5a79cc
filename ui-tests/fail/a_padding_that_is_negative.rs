use nfgrad::prelude::*;

graph! {
    pub graph Net {
        input x: [8];
        output one = pad(x, axis = 0, before = -1);
        output two = pad(x, axis = 0, before = 0.5, after = [1]);
        output three = pad(x, axis = 0, by = 1);
    }
}

fn main() {}
