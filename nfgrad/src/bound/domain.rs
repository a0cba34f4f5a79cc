//! [`Domain`]: how the radii of a tensor are kept.

use std::marker::PhantomData;
use std::ops::Range;

use super::{Steady, Up};
use crate::format::Format;
use crate::kernel::gemm::Mat;

/// The radius of each element of a tensor: a closure, or a type whose method is part of the loops that call it.
pub trait Rule {
    /// The radius of element `i`.
    fn radius(&self, i: usize) -> Up;

    /// Calls `visit` with every element of `0..numel` and its radius, in order. A rule whose index needs arithmetic can do
    /// it once for many elements here.
    #[inline(always)]
    fn each(&self, numel: usize, mut visit: impl FnMut(usize, Up))
    where
        Self: Sized,
    {
        for i in 0..numel {
            visit(i, self.radius(i));
        }
    }

    /// The same rule, for the elements `0..numel` only. Cutting its slices to that length here lets the compiler see that
    /// no index of the loop is outside them.
    #[inline(always)]
    #[must_use]
    fn limited_to(self, _numel: usize) -> Self
    where
        Self: Sized,
    {
        self
    }
}

impl<T: Fn(usize) -> Up> Rule for T {
    #[inline(always)]
    fn radius(&self, i: usize) -> Up {
        self(i)
    }
}

