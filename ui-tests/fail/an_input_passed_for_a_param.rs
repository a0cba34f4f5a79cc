use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 4];
        input w: [4, 2];
        input _start: [2];
        param v: [4, 2];
        param b: [2];
        let y = Linear(x, w, b);
        // Meant to stay as it is: its name says so.
        output z = y + Linear(x, v, _start);
    }
}

fn main() {}
