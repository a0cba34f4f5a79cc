//! Sine and cosine, by [`Real`].

use super::moved;
use super::real::{from_real, to_real};
use crate::kernel::real::Real;
use crate::kernel::wide::compiled::once;
use crate::kernel::wide::{Radius, Wide, WideBall};

/// From this exponent on nothing but the range is said.
const LARGEST: i32 = 512;

impl<const K: usize> Wide<K> {
    /// The sine; for a number beyond `2^512` any number of [-1, 1].
    pub fn sin(&self) -> WideBall<K> {
        self.circular(Real::sin)
    }

    /// The cosine; for a number beyond `2^512` any number of [-1, 1].
    pub fn cos(&self) -> WideBall<K> {
        self.circular(Real::cos)
    }

    fn circular(&self, f: fn(&Real) -> Real) -> WideBall<K> {
        if self.exponent > LARGEST {
            return WideBall::new(Self::ZERO, Radius::power_of_two(0));
        }
        from_real(&f(&to_real(self, Self::BITS + 64)))
    }
}

impl<const K: usize> WideBall<K> {
    /// The sine. Its slope is the cosine, the largest second derivative 1, and two values are at most 2 apart.
    #[must_use]
    pub fn sin(self) -> Self {
        let x = self;
        once!(K, sin_of(x))
    }

    fn sin_of(self) -> Self {
        moved(self, self.mid().sin(), || self.mid().cos().at_most(), Radius::power_of_two(-1), Radius::power_of_two(1))
    }

    /// The cosine. Its slope is the sine, the largest second derivative 1, and two values are at most 2 apart.
    #[must_use]
    pub fn cos(self) -> Self {
        let x = self;
        once!(K, cos_of(x))
    }

    fn cos_of(self) -> Self {
        moved(self, self.mid().cos(), || self.mid().sin().at_most(), Radius::power_of_two(-1), Radius::power_of_two(1))
    }
}
