//! The largest entry of each window of an image: `max_pool2d(x, size = 2)` and `max_pool2d(x, size = K, stride = S, padding = P)`.
//!
//! `x` is `[N, C, H, W]` or `[C, H, W]`, and every channel is reduced by itself to `H' x W'`, where `H' = floor((H + 2 P - K) / S) + 1` and `W'`
//! likewise. Windows are `K x K` and lie side by side unless a stride is given. What is thought around the image is never the
//! largest, whatever its entries are; so the padding is less than `K`, or a window would have nothing in it.
//!
//! | | |
//! |---|---|
//! | Value | `y = max x` over the entries of a window, exact |
//! | Cotangent | the first largest entry of each window gets its `ȳ`: `x̄ = fl(Σ ȳ)` over the windows in which an entry is that; 0 if there is none |
//!
//! # Error bound
//!
//! That of [`amax`](super::amax) for each window:
//!
//! ```text
//! |y - y*| <= max(max (x + α) - y, y - max (x - α)) <= max α
//! ```
//!
//! A window gives everything to one entry. As shown there, entry `j` of a window can only be really the first largest if
//! `αⱼ + α_m >= x_m - xⱼ` (`>` if `j` comes after `m`), where `m` is the one that was taken. So from each window that has it an entry gets
//!
//! ```text
//! δ          if it was taken and no other can be the largest
//! |ȳ| + δ    if it was taken and another can be, or if it was not and can be
//! 0          otherwise
//! ```
//!
//! and the radius of `x̄` is the sum of these, and `κ Σ |ȳ|` over the windows that took it, with `κ` of
//! [`sum_error`](crate::format::sum_error) for the height of their sum in the accumulator, which is no more than one addition less than there
//! are such windows; and then `|x̄ - acc|` where the format is narrower. Windows that do not overlap add nothing.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::Dim;

use super::extreme::Largest;
use super::rounding::{guarded, narrowing_error, sum_radius};
use super::sliding::{Frame, Track};
use super::top::{self, first, may_be_first, radius, top_radius};
use super::{Contribution, Op};
use crate::bound::{Ball, Domain};
use crate::format::Format;
use crate::kernel::scratch::with_buffers;
use crate::kernel::wide::WideBall;

/// The largest entry of windows of the size `K` with stride `S` and padding `P`, of which there are `H` times `W`; see the
/// [module](self).
#[derive(Clone, Copy)]
pub struct MaxPool2d<K, S, P, H, W>(PhantomData<(K, S, P, H, W)>);

impl<K, S, P, H, W> Debug for MaxPool2d<K, S, P, H, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaxPool2d")
    }
}

/// The windows of a pooling over so many channels `[height, width]`.
pub(super) const fn frame<K: Dim, S: Dim, P: Dim, H: Dim, W: Dim>(
    channels: usize,
    [height, width]: [usize; 2],
) -> Frame {
    let (size, stride, padding) = (K::SIZE, S::SIZE, P::SIZE);
    Frame {
        channels,
        down: Track { length: height, windows: H::SIZE, size, stride, padding, dilation: 1 },
        across: Track { length: width, windows: W::SIZE, size, stride, padding, dilation: 1 },
    }
}

/// Does not compile unless the windows fit, and have an entry of the image each.
pub(super) const fn check(frame: &Frame) {
    assert!(
        frame.down.is_valid() && frame.across.is_valid() && frame.down.padding < frame.down.size,
        "the windows of a pooling do not fit into the image, or their number is another"
    );
}

