//! Numbers that are -∞ themselves, as a mask that is added makes them: what an op knows of a result must be true of its limit.

use nfgrad::bound::Domain;
use nfgrad::op::Contribution;
use rand::RngExt;

use super::Balls;
use super::subject::{Subject, Typed};
use crate::exact::Exact;
use crate::laws::{Law, Rule, ShapesOf};
use crate::report::Report;
use crate::sample::{Kept, Sample, Sampled, generator};

/// In place of -∞ for the reference.
const FAR: f64 = -1e12;

/// How far from its limit a function may be there; what grows is beyond `LARGE`.
const CLOSE: f64 = 1e-6;
const LARGE: f64 = 1e6;

/// Puts -∞ into each operand in turn. Where `known`, all radii of the values and of the contribution to the first operand must be finite.
pub fn check_minus_infinity<O: Law<In>, In: ShapesOf, F: Sampled, D: Domain>(known: bool, report: &mut Report) {
    let subject = Typed::<O, In, D>::new();
    let subject: &dyn Subject<F> = &subject;
    for operand in 0..subject.numels().len() {
        for case in 0..8 {
            Trial::new(subject, operand, case).compare(known && operand == 0, report);
        }
    }
}

struct Trial<'a, F> {
    subject: &'a dyn Subject<F>,
    name: String,
    x: Vec<Sample<F>>,
    dy: Sample<F>,
}

impl<'a, F: Sampled> Trial<'a, F> {
    fn new(subject: &'a dyn Subject<F>, operand: usize, case: u64) -> Self {
        let name = format!("{} with -∞ in operand {operand}, case {case}", subject.name());
        let rng = &mut generator(&name, case);
        let sample = |rng: &mut _, numel| Sample::<F>::normal(rng, numel, subject.radii(numel));
        let mut x: Vec<_> = subject.numels().into_iter().map(|numel| sample(rng, numel)).collect();
        let dy = sample(rng, subject.result_numel());
        if let Rule::Gather { rows, .. } = subject.rule() {
            x[1] = Sample::indices(rng, x[1].mid.len(), rows, Kept { count: 0, ..subject.radii(0) });
            x[1].rad = vec![0.0; subject.radii(x[1].mid.len()).count];
        }
        for _ in 0..rng.random_range(1..3) {
            let i = rng.random_range(0..x[operand].mid.len());
            (x[operand].mid[i], x[operand].real[i]) = (F::from_f64(f64::NEG_INFINITY), Exact::new(FAR));
            // A class that cannot be is no target.
            if matches!(subject.rule(), Rule::CrossEntropy { .. } | Rule::BceWithLogits) && operand == 0 {
                (x[1].mid[i], x[1].real[i]) = (F::ZERO, Exact::zero());
            }
        }
        if case % 2 == 1 {
            x[operand].rad.fill(1e-3);
        }
        Self { subject, name, x, dy }
    }

    fn compare(&self, known: bool, report: &mut Report) {
        let (rule, subject) = (self.subject.rule(), self.subject);
        let balls: Vec<_> = self.x.iter().map(Sample::balls).collect();
        let real: Vec<&[Exact]> = self.x.iter().map(|x| &x.real[..]).collect();
        let mut y = Sample::<F>::blank(subject.result_numel(), subject.radii(subject.result_numel()));
        subject.forward(&balls, &mut y.mid);
        subject.forward_radius(&balls, &y.mid, &mut y.rad);
        self.hold("value", y.balls(), &rule.forward(&real), known, report);
        let mut dx: Vec<_> = subject.numels().into_iter().map(|n| Sample::<F>::blank(n, subject.radii(n))).collect();
        let asked = dx.iter_mut().map(|dx| Some(&mut dx.mid[..])).collect();
        subject.vjp(&balls, y.balls(), self.dy.balls(), asked);
        let asked = dx.iter_mut().map(|dx| Some(Contribution { mid: &dx.mid, radii: &mut dx.rad })).collect();
        subject.vjp_radius(&balls, y.balls(), self.dy.balls(), asked);
        for (k, (dx, real)) in dx.iter().zip(rule.vjp(&real, &self.dy.real)).enumerate() {
            self.hold(&format!("contribution {k}"), dx.balls(), &real, known && k == 0, report);
        }
    }

    fn hold(&self, what: &str, ball: Balls<'_, F>, real: &[Exact], known: bool, report: &mut Report) {
        for (i, (real, mid)) in real.iter().zip(ball.mid).enumerate() {
            let (real, mid, radius) = (real.to_f64(), mid.to_f64(), ball.radius(i));
            let near = (real - mid).abs() <= radius * (1.0 + CLOSE) + CLOSE * real.abs().max(1.0);
            let far = !mid.is_finite() && !mid.is_nan() && real * mid.signum() > LARGE;
            let place = || format!("{}: {what}, element {i}: {mid} ± {radius}, the limit is {real}", self.name);
            report.demand(radius == f64::INFINITY || near && mid.is_finite() || far, place);
            report.demand(!known || radius.is_finite(), place);
        }
    }
}
