//! TorchLean's bounds, op by op: its runtime is within them of the real numbers, also where they are much too large.

use nfgrad::bound::T0;
use nfgrad::format::{Below, Fix, Flt, NearestAway, NearestEven, Nf, RoundEach, bf16};
use nfgrad::op::{
    self, Add, All, Attention, Axis, Broadcast, Exp, LayerNorm, MatMul, Mean, Mul, Neg, Relu, Scale, Softmax, Sub, Sum,
    Tanh, Transpose,
};
use nfgrad::prelude::*;
use nfgrad_tests::check::check_op;
use nfgrad_tests::laws::{Law, ShapesOf};
use nfgrad_tests::literals;
use nfgrad_tests::report::Report;
use nfgrad_tests::sample::cases;

type Single = RoundEach<f32>;
type Brain = RoundEach<bf16>;
/// Five bits, in exact arithmetic.
type Tiny = Nf<2, Below<Flt<-20, 5>, 20>, NearestEven>;
/// Fixed point, where nothing is exact in TorchLean's eyes.
type Fixed = Nf<2, Fix<-20>, NearestAway>;

fn check<O: Law<In>, In: ShapesOf>(usual: u64, report: &mut Report) {
    let cases = cases(usual);
    check_op::<O, In, Single, T0>(cases, report);
    check_op::<O, In, Brain, T0>(cases, report);
    check_op::<O, In, Tiny, T0>(cases.div_ceil(2), report);
    check_op::<O, In, Fixed, T0>(cases.div_ceil(2), report);
}

macro_rules! ops {
    ($($test:ident: $op:ty, $usual:literal, [$($shapes:ty),* $(,)?];)*) => {$(
        #[test]
        fn $test() {
            let mut report = Report::new();
            $(check::<$op, $shapes>($usual, &mut report);)*
            report.finish();
        }
    )*};
}

literals! {
    Tenth = "0.1", 0.1, false;
    Quarter = "0.25", 0.25, true;
    Small = "0.00001", 0.000_01, false;
}

ops! {
    add: Add, 200, [((D<2>, D<3>), (D<2>, D<3>)), ((D<0>,), (D<0>,))];
    sub: Sub, 200, [((D<2>, D<3>), (D<2>, D<3>)), ((), ())];
    mul: Mul, 200, [((D<2>, D<3>), (D<2>, D<3>)), ((), ())];
    scale_by_a_tenth: Scale<Tenth>, 150, [((D<4>, D<3>),)];
    scale_by_a_quarter: Scale<Quarter>, 150, [((D<4>, D<3>),)];
    shift_by_a_tenth: op::Shift<Tenth>, 150, [((D<4>, D<3>),)];
    shift_by_a_quarter: op::Shift<Quarter>, 150, [((D<4>, D<3>),)];
    full: op::Full<(D<2>, D<3>), Tenth>, 4, [()];
    arange: op::Arange<D<9>>, 4, [()];
    neg: Neg, 100, [((D<4>, D<3>),)];
    relu: Relu, 200, [((D<4>, D<3>),), ((),)];
    exp: Exp, 150, [((D<2>, D<2>),)];
    tanh: Tanh, 150, [((D<2>, D<2>),)];
    sigmoid: op::Sigmoid, 150, [((D<2>, D<2>),)];
    logistic: op::Logistic, 150, [((D<2>, D<2>),)];
    safe_log_smooth: op::SafeLogSmooth<Tenth>, 150, [((D<2>, D<2>),)];
    conv2d: op::Conv2d<D<1>, D<0>, D<1>, D<1>, D<2>, D<3>>, 60, [((D<2>, D<3>, D<4>), (D<2>, D<2>, D<2>, D<2>), (D<2>,))];
    conv2d_with_padding: op::Conv2d<D<2>, D<1>, D<1>, D<1>, D<2>, D<2>>, 40, [((D<1>, D<1>, D<3>, D<4>), (D<2>, D<1>, D<2>, D<3>), (D<2>,))];
    softplus: op::Softplus, 150, [((D<2>, D<2>),)];
    sum: Sum<All>, 150, [((D<4>, D<3>),), ((),)];
    product: MatMul, 150, [((D<3>, D<5>), (D<5>, D<2>)), ((D<3>, D<4>), (D<4>,)), ((D<2>, D<2>), (D<2>, D<2>))];
}

