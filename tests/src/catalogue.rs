//! The ops of random graphs, on a few shapes.

use nfgrad::bound::Domain;
use nfgrad::format::f16;
use nfgrad::op::{
    Abs, Add, All, Amax, Amin, Arange, Attention, AvgPool2d, Axis, BceWithLogits, Broadcast, Cast, CausalMask, Concat,
    Conv2d, Cos, CrossEntropy, Div, Divide, Exp, Expm1, Full, Gelu, GeluTanh, Integer, Invert, LayerNorm, LeakyRelu,
    Ln, Log1p, LogSoftmax, Logistic, MatMul, MaxPool2d, Maximum, Mean, Minimum, Mse, Mul, Neg, Pad, Permute, Pow,
    Recip, Relu, Reshape, RmsNorm, SafeDiv, SafeLog, SafeLogSmooth, Scale, Shift, Sigmoid, Silu, Sin, Slice, Softmax,
    Softplus, Sqrt, Sub, Sum, Tanh, Transpose,
};
use nfgrad::shapes::D;

use crate::check::{Subject, Typed};
use crate::enclosures::{Enclosing, InBalls};
use crate::literals;
use crate::sample::Sampled;

type S = ();
type U = (D<2>,);
type V = (D<3>,);
type P = (D<2>, D<2>);
type M = (D<2>, D<3>);
type N = (D<3>, D<2>);
type Q = (D<3>, D<3>);
/// Images and the weights of a convolution.
type I = (D<1>, D<2>, D<3>);
type K = (D<2>, D<1>, D<2>, D<3>);
type J = (D<2>, D<3>, D<3>);
type L = (D<2>, D<2>, D<2>);
type V1 = (D<1>, D<3>);

literals! {
    Tenth = "0.1", 0.1, false;
    Small = "0.00001", 0.000_01, false;
}

/// Ops with the shapes that each is applied to; in both lists in the same order.
macro_rules! catalogue {
    ($($op:ty: $($shapes:ty),*;)*) => {
        /// The ops in a format and a domain.
        pub fn in_format<F: Sampled, R: Domain>() -> Vec<Box<dyn Subject<F>>> {
            vec![$($(Box::new(Typed::<$op, $shapes, R>::new()) as Box<dyn Subject<F>>),*),*]
        }

        /// The ops in balls.
        pub fn in_balls<const W: usize>() -> Vec<Box<dyn Enclosing<W>>> {
            vec![$($(Box::new(InBalls::<$op, $shapes>::new()) as Box<dyn Enclosing<W>>),*),*]
        }
    };
}

catalogue! {
    Add: (M, M), (M, V), (M, S), (N, N), (Q, Q), (V, V), (S, S);
    Sub: (M, M), (M, V), (Q, V), (N, N), (V, S), (S, S);
    Mul: (M, M), (M, V), (Q, S), (N, N), (V, V), (S, S), (U, U);
    Scale<Tenth>: (M,), (V,), (S,);
    Full<M, Tenth>: ();
    CausalMask<D<3>>: ();
    Arange<D<3>>: ();
    Shift<Tenth>: (M,), (V,), (S,);
    Divide<Tenth>: (M,), (V,), (S,);
    Invert<Tenth>: (M,);
    Neg: (M,), (V,);
    Abs: (M,);
    Relu: (M,), (V,), (Q,), (P,);
    Exp: (M,), (S,);
    Ln: (M,);
    Sqrt: (M,);
    Recip: (M,);
    Sin: (M,);
    Cos: (V,);
    Tanh: (M,), (V,), (Q,), (S,);
    Sigmoid: (M,), (N,);
    Softplus: (M,), (V,);
    Silu: (M,);
    Gelu: (V,);
    MatMul: (M, N), (N, M), (M, V), (Q, V), (Q, N), (P, M), (Q, Q);
    Attention: (M, Q, N);
    Transpose: (M,), (N,), (Q,);
    Reshape<N>: (M,);
    Broadcast<M>: (V,), (S,);
    Slice<Axis<0>, D<1>, D<2>>: (Q,);
    Pad<Axis<0>, D<1>, D<0>, D<3>>: (M,);
    Sum<All>: (M,), (N,), (Q,), (P,), (V,), (U,), (S,);
    Sum<Axis<0>>: (M,);
    Mean<All>: (M,), (V,);
    Mean<Axis<1>>: (M,), (N,);
    Amax<Axis<1>>: (M,);
    Amin<Axis<0>>: (M,);
    Softmax<Axis<1>>: (M,);
    LogSoftmax<Axis<1>>: (M,);
    LogSoftmax<Axis<0>>: (V,), (M,);
    Maximum: (M, M), (M, V);
    Minimum: (N, N), (V, S);
    LeakyRelu<Tenth>: (M,), (V,);
    SafeLog<Small>: (M,);
    Div: (M, M), (M, V), (S, S);
    SafeDiv<Tenth>: (M, M), (N, N);
    Pow<Integer<2>>: (M,), (V,);
    Pow<Integer<3>>: (N,);
    Pow<Integer<-1>>: (V,);
    Cast<f16>: (M,), (V,);
    Reshape<I>: (M,);
    Conv2d<D<1>, D<1>, D<1>, D<1>, D<3>, D<3>>: (I, K, (D<2>,));
    AvgPool2d<D<2>, D<1>, D<0>, D<2>, D<2>>: (J,);
    MaxPool2d<D<2>, D<1>, D<0>, D<2>, D<2>>: (J,);
    Reshape<V1>: (V,);
    Sum<All>: (V1,), (I,), (J,), (K,), (L,);
    Expm1: (M,);
    Log1p: (V,);
    GeluTanh: (M,);
    Logistic: (N,);
    SafeLogSmooth<Tenth>: (M,);
    Concat<Axis<0>, D<3>>: (M, V1);
    Permute<(Axis<1>, Axis<0>, Axis<2>)>: (L,);
    BceWithLogits: (M, M);
    CrossEntropy: (M, M);
    Mse: (M, M), (V, V), (S, S);
    LayerNorm<Small>: (M, V, V);
    RmsNorm<Small>: (M, V);
}
