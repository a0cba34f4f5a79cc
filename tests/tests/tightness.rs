//! How much larger radii are than errors, by op: `cargo test --release -p nfgrad-tests --test tightness -- --ignored --nocapture`.

use nfgrad::op::{self, Add, All, Axis, CrossEntropy, Exp, LogSoftmax, MatMul, Mean, Mse, Mul, Relu, Sub, Sum, Tanh};
use nfgrad::prelude::*;
use nfgrad_tests::check::{HEADER, tightness};
use nfgrad_tests::literals;

type Matrix = (D<8>, D<10>);
type Row = (D<10>,);

literals! {
    Hundredth = "0.01", 0.01, false;
}

/// One line for each op, format and domain.
macro_rules! table {
    ($($op:ty, $shapes:ty;)*) => {$(
        println!("{}", tightness::<$op, $shapes, f32, Elementwise>(40));
        println!("{}", tightness::<$op, $shapes, f32, Uniform>(40));
        println!("{}", tightness::<$op, $shapes, bf16, Elementwise>(40));
        println!("{}", tightness::<$op, $shapes, f64, Elementwise>(40));
        println!("{}", tightness::<$op, $shapes, f64, Euclidean>(40));
    )*};
}

#[test]
#[ignore = "prints a table and checks nothing"]
fn radius_over_error() {
    println!("{HEADER}");
    table! {
        Add, (Matrix, Row);
        Sub, (Matrix, Matrix);
        Mul, (Matrix, Row);
        op::Div, (Matrix, Row);
        op::Maximum, (Matrix, Row);
        op::Pow<op::Integer<2>>, (Matrix,);
        op::Pow<op::Integer<3>>, (Matrix,);
        op::Pow<op::Integer<-2>>, (Matrix,);
        op::LeakyRelu<Hundredth>, (Matrix,);
        op::SafeDiv<Hundredth>, (Matrix, Row);
        op::SafeLog<Hundredth>, (Matrix,);
        op::SafeLogSmooth<Hundredth>, (Matrix,);
        op::Minimum, (Matrix, Row);
        op::Scale<Hundredth>, (Matrix,);
        op::Shift<Hundredth>, (Matrix,);
        op::Divide<Hundredth>, (Matrix,);
        op::Invert<Hundredth>, (Matrix,);
        Relu, (Matrix,);
        Exp, (Matrix,);
        Tanh, (Matrix,);
        op::Cast<bf16>, (Matrix,);
        op::Abs, (Matrix,);
        op::Log1p, (Matrix,);
        op::Expm1, (Matrix,);
        op::Recip, (Matrix,);
        op::Sin, (Matrix,);
        op::Cos, (Matrix,);
        op::Sigmoid, (Matrix,);
        op::Logistic, (Matrix,);
        op::Softplus, (Matrix,);
        op::Silu, (Matrix,);
        op::Gelu, (Matrix,);
        op::GeluTanh, (Matrix,);
        MatMul, ((D<8>, D<64>), (D<64>, D<10>));
        op::Conv2d<D<1>, D<1>, D<1>, D<1>, D<6>, D<6>>, ((D<2>, D<4>, D<6>, D<6>), (D<3>, D<4>, D<3>, D<3>), (D<3>,));
        op::Conv2d<D<2>, D<1>, D<1>, D<2>, D<3>, D<3>>, ((D<2>, D<4>, D<6>, D<6>), (D<4>, D<2>, D<3>, D<3>), (D<4>,));
        op::MaxPool2d<D<3>, D<1>, D<1>, D<6>, D<6>>, ((D<2>, D<6>, D<6>),);
        op::AvgPool2d<D<3>, D<1>, D<1>, D<6>, D<6>>, ((D<2>, D<6>, D<6>),);
        Sum<All>, (Matrix,);
        Sum<Axis<0>>, (Matrix,);
        Mean<All>, (Matrix,);
        op::Amax<Axis<1>>, (Matrix,);
        op::Amin<All>, (Matrix,);
        op::Softmax<Axis<1>>, (Matrix,);
        op::Softmax<Axis<1>>, (Matrix, Matrix);
        op::LayerNorm<Hundredth>, (Matrix, Row, Row);
        op::RmsNorm<Hundredth>, (Matrix, Row);
        op::Attention, ((D<6>, D<8>), (D<6>, D<8>), (D<6>, D<4>));
        LogSoftmax<Axis<1>>, (Matrix,);
        CrossEntropy, (Matrix, Matrix);
        op::BceWithLogits, (Matrix, Matrix);
        Mse, (Matrix, Matrix);
    }
}
