//! What masks leave out: it is exactly 0, and a batch that is padded is certified as any other.

use nfgrad::bound::Domain;
use nfgrad::format::E5m2;
use nfgrad::op::{
    self, Add, All, Attention, AvgPool2d, Axis, BceWithLogits, Broadcast, CrossEntropy, Exp, Gather, LayerNorm,
    LogSoftmax, MatMul, MaxPool2d, Maximum, Mean, Mse, Mul, Neg, Relu, Reshape, Softmax, Sub, Sum, Tanh, Transpose,
};
use nfgrad::prelude::*;
use nfgrad::tensor::BallTensor;
use nfgrad_tests::check::{check_minus_infinity, sensitivity};
use nfgrad_tests::literals;
use nfgrad_tests::report::Report;
use nfgrad_tests::sample::{Hexadecimal, Sampled};

literals! {
    Small = "0.00001", 0.000_01, false;
}

type Row = (D<4>,);
type Matrix = (D<3>, D<4>);
type Image = (D<1>, D<4>, D<4>);

/// What an op knows where an operand is -∞, in all domains; `known`: as much as anywhere.
macro_rules! at_minus_infinity {
    ($report:ident, $($op:ty, $shapes:ty, $known:literal;)*) => {$(
        check_minus_infinity::<$op, $shapes, f32, Elementwise>($known, &mut $report);
        check_minus_infinity::<$op, $shapes, bf16, Uniform>($known, &mut $report);
        check_minus_infinity::<$op, $shapes, f32, Euclidean>($known, &mut $report);
    )*};
}

#[test]
fn what_is_known_of_minus_infinity_is_true_of_the_limit() {
    let mut report = Report::new();
    at_minus_infinity! {
        report,
        Add, (Matrix, Row), true;
        Softmax<Axis<1>>, (Matrix,), true;
        Softmax<Axis<0>>, (Matrix,), true;
        LogSoftmax<Axis<1>>, (Matrix,), true;
        LogSoftmax<Axis<0>>, (Matrix,), true;
        CrossEntropy, (Matrix, Matrix), true;
        BceWithLogits, (Matrix, Matrix), true;
        Sub, (Matrix, Row), false;
        Mul, (Matrix, Row), false;
        op::Div, (Matrix, Row), false;
        Maximum, (Matrix, Row), false;
        MatMul, (Matrix, (D<4>, D<2>)), false;
        Sum<All>, (Matrix,), false;
        Mean<Axis<0>>, (Matrix,), false;
        Mse, (Matrix, Matrix), false;
        op::Amax<Axis<1>>, (Matrix,), false;
        op::Amin<Axis<1>>, (Matrix,), false;
        Relu, (Matrix,), false;
        Exp, (Matrix,), false;
        Tanh, (Matrix,), false;
        Neg, (Matrix,), false;
        Transpose, (Matrix,), false;
        Reshape<(D<12>,)>, (Matrix,), false;
        Broadcast<(D<2>, D<4>)>, (Row,), false;
        Gather, (Matrix, (D<2>,)), false;
        LayerNorm<Small>, (Matrix, Row, Row), false;
        Attention, (Matrix, Matrix, Matrix), false;
        MaxPool2d<D<2>, D<2>, D<0>, D<2>, D<2>>, (Image,), false;
        AvgPool2d<D<2>, D<2>, D<0>, D<2>, D<2>>, (Image,), false;
        op::Conv2d<D<1>, D<0>, D<1>, D<1>, D<3>, D<3>>, (Image, (D<1>, D<1>, D<2>, D<2>)), false;
    }
    check_minus_infinity::<Softmax<Axis<1>>, (Matrix,), E5m2, Elementwise>(true, &mut report);
    check_minus_infinity::<Softmax<Axis<1>>, (Matrix,), Hexadecimal, Elementwise>(true, &mut report);
    check_minus_infinity::<CrossEntropy, (Matrix, Matrix), Hexadecimal, Euclidean>(true, &mut report);
    check_minus_infinity::<Add, (Matrix, Row), Hexadecimal, Uniform>(true, &mut report);
    report.finish_knowing(0.0);
}

