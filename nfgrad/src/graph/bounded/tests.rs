//! Radii of leaves and seeds that come and go, and what is refused.

use nfgrad_shapes::D;

use crate::bound::Domain;
use crate::error::Since;
use crate::optim::{Adam, Sgd};
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

graph! {
    graph Net {
        input x: [2];
        param w: [2];
        param unused: [1];
        let c = x * x;
        let side = unused + unused;
        let p = w * c;
        output loss = sum(p);
        output side;
    }
}

const SHIFT_W: Idx<Shift, (D<3>,), 0> = Idx::new();

type V = (D<2>,);
const W: Idx<Net, V, 0> = Idx::new();
const UNUSED: Idx<Net, (D<1>,), 1> = Idx::new();
const X: Idx<Net, V, 2> = Idx::new();
const C: Idx<Net, V, 3> = Idx::new();
const SIDE: Idx<Net, (D<1>,), 4> = Idx::new();
const P: Idx<Net, V, 5> = Idx::new();

fn net<D: Domain>() -> BoundedRun<Net, f32, D> {
    let mut run = Net::bounded();
    run.leaves_mut().x.fill_with(|| 3.0);
    run.leaves_mut().w.fill_with(|| 0.1);
    run
}

fn stale(call: &'static str, since: Since) -> Error {
    Error::Stale { call, since }
}

#[test]
fn the_sign_of_a_zero_is_no_radius() {
    fn largest<D: Domain>() -> f64 {
        let mut run = Shift::bounded::<f32, D>();
        run.set_radii(SHIFT_W, &[1.0, -0.0, 0.5]).unwrap();
        run.forward().unwrap();
        run.outputs().y.max_radius().get()
    }
    for radius in [largest::<Uniform>(), largest::<Euclidean>(), largest::<Elementwise>()] {
        assert!((2.0..2.5).contains(&radius), "{radius}");
    }
}

#[test]
fn what_was_not_differentiated_has_no_cotangent() {
    fn check<D: Domain>() {
        let mut run = net::<D>();
        assert_eq!(run.cotangent(W).err(), Some(stale("cotangent", Since::NotDifferentiated)));
        assert_eq!(run.gradients().w.max_radius().get(), f64::INFINITY);
        run.forward().unwrap();
        // A sweep that reaches more comes first: what it leaves behind must not be taken for zero.
        run.backward_from(|mut seeds| seeds.side.as_mut_slice()[0] = 7.0).unwrap();
        assert_eq!(run.cotangent(SIDE).unwrap().mid().as_slice(), [7.0]);
        assert_eq!(run.cotangent(UNUSED).unwrap().mid().as_slice(), [14.0]);
        run.backward().unwrap();
        for zero in [run.cotangent(UNUSED).unwrap(), run.cotangent(SIDE).unwrap()] {
            assert_eq!((zero.mid().as_slice(), zero.max_radius().get()), (&[0.0][..], 0.0));
        }
        assert_eq!(run.cotangent(P).unwrap().mid().as_slice(), [1.0; 2]);
        assert_eq!(run.cotangent(W).unwrap().mid().as_slice(), [9.0; 2]);
        // The loss depends on these, and no parameter lies behind them.
        assert_eq!(run.cotangent(X).err(), Some(Error::NotDifferentiated { position: 2 }));
        assert_eq!(run.run().cotangent(C).err(), Some(Error::NotDifferentiated { position: 3 }));
    }
    check::<Uniform>();
    check::<Euclidean>();
    check::<Elementwise>();
}

/// Every door to the numbers of a run, and what it leaves stale.
#[test]
fn every_door_is_watched() {
    type Door = fn(&mut BoundedRun<Net, f32, Elementwise>);
    let doors: [(Door, Since); 8] = [
        (|run| run.leaves_mut().x.fill_with(|| 9.0), Since::LeavesWritten),
        (|run| run.get_mut(W).fill_with(|| 9.0), Since::LeavesWritten),
        (|run| run.copy_leaves_from(&Net::run::<bf16>()), Since::LeavesWritten),
        (|run| run.copy_params_from(&Net::run::<f64>()), Since::LeavesWritten),
        (|run| run.params_and_gradients_mut().0[0] = 9.0, Since::ParametersChanged),
        (|run| Sgd::new(0.1).step_bounded(run).unwrap(), Since::ParametersChanged),
        (|run| Adam::new(0.1).step_bounded(run).unwrap(), Since::ParametersChanged),
        (|run| run.set_radii(X, &[0.5; 2]).unwrap(), Since::RadiiSet),
    ];
    for (door, since) in doors {
        let mut run = net();
        run.forward().unwrap();
        run.backward().unwrap();
        let before = run.clone();
        door(&mut run);
        assert_eq!(run.backward(), Err(stale("backward", since)));
        assert_eq!(run.backward_from(|_| unreachable!("refused")), Err(stale("backward_from", since)));
        assert_eq!(Sgd::new(0.1).step_bounded(&mut run), Err(stale("step_bounded", since)));
        assert_eq!(Adam::new(0.1).step_bounded(&mut run.clone()), Err(stale("step_bounded", since)));
        let mut shadow = Shadow::new();
        assert_eq!(shadow.certify_values(run.run()).err(), Some(stale("certify_values", since)));
        assert_eq!(shadow.certify(run.run()).err(), Some(stale("certify", since)));
        // The copy is as it was, and the original again after a sweep.
        assert!(shadow.certify(before.run()).is_ok());
        run.forward().unwrap();
        assert!(run.backward().is_ok());
    }
}

