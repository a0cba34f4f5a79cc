//! Windows that slide over images, in every format and every radius domain: no radius is smaller than the true error, forward or
//! backward.

use nfgrad::bound::Ball;
use nfgrad::format::{E5m2, Format};
use nfgrad::op::{AvgPool2d, Contribution, Conv2d, MaxPool2d, Op};
use nfgrad::prelude::*;
use nfgrad_tests::ops;

/// Stride, padding, dilation, groups, height and width.
type Conv<const S: usize, const P: usize, const E: usize, const G: usize, const H: usize, const W: usize> =
    Conv2d<D<S>, D<P>, D<E>, D<G>, D<H>, D<W>>;
/// Size, stride, padding, height and width.
type Max<const K: usize, const S: usize, const P: usize, const H: usize, const W: usize> =
    MaxPool2d<D<K>, D<S>, D<P>, D<H>, D<W>>;
type Avg<const K: usize, const S: usize, const P: usize, const H: usize, const W: usize> =
    AvgPool2d<D<K>, D<S>, D<P>, D<H>, D<W>>;

ops! {
    conv2d: Conv<1, 0, 1, 1, 2, 2>, 40, [
        ((D<2>, D<3>, D<3>), (D<2>, D<2>, D<2>, D<2>)),
        ((D<2>, D<2>, D<3>, D<3>), (D<2>, D<2>, D<2>, D<2>), (D<2>,)),
        ((D<1>, D<1>, D<2>, D<2>), (D<1>, D<1>, D<1>, D<1>)),
        ((D<1>, D<2>, D<4>), (D<3>, D<1>, D<1>, D<3>), (D<3>,)),
    ];
    conv2d_of_itself: Conv<1, 1, 1, 1, 3, 3>, 40, [((D<1>, D<1>, D<3>, D<3>), (D<1>, D<1>, D<3>, D<3>))];
    conv2d_with_padding: Conv<1, 1, 1, 1, 3, 2>, 30, [
        ((D<1>, D<3>, D<2>), (D<2>, D<1>, D<3>, D<3>), (D<2>,)),
        ((D<2>, D<1>, D<3>, D<2>), (D<1>, D<1>, D<3>, D<3>)),
        ((D<1>, D<2>, D<1>), (D<1>, D<1>, D<2>, D<2>)),
    ];
    conv2d_with_stride: Conv<2, 1, 1, 1, 2, 2>, 30, [
        ((D<1>, D<4>, D<4>), (D<2>, D<1>, D<3>, D<3>), (D<2>,)),
        ((D<2>, D<2>, D<3>, D<3>), (D<1>, D<2>, D<2>, D<2>)),
        ((D<1>, D<1>, D<1>), (D<1>, D<1>, D<1>, D<1>), (D<1>,)),
    ];
    conv2d_with_dilation: Conv<2, 2, 3, 1, 2, 2>, 30, [((D<1>, D<2>, D<3>), (D<2>, D<1>, D<2>, D<2>), (D<2>,))];
    conv2d_with_groups: Conv<1, 0, 1, 2, 2, 1>, 40, [
        ((D<2>, D<3>, D<2>), (D<2>, D<1>, D<2>, D<2>), (D<2>,)),
        ((D<2>, D<4>, D<2>, D<1>), (D<4>, D<2>, D<1>, D<1>), (D<4>,)),
    ];
    // A sum over bundles of images, and sums of many windows.
    conv2d_in_bundles: Conv<1, 0, 1, 1, 33, 33>, 1, [((D<3>, D<1>, D<33>, D<33>), (D<1>, D<1>, D<1>, D<1>), (D<1>,))];
    conv2d_of_nothing: Conv<1, 0, 1, 1, 2, 2>, 10, [
        ((D<0>, D<1>, D<3>, D<3>), (D<1>, D<1>, D<2>, D<2>), (D<1>,)),
        ((D<2>, D<0>, D<2>, D<2>), (D<2>, D<0>, D<1>, D<1>), (D<2>,)),
        ((D<1>, D<2>, D<2>), (D<0>, D<1>, D<1>, D<1>)),
    ];
    max_pool2d: Max<2, 2, 0, 2, 1>, 80, [((D<1>, D<4>, D<3>),), ((D<2>, D<2>, D<5>, D<2>),)];
    max_pool2d_overlapping: Max<3, 1, 1, 3, 3>, 60, [((D<1>, D<3>, D<3>),), ((D<2>, D<1>, D<3>, D<3>),)];
    max_pool2d_with_gaps: Max<1, 2, 0, 2, 2>, 60, [((D<2>, D<3>, D<4>),)];
    max_pool2d_of_little: Max<3, 2, 2, 2, 2>, 60, [((D<1>, D<1>, D<2>),), ((D<0>, D<1>, D<1>, D<2>),)];
    avg_pool2d: Avg<2, 2, 0, 2, 1>, 80, [((D<1>, D<4>, D<3>),), ((D<2>, D<2>, D<5>, D<2>),)];
    avg_pool2d_overlapping: Avg<3, 1, 1, 3, 3>, 60, [((D<1>, D<3>, D<3>),), ((D<2>, D<1>, D<3>, D<3>),)];
    avg_pool2d_with_gaps: Avg<1, 2, 0, 2, 2>, 60, [((D<2>, D<3>, D<4>),)];
    avg_pool2d_of_little: Avg<3, 2, 2, 2, 2>, 60, [((D<1>, D<1>, D<2>),)];
}

