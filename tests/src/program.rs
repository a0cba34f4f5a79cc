//! A graph over the reals: a list of rules, evaluated forward and in reverse. Then the library's graphs against it.

mod dynamic;
mod random;

use nfgrad::format::Format;
use rand::{Rng, RngExt};

use crate::exact::{Exact, decided};
use crate::laws::Rule;
use crate::report::Report;
use crate::sample::{Kept, Sample, Sampled, Trap, generator};

pub use dynamic::Dynamic;
pub use random::{Ops, random};

/// Leaves, of which the first are parameters, then nodes; the last one is the loss.
#[derive(Clone, Debug)]
pub struct Program {
    /// The name of the graph.
    pub name: &'static str,
    /// The numbers of elements of the parameters.
    pub params: Vec<usize>,
    /// Those of the inputs.
    pub inputs: Vec<usize>,
    /// Each node with the positions of its operands.
    pub nodes: Vec<(Rule, Vec<usize>)>,
}

/// The library's evaluation of a graph in one format and one radius domain, without its types.
pub trait Machine<F> {
    /// The domain.
    fn domain(&self) -> &'static str;
    /// Sets a leaf and its radii, one for each element.
    fn set(&mut self, position: usize, sample: &Sample<F>);
    /// Both sweeps, with radii and without.
    fn run(&mut self);
    /// The numbers and radii at a position, and what the plain run computed there.
    fn value(&self, position: usize) -> Entry<F>;
    /// The cotangents and radii at a position, and what the plain run computed there.
    fn cotangent(&self, position: usize) -> Entry<F>;
}

/// One tensor as the library left it.
#[derive(Clone, Debug)]
pub struct Entry<F> {
    /// The numbers of the run with radii.
    pub mid: Vec<F>,
    /// A radius for each.
    pub rad: Vec<f64>,
    /// A bound of the 2-norm of all errors, in a domain that has one.
    pub norm: Option<f64>,
    /// The numbers of the run without radii.
    pub plain: Vec<F>,
}

impl Program {
    fn leaves(&self) -> usize {
        self.params.len() + self.inputs.len()
    }

    /// The real values at every position.
    pub fn forward(&self, leaves: Vec<Vec<Exact>>) -> Vec<Vec<Exact>> {
        let mut values = leaves;
        for (rule, operands) in &self.nodes {
            let x: Vec<&[Exact]> = operands.iter().map(|&k| &values[k][..]).collect();
            let y = rule.forward(&x);
            values.push(y);
        }
        values
    }

    /// The real gradient of what the seeds are the cotangents of, with respect to what is at every position; none where
    /// nothing depends on it.
    pub fn reverse(&self, values: &[Vec<Exact>], seeds: &[(usize, Vec<Exact>)]) -> Vec<Option<Vec<Exact>>> {
        let mut cotangents: Vec<Option<Vec<Exact>>> = vec![None; values.len()];
        for (position, seed) in seeds {
            cotangents[*position] = Some(seed.clone());
        }
        for (i, (rule, operands)) in self.nodes.iter().enumerate().rev() {
            let Some(dy) = cotangents[self.leaves() + i].clone() else { continue };
            let x: Vec<&[Exact]> = operands.iter().map(|&k| &values[k][..]).collect();
            for (&k, dx) in operands.iter().zip(rule.vjp(&x, &dy)) {
                let sum = match cotangents[k].take() {
                    None => dx,
                    Some(sum) => sum.into_iter().zip(&dx).map(|(sum, dx)| sum + dx).collect(),
                };
                cotangents[k] = Some(sum);
            }
        }
        cotangents
    }

    /// The positions that depend on a parameter: the others have no gradient.
    pub fn depends_on_params(&self) -> Vec<bool> {
        let mut depends: Vec<bool> = (0..self.leaves()).map(|i| i < self.params.len()).collect();
        for (_, operands) in &self.nodes {
            depends.push(operands.iter().any(|&k| depends[k]));
        }
        depends
    }

    /// Compares every value and every gradient with the real ones, for that many cases.
    pub fn check<F: Sampled>(&self, machine: &mut dyn Machine<F>, cases: u64, report: &mut Report) {
        let label = format!("{} in {} {}", self.name, F::NAME, machine.domain());
        for case in 0..cases {
            let rng = &mut generator(&label, case);
            let leaves = self.samples::<F>(rng);
            for (position, leaf) in leaves.iter().enumerate() {
                machine.set(position, leaf);
            }
            // What an earlier case left behind must not matter, so the machine is not made anew.
            machine.run();
            let reference = decided(|| self.both(&leaves));
            report.case(reference.is_some());
            let Some((reals, gradients)) = reference else { continue };
            let name = format!("{label}, case {case}");
            for (position, real) in reals.iter().enumerate() {
                compare(&format!("{name}: value {position}"), &machine.value(position), real, report);
            }
            let gradients = gradients.into_iter().zip(self.depends_on_params());
            for (position, (real, depends)) in gradients.enumerate() {
                let name = format!("{name}: cotangent {position}");
                match real {
                    Some(real) if depends => compare(&name, &machine.cotangent(position), &real, report),
                    None if position < self.params.len() => unused(&name, &machine.cotangent(position), report),
                    _ => {}
                }
            }
        }
    }

    /// The real values and gradients of the loss.
    fn both<F>(&self, leaves: &[Sample<F>]) -> (Vec<Vec<Exact>>, Vec<Option<Vec<Exact>>>) {
        let reals = self.forward(leaves.iter().map(|leaf| leaf.real.clone()).collect());
        let loss = (reals.len() - 1, vec![Exact::new(1.0)]);
        let gradients = self.reverse(&reals, &[loss]);
        (reals, gradients)
    }

    fn samples<F: Sampled>(&self, rng: &mut impl Rng) -> Vec<Sample<F>> {
        let numels: Vec<usize> = self.params.iter().chain(&self.inputs).copied().collect();
        match rng.random_range(0..10) {
            0..6 => numels.iter().map(|&n| Sample::comfortable(rng, n)).collect(),
            6..8 => numels.iter().map(|&n| Sample::random(rng, n, Kept::each(n))).collect(),
            _ => Trap::random(rng).samples(rng, &numels, Kept::each),
        }
    }
}

fn compare<F: Sampled>(name: &str, entry: &Entry<F>, real: &[Exact], report: &mut Report) {
    report.demand(entry.mid.len() == real.len(), || format!("{name} has another length"));
    for (i, real) in real.iter().enumerate() {
        let (mid, radius) = (entry.mid[i].to_f64(), entry.rad[i]);
        let (real, near) = entry.mid[i].beside(real);
        report.ball(&real, near, radius, || format!("{name}, element {i}"));
        let same = mid.to_bits() == entry.plain[i].to_f64().to_bits() || mid.is_nan();
        report.demand(same, || format!("{name}, element {i}: {} without radii, {mid} with them", entry.plain[i]));
    }
    if let Some(norm) = entry.norm {
        let finite = real.iter().zip(&entry.mid).filter(|(_, mid)| mid.is_finite());
        report.norm(finite.map(|(real, mid)| real.clone() - &mid.real()), norm, || name.to_owned());
    }
}

/// A parameter that the loss does not depend on has the gradient 0, exactly.
fn unused<F: Format>(name: &str, entry: &Entry<F>, report: &mut Report) {
    let zero = entry.mid.iter().chain(&entry.plain).all(|x| *x == F::ZERO) && entry.rad.iter().all(|&r| r == 0.0);
    report.demand(zero, || format!("{name}: the gradient of an unused parameter is not 0 but {entry:?}"));
}