/// Two images.
type Two = op::Conv2d<D<1>, D<0>, D<1>, D<1>, D<2>, D<1>>;

/// Those of which TorchLean knows nothing on the way back, or in some shapes: half of the radii are infinite, and no more may be.
#[test]
fn what_has_a_value_only() {
    let mut report = Report::new();
    check::<op::Abs, ((D<4>, D<3>),)>(100, &mut report);
    check::<Add, ((D<5>, D<3>), (D<3>,))>(100, &mut report);
    check::<Sub, ((D<5>, D<3>), (D<3>,))>(100, &mut report);
    check::<Mul, ((D<5>, D<3>), (D<3>,))>(100, &mut report);
    check::<Sum<Axis<0>>, ((D<3>, D<4>),)>(100, &mut report);
    check::<Sum<Axis<1>>, ((D<3>, D<4>),)>(100, &mut report);
    check::<Mean<Axis<1>>, ((D<3>, D<4>),)>(100, &mut report);
    check::<Transpose, ((D<3>, D<4>),)>(100, &mut report);
    check::<Broadcast<(D<3>, D<4>)>, ((D<4>,),)>(100, &mut report);
    check::<op::SafeLog<Tenth>, ((D<4>, D<3>),)>(100, &mut report);
    check::<op::SafeDiv<Tenth>, ((D<4>, D<3>), (D<4>, D<3>))>(100, &mut report);
    check::<op::SafeDiv<Quarter>, ((D<4>, D<3>), (D<3>,))>(50, &mut report);
    check::<op::Divide<Tenth>, ((D<4>, D<3>),)>(100, &mut report);
    check::<op::Divide<Quarter>, ((D<4>, D<3>),)>(50, &mut report);
    check::<op::Amax<All>, ((D<4>, D<3>),)>(100, &mut report);
    check::<Two, ((D<2>, D<1>, D<3>, D<2>), (D<1>, D<1>, D<2>, D<2>), (D<1>,))>(30, &mut report);
    check::<Sum<All>, ((D<20>,),)>(300, &mut report);
    report.finish();
}

/// Those that refuse where the numbers are too uncertain; shares of short rows are not often refused.
#[test]
fn what_may_be_refused() {
    let mut report = Report::new();
    check::<Softmax<Axis<1>>, ((D<2>, D<3>),)>(150, &mut report);
    check::<Softmax<Axis<0>>, ((D<3>, D<2>),)>(100, &mut report);
    check::<Softmax<Axis<1>>, ((D<2>, D<3>), (D<2>, D<3>))>(150, &mut report);
    check::<Attention, ((D<2>, D<4>), (D<3>, D<4>), (D<3>, D<2>))>(50, &mut report);
    check::<Attention, ((D<2>, D<2>, D<1>), (D<2>, D<2>, D<1>), (D<2>, D<2>, D<2>))>(20, &mut report);
    check::<Attention, ((D<2>, D<2>, D<1>), (D<2>, D<3>, D<1>), (D<2>, D<3>, D<2>), (D<2>, D<3>))>(30, &mut report);
    check::<op::Div, ((D<2>, D<2>), (D<2>, D<2>))>(100, &mut report);
    check::<op::Sqrt, ((D<2>, D<2>),)>(100, &mut report);
    check::<op::Invert<Tenth>, ((D<2>, D<2>),)>(100, &mut report);
    check::<LayerNorm<Small>, ((D<2>, D<3>), (D<3>,), (D<3>,))>(100, &mut report);
    check::<LayerNorm<Small>, ((D<4>,), (D<4>,), (D<4>,))>(50, &mut report);
    check::<Sum<All>, ((D<20>,),)>(3000, &mut report);
    report.finish();
}
