//! Sums of products whose rounding is measured: each is taken once more in f64.

use super::super::rounding::product_error;
use crate::bound::{Ball, Domain, Up};
use crate::format::{Accumulator, Format, sum_error};
use crate::kernel::reduce::{RowSums, column_height, sum_height, sum_of};

/// At least the error of a sum of `n` products in f64, given the sum of their magnitudes there.
#[inline(always)]
fn own<A: Accumulator>(magnitude: f64, height: usize, n: usize) -> Up {
    let relative = sum_error::<f64>(height + 1).relative + Up::new(3.0 * A::CONVERSION);
    // What underflows in f64, term by term: at most `2^-1075`, and a part of that in the magnitudes.
    let absolute = Up::new(n as f64) * Up::new(f64::from_bits(1));
    relative * Up::of_terms(magnitude, n + 1) + absolute
}

/// `fl(x · w)` with its distance from the real one.
#[inline(always)]
pub(super) fn inner<F: Format, D: Domain>(x: Ball<'_, F, D>, w: Ball<'_, F, D>) -> (F::Acc, Up) {
    let n = x.mid.len();
    let product = |i: usize| x.mid[i].to_f64() * w.mid[i].to_f64();
    let sum = sum_of::<F>(n, |i| x.mid[i].to_acc() * w.mid[i].to_acc());
    let (wide, magnitude) = (sum_of::<f64>(n, product), sum_of::<f64>(n, |i| product(i).abs()));
    let moved = Up::of_terms(sum_of::<f64>(n, |i| product_error(x.get(i), w.get(i)).get()), n);
    (sum, sum.distance(wide) + own::<F::Acc>(magnitude, sum_height::<f64>(n), n) + moved)
}

/// Sums of products along columns, once more in f64, with what is needed for their errors.
#[derive(Debug)]
pub(super) struct Sums<'a> {
    wide: RowSums<'a, f64>,
    magnitudes: &'a mut [f64],
    errors: &'a mut [f64],
}

impl<'a> Sums<'a> {
    /// How many numbers the buffer has, for so many rows.
    pub(super) const fn room(width: usize, rows: usize) -> usize {
        2 * width + RowSums::<f64>::room::<f64>(width, rows)
    }

    /// In a buffer of that room.
    #[inline(always)]
    pub(super) fn new(buffer: &'a mut [f64], width: usize) -> Self {
        let (errors, rest) = buffer.split_at_mut(width);
        let (magnitudes, rest) = rest.split_at_mut(width);
        Self { wide: RowSums::new(rest, width, 0.0), magnitudes, errors }
    }

    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.wide.clear(0.0);
        self.magnitudes.fill(0.0);
        self.errors.fill(0.0);
    }

    /// Adds a multiple of `x` from element `start` on.
    #[inline(always)]
    pub(super) fn add<F: Format, D: Domain>(&mut self, start: usize, factor: (F::Acc, Up), x: Ball<'_, F, D>) {
        let wide = self.wide.leaf();
        for (i, n) in (start..start + x.mid.len()).enumerate() {
            let (value, radius) = x.get(i);
            let product = factor.0.to_f64() * value.to_f64();
            wide[n] += product;
            self.magnitudes[n] += product.abs();
            self.errors[n] = (Up::new(self.errors[n]) + product_error(factor, (value.to_acc(), radius))).get();
        }
    }

    /// A row has been added.
    #[inline(always)]
    pub(super) fn next_row(&mut self) {
        self.wide.next_row::<f64>(0.0, |a, b| a + b);
    }

    /// Calls `visit` with every sum in f64 and its distance from the real one, where so many rows were added; `A` is the accumulator.
    #[inline(always)]
    pub(super) fn each<A: Accumulator>(&mut self, rows: usize, mut visit: impl FnMut(usize, (f64, Up))) {
        let height = column_height::<f64>(rows);
        for (n, &mut sum) in self.wide.total::<f64>(|a, b| a + b).iter_mut().enumerate() {
            let own = own::<A>(self.magnitudes[n], height, rows);
            visit(n, (sum, own + Up::new(self.errors[n])));
        }
    }
}
