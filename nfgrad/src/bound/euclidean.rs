//! [`Euclidean`]: the 2-norm of the errors of each tensor.

use std::ops::Range;

use super::{Ball, BallMat, Domain, Rule, Steady, Up};
use crate::format::{Accumulator, Format, product_error};
use crate::kernel::dispatch::{Loop, widest};
use crate::kernel::norms::norm_2;
use crate::kernel::scratch::with_scratch;
use crate::kernel::spectral::{remembered_spectral_norm, spectral_norm};

/// One number for each tensor: at least `√(Σᵢ |xᵢ - xᵢ*|²)`, the 2-norm of all its errors.
///
/// A matrix multiplies such an error by its largest singular value at most, where the largest error of an element is multiplied by sums
/// of magnitudes. So through many products and activations this domain grows less than [`Uniform`](super::Uniform) and even
/// [`Elementwise`](super::Elementwise) radii, for the price of singular values, certified from above.
///
/// Through norms and attention it grows more than they do, and soon to ∞: what a row amplifies most is charged to all rows.
///
/// The radius is also one of each element. So a rule of an op that knows nothing of this domain is sound in it: each element has at most
/// the error that it has where all of its operand's elements have theirs, and the result is the 2-norm of those.
#[derive(Debug, Clone, Copy, Default)]
pub struct Euclidean;

/// Writes each of the radii that a rule gives.
struct Each;

impl<R: Rule> Loop<(&mut [Up], R)> for Each {
    type Output = ();

    #[inline(always)]
    fn run((each, rule): (&mut [Up], R)) {
        let numel = each.len();
        rule.limited_to(numel).each(numel, |i, radius| each[i] = radius);
    }
}

/// Radii that are squared and summed side by side.
const LANES: usize = 16;

/// The sum of the squares as computed, and the largest.
struct SquaresAndLargest;

impl Loop<&[Up]> for SquaresAndLargest {
    type Output = (f64, Up);

    #[inline(always)]
    fn run(radii: &[Up]) -> (f64, Up) {
        let (chunks, rest) = radii.as_chunks::<LANES>();
        let (mut sums, mut largest) = ([0.0; LANES], [0; LANES]);
        for chunk in chunks {
            for ((sum, largest), r) in sums.iter_mut().zip(&mut largest).zip(chunk) {
                *sum += r.get() * r.get();
                // Non-negative numbers are ordered as their bits are.
                *largest = r.get().to_bits().max(*largest);
            }
        }
        for ((sum, largest), r) in sums.iter_mut().zip(&mut largest).zip(rest) {
            *sum += r.get() * r.get();
            *largest = r.get().to_bits().max(*largest);
        }
        let largest = largest.iter().fold(0, |a, &b| b.max(a));
        (sums.iter().sum(), Up::new(f64::from_bits(largest)))
    }
}

/// At least `√(Σ rᵢ²)`.
///
/// `√n max rᵢ` bounds it as well, and it is the smaller of the two where squares overflow or are so small that what their underflow
/// costs, `2^-511` in all, shows.
pub(crate) fn norm(radii: &[Up]) -> Up {
    let (squares, largest) = widest::<SquaresAndLargest, _>(radii);
    if largest == Up::ZERO || radii.len() == 1 {
        return largest;
    }
    let blunt = Up::new(radii.len() as f64).sqrt() * largest;
    Up::of_sum(squares, radii.len() + 1).sqrt().min(blunt)
}

