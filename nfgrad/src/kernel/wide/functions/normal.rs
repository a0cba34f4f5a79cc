//! The normal distribution: `Φ` and its density `φ`.

use super::tables::NORMAL;
use super::{moved, with_guard};
use crate::kernel::wide::compiled::once;
use crate::kernel::wide::fixed::{leading, product_of_short};
use crate::kernel::wide::{Radius, Wide, WideBall, words};

/// Table entries for each unit of the argument, as a power of two.
pub(super) const GRID: u32 = 5;
/// From here on `1 - Φ(x) < e^(-x²/2) / 2` is below a unit of the longest fraction: `2^-578`.
pub(super) const END: u64 = 29;
/// `F` is short by less, in units of its last word. See [`integral`].
const UNITS: u64 = 512;

impl<const K: usize> Wide<K> {
    /// `φ(x) = e^(-x²/2) / √(2π)`.
    pub fn normal_pdf(&self) -> WideBall<K> {
        let x = WideBall::from(*self);
        let constant = Self::of_entry(&NORMAL.density);
        constant * (-(x * x).scaled(-1)).exp()
    }

    /// `Φ(x)`, the normal distribution function: 1 less that of `-x`, for `x > 0`; and `φ(x)`, which it is made from.
    fn normal(&self) -> [WideBall<K>; 2] {
        let density = self.normal_pdf();
        let tail = self.abs().normal_tail(density);
        [if self.negative { tail } else { WideBall::ONE - tail }, density]
    }

    /// `Q(x) = 1 - Φ(x)` for `x >= 0`.
    ///
    /// For `x = a + h` with a grid point `a`: `Q(x) = Q(a) - φ(x) F(h)`, see [`integral`]. Beyond the grid it lies between 0 and `e^(-x²/2) / 2 <= 2 φ(x)`.
    fn normal_tail(&self, density: WideBall<K>) -> WideBall<K> {
        let (whole, _) = if self.exponent > 60 { (u64::MAX, [0; 1]) } else { self.fixed::<1>() };
        if whole >= END {
            return WideBall::new(Self::ZERO, density.at_most().scaled(1));
        }
        let (place, f) = with_guard!(K, integral_at(self));
        let tail = Self::of_entry(&NORMAL.tails[place]);
        tail - density * f
    }

    /// An entry of a table: within a unit and a bit of its last word, so of its leading `K + 1` words within less than 3.
    fn of_entry<const L: usize>(a: &[u64; L]) -> WideBall<K> {
        let ball = Self::normalised(false, leading(a), a[L - K - 1], 0);
        ball.widened(Radius::up(3, -64 * (K as i64 + 1)))
    }
}

/// The grid point below, and `F`.
fn integral_at<const K: usize, const N: usize>(x: &Wide<K>) -> (usize, WideBall<K>) {
    let (whole, fraction) = x.fixed::<N>();
    let top = fraction[N - 1];
    let place = whole << GRID | top >> (64 - GRID);
    let mut h = fraction;
    h[N - 1] = top << GRID >> GRID;
    #[allow(clippy::cast_possible_truncation, reason = "below END 2^GRID")]
    (place as usize, Wide::of_fraction(false, &integral(place, &h), UNITS, 0))
}

/// `F(h) = ∫ φ(a + t) / φ(a + h) dt` over `[0, h]`, for `a = place / 32` and `h < 1/32`: short by less than 400 units.
///
/// `F' = 1 + (a + h) F`, so the terms of its series at 0 are `t_1 = h` and `t_(n+1) = (a h t_n + h² t_(n-1)) / (n + 1)`: all positive, nothing cancels.
///
/// In units, with `a h < 0.91`, `h² <= 2^-10`, `t_n <= 2^-5`: `h` is short by less than 1, `a h` by 30, `h²` by `N + 2 <= 11`; a product by `N + 1 <= 10`. So what a term is short by obeys
/// `δ_(n+1) <= (0.91 δ_n + 2^-10 δ_(n-1) + 2^-5 · 41 + 20) / (n + 1) + 1`: at most 13, 12, 9, 7 and then `30 / (n + 1) + 1`. There are less than 100 terms, so together they are short by
/// less than 300. Once two of them in a row are below a unit, so are all later ones together.
pub(super) fn integral<const N: usize>(place: u64, h: &[u64; N]) -> [u64; N] {
    let mut a = [0; N];
    // h has five leading zeros, and the factor ten bits.
    let mut carry = 0;
    for i in 0..N {
        (a[i], carry) = h[i].carrying_mul(place, carry);
    }
    let a = words::shifted_right_short(&a, carry, GRID);
    let square = product_of_short(h, h, N);
    let (mut before, mut term, mut sum) = ([0; N], *h, *h);
    for n in 2.. {
        let length = significant(&term).max(significant(&before));
        if length == 0 {
            break;
        }
        let (next, _) =
            words::add(&product_of_short(&term, &a, length), &product_of_short(&before, &square, length), false);
        (before, term) = (term, words::over_small(next, n, length));
        sum = words::add(&sum, &term, false).0;
    }
    sum
}

/// How many words are left without leading zeros.
fn significant<const N: usize>(a: &[u64; N]) -> usize {
    a.iter().rposition(|word| *word != 0).map_or(0, |i| i + 1)
}

impl<const K: usize> WideBall<K> {
    /// `Φ` and `φ`.
    ///
    /// The slope of `Φ` is `φ`, its largest second derivative `φ(1) < 1/4`, and two values are at most 1 apart. The slope of `φ` is `-x φ`, its largest second
    /// derivative `φ(0) < 1/2`, and two values are at most 1/2 apart.
    #[must_use]
    pub fn normal(self) -> [Self; 2] {
        let x = self;
        once!(K, normal_of(x) -> pair)
    }

    fn normal_of(self) -> [Self; 2] {
        let [distribution, density] = self.mid().normal();
        let (slope, size) = (density.at_most(), self.mid().at_most());
        [
            moved(self, distribution, || slope, Radius::power_of_two(-3), Radius::power_of_two(0)),
            moved(self, density, || slope * size, Radius::power_of_two(-2), Radius::power_of_two(-1)),
        ]
    }

    /// `Φ`.
    #[must_use]
    pub fn normal_cdf(self) -> Self {
        self.normal()[0]
    }

    /// `φ`, without `Φ`.
    #[must_use]
    pub fn normal_pdf(self) -> Self {
        let value = self.mid().normal_pdf();
        let slope = || value.at_most() * self.mid().at_most();
        moved(self, value, slope, Radius::power_of_two(-2), Radius::power_of_two(-1))
    }

    /// `2 √(2/π) (x + 0.044715 x³)`, where the root is `4 / √(2π)`.
    #[must_use]
    pub(crate) fn gelu_argument(self) -> Self {
        let cubic = (self * self * self).times(44_715).over(1_000_000);
        Wide::of_entry(&NORMAL.density).scaled(2) * (self + cubic)
    }

    /// The derivative of [`WideBall::gelu_argument`]: `2 √(2/π) (1 + 3 · 0.044715 x²)`.
    #[must_use]
    pub(crate) fn gelu_argument_slope(self) -> Self {
        let square = (self * self).times(3 * 44_715).over(1_000_000);
        Wide::of_entry(&NORMAL.density).scaled(2) * (Self::ONE + square)
    }
}
