//! Which rule is the law of which op of the library.

use nfgrad::format::Format;
use nfgrad::op::constant::Listed;
use nfgrad::op::{
    Add, All, Along, Amax, Amin, Arange, Array, Attention, AvgPool2d, BceWithLogits, Broadcast, Cast, CausalMask,
    Concat, Conv2d, CrossEntropy, Div, Divide, Exp, Eye, Full, Gather, Integer, Invert, LayerNorm, LeakyRelu, Literal,
    LogSoftmax, Logistic, MatMul, MaxPool2d, Maximum, Mean, Minimum, Mse, Mul, Neg, OneAxis, Ones, Op, Operands, Order,
    Pad, Permute, Pow, Relu, Reshape, RmsNorm, SafeDiv, SafeLog, SafeLogSmooth, Scale, Shift, Slice, Softmax, Sub, Sum,
    Tanh, Transpose, Zeros,
};
use nfgrad_shapes::{Dim, Shape};

use super::{Axis, Function, Images, Lengths, Rule, Sliding};

/// `O: Law<In>` reads "the op `O` on operands of the shapes `In` computes what [`Law::rule`] says".
pub trait Law<In: Operands>: Op<In> {
    /// The rule.
    fn rule() -> Rule;
}

/// The shapes of the operands, at run time.
pub trait ShapesOf: Operands {
    /// Their lengths.
    fn shapes() -> Vec<&'static [usize]>;
}

impl ShapesOf for () {
    fn shapes() -> Vec<&'static [usize]> {
        vec![]
    }
}

impl<A: Shape> ShapesOf for (A,) {
    fn shapes() -> Vec<&'static [usize]> {
        vec![A::DIMS]
    }
}

impl<A: Shape, B: Shape> ShapesOf for (A, B) {
    fn shapes() -> Vec<&'static [usize]> {
        vec![A::DIMS, B::DIMS]
    }
}

impl<A: Shape, B: Shape, C: Shape> ShapesOf for (A, B, C) {
    fn shapes() -> Vec<&'static [usize]> {
        vec![A::DIMS, B::DIMS, C::DIMS]
    }
}

impl<A: Shape, B: Shape, C: Shape, D: Shape> ShapesOf for (A, B, C, D) {
    fn shapes() -> Vec<&'static [usize]> {
        vec![A::DIMS, B::DIMS, C::DIMS, D::DIMS]
    }
}

/// Ops whose rule needs no number.
macro_rules! laws {
    ($($op:ident),*) => {$(
        impl<In: Operands> Law<In> for $op
        where
            $op: Op<In>,
        {
            fn rule() -> Rule {
                Rule::$op
            }
        }
    )*};
}

laws!(Add, Sub, Mul, Div, Maximum, Minimum, Neg, Relu, Exp, Tanh, BceWithLogits, Mse);

/// Functions of one number.
macro_rules! functions {
    ($($op:ident),* $(,)?) => {$(
        impl<S: Shape> Law<(S,)> for nfgrad::op::$op {
            fn rule() -> Rule {
                Rule::Unary(Function::$op)
            }
        }
    )*};
}

/// The same function as the sigmoid.
impl<S: Shape> Law<(S,)> for Logistic {
    fn rule() -> Rule {
        Rule::Unary(Function::Sigmoid)
    }
}

functions!(Abs, Sqrt, Recip, Ln, Log1p, Expm1, Sin, Cos, Sigmoid, Softplus, Silu, Gelu, GeluTanh);

impl<G: Format, S: Shape> Law<(S,)> for Cast<G> {
    fn rule() -> Rule {
        Rule::Same
    }
}

impl<M: Dim, K: Dim, N: Dim> Law<((M, K), (K, N))> for MatMul
where
    MatMul: Op<((M, K), (K, N))>,
{
    fn rule() -> Rule {
        Rule::MatMul { m: M::SIZE, k: K::SIZE, n: N::SIZE }
    }
}

impl<M: Dim, K: Dim> Law<((M, K), (K,))> for MatMul {
    fn rule() -> Rule {
        Rule::MatMul { m: M::SIZE, k: K::SIZE, n: 1 }
    }
}

