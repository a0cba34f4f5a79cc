//! `sin x` and `cos x`, entry by entry: `[s] -> [s]`. There is no largest argument.
//!
//! Both are [curves](super::curve): value, cotangent and radii are described there. The slope is the other function, up to its sign, all
//! derivatives are at most 1, and `|f''| = |f| = √(1 - f'²)`.

use super::curve::{Bend, Curve, padded};
use crate::bound::Up;
use crate::format::{Carrier, Format, elementary};
use crate::kernel::wide::WideBall;

/// `sin x`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Sin;

impl Curve for Sin {
    const NAME: &'static str = "sin";
    type Function = elementary::Sin;
    const MAXIMA: [f64; 3] = [1.0; 3];
    const RANGE: f64 = 2.0;

    #[inline(always)]
    fn slope<A: Carrier>(x: f64) -> f64 {
        A::carry::<elementary::Cos>(x)
    }

    #[inline(always)]
    fn bend<A: Carrier>(x: f64) -> Bend {
        let slope = Self::slope::<A>(x);
        bend(slope, A::carry_error::<elementary::Cos>(Up::abs(slope)))
    }

    #[inline(always)]
    fn is_exact<F: Format>(x: F, y: F) -> bool {
        (x == F::ZERO) & (y == F::ZERO)
    }

    fn enclose_slope<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.cos()
    }
}

/// `cos x`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Cos;

impl Curve for Cos {
    const NAME: &'static str = "cos";
    type Function = elementary::Cos;
    const MAXIMA: [f64; 3] = [1.0; 3];
    const RANGE: f64 = 2.0;

    #[inline(always)]
    fn slope<A: Carrier>(x: f64) -> f64 {
        -A::carry::<elementary::Sin>(x)
    }

    #[inline(always)]
    fn bend<A: Carrier>(x: f64) -> Bend {
        let slope = Self::slope::<A>(x);
        bend(slope, A::carry_error::<elementary::Sin>(Up::abs(slope)))
    }

    #[inline(always)]
    fn is_exact<F: Format>(x: F, y: F) -> bool {
        (x == F::ZERO) & (y == F::ONE)
    }

    fn enclose_slope<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        -x.sin()
    }
}

/// Both slopes are off by less than 2^-40, and so is the square of the other function.
#[inline(always)]
fn bend(slope: f64, error: Up) -> Bend {
    let second = padded::<f64>((1.0 - slope * slope).max(0.0), 1.0).sqrt();
    Bend { slope, error, second, envelope: (Up::INFINITY, Up::ZERO) }
}
