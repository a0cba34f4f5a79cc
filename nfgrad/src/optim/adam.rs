//! [`Adam`] and [`AdamW`]: steps scaled by the moments of the gradient.

use super::near::{Near, Number};
use super::state::{Balls, Radii, State, combine};
use super::{at_least_zero, below_one, check_each, positive};
use crate::bound::{Domain, Up};
use crate::error::Error;
use crate::format::Format;
use crate::graph::{BoundedRun, RevGraph, Run};
use crate::kernel::dispatch::wide;

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
/// p <- fl(p - x), or fl(p - fl(fl(ω p) + x))      AdamW, if there is a weight decay: ω = η λ
/// ```
///
/// all of it in the format `F`, each operation rounded once. In exact arithmetic these are the formulas of the paper: `m + a (d - m)` is
/// `β₁ m + (1 - β₁) d`, and unlike that form it does not need `β`, of which many a format has none but 1. `a`, `b`, `c`, `k` and `ω` are
/// computed in f64 and rounded to the format once a step. An `ε` that the format would take for 0 is its smallest number.
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
/// r_x  = (c r_m + |x| r_w) / (max(k √v - k s, 0) + ε) + ρ,  and no more than |x| + η K
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
/// which is used while all gradients have been bounded and the moments began at rest. ∎
#[derive(Debug, Clone)]
pub struct Moments<F, const DECOUPLED: bool> {
    rate: f64,
    betas: [f64; 2],
    eps: f64,
    decay: f64,
    /// `m` and `v`, empty until the first step.
    state: State<F, 2>,
    /// `β₁ᵗ` and `β₂ᵗ`.
    powers: [Near<f64>; 2],
    /// `a²/b Σ (β₁²/β₂)ʲ`; ∞ once a step was taken without radii.
    energy: Up,
}

impl<F: Format, const DECOUPLED: bool> Moments<F, DECOUPLED> {
    /// With the learning rate `η`, usually 1e-3; `β` = (0.9, 0.999), `ε` = 1e-8, and a weight decay of 0, of 0.01 for [`AdamW`].
    pub fn new(rate: f64) -> Self {
        let decay = if DECOUPLED { 0.01 } else { 0.0 };
        Self { rate, betas: [0.9, 0.999], eps: 1e-8, decay, state: State::new(), powers: START, energy: Up::ZERO }
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
    /// positive; then nothing is changed.
    pub fn step<G: RevGraph>(&mut self, run: &mut Run<G, F>) -> Result<(), Error> {
        self.check()?;
        self.begin(G::PARAM_SIZE);
        self.state.forget_radii();
        self.energy = Up::INFINITY;
        let constants = self.constants().map(|near| near.mid);
        let (params, gradients) = run.params_and_gradients_mut();
        let [m, v] = self.state.values_mut();
        update::<F, Decay<DECOUPLED>>(constants, params, gradients, m, v);
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
        self.state.advance_radii(run, |balls, new| spread.advance::<F, D, Decay<DECOUPLED>>(&near, balls, new));
        let (params, gradients) = run.params_and_gradients_mut();
        let [m, v] = self.state.values_mut();
        update::<F, Decay<DECOUPLED>>(near.map(|near| near.mid), params, gradients, m, v);
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
            (self.powers, self.energy) = (START, Up::ZERO);
        }
        let betas = self.betas.map(Near::real);
        self.powers = std::array::from_fn(|k| self.powers[k].mul(betas[k]));
        let [a, b] = betas.map(|beta| Near::real(1.0).sub(beta));
        let ratio = betas[0].mul(betas[0]).over(betas[1]);
        self.energy = a.mul(a).over(b).magnitude() + self.energy * ratio.magnitude();
    }

    /// The constants of this step in the format.
    fn constants(&self) -> Constants<Near<F>> {
        let one = Near::real(1.0);
        let [a, b] = self.betas.map(|beta| one.sub(Near::real(beta)));
        let [first, second] = self.powers.map(|power| one.sub(power));
        let (rate, decay) = (Near::real(self.rate), Near::real(self.decay));
        let least = Near::real(self.eps).rounded::<F>();
        // Twice the error of an underflow is the smallest number.
        let smallest = || Near { mid: F::from_f64(2.0 * F::ZERO.half_ulp().get()), ..least };
        let least = if least.mid == F::ZERO { smallest() } else { least };
        Constants {
            decay: if DECOUPLED { rate.mul(decay) } else { decay }.rounded(),
            decays: self.decay != 0.0,
            first: a.rounded(),
            second: b.rounded(),
            scale: rate.over(first).rounded(),
            root: one.over(second.root()).rounded(),
            least: Near { rad: least.mid.distance(self.eps), ..least },
            eps: self.eps,
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
        let [below, above] = self.powers.map(|power| one.sub(power));
        let ratio = (self.energy * above.magnitude()).sqrt().over(below.rad.below(below.mid));
        Spread {
            p: kept.magnitude(),
            m: [first.magnitude(), a, a * in_gradient],
            v: second.magnitude(),
            gradient: in_gradient,
            largest: rate.magnitude() * ratio,
        }
    }
}

/// `β⁰`
const START: [Near<f64>; 2] = [Near { mid: 1.0, rad: Up::ZERO }; 2];

/// The constants of one step, in a format, or in a format with how far they are from the real ones.
#[derive(Clone, Copy)]
struct Constants<T> {
    /// `λ`, or `ω`.
    decay: T,
    decays: bool,
    /// `a`
    first: T,
    /// `b`
    second: T,
    /// `c`
    scale: T,
    /// `k`
    root: T,
    /// `ε`
    least: T,
    eps: f64,
}

impl<T> Constants<T> {
    fn map<U>(self, number: impl Fn(T) -> U) -> Constants<U> {
        let Self { decay, decays, first, second, scale, root, least, eps } = self;
        let [decay, first, second, scale, root, least] = [decay, first, second, scale, root, least].map(number);
        Constants { decay, decays, first, second, scale, root, least, eps }
    }
}

/// Where the weight decay acts.
trait Decoupling {
    const DECOUPLED: bool;
}

struct Decay<const DECOUPLED: bool>;

impl<const DECOUPLED: bool> Decoupling for Decay<DECOUPLED> {
    const DECOUPLED: bool = DECOUPLED;
}

impl<T: Number> Constants<T> {
    /// `d`
    #[inline(always)]
    fn gradient<W: Decoupling>(&self, p: T, g: T) -> T {
        if !W::DECOUPLED && self.decays { g.add(self.decay.mul(p)) } else { g }
    }

