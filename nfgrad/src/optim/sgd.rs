//! Stochastic gradient descent: plain, with momentum or Nesterov's, with weight decay.

use super::near::{Near, Number};
use super::state::{Balls, Radii, State, combine};
use super::{at_least_zero, check_each};
use crate::bound::{Domain, Up};
use crate::error::Error;
use crate::format::Format;
use crate::graph::{BoundedRun, RevGraph, Run};

/// Gradient descent with momentum and weight decay: for each parameter `p`, its gradient `g` and its velocity `v`,
///
/// ```text
/// d <- fl(g + fl(λ p))              only if there is a weight decay λ
/// v <- fl(fl(μ v) + d)              only if there is a momentum μ; otherwise v is d
/// s <- v, or fl(d + fl(μ v))        heavy ball (Polyak 1964), or Nesterov's (Sutskever et al. 2013)
/// p <- fl(p - fl(η s))
/// ```
///
/// with the rate `η`, all of it in the format `F`, each operation rounded once: a step is the same, bit for bit, wherever it runs. In
/// exact arithmetic these are the formulas of PyTorch's `SGD` without dampening.
///
/// # Error bound
///
/// [`Sgd::step_bounded`] also says how far `p` is from the *real* optimizer, which started from the same parameters, saw the real
/// gradients and computed exactly, with the real `η`, `μ`, `λ` that are the f64 given (see the [module](super)). With `κ = 1`, or
/// `1 + μ` for Nesterov's, and `m = 1`, or `μ`, the radii after a step are those before it times
///
/// ```text
/// r_p <- |1 - κ η λ| r_p + κ η r_g + m η μ r_v + ρ_p
/// r_v <- μ r_v + r_g + λ r_p + ρ_v
/// ```
///
/// where `ρ` is how far the computed `p` and `v` are from the exact step at the *same* numbers: the errors of its operations, most of
/// them measured, and what the rounding of `η`, `μ`, `λ` to the format makes of it.
///
/// *Proof.* The exact step is linear. Let `L` be it and `C` the computed one; `C(x) - L(x*) = (C(x) - L(x)) + L(x - x*)`. The first is at
/// most `ρ`, and the coefficients of the second are those above: `p - η s = (1 - κ η λ) p - κ η g - m η μ v`. ∎
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
/// let mut run = Bowl::bounded::<f32, Elementwise>();
/// run.leaves_mut().w.copy_from_slice(&[1.0, -1.0])?;
/// let mut sgd = Sgd::new(0.1).momentum(0.5).nesterov();
/// for _ in 0..20 {
///     run.forward()?;
///     run.backward()?;
///     sgd.step_bounded(&mut run)?;
/// }
/// let w = run.params().w;
/// assert!(w.mid().max_abs() < 1e-3 && w.max_radius().get() < 1e-3);
/// # Ok::<(), nfgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sgd<F> {
    rate: f64,
    momentum: f64,
    nesterov: bool,
    decay: f64,
    /// `v`, empty until the first step with momentum.
    velocity: State<F, 1>,
}

impl<F: Format> Sgd<F> {
    /// Plain gradient descent with the learning rate `η`.
    pub fn new(rate: f64) -> Self {
        Self { rate, momentum: 0.0, nesterov: false, decay: 0.0, velocity: State::new() }
    }

    /// With momentum `μ`, usually 0.9. Starts from rest.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, velocity: State::new(), ..self }
    }

    /// With Nesterov's momentum instead of the heavy ball's.
    #[must_use]
    pub fn nesterov(self) -> Self {
        Self { nesterov: true, ..self }
    }

    /// With `λ` times the parameters added to their gradients.
    #[must_use]
    pub fn weight_decay(self, decay: f64) -> Self {
        Self { decay, ..self }
    }

    /// Changes the learning rate, for a schedule.
    pub fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// The velocity counts as exact from here on: the real optimizer begins with it, as it does with the leaves of a new run.
    pub fn assume_exact(&mut self) {
        self.velocity.assume_exact();
    }

    /// Updates the parameters of a run from its gradients.
    ///
    /// # Errors
    /// [`Error::Hyperparameter`] if the rate, the momentum or the weight decay is negative or not finite, and [`Error::Stale`] unless the gradients
    /// are those of the leaves: each step needs a forward and a backward sweep of its own. Then nothing is changed.
    #[inline]
    pub fn step<G: RevGraph>(&mut self, run: &mut Run<G, F>) -> Result<(), Error> {
        self.check()?;
        run.check_step()?;
        if self.momentum != 0.0 {
            // A change of model starts from rest.
            self.velocity.fit(G::PARAM_SIZE);
            self.velocity.forget_radii();
        }
        let (params, gradients) = run.params_and_gradients_mut();
        self.update(params, gradients);
        Ok(())
    }

    /// [`Sgd::step`], bit for bit, which also updates the radii of the parameters: with them they enter the next forward sweep.
    ///
    /// # Errors
    /// Those of [`Sgd::step`]; [`Error::Processor`] if this thread does not compute as all bounds assume, [`Error::Stale`] unless the gradients are
    /// those of the leaves, and [`Error::StepsWithoutRadii`] if the velocity comes from [`Sgd::step`]. Then nothing is changed.
    pub fn step_bounded<G: RevGraph, D: Domain>(&mut self, run: &mut BoundedRun<G, F, D>) -> Result<(), Error> {
        self.check()?;
        run.check_step()?;
        self.velocity.check(G::PARAM_SIZE)?;
        self.velocity.fit(G::PARAM_SIZE);
        let (real, near) = (self.constants(Near::real), self.constants(|x| Near::real(x).rounded()));
        let spread = Spread::of(&real);
        self.velocity.advance_radii(run, |balls, new| spread.advance(&near, balls, new));
        let (params, gradients) = run.params_and_gradients_mut();
        self.update(params, gradients);
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        check_each([
            ("learning rate", at_least_zero(self.rate)),
            ("momentum", at_least_zero(self.momentum)),
            ("weight decay", at_least_zero(self.decay)),
        ])
    }

    fn constants<T>(&self, number: impl Fn(f64) -> T) -> Constants<T> {
        let [rate, momentum, decay] = [self.rate, self.momentum, self.decay].map(number);
        Constants { rate, momentum, decay, decays: self.decay != 0.0, nesterov: self.nesterov }
    }

    #[inline]
    fn update(&mut self, params: &mut [F], gradients: &[F]) {
        let constants = self.constants(F::from_f64);
        if self.momentum == 0.0 {
            for (p, &g) in params.iter_mut().zip(gradients) {
                let d = constants.decayed(*p, g);
                *p = constants.moved(*p, d);
            }
            return;
        }
        let [velocity] = self.velocity.values_mut();
        for ((p, &g), v) in params.iter_mut().zip(gradients).zip(velocity) {
            (*p, *v) = constants.step(*p, g, *v);
        }
    }
}

