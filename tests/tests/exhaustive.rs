//! Every number and every pair of numbers of small formats, through every op: no radius is smaller than the true error, forward or
//! backward. `tests/nf.rs` shows that the formats themselves round as they should.

use nfgrad::bound::{Elementwise, Uniform};
use nfgrad::format::beyond::Fnuz;
use nfgrad::format::small::Float4E2m1Fn;
use nfgrad::format::{Below, Carried, Downward, E4m3, E5m2, Fix, Flt, Ftz, NearestEven, Nf, TowardZero, Upward};
use nfgrad::op::{self, Axis};
use nfgrad::prelude::*;
use nfgrad_tests::check::{Line, Pairs, binary, unary, vectors};
use nfgrad_tests::literals;
use nfgrad_tests::report::Report;

/// Six bits: 55 numbers, a few of them subnormal.
type Binary = Nf<2, Below<Flt<-5, 3>, 3>, NearestEven>;
/// The same without subnormal numbers and rounded downward.
type Flushed = Nf<2, Below<Ftz<-5, 3>, 3>, Downward>;
/// Eighths below 4, rounded toward zero.
type Fixed = Nf<2, Below<Fix<-3>, 2>, TowardZero>;
/// Two decimal digits.
type Decimal = Nf<10, Below<Flt<-1, 2>, 1>, NearestEven>;
/// One decimal digit, from 0.01 to 90, rounded upward.
type DecimalUp = Nf<10, Below<Flt<-2, 1>, 2>, Upward>;
/// Numbers with two bits up to 3, and beyond that NaN; no -0.
type Unsigned = Carried<2, -3, 1, Fnuz>;

literals! {
    Tenth = "0.1", 0.1, false;
    Three = "3", 3.0, true;
    Small = "0.00001", 0.000_01, false;
}

/// How many of the radii must be finite: of most numbers there is no logarithm, and fp8 overflows soon.
const KNOWN: f64 = 0.1;

/// Ops on one operand, entry by entry.
macro_rules! numbers {
    ($($test:ident: $op:ty;)*) => {$(
        #[test]
        fn $test() {
            let mut report = Report::new();
            unary::<$op, (Line,), E4m3>(&mut report);
            unary::<$op, (Line,), E5m2>(&mut report);
            unary::<$op, (Line,), Binary>(&mut report);
            unary::<$op, (Line,), Flushed>(&mut report);
            unary::<$op, (Line,), Fixed>(&mut report);
            unary::<$op, (Line,), Decimal>(&mut report);
            unary::<$op, (Line,), DecimalUp>(&mut report);
            unary::<$op, (Line,), Float4E2m1Fn>(&mut report);
            unary::<$op, (Line,), Unsigned>(&mut report);
            report.finish_knowing(KNOWN);
        }
    )*};
}

numbers! {
    neg: op::Neg;
    abs: op::Abs;
    leaky_relu: op::LeakyRelu<Tenth>;
    square: op::Pow<op::Integer<2>>;
    inverse_cube: op::Pow<op::Integer<-3>>;
    safe_log: op::SafeLog<Tenth>;
    safe_log_smooth: op::SafeLogSmooth<Tenth>;
    relu: op::Relu;
    scale_by_a_tenth: op::Scale<Tenth>;
    scale_by_three: op::Scale<Three>;
    shift_by_a_tenth: op::Shift<Tenth>;
    shift_by_three: op::Shift<Three>;
    divide_by_a_tenth: op::Divide<Tenth>;
    divide_by_three: op::Divide<Three>;
    invert_a_tenth: op::Invert<Tenth>;
    invert_three: op::Invert<Three>;
    exp: op::Exp;
    expm1: op::Expm1;
    ln: op::Ln;
    log1p: op::Log1p;
    sqrt: op::Sqrt;
    recip: op::Recip;
    sin: op::Sin;
    cos: op::Cos;
    tanh: op::Tanh;
    sigmoid: op::Sigmoid;
    softplus: op::Softplus;
    silu: op::Silu;
    gelu: op::Gelu;
    gelu_tanh: op::GeluTanh;
}

/// Ops on two operands, entry by entry.
macro_rules! pairs {
    ($($test:ident: $op:ty;)*) => {$(
        #[test]
        fn $test() {
            let mut report = Report::new();
            binary::<$op, E4m3>(&mut report);
            binary::<$op, E5m2>(&mut report);
            binary::<$op, Binary>(&mut report);
            binary::<$op, Flushed>(&mut report);
            binary::<$op, Fixed>(&mut report);
            binary::<$op, Decimal>(&mut report);
            binary::<$op, DecimalUp>(&mut report);
            binary::<$op, Float4E2m1Fn>(&mut report);
            binary::<$op, Unsigned>(&mut report);
            report.finish_knowing(KNOWN);
        }
    )*};
}

pairs! {
    add: op::Add;
    div: op::Div;
    safe_div: op::SafeDiv<Tenth>;
    maximum: op::Maximum;
    minimum: op::Minimum;
    sub: op::Sub;
    mul: op::Mul;
}

/// Ops that combine entries, on all vectors of two.
macro_rules! vectors {
    ($($test:ident: $op:ty, $shapes:ty;)*) => {$(
        #[test]
        fn $test() {
            let mut report = Report::new();
            vectors::<$op, $shapes, E4m3, Elementwise>(&mut report);
            vectors::<$op, $shapes, Binary, Elementwise>(&mut report);
            vectors::<$op, $shapes, Flushed, Uniform>(&mut report);
            vectors::<$op, $shapes, Fixed, Elementwise>(&mut report);
            vectors::<$op, $shapes, DecimalUp, Elementwise>(&mut report);
            vectors::<$op, $shapes, Float4E2m1Fn, Elementwise>(&mut report);
            report.finish_knowing(KNOWN);
        }
    )*};
}

type Two = (D<2>,);

vectors! {
    sum: op::Sum<Axis<1>>, (Pairs,);
    mean: op::Mean<Axis<1>>, (Pairs,);
    amax: op::Amax<Axis<1>>, (Pairs,);
    amin: op::Amin<Axis<1>>, (Pairs,);
    softmax: op::Softmax<Axis<1>>, (Pairs,);
    log_softmax: op::LogSoftmax<Axis<1>>, (Pairs,);
    cross_entropy: op::CrossEntropy, (Pairs, Pairs);
    layer_norm: op::LayerNorm<Small>, (Pairs, Two, Two);
    rms_norm: op::RmsNorm<Small>, (Pairs, Two);
    mse: op::Mse, (Two, Two);
    matmul: op::MatMul, (Pairs, Two);
}
