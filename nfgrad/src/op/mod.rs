//! The ops: one file each, with its mathematics, its shape rule, value, VJP, both radii, and its tests.
//!
//! An op knows flat slices of numbers and radii. It knows nothing of contexts, graphs or other ops. To add one: write its
//! file, name it here, and give it a line in `nfgrad_shapes::signature`.
//!
//! # Notation of the docs
//!
//! `x` is a computed number, `x*` the real one, `α` the radius of an operand, so `|x - x*| <= α`; `fl` is one rounding,
//! `h(y)` half a unit in the last place of `y`. `ȳ` is the cotangent of the result and `δ` its radius.

pub mod abs;
pub mod add;
pub mod amax;
pub mod amin;
pub mod attention;
pub mod avg_pool2d;
mod axis;
pub mod bce_with_logits;
pub mod broadcast;
pub mod cast;
mod clamp;
pub mod concat;
pub mod constant;
pub mod conv2d;
pub mod cross_entropy;
pub mod curve;
mod defined;
pub mod div;
pub mod divide;
mod enclosing;
pub mod exp;
pub mod expm1;
pub mod extreme;
pub mod gather;
pub mod gelu;
pub mod invert;
pub mod layer_norm;
pub mod leaky_relu;
mod lines;
pub mod literal;
pub mod ln;
pub mod log1p;
pub mod log_softmax;
pub mod logistic;
mod logits;
pub mod matmul;
pub mod max_pool2d;
pub mod maximum;
pub mod mean;
pub mod minimum;
pub mod mse;
pub mod mul;
pub mod neg;
mod norm;
#[cfg(test)]
mod otherwise;
pub mod pad;
mod pairwise;
pub mod permute;
mod pointwise;
pub mod pow;
mod pull;
pub mod recip;
pub mod relu;
mod repeat;
pub mod reshape;
pub mod rms_norm;
pub(crate) mod rounding;
pub mod safe_div;
pub mod safe_log;
pub mod safe_log_smooth;
pub mod scale;
pub mod select;
pub mod shift;
pub mod sigmoid;
pub mod silu;
pub mod sin;
pub mod slice;
mod sliding;
pub mod softmax;
pub mod softplus;
pub mod sqrt;
pub mod sub;
pub mod sum;
mod summed;
pub mod tanh;
#[cfg(test)]
mod testing;
mod top;
pub mod torchlean;
pub mod transpose;
mod view;
mod window;

use std::ops::Range;

use nfgrad_shapes::Shape;

use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;

pub use crate::kernel::wide::{Radius, Wide, WideBall};
pub use abs::Abs;
pub use add::Add;
pub use amax::Amax;
pub use amin::Amin;
pub use attention::Attention;
pub use avg_pool2d::AvgPool2d;
pub use axis::{All, Along, Axis, Extent, OneAxis, Rows};
pub use bce_with_logits::BceWithLogits;
pub use broadcast::Broadcast;
pub use cast::{Cast, Target};
pub use concat::Concat;
pub use constant::{Arange, Array, CausalMask, Constant, Eye, Full, Ones, Zeros};
pub use conv2d::Conv2d;
pub use cross_entropy::CrossEntropy;
pub use curve::{Bend, Curve};
pub use defined::Defined;
pub use div::Div;
pub use divide::Divide;
pub use exp::Exp;
pub use expm1::Expm1;
pub use gather::Gather;
pub use gelu::{Gelu, GeluTanh};
pub use invert::Invert;
pub use layer_norm::LayerNorm;
pub use leaky_relu::LeakyRelu;
pub use literal::Literal;
pub use ln::Ln;
pub use log_softmax::LogSoftmax;
pub use log1p::Log1p;
pub use logistic::Logistic;
pub use matmul::MatMul;
pub use max_pool2d::MaxPool2d;
pub use maximum::Maximum;
pub use mean::Mean;
pub use minimum::Minimum;
pub use mse::Mse;
pub use mul::Mul;
pub use neg::Neg;
pub use pad::Pad;
pub use pairwise::Pairwise;
pub use permute::{Order, Permute};
pub use pointwise::{Pointwise, Steadiness};
pub use pow::Pow;
pub use recip::Recip;
pub use relu::Relu;
pub use reshape::Reshape;
pub use rms_norm::RmsNorm;
pub use safe_div::SafeDiv;
pub use safe_log::SafeLog;
pub use safe_log_smooth::SafeLogSmooth;
pub use scale::Scale;
pub use shift::Shift;
pub use sigmoid::Sigmoid;
pub use silu::Silu;
pub use sin::{Cos, Sin};
pub use slice::Slice;
pub use softmax::Softmax;
pub use softplus::Softplus;
pub use sqrt::Sqrt;
pub use sub::Sub;
pub use sum::Sum;
pub use tanh::Tanh;
pub use transpose::Transpose;

