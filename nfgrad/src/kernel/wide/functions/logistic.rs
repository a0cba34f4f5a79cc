//! tanh, sigmoid and softplus.

use super::moved;
use crate::kernel::wide::compiled::once;
use crate::kernel::wide::{Radius, Wide, WideBall};

impl<const K: usize> Wide<K> {
    /// The hyperbolic tangent: `E / (E + 2)` with `E = e^2x - 1`, for `x >= 0`.
    ///
    /// From `2^11` on it is 1 to within `2 e^-2x < 2^(1 - 2x)`, and `x >= 2^(exponent - 1)`.
    pub fn tanh(&self) -> WideBall<K> {
        let size = if self.exponent >= 12 {
            let least = 1 << (self.exponent - 1).min(30);
            WideBall::ONE.widened(Radius::power_of_two(1 - 2 * least))
        } else {
            let e = self.abs().scaled(1).mid().exp_m1();
            e / (e + Self::power_of_two(1).into())
        };
        if self.negative { -size } else { size }
    }

    /// `1 / (1 + e^-x)`, or `e^x / (1 + e^x)` below 0.
    pub fn sigmoid(&self) -> WideBall<K> {
        let e = self.abs().neg().exp();
        let above = if self.negative { e } else { WideBall::ONE };
        above / (WideBall::ONE + e)
    }

    /// `ln(1 + e^x)`, which is `x + ln(1 + e^-x)`.
    pub fn softplus(&self) -> WideBall<K> {
        let rest = self.abs().neg().exp().ln_1p();
        if self.negative { rest } else { WideBall::from(*self) + rest }
    }
}

impl<const K: usize> WideBall<K> {
    /// The hyperbolic tangent. Its slope is `1 - tanh²`, the largest second derivative `4 / (3 √3) < 1`, and two values are at most 2 apart.
    #[must_use]
    pub fn tanh(self) -> Self {
        let x = self;
        once!(K, tanh_of(x))
    }

    fn tanh_of(self) -> Self {
        let value = self.mid().tanh();
        let slope = || (Self::ONE - value * value).at_most();
        moved(self, value, slope, Radius::power_of_two(-1), Radius::power_of_two(1))
    }

    /// `1 / (1 + e^-x)`. Its slope is `s (1 - s)`, the largest second derivative `1 / (6 √3) < 1/8`, and two values are at most 1 apart.
    #[must_use]
    pub fn sigmoid(self) -> Self {
        let x = self;
        once!(K, sigmoid_of(x))
    }

    fn sigmoid_of(self) -> Self {
        let value = self.mid().sigmoid();
        let slope = || (value * (Self::ONE - value)).at_most();
        moved(self, value, slope, Radius::power_of_two(-4), Radius::power_of_two(0))
    }

    /// `ln(1 + e^x)`, `s`. Its slope is the sigmoid, `1 - e^-s <= min(1, s)`, and the largest second derivative 1/4.
    #[must_use]
    pub fn softplus(self) -> Self {
        let x = self;
        once!(K, softplus_of(x))
    }

    fn softplus_of(self) -> Self {
        let value = self.mid().softplus();
        let slope = || value.at_most().min(Radius::power_of_two(0));
        moved(self, value, slope, Radius::power_of_two(-3), Radius::INFINITY)
    }
}
