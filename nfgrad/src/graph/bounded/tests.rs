//! Radii of leaves and seeds that come and go.

use nfgrad_shapes::D;

use crate::prelude::*;

graph! {
    graph Shift {
        param w: [3];
        output y = w + w;
    }
}

#[test]
fn a_leaf_that_is_finite_again_has_the_radius_that_it_was_given() {
    let mut run = Shift::bounded::<f32, Elementwise>();
    let w = Idx::<Shift, (D<3>,), 0>::new();
    run.set_radii(w, &[0.25, 0.5, 1.0]).unwrap();
    run.get_mut(w).as_mut_slice().copy_from_slice(&[1.0, f32::NAN, 2.0]);
    for _ in 0..2 {
        run.forward().unwrap();
        assert_eq!(run.get(w).radii(), [0.25, f64::INFINITY, 1.0]);
    }
    run.get_mut(w).as_mut_slice()[1] = 3.0;
    run.forward().unwrap();
    assert_eq!(run.get(w).radii(), [0.25, 0.5, 1.0]);
    // What is given while the leaf is not finite holds afterwards.
    run.get_mut(w).as_mut_slice()[0] = f32::INFINITY;
    run.forward().unwrap();
    run.set_radii(w, &[0.0, 2.0, 4.0]).unwrap();
    run.get_mut(w).as_mut_slice()[0] = 1.0;
    run.forward().unwrap();
    assert_eq!(run.get(w).radii(), [0.0, 2.0, 4.0]);
}

#[test]
fn a_seed_that_is_not_finite_makes_its_gradient_unbounded() {
    let mut run = Shift::bounded::<f32, Elementwise>();
    run.forward().unwrap();
    run.backward_from(|mut seeds| seeds.y.as_mut_slice().copy_from_slice(&[1.0, f32::INFINITY, f32::NAN])).unwrap();
    let w = run.cotangent(Idx::<Shift, (D<3>,), 0>::new()).unwrap();
    assert_eq!(w.radii(), [0.0, f64::INFINITY, f64::INFINITY]);
}
