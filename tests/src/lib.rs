//! The whole library against oracles that we did not write: see `tests/`.
//!
//! [`laws`] says what every op computes over the reals, in the arithmetic of [`exact`]; [`check`] holds one op to its law
//! ([`family`] in every format and domain), [`enclosures`] what it encloses in balls of wide numbers, and [`program`] a whole graph, on the numbers that [`sample`] draws. Every run draws the same ones; the environment
//! variable `NFGRAD_CASES` multiplies their number. [`oracle`] reads what Arb computed.

pub mod catalogue;
pub mod check;
pub mod enclosures;
pub mod family;
pub mod laws;
pub mod mutate;
pub mod oracle;
pub mod program;
pub mod report;
pub mod sample;
pub mod training;

pub use nfgrad_exact as exact;

/// The chapter of the book that needs the features of the crate, which the doctests of the other chapters do without.
#[cfg(doctest)]
#[doc = include_str!("../../docs/src/weights.md")]
struct Weights;
