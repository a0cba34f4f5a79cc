//! Runs one op on plain slices, forward and backward, with its radii: what the tests of the ops need.

use nfgrad_shapes::Shape;

use super::{Contribution, Op};
use crate::bound::{Ball, Domain, Elementwise, Uniform};
use crate::format::Format;

/// The operand, the cotangent and their radii; missing radii are 0.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Case1<'a, F> {
    pub(super) x: &'a [F],
    pub(super) alpha: &'a [f64],
    pub(super) dy: &'a [F],
    pub(super) delta: &'a [f64],
}

/// The operands, the cotangent and their radii; missing radii are 0.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Case2<'a, F> {
    pub(super) a: &'a [F],
    pub(super) b: &'a [F],
    pub(super) alpha: &'a [f64],
    pub(super) beta: &'a [f64],
    pub(super) dy: &'a [F],
    pub(super) delta: &'a [f64],
}

/// What the op computed.
#[derive(Debug, Clone)]
pub(super) struct Computed<F, const N: usize> {
    pub(super) y: Vec<F>,
    pub(super) rad_y: Vec<f64>,
    pub(super) dx: [Vec<F>; N],
    pub(super) rad_dx: [Vec<f64>; N],
}

pub(super) fn elementwise1<O: Op<(S,)>, S: Shape, F: Format>(case: Case1<'_, F>) -> Computed<F, 1> {
    run1::<O, S, F, Elementwise>(case)
}

pub(super) fn uniform1<O: Op<(S,)>, S: Shape, F: Format>(case: Case1<'_, F>) -> Computed<F, 1> {
    run1::<O, S, F, Uniform>(case)
}

pub(super) fn elementwise<O: Op<(L, R)>, L: Shape, R: Shape, F: Format>(case: Case2<'_, F>) -> Computed<F, 2> {
    run2::<O, L, R, F, Elementwise>(case)
}

pub(super) fn uniform<O: Op<(L, R)>, L: Shape, R: Shape, F: Format>(case: Case2<'_, F>) -> Computed<F, 2> {
    run2::<O, L, R, F, Uniform>(case)
}

fn run1<O: Op<(S,)>, S: Shape, F: Format, D: Domain>(case: Case1<'_, F>) -> Computed<F, 1> {
    let (rad_x, delta) = (radii::<D>(case.alpha, S::NUMEL), radii::<D>(case.delta, O::Out::NUMEL));
    let (mut y, mut rad_y) = (vec![F::ZERO; O::Out::NUMEL], vec![0.0; D::len(O::Out::NUMEL)]);
    O::forward([case.x], &mut y);
    let x = Ball::<F, D>::new(case.x, &rad_x);
    O::forward_radius([x], &y, &mut rad_y);
    let (mut dx, mut rad_dx) = (vec![F::ZERO; S::NUMEL], vec![0.0; D::len(S::NUMEL)]);
    O::vjp([case.x], &y, case.dy, [Some(&mut dx)]);
    O::vjp_radius(
        [x],
        Ball::new(&y, &rad_y),
        Ball::new(case.dy, &delta),
        [Some(Contribution { mid: &dx, radii: &mut rad_dx })],
    );
    Computed { y, rad_y, dx: [dx], rad_dx: [rad_dx] }
}

fn run2<O: Op<(L, R)>, L: Shape, R: Shape, F: Format, D: Domain>(case: Case2<'_, F>) -> Computed<F, 2> {
    let (rad_a, rad_b) = (radii::<D>(case.alpha, L::NUMEL), radii::<D>(case.beta, R::NUMEL));
    let delta = radii::<D>(case.delta, O::Out::NUMEL);
    let (mut y, mut rad_y) = (vec![F::ZERO; O::Out::NUMEL], vec![0.0; D::len(O::Out::NUMEL)]);
    O::forward([case.a, case.b], &mut y);
    let x = [Ball::<F, D>::new(case.a, &rad_a), Ball::new(case.b, &rad_b)];
    O::forward_radius(x, &y, &mut rad_y);
    let (mut da, mut db) = (vec![F::ZERO; L::NUMEL], vec![F::ZERO; R::NUMEL]);
    let (mut rad_da, mut rad_db) = (vec![0.0; D::len(L::NUMEL)], vec![0.0; D::len(R::NUMEL)]);
    O::vjp([case.a, case.b], &y, case.dy, [Some(&mut da), Some(&mut db)]);
    O::vjp_radius(
        x,
        Ball::new(&y, &rad_y),
        Ball::new(case.dy, &delta),
        [Some(Contribution { mid: &da, radii: &mut rad_da }), Some(Contribution { mid: &db, radii: &mut rad_db })],
    );
    Computed { y, rad_y, dx: [da, db], rad_dx: [rad_da, rad_db] }
}

/// The radii as the domain keeps them.
fn radii<D: Domain>(given: &[f64], numel: usize) -> Vec<f64> {
    let mut radii = vec![0.0; D::len(numel)];
    if !given.is_empty() {
        D::fill(&mut radii, numel, |i: usize| crate::bound::Up::new(given[i]));
    }
    radii
}
