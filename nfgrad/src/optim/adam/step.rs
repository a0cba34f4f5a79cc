//! One step of [`Moments`](super::Moments): the formulas, written once for numbers and for numbers with their radii, and what becomes of radii.

use super::super::near::{Near, Number};
use super::super::state::{Balls, Radii, combine};
use crate::bound::{Domain, Up};
use crate::format::{Format, Primitive};
use crate::kernel::dispatch::wide;

/// The constants of one step, in a format, or in a format with how far they are from the real ones.
#[derive(Clone, Copy)]
pub(super) struct Constants<T> {
    /// `λ`, or `ω`.
    pub(super) decay: T,
    pub(super) decays: bool,
    /// `a`
    pub(super) first: T,
    /// `b`
    pub(super) second: T,
    /// `c`
    pub(super) scale: T,
    /// `k`
    pub(super) root: T,
    /// `ε`
    pub(super) least: T,
    pub(super) eps: f64,
    /// `L`
    pub(super) limit: T,
}

impl<T> Constants<T> {
    pub(super) fn map<U>(self, number: impl Fn(T) -> U) -> Constants<U> {
        let Self { decay, decays, first, second, scale, root, least, eps, limit } = self;
        let [decay, first, second, scale, root, least, limit] =
            [decay, first, second, scale, root, least, limit].map(number);
        Constants { decay, decays, first, second, scale, root, least, eps, limit }
    }
}

/// Where the weight decay acts.
pub(super) trait Decoupling {
    const DECOUPLED: bool;
}

pub(super) struct Decay<const DECOUPLED: bool>;

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

    /// `x` before it is brought back to `L`.
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
    pub(super) fn update<F: Format, S: Primitive, W: Decoupling>(
        constants: Constants<S>,
        params: &mut [F],
        gradients: &[F],
        m: &mut [S],
        v: &mut [S],
    ) {
        for (((param, &g), m), v) in params.iter_mut().zip(gradients).zip(m).zip(v) {
            let p = S::widen(*param);
            let d = constants.gradient::<W>(p, S::widen(g));
            *m = constants.first_moment(d, *m);
            *v = constants.second_moment(d, *v);
            let x = constants.quotient(*m, *v).within(constants.limit);
            *param = F::from_f64(constants.moved::<W>(p, x).to_f64());
        }
    }
}

/// By what a step multiplies radii.
pub(super) struct Spread {
    /// That of `p` in that of `p`.
    pub(super) p: Up,
    /// Those of `m`, `g` and `p` in that of `m`.
    pub(super) m: [Up; 3],
    /// That of `v` in that of `v`.
    pub(super) v: Up,
    /// That of `p` in that of `d`.
    pub(super) gradient: Up,
    /// `η K`
    pub(super) largest: Up,
}

impl Spread {
    /// The radii after a step.
    pub(super) fn advance<F: Format, S: Primitive, D: Domain, W: Decoupling>(
        &self,
        near: &Constants<Near<S>>,
        balls: &Balls<'_, F, S, D, 2>,
        new: &mut Radii<'_, 2>,
    ) {
        let Balls { p, g, state: [m, v] } = balls;
        let Radii { p: new_p, state: [new_m, new_v], spare } = new;
        let numel = p.mid.len();
        let gradient = |i: usize| near.gradient::<W>(Near::widened(p.mid[i]), Near::widened(g.mid[i]));
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
        let step = |i: usize| {
            let m = Near { mid: first(i).mid, rad: D::at(new_m, i) };
            let v = Near { mid: second(i).mid, rad: D::at(new_v, i) };
            let quotient = near.quotient(m, v);
            let x = quotient.within(near.limit);
            // Where the first moment is known, so were all gradients.
            let is_limited = m.rad.is_finite() & self.largest.is_finite() & !x.mid.is_nan();
            let rad = if is_limited { quotient.rad.min(x.mid.magnitude() + self.largest) } else { x.rad };
            Near { mid: x.mid, rad }
        };
        let moved = |i: usize| near.moved::<W>(Near::widened(p.mid[i]), step(i)).rounded::<F>();
        combine::<D, _>((new_p, spare), numel, [(self.p, p.rad)], |i| moved(i).rad);
    }
}
