//! What the ops share of the arithmetic of errors.

use crate::bound::Up;
use crate::format::{Format, sum_error};
use crate::kernel::reduce::column_height;

/// `radius`, or ∞ where the result that it belongs to is not finite: an overflow never has a finite radius.
#[inline]
pub(crate) fn guarded<F: Format>(result: F, radius: Up) -> Up {
    if result.is_finite() { radius } else { Up::INFINITY }
}

/// Whether anything is known of a value with its radius.
#[inline]
pub(super) fn is_known<F: Format>((x, radius): (F, Up)) -> bool {
    x.is_finite() & radius.is_finite()
}

/// Whether a number is -∞, as that of a mask which is added.
#[inline(always)]
pub(super) fn is_minus_infinite<F: Format>(x: F) -> bool {
    x.to_f64() == f64::NEG_INFINITY
}

/// The radius of what is certain as long as anything is known of `x`: of `x - x`, which is 0.
#[inline]
pub(super) fn zero_if_known<F: Format>(x: (F, Up)) -> Up {
    if is_known(x) { Up::ZERO } else { Up::INFINITY }
}

/// A number with its radius in f64, of which it may be no number: the difference goes to the radius.
#[inline(always)]
pub(super) fn in_f64<F: Format>((x, alpha): (F, Up)) -> (f64, Up) {
    let nearest = x.to_f64();
    (
        nearest,
        if F::CONVERSION == 0.0 || nearest == f64::NEG_INFINITY {
            alpha
        } else {
            alpha + Up::abs(nearest) * Up::new(2.0 * F::CONVERSION)
        },
    )
}

/// At least `|a b - a* b*|` for factors with their radii: `|a| β + |b| α + α β`.
#[inline]
pub(crate) fn product_error<F: Format>((a, alpha): (F, Up), (b, beta): (F, Up)) -> Up {
    let (a, alpha, b, beta) = (a.magnitude().get(), alpha.get(), b.magnitude().get(), beta.get());
    // Each product is known to be 0 where a factor is; `&` and `|`, so that loops are vectorised.
    let is_zero = ((a == 0.0) | (beta == 0.0)) & ((alpha == 0.0) | (b + beta == 0.0));
    Up::of_products(a * beta + (b + beta) * alpha, is_zero)
}

/// At least `|a/b - a*/b*|`, where `size >= |a/b|`: `(α + |a/b| β) / (|b| - β)`; ∞ where `b*` may be 0.
///
/// `a/b - a*/b* = ((a - a*) + (a/b)(b* - b)) / b*`.
#[inline(always)]
pub(crate) fn quotient_spread<F: Format>(alpha: Up, (b, beta): (F, Up), size: Up) -> Up {
    let [low, high] = b.enclosure();
    let least = beta.below(low.abs().min(high.abs()));
    (alpha + size * beta).over(least)
}

/// At least `|y - acc|`, where `y` is `F::from_acc(acc)`. The difference is computed, not bounded, so it is 0 where nothing
/// was lost; it is rounded once.
///
/// Most rules compute `acc` again, operation by operation. Were `y` computed otherwise, in another order or by other instructions, the
/// difference would be charged here: so nothing rests on two computations that agree in every bit. That is why it is taken in every format.
#[inline]
pub(super) fn narrowing_error<F: Format>(acc: F::Acc, y: F) -> Up {
    let distance = y.distance(Format::to_f64(acc));
    if F::Acc::CONVERSION == 0.0 {
        distance
    } else if y.to_acc() == acc {
        Up::ZERO
    } else {
        distance + acc.magnitude() * Up::new(2.0 * F::Acc::CONVERSION)
    }
}

/// The radius of a sum of `count` numbers among `most` in the accumulator, the others of which are 0, in the order of sums of columns: `Σ ρ + κ Σ
/// |x|` with `κ` for the height of their tree, and for `count - 1` additions at most. Given are the sum of their radii and that of their
/// magnitudes, both in f64.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
pub(super) fn sum_radius<F: Format>((radii, magnitudes): (f64, f64), count: f64, most: usize) -> Up {
    let (radius, count) = (Up::of_terms(radii, most), count as usize);
    let height = column_height::<F>(most).min(count.saturating_sub(1));
    if height == 0 { radius } else { radius + sum_error::<F>(height).relative * Up::of_terms(magnitudes, count) }
}

/// How many elements there are, as a number that can divide.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count<A> {
    /// The nearest number of the accumulator.
    rounded: A,
    exact: f64,
    /// At least `|rounded - exact|`: 0 up to `2^24` elements.
    error: Up,
}

impl<A: Format> Count<A> {
    #[inline]
    pub(super) fn new(n: usize) -> Self {
        let exact = n as f64;
        let rounded = A::from_f64(exact);
        Self { rounded, exact, error: rounded.distance(exact) }
    }

    /// `fl(x / n)`.
    #[inline]
    pub(super) fn divide(self, x: A) -> A {
        x.div(self.rounded)
    }

    /// At least `|quotient - x* / n|`, where `quotient` is `fl(x / ñ)` and `|x - x*| <= xi`.
    ///
    /// `x/ñ - x*/n = (x/ñ)(n - ñ)/n + (x - x*)/n`.
    #[inline]
    pub(super) fn divide_error(self, x: A, xi: Up, quotient: A) -> Up {
        if self.exact == 1.0 {
            // `x / 1` is `x` in every format.
            return xi;
        }
        let rounding = A::div_error(x, self.rounded, quotient);
        rounding + ((quotient.magnitude() + rounding) * self.error + xi).over(self.exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::bf16;

    #[test]
    fn a_count_that_is_no_number_of_the_format_is_charged() {
        let count = Count::<f32>::new((1 << 24) + 1);
        assert_eq!(count.rounded, 16_777_216.0);
        assert!((1.0..1.000_001).contains(&count.error.get()));
        let error = count.divide_error(16_777_216.0, Up::ZERO, 1.0).get();
        assert!((1.0..1.001).contains(&(error * 16_777_217.0)));
        assert_eq!(Count::<f64>::new((1 << 24) + 1).error, Up::ZERO);
    }

    #[test]
    fn narrowing_is_measured() {
        assert_eq!(narrowing_error(1.5_f32, bf16::from_f64(1.5)), Up::ZERO);
        let third = 1.0_f32 / 3.0;
        assert!(narrowing_error(third, bf16::from_acc(third)) <= bf16::from_acc(third).half_ulp());
        assert_eq!(narrowing_error(f32::MAX, bf16::from_acc(f32::MAX)), Up::INFINITY);
        assert_eq!(narrowing_error(third, third), Up::ZERO);
    }
}
