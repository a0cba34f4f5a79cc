//! Stochastic gradient descent with momentum.

use crate::format::Format;
use crate::graph::{RevGraph, Run};

/// Gradient descent with heavy-ball momentum (Polyak 1964):
///
/// ```text
/// v <- fl(fl(μ v) + g),   p <- fl(p - fl(η v))
/// ```
///
/// Every operation is one of the format `F` and rounds once, so a step is the same, bit for bit, wherever it runs.
///
/// ```
/// use nfgrad::optim::Sgd;
/// use nfgrad::prelude::*;
///
/// graph! {
///     graph Bowl {
///         param w: [2];
///         output loss = sum(w * w);
///     }
/// }
///
/// let mut run = Bowl::run::<f32>();
/// run.leaves_mut().w.copy_from_slice(&[1.0, -1.0])?;
/// let mut sgd = Sgd::new(0.25).momentum(0.5);
/// for _ in 0..50 {
///     run.forward();
///     run.backward();
///     sgd.step(&mut run);
/// }
/// assert!(run.outputs().loss.value() < 1e-6);
/// # Ok::<(), nfgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sgd<F> {
    rate: F,
    momentum: F,
    /// `v`, empty until the first step with momentum.
    velocity: Vec<F>,
}

impl<F: Format> Sgd<F> {
    /// Plain gradient descent with the learning rate `η`, rounded to the format.
    pub fn new(rate: f64) -> Self {
        Self { rate: F::from_f64(rate), momentum: F::ZERO, velocity: Vec::new() }
    }

    /// With momentum `μ`, usually 0.9.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum: F::from_f64(momentum), ..self }
    }

    /// Changes the learning rate, for a schedule.
    pub fn set_rate(&mut self, rate: f64) {
        self.rate = F::from_f64(rate);
    }

    /// Updates the parameters of a run from its gradients.
    #[inline]
    pub fn step<G: RevGraph>(&mut self, run: &mut Run<G, F>) {
        let (params, gradients) = run.params_and_gradients_mut();
        if self.momentum == F::ZERO {
            for (p, g) in params.iter_mut().zip(gradients) {
                *p = p.sub(g.mul(self.rate));
            }
            return;
        }
        // A change of model starts from rest.
        if self.velocity.len() != params.len() {
            self.velocity = vec![F::ZERO; params.len()];
        }
        for ((p, g), v) in params.iter_mut().zip(gradients).zip(&mut self.velocity) {
            *v = v.mul(self.momentum).add(*g);
            *p = p.sub(v.mul(self.rate));
        }
    }
}
