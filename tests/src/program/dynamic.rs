//! Graphs that are made while the test runs: the library's ops, put together as its runs put them together.
//!
//! A graph of the library is a type, and a type must be written down and compiled; hundreds of random ones of thirty nodes in many
//! formats would take hours. What is compiled here instead is each op once for each format. Which contribution is written, added
//! or skipped is the library's own [`Plan`]; how values are passed on and contributions added is repeated here, in thirty lines. What that
//! leaves out, the offsets and slices of the typed nodes, is what the graphs of `tests/graphs.rs` are for.

use std::marker::PhantomData;

use nfgrad::bound::{Domain, Up};
use nfgrad::graph::{Mode, Nodes, Plan};
use nfgrad::op::Contribution;

use super::{Entry, Machine};
use crate::check::Subject;
use crate::sample::{Balls, Sample, Sampled};

/// A graph with its values and cotangents.
pub struct Dynamic<'a, F, D> {
    leaves: usize,
    params: usize,
    nodes: Vec<(&'a dyn Subject<F>, Vec<usize>)>,
    plan: Box<Plan>,
    given: Vec<Tensor<F>>,
    values: Vec<Tensor<F>>,
    cotangents: Vec<Tensor<F>>,
    domain: PhantomData<D>,
}

/// Numbers with the radii of a domain.
#[derive(Clone, Debug)]
struct Tensor<F> {
    mid: Vec<F>,
    rad: Vec<f64>,
}

impl<F: Sampled> Tensor<F> {
    fn zeros<D: Domain>(numel: usize) -> Self {
        Self { mid: vec![F::ZERO; numel], rad: vec![0.0; D::len(numel)] }
    }

    fn balls(&self) -> Balls<'_, F> {
        Balls { mid: &self.mid, rad: &self.rad }
    }
}

impl<'a, F: Sampled, D: Domain> Dynamic<'a, F, D> {
    /// A graph of parameters, inputs (each with so many elements) and nodes, of which the last is the loss.
    pub fn new(params: &[usize], inputs: &[usize], nodes: Vec<(&'a dyn Subject<F>, Vec<usize>)>) -> Self {
        let given: Vec<_> = params.iter().chain(inputs).map(|&n| Tensor::zeros::<D>(n)).collect();
        let results = nodes.iter().map(|(op, _)| Tensor::zeros::<D>(op.result_numel()));
        let values: Vec<_> = given.iter().cloned().chain(results).collect();
        // Plans are made of constants; a test may leak a few kilobytes.
        let rows: Vec<&'static [usize]> = nodes.iter().map(|(_, operands)| &*operands.clone().leak()).collect();
        let plan = Box::new(Plan::new(params.len(), given.len(), Nodes::Flat(rows.leak()), &[values.len() - 1]));
        let (leaves, params, cotangents) = (given.len(), params.len(), values.clone());
        Self { leaves, params, nodes, plan, given, values, cotangents, domain: PhantomData }
    }

    fn forward(&mut self) {
        for (i, leaf) in self.given.iter().enumerate() {
            self.values[i].clone_from(leaf);
            distrust::<F, D>(&mut self.values[i]);
        }
        for (i, (op, operands)) in self.nodes.iter().enumerate() {
            let (before, rest) = self.values.split_at_mut(self.leaves + i);
            let x: Vec<_> = operands.iter().map(|&k| before[k].balls()).collect();
            op.forward(&x, &mut rest[0].mid);
            let Tensor { mid, rad } = &mut rest[0];
            op.forward_radius(&x, mid, rad);
        }
    }

    fn backward(&mut self) {
        for cotangent in &mut self.cotangents {
            cotangent.rad.fill(0.0);
        }
        if !self.plan.reaches_all_params {
            self.cotangents[..self.params].iter_mut().for_each(|cotangent| cotangent.mid.fill(F::ZERO));
        }
        let loss = self.values.len() - 1;
        self.cotangents[loss].mid.fill(F::ONE);
        for (i, (op, operands)) in self.nodes.iter().enumerate().rev() {
            let position = self.leaves + i;
            let modes = self.plan.modes(position);
            let asked = |k: usize| modes.of(k) != Mode::Skip;
            let x: Vec<_> = operands.iter().map(|&k| self.values[k].balls()).collect();
            let (y, dy) = (self.values[position].balls(), self.cotangents[position].balls());
            let mut out: Vec<_> = operands.iter().map(|&k| Tensor::zeros::<D>(self.values[k].mid.len())).collect();
            let mids = out.iter_mut().enumerate().map(|(k, t)| asked(k).then_some(&mut t.mid[..]));
            op.vjp(&x, y, dy, mids.collect());
            let parts = out.iter_mut().enumerate();
            let parts = parts.map(|(k, t)| asked(k).then_some(Contribution { mid: &t.mid, radii: &mut t.rad }));
            op.vjp_radius(&x, y, dy, parts.collect());
            for (k, (part, &operand)) in out.into_iter().zip(operands).enumerate() {
                match modes.of(k) {
                    Mode::Skip => {}
                    Mode::Write => self.cotangents[operand] = part,
                    Mode::Add => add::<F, D>(&mut self.cotangents[operand], &part),
                }
            }
        }
    }

    fn entry(tensor: &Tensor<F>) -> Entry<F> {
        let rad = (0..tensor.mid.len()).map(|i| tensor.balls().radius(i)).collect();
        let norm = D::IS_NORM.then(|| tensor.rad[0]);
        Entry { mid: tensor.mid.clone(), rad, norm, plain: tensor.mid.clone() }
    }
}

/// Adds a contribution, and the rounding of the additions.
fn add<F: Sampled, D: Domain>(sum: &mut Tensor<F>, part: &Tensor<F>) {
    let (mids, added) = (&sum.mid, &part.mid);
    D::accumulate(&mut sum.rad, &part.rad, added.len(), |i| F::add_error(mids[i], added[i], mids[i].add(added[i])));
    for (sum, &x) in sum.mid.iter_mut().zip(added) {
        *sum = sum.add(x);
    }
}

/// Nothing is known of a leaf that is not finite.
fn distrust<F: Sampled, D: Domain>(leaf: &mut Tensor<F>) {
    let (mid, none) = (&leaf.mid, vec![0.0; leaf.rad.len()]);
    if !F::all_finite(mid) {
        let unknown = |i: usize| if mid[i].is_finite() { Up::ZERO } else { Up::INFINITY };
        D::accumulate(&mut leaf.rad, &none, mid.len(), unknown);
    }
}

impl<F: Sampled, D: Domain> Machine<F> for Dynamic<'_, F, D> {
    fn domain(&self) -> &'static str {
        D::NAME
    }

    fn set(&mut self, position: usize, sample: &Sample<F>) {
        let leaf = &mut self.given[position];
        leaf.mid.copy_from_slice(&sample.mid);
        D::fill(&mut leaf.rad, sample.mid.len(), |i: usize| Up::new(sample.rad[i]));
    }

    fn run(&mut self) {
        self.forward();
        self.backward();
    }

    fn value(&self, position: usize) -> Entry<F> {
        Self::entry(&self.values[position])
    }

    fn cotangent(&self, position: usize) -> Entry<F> {
        Self::entry(&self.cotangents[position])
    }
}