macro_rules! batched {
    ($($axis:ident)*) => {
        impl<$($axis: Dim,)* M: Dim, K: Dim, N: Dim> Law<(($($axis,)* M, K), (K, N))> for MatMul {
            fn rule() -> Rule {
                Rule::MatMul { m: M::SIZE $(* $axis::SIZE)*, k: K::SIZE, n: N::SIZE }
            }
        }

        impl<$($axis: Dim,)* M: Dim, K: Dim> Law<(($($axis,)* M, K), (K,))> for MatMul {
            fn rule() -> Rule {
                Rule::MatMul { m: M::SIZE $(* $axis::SIZE)*, k: K::SIZE, n: 1 }
            }
        }

        impl<$($axis: Dim,)* M: Dim, K: Dim, N: Dim> Law<(($($axis,)* M, K), ($($axis,)* K, N))> for MatMul {
            fn rule() -> Rule {
                Rule::MatMuls { m: M::SIZE, k: K::SIZE, n: N::SIZE }
            }
        }
    };
}

batched!(A);
batched!(A B);

impl<R: Dim, C: Dim, I: Shape> Law<((R, C), I)> for Gather
where
    Gather: Op<((R, C), I)>,
{
    fn rule() -> Rule {
        Rule::Gather { rows: R::SIZE, columns: C::SIZE }
    }
}

impl<S: Shape, const I: usize> Law<(S,)> for LogSoftmax<nfgrad::op::Axis<I>>
where
    LogSoftmax<nfgrad::op::Axis<I>>: Op<(S,)>,
{
    fn rule() -> Rule {
        Rule::LogSoftmax { axis: axis::<S>(I), masked: false }
    }
}

impl<S: Shape, M: Shape, const I: usize> Law<(S, M)> for LogSoftmax<nfgrad::op::Axis<I>>
where
    LogSoftmax<nfgrad::op::Axis<I>>: Op<(S, M)>,
{
    fn rule() -> Rule {
        Rule::LogSoftmax { axis: axis::<S>(I), masked: true }
    }
}

impl<S: Shape> Law<(S, S)> for CrossEntropy
where
    CrossEntropy: Op<(S, S)>,
{
    fn rule() -> Rule {
        Rule::CrossEntropy { columns: last_axis::<S>(), masked: false }
    }
}

impl<S: Shape, M: Shape> Law<(S, S, M)> for CrossEntropy
where
    CrossEntropy: Op<(S, S, M)>,
{
    fn rule() -> Rule {
        Rule::CrossEntropy { columns: last_axis::<S>(), masked: true }
    }
}

impl<S: Shape> Law<(S,)> for Transpose
where
    Transpose: Op<(S,)>,
{
    fn rule() -> Rule {
        let mut axes: Vec<usize> = (0..S::RANK).collect();
        axes.swap(S::RANK - 2, S::RANK - 1);
        Rule::Permute { dims: S::DIMS.to_vec(), axes }
    }
}

impl<S: Shape, A: Order<S>> Law<(S,)> for Permute<A> {
    fn rule() -> Rule {
        Rule::Permute { dims: S::DIMS.to_vec(), axes: A::AXES.to_vec() }
    }
}

impl<S: Shape, T: Shape> Law<(S,)> for Reshape<T> {
    fn rule() -> Rule {
        Rule::Same
    }
}

impl<S: Shape, const I: usize> Law<(S,)> for Softmax<nfgrad::op::Axis<I>>
where
    Softmax<nfgrad::op::Axis<I>>: Op<(S,)>,
{
    fn rule() -> Rule {
        Rule::Softmax { axis: axis::<S>(I), masked: false }
    }
}

impl<S: Shape, M: Shape, const I: usize> Law<(S, M)> for Softmax<nfgrad::op::Axis<I>>
where
    Softmax<nfgrad::op::Axis<I>>: Op<(S, M)>,
{
    fn rule() -> Rule {
        Rule::Softmax { axis: axis::<S>(I), masked: true }
    }
}

impl<L: Literal, S: Shape, W: Shape> Law<(S, W, W)> for LayerNorm<L>
where
    LayerNorm<L>: Op<(S, W, W)>,
{
    fn rule() -> Rule {
        let (digits, places) = decimal::<L>();
        Rule::Norm { columns: W::NUMEL, centred: true, digits, places }
    }
}

impl<L: Literal, S: Shape, W: Shape> Law<(S, W)> for RmsNorm<L>
where
    RmsNorm<L>: Op<(S, W)>,
{
    fn rule() -> Rule {
        let (digits, places) = decimal::<L>();
        Rule::Norm { columns: W::NUMEL, centred: false, digits, places }
    }
}

/// The lengths of an attention, from the shapes of its operands.
fn lengths<Q: Shape, K: Shape, V: Shape>(masked: bool) -> Lengths {
    let (&[ref batch @ .., queries, width], &[.., keys, depth]) = (Q::DIMS, V::DIMS) else {
        panic!("matrices, and maybe many of them");
    };
    assert_eq!(K::NUMEL, batch.iter().product::<usize>() * keys * width);
    Lengths { batch: batch.iter().product(), queries, keys, width, depth, masked }
}

