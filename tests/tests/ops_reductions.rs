//! Reductions, in every format and every radius domain: no radius is smaller than the true error, forward or backward.

mod ops_reductions {
    mod long;
}

use nfgrad::op::{All, Amax, Amin, Axis, BceWithLogits, Mean, Mse, Sum};
use nfgrad::prelude::*;
use nfgrad_tests::ops;

ops! {
    sum: Sum<All>, 200, [((D<2>, D<3>),), ((D<40>,),), ((),), ((D<0>,),)];
    sum_outer: Sum<Axis<0>>, 200, [((D<3>, D<2>),), ((D<5>,),), ((D<2>, D<17>),)];
    sum_middle: Sum<Axis<1>>, 200, [((D<2>, D<3>),), ((D<2>, D<3>, D<2>),)];
    mean: Mean<All>, 200, [((D<2>, D<3>),), ((D<40>,),), ((),), ((D<4>,),)];
    mean_outer: Mean<Axis<0>>, 200, [((D<3>, D<2>),), ((D<5>,),), ((D<2>, D<17>),)];
    mean_middle: Mean<Axis<1>>, 200, [((D<2>, D<3>),), ((D<2>, D<3>, D<2>),)];
    mse: Mse, 400, [((D<2>, D<3>), (D<2>, D<3>)), ((D<35>,), (D<35>,)), ((), ())];
    bce_with_logits: BceWithLogits, 150, [((D<2>, D<3>), (D<2>, D<3>)), ((D<35>,), (D<35>,)), ((), ())];
    amax: Amax<All>, 200, [((D<2>, D<3>),), ((D<5>,),), ((),)];
    amax_outer: Amax<Axis<0>>, 200, [((D<3>, D<2>),), ((D<4>,),)];
    amax_middle: Amax<Axis<1>>, 200, [((D<2>, D<3>),), ((D<2>, D<3>, D<2>),)];
    amin: Amin<All>, 200, [((D<2>, D<3>),), ((D<5>,),)];
    amin_middle: Amin<Axis<1>>, 200, [((D<2>, D<3>),), ((D<2>, D<3>, D<2>),)];
}
