//! [`InShadow`]: the radii of a domain, in a run that stands for the real numbers.

use std::marker::PhantomData;
use std::ops::Range;

use super::{Ball, BallMat, Domain, Rule, Steady, Up};
use crate::format::Format;

/// The domain `D`, but for [`Domain::IS_SHADOW`]: a cast to a narrower format is the identity, as its real function is.
///
/// A run rounds where the graph says `cast(x, bf16)`, and a shadow must not: it would look for the error of that rounding with one that
/// is as large.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct InShadow<D>(PhantomData<D>);

impl<D: Domain> Domain for InShadow<D> {
    const NAME: &'static str = D::NAME;
    const TORCHLEAN: bool = D::TORCHLEAN;
    const IS_SHADOW: bool = true;
    const IS_NORM: bool = D::IS_NORM;

    #[inline(always)]
    fn len(numel: usize) -> usize {
        D::len(numel)
    }

    #[inline(always)]
    fn range(position: usize, offset: usize, numel: usize) -> Range<usize> {
        D::range(position, offset, numel)
    }

    #[inline(always)]
    fn context_len(entries: usize, size: usize) -> usize {
        D::context_len(entries, size)
    }

    #[inline(always)]
    fn at(radii: &[f64], i: usize) -> Up {
        D::at(radii, i)
    }

    #[inline(always)]
    fn fill(radii: &mut [f64], numel: usize, rule: impl Rule) {
        D::fill(radii, numel, rule);
    }

    #[inline(always)]
    fn fill_steadily<'a, F: Format, R: Rule, const N: usize>(
        radii: &mut [f64],
        numel: usize,
        operands: [Steady<'a, F, Self>; N],
        rule: impl Fn([Ball<'a, F, Self>; N]) -> R,
    ) {
        D::fill_steadily(radii, numel, operands.map(Steady::of), |balls: [Ball<'a, F, D>; N]| {
            rule(balls.map(Ball::of))
        });
    }

    #[inline(always)]
    fn fill_rows_steadily<'a, F: Format, const N: usize>(
        radii: &mut [f64],
        each: &mut [f64],
        row: usize,
        operands: [Steady<'a, F, Self>; N],
        mut rule: impl FnMut([Ball<'a, F, Self>; N], &mut [f64]),
    ) {
        let rule = |balls: [Ball<'a, F, D>; N], each: &mut [f64]| rule(balls.map(Ball::of), each);
        D::fill_rows_steadily(radii, each, row, operands.map(Steady::of), rule);
    }

    #[inline(always)]
    fn fill_part(radii: &mut [f64], range: Range<usize>, rule: impl FnOnce(&mut [f64])) {
        D::fill_part(radii, range, rule);
    }

    #[inline(always)]
    fn accumulate(radii: &mut [f64], other: &[f64], numel: usize, rounding: impl Fn(usize) -> Up) {
        D::accumulate(radii, other, numel, rounding);
    }

    #[inline(always)]
    fn addition_error<F: Format>(a: F, b: F, sum: F) -> Up {
        D::addition_error(a, b, sum)
    }

    #[inline(always)]
    fn product<F: Format>(a: BallMat<'_, F>, b: BallMat<'_, F>, y: &[F], radii: &mut [f64]) {
        D::product(a, b, y, radii);
    }
}