impl<Q: Shape, K: Shape, V: Shape> Law<(Q, K, V)> for Attention
where
    Attention: Op<(Q, K, V)>,
{
    fn rule() -> Rule {
        Rule::Attention(lengths::<Q, K, V>(false))
    }
}

impl<Q: Shape, K: Shape, V: Shape, M: Shape> Law<(Q, K, V, M)> for Attention
where
    Attention: Op<(Q, K, V, M)>,
{
    fn rule() -> Rule {
        Rule::Attention(lengths::<Q, K, V>(true))
    }
}

impl<S: Shape> Law<()> for Zeros<S> {
    fn rule() -> Rule {
        Rule::Constant(vec![(0, 0); S::NUMEL])
    }
}

impl<S: Shape> Law<()> for Ones<S> {
    fn rule() -> Rule {
        Rule::Constant(vec![(1, 0); S::NUMEL])
    }
}

impl<S: Shape, L: Literal> Law<()> for Full<S, L> {
    fn rule() -> Rule {
        Rule::Constant(vec![decimal::<L>(); S::NUMEL])
    }
}

impl<N: Dim> Law<()> for Arange<N> {
    fn rule() -> Rule {
        Rule::Constant((0..).take(N::SIZE).map(|i| (i, 0)).collect())
    }
}

/// The matrix with 1 where the row and the column say so.
fn zeros_and_ones(size: usize, is_one: impl Fn(usize, usize) -> bool) -> Rule {
    let row = |i: usize| (0..size).map(move |j| (i, j));
    Rule::Constant((0..size).flat_map(row).map(|(i, j)| (i32::from(is_one(i, j)), 0)).collect())
}

impl<N: Dim> Law<()> for Eye<N> {
    fn rule() -> Rule {
        zeros_and_ones(N::SIZE, |i, j| i == j)
    }
}

impl<N: Dim> Law<()> for CausalMask<N> {
    fn rule() -> Rule {
        zeros_and_ones(N::SIZE, |i, j| j <= i)
    }
}

/// The numbers of an array, in decimal.
pub trait Decimals: Listed {
    /// The digits of each, and how many of them follow the point.
    const DECIMALS: &'static [(i32, u8)];
}

impl<S: Shape, A: Decimals> Law<()> for Array<S, A> {
    fn rule() -> Rule {
        Rule::Constant(A::DECIMALS.to_vec())
    }
}

/// The digits of a literal, and how many of them follow the point.
fn decimal<L: Literal>() -> (i32, u8) {
    let (before, after) = L::TEXT.split_once('.').unwrap_or((L::TEXT, ""));
    let digits = format!("{before}{after}").parse().expect("the tests use literals of a few digits");
    (digits, u8::try_from(after.len()).expect("the tests use literals of a few digits"))
}

fn axis<S: Shape>(i: usize) -> Axis {
    Axis { outer: S::DIMS[..i].iter().product(), length: S::DIMS[i], inner: S::DIMS[i + 1..].iter().product() }
}

impl<S: Shape, T: Shape> Law<(S,)> for Broadcast<T> {
    fn rule() -> Rule {
        Rule::Broadcast { from: S::DIMS.to_vec(), to: T::DIMS.to_vec() }
    }
}

/// The product of the lengths after an axis.
fn behind(dims: &[usize], axis: usize) -> usize {
    dims[axis + 1..].iter().product()
}

impl<S: Shape, const K: usize, Start: Dim, L: Dim> Law<(S,)> for Slice<nfgrad::op::Axis<K>, Start, L>
where
    nfgrad::op::Axis<K>: OneAxis<S>,
{
    fn rule() -> Rule {
        let inner = behind(S::DIMS, K);
        Rule::Slice { total: S::DIMS[K] * inner, start: Start::SIZE * inner, width: L::SIZE * inner }
    }
}

impl<S: Shape, const K: usize, Before: Dim, After: Dim, L: Dim> Law<(S,)> for Pad<nfgrad::op::Axis<K>, Before, After, L>
where
    nfgrad::op::Axis<K>: OneAxis<S>,
{
    fn rule() -> Rule {
        let inner = behind(S::DIMS, K);
        Rule::Pad { total: L::SIZE * inner, start: Before::SIZE * inner, width: S::DIMS[K] * inner }
    }
}

macro_rules! concat_of {
    ($($shape:ident)*) => {
        impl<$($shape: Shape,)* const K: usize, L: Dim> Law<($($shape,)*)> for Concat<nfgrad::op::Axis<K>, L>
        where
            Concat<nfgrad::op::Axis<K>, L>: Op<($($shape,)*)>,
        {
            fn rule() -> Rule {
                let widths = vec![$($shape::DIMS[K] * behind($shape::DIMS, K)),*];
                Rule::Concat { outer: <A as Shape>::DIMS[..K].iter().product(), widths }
            }
        }
    };
}

