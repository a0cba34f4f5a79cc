//! Data that is no data: a typed error or an infinite radius on everything it reaches, never a panic, never a number.

#[path = "bad_input/empty.rs"]
mod empty;
#[path = "bad_input/masks.rs"]
mod masks;

use nfgrad::Error;
use nfgrad::bound::Domain;
use nfgrad::graph::{Leaves, Node, Then};
use nfgrad::op::{Add, All, CrossEntropy, MatMul, Mean, Relu, Sum, Tanh};
use nfgrad::prelude::*;
use nfgrad_tests::sample::Sampled;

type W = (D<3>, D<2>);
type B = (D<2>,);
type X = (D<2>, D<3>);
type H = (D<2>, D<2>);

/// `mean(cross_entropy(tanh(relu(x @ w + b)), t))`
mod net {
    use super::{
        Add, All, B, CrossEntropy, H, Idx, Leaves, MatMul, Mean, Nil, Node, Relu, RevGraph, Snoc, Tanh, Then, W, X,
    };

    type G0 = Leaves<Snoc<Snoc<Nil, W>, B>, Snoc<Snoc<Nil, X>, H>>;
    type C0 = <G0 as RevGraph>::Context;
    type G1 = Then<G0, Node<MatMul, (Idx<C0, X, 2>, Idx<C0, W, 0>)>>;
    type C1 = <G1 as RevGraph>::Context;
    type G2 = Then<G1, Node<Add, (Idx<C1, H, 4>, Idx<C1, B, 1>)>>;
    type C2 = <G2 as RevGraph>::Context;
    type G3 = Then<G2, Node<Relu, (Idx<C2, H, 5>,)>>;
    type C3 = <G3 as RevGraph>::Context;
    type G4 = Then<G3, Node<Tanh, (Idx<C3, H, 6>,)>>;
    type C4 = <G4 as RevGraph>::Context;
    type G5 = Then<G4, Node<CrossEntropy, (Idx<C4, H, 7>, Idx<C4, H, 3>)>>;
    type C5 = <G5 as RevGraph>::Context;
    pub(super) type Net = Then<G5, Node<Mean<All>, (Idx<C5, B, 8>,)>>;
}

use net::Net;

const W_AT: Idx<<Net as RevGraph>::Context, W, 0> = Idx::new();
const B_AT: Idx<<Net as RevGraph>::Context, B, 1> = Idx::new();
const X_AT: Idx<<Net as RevGraph>::Context, X, 2> = Idx::new();
const T_AT: Idx<<Net as RevGraph>::Context, H, 3> = Idx::new();
const LOSS: Idx<<Net as RevGraph>::Context, (), 9> = Idx::new();

/// A run on ordinary data.
fn ordinary<F: Sampled, D: Domain>() -> BoundedRun<Net, F, D> {
    let number = |i: u8| F::from_f64(0.5 + f64::from(i) / 8.0);
    let mut run = BoundedRun::new();
    run.get_mut(W_AT).copy_from_slice(&[1, 2, 3, 4, 5, 6].map(number)).unwrap();
    run.get_mut(B_AT).copy_from_slice(&[1, 2].map(number)).unwrap();
    run.get_mut(X_AT).copy_from_slice(&[1, 2, 3, 4, 5, 6].map(number)).unwrap();
    run.get_mut(T_AT).copy_from_slice(&[F::ONE, F::ZERO, F::ZERO, F::ONE]).unwrap();
    run
}

fn step<F: Sampled, D: Domain>(run: &mut BoundedRun<Net, F, D>) {
    run.forward().unwrap();
    run.backward().unwrap();
}

fn loss<F: Sampled, D: Domain>(run: &BoundedRun<Net, F, D>) -> f64 {
    run.get(LOSS).max_radius().get()
}

/// Runs the body for all formats and domains.
macro_rules! everywhere {
    ($body:ident) => {
        $body::<f32, Uniform>();
        $body::<f32, Elementwise>();
        $body::<f64, Uniform>();
        $body::<f64, Elementwise>();
        $body::<f64, Euclidean>();
        $body::<bf16, Uniform>();
        $body::<bf16, Elementwise>();
    };
}

