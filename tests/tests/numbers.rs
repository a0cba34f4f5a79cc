//! Numbers and constant tensors in `graph!`: what is written means the real number, forward and backward, in every format and domain.

use nfgrad::Error;
use nfgrad::bound::{Domain, Euclidean, T0};
use nfgrad::format::{RoundEach, f16};
use nfgrad::prelude::*;
use nfgrad::report::{Summary, Unknown, dot, svg};
use nfgrad_tests::exact::Exact;
use nfgrad_tests::laws::{Axis, Rule};
use nfgrad_tests::program::Program;
use nfgrad_tests::report::Report;
use nfgrad_tests::sample::{Sample, Sampled, cases, generator};

/// Exact, as every constant of a module is.
const QUARTER: f64 = 0.25;
const THREE: u8 = 3;

graph! {
    /// A number on either side of every operator, and constants between them.
    graph Numbers {
        param a: [2, 3];
        input x: [2, 3];
        let near = 1.1 - a;
        let root = 2 / (x * x + QUARTER);
        let thirds = near / THREE;
        let moved = thirds * root + [1, 0.5, 0.1];
        output loss = sum(moved @ eye(3) - 1e-3);
    }
}

/// The same: 0 = a, 1 = x, 2 = -a, 3 = near, 4 = x x, 5 = x x + 1/4, 6 = root, 7 = thirds, 8 = thirds root, 9 = the array, 10 = moved,
/// 11 = the unit matrix, 12 = the product, 13 = the difference, 14 = loss.
fn program() -> Program {
    let (array, unit) = (vec![(1, 0), (5, 1), (1, 1)], [1, 0, 0, 0, 1, 0, 0, 0, 1].map(|one| (one, 0)));
    Program {
        name: "Numbers",
        params: vec![6],
        inputs: vec![6],
        nodes: vec![
            (Rule::Neg, vec![0]),
            (Rule::Shift { digits: 11, places: 1 }, vec![2]),
            (Rule::Mul, vec![1, 1]),
            (Rule::Shift { digits: 25, places: 2 }, vec![4]),
            (Rule::Invert { digits: 2, places: 0 }, vec![5]),
            (Rule::Divide { digits: 3, places: 0 }, vec![3]),
            (Rule::Mul, vec![7, 6]),
            (Rule::Constant(array), vec![]),
            (Rule::Add, vec![8, 9]),
            (Rule::Constant(unit.into()), vec![]),
            (Rule::MatMul { m: 2, k: 3, n: 3 }, vec![10, 11]),
            (Rule::Shift { digits: -1, places: 3 }, vec![12]),
            (Rule::Sum(Axis { outer: 1, length: 6, inner: 1 }), vec![13]),
        ],
    }
}

fn exact<F: Sampled>(x: &[F]) -> Vec<Exact> {
    x.iter().map(|x| Exact::new(x.to_f64())).collect()
}

fn check<F: Sampled, D: Domain>(report: &mut Report) {
    let (program, mut run) = (program(), Numbers::bounded::<F, D>());
    for case in 0..cases(30) {
        let rng = &mut generator(&format!("numbers in {} {}", F::NAME, D::NAME), case);
        let [a, x] = [6, 6].map(|numel| Sample::<F>::comfortable(rng, numel));
        let mut leaves = run.leaves_mut();
        leaves.a.as_mut_slice().copy_from_slice(&a.mid);
        leaves.x.as_mut_slice().copy_from_slice(&x.mid);
        run.forward().unwrap();
        run.backward().unwrap();
        let values = program.forward(vec![exact(&a.mid), exact(&x.mid)]);
        let real = program.reverse(&values, &[(14, vec![Exact::new(1.0)])]);
        let loss = run.outputs().loss;
        let place = || format!("loss, {} {}, case {case}", F::NAME, D::NAME);
        report.ball(&values[14][0], loss.mid().value().to_f64(), loss.radius(0).get(), place);
        let gradients = run.gradients();
        for (i, real) in real[0].iter().flatten().enumerate() {
            let (mid, radius) = (gradients.a.mid().as_slice()[i].to_f64(), gradients.a.radius(i).get());
            report.ball(real, mid, radius, || format!("a[{i}], {} {}, case {case}", F::NAME, D::NAME));
        }
    }
}

#[test]
fn numbers_of_a_graph_are_the_real_ones() {
    let mut report = Report::new();
    check::<f32, Uniform>(&mut report);
    check::<f32, Elementwise>(&mut report);
    check::<f32, Euclidean>(&mut report);
    check::<f64, Elementwise>(&mut report);
    check::<bf16, Uniform>(&mut report);
    check::<bf16, Elementwise>(&mut report);
    check::<f16, Elementwise>(&mut report);
    report.finish();
}

