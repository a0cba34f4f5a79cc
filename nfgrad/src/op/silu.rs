//! `x / (1 + e^-x)`, entry by entry: `[s] -> [s]`. Also called swish.
//!
//! A [`Curve`](super::curve): value, cotangent and radii are described there. With `s = σ(x)` and `t = tanh(x/2)`,
//!
//! ```text
//! f' = s + x s'    f'' = s' (2 - x t)    |f''(x + d)| <= s' u e^(3|d|/2)    u = max(2, |x|)
//! max |f'| < 1.1    max |f''| = 1/2    max |f'''| < 0.8
//! ```
//!
//! *Proof.* `|f''| <= s' max(2, |x|)`, since `0 <= x t <= |x|`; `s'(x + d) <= s' e^|d|`, and `u + |d| <= u e^(|d|/2)`. `s' <= 1/4` gives
//! `f'' <= 1/2`, and below zero `s' (|x| - 2) < 0.1`. `f' = s + x s'` is largest where `x t = 2`, at 2.3994, and there is 1.0998; by
//! symmetry it is no less than -0.0998. `|x s'| < 0.224`, so `f''' = s'' (2 - x t) - s' (t + 2 x s')` is at most
//! `0.0963 (2) + 0.224 + 0.25 + 0.224/2` in magnitude. ∎

use super::curve::{Bend, Curve, Logistic, padded, underflow};
use crate::bound::Up;
use crate::format::{Carrier, Format, elementary};
use crate::kernel::wide::WideBall;

/// `x / (1 + e^-x)`, entry by entry; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Silu;

impl Curve for Silu {
    const NAME: &'static str = "silu";
    type Function = elementary::Silu;
    const MAXIMA: [f64; 3] = [1.1, 0.5, 0.8];

    #[inline(always)]
    fn slope<A: Carrier>(x: f64) -> f64 {
        let (at, x) = (Logistic::new::<A>(x), reduced(x));
        at.above + x * at.slope
    }

    #[inline(always)]
    fn bend<A: Carrier>(x: f64) -> Bend {
        let (at, x) = (Logistic::new::<A>(x), reduced(x));
        let part = x * at.slope;
        let size = Up::new(at.above) + Up::abs(part);
        // Both terms are off by what the functions are off by and one rounding, their sum by one more; what underflows of the second is
        // felt 800 times at most.
        let error = size * Up::new(Logistic::relative::<A>() + 4.0 * super::curve::UNIT) + underflow::<A>(802.0);
        let turn = x * at.tanh_half();
        let second = padded::<A>(at.slope * (2.0 - turn), at.slope * (2.0 + turn));
        let envelope = padded::<A>(at.slope * x.abs().max(2.0), at.slope * (2.0 + x.abs()));
        Bend { slope: at.above + part, error, second, envelope: (envelope, Up::new(1.5)) }
    }

    #[inline(always)]
    fn is_exact<F: Format>(x: F, y: F) -> bool {
        (x == F::ZERO) & (y == F::ZERO)
    }

    fn enclose_slope<const K: usize>(x: WideBall<K>) -> WideBall<K> {
        let (above, below) = (x.sigmoid(), (-x).sigmoid());
        above + x * above * below
    }
}

/// Beyond 800 the slope is 0 or 1 to within e^-790, whatever `x` is.
#[inline(always)]
fn reduced(x: f64) -> f64 {
    x.clamp(-800.0, 800.0)
}
