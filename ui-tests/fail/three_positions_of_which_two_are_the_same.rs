use nfgrad::prelude::*;
use nfgrad::tensor::TList;

type Ctx = Snoc<Snoc<Snoc<Snoc<Nil, (D<2>,)>, (D<2>,)>, (D<2>,)>, (D<2>,)>;

fn main() {
    let mut list = TList::<f32, Ctx>::zeros();
    let x = Idx::<Ctx, (D<2>,), 1>::new();
    let w = Idx::<Ctx, (D<2>,), 3>::new();
    let b = Idx::<Ctx, (D<2>,), 3>::new();
    let _ = list.set3_idx_ne((x, &[1.0, 2.0]), (w, &[3.0, 4.0]), (b, &[5.0, 6.0]));
}
