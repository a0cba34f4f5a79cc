//! [`Adam`] and [`AdamW`]: steps scaled by the moments of the gradient.

#[cfg(feature = "safetensors")]
mod memory;
mod step;
#[cfg(test)]
mod tests;

use step::{Constants, Decay, Spread, update};

use super::near::{Near, Number};
use super::state::State;
use super::{at_least_zero, below_one, check_each, positive};
use crate::bound::{Domain, Up};
use crate::error::Error;
use crate::format::{Accumulator, Format};
use crate::graph::{BoundedRun, RevGraph, Run};

/// Adam (Kingma and Ba 2015). A weight decay is added to the gradient, as in PyTorch's `Adam`; see [`Moments`].
///
/// ```
/// use nfgrad::optim::Adam;
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
/// let mut adam = Adam::new(0.1).betas(0.9, 0.99).eps(1e-8);
/// for _ in 0..100 {
///     run.forward()?;
///     run.backward()?;
///     adam.step_bounded(&mut run)?;
/// }
/// assert!(run.params().w.mid().max_abs() < 0.1);
/// # Ok::<(), nfgrad::Error>(())
/// ```
pub type Adam<F> = Moments<F, false>;

/// Adam with a weight decay of its own, decoupled from the gradient (Loshchilov and Hutter 2019), as in PyTorch's `AdamW`; see
/// [`Moments`].
///
/// ```
/// use nfgrad::optim::AdamW;
/// use nfgrad::prelude::*;
///
/// graph! {
///     graph Still {
///         input x: [2];
///         param w: [2];
///         output loss = sum(w * x);
///     }
/// }
///
/// // The gradient is 0, and so are its moments; only the weights decay.
/// let mut run = Still::bounded::<f32, Elementwise>();
/// run.leaves_mut().w.copy_from_slice(&[1.0, -1.0])?;
/// let mut adam = AdamW::new(1e-3).weight_decay(0.1);
/// run.forward()?;
/// run.backward()?;
/// adam.step_bounded(&mut run)?;
/// let w = run.params().w;
/// assert!((w.mid().max_abs() - 0.9999).abs() < 1e-7 && w.max_radius().get() < 1e-7);
/// # Ok::<(), nfgrad::Error>(())
/// ```
pub type AdamW<F> = Moments<F, true>;

/// [`Adam`], or [`AdamW`] if the weight decay is `DECOUPLED` from the gradient: for each parameter `p`, its gradient `g`
/// and the moments `m` and `v`,
///
/// ```text
/// d <- fl(g + fl(λ p))                            Adam, only if there is a weight decay λ; otherwise d is g
/// m <- fl(m + fl(a fl(d - m)))                    a = 1 - β₁
/// v <- fl(v + fl(b fl(fl(d d) - v)))              b = 1 - β₂
/// x <- fl(fl(c m) / fl(fl(k fl(√v)) + ε))         c = η / (1 - β₁ᵗ),  k = 1 / √(1 - β₂ᵗ) at step t
/// x <- L or -L where it is beyond                 L = (1 + 2^-20) η K, see below
/// p <- fl(p - x), or fl(p - fl(fl(ω p) + x))      AdamW, if there is a weight decay: ω = η λ
/// ```
///
/// Each operation is rounded once, and so are `a`, `b`, `c`, `k` and `ω`, computed in f64, once a step: in f32 for the formats whose numbers are f32, bf16 and f16
/// among them, in f64 for the others. Only `p` is rounded to the format `F` in the end. In f16 a square of the gradient would be 0
/// from 2^-12 on, with a root far below the gradient. In exact arithmetic these are the formulas of the paper: `m + a (d - m)` is
/// `β₁ m + (1 - β₁) d`, and unlike that form it does not need `β`. An `ε` that f32 would take for 0 is its smallest number.
///
/// No step is beyond `L`, since no real one is. It matters where `v` underflows and `ε` is as small: in f32 below gradients of
/// 1e-21 with `ε` of 1e-30.
///
/// # Error bound
///
/// [`Moments::step_bounded`] also says how far `p` is from the *real* optimizer (see the [module](super)), whose `η`, `λ`, `β`, `ε` are the f64
/// given. No lower bound of the second moment is asked for, and none is needed. Let `ρ` be what a computed number is from the exact
/// result at the *same* operands, all roundings of the constants included; then the radii become
///
/// ```text
/// r_d  = r_g + λ r_p + ρ                                 Adam with weight decay; otherwise r_g
/// r_m <- (1 - a) r_m + a r_d + ρ
/// r_v <- (1 - b) r_v + b (2 |d| r_d + r_d²) + ρ
/// s    = |√v - √v*| <= max(min(√v, r_v/(√v + √(v - r_v)⁺)), r_v/(√v + √(v + r_v)))
/// r_w  = k s + ρ                                         w = k √v + ε, the divisor
/// r_x  = (c r_m + |x| r_w) / (max(k √v - k s, 0) + ε) + ρ,  and no more than |x| + η K, with x as brought back to L
/// r_p <- |1 - ω| r_p + r_x + ρ
/// ```
///
/// *Proof.* The lines of `r_d`, `r_m`, `r_v` and `r_p` are linear, but for the square, `|d² - d*²| <= 2 |d| r_d + r_d²`. A second moment is
/// not negative, in the reals no more than in the format (`fl(d d) - v >= -v`, and rounding is monotone), so `√v*` lies in
/// `[√(v - r_v)⁺, √(v + r_v)]`. For the quotient, `u/w - u*/w* = ((u - u*) + (u/w)(w* - w)) / w*` with `w* >= k √v* + ε`.
///
/// `K` bounds what the real step can be, whatever the gradients are. With the weights of the last `t` gradients in the moments, `a β₁ʲ` and
/// `b β₂ʲ`, Cauchy and Schwarz give `|m*| <= √(Σ a² β₁²ʲ / (b β₂ʲ)) √v*`, so that
///
/// ```text
/// |x*| <= η K,   K = √(1 - β₂ᵗ) / (1 - β₁ᵗ) √(a²/b Σ (β₁²/β₂)ʲ)     1 at t = 1, 7.3 in the end for β = 0.9, 0.999
/// ```
///
/// which is used while all gradients have been bounded and the moments began at rest. Then `x*` is in `[-L, L]`, and bringing `x` there
/// brings it no further from `x*`; else it is charged. ∎
#[derive(Debug, Clone)]
pub struct Moments<F: Format, const DECOUPLED: bool> {
    rate: f64,
    betas: [f64; 2],
    eps: f64,
    decay: f64,
    /// `m` and `v`, empty until the first step.
    state: State<Wide<F>, 2>,
    /// `β₁ᵗ` and `β₂ᵗ`.
    powers: [Near<f64>; 2],
    /// `a²/b Σ (β₁²/β₂)ʲ`
    energy: Up,
    /// Whether all steps were taken with radii.
    is_bounded: bool,
}

