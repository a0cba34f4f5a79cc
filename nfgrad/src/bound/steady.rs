//! [`Steady`]: how the errors of an operand reach a result, element by element, and what follows for their 2-norm.

use super::{Ball, Domain, Up};
use crate::format::Format;

/// An operand of [`Domain::fill_steadily`], with what is promised of the rule: that its bounds are steady in the radius of the operand.
///
/// A domain that keeps the 2-norm `ε` of the errors of a tensor knows of each element only that it is within `ε`. But not all of them can be
/// so far off at once, and an op can say what follows from that.
///
/// # The promise
///
/// The elements of a result are in groups: each alone, or a row, or all. Operand `k`, whose radius is `εₖ`, reaches group `g` as one number
/// `tεₖ` with `t = t_{k,g}` between 0 and 1: the largest error among the elements that the group reads, or the mean of their errors. The bound
/// of result `i` of the group is a function `rᵢ(t₁, t₂, …)` of these. It is *steady* if it is no more than a sum of products of functions of
/// one `tₖ` each, all of which are not negative, not decreasing, and start slowly: `f(t) <= (1 - t) f(0) + t f(1)`.
///
/// Constants, `t ε`, its powers and `e^(tε) - 1` are such functions, hence all formulas that are made of them with `+`, `*` and numbers that
/// are not negative; and so is the maximum of such a function with 0. A minimum is not, for it may rise fast and then stay where it is.
///
/// # What follows
///
/// Write `r(S)` for the value of `r` where the operands of the set `S` have `t = 1` and the others `t = 0`. Then
///
/// ```text
/// rᵢ(t) <= rᵢ({}) + Σₖ tₖ dₖᵢ      dₖᵢ = max over the sets S without k of rᵢ(S with k) - rᵢ(S)
/// ‖r‖₂  <= ‖r({})‖₂ + Σₖ √cₖ max over groups of ‖dₖ‖₂        where Σ_g t_{k,g}² <= cₖ
/// ```
///
/// *Proof.* Multiply out: `r` is at most a sum of terms `C ∏ tₖ` over sets of operands, and the product of numbers between 0 and 1 is at most
/// the least of them. Let the operands be in the order of falling `t`, `S_j` the first `j` of them. A term over the set `K` contributes to
/// `r(S_j)` as soon as `S_j` contains `K`, so with `t₀ = 1`, `t_{n+1} = 0`
///
/// ```text
/// r(t) <= Σⱼ (tⱼ - tⱼ₊₁) r(Sⱼ) = r({}) + Σⱼ tⱼ (r(Sⱼ) - r(Sⱼ₋₁))
/// ```
///
/// No weight is negative, so each `r(S)` may be replaced by a number above it, such as the one that is computed, and the differences are then
/// those of computed numbers. The second line is Minkowski's inequality, then for each operand `Σ_g t² Σ_{i in g} dₖᵢ²`. ∎
///
/// What is `cₖ`? If every element of the operand is read by one group only, the squares of the largest errors of the groups add up to `εₖ²`
/// at most: 1. If each is read by `n` groups, `n`. If a group depends on the mean of `n` errors, each read once: `1/n`, for the square of a
/// mean is at most the mean of the squares.
#[derive(Debug)]
pub struct Steady<'a, F, D> {
    ball: Ball<'a, F, D>,
    /// `c` as a fraction; none where nothing is promised.
    spread: Option<(usize, usize)>,
}

impl<F, D> Clone for Steady<'_, F, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, D> Copy for Steady<'_, F, D> {}

