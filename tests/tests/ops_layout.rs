//! Ops that move elements, in every format and every radius domain: no radius is smaller than the true error, forward or backward.

use nfgrad::op::{Axis, Broadcast, Concat, Gather, Pad, Permute, Reshape, Slice, Transpose};
use nfgrad::prelude::*;
use nfgrad_tests::ops;

ops! {
    transpose: Transpose, 60, [((D<3>, D<4>),), ((D<2>, D<1>, D<5>),), ((D<2>, D<2>, D<2>, D<3>),), ((D<0>, D<3>),)];
    permute: Permute<(Axis<2>, Axis<0>, Axis<1>)>, 60, [((D<2>, D<3>, D<4>),), ((D<1>, D<5>, D<2>),)];
    permute_heads: Permute<(Axis<0>, Axis<2>, Axis<1>, Axis<3>)>, 60, [((D<2>, D<3>, D<2>, D<2>),)];
    reshape: Reshape<(D<2>, D<6>)>, 60, [((D<3>, D<4>),), ((D<12>,),), ((D<2>, D<3>, D<2>),)];
    gather: Gather, 200, [((D<3>, D<2>), (D<4>,)), ((D<2>, D<1>), (D<2>, D<3>)), ((D<4>, D<2>), ()), ((D<1>, D<2>), (D<20>,))];
    broadcast: Broadcast<(D<3>, D<2>, D<4>)>, 150, [
        ((D<3>, D<2>, D<4>),),
        ((D<2>, D<4>),),
        ((D<2>, D<1>),),
        ((D<3>, D<1>, D<4>),),
        ((D<1>, D<1>, D<1>),),
        ((),),
    ];
    broadcast_to_nothing: Broadcast<(D<0>, D<2>)>, 20, [((D<2>,),), ((D<1>, D<1>),)];
    broadcast_far: Broadcast<(D<40>, D<2>)>, 60, [((D<2>,),), ((D<1>, D<1>),)];
    concat: Concat<Axis<0>, D<5>>, 100, [
        ((D<2>, D<3>), (D<3>, D<3>)),
        ((D<5>,), (D<0>,)),
        ((D<1>, D<2>), (D<2>, D<2>), (D<2>, D<2>)),
        ((D<1>,), (D<1>,), (D<2>,), (D<1>,)),
    ];
    concat_inner: Concat<Axis<1>, D<4>>, 100, [
        ((D<2>, D<2>), (D<2>, D<2>)),
        ((D<3>, D<1>, D<2>), (D<3>, D<3>, D<2>)),
        ((D<2>, D<2>), (D<2>, D<1>), (D<2>, D<1>)),
        ((D<0>, D<1>), (D<0>, D<3>)),
    ];
    slice: Slice<Axis<0>, D<1>, D<2>>, 80, [((D<4>, D<3>),), ((D<3>,),), ((D<3>, D<2>, D<2>),)];
    slice_inner: Slice<Axis<1>, D<0>, D<2>>, 80, [((D<3>, D<3>),), ((D<2>, D<2>),), ((D<2>, D<4>, D<2>),), ((D<0>, D<3>),)];
    slice_nothing: Slice<Axis<0>, D<2>, D<0>>, 20, [((D<2>, D<3>),), ((D<4>,),)];
    pad: Pad<Axis<0>, D<1>, D<2>, D<5>>, 80, [((D<2>, D<3>),), ((D<2>,),)];
    pad_inner: Pad<Axis<1>, D<0>, D<1>, D<3>>, 80, [((D<3>, D<2>),), ((D<2>, D<2>, D<2>),)];
}