graph! {
    /// Two sequences of three tokens, of which the mask knows how long they are.
    graph Padded {
        param wq: [4, 4];
        param wv: [4, 2];
        input x: [2, 3, 4];
        input keep: [2, 3, 3];
        input t: [2, 3, 2];
        input labels: [2, 3];
        let q = x @ wq;
        let y = attention(q, x, x @ wv, keep);
        let scores = sum(q, axis = 2);
        let first = softmax(scores, labels);
        let second = cross_entropy(scores, labels, labels);
        output loss = mse(y, t) + sum(first * scores) + sum(log_softmax(scores, labels)) + sum(second);
        output weights = first;
    }
}

graph! {
    /// Attention whose mask is added: 0 or -∞.
    graph Additive {
        param w: [4, 4];
        input x: [3, 4];
        input mask: [3, 3];
        input t: [3, 3];
        let scores = x @ w @ transpose(x) + mask;
        output p = softmax(scores);
        output loss = mse(p @ x, x) + mean(cross_entropy(scores, t));
    }
}

fn number<F: Format>(i: usize) -> F {
    F::from_f64(((i * 7919 % 101) as f64 - 50.0) / 64.0)
}

fn fill<F: Format>(x: &mut [F]) {
    x.iter_mut().enumerate().for_each(|(i, x)| *x = number(i));
}

fn bits<F: Format>(x: &mut [F], bits: &[u8]) {
    x.iter_mut().zip(bits).for_each(|(x, &bit)| *x = if bit == 0 { F::ZERO } else { F::ONE });
}

