//! Every op, in every format and every radius domain: no radius is smaller than the true error, forward or backward.

use half::{bf16, f16};
use nfgrad::format::{E4m3, E4m3Saturating, E5m2, E5m2Saturating, Tf32};
use nfgrad::op::{
    self, Add, All, Amax, Amin, Attention, Axis, Broadcast, Concat, CrossEntropy, Exp, Gather, LayerNorm, Literal,
    LogSoftmax, MatMul, Mean, Mse, Mul, Neg, Pad, Permute, Relu, Reshape, RmsNorm, Scale, Slice, Softmax, Sub, Sum,
    Tanh, Transpose,
};
use nfgrad::prelude::*;
use nfgrad_tests::check::check_op;
use nfgrad_tests::laws::{Law, Numels};
use nfgrad_tests::report::Report;
use nfgrad_tests::sample::{Fixed, Flushed, Hexadecimal, Middling, SingleUp, cases};

/// All formats and domains.
fn everywhere<O: Law<In>, In: Numels>(usual: u64, report: &mut Report) {
    let cases = cases(usual);
    check_op::<O, In, f32, Uniform>(cases, report);
    check_op::<O, In, f32, Elementwise>(cases, report);
    check_op::<O, In, f64, Uniform>(cases, report);
    check_op::<O, In, f64, Elementwise>(cases, report);
    check_op::<O, In, bf16, Uniform>(cases, report);
    check_op::<O, In, bf16, Elementwise>(cases, report);
}

/// The formats that share their code with bf16, or differ from the native ones in nothing but how they round.
fn in_other_formats<O: Law<In>, In: Numels>(usual: u64, report: &mut Report) {
    let cases = cases(usual).div_ceil(2);
    check_op::<O, In, f16, Elementwise>(cases, report);
    check_op::<O, In, Tf32, Uniform>(cases, report);
    check_op::<O, In, E4m3, Elementwise>(cases, report);
    check_op::<O, In, E4m3Saturating, Elementwise>(cases, report);
    check_op::<O, In, E5m2Saturating, Uniform>(cases, report);
    check_op::<O, In, E5m2, Uniform>(cases, report);
    check_op::<O, In, Middling, Uniform>(cases, report);
    check_op::<O, In, Middling, Elementwise>(cases, report);
    check_op::<O, In, SingleUp, Elementwise>(cases, report);
    check_op::<O, In, Hexadecimal, Uniform>(cases, report);
    check_op::<O, In, Fixed, Elementwise>(cases, report);
    check_op::<O, In, Flushed, Elementwise>(cases, report);
}

/// One test an op: its shapes, and how many cases each is tried with.
macro_rules! ops {
    ($($test:ident: $op:ty, $usual:literal, [$first:ty $(, $shapes:ty)* $(,)?];)*) => {$(
        #[test]
        fn $test() {
            let mut report = Report::new();
            everywhere::<$op, $first>($usual, &mut report);
            in_other_formats::<$op, $first>($usual, &mut report);
            $(everywhere::<$op, $shapes>($usual, &mut report);)*
            report.finish();
        }
    )*};
}

macro_rules! literals {
    ($($name:ident = $text:literal, $nearest:literal, $exact:literal;)*) => {$(
        struct $name;

        impl Literal for $name {
            const TEXT: &'static str = $text;
            const NEAREST: f64 = $nearest;
            const EXACT: bool = $exact;
        }
    )*};
}

literals! {
    Tenth = "0.1", 0.1, false;
    Quarter = "0.25", 0.25, true;
    // Exact in f64, but neither in f32 nor in bf16.
    Odd = "1073741825", 1_073_741_825.0, true;
    Zero = "0", 0.0, true;
    Small = "0.00001", 0.000_01, false;
}

