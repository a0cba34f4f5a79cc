//! Ops along rows, in every format and every radius domain: no radius is smaller than the true error, forward or backward.

use nfgrad::op::{Axis, CrossEntropy, LayerNorm, LogSoftmax, RmsNorm, Softmax};
use nfgrad::prelude::*;
use nfgrad_tests::{literals, ops};

literals! {
    Small = "0.00001", 0.000_01, false;
}

ops! {
    softmax: Softmax<Axis<1>>, 150, [((D<2>, D<3>),), ((D<3>, D<1>),), ((D<2>, D<0>),), ((D<2>, D<3>, D<2>),)];
    softmax_of_a_vector: Softmax<Axis<0>>, 150, [((D<5>,),), ((D<3>, D<2>),)];
    softmax_with_a_mask: Softmax<Axis<1>>, 250, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<2>, D<4>), (D<4>,)),
        ((D<2>, D<3>, D<2>), (D<3>, D<2>)),
    ];
    layer_norm: LayerNorm<Small>, 150, [
        ((D<2>, D<3>), (D<3>,), (D<3>,)),
        ((D<4>,), (D<4>,), (D<4>,)),
        ((D<2>, D<1>), (D<1>,), (D<1>,)),
    ];
    layer_norm_of_long_rows: LayerNorm<Small>, 20, [((D<2>, D<2>, D<19>), (D<19>,), (D<19>,))];
    rms_norm: RmsNorm<Small>, 150, [((D<2>, D<3>), (D<3>,)), ((D<4>,), (D<4>,)), ((D<2>, D<1>), (D<1>,))];
    log_softmax: LogSoftmax<Axis<1>>, 150, [((D<2>, D<3>),), ((D<3>, D<1>),), ((D<2>, D<0>),), ((D<2>, D<3>, D<2>),)];
    log_softmax_of_a_vector: LogSoftmax<Axis<0>>, 150, [((D<5>,),), ((D<1>,),), ((D<3>, D<2>),)];
    log_softmax_with_a_mask: LogSoftmax<Axis<1>>, 250, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<2>, D<4>), (D<4>,)),
        ((D<2>, D<3>, D<2>), (D<3>, D<2>)),
    ];
    cross_entropy_with_a_mask: CrossEntropy, 250, [
        ((D<2>, D<3>), (D<2>, D<3>), (D<2>, D<3>)),
        ((D<2>, D<4>), (D<2>, D<4>), (D<4>,)),
        ((D<5>,), (D<5>,), (D<5>,)),
    ];
    cross_entropy: CrossEntropy, 150, [((D<2>, D<3>), (D<2>, D<3>)), ((D<1>,), (D<1>,)), ((D<5>,), (D<5>,))];
}
