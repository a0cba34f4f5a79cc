//! The softmax along an axis, `e^x / Σ e^x`: `[s] -> [s]`, and with a mask `[s ++ t], [t] -> [s ++ t]`.
//!
//! | | |
//! |---|---|
//! | Value | `yⱼ = fl(eⱼ / S)`, and `fl(1 / S)` for the largest entry; `eⱼ` and `S` are those of a row of logits: `logits.rs` |
//! | Cotangent | `x̄ⱼ = fl(yⱼ gⱼ)`, `gⱼ = fl(dⱼ - c)`, `c = fl(Σ fl(yₖ dₖ))`, `dₖ = fl(ȳₖ - ȳ_m)`, `yₘ` the largest of the row |
//!
//! Computed in the accumulator and rounded once to the format. Shifting all `ȳ` of a row by the same number does not change the
//! real cotangent, for `Σ p = 1`; shifted by that of the largest entry, nothing cancels where the row is nearly certain.
//!
//! # The mask
//!
//! An entry whose mask is 0 is left out: its `y` is exactly 0, and so is its cotangent. The mask is repeated over the leading axes
//! of `x`. It is a choice and not a number: its own cotangent is 0. Where its radius leaves open whether it is 0, and in a row
//! of which nothing is left, nothing is known: the radii are ∞ (and the values of an empty row 0).
//!
//! # Error bound
//!
//! With `Δⱼ` and the running errors of a row of logits, `p*` the real softmax, `P >= p*`, `Q >= 1 - p*`, `δ` the radii of `ȳ`,
//! `ρⱼ` the first line, or the radius of `y` where that is smaller, or 1, since every share is between 0 and 1, and `d*ₖ = ȳₖ - ȳ_m` without its rounding `rₖ`,
//!
//! ```text
//! |yⱼ - p*ⱼ|  <= Δⱼ + |fl(eⱼ / S) - e*ⱼ / S*| + |yⱼ - acc|
//! |x̄ⱼ - x̄*ⱼ| <= |yⱼ| γⱼ + ρⱼ (|gⱼ| + γⱼ) + Pⱼ (Qⱼ δⱼ + Σ_{k≠j} Pₖ δₖ) + (the roundings of the product)
//! γⱼ = rⱼ + |gⱼ - (dⱼ - c)| + Σ (yₖ rₖ + ρₖ (|dₖ| + rₖ) + |fl(yₖ dₖ) - yₖ dₖ|) + κ Σ |fl(yₖ dₖ)|
//! ```
//!
//! *Proof.* The real cotangent `p*ⱼ (ȳ*ⱼ - Σ p*ₖ ȳ*ₖ)` is linear in `ȳ*`. Its change from `ȳ` to `ȳ*` is
//! `p*ⱼ ((1 - p*ⱼ) (ȳ* - ȳ)ⱼ - Σ_{k≠j} p*ₖ (ȳ* - ȳ)ₖ)`: the term with `δ`. The rest is exact arithmetic on `d*` and `p*`, against
//! which `d`, `y` and their products and sums are held one by one, by the rules of products and of sums. ∎

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::{EndsWith, Shape};

use super::axis::{Extent, OneAxis};
use super::logits::{Block, RowBall, ball_room, room, total};
use super::repeat::repeated;
use super::rounding::{guarded, narrowing_error, product_error};
use super::torchlean::{self, Tensor};
use super::{Contribution, Op};
use crate::bound::{Ball, Bound, Domain, Elementwise, T0, Up, fill_rows};
use crate::format::{Accumulator, Format, sum_error};
use crate::kernel::dispatch::wide;
use crate::kernel::reduce::{sum_height, sum_of};
use crate::kernel::scratch::{split, with_scratch};

/// The softmax along the axis `A`, an [`Axis`](super::Axis); see the [module](self).
#[derive(Clone, Copy)]
pub struct Softmax<A>(PhantomData<fn() -> A>);

impl<A> Debug for Softmax<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Softmax")
    }
}