/// In what a step is computed.
type Wide<F> = <<F as Format>::Acc as Accumulator>::Primitive;

impl<F: Format, const DECOUPLED: bool> Moments<F, DECOUPLED> {
    /// With the learning rate `η`, usually 1e-3; `β` = (0.9, 0.999), `ε` = 1e-8, and a weight decay of 0, of 0.01 for [`AdamW`].
    pub fn new(rate: f64) -> Self {
        let decay = if DECOUPLED { 0.01 } else { 0.0 };
        let (state, powers, energy) = (State::new(), START, Up::ZERO);
        Self { rate, betas: [0.9, 0.999], eps: 1e-8, decay, state, powers, energy, is_bounded: true }
    }

    /// With the decay rates `β₁` and `β₂` of the moments. Starts from rest.
    #[must_use]
    pub fn betas(self, first: f64, second: f64) -> Self {
        Self { betas: [first, second], state: State::new(), ..self }
    }

    /// With `ε`, which is added to the root of the second moment.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        Self { eps, ..self }
    }

    /// With the weight decay `λ`.
    #[must_use]
    pub fn weight_decay(self, decay: f64) -> Self {
        Self { decay, ..self }
    }

    /// Changes the learning rate, for a schedule.
    pub fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// The moments count as exact from here on: the real optimizer begins with them, as it does with the leaves of a new run.
    pub fn assume_exact(&mut self) {
        self.state.assume_exact();
    }

    /// Updates the parameters of a run from its gradients.
    ///
    /// # Errors
    /// [`Error::Hyperparameter`] if the rate or the weight decay is negative or not finite, a `β` is not in `[0, 1)`, or `ε` is not
    /// positive; and [`Error::Stale`] unless the gradients are those of the leaves: each step needs a forward and a backward sweep of its own.
    /// Then nothing is changed.
    pub fn step<G: RevGraph>(&mut self, run: &mut Run<G, F>) -> Result<(), Error> {
        self.check()?;
        run.check_step()?;
        self.begin(G::PARAM_SIZE);
        self.state.forget_radii();
        self.is_bounded = false;
        let constants = self.constants().map(|near| near.mid);
        let (params, gradients) = run.params_and_gradients_mut();
        let [m, v] = self.state.values_mut();
        update::<F, Wide<F>, Decay<DECOUPLED>>(constants, params, gradients, m, v);
        Ok(())
    }

    /// [`Moments::step`], bit for bit, which also updates the radii of the parameters: with them they enter the next forward sweep.
    ///
    /// # Errors
    /// Those of [`Moments::step`]; [`Error::Processor`] if this thread does not compute as all bounds assume, [`Error::Stale`] unless the gradients
    /// are those of the leaves, and [`Error::StepsWithoutRadii`] if the moments come from [`Moments::step`]. Then nothing is changed.
    pub fn step_bounded<G: RevGraph, D: Domain>(&mut self, run: &mut BoundedRun<G, F, D>) -> Result<(), Error> {
        self.check()?;
        run.check_step()?;
        self.state.check(G::PARAM_SIZE)?;
        self.begin(G::PARAM_SIZE);
        let near = self.constants();
        let spread = self.spread();
        self.state
            .advance_radii(run, |balls, new| spread.advance::<F, Wide<F>, D, Decay<DECOUPLED>>(&near, balls, new));
        let (params, gradients) = run.params_and_gradients_mut();
        let [m, v] = self.state.values_mut();
        update::<F, Wide<F>, Decay<DECOUPLED>>(near.map(|near| near.mid), params, gradients, m, v);
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        check_each([
            ("learning rate", at_least_zero(self.rate)),
            ("first beta", below_one(self.betas[0])),
            ("second beta", below_one(self.betas[1])),
            ("epsilon", positive(self.eps)),
            ("weight decay", at_least_zero(self.decay)),
        ])
    }

    /// One more step, of which a change of model makes the first one, from rest.
    fn begin(&mut self, len: usize) {
        if self.state.fit(len) {
            (self.powers, self.energy, self.is_bounded) = (START, Up::ZERO, true);
        }
        let betas = self.betas.map(Near::real);
        self.powers = std::array::from_fn(|k| self.powers[k].mul(betas[k]));
        let [a, b] = betas.map(|beta| Near::real(1.0).sub(beta));
        let ratio = betas[0].mul(betas[0]).over(betas[1]);
        self.energy = a.mul(a).over(b).magnitude() + self.energy * ratio.magnitude();
    }

    /// `η K`
    fn largest(&self) -> Up {
        let [below, above] = self.powers.map(|power| Near::real(1.0).sub(power));
        let ratio = (self.energy * above.magnitude()).sqrt().over(below.rad.below(below.mid));
        Near::real(self.rate).magnitude() * ratio
    }

    /// The constants of this step in what it is computed in.
    fn constants(&self) -> Constants<Near<Wide<F>>> {
        let one = Near::real(1.0);
        let [a, b] = self.betas.map(|beta| one.sub(Near::real(beta)));
        let [first, second] = self.powers.map(|power| one.sub(power));
        let (rate, decay) = (Near::real(self.rate), Near::real(self.decay));
        let wide = Wide::<F>::from_f64;
        let least = Near::real(self.eps).rounded::<Wide<F>>();
        // Twice the error of an underflow is the smallest number.
        let smallest = || Near { mid: wide(2.0 * Wide::<F>::ZERO.half_ulp().get()), ..least };
        let least = if least.mid == Wide::<F>::ZERO { smallest() } else { least };
        // The sliver is more than the rounding of a number that is not subnormal in f32.
        let limit = (self.largest().get() * (1.0 + 1.0 / f64::from(1 << 20))).max(f32::MIN_POSITIVE.into());
        Constants {
            decay: if DECOUPLED { rate.mul(decay) } else { decay }.rounded(),
            decays: self.decay != 0.0,
            first: a.rounded(),
            second: b.rounded(),
            scale: rate.over(first).rounded(),
            root: one.over(second.root()).rounded(),
            least: Near { rad: least.mid.distance(self.eps), ..least },
            eps: self.eps,
            limit: Near::exact(wide(limit)),
        }
    }

    /// By what this step multiplies the radii.
    fn spread(&self) -> Spread {
        let one = Near::real(1.0);
        let [first, second] = self.betas.map(Near::real);
        let (rate, decay) = (Near::real(self.rate), Near::real(self.decay));
        let a = one.sub(first).magnitude();
        let kept = if DECOUPLED { one.sub(rate.mul(decay)) } else { one };
        let in_gradient = if DECOUPLED { Up::ZERO } else { decay.magnitude() };
        Spread {
            p: kept.magnitude(),
            m: [first.magnitude(), a, a * in_gradient],
            v: second.magnitude(),
            gradient: in_gradient,
            largest: if self.is_bounded { self.largest() } else { Up::INFINITY },
        }
    }
}

/// `β⁰`
const START: [Near<f64>; 2] = [Near { mid: 1.0, rad: Up::ZERO }; 2];
