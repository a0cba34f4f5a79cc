//! Random graphs in balls: every value and every cotangent contains the real one and meets what f64 knows, and is known where f64 knows anything.

use nfgrad::__private::wide::{Radius, WideBall};
use nfgrad::prelude::*;
use nfgrad_tests::catalogue::{in_balls, in_format};
use nfgrad_tests::enclosures::{Enclosing, Tensor, contains};
use nfgrad_tests::exact::{Exact, decided};
use nfgrad_tests::program::{Dynamic, Entry, Machine, Program, random};
use nfgrad_tests::report::Report;
use nfgrad_tests::sample::{Kept, Sample, Trap, cases, generator};
use rand::{Rng, RngExt};

type Balls<const K: usize> = Vec<WideBall<K>>;

/// The values and cotangents at all positions.
fn evaluated<const K: usize>(
    program: &Program,
    catalogue: &[Box<dyn Enclosing<K>>],
    leaves: &[Tensor<K>],
) -> (Vec<Balls<K>>, Vec<Option<Balls<K>>>) {
    let mut values: Vec<Balls<K>> = leaves.iter().map(|leaf| leaf.balls.clone()).collect();
    let mut ops: Vec<&dyn Enclosing<K>> = Vec::new();
    for (rule, operands) in &program.nodes {
        let x: Vec<_> = operands.iter().map(|&k| &values[k][..]).collect();
        let fits =
            |op: &&dyn Enclosing<K>| op.rule() == *rule && op.numels().iter().copied().eq(x.iter().map(|x| x.len()));
        let op = catalogue.iter().map(|op| &**op).find(fits).expect("an op of the catalogue");
        let mut y = vec![WideBall::UNKNOWN; op.result_numel()];
        op.enclose(&x, &mut y);
        values.push(y);
        ops.push(op);
    }
    let mut cotangents: Vec<Option<Balls<K>>> = vec![None; values.len()];
    cotangents[values.len() - 1] = Some(vec![WideBall::ONE]);
    for (i, (op, (_, operands))) in ops.iter().zip(&program.nodes).enumerate().rev() {
        let Some(dy) = cotangents[leaves.len() + i].clone() else { continue };
        let mut parts: Vec<Balls<K>> = operands.iter().map(|&k| vec![WideBall::UNKNOWN; values[k].len()]).collect();
        let x: Vec<_> = operands.iter().map(|&k| &values[k][..]).collect();
        op.enclose_vjp(&x, &values[leaves.len() + i], &dy, parts.iter_mut().map(|dx| Some(&mut dx[..])).collect());
        for (&k, part) in operands.iter().zip(parts) {
            let sum = cotangents[k].take().unwrap_or_else(|| vec![WideBall::ZERO; part.len()]);
            cotangents[k] = Some(sum.iter().zip(&part).map(|(&a, &b)| a + b).collect());
        }
    }
    (values, cotangents)
}

/// What holds of a tensor: `certain` is whether all leaves are exact.
fn compare<const K: usize>(
    name: &str,
    balls: &[WideBall<K>],
    real: &[Exact],
    narrow: &Entry<f64>,
    certain: bool,
    report: &mut Report,
) {
    for (i, (ball, real)) in balls.iter().zip(real).enumerate() {
        let (mid, radius) = (narrow.mid[i], narrow.rad[i]);
        let place = || format!("{name}, element {i}, in {} bits: {ball:?}, in f64 {mid:e} ± {radius:e}", 64 * K);
        report
            .enclosure(contains(ball, real), ball.is_known(), || format!("{:e} is not in {}", real.to_f64(), place()));
        let other = WideBall::from(mid).widened(Radius::of_f64(radius));
        report.demand(ball.overlaps(&other), || format!("two true balls without a common number: {}", place()));
        let known = ball.is_known() || !certain || !other.is_known();
        report.demand(known, || format!("f64 knows more: {}", place()));
    }
}

fn leaves(rng: &mut impl Rng, program: &Program) -> Vec<Sample<f64>> {
    let numels: Vec<usize> = program.params.iter().chain(&program.inputs).copied().collect();
    match rng.random_range(0..10) {
        0..4 => numels.iter().map(|&n| Sample::normal(rng, n, Kept::each(n))).collect(),
        4..7 => numels.iter().map(|&n| Sample::comfortable(rng, n)).collect(),
        7..9 => numels.iter().map(|&n| Sample::random(rng, n, Kept::each(n))).collect(),
        _ => Trap::random(rng).samples(rng, &numels, Kept::each),
    }
}

#[test]
fn random_graphs_in_balls() {
    let (formats, short, long) = (in_format::<f64, Elementwise>(), in_balls::<2>(), in_balls::<4>());
    let mut report = Report::new();
    for graph in 0..cases(150) {
        let rng = &mut generator("in balls", graph);
        let (program, nodes) = random(rng, &formats, format!("graph {graph}").leak());
        let mut machine = Dynamic::<f64, Elementwise>::new(&program.params, &program.inputs, nodes);
        for case in 0..2 {
            let samples = leaves(rng, &program);
            let certain = samples.iter().all(|leaf| leaf.is_exact() && leaf.mid.iter().all(|x| x.is_finite()));
            samples.iter().enumerate().for_each(|(k, leaf)| machine.set(k, leaf));
            machine.run();
            let truth = decided(|| {
                let values = program.forward(samples.iter().map(|leaf| leaf.real.clone()).collect());
                let loss = (values.len() - 1, vec![Exact::new(1.0)]);
                let cotangents = program.reverse(&values, &[loss]);
                (values, cotangents)
            });
            report.case(truth.is_some());
            let Some((values, cotangents)) = truth else { continue };
            let short = evaluated(&program, &short, &samples.iter().map(Tensor::exactly).collect::<Vec<_>>());
            let long = evaluated(&program, &long, &samples.iter().map(Tensor::exactly).collect::<Vec<_>>());
            for (k, real) in values.iter().enumerate() {
                let (name, narrow) = (format!("graph {graph}, case {case}: value {k}"), machine.value(k));
                compare(&name, &short.0[k], real, &narrow, false, &mut report);
                compare(&name, &long.0[k], real, &narrow, certain, &mut report);
            }
            let depends = program.depends_on_params();
            for (k, real) in cotangents.iter().enumerate().filter(|(k, _)| depends[*k]) {
                let Some(real) = real else { continue };
                let (name, narrow) = (format!("graph {graph}, case {case}: cotangent {k}"), machine.cotangent(k));
                let (Some(short), Some(long)) = (&short.1[k], &long.1[k]) else { unreachable!("the same graph") };
                compare(&name, short, real, &narrow, false, &mut report);
                compare(&name, long, real, &narrow, certain, &mut report);
            }
        }
    }
    report.finish_knowing(0.4);
}
