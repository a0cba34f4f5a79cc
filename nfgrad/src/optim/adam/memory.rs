//! What a checkpoint keeps of [`Moments`].

use super::super::Optimizer;
use super::super::near::Near;
use super::super::state::State;
use super::{Moments, START, Wide};
use crate::bound::Up;
use crate::format::Format;

impl<F: Format, const DECOUPLED: bool> Optimizer<F> for Moments<F, DECOUPLED> {
    type Number = Wide<F>;
    const KIND: &'static str = if DECOUPLED { "AdamW" } else { "Adam" };
    const OF_PARAMS: &'static [&'static str] = &["first_moment", "second_moment"];
    const NUMBERS: &'static [&'static str] = &[
        "rate",
        "beta_1",
        "beta_2",
        "epsilon",
        "weight_decay",
        "beta_1_to_the_step",
        "beta_2_to_the_step",
        "beta_1_to_the_step_radius",
        "beta_2_to_the_step_radius",
        "energy",
    ];

    fn numbers(&self) -> Vec<f64> {
        let [first, second] = self.powers;
        let ([b1, b2], energy) = (self.betas, self.energy.get());
        let powers = [first.mid, second.mid, first.rad.get(), second.rad.get()];
        [&[self.rate, b1, b2, self.eps, self.decay][..], &powers, &[energy]].concat()
    }

    fn of_params(&self, len: usize) -> Option<Vec<&[Wide<F>]>> {
        self.state.values(len)
    }

    fn resume(&mut self, numbers: &[f64], of_params: Option<Vec<Vec<Wide<F>>>>) -> Result<(), usize> {
        let &[rate, b1, b2, eps, decay, p1, p2, r1, r2, energy] = numbers else { return Err(0) };
        if let Some(k) = [p1, p2].iter().position(|power| !(0.0..=1.0).contains(power)) {
            return Err(5 + k);
        }
        if let Some(k) = [r1, r2, energy].iter().position(|radius| radius.is_nan() || *radius < 0.0) {
            return Err(7 + k);
        }
        let mut state = State::new();
        let is_at_rest = of_params.is_none();
        state.resume(of_params);
        *self = Self { rate, betas: [b1, b2], eps, decay, state, powers: START, energy: Up::ZERO, is_bounded: true };
        if !is_at_rest {
            self.powers = [Near { mid: p1, rad: Up::new(r1) }, Near { mid: p2, rad: Up::new(r2) }];
            // Of the steps before no radius is known.
            (self.energy, self.is_bounded) = (Up::new(energy), false);
        }
        Ok(())
    }
}
