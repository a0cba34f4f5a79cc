//! `1 / (1 + e^-x)`, entry by entry: `[s] -> [s]`. [`logistic`](super::logistic) is the same real function.
//!
//! A [`Curve`](super::curve): value, cotangent and radii are described there. With `s = σ(x)`,
//!
//! ```text
//! f' = s (1 - s)    f'' = f' (1 - 2s)    |f''(x + d)| <= f'(x) e^|d|
//! max |f'| = 1/4    max |f''| = 1/(6√3)    max |f'''| = 1/8
//! ```
//!
//! *Proof.* `s (1 - s)` is largest at `s = 1/2`; `s (1 - s)(1 - 2s)` at `s = (1 ± 1/√3)/2`; `f''' = f' (1 - 6 f')` lies in `[-1/8, 1/24]`
//! for `f'` in `[0, 1/4]`. `|f''| <= f'`, so `ln f'` has a slope of at most 1. `|1 - 2s| = √(1 - 4 f')`. ∎
//!
//! Value and slope come from `e^-|x|`, so they are accurate relative to their size however large `|x|` is.

use super::curve::{Bend, Curve, Logistic};
use super::torchlean::{self, Tensor};
use crate::bound::Up;
use crate::format::{Carrier, Format, elementary};
use crate::kernel::wide::WideBall;

/// `1 / (1 + e^-x)`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Sigmoid;

impl Curve for Sigmoid {
    const NAME: &'static str = "sigmoid";
    type Function = elementary::Sigmoid;
    const MAXIMA: [f64; 3] = [0.25, 0.096_226, 0.125];
    const RANGE: f64 = 1.0;

    #[inline(always)]
    fn slope<A: Carrier>(x: f64) -> f64 {
        Logistic::new::<A>(x).slope
    }

    #[inline(always)]
    fn bend<A: Carrier>(x: f64) -> Bend {
        let slope = Self::slope::<A>(x);
        let relative = Up::new(Logistic::relative::<A>());
        let size = Up::new(slope) * (Up::new(1.0) + relative) + Logistic::underflow::<A>();
        // 1 - 4 f' from above: the slope is off by less than 2^-44 of itself.
        let squared = Up::new((1.0 - slope * (4.0 - 1.0 / 1_099_511_627_776.0)).max(0.0));
        let error = relative * Up::new(slope) + Logistic::underflow::<A>();
        Bend { slope, error, second: size * squared.sqrt(), envelope: (size, Up::new(1.0)) }
    }

    #[inline(always)]
    fn is_exact<F: Format>(x: F, y: F) -> bool {
        (x == F::ZERO) & (y.to_f64() == 0.5)
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        Some(torchlean::sigmoid(x))
    }

    fn torchlean_vjp<F: Format>(x: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        Some(torchlean::share_vjp(&x.map(torchlean::sigmoid), dy))
    }

    fn enclose_slope<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.sigmoid() * (-x).sigmoid()
    }
}