impl<'a, F: Format, D: Domain> Ball<'a, F, D> {
    /// Each element is read by one element, or one group of elements, of the result.
    #[inline(always)]
    pub fn once(self) -> Steady<'a, F, D> {
        self.repeated(1)
    }

    /// Each element is read by so many elements, or groups, of the result.
    #[inline(always)]
    pub fn repeated(self, copies: usize) -> Steady<'a, F, D> {
        Steady { ball: self, spread: Some((copies, 1)) }
    }

    /// Each element is read by one element of the result, which depends on the mean of the radii of `terms` elements.
    #[inline(always)]
    pub fn averaged(self, terms: usize) -> Steady<'a, F, D> {
        Steady { ball: self, spread: Some((1, terms.max(1))) }
    }

    /// Each element is read by so many elements of the result, each of which depends on the mean of the radii of `terms` elements: `copies/terms`.
    #[inline(always)]
    pub(crate) fn averaged_over(self, terms: usize, copies: usize) -> Steady<'a, F, D> {
        Steady { ball: self, spread: Some((copies, terms.max(1))) }
    }

    /// Nothing is promised: the rule has this operand's whole radius everywhere.
    #[inline(always)]
    pub fn anyhow(self) -> Steady<'a, F, D> {
        Steady { ball: self, spread: None }
    }
}

impl<'a, F: Format, D: Domain> Steady<'a, F, D> {
    /// The same operand, of which something is promised only on a condition.
    #[inline(always)]
    #[must_use]
    pub fn only_if(self, holds: bool) -> Self {
        if holds { self } else { self.ball.anyhow() }
    }

    /// The same operand, of which nothing is promised.
    #[inline(always)]
    #[must_use]
    pub fn unpromised(self) -> Self {
        self.ball.anyhow()
    }

    /// The same operand of a domain that keeps as many radii.
    #[inline(always)]
    pub(super) fn of<E: Domain>(self) -> Steady<'a, F, E> {
        Steady { ball: self.ball.of(), spread: self.spread }
    }

    /// The operand as it is.
    #[inline(always)]
    pub(super) fn ball(self) -> Ball<'a, F, D> {
        self.ball
    }

    /// Whether there is anything to be gained: something is promised, and something is uncertain.
    #[inline(always)]
    pub(super) fn is_variable(&self) -> bool {
        self.spread.is_some() && self.ball.rad[0] != 0.0
    }

    /// The operand with its radius, or as if it were exact.
    #[inline(always)]
    pub(super) fn switched(&self, on: bool) -> Ball<'a, F, D> {
        if on { self.ball } else { Ball::new(self.ball.mid, &[0.0]) }
    }

    /// At least `√c`.
    #[inline]
    pub(super) fn gain(&self) -> Up {
        match self.spread {
            Some((copies, terms)) if copies != terms => Up::new(copies as f64).over(terms as f64).sqrt(),
            _ => Up::new(1.0),
        }
    }
}

/// What is asked of a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// That it be as small as can be.
    Smallest,
    /// That it be [steady](Steady) in the radii, which a minimum is not.
    Steady,
}

/// Fills in the radii of rows of `len` elements that `write` bounds. A domain of norms asks for a steady bound, and for the smallest one if that
/// is above `enough`: where radii are large a steady bound may be far beyond what a minimum knows. The smaller of the two is kept.
#[inline(always)]
pub(crate) fn fill_rows<'a, F: Format, D: Domain, const K: usize>(
    radii: &mut [f64],
    each: &mut [f64],
    (len, enough): (usize, f64),
    operands: [Steady<'a, F, D>; K],
    mut write: impl FnMut(Bound, [Ball<'a, F, D>; K], &mut [f64]),
) {
    if !D::IS_NORM {
        return D::fill_rows_steadily(radii, each, len, operands, |balls, each| write(Bound::Smallest, balls, each));
    }
    D::fill_rows_steadily(radii, each, len, operands, |balls, each| write(Bound::Steady, balls, each));
    let steady = radii[0];
    if steady > enough {
        let whole = operands.map(Steady::unpromised);
        D::fill_rows_steadily(radii, each, len, whole, |balls, each| write(Bound::Smallest, balls, each));
        radii[0] = radii[0].min(steady);
    }
}
