//! What a network computes over the reals, and how far a certificate is from that.

use nfgrad::graph::RevGraph;
use nfgrad::prelude::*;
use nfgrad::shadow::{Enclosed, Level};
use nfgrad_shapes::Listed;
use nfgrad_tests::exact::{Exact, with_bits};
use nfgrad_tests::laws::Rule;
use nfgrad_tests::program::Program;
use nfgrad_tests::sample::{Sampled, generator, normal};

/// The levels above f64.
pub(super) const WIDE: [Level; 3] = [Level::Bits128, Level::Bits256, Level::Bits512];

/// A shadow that answers at one level.
pub(super) fn shadow<G: RevGraph>(level: Level) -> Shadow<G> {
    Shadow::new().at_least(level).at_most(level)
}

/// A program that is written node by node.
pub(super) struct Builder(Program);

impl Builder {
    pub(super) fn new(params: &[usize], inputs: &[usize]) -> Self {
        Self(Program { name: "network", params: params.to_vec(), inputs: inputs.to_vec(), nodes: Vec::new() })
    }

    /// The position of an input.
    pub(super) fn input(&self, k: usize) -> usize {
        self.0.params.len() + k
    }

    /// Adds a node; returns its position.
    pub(super) fn node(&mut self, rule: Rule, operands: &[usize]) -> usize {
        self.0.nodes.push((rule, operands.to_vec()));
        self.0.params.len() + self.0.inputs.len() + self.0.nodes.len() - 1
    }

    /// The values at all positions, and the gradients of all parameters, of parameters and inputs; the last node is the loss.
    pub(super) fn truth<F: Sampled>(&self, params: &[Vec<F>], inputs: &[Vec<F>]) -> Truth {
        let Self(program) = self;
        let real = |x: &[F]| x.iter().map(|x| x.real()).collect::<Vec<_>>();
        let leaves: Vec<_> = params.iter().chain(inputs).map(|x| real(x)).collect();
        let numels = program.params.iter().chain(&program.inputs);
        assert!(leaves.iter().map(Vec::len).eq(numels.copied()), "the program has other leaves");
        with_bits(1024, || {
            let values = program.forward(leaves);
            let loss = (values.len() - 1, vec![Exact::new(1.0)]);
            let mut gradients = program.reverse(&values, &[loss]);
            gradients.truncate(program.params.len());
            let gradients = gradients.into_iter().map(|x| x.expect("every parameter is read")).collect();
            Truth { values, gradients }
        })
    }
}

/// What is real.
pub(super) struct Truth {
    pub(super) values: Vec<Vec<Exact>>,
    pub(super) gradients: Vec<Vec<Exact>>,
}

/// Fails if an element is further from the real number than its bound says; the largest bound over the largest error.
pub(super) fn compare<F: Sampled, S: Shape>(what: &str, enclosed: Enclosed<'_, F, S>, real: &[Exact]) -> f64 {
    let (mut largest_error, mut largest_bound) = (0.0_f64, 0.0_f64);
    assert_eq!(enclosed.values().as_slice().len(), real.len(), "{what}");
    for (i, (x, real)) in enclosed.values().as_slice().iter().zip(real).enumerate() {
        let (bound, radius) = (enclosed.error(i).get(), enclosed.shadow_radius(i).get());
        let mid = enclosed.mid().as_slice()[i];
        let (beside, x) = x.beside(real);
        assert!(!beside.violates(x, bound), "{what}[{i}] is off by {:e}, bound {bound:e}", beside.error_of(x));
        assert!(!real.violates(mid, radius), "{what}[{i}] is {:e} from {mid:e}, radius {radius:e}", real.error_of(mid));
        (largest_error, largest_bound) = (largest_error.max(beside.error_of(x)), largest_bound.max(bound));
    }
    assert!(largest_error > 0.0, "{what} is exact: it says nothing");
    largest_bound / largest_error
}

/// Where the parameters lie among all of them.
fn spans<G: RevGraph>() -> Vec<std::ops::Range<usize>> {
    let mut spans = Vec::new();
    <G::Context as Listed>::LAYOUT.for_each(&mut |position, span| {
        if position < G::PARAMS {
            spans.push(span.offset..span.offset + span.numel);
        }
    });
    spans
}

/// Normally distributed parameters; returns them.
pub(super) fn fill_params<G: RevGraph, F: Sampled>(run: &mut Run<G, F>, seed: u64, deviation: f64) -> Vec<Vec<F>> {
    let rng = &mut generator("parameters", seed);
    let all = run.params_and_gradients_mut().0;
    let mut filled = |span| {
        all[std::ops::Range::clone(&span)].fill_with(|| F::from_f64(normal(rng) * deviation));
        all[span].to_vec()
    };
    spans::<G>().into_iter().map(&mut filled).collect()
}

/// Normally distributed numbers of a format.
pub(super) fn fill<F: Sampled>(x: &mut [F], label: &str, deviation: f64) {
    let rng = &mut generator(label, 0);
    x.fill_with(|| F::from_f64(normal(rng) * deviation));
}
