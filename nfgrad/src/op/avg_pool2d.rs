//! The mean of each window of an image: `avg_pool2d(x, size = 2)` and `avg_pool2d(x, size = K, stride = S, padding = P)`.
//!
//! `x` is `[N, C, H, W]` or `[C, H, W]`, and every channel is reduced by itself to `H' x W'`, where `H' = floor((H + 2 P - K) / S) + 1` and `W'`
//! likewise. Windows are `K x K` and lie side by side unless a stride is given. The zeros that are thought around the image count:
//! every mean is over `K K` entries (PyTorch's default, `count_include_pad`), so that a pooling is the convolution with weights `1/(K K)`.
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(fl(Σ x) / (K K))`, added and divided in the accumulator, rounded once to the format |
//! | Cotangent | `x̄ = fl(fl(Σ ȳ) / (K K))` over the windows that have the entry, likewise; 0 if there is none |
//!
//! # Error bound
//!
//! That of [`mean`](super::mean), for both: of a sum of numbers with the radii `ζ`, which by `summed.rs` is off by `ϱ`,
//!
//! ```text
//! |result - real| <= ε + (Σ ζ + ϱ)/(K K) + |result - acc|
//! ```
//!
//! with `ε` the error of the division and `acc` the quotient before it was rounded to the format. The padding is no term: it is 0 on both
//! sides, and adding it is exact. The entries of a window, and the windows of an entry, are added in the order of sums of columns.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::Dim;

use super::enclosing::{integer, total};
use super::max_pool2d::{check, frame};
use super::rounding::{Count, guarded, narrowing_error, sum_radius};
use super::sliding::Frame;
use super::summed::Summed;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;
use crate::kernel::reduce::sum_each;
use crate::kernel::scratch::with_buffers;
use crate::kernel::wide::WideBall;

/// The mean of windows of the size `K` with stride `S` and padding `P`, of which there are `H` times `W`; see the [module](self).
#[derive(Clone, Copy)]
pub struct AvgPool2d<K, S, P, H, W>(PhantomData<(K, S, P, H, W)>);

impl<K, S, P, H, W> Debug for AvgPool2d<K, S, P, H, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AvgPool2d")
    }
}

macro_rules! impl_avg_pool2d {
    ($($n:ident)?) => {
        impl<$($n: Dim,)? C: Dim, Y: Dim, X: Dim, K: Dim, S: Dim, P: Dim, H: Dim, W: Dim> Op<(($($n,)? C, Y, X),)>
            for AvgPool2d<K, S, P, H, W>
        {
            const NAME: &'static str = "avg_pool2d";
            type Out = ($($n,)? C, H, W);
            const VALID: () = check(&frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]));

            #[inline]
            fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
                values(const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) }, x, y);
            }

            #[inline]
            fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
                let frame = const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) };
                // The mean over a window that has entries only; one with padding has fewer.
                let terms = if frame.is_padded() { 1 } else { frame.down.size * frame.across.size };
                let operand = x.averaged_over(terms, frame.overlap());
                D::fill_steadily(radii, y.len(), [operand], |[x]| {
                    move |window: usize| value_radius(frame, x, window, y[window])
                });
            }

            fn enclose<const WORDS: usize>([x]: [&[WideBall<WORDS>]; 1], y: &mut [WideBall<WORDS>]) {
                enclosed(const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) }, x, y);
            }

            fn enclose_vjp<const WORDS: usize>(
                _: [&[WideBall<WORDS>]; 1],
                _: &[WideBall<WORDS>],
                dy: &[WideBall<WORDS>],
                [dx]: [Option<&mut [WideBall<WORDS>]>; 1],
            ) {
                if let Some(dx) = dx {
                    enclosed_pull(const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) }, dy, dx);
                }
            }

            #[inline]
            fn vjp<F: Format>(_: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
                if let Some(dx) = dx {
                    pull(const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) }, dy, dx);
                }
            }

            #[inline]
            fn vjp_radius<F: Format, D: Domain>(
                _: [Ball<'_, F, D>; 1],
                _: Ball<'_, F, D>,
                dy: Ball<'_, F, D>,
                [dx]: [Option<Contribution<'_, F>>; 1],
            ) {
                if let Some(dx) = dx {
                    pull_radii(const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) }, dy, dx);
                }
            }
        }
    };
}

impl_avg_pool2d!();
impl_avg_pool2d!(N);

/// How many entries a window has, those of the padding among them.
fn count<F: Format>(frame: &Frame) -> Count<F::Acc> {
    Count::new(frame.down.size * frame.across.size)
}

/// How many entries a window has at most, and how many windows an entry.
fn most(frame: &Frame) -> usize {
    frame.down.size * frame.across.size
}

/// The sum of a window.
#[inline]
fn sum<F: Format>(frame: &Frame, x: &[F], window: usize) -> F::Acc {
    sum_each::<F>(most(frame), frame.entries(window).map(|i| x[i].to_acc()))
}

/// The mean of each window.
fn values<F: Format>(frame: &Frame, x: &[F], y: &mut [F]) {
    let count = count::<F>(frame);
    for (window, y) in y.iter_mut().enumerate() {
        *y = F::from_acc(count.divide(sum(frame, x, window)));
    }
}

/// The balls of the means.
fn enclosed<const K: usize>(frame: &Frame, x: &[WideBall<K>], y: &mut [WideBall<K>]) {
    for (window, y) in y.iter_mut().enumerate() {
        *y = total(frame.entries(window).map(|i| x[i])) / integer(most(frame));
    }
}

