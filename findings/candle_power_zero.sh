#!/usr/bin/env bash
# The gradient of x^0 at x = 0.
#
# One would guess: x^0 is the constant 1, so its gradient is 0 everywhere. PyTorch 2.15, JAX 0.10, burn 0.20 and tinygrad 0.14 say so.
# What happens (candle-core 0.11.1, seen 2026-11-30): the rule n x^(n-1) is evaluated as it stands, 0 times ∞, and the gradient is NaN.
# Why it matters here: polynomials are written with the power 0 in generated code, and one NaN spoils the gradient of all that it meets. nfgrad's is 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "power"
version = "0.0.0"
edition = "2024"

[dependencies]
candle-core = "=0.11.1"
TOML
cat >"$folder/src/main.rs" <<'RUST'
use candle_core::{Device, Result, Var};

fn main() -> Result<()> {
    let x = Var::new(&[0_f32, 2.0], &Device::Cpu)?;
    let y = x.powf(0.0)?;
    let gradient: Vec<f32> = y.sum_all()?.backward()?.get(&x).expect("x is read").to_vec1()?;
    println!("candle-core 0.11.1\nx^0 at 0 and 2: {:?}, gradient {gradient:?}", y.to_vec1::<f32>()?);
    assert!(gradient[0].is_nan() && gradient[1] == 0.0);
    Ok(())
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml"
