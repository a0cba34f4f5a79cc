//! Tests of the cross-entropy.

use nfgrad_shapes::D;

use super::super::testing::{Case2, elementwise, uniform};
use super::*;
use crate::format::bf16;

type Pair = (D<2>, D<3>);

#[test]
fn one_hot_targets_pick_a_logarithm() {
    // softmax(0, ln 2, ln 3) is (1, 2, 3)/6.
    let z = [0.0, 2_f64.ln(), 3_f64.ln(), 5.0, 5.0, 5.0];
    let t = [0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let result =
        elementwise::<CrossEntropy, Pair, Pair, _>(Case2 { a: &z, b: &t, dy: &[1.0, 3.0], ..Case2::default() });
    for (y, exact) in result.y.iter().zip([3_f64.ln(), 3_f64.ln()]) {
        assert!((y - exact).abs() < 1e-15);
    }
    for (dz, exact) in result.dx[0].iter().zip([1.0 / 6.0, -2.0 / 3.0, 0.5, 1.0, 1.0, -2.0]) {
        assert!((dz - exact).abs() < 1e-15);
    }
    for (dt, exact) in result.dx[1].iter().zip([6_f64.ln(), 3_f64.ln(), 2_f64.ln()]) {
        assert!((dt - exact).abs() < 1e-15);
    }
    let all = result.rad_y.iter().chain(result.rad_dx.iter().flatten());
    assert!(all.clone().all(|&r| r > 0.0 && r < 2e-14), "{all:?}");
}

#[test]
fn a_row_that_is_nearly_certain_keeps_its_relative_accuracy() {
    let z = [30.0_f32, 0.0, 1.0];
    let result = elementwise::<CrossEntropy, (D<1>, D<3>), (D<1>, D<3>), _>(Case2 {
        a: &z,
        b: &[1.0, 0.0, 0.0],
        dy: &[1.0],
        ..Case2::default()
    });
    let rest = (-30_f64).exp() + (-29_f64).exp();
    for (computed, radius, exact) in [
        (result.y[0], result.rad_y[0], rest.ln_1p()),
        (result.dx[0][0], result.rad_dx[0][0], -rest / (1.0 + rest)),
        (result.dx[0][1], result.rad_dx[0][1], (-30_f64).exp() / (1.0 + rest)),
    ] {
        let error = (f64::from(computed) - exact).abs();
        assert!(error <= radius && radius < 1e-6 * exact.abs(), "{computed} {radius} {exact}");
    }
    // An uncertain input moves the nearly certain entry by as little as its derivative says.
    let case = Case2 { a: &z, b: &[1.0, 0.0, 0.0], alpha: &[1e-3; 3], dy: &[1.0], ..Case2::default() };
    let result = elementwise::<CrossEntropy, (D<1>, D<3>), (D<1>, D<3>), _>(case);
    for radius in [result.rad_y[0], result.rad_dx[0][0]] {
        assert!(radius >= 2e-3 * rest && radius < 2.02e-3 * rest);
    }
}

#[test]
fn one_class_is_certain() {
    let x = [7.0_f32];
    let result = elementwise::<CrossEntropy, (D<1>,), (D<1>,), _>(Case2 {
        a: &x,
        b: &[1.0],
        alpha: &[0.5],
        dy: &[3.0],
        ..Case2::default()
    });
    assert_eq!((result.y[0], result.rad_y[0]), (0.0, 0.0));
    assert_eq!((result.dx[0][0], result.rad_dx[0][0]), (0.0, 0.0));
    let none =
        elementwise::<CrossEntropy, (D<2>, D<0>), (D<2>, D<0>), f32>(Case2 { dy: &[1.0; 2], ..Case2::default() });
    assert_eq!((none.y, none.rad_y), (vec![0.0; 2], vec![0.0; 2]));
}

#[test]
fn what_is_not_finite_is_unbounded_and_stays_in_its_row() {
    let t = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0];
    for bad in [f32::INFINITY, f32::NAN] {
        let result = elementwise::<CrossEntropy, Pair, Pair, _>(Case2 {
            a: &[bad, 0.0, 1.0, 0.0, 1.0, 2.0],
            b: &t,
            dy: &[1.0; 2],
            ..Case2::default()
        });
        assert!(result.rad_y[0] == f64::INFINITY && result.rad_y[1] < 1e-5, "{bad}: {:?}", result.rad_y);
        assert!(result.rad_dx[0][..3].iter().all(|&r| r == f64::INFINITY), "{bad}: {:?}", result.rad_dx);
        assert!(result.rad_dx[0][3..].iter().all(|&r| r < 1e-5));
    }
    let case = Case2 {
        a: &[0.0_f32; 6],
        b: &t,
        alpha: &[f64::INFINITY, 0.0, 0.0, 0.0, 0.0, 0.0],
        dy: &[1.0; 2],
        ..Case2::default()
    };
    let result = elementwise::<CrossEntropy, Pair, Pair, _>(case);
    assert!(result.rad_y[0] == f64::INFINITY && result.rad_y[1] < 1e-5);
    assert!(
        result.rad_dx.iter().all(|r| r[..3].iter().all(|&r| r == f64::INFINITY) && r[3..].iter().all(|&r| r < 1e-5))
    );
    assert_eq!(uniform::<CrossEntropy, Pair, Pair, _>(case).rad_y, [f64::INFINITY]);
    let case = Case2 {
        a: &[0.0_f32; 6],
        b: &[f32::INFINITY, 0.0, 0.0, 0.0, 1.0, 0.0],
        dy: &[1.0, f32::NAN],
        ..Case2::default()
    };
    let result = elementwise::<CrossEntropy, Pair, Pair, _>(case);
    assert!(result.rad_y[0] == f64::INFINITY && result.rad_y[1] < 1e-5);
    assert!(result.rad_dx[0].iter().all(|&r| r == f64::INFINITY));
}