/// Those of the cotangent.
fn enclosed_pull<const K: usize>(frame: &Frame, dy: &[WideBall<K>], dx: &mut [WideBall<K>]) {
    dx.fill(WideBall::ZERO);
    for (window, &dy) in dy.iter().enumerate() {
        let share = dy / integer(most(frame));
        frame.entries(window).for_each(|i| dx[i] = dx[i] + share);
    }
}

/// The radius of the mean of a window.
fn value_radius<F: Format, D: Domain>(frame: &Frame, x: Ball<'_, F, D>, window: usize, y: F) -> Up {
    let sum = sum(frame, x.mid, window);
    let error = Summed::elements(x, frame.entries(window)).error(sum);
    quotient_radius(frame, sum, error, y)
}

/// The radius of a quotient, given its dividend with its radius.
fn quotient_radius<F: Format>(frame: &Frame, sum: F::Acc, error: Up, result: F) -> Up {
    let count = count::<F>(frame);
    let quotient = count.divide(sum);
    guarded(result, count.divide_error(sum, error, quotient) + narrowing_error(quotient, result))
}

/// Calls `write` with the sums of the cotangents of the windows that have each entry, a channel at a time.
fn sums<F: Format>(frame: &Frame, dy: &[F], write: impl FnMut(&[F::Acc], usize)) {
    with_buffers([frame.room::<F::Acc>()], |[room]| {
        let of_channel = |row: usize| &dy[row / most(frame) * frame.windows()..][..frame.windows()];
        frame.sum(room, of_channel, |sum, dy, _| *sum = *sum + dy.to_acc(), write);
    });
}

/// The cotangent.
fn pull<F: Format>(frame: &Frame, dy: &[F], dx: &mut [F]) {
    let count = count::<F>(frame);
    sums(frame, dy, |sums, first| {
        dx[first..].iter_mut().zip(sums).for_each(|(dx, &sum)| *dx = F::from_acc(count.divide(sum)));
    });
}

/// Writes, for every entry, the sum of `term(window)` over all windows that have it.
fn spread(frame: &Frame, windows: usize, sums: &mut [f64], term: impl Fn(usize) -> f64) {
    sums.fill(0.0);
    for window in 0..windows {
        frame.entries(window).for_each(|i| sums[i] += term(window));
    }
}

/// The radii of [`pull`].
fn pull_radii<F: Format, D: Domain>(
    frame: &Frame,
    dy: Ball<'_, F, D>,
    Contribution { mid, radii }: Contribution<'_, F>,
) {
    let (numel, windows, most) = (mid.len(), dy.mid.len(), most(frame));
    with_buffers([numel], |[sum]: [&mut [F::Acc]; 1]| {
        with_buffers([numel; 4], |[radius, magnitude, terms, each]: [&mut [f64]; 4]| {
            sums(frame, dy.mid, |sums, first| sum[first..][..sums.len()].copy_from_slice(sums));
            spread(frame, windows, magnitude, |window| dy.mid[window].magnitude().get());
            spread(frame, windows, terms, |_| 1.0);
            // The cotangent of a window goes to all its entries.
            D::fill_rows_steadily(radii, each, 1, [dy.repeated(most)], |[dy], each| {
                spread(frame, windows, radius, |window| dy.radius(window).get());
                for (i, each) in each.iter_mut().enumerate() {
                    let error = sum_radius::<F>((radius[i], magnitude[i]), terms[i], most);
                    *each = quotient_radius(frame, sum[i], error, mid[i]).get();
                }
            });
        });
    });
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1, uniform1};
    use super::*;

    type Image = (D<1>, D<2>, D<3>);

    #[test]
    fn padding_counts() {
        let case = Case1::<f32> { x: &[4.0, 8.0, 12.0, 16.0, 20.0, 24.0], alpha: &[0.5; 6], dy: &[1.0; 2], delta: &[] };
        // The windows begin above the image and to the left of it, and the second is two columns further.
        let result = elementwise1::<AvgPool2d<D<4>, D<2>, D<1>, D<1>, D<1>>, Image, _>(Case1 { dy: &[2.0], ..case });
        assert_eq!(result.y, [84.0 / 16.0]);
        assert!((0.1875..0.1876).contains(&result.rad_y[0]), "{:?}", result.rad_y);
        assert_eq!((&result.dx[0][..], &result.rad_dx[0][..]), (&[0.125; 6][..], &[0.0; 6][..]));
        let result = elementwise1::<AvgPool2d<D<2>, D<1>, D<0>, D<1>, D<2>>, Image, _>(case);
        assert_eq!(result.y, [12.0, 16.0]);
        assert_eq!(result.dx[0], [0.25, 0.5, 0.25, 0.25, 0.5, 0.25]);
        // The entries of one window are exact; those of two were added.
        assert!(result.rad_dx[0].iter().zip([0, 1, 0, 0, 1, 0]).all(|(radius, added)| (*radius > 0.0) == (added == 1)));
        let result = uniform1::<AvgPool2d<D<2>, D<1>, D<0>, D<1>, D<2>>, Image, _>(case);
        assert!(result.rad_y.len() == 1 && (0.5..0.500_01).contains(&result.rad_y[0]));
    }

    #[test]
    fn nothing_is_known_of_a_window_that_is_not_finite() {
        let case = Case1::<f32> { x: &[f32::INFINITY, 1.0, 1.0, 1.0, 1.0, 1.0], dy: &[1.0; 2], ..Case1::default() };
        let result = elementwise1::<AvgPool2d<D<2>, D<1>, D<0>, D<1>, D<2>>, Image, _>(case);
        assert!(result.rad_y[0] == f64::INFINITY && result.rad_y[1] < 2e-7, "{:?}", result.rad_y);
        assert!(result.rad_dx[0].iter().all(|radius| radius.is_finite()));
    }
}