    /// `m` after a step.
    #[inline(always)]
    fn first_moment(&self, d: T, m: T) -> T {
        m.add(self.first.mul(d.sub(m)))
    }

    /// `v` after a step.
    #[inline(always)]
    fn second_moment(&self, d: T, v: T) -> T {
        v.add(self.second.mul(d.mul(d).sub(v)))
    }

    /// `x`
    #[inline(always)]
    fn quotient(&self, m: T, v: T) -> T {
        self.scale.mul(m).over_sum(self.root.mul(v.root()), self.least, self.eps)
    }

    /// `p` after a step.
    #[inline(always)]
    fn moved<W: Decoupling>(&self, p: T, x: T) -> T {
        p.sub(if W::DECOUPLED && self.decays { self.decay.mul(p).add(x) } else { x })
    }
}

wide! {
    /// A step without radii.
    fn update<F: Format, W: Decoupling>(
        constants: Constants<F>,
        params: &mut [F],
        gradients: &[F],
        m: &mut [F],
        v: &mut [F],
    ) {
        for (((p, &g), m), v) in params.iter_mut().zip(gradients).zip(m).zip(v) {
            let d = constants.gradient::<W>(*p, g);
            *m = constants.first_moment(d, *m);
            *v = constants.second_moment(d, *v);
            *p = constants.moved::<W>(*p, constants.quotient(*m, *v));
        }
    }
}

/// By what a step multiplies radii.
struct Spread {
    /// That of `p` in that of `p`.
    p: Up,
    /// Those of `m`, `g` and `p` in that of `m`.
    m: [Up; 3],
    /// That of `v` in that of `v`.
    v: Up,
    /// That of `p` in that of `d`.
    gradient: Up,
    /// `η K`
    largest: Up,
}

impl Spread {
    /// The radii after a step.
    fn advance<F: Format, D: Domain, W: Decoupling>(
        &self,
        near: &Constants<Near<F>>,
        balls: &Balls<'_, F, D, 2>,
        new: &mut Radii<'_, 2>,
    ) {
        let Balls { p, g, state: [m, v] } = balls;
        let Radii { p: new_p, state: [new_m, new_v], spare } = new;
        let numel = p.mid.len();
        let gradient = |i: usize| near.gradient::<W>(Near::exact(p.mid[i]), Near::exact(g.mid[i]));
        let first = |i: usize| near.first_moment(gradient(i), Near::exact(m.mid[i]));
        let [of_m, of_g, of_p] = self.m;
        combine::<D, _>((new_m, spare), numel, [(of_m, m.rad), (of_g, g.rad), (of_p, p.rad)], |i| first(i).rad);

        let second = |i: usize| {
            let d = gradient(i);
            let d = Near { rad: d.rad + g.radius(i) + self.gradient * p.radius(i), ..d };
            near.second_moment(d, Near::exact(v.mid[i]))
        };
        combine::<D, _>((new_v, spare), numel, [(self.v, v.rad)], |i| second(i).rad);

        let (new_m, new_v): (&[f64], &[f64]) = (new_m, new_v);
        let moved = |i: usize| {
            let m = Near { mid: first(i).mid, rad: D::at(new_m, i) };
            let v = Near { mid: second(i).mid, rad: D::at(new_v, i) };
            let x = near.quotient(m, v);
            // Where the first moment is known, so were all gradients.
            let largest = if m.rad.is_finite() { x.mid.magnitude() + self.largest } else { Up::INFINITY };
            near.moved::<W>(Near::exact(p.mid[i]), Near { rad: x.rad.min(largest), ..x })
        };
        combine::<D, _>((new_p, spare), numel, [(self.p, p.rad)], |i| moved(i).rad);
    }
}
