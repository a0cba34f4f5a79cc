use nfgrad::prelude::*;

#[path = "support/blocks.rs"]
mod blocks;
#[allow(unused_imports)]
use blocks::*;

graph! {
    pub graph Net<const N: usize> {
        input x: [2, N];
        block some: Heads<2, N, 2>;
        output y = some(x);
    }
}

fn main() {
    let _ = Net::<7>::run::<f32>();
}