ops! {
    add: Add, 300, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<5>, D<3>), (D<3>,)),
        ((D<3>, D<2>, D<2>), (D<2>, D<2>)),
        ((D<2>, D<19>), (D<19>,)),
        ((D<7>,), ()),
        ((), ()),
        ((D<0>, D<3>), (D<3>,)),
    ];
    sub: Sub, 300, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<5>, D<3>), (D<3>,)),
        ((D<2>, D<19>), (D<19>,)),
        ((D<7>,), ()),
        ((), ()),
    ];
    mul: Mul, 300, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<5>, D<3>), (D<3>,)),
        ((D<3>, D<2>, D<2>), (D<2>, D<2>)),
        ((D<2>, D<19>), (D<19>,)),
        ((D<7>,), ()),
        ((), ()),
        ((D<0>, D<3>), (D<3>,)),
    ];
    neg: Neg, 100, [((D<4>, D<3>),), ((),)];
    exp: Exp, 150, [((D<2>, D<2>),), ((),)];
    abs: op::Abs, 300, [((D<4>, D<3>),), ((),)];
    sqrt: op::Sqrt, 150, [((D<2>, D<2>),), ((),)];
    recip: op::Recip, 150, [((D<2>, D<2>),), ((),)];
    ln: op::Ln, 150, [((D<2>, D<2>),), ((),)];
    log1p: op::Log1p, 150, [((D<2>, D<2>),), ((),)];
    expm1: op::Expm1, 150, [((D<2>, D<2>),), ((),)];
    sin: op::Sin, 150, [((D<2>, D<2>),), ((),)];
    cos: op::Cos, 150, [((D<2>, D<2>),), ((),)];
    sigmoid: op::Sigmoid, 150, [((D<2>, D<2>),), ((),)];
    softplus: op::Softplus, 150, [((D<2>, D<2>),), ((),)];
    silu: op::Silu, 150, [((D<2>, D<2>),), ((),)];
    gelu: op::Gelu, 60, [((D<2>, D<2>),), ((),)];
    gelu_tanh: op::GeluTanh, 100, [((D<2>, D<2>),), ((),)];
    tanh: Tanh, 150, [((D<2>, D<2>),), ((),)];
    scale_by_a_tenth: Scale<Tenth>, 200, [((D<4>, D<3>),), ((),)];
    scale_by_a_quarter: Scale<Quarter>, 200, [((D<4>, D<3>),)];
    scale_by_an_odd_number: Scale<Odd>, 200, [((D<4>, D<3>),)];
    scale_by_zero: Scale<Zero>, 100, [((D<4>, D<3>),)];
    sum: Sum<All>, 200, [((D<2>, D<3>),), ((D<40>,),), ((),), ((D<0>,),)];
    sum_outer: Sum<Axis<0>>, 200, [((D<3>, D<2>),), ((D<5>,),), ((D<2>, D<17>),)];
    sum_middle: Sum<Axis<1>>, 200, [((D<2>, D<3>),), ((D<2>, D<3>, D<2>),)];
    mean: Mean<All>, 200, [((D<2>, D<3>),), ((D<40>,),), ((),), ((D<4>,),)];
    mean_outer: Mean<Axis<0>>, 200, [((D<3>, D<2>),), ((D<5>,),), ((D<2>, D<17>),)];
    mean_middle: Mean<Axis<1>>, 200, [((D<2>, D<3>),), ((D<2>, D<3>, D<2>),)];
    mse: Mse, 400, [((D<2>, D<3>), (D<2>, D<3>)), ((D<35>,), (D<35>,)), ((), ())];
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
    // The root of the width is exact: of a huge score that is not, the oracle knows nothing.
    attention: Attention, 60, [
        ((D<2>, D<4>), (D<3>, D<4>), (D<3>, D<2>)),
        ((D<2>, D<2>, D<1>), (D<2>, D<1>, D<1>), (D<2>, D<1>, D<3>)),
    ];
    attention_with_a_mask: Attention, 80, [
        ((D<2>, D<1>), (D<3>, D<1>), (D<3>, D<2>), (D<2>, D<3>)),
        ((D<2>, D<2>, D<4>), (D<2>, D<3>, D<4>), (D<2>, D<3>, D<1>), (D<3>,)),
    ];
    log_softmax: LogSoftmax, 150, [((D<2>, D<3>),), ((D<1>,),), ((D<5>,),), ((D<2>, D<0>),)];
    cross_entropy: CrossEntropy, 150, [((D<2>, D<3>), (D<2>, D<3>)), ((D<1>,), (D<1>,)), ((D<5>,), (D<5>,))];
    transpose: Transpose, 60, [((D<3>, D<4>),), ((D<2>, D<1>, D<5>),), ((D<2>, D<2>, D<2>, D<3>),), ((D<0>, D<3>),)];
    permute: Permute<(Axis<2>, Axis<0>, Axis<1>)>, 60, [((D<2>, D<3>, D<4>),), ((D<1>, D<5>, D<2>),)];
    permute_heads: Permute<(Axis<0>, Axis<2>, Axis<1>, Axis<3>)>, 60, [((D<2>, D<3>, D<2>, D<2>),)];
    reshape: Reshape<(D<2>, D<6>)>, 60, [((D<3>, D<4>),), ((D<12>,),), ((D<2>, D<3>, D<2>),)];
    amax: Amax<All>, 200, [((D<2>, D<3>),), ((D<5>,),), ((),)];
    amax_outer: Amax<Axis<0>>, 200, [((D<3>, D<2>),), ((D<4>,),)];
    amax_middle: Amax<Axis<1>>, 200, [((D<2>, D<3>),), ((D<2>, D<3>, D<2>),)];
    amin: Amin<All>, 200, [((D<2>, D<3>),), ((D<5>,),)];
    amin_middle: Amin<Axis<1>>, 200, [((D<2>, D<3>),), ((D<2>, D<3>, D<2>),)];
    gather: Gather, 200, [((D<3>, D<2>), (D<4>,)), ((D<2>, D<1>), (D<2>, D<3>)), ((D<4>, D<2>), ()), ((D<1>, D<2>), (D<20>,))];
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
    relu: Relu, 600, [((D<4>, D<3>),), ((),), ((D<0>,),)];
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
