//! `e^x / (e^x + 1)`, entry by entry: `[s] -> [s]`. TorchLean's scalar "softmax" node.
//!
//! The same real function as [`sigmoid`](super::sigmoid), with the same value, cotangent and radii, which are described there. It is an op of its own for
//! one reason: in the domain [`T0`](crate::bound::T0) it computes as TorchLean's node does, where `e^x` may overflow, and has that node's bound,
//! which grows with `e^x`.

use super::Sigmoid;
use super::curve::{Bend, Curve};
use super::torchlean::{self, Tensor};
use crate::bound::Up;
use crate::format::{Carrier, Format, elementary};
use crate::kernel::wide::WideBall;

/// `e^x / (e^x + 1)`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Logistic;

impl Curve for Logistic {
    const NAME: &'static str = "logistic";
    type Function = elementary::Sigmoid;
    const MAXIMA: [f64; 3] = Sigmoid::MAXIMA;
    const RANGE: f64 = Sigmoid::RANGE;

    #[inline(always)]
    fn slope<A: Carrier>(x: f64) -> f64 {
        Sigmoid::slope::<A>(x)
    }

    #[inline(always)]
    fn bend<A: Carrier>(x: f64) -> Bend {
        Sigmoid::bend::<A>(x)
    }

    #[inline(always)]
    fn is_exact<F: Format>(x: F, y: F) -> bool {
        Sigmoid::is_exact(x, y)
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        Some(torchlean::logistic(x))
    }

    fn torchlean_vjp<F: Format>(x: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        Some(torchlean::share_vjp(&x.map(torchlean::logistic), dy))
    }

    fn enclose_slope<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        Sigmoid::enclose_slope(x)
    }
}