#[test]
fn a_gradient_must_be_that_of_the_loss_to_be_certified() {
    let mut run = Net::run::<f32>();
    let mut shadow = Shadow::new();
    assert_eq!(shadow.certify_values(&run).err(), Some(stale("certify_values", Since::New)));
    run.leaves_mut().x.fill_with(|| 2.0);
    run.forward();
    assert!(shadow.certify_values(&run).is_ok());
    assert_eq!(shadow.certify(&run).err(), Some(stale("certify", Since::NotDifferentiated)));
    run.backward_from(|mut seeds| seeds.loss.as_mut_slice()[0] = 2.0);
    assert_eq!(shadow.certify(&run).err(), Some(stale("certify", Since::OtherGradient)));
    run.backward();
    assert!(shadow.certify(&run).is_ok());
}

#[test]
#[should_panic(expected = "leaves were written since the last forward sweep; call `forward` again")]
fn a_plain_gradient_at_values_of_other_leaves_is_a_panic() {
    let mut run = Net::run::<f32>();
    run.forward();
    run.leaves_mut().w.fill_with(|| 1.0);
    run.backward();
}

/// Numbers and radii are read as the last sweeps left them, all of the same leaves; what would take them for those of new ones is refused.
#[test]
fn what_is_read_is_of_the_leaves_that_the_last_sweeps_saw() {
    fn check<D: Domain>() {
        let mut run = net::<D>();
        run.set_radii(X, &[1e-3; 2]).unwrap();
        run.forward().unwrap();
        run.backward().unwrap();
        let read = |run: &BoundedRun<Net, f32, D>| {
            let (loss, w, cotangent) = (run.outputs().loss, run.gradients().w, run.cotangent(W).unwrap());
            [
                (loss.mid().max_abs(), loss.max_radius().get()),
                (w.mid().max_abs(), w.max_radius().get()),
                (cotangent.mid().max_abs(), cotangent.max_radius().get()),
            ]
        };
        let before = read(&run);
        assert!(before.iter().all(|&(x, r)| x > 1.0 && r > 0.0 && r < 0.1), "{before:?}");
        run.leaves_mut().x.fill_with(|| 300.0);
        assert_eq!(read(&run), before);
        assert_eq!(run.backward(), Err(stale("backward", Since::LeavesWritten)));
        run.set_radii(X, &[0.0; 2]).unwrap();
        assert_eq!(read(&run), before);
        // New values beside the gradient that the last backward sweep found.
        run.forward().unwrap();
        let now = read(&run);
        assert!(now[1..] == before[1..] && now[0].0 > before[0].0);
        assert_eq!(Sgd::new(0.1).step_bounded(&mut run), Err(stale("step_bounded", Since::NotDifferentiated)));
    }
    check::<Elementwise>();
    check::<Uniform>();
    check::<Euclidean>();
}

#[test]
fn nothing_is_known_of_what_is_written_in_place_of_a_node() {
    let mut run = net::<Elementwise>();
    run.forward().unwrap();
    run.get_mut(C).fill_with(|| 1.0);
    assert_eq!(run.get(C).radii(), [f64::INFINITY; 2]);
    assert_eq!(run.set_radii(C, &[0.0; 2]), Err(Error::NotALeaf { position: 3, leaves: 3 }));
    run.forward().unwrap();
    assert_eq!(run.get(C).mid().as_slice(), [9.0; 2]);
}

#[test]
fn steps_with_radii_do_not_go_on_from_steps_without() {
    let mut run = net::<Uniform>();
    run.forward().unwrap();
    run.backward().unwrap();
    let (mut sgd, mut adam) = (Sgd::new(0.1).momentum(0.9), Adam::new(0.1));
    let plain = || run.run().clone();
    sgd.step(&mut plain()).unwrap();
    adam.step(&mut plain()).unwrap();
    // Without momentum nothing is remembered.
    let mut forgetful = Sgd::new(0.1);
    forgetful.step(&mut plain()).unwrap();
    assert_eq!(sgd.step_bounded(&mut run), Err(Error::StepsWithoutRadii));
    assert_eq!(adam.step_bounded(&mut run), Err(Error::StepsWithoutRadii));
    assert!(run.backward().is_ok(), "nothing was changed");
    forgetful.step_bounded(&mut run.clone()).unwrap();
    sgd.assume_exact();
    sgd.step_bounded(&mut run).unwrap();
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_processor_that_rounds_otherwise_is_refused() {
    use crate::kernel::processor::{STATES, with_mxcsr};

    let mut run = net::<Elementwise>();
    run.forward().unwrap();
    run.backward().unwrap();
    let (mut shadow, mut sgd, mut adam) = (Shadow::new(), Sgd::new(0.1), Adam::new(0.1));
    let other = Net::run::<f64>();
    for (bits, state) in STATES {
        let refused = with_mxcsr(bits, || {
            [
                run.set_radii(W, &[1.0; 2]).err(),
                run.enclose_leaves_of(&other).err(),
                run.forward().err(),
                run.backward().err(),
                run.backward_from(|_| unreachable!("refused")).err(),
                shadow.certify_values(run.run()).err(),
                shadow.certify(run.run()).err(),
                sgd.step_bounded(&mut run).err(),
                adam.step_bounded(&mut run).err(),
            ]
        });
        assert!(refused.into_iter().all(|error| error == Some(Error::Processor(state))));
    }
    assert!(run.backward().is_ok(), "nothing was changed");
}
