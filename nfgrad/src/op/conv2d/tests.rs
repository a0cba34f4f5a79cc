//! Convolutions by hand, and in graphs.

use nfgrad_shapes::D;

use super::super::testing::{Case2, Computed, elementwise, uniform};
use super::*;
use crate::bound::Elementwise;
use crate::graph::HasLoss;
use crate::prelude::*;

/// `[1, 3, 3]` and `[1, 1, 2, 2]`.
type Small<const H: usize, const P: usize, const S: usize> = Conv2d<D<S>, D<P>, D<1>, D<1>, D<H>, D<H>>;
type Image = (D<1>, D<3>, D<3>);
type Square = (D<1>, D<1>, D<2>, D<2>);

const CASE: Case2<'static, f32> = Case2 {
    a: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
    b: &[1.0, 0.0, -1.0, 2.0],
    alpha: &[],
    beta: &[],
    dy: &[1.0, 1.0, 1.0, 1.0],
    delta: &[],
};

#[test]
fn a_window_is_not_mirrored() {
    let Computed { y, dx: [dx, dw], .. } = elementwise::<Small<2, 0, 1>, Image, Square, _>(CASE);
    // 1 - 4 + 2 * 5 and so on
    assert_eq!(y, [7.0, 9.0, 13.0, 15.0]);
    assert_eq!(dw, [12.0, 16.0, 24.0, 28.0]);
    assert_eq!(dx, [1.0, 1.0, 0.0, 0.0, 2.0, 2.0, -1.0, 1.0, 2.0]);
}

#[test]
fn padding_is_certain_and_a_stride_leaves_entries_out() {
    let case = Case2 { alpha: &[0.5; 9], ..CASE };
    let Computed { y, rad_y, dx: [dx, _], rad_dx: [rad_dx, _] } = elementwise::<Small<2, 1, 2>, Image, Square, _>(case);
    // Of the first window only the last entry, 2 * 1, is of the image.
    assert_eq!(y, [2.0, 6.0 - 2.0, 14.0, 18.0 - 8.0 + 5.0]);
    let [corner, .., all] = rad_y[..] else { panic!("four values") };
    assert!((1.0..1.000_01).contains(&corner) && (2.0..2.000_01).contains(&all), "{rad_y:?}");
    assert_eq!(dx, [2.0, -1.0, 2.0, 0.0, 1.0, 0.0, 2.0, -1.0, 2.0]);
    // Every entry is in one window, so nothing is added, and small products are exact up to what the constant of a product of one allows.
    assert!(rad_dx.iter().all(|&radius| radius < 3e-7), "{rad_dx:?}");
}

#[test]
fn one_number_for_all() {
    let case = Case2 { alpha: &[0.5; 9], beta: &[0.25; 4], ..CASE };
    let each = elementwise::<Small<4, 1, 1>, Image, Square, _>(Case2 { dy: &[1.0; 16], ..case });
    let one = uniform::<Small<4, 1, 1>, Image, Square, _>(Case2 { dy: &[1.0; 16], ..case });
    for (each, one) in [(&each.rad_y, &one.rad_y), (&each.rad_dx[0], &one.rad_dx[0]), (&each.rad_dx[1], &one.rad_dx[1])]
    {
        assert!(one.len() == 1 && each.iter().all(|radius| radius <= &one[0]), "{each:?} {one:?}");
    }
    // Four windows have the entry in the middle, and the radius of each weight is 1/4.
    assert!((1.0..1.000_01).contains(&each.rad_dx[0][4]));
}

#[test]
fn what_is_not_finite_spoils_the_windows_that_have_it() {
    let mut x = [1.0; 9];
    x[0] = f32::NAN;
    let computed = elementwise::<Small<2, 0, 1>, Image, Square, _>(Case2 { a: &x, ..CASE });
    assert_eq!(computed.rad_y.map_known(), [false, true, true, true]);
    assert_eq!(computed.rad_dx[1].map_known(), [false, true, true, true]);
    let computed = elementwise::<Small<2, 0, 1>, Image, Square, _>(Case2 { b: &[f32::MAX; 4], a: &[2.0; 9], ..CASE });
    assert_eq!(computed.rad_y, [f64::INFINITY; 4]);
}

/// Which radii are known.
trait MapKnown {
    fn map_known(&self) -> Vec<bool>;
}

impl MapKnown for Vec<f64> {
    fn map_known(&self) -> Vec<bool> {
        self.iter().map(|radius| radius.is_finite()).collect()
    }
}

graph! {
    graph Groups {
        input x: [3, 4, 7, 5];
        input t: [3, 6, 3, 3];
        param w: [6, 2, 3, 2];
        param b: [6];
        output loss = mse(conv2d(x, w, b, stride = 3, padding = 2, dilation = 2, groups = 2), t);
    }
}

/// So many images that the cotangent of the weights is a sum over bundles of them.
const MANY: usize = 70;

graph! {
    graph Bundles {
        param x: [MANY, 2, 6, 6];
        input t: [MANY, 3, 6, 6];
        param w: [3, 2, 3, 3];
        output loss = mse(conv2d(x, w, padding = 1), t);
    }
}

/// Numbers in [-1, 1), among them few that are exact products of others.
fn fill<F: Format>(leaves: &mut [F]) {
    let mut state = 1_u32;
    for leaf in leaves {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *leaf = F::from_f64(f64::from(state >> 9) / 4_194_304.0 - 1.0);
    }
}

/// Values and gradients of f32 and bf16 against those of f64; the largest radius of each in f32.
fn check<G: HasLoss>(set: impl Fn(&mut Run<G, f32>)) -> f64 {
    let mut leaves = Run::<G, f32>::new();
    set(&mut leaves);
    let (mut run, mut exact) = (BoundedRun::<G, f32, Elementwise>::new(), Run::<G, f64>::new());
    run.copy_leaves_from(&leaves);
    exact.copy_leaves_from(&leaves);
    run.forward().unwrap();
    run.backward().unwrap();
    exact.forward();
    exact.backward();
    let mut largest = 0.0_f64;
    let gradients = (run.run().cotangents().values(), run.cotangent_radii(), exact.cotangents().values());
    for (mid, radii, exact) in [(run.run().values().values(), run.radii(), exact.values().values()), gradients] {
        for ((mid, radius), exact) in mid.iter().zip(radii).zip(exact).take(G::PARAM_SIZE) {
            let error = (mid.to_f64() - exact).abs();
            assert!(error <= radius + 1e-13, "{mid} - {exact} = {error} > {radius}");
            largest = largest.max(*radius);
        }
    }
    largest
}

#[test]
fn groups_dilation_stride_and_padding_together() {
    let radius = check::<Groups>(|run| {
        let mut leaves = run.leaves_mut();
        for tensor in
            [leaves.x.as_mut_slice(), leaves.t.as_mut_slice(), leaves.w.as_mut_slice(), leaves.b.as_mut_slice()]
        {
            fill(tensor);
        }
    });
    assert!(radius > 0.0 && radius < 2e-6, "{radius}");
}

#[test]
fn many_images_come_in_bundles() {
    let radius = check::<Bundles>(|run| {
        let mut leaves = run.leaves_mut();
        for tensor in [leaves.x.as_mut_slice(), leaves.t.as_mut_slice(), leaves.w.as_mut_slice()] {
            fill(tensor);
        }
    });
    assert!(radius > 0.0 && radius < 2e-5, "{radius}");
}
