//! Why nothing is known of a value or a gradient: the node, the element, the operand and the margin, for each kind of reason.

use nfgrad::bound::Domain;
use nfgrad::op::{Defined, Pointwise};
use nfgrad::prelude::*;
use nfgrad::report::{Reason, Report, Unknown};

graph! {
    graph Domains {
        param a: [2];
        param b: [2];
        param c: [2];
        param d: [2];
        let l = ln(a);
        let m = log1p(b);
        let r = sqrt(c);
        let q = recip(d);
        output loss = sum(l + m + r + q);
    }
}

/// A run with these numbers and radii in every parameter.
fn run<R: Domain>(x: [f64; 4], radii: [f64; 4]) -> BoundedRun<Domains, f64, R> {
    let mut run = Domains::bounded::<f64, R>();
    let leaves = run.leaves_mut();
    for (mut leaf, x) in [leaves.a, leaves.b, leaves.c, leaves.d].into_iter().zip(x) {
        leaf.as_mut_slice().copy_from_slice(&[1.0, x]);
    }
    run.set_radii(Idx::<Domains, (D<2>,), 0>::new(), &[0.0, radii[0]]).unwrap();
    run.set_radii(Idx::<Domains, (D<2>,), 1>::new(), &[0.0, radii[1]]).unwrap();
    run.set_radii(Idx::<Domains, (D<2>,), 2>::new(), &[0.0, radii[2]]).unwrap();
    run.set_radii(Idx::<Domains, (D<2>,), 3>::new(), &[0.0, radii[3]]).unwrap();
    run.forward().unwrap();
    run.backward().unwrap();
    run
}

fn sentences(origins: &[Unknown]) -> Vec<String> {
    origins.iter().map(ToString::to_string).collect()
}

#[test]
fn an_operand_that_may_lie_outside_of_a_domain_is_named_with_its_margin() {
    let origins = Unknown::origins(&run::<Elementwise>([0.125, -0.75, 0.25, -0.5], [0.25, 0.5, 0.375, 0.75]));
    let found: Vec<_> = origins.iter().map(|o| (o.name.as_str(), o.element, o.reason)).collect();
    let domain = |defined, margin| Reason::Domain { operand: 0, defined, margin };
    assert_eq!(
        found,
        [
            ("l", 1, domain(Defined::Above(0.0), -0.125)),
            ("m", 1, domain(Defined::Above(-1.0), -0.25)),
            ("r", 1, domain(Defined::From(0.0), -0.125)),
            ("q", 1, domain(Defined::Except(0.0), -0.25)),
        ]
    );
    assert_eq!(
        sentences(&origins)[0],
        "nothing is known of `l` = ln(a) at element 1, where it is -2.0794415416798357: `ln` needs `a` above 0, but it is 0.125 +/- 2.5e-1: \
         the radius would have to be below 0.125 (a = 0.125 +/- 2.5e-1)"
    );
    // What follows is no origin, and neither is the gradient behind an unknown value.
    assert!(Unknown::gradient_origins(&run::<Elementwise>([0.0, -1.0, -1.0, 0.0], [0.0; 4])).is_empty());
}

#[test]
fn a_number_outside_of_a_domain_is_not_helped_by_a_smaller_radius() {
    let origins = Unknown::origins(&run::<Elementwise>([-1.0, -2.0, -0.5, 0.0], [0.0; 4]));
    let margins = origins.iter().map(|o| match o.reason {
        Reason::Domain { margin, .. } => margin,
        other => panic!("{other:?}"),
    });
    assert_eq!(margins.collect::<Vec<_>>(), [-1.0, -1.0, -0.5, 0.0]);
    assert!(sentences(&origins)[2].ends_with("`sqrt` needs `c` at least 0, but it is -0.5 +/- 0 (c = -0.5 +/- 0)"));
}

#[test]
fn at_the_border_a_root_has_a_value_and_no_derivative() {
    let run = run::<Elementwise>([1.0, 1.0, 0.5, 1.0], [0.0, 0.0, 0.5, 0.0]);
    assert!(Unknown::origins(&run).is_empty());
    let origins = Unknown::gradient_origins(&run);
    assert_eq!(origins.len(), 1);
    let reason = Reason::Domain { operand: 0, defined: Defined::Above(0.0), margin: 0.0 };
    assert_eq!((origins[0].name.as_str(), origins[0].element, origins[0].reason), ("c", 1, reason));
    assert!(origins[0].is_gradient && origins[0].op == "sqrt");
    let report = Report::new(run.run()).radii(&run).unwrap().to_string();
    assert!(report.contains("the derivative of `sqrt` needs `c` above 0, but it is 0.5 +/- 5.0e-1"), "{report}");
}

#[test]
fn one_radius_for_a_tensor_tells_the_same() {
    let origins = Unknown::origins(&run::<Uniform>([0.125, 1.0, 1.0, 1.0], [0.25, 0.0, 0.0, 0.0]));
    // The radius is that of all elements, so only the smaller number is too near to 0.
    assert_eq!(origins.len(), 1);
    assert_eq!(origins[0].reason, Reason::Domain { operand: 0, defined: Defined::Above(0.0), margin: -0.125 });
    assert_eq!(origins[0].element, 1);
}

