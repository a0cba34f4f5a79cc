#!/usr/bin/env bash
# The shape of an .npy file that is larger than any memory.
#
# One would guess: a crate that reads files says with an error that the file is too short for its shape.
# What happens (npyz 0.9.1, ndarray-npy 0.10.0, seen 2026-12-01): npyz multiplies `(2^32, 2^32, 4)` to 0 and returns an array of no elements, without an error (a debug
# build panics); ndarray-npy asks for the four terabytes of `(10^12,)` at once and aborts the process, where it may have no more than 8 GB.
# Why it matters here: nfgrad reads the header itself, a hundred lines, and compares the shape with the length of the file before it asks for memory.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "shapes"
version = "0.0.0"
edition = "2024"

[dependencies]
ndarray = "=0.17.1"
ndarray-npy = { version = "=0.10.0", default-features = false }
npyz = "=0.9.1"
TOML
cat >"$folder/src/main.rs" <<'RUST'
use ndarray_npy::ReadNpyExt;

fn file(shape: &str) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat()
}

fn main() {
    if std::env::args().len() == 1 {
        let bytes = file("(4294967296, 4294967296, 4)");
        let array = npyz::NpyFile::new(&bytes[..]).expect("a header").into_vec::<f32>().expect("numbers");
        println!("npyz 0.9.1 takes a shape of 2^66 elements for {} elements", array.len());
        assert!(array.is_empty());
    } else {
        let array = ndarray::ArrayD::<f32>::read_npy(&file("(1000000000000,)")[..]);
        println!("an error would be right: {}", array.is_err());
    }
}
RUST
cargo build --release --quiet --manifest-path "$folder/Cargo.toml"
"$folder/target/release/shapes"
if (ulimit -v 8000000; "$folder/target/release/shapes" abort >/dev/null 2>&1); then
    echo "ndarray-npy 0.10.0 does not abort any more"
    exit 1
fi
echo "ndarray-npy 0.10.0 aborts on a shape of 10^12 elements"
