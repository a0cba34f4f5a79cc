//! The smaller of two entries, `b` repeated over the leading axes of `a`: `[s ++ t], [t] -> [s ++ t]`.
//!
//! `min(a, b) = -max(-a, -b)`, and a change of sign is exact: everything is as for [`maximum`](super::maximum), where the tests are too.

use super::extreme::Smallest;
use super::select::Select;

/// The smaller of two entries; see [`maximum`](super::maximum).
pub type Minimum = Select<Smallest>;
