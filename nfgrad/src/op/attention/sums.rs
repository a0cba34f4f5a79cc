//! Sums of products whose rounding is measured: each is taken once more in f64.

use super::super::rounding::product_error;
use super::values::add;
use crate::bound::{Ball, Domain, Up};
use crate::format::{Accumulator, Format, sum_error};
use crate::kernel::reduce::{sum_height, sum_of};
use crate::kernel::scratch::split;

/// At least the rounding error of a computed sum of `n` products, given the same in f64 and the sum of the magnitudes there.
#[inline(always)]
fn measured<A: Accumulator>(sum: A, wide: f64, magnitude: f64, height: usize, n: usize) -> Up {
    let relative = sum_error::<f64>(height + 1).relative + Up::new(3.0 * A::CONVERSION);
    // What underflows in f64, term by term.
    let absolute = Up::new(n as f64) * Up::new(f64::MIN_POSITIVE);
    sum.distance(wide) + relative * Up::of_terms(magnitude, n + 1) + absolute
}

/// `fl(x · w)` with its distance from the real one.
#[inline(always)]
pub(super) fn inner<F: Format, D: Domain>(x: Ball<'_, F, D>, w: Ball<'_, F, D>) -> (F::Acc, Up) {
    let n = x.mid.len();
    let product = |i: usize| x.mid[i].to_f64() * w.mid[i].to_f64();
    let sum = sum_of::<F>(n, |i| x.mid[i].to_acc() * w.mid[i].to_acc());
    let (wide, magnitude) = (sum_of::<f64>(n, product), sum_of::<f64>(n, |i| product(i).abs()));
    let moved = Up::of_terms(sum_of::<f64>(n, |i| product_error(x.get(i), w.get(i)).get()), n);
    (sum, measured(sum, wide, magnitude, sum_height::<f64>(n), n) + moved)
}

/// Sums of products along columns, with what is needed for their errors.
#[derive(Debug)]
pub(super) struct Sums<'a> {
    rounded: &'a mut [f64],
    wide: &'a mut [f64],
    magnitudes: &'a mut [f64],
    errors: &'a mut [f64],
}

impl<'a> Sums<'a> {
    /// As many as the four parts of the buffer have elements.
    #[inline(always)]
    pub(super) fn new(buffer: &'a mut [f64], len: usize) -> Self {
        let [rounded, wide, magnitudes, errors] = split(buffer, len);
        Self { rounded, wide, magnitudes, errors }
    }

    #[inline(always)]
    pub(super) fn clear(&mut self) {
        for part in [&mut *self.rounded, &mut *self.wide, &mut *self.magnitudes, &mut *self.errors] {
            part.fill(0.0);
        }
    }

    /// Adds a multiple of `x` from element `start` on, as [`add`] does.
    #[inline(always)]
    pub(super) fn add<F: Format, D: Domain>(&mut self, start: usize, factor: (F::Acc, Up), x: Ball<'_, F, D>) {
        let range = start..start + x.mid.len();
        add(&mut self.rounded[range.clone()], factor.0, x.mid);
        for (i, n) in range.enumerate() {
            let (value, radius) = x.get(i);
            let product = factor.0.to_f64() * value.to_f64();
            self.wide[n] += product;
            self.magnitudes[n] += product.abs();
            self.errors[n] = (Up::new(self.errors[n]) + product_error(factor, (value.to_acc(), radius))).get();
        }
    }

    /// Sum `n` with its distance from the real one, where `terms` were added.
    #[inline(always)]
    pub(super) fn get<A: Accumulator>(&self, n: usize, terms: usize) -> (A, Up) {
        let sum = A::restored(self.rounded[n]);
        (sum, measured(sum, self.wide[n], self.magnitudes[n], terms, terms) + Up::new(self.errors[n]))
    }
}
