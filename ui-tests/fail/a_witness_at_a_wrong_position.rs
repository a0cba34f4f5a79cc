use nfgrad::prelude::*;
use nfgrad::tensor::TList;

type Ctx = Snoc<Snoc<Nil, (D<64>, D<32>)>, (D<32>,)>;

fn main() {
    let mut list = TList::<f32, Ctx>::zeros();
    let bias = Idx::<Ctx, (D<32>,), 0>::new();
    list.get_mut(bias).fill_with(|| 0.0);
}