/// A differentiable function on tensors of the shapes `In`, and what is proved of its rounding.
pub trait Op<In: Operands>: 'static {
    /// The name, as in a `graph!` block.
    const NAME: &'static str;
    /// The shape of the result.
    type Out: Shape;
    /// Does not compile where an argument of the op contradicts the shapes of its operands in a way that types do not see.
    /// It is evaluated before a graph with such a node runs.
    const VALID: () = ();

    /// Whether the real function is the identity, of which the op computes a rounding, on the way back too: as a cast does. It has one
    /// operand, of the shape of the result. A [`Shadow`](crate::shadow::Shadow) stands for the real numbers and does not compute
    /// it: the operand is passed on, and the cotangent back.
    const ONLY_ROUNDS: bool = false;

    /// Where the op has a value, of its operand at that place; for reports.
    fn defined(_operand: usize) -> Defined {
        Defined::Everywhere
    }

    /// Where it has a derivative; for reports.
    fn differentiable(operand: usize) -> Defined {
        Self::defined(operand)
    }

    /// The values `y` at `x`.
    fn forward<F: Format>(x: In::Each<&[F]>, y: &mut [F]);

    /// The radii of `y`, which [`Op::forward`] computed at the midpoints of `x`. Without a rule nothing is known.
    fn forward_radius<F: Format, D: Domain>(_x: In::Each<Ball<'_, F, D>>, _y: &[F], radii: &mut [f64]) {
        radii.fill(f64::INFINITY);
    }

    /// The contributions to the cotangents of the operands: each `Some` slice is written whole; `None` is not asked for.
    fn vjp<F: Format>(x: In::Each<&[F]>, y: &[F], dy: &[F], dx: In::Each<Option<&mut [F]>>);

    /// The radii of the contributions that [`Op::vjp`] computed at the midpoints of `x`, `y` and `dy`. Without a rule nothing
    /// is known.
    fn vjp_radius<F: Format, D: Domain>(
        _x: In::Each<Ball<'_, F, D>>,
        _y: Ball<'_, F, D>,
        _dy: Ball<'_, F, D>,
        dx: In::Each<Option<Contribution<'_, F>>>,
    ) {
        In::zip(dx, In::each(|_| ()), |_, dx, ()| {
            if let Some(Contribution { radii, .. }) = dx {
                radii.fill(f64::INFINITY);
            }
        });
    }

    /// The real function in balls: each ball of `y` contains the real result for *all* real numbers of the balls of `x`. Without a rule nothing is
    /// known.
    ///
    /// Nothing is rounded to a format here, and the order of operations is free. A [`Shadow`](crate::shadow::Shadow) asks for this in as many bits
    /// as a certificate needs. Since a [`WideBall`] is no f64 and becomes none, a detour through f64, which would end all precision there,
    /// does not compile.
    fn enclose<const K: usize>(_x: In::Each<&[WideBall<K>]>, y: &mut [WideBall<K>]) {
        y.fill(WideBall::UNKNOWN);
    }

    /// The contributions to the cotangents of the operands in balls, from those of `x`, `y` and `dy`: each `Some` slice is written whole; `None` is not
    /// asked for. Without a rule nothing is known.
    fn enclose_vjp<const K: usize>(
        _x: In::Each<&[WideBall<K>]>,
        _y: &[WideBall<K>],
        _dy: &[WideBall<K>],
        dx: In::Each<Option<&mut [WideBall<K>]>>,
    ) {
        In::zip(dx, In::each(|_| ()), |_, dx, ()| {
            if let Some(dx) = dx {
                dx.fill(WideBall::UNKNOWN);
            }
        });
    }

    /// What TorchLean computes and its bound of it, for [`T0`]. Without a rule of TorchLean's the values are the usual ones, and
    /// nothing is known of them.
    fn torchlean<F: Format>(x: In::Each<Ball<'_, F, T0>>, y: &mut [F]) -> Up {
        Self::forward(In::zip(x, In::each(|_| ()), |_, x, ()| x.mid), y);
        Up::INFINITY
    }

    /// The contributions that TorchLean computes and its bounds of them: `None` where an operand has none of its own, because it
    /// is the same node as another. Without a rule of TorchLean's the contributions are the usual ones,
    /// and nothing is known of them.
    fn torchlean_vjp<F: Format>(
        x: In::Each<Ball<'_, F, T0>>,
        y: Ball<'_, F, T0>,
        dy: Ball<'_, F, T0>,
        dx: In::Each<Option<&mut [F]>>,
    ) -> In::Each<Option<Up>> {
        Self::vjp(In::zip(x, In::each(|_| ()), |_, x, ()| x.mid), y.mid, dy.mid, dx);
        In::each(|_| Some(Up::INFINITY))
    }
}