/// `x[0] w[0] + x[1] w[1] + b`.
type Pair = ((D<1>, D<1>, D<2>), (D<1>, D<1>, D<1>, D<2>), (D<1>,));

/// Every finite number of the format, as a multiple of 2^-16.
fn every_number() -> impl Iterator<Item = (E5m2, i128)> {
    (0..=u8::MAX).map(E5m2::from_bits).filter(|x| x.is_finite()).map(|x| (x, multiple(x)))
}

#[allow(clippy::cast_possible_truncation, reason = "it is an integer of 32 bits")]
fn multiple(x: E5m2) -> i128 {
    (x.to_f64() * 65536.0) as i128
}

/// Fails unless the number is within its radius of the real one, which is a multiple of 2^-32; counts the exact ones.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is not an integer is rounded down")]
fn holds(x: E5m2, real: i128, radius: f64, exact: &mut u32) {
    assert!(!radius.is_finite() || x.is_finite(), "a finite radius of {x}");
    if radius.is_finite() {
        let error = (multiple(x) * 65536 - real).unsigned_abs();
        assert!(error <= (radius * 4_294_967_296.0) as u128, "{x}: {error} / 2^32 > {radius}");
        *exact += u32::from(error == 0);
    }
}

#[test]
fn all_pairs_of_an_image_and_a_weight() {
    type Sum = Conv<1, 0, 1, 1, 1, 1>;
    let (mut exact, mut finite) = (0, 0);
    for [other, weight, bias, dy] in [[0.0, 1.0, 0.0, 1.0], [1.5, -3.0, 0.0625, 0.75], [-7e-5, 24.0, 512.0, 3e-5]] {
        let [other, weight, bias, dy] = [other, weight, bias, dy].map(E5m2::from_f64);
        let rest = multiple(other) * multiple(weight) + multiple(bias) * 65536;
        for (a, a_real) in every_number() {
            for (b, b_real) in every_number() {
                let (x, w, bias, mut y) = ([a, other], [b, weight], [bias], [E5m2::ZERO]);
                <Sum as Op<Pair>>::forward([&x, &w, &bias], &mut y);
                let zeros = [0.0; 2];
                let balls =
                    [Ball::<_, Elementwise>::new(&x, &zeros), Ball::new(&w, &zeros), Ball::new(&bias, &zeros[..1])];
                let mut radius = [f64::NAN];
                <Sum as Op<Pair>>::forward_radius(balls, &y, &mut radius);
                holds(y[0], a_real * b_real + rest, radius[0], &mut exact);
                finite += u32::from(radius[0].is_finite());
                let mut dx = [E5m2::ZERO; 2];
                <Sum as Op<Pair>>::vjp([&x, &w, &bias], &y, &[dy], [Some(&mut dx), None, None]);
                let mut radii = [f64::NAN; 2];
                let out = Contribution { mid: &dx, radii: &mut radii };
                let seed = Ball::new(std::slice::from_ref(&dy), &zeros[..1]);
                <Sum as Op<Pair>>::vjp_radius(balls, Ball::new(&y, &radius), seed, [Some(out), None, None]);
                holds(dx[0], b_real * multiple(dy), radii[0], &mut exact);
            }
        }
    }
    // Most sums and products are in the range of the format, and many of them are numbers of it.
    assert!(finite > 130_000 && exact > 30_000, "{finite} {exact}");
}