#[test]
fn minus_infinity_with_the_target_zero_contributes_nothing() {
    let (z, t) = ([f32::NEG_INFINITY, 0.0, 1.0, 0.0, f32::NEG_INFINITY, 2.0], [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
    let case = Case2 { a: &z, b: &t, alpha: &[0.125; 6], dy: &[1.0; 2], ..Case2::default() };
    let result = elementwise::<CrossEntropy, Pair, Pair, _>(case);
    let without = elementwise::<CrossEntropy, (D<2>,), (D<2>,), _>(Case2 {
        a: &z[1..3],
        b: &t[1..3],
        alpha: &[0.125; 2],
        dy: &[1.0],
        ..Case2::default()
    });
    assert_eq!((result.y[0], &result.dx[0][..3]), (without.y[0], &[0.0, without.dx[0][0], without.dx[0][1]][..]));
    assert!(result.rad_y[0] <= without.rad_y[0] * 1.01 && result.rad_dx[0][0] == 0.0);
    assert!(result.rad_dx[0][1] <= without.rad_dx[0][0] * 1.01);
    // The derivative by its target is infinite, and so is the loss of a class that cannot be.
    assert_eq!((result.rad_dx[1][0], result.rad_y[1]), (f64::INFINITY, f64::INFINITY));
    assert!(
        uniform::<CrossEntropy, (D<3>,), (D<3>,), _>(Case2 {
            a: &z[..3],
            b: &t[..3],
            alpha: &[0.125; 3],
            dy: &[1.0],
            ..case
        })
        .rad_y[0]
            < 1.0
    );
    // What is -∞ by an overflow, or a target that may be another, is not known.
    for (alpha, beta) in [([f64::INFINITY, 0.0, 0.0], [0.0; 3]), ([0.0; 3], [0.5, 0.0, 0.0])] {
        let case = Case2 { a: &z[..3], b: &t[..3], alpha: &alpha, beta: &beta, dy: &[1.0], ..case };
        assert_eq!(elementwise::<CrossEntropy, (D<3>,), (D<3>,), _>(case).rad_y, [f64::INFINITY]);
    }
}

#[test]
fn a_masked_class_may_be_far_away() {
    let z = [bf16::from_f64(-1e30), bf16::ONE, bf16::ZERO];
    let t = [bf16::ZERO, bf16::ONE, bf16::ZERO];
    let result =
        elementwise::<CrossEntropy, (D<3>,), (D<3>,), _>(Case2 { a: &z, b: &t, dy: &[bf16::ONE], ..Case2::default() });
    let exact = (-1_f64).exp().ln_1p();
    assert!((result.y[0].to_f64() - exact).abs() <= result.rad_y[0] && result.rad_y[0] < 2e-3);
    assert!(result.rad_dx[0].iter().all(|&r| r < 2e-3));
}