/// An integer as a type: an argument of an op.
#[derive(Debug, Clone, Copy)]
pub struct Integer<const N: i32>;

/// A contribution to a cotangent, whose radii are to be written.
#[derive(Debug)]
pub struct Contribution<'a, F> {
    /// The computed contribution.
    pub mid: &'a [F],
    /// Where its radii go.
    pub radii: &'a mut [f64],
}

/// `In: Operands` reads "`In` is a tuple of shapes": the operands of an op.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of operand shapes",
    note = "operands are a tuple of up to four shapes, such as `((D<2>, D<3>), (D<3>,))`"
)]
pub trait Operands: 'static {
    /// One `T` for each operand: an array, so that an op takes `[a, b]` apart.
    type Each<T>;

    /// One `T` for each operand.
    fn each<T>(make: impl FnMut(usize) -> T) -> Self::Each<T>;
    /// Combines two `Each` operand by operand.
    fn zip<X, Y, Z>(x: Self::Each<X>, y: Self::Each<Y>, make: impl FnMut(usize, X, Y) -> Z) -> Self::Each<Z>;
    /// Disjoint parts of a buffer.
    fn disjoint<T>(buffer: &mut [T], ranges: Self::Each<Range<usize>>) -> Self::Each<&mut [T]>;
}

macro_rules! impl_operands {
    ($n:literal: $($shape:ident $x:ident $y:ident $k:literal),*) => {
        impl<$($shape: Shape),*> Operands for ($($shape,)*) {
            type Each<T> = [T; $n];

            #[inline(always)]
            fn each<T>(mut make: impl FnMut(usize) -> T) -> [T; $n] {
                [$(make($k)),*]
            }

            #[inline(always)]
            fn zip<X, Y, Z>([$($x),*]: [X; $n], [$($y),*]: [Y; $n], mut make: impl FnMut(usize, X, Y) -> Z) -> [Z; $n] {
                [$(make($k, $x, $y)),*]
            }

            #[inline(always)]
            fn disjoint<T>(buffer: &mut [T], ranges: [Range<usize>; $n]) -> [&mut [T]; $n] {
                match buffer.get_disjoint_mut(ranges) {
                    Ok(parts) => parts,
                    Err(_) => unreachable!("entries of a context do not overlap"),
                }
            }
        }
    };
}

/// Of a constant.
impl Operands for () {
    type Each<T> = [T; 0];

    #[inline(always)]
    fn each<T>(_: impl FnMut(usize) -> T) -> [T; 0] {
        []
    }

    #[inline(always)]
    fn zip<X, Y, Z>(_: [X; 0], _: [Y; 0], _: impl FnMut(usize, X, Y) -> Z) -> [Z; 0] {
        []
    }

    #[inline(always)]
    fn disjoint<T>(_: &mut [T], _: [Range<usize>; 0]) -> [&mut [T]; 0] {
        []
    }
}

impl_operands!(1: A a x 0);
impl_operands!(2: A a x 0, B b y 1);
impl_operands!(3: A a x 0, B b y 1, C c z 2);
impl_operands!(4: A a x 0, B b y 1, C c z 2, E e w 3);
