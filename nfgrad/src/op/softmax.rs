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
//! of `x`. It is a choice and not a number: its own cotangent is 0. A row of which nothing is left is 0, as that of attention in ONNX and `PyTorch`, and so
//! is its cotangent, exactly. Where the radius of the mask leaves open whether it is 0 nothing is known: the radii of the row are ∞.
//!
//! An entry that is -∞ itself (see [`Ball`]), as a mask that was added makes it, is left out in the same way: the softmax of -∞ is 0. So is a
//! row of nothing else.
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

mod choice;
pub(super) mod enclosures;
mod radii;
#[cfg(test)]
mod tests;
mod torchlean;
mod values;

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::{EndsWith, Shape};

pub(super) use self::choice::{Choice, doubt, gather};
use self::choice::{remaining, unknown};
pub(super) use self::radii::pull;
pub(super) use self::values::mean_difference;

use self::radii::{forward_radius, vjp_radius};
use self::values::{forward, vjp};
use super::axis::OneAxis;
use super::enclosing::{kept, mask_cotangent};
use super::repeat::repeated;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::wide::WideBall;

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
        torchlean::values(A::EXTENT, x, |_| Choice::Kept, y)
    }

    fn torchlean_vjp<F: Format>(
        _: [Ball<'_, F, T0>; 1],
        y: Ball<'_, F, T0>,
        dy: Ball<'_, F, T0>,
        [dx]: [Option<&mut [F]>; 1],
    ) -> [Option<Up>; 1] {
        [dx.map(|dx| torchlean::cotangents(A::EXTENT, y, dy, dx))]
    }

    fn enclose<const K: usize>([x]: [&[WideBall<K>]; 1], y: &mut [WideBall<K>]) {
        enclosures::values(A::EXTENT, x, &|_| Some(true), y);
    }

    fn enclose_vjp<const K: usize>(
        _: [&[WideBall<K>]; 1],
        y: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx]: [Option<&mut [WideBall<K>]>; 1],
    ) {
        if let Some(dx) = dx {
            enclosures::cotangents(A::EXTENT, &|_| Some(true), [y, dy], dx);
        }
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
        torchlean::values(A::EXTENT, x, |i| Choice::of(mask.get(repeated::<S, M>(i))), y)
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
        [dx.map(|dx| torchlean::cotangents(A::EXTENT, y, dy, dx)), dmask]
    }

    fn enclose<const K: usize>([x, mask]: [&[WideBall<K>]; 2], y: &mut [WideBall<K>]) {
        enclosures::values(A::EXTENT, x, &|i| kept(&mask[repeated::<S, M>(i)]), y);
    }

    fn enclose_vjp<const K: usize>(
        [_, mask]: [&[WideBall<K>]; 2],
        y: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx, dmask]: [Option<&mut [WideBall<K>]>; 2],
    ) {
        if let Some(dx) = dx {
            enclosures::cotangents(A::EXTENT, &|i| kept(&mask[repeated::<S, M>(i)]), [y, dy], dx);
        }
        mask_cotangent(mask, dmask);
    }
}
