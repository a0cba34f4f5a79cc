//! Products of matrices, in every format and every radius domain: no radius is smaller than the true error, forward or backward.

use nfgrad::bound::Domain;
use nfgrad::format::{AccumulateIn, AccumulateInF64, E4m3, FusedEach, RoundEach, f16};
use nfgrad::op::{All, Attention, MatMul, Mul, Sum};
use nfgrad::prelude::*;
use nfgrad_tests::check::check_op;
use nfgrad_tests::ops;
use nfgrad_tests::report::Report;
use nfgrad_tests::sample::{Flushed, Sampled, cases};

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

/// A sum, a product of matrices, and a cotangent that is a sum of products, in one format and both domains.
fn sums_and_products<F: Sampled>(report: &mut Report) {
    fn in_domain<F: Sampled, D: Domain>(report: &mut Report) {
        check_op::<MatMul, ((D2, D7), (D7, D2)), F, D>(cases(60), report);
        check_op::<MatMul, ((D2, D40), (D40,)), F, D>(cases(20), report);
        check_op::<Sum<All>, ((D9,),), F, D>(cases(60), report);
        check_op::<Mul, ((D7, D2), (D2,)), F, D>(cases(40), report);
    }
    type D2 = nfgrad::shapes::D<2>;
    type D7 = nfgrad::shapes::D<7>;
    type D9 = nfgrad::shapes::D<9>;
    type D40 = nfgrad::shapes::D<40>;
    in_domain::<F, Elementwise>(report);
    in_domain::<F, Uniform>(report);
}

/// The radii follow the policy by which sums and products are rounded.
#[test]
fn under_every_rounding_policy() {
    let mut report = Report::new();
    sums_and_products::<RoundEach<bf16>>(&mut report);
    sums_and_products::<RoundEach<f32>>(&mut report);
    sums_and_products::<FusedEach<bf16>>(&mut report);
    sums_and_products::<FusedEach<f32>>(&mut report);
    sums_and_products::<FusedEach<E4m3>>(&mut report);
    sums_and_products::<FusedEach<Flushed>>(&mut report);
    sums_and_products::<AccumulateIn<E4m3, bf16>>(&mut report);
    sums_and_products::<AccumulateIn<E4m3, f16>>(&mut report);
    sums_and_products::<AccumulateIn<bf16, f32>>(&mut report);
    sums_and_products::<AccumulateInF64<f32>>(&mut report);
    report.finish();
}
