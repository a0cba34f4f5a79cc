//! A window of weights slides over images: `conv2d(x, w)` and `conv2d(x, w, b, stride = S, padding = P, dilation = D, groups = G)`.
//!
//! `x` is `[N, C, H, W]`, or `[C, H, W]` for a single image; `w` is `[O, C/G, KH, KW]`, `b` is `[O]`, and the result `[N, O, H', W']`, where
//!
//! ```text
//! H' = floor((H + 2 P - D (KH - 1) - 1) / S) + 1     and W' likewise
//! ```
//!
//! As in every library of today nothing is mirrored (it is a cross-correlation), `P` zeros are thought on all four sides, and with `G`
//! groups each of them sees a `G`-th of the channels and gives a `G`-th of the outputs.
//!
//! | | |
//! |---|---|
//! | Value | `y[o, i, j] = fl(Σ w[o, c, a, b] x[c, i S + a D - P, j S + b D - P] + b[o])`, accumulated and rounded once to the format |
//! | Cotangents | `w̄ = fl(Σ ȳ x)`, `x̄ = fl(Σ w ȳ)`, `b̄ = fl(Σ ȳ)`, each accumulated and rounded once |
//!
//! # What is computed
//!
//! With `X` the matrix whose columns are the windows of one image (`c`, `a` and `b` count its rows; the padding is zeros), and one more row
//! of ones if there is a bias, all of it in the accumulator:
//!
//! ```text
//! y = [w b] X            one matrix product for each image and group
//! w̄ = Σ ȳ Xᵀ             one for each bundle of images, added up in the order of sums of columns
//! x̄ = fold(wᵀ ȳ)         one for each image; an entry that several windows have gets the sum of as many entries, likewise
//! b̄ = Σ Σ ȳ              the sum over the images of the sums over the windows
//! ```
//!
//! # Error bound
//!
//! The value is a matrix product, so it has the bound of one, [`Domain::product`]: with `R` the radii and `κ` the rounding constant
//! of an inner product of length `k = KH KW C/G`, or one more with a bias,
//!
//! ```text
//! |y - y*| <= |w| R_X + R_w |X| + R_w R_X + κ |w||X| + underflow   (+ h(y) where the format is narrower)
//! ```
//!
//! *Proof.* `X` is made of entries of `x`, which have their radii, and of zeros and ones, which are what they stand for and have
//! the radius 0: the padding takes part in no term but the underflow, which is charged for each of the `k` products. `1 b[o]` is
//! exact. The rest is the proof of [`matmul`](super::matmul). ∎
//!
//! A cotangent that is a sum of `t` entries of products `p`, each with its radius `ρ` from [`Domain::product`], is off by
//!
//! ```text
//! Σ ρ + κ' Σ |p| + |x̄ - acc|      κ' of [`sum_error`](crate::format::sum_error) for the height of the tree, t - 1 at most
//! ```
//!
//! where `|p|` are the numbers that are added and `acc` is their sum, both computed again. For `x̄`, `t` is the
//! number of windows that have the entry at hand: one that is in a single window is charged nothing, and one that is in none has the
//! cotangent 0 with radius 0. For `b̄` the rounding of the sums is measured: `summed.rs`. Where the format is narrower `h` of the value is added to its
//! radius.
//!
//! In a domain of norms each radius has a bound of its own: `conv2d/norms.rs`.
//!
//! Sources: Higham 2002, section 3.5, for the products; [`product_error`](crate::format::product_error) and `sum_error` for the constants.

mod enclosures;
mod norms;
mod radii;
#[cfg(test)]
mod tests;
mod torchlean;
mod values;

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::Dim;

use super::sliding::{Frame, Track};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// The convolution with stride `S`, padding `P`, dilation `E` and `G` groups, whose result has the height `H` and the width `W`; see
/// the [module](self).
#[derive(Clone, Copy)]
pub struct Conv2d<S, P, E, G, H, W>(PhantomData<(S, P, E, G, H, W)>);

impl<S, P, E, G, H, W> Debug for Conv2d<S, P, E, G, H, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Conv2d")
    }
}