#[test]
fn an_overflow_is_told_of_values_and_of_gradients() {
    let large = run::<Elementwise>([1.0, 1.0, 1.0, 1e-309], [0.0; 4]);
    let reason = Reason::Overflow { format: "f64" };
    assert_eq!(Unknown::origins(&large).iter().map(|o| o.reason).collect::<Vec<_>>(), [reason]);
    let steep = run::<Elementwise>([1.0, 1.0, 1.0, 1e-200], [0.0; 4]);
    assert!(Unknown::origins(&steep).is_empty());
    let origins = Unknown::gradient_origins(&steep);
    assert_eq!((origins.len(), origins[0].name.as_str(), origins[0].reason), (1, "d", reason));
    assert_eq!(origins[0].operands, [("d".to_owned(), 1e-200, 0.0)]);
}

/// `2x`, with a radius of its value and none of its derivative.
struct Twice;

impl Pointwise for Twice {
    const NAME: &'static str = "twice";

    fn value<F: Format>(x: F) -> F {
        x.add(x)
    }

    fn radius<F: Format>(x: F, alpha: nfgrad::bound::Up, y: F) -> nfgrad::bound::Up {
        alpha + alpha + F::add_error(x, x, y)
    }

    fn vjp<F: Format>(_: F, _: F, dy: F) -> F {
        dy.add(dy)
    }
}

nfgrad::declare_op! { Twice(x: [..]) -> [..] }

graph! {
    graph Others {
        param w: [2];
        param v: [2];
        let t = Twice(w);
        let e = exp(v);
        output loss = sum(t + e);
        output e;
    }
}

#[test]
fn a_missing_rule_a_given_radius_and_a_radius_that_is_too_large_are_told_apart() {
    let mut run = Others::bounded::<f32, Elementwise>();
    run.set_radii(Idx::<Others, (D<2>,), 1>::new(), &[0.0, 1e4]).unwrap();
    run.forward().unwrap();
    run.backward().unwrap();
    assert_eq!(
        Unknown::origins(&run).iter().map(|o| (o.name.as_str(), o.reason)).collect::<Vec<_>>(),
        [("e", Reason::Undecided)]
    );
    let origins = Unknown::gradient_origins(&run);
    assert_eq!(origins.iter().map(|o| (o.name.as_str(), o.reason)).collect::<Vec<_>>(), [("w", Reason::NoRule)]);

    run.set_radii(Idx::<Others, (D<2>,), 1>::new(), &[f64::INFINITY, 0.0]).unwrap();
    run.forward().unwrap();
    let origins = Unknown::origins(&run);
    assert_eq!((origins[0].name.as_str(), origins[0].reason), ("v", Reason::Given));
    assert_eq!(origins[0].to_string(), "nothing is known of `v` at element 0: the param is 0 +/- inf");
}

#[test]
fn a_seed_that_is_not_finite_is_an_origin() {
    let mut run = run::<Elementwise>([1.0; 4], [0.0; 4]);
    run.backward_from(|mut seeds| seeds.loss.as_mut_slice().fill(f64::NAN)).unwrap();
    let origins = Unknown::gradient_origins(&run);
    assert_eq!((origins.len(), origins[0].name.as_str(), origins[0].reason), (1, "loss", Reason::NotFinite));
    assert_eq!(origins[0].to_string(), "nothing is known of the gradient of `loss` at element 0: its seed is NaN");
}

graph! {
    /// Zeros, which have no digits.
    graph Doubled {
        param w: [2];
        output y = w + w;
        output loss = sum(y * w);
    }
}

/// A radius beside zeros is no infinite part of them, and what is not known stays an infinity.
#[test]
fn a_radius_beside_zeros_is_no_part_of_them() {
    let mut run = Doubled::bounded::<f32, Elementwise>();
    let line = |run: &BoundedRun<Doubled, f32, Elementwise>| {
        let report = Report::new(run.run()).radii(run).unwrap().to_string();
        let line = report.lines().find(|line| line.starts_with("y ")).expect("a row of `y`").to_owned();
        line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    run.set_radii(Idx::<Doubled, (D<2>,), 0>::new(), &[1e-30, 0.0]).unwrap();
    run.forward().unwrap();
    assert_eq!(line(&run)[1..], ["0.0000e0", "2.00e-30", "-"]);
    run.set_radii(Idx::<Doubled, (D<2>,), 0>::new(), &[0.0, 0.0]).unwrap();
    run.forward().unwrap();
    assert_eq!(line(&run)[1..], ["0.0000e0", "0.00e0", "0.0e0"]);
    run.set_radii(Idx::<Doubled, (D<2>,), 0>::new(), &[f64::INFINITY, 0.0]).unwrap();
    run.forward().unwrap();
    assert_eq!(line(&run)[1..], ["0.0000e0", "inf", "inf"]);
    run.leaves_mut().w.fill_with(|| 1.0);
    run.set_radii(Idx::<Doubled, (D<2>,), 0>::new(), &[0.25, 0.0]).unwrap();
    run.forward().unwrap();
    assert_eq!(line(&run)[1..], ["2.0000e0", "5.00e-1", "2.5e-1"]);
}