impl<A: OneAxis<S>, S: Shape> Op<(S,)> for Softmax<A> {
    const NAME: &'static str = "softmax";
    type Out = S;

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        forward(A::EXTENT, x, |_| true, y);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        forward_radius(A::EXTENT, x, |_| Choice::Kept, y, radii);
    }

    #[inline]
    fn vjp<F: Format>(_: [&[F]; 1], y: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            vjp(A::EXTENT, |_| true, y, dy, dx);
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [x]: [Ball<'_, F, D>; 1],
        y: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx]: [Option<Contribution<'_, F>>; 1],
    ) {
        if let Some(dx) = dx {
            vjp_radius([x, y, dy], A::EXTENT, |_| Choice::Kept, dx);
        }
    }

    fn torchlean<F: Format>([x]: [Ball<'_, F, T0>; 1], y: &mut [F]) -> Up {
        torchlean_values(A::EXTENT, x, |_| Choice::Kept, y)
    }

    fn torchlean_vjp<F: Format>(
        _: [Ball<'_, F, T0>; 1],
        y: Ball<'_, F, T0>,
        dy: Ball<'_, F, T0>,
        [dx]: [Option<&mut [F]>; 1],
    ) -> [Option<Up>; 1] {
        [dx.map(|dx| torchlean_cotangents(A::EXTENT, y, dy, dx))]
    }
}

impl<A: OneAxis<S>, S: EndsWith<M>, M: Shape> Op<(S, M)> for Softmax<A> {
    const NAME: &'static str = "softmax";
    type Out = S;

    #[inline]
    fn forward<F: Format>([x, mask]: [&[F]; 2], y: &mut [F]) {
        forward(A::EXTENT, x, |i| mask[repeated::<S, M>(i)] != F::ZERO, y);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x, mask]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
        forward_radius(A::EXTENT, x, |i| Choice::of(mask.get(repeated::<S, M>(i))), y, radii);
    }

    #[inline]
    fn vjp<F: Format>([_, mask]: [&[F]; 2], y: &[F], dy: &[F], [dx, dmask]: [Option<&mut [F]>; 2]) {
        if let Some(dx) = dx {
            vjp(A::EXTENT, |i| mask[repeated::<S, M>(i)] != F::ZERO, y, dy, dx);
        }
        if let Some(dmask) = dmask {
            dmask.fill(F::ZERO);
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [x, mask]: [Ball<'_, F, D>; 2],
        y: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx, dmask]: [Option<Contribution<'_, F>>; 2],
    ) {
        if let Some(dx) = dx {
            vjp_radius([x, y, dy], A::EXTENT, |i| Choice::of(mask.get(repeated::<S, M>(i))), dx);
        }
        if let Some(Contribution { radii, .. }) = dmask {
            D::fill(radii, M::NUMEL, |j: usize| Choice::of(mask.get(j)).doubt());
        }
    }

    fn torchlean<F: Format>([x, mask]: [Ball<'_, F, T0>; 2], y: &mut [F]) -> Up {
        torchlean_values(A::EXTENT, x, |i| Choice::of(mask.get(repeated::<S, M>(i))), y)
    }

    fn torchlean_vjp<F: Format>(
        [_, mask]: [Ball<'_, F, T0>; 2],
        y: Ball<'_, F, T0>,
        dy: Ball<'_, F, T0>,
        [dx, dmask]: [Option<&mut [F]>; 2],
    ) -> [Option<Up>; 2] {
        let dmask = dmask.map(|dmask| {
            dmask.fill(F::ZERO);
            (0..M::NUMEL).map(|j| Choice::of(mask.get(j)).doubt()).fold(Up::ZERO, Up::max)
        });
        [dx.map(|dx| torchlean_cotangents(A::EXTENT, y, dy, dx)), dmask]
    }
}

/// TorchLean's values and their bound, row by row.
fn torchlean_values<F: Format>(
    extent: Extent,
    x: Ball<'_, F, T0>,
    choice: impl Fn(usize) -> Choice,
    y: &mut [F],
) -> Up {
    let mut largest = Up::ZERO;
    for target in 0..extent.targets() {
        let sources: Vec<usize> = extent.sources(target).collect();
        let row = Tensor { mid: sources.iter().map(|&i| x.mid[i]).collect(), error: x.radius(0) };
        let shares = torchlean::softmax(&row, |k| choice(sources[k]).kept());
        sources.iter().zip(&shares.mid).for_each(|(&i, &share)| y[i] = share);
        let doubt = sources.iter().map(|&i| choice(i).doubt()).fold(Up::ZERO, Up::max);
        largest = largest.max(shares.error + doubt);
    }
    largest
}

/// TorchLean's contributions and their bound. What a mask leaves out has `y = 0` and contributes 0.
fn torchlean_cotangents<F: Format>(extent: Extent, y: Ball<'_, F, T0>, dy: Ball<'_, F, T0>, dx: &mut [F]) -> Up {
    let mut largest = Up::ZERO;
    for target in 0..extent.targets() {
        let row = |x: Ball<'_, F, T0>| {
            let mid = extent.sources(target).map(|i| x.mid[i]).collect();
            Tensor { mid, error: x.radius(0) }
        };
        let pulled = torchlean::softmax_vjp(&row(y), &row(dy));
        extent.sources(target).zip(&pulled.mid).for_each(|(i, &share)| dx[i] = share);
        largest = largest.max(pulled.error);
    }
    largest
}

/// What a mask says of an entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Choice {
    /// Not 0.
    Kept,
    /// Exactly 0.
    Dropped,
    /// It is dropped or kept as its midpoint says, but the real mask may say otherwise.
    Doubtful {
        /// What the midpoint says.
        kept: bool,
    },
}

impl Choice {
    /// Of a number with its radius.
    #[inline(always)]
    pub(super) fn of<F: Format>((mask, radius): (F, Up)) -> Self {
        let kept = mask != F::ZERO;
        if kept && radius.get() < mask.magnitude().get() {
            Self::Kept
        } else if !kept && radius == Up::ZERO {
            Self::Dropped
        } else {
            Self::Doubtful { kept }
        }
    }

    /// Whether the computation keeps the entry.
    #[inline(always)]
    pub(super) fn kept(self) -> bool {
        matches!(self, Self::Kept | Self::Doubtful { kept: true })
    }

    /// ∞ if the real mask may say otherwise.
    #[inline(always)]
    pub(super) fn doubt(self) -> Up {
        if matches!(self, Self::Doubtful { .. }) { Up::INFINITY } else { Up::ZERO }
    }
}

#[inline]
fn forward<F: Format>(extent: Extent, x: &[F], keep: impl Fn(usize) -> bool, y: &mut [F]) {
    with_scratch([extent.len, room(extent.len)], |[z, room]: [&mut [f64]; 2]| values(extent, x, keep, y, [z, room]));
}

wide! {
    fn values<F: Format, K: Fn(usize) -> bool>(extent: Extent, x: &[F], keep: K, y: &mut [F], scratch: [&mut [f64]; 2]) {
        let [z, room] = scratch;
        for target in 0..extent.targets() {
            let count = gather(extent.sources(target).filter(|&i| keep(i)), |i| x[i].to_f64(), z);
            let block = Block::<F::Acc>::new(&z[..count], count, 0..1, room);
            let (row, weights) = block.row(0);
            extent.sources(target).for_each(|i| y[i] = F::ZERO);
            for (i, (j, &weight)) in extent.sources(target).filter(|&i| keep(i)).zip(weights.iter().enumerate()) {
                y[i] = F::from_acc(row.share(j, weight));
            }
        }
    }
}

/// Writes a number for each index, in order; returns how many.
#[inline(always)]
pub(super) fn gather(indices: impl Iterator<Item = usize>, number: impl Fn(usize) -> f64, out: &mut [f64]) -> usize {
    let mut count = 0;
    for (i, out) in indices.zip(out) {
        *out = number(i);
        count += 1;
    }
    count
}

#[inline]
fn forward_radius<F: Format, D: Domain>(
    extent: Extent,
    x: Ball<'_, F, D>,
    choice: impl Fn(usize) -> Choice,
    y: &[F],
    radii: &mut [f64],
) {
    let len = extent.len;
    with_scratch([3 * len, room(len), ball_room(len), y.len()], |[rows, room, ball, each]: [&mut [f64]; 4]| {
        // Two points of a simplex are not farther apart than √2, and one radius bounds at least one row.
        fill_rows(radii, each, (len * extent.inner, 1.0), [x.once()], |bound, [x], each| {
            value_radii(bound, extent, x, &choice, y, [&mut *rows, &mut *room, &mut *ball], each);
        });
    });
}

wide! {
    fn value_radii<F: Format, D: Domain, K: Fn(usize) -> Choice>(
        bound: Bound,
        extent: Extent,
        x: Ball<'_, F, D>,
        choice: K,
        y: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let [rows, room, ball] = scratch;
        let [z, zeta, shares] = split(rows, extent.len);
        for target in 0..extent.targets() {
            let kept = || extent.sources(target).filter(|&i| choice(i).kept());
            let count = gather(kept(), |i| x.mid[i].to_f64(), z);
            gather(kept(), |i| x.radius(i).get(), zeta);
            let unknown = doubt(extent.sources(target).map(&choice), count);
            let row = Ball::<f64, Elementwise>::new(&z[..count], &zeta[..count]);
            let block = Block::<F::Acc>::new(row.mid, count, 0..1, room);
            // The errors take the place of the radii, which are read before.
            RowBall::new(block.row(0), row, ball).kept_for(bound).shares(shares, zeta);
            extent.sources(target).for_each(|i| out[i] = unknown.get());
            for (i, (&share, &error)) in kept().zip(shares.iter().zip(&*zeta)) {
                let error = Up::new(error) + narrowing_error(Format::restored(share), y[i]);
                let error = if bound == Bound::Steady { error } else { error.min(farthest(y[i])) };
                out[i] = (guarded(y[i], error) + unknown).get();
            }
        }
    }
}

/// At least the distance to every number of `[0, 1]`, where the real share lies. That of a computed share is not below 0.
#[inline(always)]
fn farthest<F: Format>(share: F) -> Up {
    share.magnitude().max(Up::new(1.0))
}

/// ∞ if the mask of a row leaves a doubt, or nothing of the row.
#[inline(always)]
pub(super) fn doubt(choices: impl Iterator<Item = Choice>, count: usize) -> Up {
    let doubt = choices.map(Choice::doubt).fold(Up::ZERO, Up::max);
    if count == 0 { Up::INFINITY } else { doubt }
}

#[inline]
fn vjp<F: Format>(extent: Extent, keep: impl Fn(usize) -> bool, y: &[F], dy: &[F], dx: &mut [F]) {
    with_scratch([2 * extent.len], |[rows]: [&mut [f64]; 1]| cotangents(extent, keep, y, dy, dx, rows));
}

wide! {
    fn cotangents<F: Format, K: Fn(usize) -> bool>(
        extent: Extent,
        keep: K,
        y: &[F],
        dy: &[F],
        dx: &mut [F],
        rows: &mut [f64],
    ) {
        let [shares, differences] = split(rows, extent.len);
        for target in 0..extent.targets() {
            let kept = || extent.sources(target).filter(|&i| keep(i));
            let count = gather(kept(), |i| y[i].to_f64(), shares);
            gather(kept(), |i| dy[i].to_f64(), differences);
            let mean = mean_difference::<F::Acc>(&shares[..count], &mut differences[..count]).0;
            extent.sources(target).for_each(|i| dx[i] = F::ZERO);
            for (i, &d) in kept().zip(&*differences) {
                dx[i] = F::from_acc(y[i].to_acc() * (F::Acc::restored(d) - mean));
            }
        }
    }
}

/// Replaces `ȳ` by `d`; returns `c`, and the `ȳ` of the largest `y`.
#[inline(always)]
pub(super) fn mean_difference<A: Accumulator>(y: &[f64], d: &mut [f64]) -> (A, A) {
    let top = (1..y.len()).fold(0, |top, k| if y[k] > y[top] { k } else { top });
    let base = d.get(top).map_or(A::zero(), |&d| A::restored(d));
    for d in &mut *d {
        *d = (A::restored(*d) - base).to_f64();
    }
    (sum_of::<A>(y.len(), |k| A::restored(y[k]) * A::restored(d[k])), base)
}

#[inline]
fn vjp_radius<F: Format, D: Domain>(
    x: [Ball<'_, F, D>; 3],
    extent: Extent,
    choice: impl Fn(usize) -> Choice,
    Contribution { mid, radii }: Contribution<'_, F>,
) {
    let len = extent.len;
    with_scratch([7 * len, room(len), ball_room(len), mid.len()], |[rows, room, ball, each]: [&mut [f64]; 4]| {
        let operands = [x[0].once(), x[1].anyhow(), x[2].once()];
        fill_rows(radii, each, (len * extent.inner, f64::MAX), operands, |bound, x, each| {
            cotangent_radii(bound, x, extent, &choice, mid, [&mut *rows, &mut *room, &mut *ball], each);
        });
    });
}

wide! {
    fn cotangent_radii<F: Format, D: Domain, K: Fn(usize) -> Choice>(
        bound: Bound,
        x: [Ball<'_, F, D>; 3],
        extent: Extent,
        choice: K,
        dx: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let ([x, y, dy], [rows, room, ball]) = (x, scratch);
        let [z, zeta, shares, rho, d, delta, error] = split(rows, extent.len);
        for target in 0..extent.targets() {
            let kept = || extent.sources(target).filter(|&i| choice(i).kept());
            let count = gather(kept(), |i| x.mid[i].to_f64(), z);
            gather(kept(), |i| x.radius(i).get(), zeta);
            gather(kept(), |i| dy.radius(i).get(), delta);
            let row = Ball::<f64, Elementwise>::new(&z[..count], &zeta[..count]);
            let block = Block::<F::Acc>::new(row.mid, count, 0..1, room);
            let row = RowBall::new(block.row(0), row, ball).kept_for(bound);
            row.shares(shares, rho);
            for (k, i) in kept().enumerate() {
                let own = Up::new(rho[k]) + narrowing_error(Format::restored(shares[k]), y.mid[i]);
                let known = if bound == Bound::Steady { own } else { own.min(y.radius(i)).min(farthest(y.mid[i])) };
                rho[k] = guarded(y.mid[i], known).get();
                (shares[k], d[k]) = (y.mid[i].to_f64(), dy.mid[i].to_f64());
            }
            let (d, error) = (&mut d[..count], &mut error[..count]);
            pull(&row, [&shares[..count], &rho[..count], &delta[..count]], d, error);
            let unknown = doubt(extent.sources(target).map(&choice), count) + row.unknown();
            extent.sources(target).for_each(|i| out[i] = unknown.get());
            for (i, (&d, &error)) in kept().zip(d.iter().zip(&*error)) {
                let error = Up::new(error) + narrowing_error(Format::restored(d), dx[i]);
                out[i] = (guarded(dx[i], error) + unknown).get();
            }
        }
    }
}

/// Replaces `ȳ` by the cotangents `y (d - c)` and writes at least their distance from the real ones, given `y`, its errors and the
/// radii of `ȳ`. The row is that of the real softmax.
#[inline(always)]
pub(super) fn pull<A: Accumulator>(
    row: &RowBall<'_, A>,
    [y, rho, delta]: [&[f64]; 3],
    d: &mut [f64],
    error: &mut [f64],
) {
    error.copy_from_slice(d);
    let (mean, base) = mean_difference::<A>(y, d);
    for (r, &d) in error.iter_mut().zip(&*d) {
        *r = A::add_error(A::restored(*r), Format::neg(base), A::restored(d)).get();
    }
    let mean_error = mean_error::<A>([y, rho, d, error]);
    let uncertain = |k: usize| (row.probability_of(k).at_most() * Up::new(delta[k])).get();
    let all = total(y.len(), uncertain);
    let rest = total(y.len(), |k| if k == row.row.top { 0.0 } else { uncertain(k) });
    for k in 0..y.len() {
        let (difference, factor): (A, A) = (Format::restored(d[k]), Format::restored(y[k]));
        let slope = difference - mean;
        let slope_error = Up::new(error[k]) + mean_error + A::add_error(difference, Format::neg(mean), slope);
        let product = factor * slope;
        let p = row.probability_of(k);
        let others = if k == row.row.top { rest } else { all };
        let propagated = p.at_most() * (p.others_at_most() * Up::new(delta[k]) + others);
        let own = product_error((factor, Up::new(rho[k])), (slope, slope_error)) + A::mul_error(factor, slope, product);
        (d[k], error[k]) = (product.to_f64(), (own + propagated).get());
    }
}

/// At least the error of `c`, given `y`, its errors, `d` and the roundings of that.
#[inline(always)]
fn mean_error<A: Accumulator>([y, rho, d, error]: [&[f64]; 4]) -> Up {
    let product = |k: usize| -> A { A::restored(y[k]) * A::restored(d[k]) };
    let inherited = total(y.len(), |k| {
        let (y, d): (A, A) = (Format::restored(y[k]), Format::restored(d[k]));
        let factors = product_error((y, Up::new(rho[k])), (d, Up::new(error[k])));
        (factors + A::mul_error(y, d, product(k))).get()
    });
    let magnitude = total(y.len(), |k| product(k).magnitude().get());
    let nonzero = d.iter().filter(|&&d| d != 0.0).count();
    let height = sum_height::<A>(y.len()).min(nonzero.saturating_sub(1));
    inherited + sum_error::<A>(height).relative * magnitude
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::Axis;
    use super::super::testing::{Case1, Case2, elementwise, elementwise1, uniform1};
    use super::*;

    type Row = (D<4>,);
    type Matrix = (D<2>, D<2>);

    #[test]
    fn columns_are_normalised() {
        let x = [0.0, 5.0, 3_f64.ln(), 5.0];
        let case = Case1 { x: &x, dy: &[1.0, 2.0, 0.0, 2.0], ..Case1::default() };
        let result = elementwise1::<Softmax<Axis<0>>, Matrix, _>(case);
        for (y, exact) in result.y.iter().zip([0.25, 0.5, 0.75, 0.5]) {
            assert!((y - exact).abs() < 1e-15);
        }
        for (dx, exact) in result.dx[0].iter().zip([3.0 / 16.0, 0.0, -3.0 / 16.0, 0.0]) {
            assert!((dx - exact).abs() < 1e-15);
        }
        assert!(result.rad_y.iter().chain(&result.rad_dx[0]).all(|&r| r < 1e-14));
    }

    #[test]
    fn what_the_mask_drops_is_exactly_zero() {
        let case = Case2::<f32> {
            a: &[1e30, 2.0, f32::NAN, 2.0],
            b: &[0.0, 1.0, 0.0, -3.0],
            dy: &[9.0, 1.0, f32::INFINITY, 0.0],
            ..Case2::default()
        };
        let result = elementwise::<Softmax<Axis<0>>, Row, Row, _>(case);
        assert_eq!(result.y, [0.0, 0.5, 0.0, 0.5]);
        assert_eq!((result.rad_y[0], result.rad_y[2]), (0.0, 0.0));
        assert!(result.rad_y[1] < 1e-7 && result.rad_y[3] < 1e-7);
        assert_eq!(result.dx[0], [0.0, 0.25, 0.0, -0.25]);
        assert_eq!((result.rad_dx[0][0], result.rad_dx[0][2]), (0.0, 0.0));
        assert_eq!((&result.dx[1][..], &result.rad_dx[1][..]), (&[0.0; 4][..], &[0.0; 4][..]));
    }

    #[test]
    fn an_empty_row_and_a_doubtful_mask_are_unknown() {
        let case = Case2::<f64> { a: &[1.0; 4], b: &[0.0; 4], dy: &[1.0; 4], ..Case2::default() };
        let result = elementwise::<Softmax<Axis<0>>, Row, Row, _>(case);
        assert_eq!((&result.y[..], &result.rad_y[..]), (&[0.0; 4][..], &[f64::INFINITY; 4][..]));
        assert_eq!(result.rad_dx[0], [f64::INFINITY; 4]);
        let case = Case2 { b: &[1.0, 1.0, 0.5, 0.0], beta: &[0.5, 0.0, 0.5, 0.0], ..case };
        let result = elementwise::<Softmax<Axis<0>>, Row, Row, _>(case);
        assert_eq!(result.rad_y, [f64::INFINITY; 4]);
        assert_eq!(result.rad_dx[1], [0.0, 0.0, f64::INFINITY, 0.0]);
    }

    #[test]
    fn a_long_row_is_bounded_by_its_sensitivity() {
        const LONG: usize = 1024;
        let x: Vec<f32> = (0..LONG).map(|i| f32::from_f64((i * 7919 % 1000) as f64 / 500.0 - 1.0)).collect();
        let (alpha, dy) = ([1e-4; LONG], [1.0; LONG]);
        let case = Case1 { x: &x, alpha: &alpha, dy: &dy, ..Case1::default() };
        // No entry moves by more than twice its value times the radius.
        let largest = result_max(&elementwise1::<Softmax<Axis<0>>, (D<LONG>,), _>(case).y);
        let result = uniform1::<Softmax<Axis<0>>, (D<LONG>,), _>(case);
        assert!(result.rad_y[0] < 2.2e-4 * largest, "{} {largest}", result.rad_y[0]);
        // Equal cotangents have no effect.
        assert!(result.rad_dx[0][0] < 1e-12, "{}", result.rad_dx[0][0]);
    }

    fn result_max(y: &[f32]) -> f64 {
        y.iter().map(|&y| f64::from(y)).fold(0.0, f64::max)
    }
}
