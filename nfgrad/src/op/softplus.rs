//! `ln(1 + e^x)`, entry by entry: `[s] -> [s]`. Computed as `max(x, 0) + ln(1 + e^-|x|)`, which does not overflow.
//!
//! A [`Curve`](super::curve): value, cotangent and radii are described there.
//!
//! ```text
//! f' = σ(x)    f'' = σ'(x)    |f''(x + d)| <= σ'(x) e^|d|
//! sup |f'| = 1    max |f''| = 1/4    max |f'''| = 1/(6√3)
//! ```
//!
//! by the [bounds of the sigmoid](super::sigmoid).

use super::curve::{Bend, Curve, Logistic};
use super::torchlean::{self, Tensor};
use crate::bound::Up;
use crate::format::{Carrier, Format, elementary};
use crate::kernel::wide::WideBall;

/// `ln(1 + e^x)`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Softplus;

impl Curve for Softplus {
    const NAME: &'static str = "softplus";
    type Function = elementary::Softplus;
    const MAXIMA: [f64; 3] = [1.0, 0.25, 0.096_226];

    #[inline(always)]
    fn slope<A: Carrier>(x: f64) -> f64 {
        Logistic::new::<A>(x).above
    }

    #[inline(always)]
    fn bend<A: Carrier>(x: f64) -> Bend {
        let at = Logistic::new::<A>(x);
        let relative = Up::new(Logistic::relative::<A>());
        let second = Up::new(at.slope) * (Up::new(1.0) + relative) + Logistic::underflow::<A>();
        let error = relative * Up::new(at.above) + Logistic::underflow::<A>();
        Bend { slope: at.above, error, second, envelope: (second, Up::new(1.0)) }
    }

    fn torchlean<F: Format>(x: (F, Up)) -> Option<(F, Up)> {
        Some(torchlean::softplus(x))
    }

    fn torchlean_vjp<F: Format>(x: &Tensor<F>, dy: &Tensor<F>) -> Option<Tensor<F>> {
        Some(x.map(torchlean::sigmoid).mul(dy))
    }

    fn enclose_slope<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        x.sigmoid()
    }
}
