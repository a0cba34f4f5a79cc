//! Scaled dot-product attention, `softmax(q kᵀ / √d) v` in each of the leading axes: `[s, t, d], [s, u, d], [s, u, e] -> [s, t, e]`,
//! and with a mask whose shape is a suffix of `[s, t, u]`.
//!
//! | | |
//! |---|---|
//! | Value | `yᵢ = fl(Σⱼ fl(pᵢⱼ vⱼ))`, `pᵢ` the softmax of the row `zᵢⱼ = fl(c fl(qᵢ · kⱼ))`, `c` the number nearest to `1/√d` |
//! | Cotangent of `q` | `q̄ᵢ = fl(c fl(Σⱼ fl(sᵢⱼ kⱼ)))`, `sᵢ` the cotangent of `zᵢ`, that of `pᵢ` being `fl(ȳᵢ · vⱼ)` |
//! | Cotangents of `k`, `v` | `k̄ⱼ = fl(c fl(Σᵢ fl(sᵢⱼ qᵢ)))`, `v̄ⱼ = fl(Σᵢ fl(pᵢⱼ ȳᵢ))` |
//!
//! All is computed in the accumulator and rounded once to the format; nothing as large as `[t, u]` is kept. The operations of
//! a row of softmax and of its cotangent, their error bounds and the proof, and what a mask means, are those of `softmax.rs`.
//! The three operands may be one node: their contributions are added.
//!
//! # Error bound
//!
//! Every inner product `x · w` here, of numbers with radii `ξ` and `ω`, is taken once more in f64, and
//!
//! ```text
//! |y - x* · w*| <= |y - f64(x · w)| + κ' Σ |x w| + Σ (|x| ω + |w| ξ + ξ ω)     κ' of some units of 2^-53
//! ```
//!
//! whatever number `y` is taken for `x · w`. So rounding is measured, not bounded, unless the accumulator is f64 itself. Sums over keys and over
//! queries are in the order of sums of columns (`kernel/reduce.rs`), in f64 too. The radii of `z` go into the row,
//! the errors of `p` into the sums with `v`, and those of `ȳ · v` into the cotangent of the row. In a domain of norms that is the bound of
//! the roundings; what errors of the operands do has a bound of its own: `attention/norms.rs`.

mod enclosures;
mod measures;
mod norms;
mod radii;
mod sums;
#[cfg(test)]
mod tests;
mod torchlean;
mod values;

use nfgrad_shapes::{Dim, EndsWith, Shape};

use self::radii::{cotangent_radii, value_radii};
use self::values::{Lengths, cotangents, values};
use super::enclosing::{kept, mask_cotangent};
use super::repeat::repeated;
use super::softmax::Choice;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::scratch::with_scratch;
use crate::kernel::wide::WideBall;

/// Scaled dot-product attention; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Attention;

