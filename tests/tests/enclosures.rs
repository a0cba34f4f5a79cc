//! Balls of wide numbers: what decides, random graphs, deep networks, and certificates that are made of them. Each op by itself is held to its law
//! in the files `ops_*.rs`.

#[path = "enclosures/certificates.rs"]
mod certificates;
#[path = "enclosures/choices.rs"]
mod choices;
#[path = "enclosures/deep.rs"]
mod deep;
#[path = "enclosures/random.rs"]
mod random;
#[path = "enclosures/recurrent.rs"]
mod recurrent;
#[path = "enclosures/truth.rs"]
mod truth;