macro_rules! impl_max_pool2d {
    ($($n:ident)?) => {
        impl<$($n: Dim,)? C: Dim, Y: Dim, X: Dim, K: Dim, S: Dim, P: Dim, H: Dim, W: Dim> Op<(($($n,)? C, Y, X),)>
            for MaxPool2d<K, S, P, H, W>
        {
            const NAME: &'static str = "max_pool2d";
            type Out = ($($n,)? C, H, W);
            const VALID: () = check(&frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]));

            #[inline]
            fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
                values(const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) }, x, y);
            }

            #[inline]
            fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
                let frame = const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) };
                D::fill_steadily(radii, y.len(), [x.repeated(frame.overlap())], |[x]| {
                    move |window: usize| radius::<Largest, F, D>(x, frame.entries(window))
                });
            }

            fn enclose<const WORDS: usize>([x]: [&[WideBall<WORDS>]; 1], y: &mut [WideBall<WORDS>]) {
                enclosed(const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) }, x, y);
            }

            fn enclose_vjp<const WORDS: usize>(
                [x]: [&[WideBall<WORDS>]; 1],
                _: &[WideBall<WORDS>],
                dy: &[WideBall<WORDS>],
                [dx]: [Option<&mut [WideBall<WORDS>]>; 1],
            ) {
                if let Some(dx) = dx {
                    enclosed_pull(const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) }, x, dy, dx);
                }
            }

            #[inline]
            fn vjp<F: Format>([x]: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
                if let Some(dx) = dx {
                    pull(const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) }, x, dy, dx);
                }
            }

            #[inline]
            fn vjp_radius<F: Format, D: Domain>(
                [x]: [Ball<'_, F, D>; 1],
                _: Ball<'_, F, D>,
                dy: Ball<'_, F, D>,
                [dx]: [Option<Contribution<'_, F>>; 1],
            ) {
                if let Some(dx) = dx {
                    pull_radii(const { &frame::<K, S, P, H, W>(C::SIZE $(* $n::SIZE)?, [Y::SIZE, X::SIZE]) }, x, dy, dx);
                }
            }
        }
    };
}

impl_max_pool2d!();
impl_max_pool2d!(N);

/// The largest entry of each window.
fn values<F: Format>(frame: &Frame, x: &[F], y: &mut [F]) {
    for (window, y) in y.iter_mut().enumerate() {
        let top = first::<Largest, F>(x, frame.entries(window));
        *y = top.map_or_else(|| F::from_f64(f64::NEG_INFINITY), |top| x[top]);
    }
}

/// The balls of the largest entries.
fn enclosed<const K: usize>(frame: &Frame, x: &[WideBall<K>], y: &mut [WideBall<K>]) {
    for (window, y) in y.iter_mut().enumerate() {
        *y = top::enclosed::<Largest, K>(x, frame.entries(window));
    }
}

/// Those of the cotangent.
fn enclosed_pull<const K: usize>(frame: &Frame, x: &[WideBall<K>], dy: &[WideBall<K>], dx: &mut [WideBall<K>]) {
    dx.fill(WideBall::ZERO);
    for (window, &dy) in dy.iter().enumerate() {
        top::share::<Largest, K>(x, frame.entries(window), dy, dx);
    }
}

/// Calls `write` with the sums of what each window gives to its first largest entry, a channel at a time.
fn sums<F: Format>(frame: &Frame, x: &[F], dy: &[F], write: impl FnMut(&[F::Acc], usize)) {
    // The cotangent of each window with its first largest entry, if it has one.
    with_buffers([dy.len()], |[given]: [&mut [(F, usize)]; 1]| {
        for (window, (given, &dy)) in given.iter_mut().zip(dy).enumerate() {
            *given = (dy, first::<Largest, F>(x, frame.entries(window)).unwrap_or(usize::MAX));
        }
        let (taps, windows, given) = (frame.down.size * frame.across.size, frame.windows(), &*given);
        with_buffers([frame.room::<F::Acc>()], |[room]| {
            let of_channel = |row: usize| &given[row / taps * windows..][..windows];
            let give = |sum: &mut F::Acc, (dy, top): &(F, usize), entry: usize| {
                if *top == entry {
                    *sum = *sum + dy.to_acc();
                }
            };
            frame.sum(room, of_channel, give, write);
        });
    });
}

/// The cotangent.
fn pull<F: Format>(frame: &Frame, x: &[F], dy: &[F], dx: &mut [F]) {
    sums(frame, x, dy, |sums, first| {
        dx[first..].iter_mut().zip(sums).for_each(|(dx, &sum)| *dx = F::from_acc(sum));
    });
}

/// Adds up, for every entry, how far its shares of the cotangents of the windows that have it may be off.
fn spread_radii<F: Format, D: Domain>(frame: &Frame, x: Ball<'_, F, D>, dy: Ball<'_, F, D>, radius: &mut [f64]) {
    radius.fill(0.0);
    for window in 0..dy.mid.len() {
        let Some(top) = first::<Largest, F>(x.mid, frame.entries(window)) else { continue };
        let certain = top_radius::<Largest, F, D>(x, dy.get(window), top, frame.entries(window));
        for i in frame.entries(window) {
            radius[i] += match certain {
                certain if i == top || !certain.is_finite() => certain.get(),
                _ if may_be_first::<Largest, F, D>(x, top, i) => dy.magnitude(window).get(),
                _ => 0.0,
            };
        }
    }
}