/// The methods of `Op`: `$mask` is the operand of that name or nothing, `$keep` and `$choice` say what it lets through.
macro_rules! methods {
    ($lengths:expr, $count:literal, [$($mask:ident $dmask:ident)?], $keep:expr, $choice:expr, $kept:expr) => {
        const NAME: &'static str = "attention";

        fn enclose<const W: usize>([q, k, v $(, $mask)?]: [&[WideBall<W>]; $count], y: &mut [WideBall<W>]) {
            enclosures::values($lengths, [q, k, v], $kept($($mask)?), y);
        }

        fn enclose_vjp<const W: usize>(
            [q, k, v $(, $mask)?]: [&[WideBall<W>]; $count],
            _: &[WideBall<W>],
            dy: &[WideBall<W>],
            [dq, dk, dv $(, $dmask)?]: [Option<&mut [WideBall<W>]>; $count],
        ) {
            enclosures::cotangents($lengths, [q, k, v, dy], $kept($($mask)?), [dq, dk, dv]);
            $(mask_cotangent($mask, $dmask);)?
        }

        #[inline]
        fn forward<F: Format>([q, k, v $(, $mask)?]: [&[F]; $count], y: &mut [F]) {
            with_scratch($lengths.values::<F::Acc>(), |scratch: [&mut [f64]; 3]| {
                values::<F, _>($lengths, [q, k, v], $keep($($mask)?), y, scratch);
            });
        }

        #[inline]
        fn forward_radius<F: Format, D: Domain>(
            [q, k, v $(, $mask)?]: [Ball<'_, F, D>; $count],
            y: &[F],
            radii: &mut [f64],
        ) {
            let choice = $choice($($mask)?);
            value_radii::<F, D>($lengths, [q, k, v], &choice, y, radii);
        }

        #[inline]
        fn vjp<F: Format>(
            [q, k, v $(, $mask)?]: [&[F]; $count],
            _: &[F],
            dy: &[F],
            [dq, dk, dv $(, $dmask)?]: [Option<&mut [F]>; $count],
        ) {
            if dq.is_some() || dk.is_some() || dv.is_some() {
                with_scratch($lengths.values::<F::Acc>(), |scratch: [&mut [f64]; 3]| {
                    cotangents::<F, _>($lengths, [q, k, v, dy], $keep($($mask)?), [dq, dk, dv], scratch);
                });
            }
            $(if let Some(dmask) = $dmask {
                dmask.fill(F::ZERO);
            })?
        }

        #[inline]
        fn vjp_radius<F: Format, D: Domain>(
            [q, k, v $(, $mask)?]: [Ball<'_, F, D>; $count],
            _: Ball<'_, F, D>,
            dy: Ball<'_, F, D>,
            [dq, dk, dv $(, $dmask)?]: [Option<Contribution<'_, F>>; $count],
        ) {
            let choice = $choice($($mask)?);
            cotangent_radii::<F, D>($lengths, [q, k, v, dy], &choice, [dq, dk, dv]);
            $(if let Some(Contribution { mid, radii }) = $dmask {
                D::fill(radii, mid.len(), |j: usize| Choice::of($mask.get(j)).doubt());
            })?
        }
    };
}

macro_rules! attention {
    ($($batch:ident)*) => {
        impl<$($batch: Dim,)* T: Dim, U: Dim, K: Dim, V: Dim>
            Op<(($($batch,)* T, K), ($($batch,)* U, K), ($($batch,)* U, V))> for Attention
        {
            type Out = ($($batch,)* T, V);
            methods!(
                Lengths {
                    batch: 1 $(* $batch::SIZE)*, queries: T::SIZE, keys: U::SIZE, width: K::SIZE, depth: V::SIZE
                },
                3, [], (|| |_: usize| true), (|| |_: usize| Choice::Kept), (|| |_: usize| Some(true))
            );

            fn torchlean<F: Format>(x: [Ball<'_, F, T0>; 3], y: &mut [F]) -> Up {
                let lengths = Lengths {
                    batch: 1 $(* $batch::SIZE)*, queries: T::SIZE, keys: U::SIZE, width: K::SIZE, depth: V::SIZE
                };
                torchlean::values(lengths, x, |_| Choice::Kept, y)
            }
        }

        impl<$($batch: Dim,)* T: Dim, U: Dim, K: Dim, V: Dim, M: Shape>
            Op<(($($batch,)* T, K), ($($batch,)* U, K), ($($batch,)* U, V), M)> for Attention
        where
            ($($batch,)* T, U): EndsWith<M>,
        {
            type Out = ($($batch,)* T, V);
            methods!(
                Lengths {
                    batch: 1 $(* $batch::SIZE)*, queries: T::SIZE, keys: U::SIZE, width: K::SIZE, depth: V::SIZE
                },
                4, [mask dmask],
                (|mask| keep::<($($batch,)* T, U), M, F>(mask)),
                (|mask| choice::<($($batch,)* T, U), M, F, D>(mask)),
                (|mask| enclosed::<($($batch,)* T, U), M, W>(mask))
            );

            fn torchlean<F: Format>([q, k, v, mask]: [Ball<'_, F, T0>; 4], y: &mut [F]) -> Up {
                let lengths = Lengths {
                    batch: 1 $(* $batch::SIZE)*, queries: T::SIZE, keys: U::SIZE, width: K::SIZE, depth: V::SIZE
                };
                torchlean::values(lengths, [q, k, v], choice::<($($batch,)* T, U), M, F, T0>(mask), y)
            }
        }
    };
}

attention!();
attention!(A);
attention!(A B);
attention!(A B C);
attention!(A B C E);

/// Whether the mask of a score is not 0.
#[inline(always)]
fn keep<S: EndsWith<M>, M: Shape, F: Format>(mask: &[F]) -> impl Fn(usize) -> bool {
    move |i| mask[repeated::<S, M>(i)] != F::ZERO
}

/// Whether the ball of the mask says that a score is kept.
fn enclosed<S: EndsWith<M>, M: Shape, const K: usize>(mask: &[WideBall<K>]) -> impl Fn(usize) -> Option<bool> {
    move |i| kept(&mask[repeated::<S, M>(i)])
}

/// What the mask says of a score.
#[inline(always)]
fn choice<S: EndsWith<M>, M: Shape, F: Format, D: Domain>(mask: Ball<'_, F, D>) -> impl Fn(usize) -> Choice {
    move |i| Choice::of(mask.get(repeated::<S, M>(i)))
}
