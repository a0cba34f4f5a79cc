//! Optimizers: how parameters follow their gradients, and how far they are from those of exact arithmetic.
//!
//! # Radii that follow the parameters
//!
//! A `step` updates the parameters of a [`Run`](crate::graph::Run); a `step_bounded` does the same, bit for bit, to a
//! [`BoundedRun`](crate::graph::BoundedRun) and updates the radii of its parameters too. The radii say how far the parameters are from
//! those of the *real* optimizer: the one that started from the same parameters (or any within their radii), saw the same
//! inputs, and computed every value, gradient and step in exact arithmetic. So after `k` steps they bound what all the rounding of `k`
//! steps has done, and the next forward sweep begins with them.
//!
//! *Proof.* By induction. If the real parameters are within their radii, the real gradient is within its own, for the radius of a gradient is
//! true of any leaves within theirs; then the real parameters after the step are within the radii that the step leaves. ∎
//!
//! Such radii know nothing of the training's pull toward a minimum: they grow by a factor of about `1 + η L` a step, with `L` the
//! curvature as the radii see it, and so exponentially. For long trainings in a narrow format train once more in f64 with radii, on the same batches:
//! then `|p - p*| <= |p - p₆₄| + r₆₄`, where `r₆₄` began `2^-29` times as small. Radius over error, medians of a layer of tanh in f32 (the first two
//! columns: the radii that travel with it; the last two: measured against f64; `tests/tests/optimizers.rs` prints more):
//!
//! | after | `Elementwise` | `Uniform` | `Elementwise`, f64 | `Uniform`, f64 |
//! |---|---|---|---|---|
//! | 1, 10, 100 steps of `Sgd`, rate 0.01 | 1.7, 12, 210 | 12, 76, 9.8e4 | 1.0, 1.0, 1.0 | 1.0, 1.0, 1.0 |
//! | the same, rate 0.1 | 3.3, 74, 1.2e9 | 25, 6.2e3, 6.2e9 | 1.0, 1.0, 4.1e5 | 1.0, 1.0, 3.0e9 |
//! | Nesterov, rate 0.01, momentum 0.9 | 2.1, 33, 5.1e7 | 16, 580, 3.0e9 | 1.0, 1.0, 1.07 | 1.0, 1.0, 3.2e4 |
//! | `AdamW`, rate 1e-3 | 2.1, 14, 67 | 1.8e3, 3.7e3, 9.9e4 | 1.0, 1.0, 1.0 | 1.0, 1.0, 1.0 |
//!
//! # The real hyper-parameters
//!
//! A rate given as `0.1` is the f64 nearest to 0.1, and that f64 is the real rate: two runs in two formats have the same. That the format may
//! have no such number is part of the error, and counted.
//!
//! # What is remembered
//!
//! Velocities are numbers of the format; moments are f32, or f64 for formats that need it. Both have radii in the domain of the run. After a step without radii nothing is known of them, so a
//! step with radii is refused until `assume_exact` says that the real optimizer is to begin with these very numbers, as it begins with the
//! leaves of a new run. A step in another domain than the one before cannot translate radii, and takes them for infinite. A model with another number of
//! parameters starts from rest.

mod adam;
#[cfg(feature = "safetensors")]
mod memory;
mod near;
mod sgd;
mod state;

pub use adam::{Adam, AdamW, Moments};
#[cfg(feature = "safetensors")]
pub use memory::Optimizer;
pub use sgd::Sgd;

use crate::error::Error;

/// What a hyper-parameter may be, and whether it is that.
type Requirement = (&'static str, bool);

fn at_least_zero(x: f64) -> Requirement {
    ("a number from 0 on", (0.0..f64::INFINITY).contains(&x))
}

fn below_one(x: f64) -> Requirement {
    ("at least 0 and below 1", (0.0..1.0).contains(&x))
}

fn positive(x: f64) -> Requirement {
    ("a positive number", x > 0.0 && x < f64::INFINITY)
}

/// The first of the named hyper-parameters that is not what it must be.
#[inline]
fn check_each<const N: usize>(all: [(&'static str, Requirement); N]) -> Result<(), Error> {
    match all.into_iter().find(|(_, (_, holds))| !holds) {
        Some((name, (range, _))) => Err(Error::Hyperparameter { name, range }),
        None => Ok(()),
    }
}
