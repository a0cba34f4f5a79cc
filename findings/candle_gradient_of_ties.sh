#!/usr/bin/env bash
# The gradient of a maximum at a tie.
#
# One would guess: the gradient of max(1, 1, 0) is (1, 0, 0), (1/2, 1/2, 0), or another mean of the two: a subgradient. Its sum is 1.
# What happens (candle-core 0.11.1, seen 2026-11-30): every entry that equals the maximum gets the whole gradient: (1, 1, 0), of sum 2.
# max_pool2d of a window of four equal pixels gives each of them 1. So a step along it moves the maximum two or four times as far as meant.
# Why it matters here: the radius of a cotangent at a tie covers the subgradients. Gradients of such a library lie outside of it, rightly.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "ties"
version = "0.0.0"
edition = "2024"

[dependencies]
candle-core = "=0.11.1"
TOML
cat >"$folder/src/main.rs" <<'RUST'
use candle_core::{Device, Result, Tensor, Var};

fn gradient(x: &[f32], f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Vec<f32>> {
    let x = Var::new(x, &Device::Cpu)?;
    f(&x)?.sum_all()?.backward()?.get(&x).expect("x is read").to_vec1()
}

fn main() -> Result<()> {
    let largest = gradient(&[1.0, 1.0, 0.0], |x| x.max(0))?;
    let pooled = gradient(&[1.0; 4], |x| x.reshape((1, 1, 2, 2))?.max_pool2d(2))?;
    println!("candle-core 0.11.1\nmax of 1, 1, 0:            gradient {largest:?}\nmax_pool2d of equal pixels: gradient {pooled:?}");
    assert_eq!(largest, [1.0, 1.0, 0.0]);
    assert_eq!(pooled, [1.0; 4]);
    Ok(())
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml"
