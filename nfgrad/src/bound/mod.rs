//! Radii: arithmetic that only rounds up, and the domains in which radii are kept.

mod domain;
mod elementwise;
mod euclidean;
mod in_shadow;
mod steady;
mod torchlean;
mod uniform;
mod up;

pub use domain::{Ball, BallMat, Domain, Rule};
pub use elementwise::Elementwise;
pub use euclidean::Euclidean;
pub(crate) use euclidean::{matrix_norm, norm};
pub(crate) use in_shadow::InShadow;
pub use steady::Steady;
pub(crate) use steady::{Bound, fill_rows};
pub use torchlean::T0;
pub(crate) use torchlean::assert_fits;
pub use uniform::Uniform;
pub use up::Up;