#[test]
fn ordinary_data_has_finite_radii() {
    fn check<F: Sampled, D: Domain>() {
        let mut run = ordinary::<F, D>();
        step(&mut run);
        assert!(loss(&run) < 0.3, "{}", loss(&run));
        assert!(run.cotangent(W_AT).unwrap().max_radius().is_finite());
    }
    everywhere!(check);
}

#[test]
fn a_leaf_that_is_not_finite_spoils_everything_it_reaches() {
    fn check<F: Sampled, D: Domain>() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for element in 0..6 {
                let mut run = ordinary::<F, D>();
                run.get_mut(X_AT).as_mut_slice()[element] = F::from_f64(bad);
                step(&mut run);
                assert_eq!(loss(&run), f64::INFINITY, "{bad} in x[{element}]");
                // Row i of w meets column i of x.
                let gradient = run.cotangent(W_AT).unwrap();
                let row = element % 3 * 2;
                assert!((row..row + 2).all(|i| !gradient.radius(i).is_finite()), "{bad} in x[{element}]: {gradient:?}");
                assert!(!run.cotangent(B_AT).unwrap().radius(0).is_finite());
            }
            for element in 0..2 {
                let mut run = ordinary::<F, D>();
                run.get_mut(B_AT).as_mut_slice()[element] = F::from_f64(bad);
                step(&mut run);
                assert_eq!(loss(&run), f64::INFINITY, "{bad} in b[{element}]");
                assert!(!run.cotangent(B_AT).unwrap().radius(element).is_finite());
            }
        }
    }
    everywhere!(check);
}

#[test]
fn what_a_bad_leaf_does_not_reach_keeps_its_radius() {
    let mut run = ordinary::<f32, Elementwise>();
    run.get_mut(X_AT).as_mut_slice()[0] = f32::NAN;
    step(&mut run);
    let products = run.get(Idx::<_, H, 4>::new());
    assert!(!products.radius(0).is_finite() && !products.radius(1).is_finite());
    assert!(products.radius(2).is_finite() && products.radius(3).is_finite());
}

#[test]
fn good_data_after_bad_is_good_again() {
    fn check<F: Sampled, D: Domain>() {
        let mut run = ordinary::<F, D>();
        step(&mut run);
        let (before, gradient) = (loss(&run), run.cotangent(W_AT).unwrap().radii().to_vec());
        let good = run.run().get(X_AT).as_slice()[2];
        run.get_mut(X_AT).as_mut_slice()[2] = F::from_f64(f64::NAN);
        step(&mut run);
        run.get_mut(X_AT).as_mut_slice()[2] = good;
        step(&mut run);
        assert_eq!((loss(&run), run.cotangent(W_AT).unwrap().radii()), (before, &gradient[..]));
    }
    everywhere!(check);
}

#[test]
fn an_overflow_on_the_way_is_never_a_finite_radius() {
    fn check<F: Sampled, D: Domain>() {
        let mut run = ordinary::<F, D>();
        let huge = F::from_f64(F::LARGEST);
        run.get_mut(W_AT).fill_with(|| huge);
        step(&mut run);
        // relu, tanh and the loss are finite again: the radius is all that remembers.
        assert!(run.get(LOSS).mid().value().is_finite());
        assert_eq!(loss(&run), f64::INFINITY);
        assert!(run.cotangent(W_AT).unwrap().radii().iter().all(|r| *r == f64::INFINITY));
    }
    everywhere!(check);
}