#[cfg(feature = "safetensors")]
impl<F: Format> super::Optimizer<F> for Sgd<F> {
    type Number = F;
    const KIND: &'static str = "Sgd";
    const OF_PARAMS: &'static [&'static str] = &["velocity"];
    const NUMBERS: &'static [&'static str] = &["rate", "momentum", "nesterov", "weight_decay"];

    fn numbers(&self) -> Vec<f64> {
        vec![self.rate, self.momentum, f64::from(u8::from(self.nesterov)), self.decay]
    }

    fn of_params(&self, len: usize) -> Option<Vec<&[F]>> {
        self.velocity.values(len)
    }

    fn resume(&mut self, numbers: &[f64], of_params: Option<Vec<Vec<F>>>) -> Result<(), usize> {
        let &[rate, momentum, nesterov, decay] = numbers else { return Err(0) };
        (self.rate, self.momentum, self.nesterov, self.decay) = (rate, momentum, nesterov != 0.0, decay);
        self.velocity.resume(of_params);
        Ok(())
    }
}

/// The hyper-parameters, as real numbers, in a format, or in a format with how far they are from the real ones.
struct Constants<T> {
    rate: T,
    momentum: T,
    decay: T,
    decays: bool,
    nesterov: bool,
}

impl<T: Number> Constants<T> {
    /// `d`
    #[inline(always)]
    fn decayed(&self, p: T, g: T) -> T {
        if self.decays { g.add(self.decay.mul(p)) } else { g }
    }

    /// `p` after a step along `s`
    #[inline(always)]
    fn moved(&self, p: T, s: T) -> T {
        p.sub(self.rate.mul(s))
    }

    /// `p` and `v` after a step.
    #[inline(always)]
    fn step(&self, p: T, g: T, v: T) -> (T, T) {
        let d = self.decayed(p, g);
        let v = self.momentum.mul(v).add(d);
        let s = if self.nesterov { d.add(self.momentum.mul(v)) } else { v };
        (self.moved(p, s), v)
    }
}

/// By what a step multiplies the radii.
struct Spread {
    /// Those of `p`, `g` and `v` in that of `p`.
    p: [Up; 3],
    /// The same in that of `v`.
    v: [Up; 3],
}

impl Spread {
    fn of(real: &Constants<Near<f64>>) -> Self {
        let (rate, momentum, one) = (real.rate, real.momentum, Near::real(1.0));
        let (kappa, m) = if real.nesterov { (one.add(momentum), momentum) } else { (one, one) };
        let kept = one.sub(kappa.mul(rate).mul(real.decay));
        Self {
            p: [kept, kappa.mul(rate), m.mul(rate).mul(momentum)].map(Near::magnitude),
            v: [real.decay, one, momentum].map(Near::magnitude),
        }
    }

    /// The radii after a step.
    fn advance<F: Format, D: Domain>(
        &self,
        near: &Constants<Near<F>>,
        balls: &Balls<'_, F, F, D, 1>,
        new: &mut Radii<'_, 1>,
    ) {
        let Balls { p, g, state: [v] } = balls;
        let numel = p.mid.len();
        let local = |i: usize| near.step(Near::exact(p.mid[i]), Near::exact(g.mid[i]), Near::exact(v.mid[i]));
        let terms = |[of_p, of_g, of_v]: [Up; 3]| [(of_p, p.rad), (of_g, g.rad), (of_v, v.rad)];
        let Radii { p: new_p, state: [new_v], spare } = new;
        combine::<D, _>((new_p, spare), numel, terms(self.p), |i| local(i).0.rad);
        combine::<D, _>((new_v, spare), numel, terms(self.v), |i| local(i).1.rad);
    }
}
