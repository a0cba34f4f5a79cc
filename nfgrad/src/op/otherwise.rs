//! A rule that computes a value again says how far the one that is there is from it: a value that was computed otherwise is no lie.

use nfgrad_shapes::{D, Shape};

use super::literal::Literal;
use super::{
    All, Attention, AvgPool2d, Axis, BceWithLogits, Broadcast, Contribution, Conv2d, CrossEntropy, Gather, LayerNorm,
    LogSoftmax, MaxPool2d, Mean, Mse, Mul, Op, RmsNorm, Softmax, Sub, Sum, Tanh,
};
use crate::bound::{Ball, Elementwise};
use crate::format::{Format, RoundEach, bf16};

struct Epsilon;

impl Literal for Epsilon {
    const TEXT: &'static str = "0.015625";
    const NEAREST: f64 = 0.015_625;
    const EXACT: bool = true;
}

/// Small integers and halves of them: indices, too, as long as there are 20 rows.
fn numbers<F: Format>(seed: usize, numel: usize) -> Vec<F> {
    (0..numel).map(|i| F::from_f64(((i * 7 + seed * 3) % 11) as f64)).collect()
}

/// A sixteenth farther from 0: more than any of them is off.
fn moved<F: Format>(x: &[F]) -> Vec<F> {
    x.iter().map(|&x| x.to_f64()).map(|x| F::from_f64(x * 1.0625 + 0.0625_f64.copysign(x))).collect()
}

/// No radius of a moved number is smaller than how far it was moved, up to what the number itself was off.
fn covers<F: Format>(name: &str, radii: &[f64], moved: &[F], there: &[F]) {
    for ((&radius, moved), there) in radii.iter().zip(moved).zip(there) {
        let distance = (moved.to_f64() - there.to_f64()).abs();
        assert!(radius >= distance * 0.9, "{name}: {moved} for {there} has the radius {radius}");
    }
}

/// Whether the value of an op is covered, and which of its contributions.
macro_rules! otherwise {
    ($format:ty: $($op:ty, [$($shape:ty),+], $value:literal, [$($pulled:literal),+];)*) => {$({
        type F = $format;
        type O = $op;
        let name = std::any::type_name::<O>();
        let shapes = [$(<$shape as Shape>::NUMEL),+];
        let x: Vec<Vec<F>> = shapes.iter().enumerate().map(|(seed, &numel)| numbers(seed, numel)).collect();
        let x: [&[F]; [$($pulled),+].len()] = std::array::from_fn(|i| &x[i][..]);
        let exact = x.map(|x| vec![0.0; x.len()]);
        let balls = std::array::from_fn(|i| Ball::<F, Elementwise>::new(x[i], &exact[i]));
        let numel = <<O as Op<($($shape,)+)>>::Out as Shape>::NUMEL;
        let (mut y, mut radii, zeros) = (vec![F::ZERO; numel], vec![0.0; numel], vec![0.0; numel]);
        <O as Op<($($shape,)+)>>::forward(x, &mut y);
        if $value {
            let other = moved(&y);
            <O as Op<($($shape,)+)>>::forward_radius(balls, &other, &mut radii);
            covers(name, &radii, &other, &y);
        }
        let dy = numbers::<F>(5, numel);
        let mut dx = x.map(|x| vec![F::ZERO; x.len()]);
        <O as Op<($($shape,)+)>>::vjp(x, &y, &dy, dx.each_mut().map(|dx| Some(&mut dx[..])));
        let other = dx.each_ref().map(|dx| moved(dx));
        let mut radii = x.map(|x| vec![0.0; x.len()]);
        let mut radii_of = radii.iter_mut();
        let contributions = other.each_ref().map(|mid| Some(Contribution { mid, radii: radii_of.next().unwrap() }));
        let (y, dy) = (Ball::<F, Elementwise>::new(&y, &zeros), Ball::<F, Elementwise>::new(&dy, &zeros));
        <O as Op<($($shape,)+)>>::vjp_radius(balls, y, dy, contributions);
        for (i, pulled) in [$($pulled),+].into_iter().enumerate() {
            if pulled {
                covers(name, &radii[i], &other[i], &dx[i]);
            }
        }
    })*};
}

macro_rules! in_format {
    ($name:ident: $format:ty) => {
        #[test]
        fn $name() {
            otherwise! { $format:
                Sum<All>, [(D<40>,)], true, [false];
                Sum<Axis<0>>, [(D<20>, D<3>)], true, [false];
                Mean<All>, [(D<40>,)], true, [true];
                Mean<Axis<0>>, [(D<20>, D<3>)], true, [true];
                Broadcast<(D<40>, D<2>)>, [(D<2>,)], false, [true];
                Sub, [(D<20>, D<3>), (D<3>,)], false, [false, true];
                Mul, [(D<20>, D<3>), (D<3>,)], false, [false, true];
                Mse, [(D<40>,), (D<40>,)], true, [true, true];
                BceWithLogits, [(D<40>,), (D<40>,)], true, [true, true];
                Tanh, [(D<4>,)], false, [true];
                Softmax<Axis<1>>, [(D<3>, D<20>)], true, [true];
                LogSoftmax<Axis<1>>, [(D<3>, D<20>)], true, [true];
                CrossEntropy, [(D<3>, D<20>), (D<3>, D<20>)], true, [true, true];
                LayerNorm<Epsilon>, [(D<20>, D<3>), (D<3>,), (D<3>,)], true, [true, true, true];
                RmsNorm<Epsilon>, [(D<20>, D<3>), (D<3>,)], true, [true, true];
                Attention, [(D<4>, D<3>), (D<20>, D<3>), (D<20>, D<2>)], true, [true, true, true];
                Gather, [(D<20>, D<3>), (D<40>,)], false, [true, false];
                AvgPool2d<D<5>, D<1>, D<2>, D<6>, D<6>>, [(D<2>, D<6>, D<6>)], true, [true];
                MaxPool2d<D<5>, D<1>, D<2>, D<6>, D<6>>, [(D<2>, D<6>, D<6>)], false, [true];
                Conv2d<D<1>, D<2>, D<1>, D<1>, D<6>, D<6>>, [(D<2>, D<6>, D<6>), (D<3>, D<2>, D<5>, D<5>), (D<3>,)], false, [true, true, true];
            }
        }
    };
}

in_format!(of_f32: f32);
in_format!(of_f64: f64);
in_format!(of_bf16: bf16);
in_format!(of_f32_that_rounds_each: RoundEach<f32>);