/// All lengths of a convolution.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    images: usize,
    groups: usize,
    /// The outputs of a group.
    outputs: usize,
    /// The channels of one image that a group sees, with the windows.
    frame: Frame,
}

impl<S: Dim, P: Dim, E: Dim, G: Dim, H: Dim, W: Dim> Conv2d<S, P, E, G, H, W> {
    /// The lengths for images `[channels, height, width]` and weights of the lengths `w`.
    const fn lengths(
        images: usize,
        [height, width]: [usize; 2],
        [outputs, channels, high, wide]: [usize; 4],
    ) -> Lengths {
        let groups = if G::SIZE == 0 { 1 } else { G::SIZE };
        Lengths {
            images,
            groups,
            outputs: outputs / groups,
            frame: Frame {
                channels,
                down: Self::track(height, H::SIZE, high),
                across: Self::track(width, W::SIZE, wide),
            },
        }
    }

    const fn track(length: usize, windows: usize, size: usize) -> Track {
        Track { length, windows, size, stride: S::SIZE, padding: P::SIZE, dilation: E::SIZE }
    }
}

impl Lengths {
    /// Does not compile unless the lengths fit together.
    const fn check(&self, channels: usize, outputs: usize) {
        assert!(
            self.frame.channels * self.groups == channels && self.outputs * self.groups == outputs,
            "the groups of `conv2d` do not divide its channels"
        );
        assert!(
            self.frame.down.is_valid() && self.frame.across.is_valid(),
            "the windows of `conv2d` do not fit into the image, or their number is another"
        );
    }
}

