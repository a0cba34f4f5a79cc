//! Ops that move elements, in every format and every radius domain: no radius is smaller than the true error, forward or backward.

use nfgrad::op::constant::Listed;
use nfgrad::op::{self, Axis, Broadcast, Concat, Gather, Pad, Permute, Reshape, Slice, Transpose};
use nfgrad::prelude::*;
use nfgrad_tests::laws::Decimals;
use nfgrad_tests::{literals, ops};

literals! {
    Tenth = "0.1", 0.1, false;
    // Beyond f16 and fp8.
    Large = "100000.1", 100_000.1, false;
}

struct Numbers;

impl Listed for Numbers {
    const NEAREST: &'static [f64] = &[1.0, 0.1, -3.0, 0.001, 257.0, 0.5];
    const EXACT: &'static [bool] = &[true, false, true, false, true, true];
    const TEXT: &'static [&'static str] = &["", "0.1", "", "0.001", "", ""];
}

impl Decimals for Numbers {
    const DECIMALS: &'static [(i32, u8)] = &[(1, 0), (1, 1), (-3, 0), (1, 3), (257, 0), (5, 1)];
}

ops! {
    zeros: op::Zeros<(D<2>, D<3>)>, 4, [()];
    ones: op::Ones<()>, 4, [()];
    full: op::Full<(D<2>, D<3>), Tenth>, 4, [()];
    full_of_a_large_number: op::Full<(D<3>,), Large>, 4, [()];
    eye: op::Eye<D<4>>, 4, [()];
    arange: op::Arange<D<40>>, 4, [()];
    causal_mask: op::CausalMask<D<4>>, 4, [()];
    array: op::Array<(D<2>, D<3>), Numbers>, 4, [()];
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
