//! Whole graphs in TorchLean's domain: every value and every gradient of its runtime is within its bounds, and its bounds are larger than ours.

use nfgrad::bound::{Domain, T0, Up};
use nfgrad::format::{RoundEach, bf16};
use nfgrad::prelude::*;
use nfgrad::report::{Report, Unknown};
use nfgrad_tests::exact::Exact;
use nfgrad_tests::laws::{Axis, Function, Rule};
use nfgrad_tests::program::Program;
use nfgrad_tests::sample::{Sample, Sampled, generator};

graph! {
    /// Every activation of TorchLean's after another, on the way to one number; `x`, `w` and `h` are used twice, once by one op.
    graph Tower {
        param x: [3];
        param w: [3, 3];
        param v: [3];
        let h = w @ x;
        let a = tanh(h) * h;
        let s = sigmoid(a - x);
        let p = softplus(s + s);
        let e = exp(-p);
        let r = relu(w @ (e * v));
        let q = 0.1 * (r * r);
        output y = q;
        output loss = sum(q);
    }
}

/// The same over the reals.
fn tower() -> Program {
    let matvec = Rule::MatMul { m: 3, k: 3, n: 1 };
    Program {
        name: "tower",
        params: vec![3, 9, 3],
        inputs: vec![],
        nodes: vec![
            (matvec.clone(), vec![1, 0]),
            (Rule::Tanh, vec![3]),
            (Rule::Mul, vec![4, 3]),
            (Rule::Sub, vec![5, 0]),
            (Rule::Unary(Function::Sigmoid), vec![6]),
            (Rule::Add, vec![7, 7]),
            (Rule::Unary(Function::Softplus), vec![8]),
            (Rule::Neg, vec![9]),
            (Rule::Exp, vec![10]),
            (Rule::Mul, vec![11, 2]),
            (matvec, vec![1, 12]),
            (Rule::Relu, vec![13]),
            (Rule::Mul, vec![14, 14]),
            (Rule::Scale { digits: 1, places: 1 }, vec![15]),
            (Rule::Sum(Axis { outer: 1, length: 3, inner: 1 }), vec![16]),
        ],
    }
}

fn run<F: Sampled, D: Domain>(leaves: &[Sample<F>]) -> BoundedRun<Tower, F, D> {
    let mut run = Tower::bounded::<F, D>();
    let (x, w, v) = (Idx::<Tower, (D1,), 0>::new(), Idx::<Tower, (D1, D1), 1>::new(), Idx::<Tower, (D1,), 2>::new());
    run.get_mut(x).copy_from_slice(&leaves[0].mid).unwrap();
    run.get_mut(w).copy_from_slice(&leaves[1].mid).unwrap();
    run.get_mut(v).copy_from_slice(&leaves[2].mid).unwrap();
    run.set_radii(x, &leaves[0].rad).unwrap();
    run.set_radii(w, &leaves[1].rad).unwrap();
    run.set_radii(v, &leaves[2].rad).unwrap();
    run.forward().unwrap();
    // What an earlier sweep left behind must not matter.
    run.backward().unwrap();
    run.backward().unwrap();
    run
}

type D1 = nfgrad::shapes::D<3>;

/// The loss and the gradients, each element with its radius.
fn balls<F: Sampled, D: Domain>(run: &BoundedRun<Tower, F, D>) -> Vec<(f64, f64)> {
    let gradients = run.gradients();
    let loss = run.outputs().loss;
    let mut balls = vec![(loss.mid().value().to_f64(), loss.radius(0).get())];
    balls.extend(gradients.x.mid().as_slice().iter().map(|x| (x.to_f64(), gradients.x.max_radius().get())));
    balls.extend(gradients.w.mid().as_slice().iter().map(|x| (x.to_f64(), gradients.w.max_radius().get())));
    balls.extend(gradients.v.mid().as_slice().iter().map(|x| (x.to_f64(), gradients.v.max_radius().get())));
    balls
}

fn check<F: Sampled>(cases: u64) {
    let program = tower();
    let mut looser = 0;
    for case in 0..cases {
        let rng = &mut generator("tower", case);
        let leaves = [3, 9, 3].map(|numel| Sample::<F>::comfortable(rng, numel));
        let values = program.forward(leaves.iter().map(|leaf| leaf.real.clone()).collect());
        let last = values.len() - 1;
        let gradients = program.reverse(&values, &[(last, vec![Exact::new(1.0)])]);
        let gradients = gradients.into_iter().take(3).flatten().flatten();
        let real: Vec<Exact> = values[last].iter().cloned().chain(gradients).collect();
        let (theirs, ours) = (balls(&run::<F, T0>(&leaves)), balls(&run::<F, Uniform>(&leaves)));
        assert_eq!((theirs.len(), real.len()), (16, 16));
        for (i, ((x, radius), real)) in theirs.iter().zip(&real).enumerate() {
            assert!(
                !real.violates(*x, *radius),
                "case {case}, element {i}: {x} within {radius}, off by {}",
                real.error_of(*x)
            );
        }
        looser += theirs.iter().zip(&ours).filter(|(theirs, ours)| theirs.1 > ours.1).count() as u64;
    }
    assert!(looser > 15 * cases, "{looser} of {}", 16 * cases);
}

