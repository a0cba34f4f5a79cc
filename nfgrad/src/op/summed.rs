//! How far a computed sum is from the real one: measured.
//!
//! A sum `y` of numbers `x`, whose radii are `ξ`, is taken once more in f64, as `w`, along a tree of known height:
//!
//! ```text
//! |y - Σ x*| <= |y - w| + κ' Σ |x| + Σ ξ     κ' of that height in f64, and what the conversion of x may be off
//! ```
//!
//! In a format of few bits that is hardly more than the error itself; in f64 it is `κ'`, for there `y` is `w` or close to it. It says nothing of
//! how `y` was computed, and so is true whatever that was.

use super::rounding::guarded;
use crate::bound::{Ball, Domain, Up};
use crate::format::{Format, sum_error};
use crate::kernel::reduce::{Column, column_height, sum_height, sum_of};

/// At least `|y - Σ x|`, given that sum in f64, along a tree of that height, and the sum of the magnitudes.
///
/// The conversion of `x` is felt twice in the second order, for what is added in f64 is the converted number. Twice its error covers that.
#[inline(always)]
pub(super) fn rounding<F: Format>(y: F, (wide, height): (f64, usize), magnitude: Up) -> Up {
    let own = sum_error::<f64>(height).relative + Up::new(2.0 * F::Acc::CONVERSION);
    y.distance(wide) + own * magnitude
}

/// What the radius of a sum is made of, term by term.
pub(super) struct Terms {
    wide: Column<f64>,
    magnitude: f64,
    radius: f64,
    count: usize,
}

impl Terms {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self { wide: Column::new(), magnitude: 0.0, radius: 0.0, count: 0 }
    }

    #[inline(always)]
    pub(super) fn add<A: Format>(&mut self, term: A, radius: Up) {
        self.wide.add(term.to_f64());
        self.magnitude += term.magnitude().get();
        self.radius += radius.get();
        self.count += 1;
    }

    /// These were all.
    #[inline(always)]
    pub(super) fn done(&self) -> Summed {
        let wide = (self.wide.total(), column_height::<f64>(self.count));
        Summed { wide, magnitude: self.magnitude, radius: self.radius, terms: self.count }
    }
}

/// What the radius of a sum is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summed {
    /// The sum in f64, and the height of its tree.
    wide: (f64, usize),
    magnitude: f64,
    radius: f64,
    terms: usize,
}

impl Summed {
    /// Of numbers with their radii.
    #[inline(always)]
    pub(super) fn of<A: Format>(terms: impl Iterator<Item = (A, Up)>) -> Self {
        let mut sum = Terms::new();
        terms.for_each(|(term, radius)| sum.add(term, radius));
        sum.done()
    }

    /// Of some elements of a tensor.
    #[inline(always)]
    pub(super) fn elements<F: Format, D: Domain>(x: Ball<'_, F, D>, elements: impl Iterator<Item = usize>) -> Self {
        Self::of(elements.map(|i| x.get(i)))
    }

    /// Of all elements of a tensor, in loops that are vectorised.
    #[inline(always)]
    pub(super) fn row<F: Format, D: Domain>(x: Ball<'_, F, D>) -> Self {
        let n = x.mid.len();
        Self {
            wide: (sum_of::<f64>(n, |i| x.mid[i].to_f64()), sum_height::<f64>(n)),
            magnitude: sum_of::<f64>(n, |i| x.mid[i].magnitude().get()),
            radius: sum_of::<f64>(n, |i| x.radius(i).get()),
            terms: n,
        }
    }

    /// The sums of the radii and of the magnitudes.
    #[inline(always)]
    fn totals(&self) -> (Up, Up) {
        // One term is no sum, and its radius needs no inflation.
        let radius = if self.terms == 1 { Up::new(self.radius) } else { Up::of_terms(self.radius, self.terms) };
        (radius, Up::of_terms(self.magnitude, self.terms))
    }

    /// At least the distance of `y` from the real sum, whatever `y` is.
    #[inline(always)]
    pub(super) fn error<F: Format>(&self, y: F) -> Up {
        let (radius, magnitude) = self.totals();
        let rounding = rounding(y, self.wide, magnitude);
        // What is not rounded has no room for the inflation of a sum.
        if rounding == Up::ZERO { radius } else { radius + rounding }
    }