/// relu(x @ w) where the sum passes below the smallest number on its way to a positive one.
#[test]
fn a_sum_that_was_lost_does_not_vanish_in_a_relu() {
    type Row = (D<1>, D<5>);
    type Column = (D<5>,);
    type One = (D<1>,);
    type G0 = Leaves<Snoc<Nil, Column>, Snoc<Nil, Row>>;
    type C0 = <G0 as RevGraph>::Context;
    type G1 = Then<G0, Node<MatMul, (Idx<C0, Row, 1>, Idx<C0, Column, 0>)>>;
    type C1 = <G1 as RevGraph>::Context;
    type G2 = Then<G1, Node<Relu, (Idx<C1, One, 2>,)>>;
    type C2 = <G2 as RevGraph>::Context;
    type G3 = Then<G2, Node<Sum<All>, (Idx<C2, One, 3>,)>>;

    fn check<F: Sampled, D: Domain>() {
        let large = F::LARGEST * 0.75;
        let mut run = BoundedRun::<G3, F, D>::new();
        run.get_mut(Idx::<_, Row, 1>::new()).fill_with(|| F::ONE);
        let w = [-large, -large, large, large, large].map(F::from_f64);
        run.get_mut(Idx::<_, Column, 0>::new()).copy_from_slice(&w).unwrap();
        run.forward().unwrap();
        run.backward().unwrap();
        // The real sum is positive, so its gradient is 1; whatever was computed, the radius must not exclude it.
        let gradient = run.cotangent(Idx::<_, Column, 0>::new()).unwrap();
        for i in 0..5 {
            let error = (gradient.mid().as_slice()[i].to_f64() - 1.0).abs();
            assert!(error <= gradient.radius(i).get() || gradient.radius(i).get() == f64::INFINITY, "{gradient:?}");
        }
        let value = run.get(Idx::<_, (), 4>::new());
        assert!(value.mid().value().is_finite() && value.mid().value() > F::ZERO || !value.max_radius().is_finite());
    }
    everywhere!(check);
}

#[test]
fn a_slice_of_another_length_is_refused_and_changes_nothing() {
    let mut run = ordinary::<f32, Elementwise>();
    for length in [0, 5, 7] {
        let error = run.get_mut(W_AT).copy_from_slice(&vec![9.0; length]).unwrap_err();
        assert_eq!(error, Error::Length { shape: &[3, 2], expected: 6, found: length });
        let error = run.set_radii(W_AT, &vec![9.0; length]).unwrap_err();
        assert_eq!(error, Error::Length { shape: &[3, 2], expected: 6, found: length });
    }
    assert_eq!(run.run().get(W_AT).as_slice()[0], 0.625);
    assert!(Tensor::<f32, W>::from_slice(&[1.0; 7]).is_err());
    run.forward().unwrap();
    assert_eq!(run.get(W_AT).max_radius().get(), 0.0);
}

#[test]
fn a_radius_that_is_none_is_refused_and_changes_nothing() {
    fn check<F: Sampled, D: Domain>() {
        let mut run = ordinary::<F, D>();
        run.set_radii(B_AT, &[0.25, 0.5]).unwrap();
        for bad in [-1.0, f64::NAN, f64::NEG_INFINITY, -f64::MIN_POSITIVE] {
            assert_eq!(run.set_radii(B_AT, &[1.0, bad]), Err(Error::Radius { index: 1 }));
        }
        run.forward().unwrap();
        // The norm is rounded up.
        let (radius, exact) = (run.get(B_AT).max_radius().get(), if D::IS_NORM { 0.3125_f64.sqrt() } else { 0.5 });
        assert!((exact..=exact * 1.000_001).contains(&radius), "{radius}");
        // Nothing is known: that is a radius.
        run.set_radii(B_AT, &[f64::INFINITY, 0.0]).unwrap();
        step(&mut run);
        assert_eq!(loss(&run), f64::INFINITY);
        assert!(!run.cotangent(B_AT).unwrap().radius(0).is_finite());
    }
    everywhere!(check);
}

#[test]
fn an_error_says_what_to_do() {
    let mut run = ordinary::<f32, Elementwise>();
    let length = run.get_mut(W_AT).copy_from_slice(&[1.0]).unwrap_err().to_string();
    assert!(length.contains("[3, 2]") && length.contains('6') && length.contains('1'), "{length}");
    let radius = run.set_radii(B_AT, &[1.0, -1.0]).unwrap_err().to_string();
    assert!(radius.contains("index 1") && radius.contains("infinity"), "{radius}");
}
