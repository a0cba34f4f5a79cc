//! A model of `graph!` with several outputs, one of which others depend on: gradients from any seeds, and their radii.

use nfgrad::bound::Domain;
use nfgrad::prelude::*;
use nfgrad_tests::exact::Exact;
use nfgrad_tests::laws::{Axis, Rule};
use nfgrad_tests::program::Program;
use nfgrad_tests::report::Report;
use nfgrad_tests::sample::{Sample, Sampled, cases, generator};

graph! {
    /// A hidden tensor, its sums, and the square of one weight that meets nothing else.
    graph Branches {
        input x: [2, 3];
        param w: [3];
        param c: [];

        output h = tanh(x * w);
        output sums = sum(h, axis = 1);
        output square = c * c;
    }
}

/// The same: 0 = w, 1 = c, 2 = x, 3 = x w, 4 = h, 5 = sums, 6 = square.
fn program() -> Program {
    let rows = Axis { outer: 2, length: 3, inner: 1 };
    Program {
        name: "Branches",
        params: vec![3, 1],
        inputs: vec![6],
        nodes: vec![
            (Rule::Mul, vec![2, 0]),
            (Rule::Tanh, vec![3]),
            (Rule::Sum(rows), vec![4]),
            (Rule::Mul, vec![1, 1]),
        ],
    }
}

fn exact<F: Sampled>(x: &[F]) -> Vec<Exact> {
    x.iter().map(|x| Exact::new(x.to_f64())).collect()
}

fn check<F: Sampled, D: Domain>(report: &mut Report) {
    let (program, mut run) = (program(), Branches::bounded::<F, D>());
    for case in 0..cases(30) {
        let rng = &mut generator(&format!("outputs in {} {}", F::NAME, D::NAME), case);
        let [w, c, x, h, sums, square] = [3, 1, 6, 6, 2, 1].map(|numel| Sample::<F>::comfortable(rng, numel));
        let mut leaves = run.leaves_mut();
        leaves.w.as_mut_slice().copy_from_slice(&w.mid);
        leaves.c.as_mut_slice().copy_from_slice(&c.mid);
        leaves.x.as_mut_slice().copy_from_slice(&x.mid);
        run.forward().unwrap();
        // Another seed first: what it leaves behind must not matter.
        run.backward().unwrap();
        run.backward_from(|mut outputs| {
            outputs.h.as_mut_slice().copy_from_slice(&h.mid);
            outputs.sums.as_mut_slice().copy_from_slice(&sums.mid);
            outputs.square.as_mut_slice().copy_from_slice(&square.mid);
        })
        .unwrap();
        let values = program.forward(vec![exact(&w.mid), exact(&c.mid), exact(&x.mid)]);
        let seeds = [(4, exact(&h.mid)), (5, exact(&sums.mid)), (6, exact(&square.mid))];
        let real = program.reverse(&values, &seeds);
        let gradients = run.gradients();
        for (i, real) in real[0].iter().flatten().enumerate() {
            let (mid, radius) = (gradients.w.mid().as_slice()[i].to_f64(), gradients.w.radius(i).get());
            report.ball(real, mid, radius, || format!("w[{i}], {} {}, case {case}", F::NAME, D::NAME));
        }
        for real in real[1].iter().flatten() {
            let (mid, radius) = (gradients.c.mid().value().to_f64(), gradients.c.radius(0).get());
            report.ball(real, mid, radius, || format!("c, {} {}, case {case}", F::NAME, D::NAME));
        }
    }
}

#[test]
fn gradients_from_any_seeds_have_radii_that_hold() {
    let mut report = Report::new();
    check::<f32, Uniform>(&mut report);
    check::<f32, Elementwise>(&mut report);
    check::<f64, Uniform>(&mut report);
    check::<f64, Elementwise>(&mut report);
    check::<bf16, Uniform>(&mut report);
    check::<bf16, Elementwise>(&mut report);
    report.finish();
}