    /// The radius of `y`: [`Summed::error`], or ∞ where an overflow shows in it.
    #[inline(always)]
    pub(super) fn radius<F: Format>(&self, y: F) -> Up {
        guarded(y, self.error(y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::Elementwise;
    use crate::format::{Carried, Flt, FusedEach, NearestEven, Nf, RoundEach, TowardZero, bf16};
    use crate::kernel::reduce::column_of;

    fn sum<F: Format>(n: usize, x: F) -> (F, Summed) {
        (F::from_acc(sum_of::<F>(n, |_| x.to_acc())), Summed::of((0..n).map(|_| (x, Up::new(0.25)))))
    }

    #[test]
    fn what_is_measured_is_the_error() {
        let n = 100_000;
        let (y, terms) = sum(n, 0.1_f32);
        let error = (f64::from(y) - f64::from(0.1_f32) * n as f64).abs();
        let radius = terms.radius(y).get() - 0.25 * n as f64;
        assert!(radius >= error && radius < 1.01 * error + 1e-6, "{radius} {error}");
        let (y, terms) = sum(n, bf16::from_f64(0.1));
        let error = (y.to_f64() - bf16::from_f64(0.1).to_f64() * n as f64).abs();
        let radius = terms.radius(y).get() - 0.25 * n as f64;
        assert!(radius >= error && radius < 1.01 * error + 1e-6, "{radius} {error}");
    }

    /// `2^60 x`, exactly.
    fn scaled<F: Format>(x: F) -> i128 {
        let scaled = x.to_f64() * 2f64.powi(60);
        assert!(scaled.fract() == 0.0 && scaled.abs() < 2f64.powi(90));
        #[allow(clippy::cast_possible_truncation, reason = "an integer that fits")]
        let integer = scaled as i128;
        integer
    }

    /// Around the borders of leaves and levels: no radius below the error, of rows and of columns, and for `tight` formats hardly above it.
    fn borders<F: Format>(tight: bool) {
        let mut seed = 1_u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            F::from_f64(1.0 / 16.0 + (seed >> 44) as f64 / 2f64.powi(20))
        };
        for n in [1, 2, 15, 16, 17, 31, 33, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1023, 1025, 4095, 4096, 4097] {
            let xs: Vec<F> = (0..n).map(|_| random()).collect();
            let exact: i128 = xs.iter().map(|&x| scaled(x)).sum();
            let terms = Summed::of(xs.iter().map(|&x| (x, Up::ZERO)));
            let row = F::from_acc(sum_of::<F>(n, |i| xs[i].to_acc()));
            let column = F::from_acc(column_of::<F>(n, |i| xs[i].to_acc()));
            let zeros = vec![0.0; n];
            let side_by_side = Summed::row(Ball::<F, Elementwise>::new(&xs, &zeros));
            for (y, terms) in [(row, side_by_side), (row, terms), (column, terms)] {
                let error = (scaled(y) - exact).unsigned_abs() as f64;
                let radius = terms.radius(y).get() * 2f64.powi(60);
                assert!(radius >= error * (1.0 - 1e-15), "{} {n}: {radius} < {error}", F::NAME);
                assert!(
                    !tight || radius <= error * 1.001 + exact as f64 * 1e-13,
                    "{} {n}: {radius} > {error}",
                    F::NAME
                );
            }
        }
    }

    #[test]
    fn no_radius_is_below_the_error_around_the_borders() {
        borders::<f32>(true);
        borders::<f64>(false);
        borders::<bf16>(true);
        borders::<Carried<16, -77, 63>>(true);
        borders::<Nf<2, Flt<-149, 24>, NearestEven>>(true);
        borders::<Nf<2, Flt<-100, 12>, TowardZero>>(true);
        borders::<RoundEach<f32>>(true);
        borders::<FusedEach<f32>>(true);
    }

    #[test]
    fn in_f64_it_is_the_height_of_the_tree() {
        let n = 100_000;
        let terms = Summed::of((0..n).map(|_| (0.1, Up::ZERO)));
        let radius = terms.radius(sum_of::<f64>(n, |_| 0.1)).get();
        assert!(radius > 0.0 && radius < 30.0 * f64::EPSILON / 2.0 * 1e4);
        // The sum of one number is that number.
        assert_eq!(Summed::of(std::iter::once((0.1, Up::ZERO))).radius(0.1), Up::ZERO);
    }

    #[test]
    fn another_order_is_no_lie() {
        // Had the sum lost its largest term, the radius would say so.
        let terms = Summed::of([(1.0_f32, Up::ZERO), (1e-3, Up::ZERO)].into_iter());
        assert!(terms.error(bf16::from_f64(1e-3)).get() >= 1.0 && terms.error(1e-3_f32).get() >= 1.0);
        assert_eq!(terms.radius(f32::INFINITY), Up::INFINITY);
    }
}