/// TorchLean knows a bound of the value, where the divisors are positive, and none of the way back through them.
#[test]
fn torchlean_bounds_hold_too() {
    let mut run = Numbers::bounded::<RoundEach<f32>, T0>();
    let mut leaves = run.leaves_mut();
    leaves.a.as_mut_slice().fill(RoundEach::from_f64(0.5));
    leaves.x.as_mut_slice().fill(RoundEach::from_f64(1.5));
    run.forward().unwrap();
    let loss = run.outputs().loss;
    // Six entries of 0.6 / 3 * 2 / 2.5 - 0.001, and the array twice.
    let error = (loss.mid().value().to_f64() - (0.96 - 0.006 + 3.2)).abs();
    assert!(error < loss.radius(0).get() && loss.radius(0).get() < 1e-4, "{error} {:?}", loss.radius(0));
}

graph! {
    /// What is attended to is what came before.
    graph Prefix<const T: usize> {
        param v: [T, 2];
        output means = attention(zeros([T, 4]), ones([T, 4]), v, causal_mask(T));
    }
}

graph! {
    /// A gated unit, and a block with constants of its own.
    graph Gated {
        block prefix: Prefix<4>;
        param z: [4, 2];
        input h: [4, 2];
        let means = prefix();
        output mixed = z * h + (1.0 - z) * means;
        output loss = sum(mixed) / 8;
    }
}

#[test]
fn a_causal_mask_leaves_out_what_comes_after() {
    let mut run = Gated::bounded::<f32, Elementwise>();
    let mut leaves = run.leaves_mut();
    leaves.prefix.v.copy_from_slice(&[4.0, 0.0, 8.0, 2.0, 0.0, 4.0, 4.0, 2.0]).unwrap();
    leaves.z.as_mut_slice().fill(0.25);
    leaves.h.as_mut_slice().fill(2.0);
    run.forward().unwrap();
    run.backward().unwrap();
    // The means of the first one, two, three and four rows: 4, 6, 4, 4 and 0, 1, 2, 2.
    let expected = [3.5, 0.5, 5.0, 1.25, 3.5, 2.0, 3.5, 2.0];
    let (outputs, gradients) = (run.outputs(), run.gradients());
    for (i, expected) in expected.into_iter().enumerate() {
        let error = (f64::from(outputs.mixed.mid().as_slice()[i]) - expected).abs();
        assert!(error <= outputs.mixed.radius(i).get() && outputs.mixed.radius(i).get() < 1e-5, "{i}");
    }
    // 0.75 / 8 of the shares of a column: 1 + 1/2 + 1/3 + 1/4 of the first row, 1/4 of the last.
    let v = gradients.prefix.v;
    for (i, share) in [(0, 25.0 / 12.0), (6, 0.25)] {
        let error = (f64::from(v.mid().as_slice()[i]) - share * 0.75 / 8.0).abs();
        assert!(error < 1e-7 && v.radius(i).get() < 1e-6, "{i}: {error}");
    }
}

#[test]
fn no_cotangent_of_a_constant_is_computed() {
    let mut run = Numbers::run::<f64>();
    run.forward();
    run.backward();
    let array = run.cotangent(Idx::<_, (D<3>,), 9>::new());
    assert!(matches!(array, Err(Error::NotDifferentiated { .. })), "{array:?}");
}

#[test]
fn a_report_shows_constants_as_nodes_that_read_nothing() {
    let table = Summary::<Numbers>::new().to_string();
    let array = table.lines().find(|line| line.contains("array")).expect("a line of the table");
    assert_eq!(array.split_whitespace().collect::<Vec<_>>(), ["%9", "array", "[3]"]);
    let (dot, svg) = (dot::<Numbers>(), svg::<Numbers>());
    assert!(dot.contains("eye") && svg.contains("eye"), "{dot}");
}

graph! {
    graph Large {
        param x: [2];
        let much = full([2], 1e5);
        output loss = sum(x * much);
    }
}

#[test]
fn a_constant_beyond_the_format_is_the_origin_of_what_is_not_known() {
    let mut run = Large::bounded::<f16, Elementwise>();
    run.forward().unwrap();
    let origins = Unknown::origins(&run);
    let text = "nothing is known of `much` = full() at element 0, where it is inf: it is not a finite number of f16";
    assert_eq!(origins.iter().map(ToString::to_string).collect::<Vec<_>>(), [text]);
}
