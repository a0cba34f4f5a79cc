//! Optimizers over the reals, from the formulas of the papers and of PyTorch's documentation.

use crate::exact::Exact;

/// An optimizer of one list of parameters.
pub trait RealOptimizer {
    /// One step along the gradients.
    fn step(&mut self, params: &mut [Exact], gradients: &[Exact]);
}

/// The real number that an f64 is.
fn real(x: f64) -> Exact {
    Exact::new(x)
}

/// SGD with momentum, Nesterov's or not, and weight decay, as PyTorch documents it with dampening 0 (`b` is the momentum buffer).
#[derive(Clone, Debug)]
pub struct RealSgd {
    /// The learning rate.
    pub rate: f64,
    /// The momentum.
    pub momentum: f64,
    /// Whether it is Nesterov's.
    pub nesterov: bool,
    /// The weight decay.
    pub decay: f64,
    /// The momentum buffer; empty before the first step.
    pub buffer: Vec<Exact>,
}

impl RealOptimizer for RealSgd {
    fn step(&mut self, params: &mut [Exact], gradients: &[Exact]) {
        let (rate, momentum, decay) = (real(self.rate), real(self.momentum), real(self.decay));
        let mut gradients: Vec<Exact> =
            gradients.iter().zip(&*params).map(|(g, p)| g.clone() + &(decay.clone() * p)).collect();
        if self.momentum != 0.0 {
            if self.buffer.is_empty() {
                self.buffer.clone_from(&gradients);
            } else {
                for (b, g) in self.buffer.iter_mut().zip(&gradients) {
                    *b = b.clone() * &momentum + g;
                }
            }
            for (g, b) in gradients.iter_mut().zip(&self.buffer) {
                *g = if self.nesterov { g.clone() + &(momentum.clone() * b) } else { b.clone() };
            }
        }
        for (p, g) in params.iter_mut().zip(&gradients) {
            *p = p.clone() - &(rate.clone() * g);
        }
    }
}

/// Adam (Kingma and Ba 2015, algorithm 1), with weight decay as in PyTorch's `Adam`, or decoupled from the gradient (Loshchilov and
/// Hutter 2019).
#[derive(Clone, Debug)]
pub struct RealAdam {
    /// The learning rate.
    pub rate: f64,
    /// The decay rates of the moments.
    pub betas: [f64; 2],
    /// What is added to the root.
    pub eps: f64,
    /// The weight decay.
    pub decay: f64,
    /// Whether it is decoupled.
    pub decoupled: bool,
    /// How many steps were taken.
    pub steps: i32,
    /// The moments; empty before the first step.
    pub moments: [Vec<Exact>; 2],
}

impl RealOptimizer for RealAdam {
    fn step(&mut self, params: &mut [Exact], gradients: &[Exact]) {
        self.steps += 1;
        let one = real(1.0);
        let (rate, decay) = (real(self.rate), real(self.decay));
        let betas = self.betas.map(real);
        let corrections = betas.each_ref().map(|beta| one.clone() - &beta.power(self.steps));
        let [m, v] = &mut self.moments;
        for moment in [&mut *m, &mut *v] {
            moment.resize(params.len(), Exact::zero());
        }
        for (((p, g), m), v) in params.iter_mut().zip(gradients).zip(m).zip(v) {
            let mut g = g.clone();
            if self.decoupled {
                *p = p.clone() - &(rate.clone() * &decay * p);
            } else {
                g = g + &(decay.clone() * p);
            }
            let square = g.clone() * &g;
            for ((moment, term), beta) in [(m, g), (v, square)].into_iter().zip(&betas) {
                // Moments are cut to hundreds of bits; a thousand steps would otherwise fill the memory.
                *moment = (beta.clone() * moment + &((one.clone() - beta) * &term)).over(&one);
            }
        }
        let [m, v] = &self.moments;
        for ((p, m), v) in params.iter_mut().zip(m).zip(v) {
            let [first, second] = [(m, &corrections[0]), (v, &corrections[1])].map(|(x, c)| x.over(c));
            *p = p.clone() - &(rate.clone() * &first.over(&(second.sqrt() + &real(self.eps))));
        }
    }
}
