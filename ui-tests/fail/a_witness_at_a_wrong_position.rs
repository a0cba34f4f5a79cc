use nfgrad::prelude::*;

type Ctx = Snoc<Snoc<Nil, (D<64>, D<32>)>, (D<32>,)>;

fn main() {
    let bias = Idx::<Ctx, (D<32>,), 0>::new();
    println!("{bias:?}");
}