#[test]
fn every_gradient_is_within_its_bound() {
    check::<RoundEach<f32>>(60);
    check::<RoundEach<bf16>>(60);
}

graph! {
    graph Unruled {
        param x: [4];
        let y = sin(x);
        output loss = sum(y);
    }
}

#[test]
fn a_report_has_both_numbers_and_says_where_there_is_no_rule() {
    let mut theirs = Unruled::bounded::<RoundEach<f32>, T0>();
    theirs.leaves_mut().x.fill_with(|| RoundEach::from(0.5));
    theirs.forward().unwrap();
    theirs.backward().unwrap();
    let mut ours = Unruled::bounded::<RoundEach<f32>, Elementwise>();
    ours.copy_leaves_from(theirs.run());
    ours.forward().unwrap();
    ours.backward().unwrap();
    assert_eq!(theirs.outputs().loss.mid().value(), ours.outputs().loss.mid().value());
    let origins = Unknown::origins(&theirs);
    assert_eq!(origins.len(), 1);
    assert!(origins[0].to_string().contains("TorchLean has no rule for `sin`"), "{}", origins[0]);
    let report = Report::new(ours.run()).radii(&theirs).unwrap().radii(&ours).unwrap();
    assert_eq!(report.columns, ["T0", "Elementwise"]);
    assert!(report.rows.iter().all(|row| !row.errors[0].is_finite() && row.errors[1].get() < 1e-5));
}

graph! {
    /// x W, with its activation.
    graph Layer<const N: usize> {
        input x: [N];
        param w: [N, N];
        output y = relu(w @ x);
    }
}

graph! {
    graph Deep {
        input x: [3];
        block layers: [Layer<3>; 3];
        output loss = sum(layers(x));
    }
}

#[test]
fn blocks_are_bounded_too() {
    let mut theirs = Deep::bounded::<RoundEach<f32>, T0>();
    let mut leaves = theirs.leaves_mut();
    leaves.x.fill_with(|| RoundEach::from(0.3));
    for layer in &mut leaves.layers {
        layer.w.fill_with(|| RoundEach::from(0.7));
    }
    theirs.forward().unwrap();
    theirs.backward().unwrap();
    let mut plain = Deep::run::<RoundEach<f32>>();
    plain.copy_leaves_from(theirs.run());
    plain.forward();
    plain.backward();
    let mut shadow = Shadow::new();
    let certificate = shadow.certify(&plain).unwrap();
    let (bounds, certified) = (theirs.gradients(), certificate.gradients());
    for (theirs, exact) in bounds.layers.iter().zip(&certified.layers) {
        // The runtime is the same as ours here, so the certified error of ours is that of theirs.
        assert_eq!(theirs.w.mid().as_slice(), exact.w.values().as_slice());
        let (radius, error) = (theirs.w.max_radius().get(), exact.w.max_error().get());
        assert!(radius > error && radius.is_finite(), "{radius} {error}");
    }
}

graph! {
    /// What TorchLean bounds on the way forward only, and where a lower bound of the numbers is known.
    graph Guarded {
        param x: [2, 3];
        let e = exp(x);
        let root = sqrt(e + e);
        let quotient = e / root;
        let safe = safe_div(quotient, root - e, eps = 0.1);
        let log = safe_log(safe, eps = 0.1);
        output largest = amax(abs(log), axis = 1);
        output loss = sum(log);
    }
}

#[test]
fn what_needs_a_lower_bound_is_bounded_too() {
    let mut theirs = Guarded::bounded::<RoundEach<f32>, T0>();
    let x = [-0.9, -0.4, 0.0, 0.3, 0.7, 1.1].map(RoundEach::from);
    theirs.leaves_mut().x.copy_from_slice(&x).unwrap();
    theirs.forward().unwrap();
    let mut plain = Guarded::run::<RoundEach<f32>>();
    plain.copy_leaves_from(theirs.run());
    plain.forward();
    plain.backward();
    let mut shadow = Shadow::new();
    let certificate = shadow.certify(&plain).unwrap();
    let (bounds, certified) = (theirs.outputs(), certificate.outputs());
    let pairs = [
        (
            bounds.largest.mid().as_slice(),
            bounds.largest.max_radius(),
            certified.largest.values().as_slice(),
            certified.largest.max_error(),
        ),
        (
            bounds.loss.mid().as_slice(),
            bounds.loss.max_radius(),
            certified.loss.values().as_slice(),
            certified.loss.max_error(),
        ),
    ];
    for (mid, radius, values, error) in pairs {
        // The runtime is the same as ours here, so the certified error of ours is that of theirs.
        assert_eq!(mid, values);
        assert!(radius > error && radius.get() < 1e-2, "{radius:?} {error:?}");
    }
    // Where 0 is possible there is no lower bound, and no bound at all.
    theirs.set_radii(Idx::<Guarded, (nfgrad::shapes::D<2>, D1), 0>::new(), &[10.0; 6]).unwrap();
    theirs.forward().unwrap();
    assert_eq!(theirs.outputs().loss.radius(0), Up::INFINITY);
}