fn padded<F: Format>(leaves: PaddedLeaves<nfgrad::graph::Mut<'_, F>>) {
    let PaddedLeaves { mut wq, mut wv, mut x, mut keep, mut t, mut labels } = leaves;
    [wq.as_mut_slice(), wv.as_mut_slice(), x.as_mut_slice(), t.as_mut_slice()].into_iter().for_each(fill);
    // Two tokens and one: the rows of the others are masked whole, and so are the labels of the second sequence.
    bits(keep.as_mut_slice(), &[1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    bits(labels.as_mut_slice(), &[0, 1, 1, 0, 0, 0]);
}

fn additive<F: Format>(leaves: AdditiveLeaves<nfgrad::graph::Mut<'_, F>>) {
    let AdditiveLeaves { mut w, mut x, mut mask, mut t } = leaves;
    [w.as_mut_slice(), x.as_mut_slice()].into_iter().for_each(fill);
    let out = F::from_f64(f64::NEG_INFINITY);
    mask.copy_from_slice(&[F::ZERO, out, out, F::ZERO, F::ZERO, out, F::ZERO, F::ZERO, F::ZERO]).unwrap();
    bits(t.as_mut_slice(), &[1, 0, 0, 0, 1, 0, 1, 0, 0]);
}

/// Every output and gradient of a run in f32 or bf16 within its radius of that of f64, whose errors are nothing beside it.
macro_rules! holds {
    ($graph:ident, $set:ident, $run:ident, [$($output:ident)*], [$($param:ident)*]) => {{
        let mut exact = $graph::run::<f64>();
        exact.copy_leaves_from($run.run());
        exact.forward();
        exact.backward();
        let (outputs, reference) = ($run.outputs(), exact.outputs());
        $(within(&format!("{}", stringify!($output)), outputs.$output, reference.$output.as_slice());)*
        let (gradients, reference) = ($run.gradients(), exact.gradients());
        $(within(&format!("{}", stringify!($param)), gradients.$param, reference.$param.as_slice());)*
    }};
}

fn within<F: Format, S: nfgrad::shapes::Shape, D: Domain>(name: &str, x: BallTensor<'_, F, S, D>, exact: &[f64]) {
    for (i, exact) in exact.iter().enumerate() {
        let (mid, radius) = (x.mid().as_slice()[i].to_f64(), x.radius(i).get());
        assert!((mid - exact).abs() <= radius + 1e-12 && radius < 1.0, "{name}[{i}]: {mid} ± {radius}, {exact}");
    }
}

#[test]
fn a_padded_batch_is_known() {
    fn check<F: Sampled, D: Domain>() {
        let mut run = Padded::bounded::<F, D>();
        padded(run.leaves_mut());
        run.forward().unwrap();
        run.backward().unwrap();
        holds!(Padded, padded, run, [loss weights], [wq wv]);
    }
    check::<f32, Uniform>();
    check::<f32, Euclidean>();
    check::<f32, Elementwise>();
    check::<bf16, Elementwise>();
}

#[test]
fn a_mask_of_minus_infinity_is_known_and_leaves_exact_zeros() {
    fn check<F: Sampled, D: Domain>() {
        let mut run = Additive::bounded::<F, D>();
        additive(run.leaves_mut());
        run.forward().unwrap();
        run.backward().unwrap();
        holds!(Additive, additive, run, [loss p], [w]);
        let p = run.outputs().p;
        for i in [1, 2, 5] {
            assert_eq!(p.mid().as_slice()[i], F::ZERO);
            assert!(D::len(9) == 1 || p.radius(i).get() == 0.0, "{i}: {}", p.radius(i).get());
        }
    }
    check::<f32, Uniform>();
    check::<f32, Euclidean>();
    check::<f32, Elementwise>();
    check::<f64, Euclidean>();
    check::<bf16, Uniform>();
    check::<bf16, Elementwise>();
}

#[test]
fn a_shadow_certifies_what_is_masked() {
    let (mut first, mut second) = (Padded::run::<f32>(), Additive::run::<bf16>());
    padded(first.leaves_mut());
    additive(second.leaves_mut());
    first.forward();
    first.backward();
    second.forward();
    second.backward();
    let mut shadow = Shadow::<Padded>::new();
    let certificate = shadow.certify(&first).unwrap();
    assert!(certificate.outputs().loss.max_error().get() < 1e-5 && certificate.gradients().wq.max_error().get() < 1e-5);
    let mut shadow = Shadow::<Additive>::new();
    let certificate = shadow.certify(&second).unwrap();
    assert!(certificate.outputs().loss.max_error().get() < 0.05 && certificate.gradients().w.max_error().get() < 0.05);
    // The shadow's one radius for all.
    assert!(certificate.outputs().p.error(2).get() < 1e-14);
}

/// Of what is multiplied, added up and normalised; how much larger than the best that a rule can do.
#[test]
fn norms_of_errors_are_near_the_best() {
    let all = [
        (
            2.8,
            sensitivity::<op::Conv2d<D<1>, D<1>, D<1>, D<1>, D<4>, D<4>>, (Image, (D<2>, D<1>, D<3>, D<3>), (D<2>,))>(),
        ),
        (2.0, sensitivity::<LayerNorm<Small>, ((D<4>, D<8>), (D<8>,), (D<8>,))>()),
        (2.0, sensitivity::<op::RmsNorm<Small>, ((D<4>, D<8>), (D<8>,))>()),
        (1.01, sensitivity::<op::Shift<Small>, (Matrix,)>()),
        (1.01, sensitivity::<op::Divide<Small>, (Matrix,)>()),
        (1.01, sensitivity::<op::Invert<Small>, (Matrix,)>()),
        (4.0, sensitivity::<Mse, (Matrix, Matrix)>()),
        (8.0, sensitivity::<Attention, ((D<4>, D<3>), (D<5>, D<3>), (D<5>, D<2>))>()),
    ];
    for (most, sensitivity) in all {
        assert!(sensitivity.least() > 0.999 && sensitivity.largest() < most, "{sensitivity}");
    }
}