/// How many radii a tensor has, and how the rules of the ops combine them.
///
/// A rule is stated once for each element, as a formula in the radii of the operands; the domain decides what is kept of
/// the results. Only products of matrices, where the element-by-element formula would cost another product, have a rule
/// for each domain.
pub trait Domain: Copy + Default + Send + Sync + 'static {
    /// The name that reports print.
    const NAME: &'static str;
    /// Whether values and radii are those of TorchLean: see [`T0`](super::T0).
    const TORCHLEAN: bool = false;
    /// Whether a run stands for the real numbers, as a [shadow](crate::shadow::Shadow) does: an op that
    /// [only rounds](crate::op::Op::ONLY_ROUNDS) then passes its operand on.
    const IS_SHADOW: bool = false;
    /// Whether a tensor has one radius that bounds the 2-norm of its errors, `√(Σᵢ |xᵢ - xᵢ*|²)`, and so each of them too.
    const IS_NORM: bool = false;

    /// How many radii a tensor of `numel` elements has.
    fn len(numel: usize) -> usize;

    /// Where the radii of an entry are in the flat list of a context.
    fn range(position: usize, offset: usize, numel: usize) -> Range<usize>;

    /// The length of the flat list of a context.
    fn context_len(entries: usize, size: usize) -> usize;

    /// The radius of element `i`.
    fn at(radii: &[f64], i: usize) -> Up;

    /// Keeps the radii of the elements `0..numel`.
    fn fill(radii: &mut [f64], numel: usize, rule: impl Rule);

    /// [`Domain::fill`] with a rule whose radii are [steady](super::Steady) in those of some operands, each element of the result a
    /// group of its own: `rule` makes the rule of balls with the midpoints of these operands. Only a domain of norms gains
    /// anything.
    #[inline(always)]
    fn fill_steadily<'a, F: Format, R: Rule, const N: usize>(
        radii: &mut [f64],
        numel: usize,
        operands: [Steady<'a, F, Self>; N],
        rule: impl Fn([Ball<'a, F, Self>; N]) -> R,
    ) {
        Self::fill(radii, numel, rule(operands.map(Steady::ball)));
    }

    /// [`Domain::fill_steadily`] with a rule that writes the radii of all elements into `each`; `row` of them are a group.
    #[inline(always)]
    fn fill_rows_steadily<'a, F: Format, const N: usize>(
        radii: &mut [f64],
        each: &mut [f64],
        row: usize,
        operands: [Steady<'a, F, Self>; N],
        mut rule: impl FnMut([Ball<'a, F, Self>; N], &mut [f64]),
    ) {
        let _ = row;
        rule(operands.map(Steady::ball), each);
        Self::fill(radii, each.len(), |i: usize| Up::new(each[i]));
    }

    /// Keeps the radii of the elements of a range, which `rule` writes as those of a tensor of their own. The ranges of a
    /// tensor are given in order, the first from 0.
    fn fill_part(radii: &mut [f64], range: Range<usize>, rule: impl FnOnce(&mut [f64]));

    /// Adds `other` and the rounding of the sums to the radii of a cotangent to which a contribution is added.
    fn accumulate(radii: &mut [f64], other: &[f64], numel: usize, rounding: impl Fn(usize) -> Up);

    /// What is charged for the addition of a contribution to a cotangent: at least `|sum - (a + b)|`.
    #[inline]
    fn addition_error<F: Format>(a: F, b: F, sum: F) -> Up {
        F::add_error(a, b, sum)
    }

    /// The radii of `y = A B`, computed by [`Format::matmul`].
    fn product<F: Format>(a: BallMat<'_, F>, b: BallMat<'_, F>, y: &[F], radii: &mut [f64]);
}

/// A tensor of midpoints with the radii of one domain: each real value is within the radius of its midpoint.
///
/// The radius of what is not finite is ∞, with one exception. Nothing but -∞ is within a finite distance of -∞; so an element with
/// this value and a finite radius stands for -∞ itself, exactly. That is what an input makes of a mask that is added to scores, and
/// `e^-∞` is 0. An overflow is no such element: its radius is ∞.
#[derive(Debug)]
pub struct Ball<'a, F, D> {
    /// The computed values.
    pub mid: &'a [F],
    /// Their radii, as many as the domain keeps.
    pub rad: &'a [f64],
    domain: PhantomData<D>,
}

impl<F, D> Clone for Ball<'_, F, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, D> Copy for Ball<'_, F, D> {}

impl<'a, F: Format, D: Domain> Ball<'a, F, D> {
    /// Midpoints and radii side by side.
    #[inline]
    pub fn new(mid: &'a [F], rad: &'a [f64]) -> Self {
        debug_assert_eq!(rad.len(), D::len(mid.len()));
        Self { mid, rad, domain: PhantomData }
    }

    /// The first `numel` elements, of a tensor that has just so many.
    #[inline(always)]
    #[must_use]
    pub fn limited_to(self, numel: usize) -> Self {
        Self { mid: &self.mid[..numel], rad: &self.rad[..D::len(numel)], domain: PhantomData }
    }

    /// The elements of a range.
    #[inline(always)]
    #[must_use]
    pub(crate) fn part(self, range: Range<usize>) -> Self {
        Self { rad: &self.rad[D::range(0, range.start, range.len())], mid: &self.mid[range], domain: PhantomData }
    }

    /// The same ball of a domain that keeps as many radii.
    #[inline(always)]
    pub(crate) fn of<E: Domain>(self) -> Ball<'a, F, E> {
        Ball::new(self.mid, self.rad)
    }

    /// The radius of element `i`.
    #[inline]
    pub fn radius(&self, i: usize) -> Up {
        D::at(self.rad, i)
    }

    /// The value and radius of element `i`.
    #[inline]
    pub fn get(&self, i: usize) -> (F, Up) {
        (self.mid[i], self.radius(i))
    }

    /// A bound of the real value's magnitude.
    #[inline]
    pub fn magnitude(&self, i: usize) -> Up {
        self.mid[i].magnitude() + self.radius(i)
    }

    /// Whether both are the same node of the graph: then they are one real number and not two.
    #[inline]
    pub fn is_same_node(&self, other: &Self) -> bool {
        std::ptr::eq(self.mid, other.mid)
    }

    /// The ball as a matrix.
    pub(crate) fn matrix(self, rows: usize, cols: usize) -> BallMat<'a, F> {
        BallMat { mid: Mat::row_major(self.mid, rows, cols), rad: self.rad }
    }
}

/// A matrix of midpoints with radii, possibly transposed.
#[derive(Debug, Clone, Copy)]
pub struct BallMat<'a, F> {
    pub(crate) mid: Mat<'a, F>,
    pub(crate) rad: &'a [f64],
}

impl<F: Copy> BallMat<'_, F> {
    /// Rows and columns exchanged; nothing is moved.
    pub(crate) fn t(self) -> Self {
        Self { mid: self.mid.t(), rad: self.rad }
    }
}