/// The radii of [`pull`].
fn pull_radii<F: Format, D: Domain>(
    frame: &Frame,
    x: Ball<'_, F, D>,
    dy: Ball<'_, F, D>,
    Contribution { mid, radii }: Contribution<'_, F>,
) {
    let numel = mid.len();
    with_buffers([numel], |[sum]: [&mut [F::Acc]; 1]| {
        with_buffers([numel; 4], |[radius, magnitude, count, each]: [&mut [f64]; 4]| {
            sums(frame, x.mid, dy.mid, |sums, first| sum[first..][..sums.len()].copy_from_slice(sums));
            for buffer in [&mut *magnitude, &mut *count] {
                buffer.fill(0.0);
            }
            for (window, &term) in dy.mid.iter().enumerate() {
                let Some(top) = first::<Largest, F>(x.mid, frame.entries(window)) else { continue };
                magnitude[top] += term.magnitude().get();
                count[top] += 1.0;
            }
            // The cotangent of a window may go to any of its entries; and no entry is in more windows than a window has entries.
            let windows = frame.down.size * frame.across.size;
            D::fill_rows_steadily(radii, each, 1, [dy.repeated(windows)], |[dy], each| {
                spread_radii(frame, x, dy, radius);
                for (i, each) in each.iter_mut().enumerate() {
                    let error = sum_radius::<F>((radius[i], magnitude[i]), count[i], windows);
                    *each = guarded(mid[i], error + narrowing_error(sum[i], mid[i])).get();
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

    type Image = (D<1>, D<4>, D<4>);
    type Apart = MaxPool2d<D<2>, D<2>, D<0>, D<2>, D<2>>;
    type Overlapping = MaxPool2d<D<3>, D<1>, D<1>, D<4>, D<4>>;

    const X: [f32; 16] = [1.0, 2.0, 3.0, 4.0, 8.0, 7.0, 6.0, 5.0, -1.0, -2.0, -3.0, -4.0, -5.0, -6.0, -7.0, -0.5];

    #[test]
    fn windows_side_by_side() {
        let case = Case1 { x: &X, alpha: &[0.125; 16], dy: &[1.0, 2.0, 3.0, 4.0], delta: &[0.0, 0.0, 0.5, 0.0] };
        let result = elementwise1::<Apart, Image, _>(case);
        assert_eq!((&result.y[..], &result.rad_y[..]), (&[8.0, 6.0, -1.0, -0.5][..], &[0.125; 4][..]));
        let mut dx = [0.0; 16];
        (dx[4], dx[6], dx[8], dx[15]) = (1.0, 2.0, 3.0, 4.0);
        assert_eq!(result.dx[0], dx);
        assert!((0.5..0.500_001).contains(&result.rad_dx[0].iter().sum::<f64>()), "{:?}", result.rad_dx);
        let result = uniform1::<Apart, Image, _>(case);
        assert!(result.rad_y == [0.125] && result.rad_dx[0].len() == 1 && result.rad_dx[0][0] < 0.500_001);
    }

    #[test]
    fn what_overlaps_is_added_and_padding_is_never_the_largest() {
        let case = Case1::<f32> { x: &[-1.0; 16], dy: &[1.0; 16], ..Case1::default() };
        let result = elementwise1::<Overlapping, Image, _>(case);
        assert_eq!(result.y, [-1.0; 16]);
        // Of equal ones the first of each window: the corner has four windows.
        assert_eq!(result.dx[0][..4], [4.0, 2.0, 2.0, 0.0]);
        // Three additions at most, and none where one window gives all.
        let radius = |i: usize| result.rad_dx[0][i];
        assert!((3.0..13.0).contains(&(radius(0) * 2f64.powi(24))), "{}", radius(0));
        assert_eq!((radius(3), radius(15)), (0.0, 0.0));
    }

    #[test]
    fn what_could_be_the_largest_may_get_everything_or_nothing() {
        let mut alpha = [0.0; 16];
        alpha[5] = 1.5;
        let case = Case1 { x: &X, alpha: &alpha, dy: &[1.0, 2.0, 3.0, 4.0], delta: &[] };
        let result = elementwise1::<Apart, Image, _>(case);
        assert!((0.5..0.500_001).contains(&result.rad_y[0]));
        let doubtful: Vec<_> = (0..16).filter(|i| result.rad_dx[0][*i] >= 1.0).collect();
        assert_eq!((doubtful, result.rad_dx[0][6]), (vec![4, 5], 0.0));
    }
}
