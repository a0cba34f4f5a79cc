//! The whole library against oracles that we did not write: see `tests/`.
