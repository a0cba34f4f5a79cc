//! Layer norm along the last axis, `(x - mean x) / √(var x + ε) * weight + bias`: `[s, n], [n], [n] -> [s, n]`.
//!
//! The variance is the mean of the squares (divided by `n`, not by `n - 1`); `ε` is the real number that is written, `eps = 1e-5`
//! if none is.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(fl(h w) + b)`, `h = fl(c / s)`, `c = fl(x - m)`, `s = fl(√fl(mean(c²) + ε))` |
//! | Cotangent of `x` | `x̄ = fl(t / s)`, `t = g - mean(g) - h mean(g h)`, `g = fl(ȳ w)` |
//! | Cotangents of weight and bias | `w̄ = fl(Σ fl(ȳ h))`, `b̄ = fl(Σ ȳ)`, over the rows |
//!
//! All is computed in the accumulator and rounded once to the format. The sequence of operations, the error bounds of all of
//! them and their proof are in `norm.rs`.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::{Dim, EndsWith, Shape};

use super::axis::Rows;
use super::enclosing::columns;
use super::norm::{self, Norm};
use super::{Contribution, Literal, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::reduce::sum_columns;
use crate::kernel::scratch::with_scratch;
use crate::kernel::wide::WideBall;

/// Layer norm with `ε` the literal `L`; see the [module](self).
#[derive(Clone, Copy)]
pub struct LayerNorm<L>(PhantomData<fn() -> L>);

impl<L> Debug for LayerNorm<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LayerNorm")
    }
}

impl<L: Literal> Norm for LayerNorm<L> {
    const CENTRED: bool = true;
    type Epsilon = L;
}

impl<L: Literal, S: EndsWith<(N,)> + Rows, N: Dim> Op<(S, (N,), (N,))> for LayerNorm<L> {
    const NAME: &'static str = "layer_norm";
    type Out = S;

    #[inline]
    fn forward<F: Format>([x, weight, bias]: [&[F]; 3], y: &mut [F]) {
        with_scratch([S::LEN], |[c]: [&mut [f64]; 1]| norm::values::<Self, S, F>(x, weight, Some(bias), y, c));
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x, weight, bias]: [Ball<'_, F, D>; 3], y: &[F], radii: &mut [f64]) {
        if D::IS_NORM {
            return norm::norms::value::<Self, S, F, D>([x, weight], Some(bias), y, radii);
        }
        with_scratch([2 * S::LEN, S::NUMEL], |[rows, each]: [&mut [f64]; 2]| {
            norm::value_radii::<Self, S, F, D>(x, weight, Some(bias), y, rows, each);
            D::fill(radii, S::NUMEL, |i: usize| Up::new(each[i]));
        });
    }

    #[inline]
    fn vjp<F: Format>([x, weight, _]: [&[F]; 3], _: &[F], dy: &[F], [dx, dw, db]: [Option<&mut [F]>; 3]) {
        norm::pull::<Self, S, F>([x, weight], dy, [dx, dw]);
        if let Some(db) = db {
            sum_columns(dy, db, F::from_acc);
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [x, weight, _]: [Ball<'_, F, D>; 3],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx, dw, db]: [Option<Contribution<'_, F>>; 3],
    ) {
        norm::pull_radii::<Self, S, F, D>([x, weight], dy, [dx, dw]);
        if let Some(Contribution { mid, radii }) = db {
            D::fill_steadily(radii, S::LEN, [dy.averaged(S::Each::NUMEL)], |[dy]| {
                move |j: usize| norm::bias_radius::<S, F, D>(dy, j, mid[j])
            });
        }
    }

    fn torchlean<F: Format>(x: [Ball<'_, F, T0>; 3], y: &mut [F]) -> Up {
        norm::torchlean::layer_norm::<S, L, F>(x, y)
    }

    fn enclose<const K: usize>([x, weight, bias]: [&[WideBall<K>]; 3], y: &mut [WideBall<K>]) {
        norm::enclosures::values::<Self, S, K>([x, weight], Some(bias), y);
    }

    fn enclose_vjp<const K: usize>(
        [x, weight, _]: [&[WideBall<K>]; 3],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx, dw, db]: [Option<&mut [WideBall<K>]>; 3],
    ) {
        norm::enclosures::cotangents::<Self, S, K>([x, weight, dy], [dx, dw]);
        if let Some(db) = db {
            columns(S::Each::NUMEL, db, |i| dy[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::*;
    use crate::bound::Elementwise;
    use crate::format::{RoundEach, bf16, f16};

    struct Tiny;

    impl Literal for Tiny {
        const TEXT: &'static str = "0.00001";
        const NEAREST: f64 = 0.00001;
        const EXACT: bool = false;
    }

    const LONG: usize = 256;
    type Operands = ((D<4>, D<LONG>), (D<LONG>,), (D<LONG>,));

    /// The example of a study: four rows of 256, one of them smaller by 10. The formulas that are known for it give 0.56 for one
    /// radius of the tensor; the error that is seen is some 1e-6.
    #[test]
    fn the_radius_is_that_of_a_row_and_small() {
        let x: Vec<f32> = (0..4 * LONG)
            .map(|i| ((i * 7919 % 1009) as f32 / 300.0 - 1.7) * if i < LONG { 0.1 } else { 1.0 })
            .collect();
        let (ones, zeros, none) = (vec![1.0; LONG], vec![0.0; LONG], vec![0.0; 4 * LONG]);
        let (mut y, mut radii) = (vec![0.0_f32; 4 * LONG], vec![0.0; 4 * LONG]);
        <LayerNorm<Tiny> as Op<Operands>>::forward([&x, &ones, &zeros], &mut y);
        let balls = [
            Ball::<f32, Elementwise>::new(&x, &none),
            Ball::new(&ones, &none[..LONG]),
            Ball::new(&zeros, &none[..LONG]),
        ];
        <LayerNorm<Tiny> as Op<Operands>>::forward_radius(balls, &y, &mut radii);
        for (row, (x, y)) in x.chunks(LONG).zip(y.chunks(LONG)).enumerate() {
            let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / LONG as f64;
            let variance = x.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / LONG as f64;
            for (j, (&x, &y)) in x.iter().zip(y).enumerate() {
                let error = (f64::from(y) - (f64::from(x) - mean) / (variance + 0.00001).sqrt()).abs();
                let radius = radii[row * LONG + j];
                assert!(error <= radius + 1e-15 && radius < 2e-6, "{error} {radius}");
            }
        }
    }

    struct Underflowing;

    impl Literal for Underflowing {
        const TEXT: &'static str = "1e-60";
        const NEAREST: f64 = 1e-60;
        const EXACT: bool = false;
    }

    /// The variance is 0, and so would be what is added to it.
    #[test]
    fn an_epsilon_below_the_format_is_not_zero() {
        fn check<F: Format>() {
            let (ones, none, mut y, mut radii) = ([F::ONE; 2], [0.0; 2], [F::ONE; 2], [f64::NAN; 2]);
            <LayerNorm<Underflowing> as Op<((D<2>,), (D<2>,), (D<2>,))>>::forward([&ones, &ones, &ones], &mut y);
            let ball = Ball::<F, Elementwise>::new(&ones, &none);
            <LayerNorm<Underflowing> as Op<((D<2>,), (D<2>,), (D<2>,))>>::forward_radius([ball; 3], &y, &mut radii);
            assert!(y == ones && radii.iter().all(|&r| r < 1e-200), "{}: {y:?} {radii:?}", F::NAME);
        }
        check::<f32>();
        check::<bf16>();
        check::<RoundEach<f16>>();
        check::<f64>();
    }
}
