//! The whole library against oracles that we did not write: see `tests/`.

pub mod check;
pub mod exact;
pub mod laws;
pub mod oracle;
pub mod program;
pub mod report;
pub mod sample;
