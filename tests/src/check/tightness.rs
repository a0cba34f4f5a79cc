//! How much larger radii are than the errors they bound: a figure, not a condition.

use std::fmt;

use nfgrad::bound::Domain;

use super::subject::{Subject, Typed};
use super::{Balls, Trial};
use crate::exact::Exact;
use crate::laws::{Law, ShapesOf};
use crate::sample::{Sample, Sampled, generator};

/// Radius over true error, of many elements: of values, then of gradients.
#[derive(Debug)]
pub struct Tightness {
    name: String,
    value: Ratios,
    gradient: Ratios,
}

#[derive(Debug, Default)]
struct Ratios {
    /// Of every element that has an error.
    elements: Vec<f64>,
    /// The largest radius over the largest error, of every tensor that has one; of a radius that is a norm, over the norm.
    tensors: Vec<f64>,
}

/// Measures an op on exact, normally distributed numbers.
pub fn tightness<O: Law<In>, In: ShapesOf, F: Sampled, D: Domain>(cases: u64) -> Tightness {
    measure::<F>(&Typed::<O, In, D>::new(), cases)
}

fn measure<F: Sampled>(subject: &dyn Subject<F>, cases: u64) -> Tightness {
    let name = format!("{}, {:?} -> {}", subject.name(), subject.numels(), subject.result_numel());
    let (mut value, mut gradient) = (Ratios::default(), Ratios::default());
    for case in 0..cases {
        let rng = &mut generator(&name, case);
        let mut sample = |numel| Sample::<F>::normal(rng, numel, subject.radii(numel));
        let x = subject.numels().into_iter().map(&mut sample).collect();
        let dy = sample(subject.result_numel());
        let trial = Trial::of(subject, String::new(), x, dy);
        value.add(trial.y.balls(), &trial.y.real, subject.is_norm());
        let real = trial.rule.vjp(&trial.operands(|x| &x.real[..]), &trial.dy.real);
        for ((mid, rad), real) in trial.contributions(&vec![true; real.len()]).iter().zip(&real) {
            gradient.add(Balls { mid, rad }, real, subject.is_norm());
        }
    }
    Tightness { name, value, gradient }
}

impl Ratios {
    fn add<F: Sampled>(&mut self, balls: Balls<'_, F>, real: &[Exact], is_norm: bool) {
        let (mut largest_radius, mut largest_error, mut squares) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (i, real) in real.iter().enumerate() {
            let (error, radius) = (real.error_of(balls.mid[i].to_f64()), balls.radius(i));
            // What is below 2^-200 is the error of the reference.
            if error > 1e-60 {
                self.elements.push(radius / error);
            }
            largest_radius = largest_radius.max(radius);
            largest_error = largest_error.max(error);
            squares += error * error;
        }
        if is_norm {
            largest_error = squares.sqrt();
        }
        if largest_error > 1e-60 {
            self.tensors.push(largest_radius / largest_error);
        }
    }
}

impl fmt::Display for Ratios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (elements, tensors) = (Quantiles::of(&self.elements), Quantiles::of(&self.tensors));
        write!(f, "{:>9} {:>9} | {:>9} {:>9}", elements.median, elements.largest, tensors.median, tensors.largest)
    }
}

/// The table of [`Tightness`] begins with this.
pub const HEADER: &str = concat!(
    "radius over error                                | value, by element   | value, by tensor    | gradient, element   | gradient, tensor\n",
    "                                                 |    median       max |    median       max |    median       max |    median       max",
);

impl fmt::Display for Tightness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<48} | {} | {}", self.name, self.value, self.gradient)
    }
}

struct Quantiles {
    median: String,
    largest: String,
}

impl Quantiles {
    fn of(ratios: &[f64]) -> Self {
        let mut sorted = ratios.to_vec();
        sorted.sort_by(f64::total_cmp);
        let print = |x: Option<&f64>| x.map_or_else(|| "exact".to_owned(), |x| number(*x));
        Self { median: print(sorted.get(sorted.len() / 2)), largest: print(sorted.last()) }
    }
}

/// Two or three digits.
fn number(x: f64) -> String {
    if x < 1e4 { format!("{x:.2}") } else { format!("{x:.1e}") }
}
