//! Tests of the softmax.

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
fn an_empty_row_is_zero_and_a_doubtful_mask_is_unknown() {
    let case = Case2::<f64> { a: &[1.0; 4], b: &[0.0; 4], dy: &[1.0; 4], ..Case2::default() };
    let result = elementwise::<Softmax<Axis<0>>, Row, Row, _>(case);
    assert_eq!((&result.y[..], &result.rad_y[..]), (&[0.0; 4][..], &[0.0; 4][..]));
    assert_eq!((&result.dx[0][..], &result.rad_dx[0][..]), (&[0.0; 4][..], &[0.0; 4][..]));
    let case = Case2 { b: &[1.0, 1.0, 0.5, 0.0], beta: &[0.5, 0.0, 0.5, 0.0], ..case };
    let result = elementwise::<Softmax<Axis<0>>, Row, Row, _>(case);
    assert_eq!(result.rad_y, [f64::INFINITY; 4]);
    assert_eq!(result.rad_dx[1], [0.0, 0.0, f64::INFINITY, 0.0]);
}

const OUT: f32 = f32::NEG_INFINITY;

#[test]
fn what_is_minus_infinity_is_exactly_zero() {
    let case = Case1::<f32> { x: &[OUT, 2.0, OUT, 2.0], dy: &[9.0, 1.0, -3.0, 0.0], ..Case1::default() };
    let result = elementwise1::<Softmax<Axis<0>>, Row, _>(case);
    assert_eq!((&result.y[..], &result.dx[0][..]), (&[0.0, 0.5, 0.0, 0.5][..], &[0.0, 0.25, 0.0, -0.25][..]));
    for radii in [&result.rad_y, &result.rad_dx[0]] {
        assert_eq!((radii[0], radii[2]), (0.0, 0.0));
        assert!(radii[1] < 1e-6 && radii[3] < 1e-6, "{radii:?}");
    }
    // Whatever the errors of the others.
    let case = Case1 { alpha: &[0.5; 4], delta: &[0.25; 4], ..case };
    let result = elementwise1::<Softmax<Axis<0>>, Row, _>(case);
    assert_eq!([result.rad_y[0], result.rad_y[2], result.rad_dx[0][0], result.rad_dx[0][2]], [0.0; 4]);
    assert!(result.rad_y[1] > 0.2 && result.rad_dx[0][1] < 2.0);
    let uniform = uniform1::<Softmax<Axis<0>>, Row, _>(case);
    assert!(uniform.rad_y[0] > 0.2 && uniform.rad_dx[0][0] < 2.0);
    // A row of nothing else is zero; unless these are overflows.
    let case = Case1 { x: &[OUT; 4], ..case };
    let result = elementwise1::<Softmax<Axis<0>>, Row, _>(case);
    assert_eq!((&result.y[..], &result.dx[0][..]), (&[0.0; 4][..], &[0.0; 4][..]));
    assert_eq!((&result.rad_y[..], &result.rad_dx[0][..]), (&[0.0; 4][..], &[0.0; 4][..]));
    let case = Case1 { alpha: &[0.0, f64::INFINITY, 0.0, 0.0], ..case };
    let result = elementwise1::<Softmax<Axis<0>>, Row, _>(case);
    assert_eq!((&result.rad_y[..], &result.rad_dx[0][..]), (&[f64::INFINITY; 4][..], &[f64::INFINITY; 4][..]));
    let case = Case1 { x: &[OUT, 2.0, 1.0, 2.0], alpha: &[f64::INFINITY, 0.0, 0.0, 0.0], ..case };
    let result = elementwise1::<Softmax<Axis<0>>, Row, _>(case);
    assert!(result.rad_y.iter().all(|&radius| radius > 0.3) && result.rad_dx[0] == [f64::INFINITY; 4]);
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