/// At least `√(Σ rᵢ²)` of the bounds `rᵢ` that `rule` writes of the balls of some operands: the sum in the docs of [`Steady`].
fn steady_norm<'a, F: Format, const N: usize>(
    (numel, row): (usize, usize),
    operands: [Steady<'a, F, Euclidean>; N],
    mut rule: impl FnMut([Ball<'a, F, Euclidean>; N], &mut [Up]),
) -> Up {
    // What is not known of a tensor is not known of any of its elements.
    let known = operands.iter().all(|operand| Euclidean::at(operand.ball().rad, 0).is_finite());
    let variable: [bool; N] = operands.map(|operand| known && operand.is_variable());
    let count = variable.iter().filter(|&&variable| variable).count();
    with_scratch([numel << count, numel], |[sets, steps]: [&mut [Up]; 2]| {
        for set in 0..1 << count {
            let mut bit = 0;
            let balls = std::array::from_fn(|k| {
                let on = !variable[k] || set >> bit & 1 == 1;
                bit += usize::from(variable[k]);
                operands[k].switched(on)
            });
            rule(balls, &mut sets[set * numel..][..numel]);
        }
        let mut total = norm(&sets[..numel]);
        for (bit, operand) in
            operands.iter().zip(variable).filter_map(|(operand, is)| is.then_some(operand)).enumerate()
        {
            steps.fill(Up::ZERO);
            for set in (0..1 << count).filter(|set| set >> bit & 1 == 0) {
                let with = set | 1 << bit;
                widest::<Steps, _>((&mut *steps, &sets[set * numel..][..numel], &sets[with * numel..][..numel]));
            }
            total += operand.gain() * largest_norm(steps, row);
        }
        total
    })
}

/// Makes each step at least as large as that between two radii.
struct Steps;

impl Loop<(&mut [Up], &[Up], &[Up])> for Steps {
    type Output = ();

    #[inline(always)]
    fn run((steps, without, with): (&mut [Up], &[Up], &[Up])) {
        for ((step, without), with) in steps.iter_mut().zip(without).zip(with) {
            // Of ∞ and ∞ that is ∞.
            *step = step.max(Up::of_rounded_sum(with.get() - without.get()));
        }
    }
}

/// At least the 2-norm of a matrix. One that is exact is likely to be a weight.
pub(crate) fn matrix_norm<F: Format>(a: BallMat<'_, F>) -> Up {
    if a.rad[0] == 0.0 { remembered_spectral_norm(a.mid) } else { spectral_norm(a.mid) }
}

/// The largest norm of a group of `row` radii.
fn largest_norm(radii: &[Up], row: usize) -> Up {
    if row == 1 {
        widest::<SquaresAndLargest, _>(radii).1
    } else {
        radii.chunks(row.max(1)).map(norm).fold(Up::ZERO, Up::max)
    }
}

impl Domain for Euclidean {
    const NAME: &'static str = "Euclidean";
    const IS_NORM: bool = true;

    #[inline]
    fn len(_: usize) -> usize {
        1
    }

    #[inline]
    fn range(position: usize, _: usize, _: usize) -> Range<usize> {
        position..position + 1
    }

    #[inline]
    fn context_len(entries: usize, _: usize) -> usize {
        entries
    }

    #[inline]
    fn at(radii: &[f64], _: usize) -> Up {
        Up::new(radii[0])
    }

    #[inline]
    fn fill(radii: &mut [f64], numel: usize, rule: impl Rule) {
        with_scratch([numel], |[each]: [&mut [Up]; 1]| {
            widest::<Each, _>((&mut *each, rule));
            radii[0] = norm(each).get();
        });
    }

    #[inline]
    fn fill_steadily<'a, F: Format, R: Rule, const N: usize>(
        radii: &mut [f64],
        numel: usize,
        operands: [Steady<'a, F, Self>; N],
        rule: impl Fn([Ball<'a, F, Self>; N]) -> R,
    ) {
        let write = |balls, each: &mut [Up]| widest::<Each, _>((each, rule(balls)));
        radii[0] = steady_norm((numel, 1), operands, write).get();
    }

    #[inline]
    fn fill_rows_steadily<'a, F: Format, const N: usize>(
        radii: &mut [f64],
        each: &mut [f64],
        row: usize,
        operands: [Steady<'a, F, Self>; N],
        mut rule: impl FnMut([Ball<'a, F, Self>; N], &mut [f64]),
    ) {
        let numel = each.len();
        let write = |balls, out: &mut [Up]| {
            rule(balls, each);
            out.iter_mut().zip(&*each).for_each(|(out, &radius)| *out = Up::new(radius));
        };
        radii[0] = steady_norm((numel, row), operands, write).get();
    }

    /// The squares of the norms of the parts add up.
    #[inline]
    fn fill_part(radii: &mut [f64], range: Range<usize>, rule: impl FnOnce(&mut [f64])) {
        let mut part = [0.0];
        rule(&mut part);
        radii[0] = if range.start == 0 { part[0] } else { norm(&[Up::new(radii[0]), Up::new(part[0])]).get() };
    }

    /// The triangle inequality.
    #[inline]
    fn accumulate(radii: &mut [f64], other: &[f64], numel: usize, rounding: impl Fn(usize) -> Up) {
        let before = Up::new(radii[0]) + Up::new(other[0]);
        Self::fill(radii, numel, rounding);
        radii[0] = (before + Up::new(radii[0])).get();
    }

    /// With `α`, `β` the radii of the operands and `κ`, `η` the rounding constants of a product of `m x k` with `k x n`,
    ///
    /// ```text
    /// ‖fl(AB) - A*B*‖_F <= κ ‖A‖_F ‖B‖_F + √(mn) η + ‖A‖₂ β + α ‖B‖₂ + α β
    /// ```
    ///
    /// *Proof.* `fl(AB) - A*B* = (fl(AB) - AB) + A (B - B*) + (A - A*) B - (A - A*)(B - B*)`. Entry `ij` of the first is at most
    /// `κ ‖aᵢ‖₂ ‖bⱼ‖₂ + η`, and the sum of the squares of `‖aᵢ‖₂ ‖bⱼ‖₂` is `‖A‖_F² ‖B‖_F²`. For the others, `‖XY‖_F <= ‖X‖₂ ‖Y‖_F`: each
    /// column of `XY` is `X` times one of `Y`. ∎  The 2-norms are those of `kernel/spectral.rs`, and are asked for only where the
    /// other operand has a radius: weights are mostly exact.
    fn product<F: Format>(a: BallMat<'_, F>, b: BallMat<'_, F>, y: &[F], radii: &mut [f64]) {
        // A sum of nothing is 0, in the reals too.
        if a.mid.cols == 0 {
            return radii.fill(0.0);
        }
        let (alpha, beta) = (Up::new(a.rad[0]), Up::new(b.rad[0]));
        let error = product_error::<F>(a.mid.cols);
        let magnitude = norm_2(a.mid.data) * norm_2(b.mid.data);
        let mut bound = error.relative * magnitude + Up::new(y.len() as f64).sqrt() * error.absolute + alpha * beta;
        if beta != Up::ZERO {
            bound += matrix_norm(a) * beta;
        }
        if alpha != Up::ZERO {
            bound += alpha * matrix_norm(b);
        }
        if F::ROUNDS_ONCE {
            Self::fill(radii, y.len(), |i: usize| y[i].half_ulp());
            radii[0] = (bound + Up::new(radii[0])).get();
        } else {
            // No partial sum is larger than `(1 + u)^h ‖aᵢ‖₂ ‖bⱼ‖₂ <= 2 ‖A‖_F ‖B‖_F`, so mostly it is known without a look at `y`
            // that none overflowed.
            let fits = error.relative.get() <= 1.0 && (magnitude * Up::new(2.0)).get() < F::Acc::LARGEST;
            radii[0] = if fits || F::all_finite(y) { bound.get() } else { f64::INFINITY };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_norm_is_close_whatever_the_size_of_the_radii() {
        for size in [1e-300, 1e-160, 1e-30, 1.0, 1e30, 1e200, 1e300] {
            let radii: Vec<Up> = (0..100).map(|i| Up::new(size * f64::from(i % 7))).collect();
            // 14 times 1 + 4 + 9 + 16 + 25 + 36, and the first two of the next seven.
            let ratio = norm(&radii).get() / size / (14.0_f64 * 91.0 + 1.0).sqrt();
            let close = if (1e-150..1e150).contains(&size) { 1.000_001 } else { 1.7 };
            assert!((1.0 - 1e-15..close).contains(&ratio), "{size:e}: {ratio}");
        }
        assert_eq!(norm(&[]), Up::ZERO);
        assert_eq!(norm(&[Up::ZERO; 20]), Up::ZERO);
        assert_eq!(norm(&[Up::new(0.3)]), Up::new(0.3));
        assert_eq!(norm(&[Up::ZERO, Up::INFINITY, Up::ZERO]), Up::INFINITY);
    }

    #[test]
    fn parts_make_a_whole() {
        let mut radii = [f64::NAN];
        Euclidean::fill_part(&mut radii, 0..2, |part| part[0] = 3.0);
        Euclidean::fill_part(&mut radii, 2..5, |part| part[0] = 4.0);
        assert!((5.0..5.0 + 1e-14).contains(&radii[0]));
        Euclidean::accumulate(&mut radii, &[1.0], 4, |_| Up::new(0.5));
        assert!((7.0..7.0 + 1e-14).contains(&radii[0]));
    }

    const NUMEL: usize = 100;

    fn close(radius: [f64; 1], exact: f64) -> bool {
        (exact..exact * (1.0 + 1e-12)).contains(&radius[0])
    }

    #[test]
    fn the_errors_of_two_operands_are_felt_where_they_weigh_most() {
        let mut a = [2.0; NUMEL];
        a[17] = -5.0;
        let b = [3.0; NUMEL];
        let (alpha, beta) = ([1e-3], [1e-2]);
        let (a, b) = (Ball::<f64, Euclidean>::new(&a, &alpha), Ball::<f64, Euclidean>::new(&b, &beta));
        let rule = |[a, b]: [Ball<'_, f64, Euclidean>; 2]| {
            let (a, alpha, b, beta) = (a.magnitude(17), a.radius(0), b.magnitude(0), b.radius(0));
            move |i: usize| (if i == 17 { a } else { Up::new(2.0) }) * beta + b * alpha
        };
        let mut radius = [f64::NAN];
        // |a*| β + |b*| α, so each step has the product of the radii twice.
        Euclidean::fill_steadily(&mut radius, NUMEL, [a.once(), b.once()], rule);
        assert!(close(radius, 3.02 * 1e-3 + 5.002 * 1e-2), "{radius:?}");
        // Of which nothing is promised: every element has the whole error.
        Euclidean::fill_steadily(&mut radius, NUMEL, [a.once(), b.anyhow()], rule);
        let fixed = (99.0_f64 * 0.02 * 0.02 + 0.05 * 0.05).sqrt();
        assert!(close(radius, fixed + 3.02 * 1e-3), "{radius:?}");
    }

    #[test]
    fn copies_and_means_have_their_share() {
        let (x, epsilon) = ([1.0; NUMEL], [0.5]);
        let x = Ball::<f64, Euclidean>::new(&x, &epsilon);
        let mut radius = [f64::NAN];
        Euclidean::fill_steadily(&mut radius, 4 * NUMEL, [x.repeated(4)], |[x]| move |i: usize| x.radius(i));
        assert!(close(radius, 1.0), "{radius:?}");
        Euclidean::fill_steadily(&mut radius, 4, [x.averaged(25)], |[x]| move |i: usize| x.radius(i) * 25.0);
        assert!(close(radius, 2.5), "{radius:?}");
    }

    #[test]
    fn a_row_has_the_norm_of_its_radii() {
        let (x, epsilon, mut each) = ([1.0; NUMEL], [0.5], [0.0; NUMEL]);
        let x = Ball::<f64, Euclidean>::new(&x, &epsilon);
        let mut radius = [f64::NAN];
        Euclidean::fill_rows_steadily(&mut radius, &mut each, 4, [x.once()], |[x], each| {
            each.fill((x.radius(0) * 3.0 + Up::new(0.25)).get());
        });
        assert!(close(radius, 2.5 + 3.0), "{radius:?}");
    }

    #[test]
    fn what_is_not_known_makes_all_unknown() {
        let (x, epsilon) = ([1.0; NUMEL], [f64::INFINITY]);
        let x = Ball::<f64, Euclidean>::new(&x, &epsilon);
        let mut radius = [f64::NAN];
        Euclidean::fill_steadily(&mut radius, NUMEL, [x.once()], |[x]| move |i: usize| x.radius(i));
        assert_eq!(radius, [f64::INFINITY]);
        let finite = [0.5];
        let x = Ball::<f64, Euclidean>::new(x.mid, &finite);
        // As large as can be, and infinite from some radius on.
        Euclidean::fill_steadily(&mut radius, NUMEL, [x.once()], |[x]| {
            move |i: usize| x.radius(i).over(0.25 - x.radius(i).get())
        });
        assert_eq!(radius, [f64::INFINITY]);
    }

    #[test]
    fn a_product_with_a_rotation_keeps_the_error() {
        let (cos, sin) = (0.6, 0.8);
        let rotation = [cos, -sin, sin, cos];
        let x = [1.0, 2.0, 3.0, 4.0];
        let mut y = [0.0; 4];
        let (a, b) =
            (crate::kernel::gemm::Mat::row_major(&rotation, 2, 2), crate::kernel::gemm::Mat::row_major(&x, 2, 2));
        f64::matmul(a, b, &mut y);
        let (mut exact, mut uncertain) = ([0.0], [0.0]);
        Euclidean::product(BallMat { mid: a, rad: &[0.0] }, BallMat { mid: b, rad: &[0.0] }, &y, &mut exact);
        assert!(exact[0] > 0.0 && exact[0] < 1e-14);
        Euclidean::product(BallMat { mid: a, rad: &[0.0] }, BallMat { mid: b, rad: &[0.5] }, &y, &mut uncertain);
        assert!((0.5..0.5 * 1.25).contains(&uncertain[0]), "{}", uncertain[0]);
    }
}
