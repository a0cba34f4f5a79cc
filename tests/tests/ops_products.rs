//! Products of matrices, in every format and every radius domain: no radius is smaller than the true error, forward or backward.

use nfgrad::op::{Attention, MatMul};
use nfgrad::prelude::*;
use nfgrad_tests::ops;

ops! {
    // The root of the width is exact: of a huge score that is not, the oracle knows nothing.
    attention: Attention, 60, [
        ((D<2>, D<4>), (D<3>, D<4>), (D<3>, D<2>)),
        ((D<2>, D<2>, D<1>), (D<2>, D<1>, D<1>), (D<2>, D<1>, D<3>)),
    ];
    attention_with_a_mask: Attention, 80, [
        ((D<2>, D<1>), (D<3>, D<1>), (D<3>, D<2>), (D<2>, D<3>)),
        ((D<2>, D<2>, D<4>), (D<2>, D<3>, D<4>), (D<2>, D<3>, D<1>), (D<3>,)),
    ];
    matmul_of_batches: MatMul, 100, [
        ((D<2>, D<2>, D<3>), (D<2>, D<3>, D<2>)),
        ((D<2>, D<1>, D<3>, D<1>), (D<2>, D<1>, D<1>, D<2>)),
        ((D<3>, D<2>, D<2>), (D<3>, D<2>, D<2>)),
    ];
    matmul_of_a_batch: MatMul, 100, [
        ((D<2>, D<2>, D<3>), (D<3>, D<2>)),
        ((D<2>, D<1>, D<2>, D<3>), (D<3>, D<1>)),
        ((D<2>, D<2>, D<3>), (D<3>,)),
    ];
    matmul: MatMul, 300, [
        ((D<2>, D<3>), (D<3>, D<2>)),
        ((D<1>, D<5>), (D<5>, D<4>)),
        ((D<4>, D<1>), (D<1>, D<3>)),
        ((D<3>, D<3>), (D<3>, D<3>)),
        ((D<3>, D<4>), (D<4>,)),
        ((D<2>, D<0>), (D<0>, D<3>)),
    ];
    matmul_large: MatMul, 4, [
        ((D<3>, D<300>), (D<300>, D<2>)),
        ((D<1>, D<130>), (D<130>, D<20>)),
        ((D<20>, D<9>), (D<9>, D<17>)),
    ];
}