concat_of!(A B);
concat_of!(A B C);
concat_of!(A B C E);

fn last_axis<S: Shape>() -> usize {
    *S::DIMS.last().expect("a tensor with a last axis")
}

/// A tensor and a number that is written.
macro_rules! with_a_number {
    ($($op:ident),*) => {$(
        impl<L: Literal, S: Shape> Law<(S,)> for $op<L> {
            fn rule() -> Rule {
                let (digits, places) = decimal::<L>();
                Rule::$op { digits, places }
            }
        }
    )*};
}

with_a_number!(Scale, Shift, Divide, Invert, LeakyRelu);

impl<L: Literal, S: Shape> Law<(S,)> for SafeLog<L> {
    fn rule() -> Rule {
        let (digits, places) = decimal::<L>();
        Rule::Unary(Function::SafeLog { digits, places })
    }
}

impl<L: Literal, S: Shape> Law<(S,)> for SafeLogSmooth<L> {
    fn rule() -> Rule {
        let (digits, places) = decimal::<L>();
        Rule::Unary(Function::SafeLogSmooth { digits, places })
    }
}

impl<L: Literal, A: Shape, B: Shape> Law<(A, B)> for SafeDiv<L>
where
    SafeDiv<L>: Op<(A, B)>,
{
    fn rule() -> Rule {
        let (digits, places) = decimal::<L>();
        Rule::SafeDiv { digits, places }
    }
}

impl<const N: i32, S: Shape> Law<(S,)> for Pow<Integer<N>> {
    fn rule() -> Rule {
        Rule::Unary(Function::Pow(N))
    }
}

/// Reductions: along all entries, or along one axis.
macro_rules! reductions {
    ($($op:ident),*) => {$(
        impl<S: Shape> Law<(S,)> for $op<All>
        where
            All: Along<S>,
        {
            fn rule() -> Rule {
                Rule::$op(Axis { outer: 1, length: S::NUMEL, inner: 1 })
            }
        }

        impl<S: Shape, const I: usize> Law<(S,)> for $op<nfgrad::op::Axis<I>>
        where
            nfgrad::op::Axis<I>: Along<S>,
        {
            fn rule() -> Rule {
                Rule::$op(axis::<S>(I))
            }
        }
    )*};
}

reductions!(Sum, Mean, Amax, Amin);

/// The last two lengths of an image or a batch of them, and the product of the others.
fn image<S: Shape>() -> (usize, [usize; 2]) {
    let &[ref leading @ .., height, width] = S::DIMS else { panic!("an image") };
    (leading.iter().product(), [height, width])
}

macro_rules! convolutions {
    ($($bias:ident)?) => {
        impl<X: Shape, K: Shape, $($bias: Shape,)? S: Dim, P: Dim, E: Dim, G: Dim, H: Dim, W: Dim> Law<(X, K, $($bias)?)>
            for Conv2d<S, P, E, G, H, W>
        where
            Conv2d<S, P, E, G, H, W>: Op<(X, K, $($bias)?)>,
        {
            fn rule() -> Rule {
                let &[outputs, inputs, ref window @ ..] = K::DIMS else { panic!("weights") };
                let (channels, image) = (inputs * G::SIZE, image::<X>().1);
                let images = if X::RANK == 4 { X::DIMS[0] } else { 1 };
                let images = Images { images, outputs, groups: G::SIZE };
                let window = [window[0], window[1]];
                let (result, stride, padding) = ([H::SIZE, W::SIZE], S::SIZE, P::SIZE);
                Rule::Conv2d(Sliding { channels, image, window, result, stride, padding, dilation: E::SIZE }, images)
            }
        }
    };
}

convolutions!();
convolutions!(B);

macro_rules! poolings {
    ($($op:ident),*) => {$(
        impl<X: Shape, K: Dim, S: Dim, P: Dim, H: Dim, W: Dim> Law<(X,)> for $op<K, S, P, H, W>
        where
            $op<K, S, P, H, W>: Op<(X,)>,
        {
            fn rule() -> Rule {
                let (channels, image) = image::<X>();
                let (window, result, stride, padding) = ([K::SIZE; 2], [H::SIZE, W::SIZE], S::SIZE, P::SIZE);
                Rule::$op(Sliding { channels, image, window, result, stride, padding, dilation: 1 })
            }
        }
    )*};
}

poolings!(MaxPool2d, AvgPool2d);