macro_rules! impl_conv2d {
    ([$($n:ident)?] [$($bias:ident)?] $operands:literal) => {
        impl<$($n: Dim,)? C: Dim, Y: Dim, X: Dim, O: Dim, I: Dim, J: Dim, K: Dim, S: Dim, P: Dim, E: Dim, G: Dim, H: Dim, W: Dim>
            Op<(($($n,)? C, Y, X), (O, I, J, K), $(($bias,),)?)> for Conv2d<S, P, E, G, H, W>
        {
            const NAME: &'static str = "conv2d";
            type Out = ($($n,)? O, H, W);
            const VALID: () = Self::lengths(
                1 $(* $n::SIZE)?,
                [Y::SIZE, X::SIZE],
                [O::SIZE, I::SIZE, J::SIZE, K::SIZE],
            )
            .check(C::SIZE, O::SIZE);

            #[inline]
            fn forward<F: Format>(x: [&[F]; $operands], y: &mut [F]) {
                let lengths = const {
                    Self::lengths(1 $(* $n::SIZE)?, [Y::SIZE, X::SIZE], [O::SIZE, I::SIZE, J::SIZE, K::SIZE])
                };
                lengths.forward(x[0], x[1], x.get(2).copied(), y);
            }

            #[inline]
            fn forward_radius<F: Format, D: Domain>(x: [Ball<'_, F, D>; $operands], y: &[F], radii: &mut [f64]) {
                let lengths = const {
                    Self::lengths(1 $(* $n::SIZE)?, [Y::SIZE, X::SIZE], [O::SIZE, I::SIZE, J::SIZE, K::SIZE])
                };
                lengths.forward_radius(x[0], x[1], x.get(2).copied(), y, radii);
            }

            #[inline]
            fn vjp<F: Format>(x: [&[F]; $operands], _: &[F], dy: &[F], dx: [Option<&mut [F]>; $operands]) {
                let lengths = const {
                    Self::lengths(1 $(* $n::SIZE)?, [Y::SIZE, X::SIZE], [O::SIZE, I::SIZE, J::SIZE, K::SIZE])
                };
                let mut dx = dx.into_iter();
                if let Some(dx) = dx.next().flatten() {
                    lengths.image_cotangent(x[1], dy, dx);
                }
                if let Some(dw) = dx.next().flatten() {
                    lengths.weight_cotangent(x[0], dy, dw);
                }
                if let Some(db) = dx.next().flatten() {
                    lengths.bias_cotangent(dy, db);
                }
            }

            #[inline]
            fn vjp_radius<F: Format, D: Domain>(
                x: [Ball<'_, F, D>; $operands],
                _: Ball<'_, F, D>,
                dy: Ball<'_, F, D>,
                dx: [Option<Contribution<'_, F>>; $operands],
            ) {
                let lengths = const {
                    Self::lengths(1 $(* $n::SIZE)?, [Y::SIZE, X::SIZE], [O::SIZE, I::SIZE, J::SIZE, K::SIZE])
                };
                let mut dx = dx.into_iter();
                if let Some(dx) = dx.next().flatten() {
                    lengths.image_radii(x[1], dy, dx);
                }
                if let Some(dw) = dx.next().flatten() {
                    lengths.weight_radii(x[0], dy, dw);
                }
                if let Some(db) = dx.next().flatten() {
                    lengths.bias_radii(dy, db);
                }
            }

            fn enclose<const WORDS: usize>(x: [&[WideBall<WORDS>]; $operands], y: &mut [WideBall<WORDS>]) {
                let lengths = const {
                    Self::lengths(1 $(* $n::SIZE)?, [Y::SIZE, X::SIZE], [O::SIZE, I::SIZE, J::SIZE, K::SIZE])
                };
                lengths.enclose([x[0], x[1]], x.get(2).copied(), y);
            }

            fn enclose_vjp<const WORDS: usize>(
                x: [&[WideBall<WORDS>]; $operands],
                _: &[WideBall<WORDS>],
                dy: &[WideBall<WORDS>],
                dx: [Option<&mut [WideBall<WORDS>]>; $operands],
            ) {
                let lengths = const {
                    Self::lengths(1 $(* $n::SIZE)?, [Y::SIZE, X::SIZE], [O::SIZE, I::SIZE, J::SIZE, K::SIZE])
                };
                let mut dx = dx.into_iter();
                if let Some(dx) = dx.next().flatten() {
                    lengths.enclose_image(x[1], dy, dx);
                }
                if let Some(dw) = dx.next().flatten() {
                    lengths.enclose_weight(x[0], dy, dw);
                }
                if let Some(db) = dx.next().flatten() {
                    lengths.enclose_bias(dy, db);
                }
            }

            fn torchlean<F: Format>(x: [Ball<'_, F, T0>; $operands], y: &mut [F]) -> Up {
                let lengths = const {
                    Self::lengths(1 $(* $n::SIZE)?, [Y::SIZE, X::SIZE], [O::SIZE, I::SIZE, J::SIZE, K::SIZE])
                };
                if let Some(values) = lengths.torchlean([x[0], x[1]], x.get(2).copied()) {
                    return values.write(y);
                }
                <Self as Op<(($($n,)? C, Y, X), (O, I, J, K), $(($bias,),)?)>>::forward(x.map(|x| x.mid), y);
                Up::INFINITY
            }

            fn torchlean_vjp<F: Format>(
                x: [Ball<'_, F, T0>; $operands],
                y: Ball<'_, F, T0>,
                dy: Ball<'_, F, T0>,
                dx: [Option<&mut [F]>; $operands],
            ) -> [Option<Up>; $operands] {
                let lengths = const {
                    Self::lengths(1 $(* $n::SIZE)?, [Y::SIZE, X::SIZE], [O::SIZE, I::SIZE, J::SIZE, K::SIZE])
                };
                let Some(contributions) = lengths.torchlean_vjp([x[0], x[1], dy]).filter(|_| x.len() == 3) else {
                    <Self as Op<(($($n,)? C, Y, X), (O, I, J, K), $(($bias,),)?)>>::vjp(x.map(|x| x.mid), y.mid, dy.mid, dx);
                    return [Some(Up::INFINITY); $operands];
                };
                let mut contributions = contributions.into_iter();
                dx.map(|dx| {
                    let contribution = contributions.next();
                    dx.zip(contribution).map(|(dx, contribution)| contribution.write(dx))
                })
            }
        }
    };
}

impl_conv2d!([] [] 2);
impl_conv2d!([] [O] 3);
impl_conv2d!([N] [] 2);
impl_conv2d!([N] [O] 3);
