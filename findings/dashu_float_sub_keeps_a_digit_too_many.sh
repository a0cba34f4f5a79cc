#!/usr/bin/env bash
# A difference in dashu-float has one digit more than its context says.
#
# One would guess: `Context::<HalfEven>::new(3).sub(9.99, 0.00123)` is 9.99, for the real difference 9.98877 is rounded to three digits, as sums,
# products, quotients and roots are.
# What happens (dashu-float 0.6.2, seen 2026-12-01): it is 9.989, said to have precision 3. Wherever two numbers are subtracted and no digit
# cancels, the result is rounded to one digit more; so do the operators. The docs of `Repr` mention a guard digit; those of `Context`,
# `sub` and `add` do not. It is there in every radix: in 128 bits differences have 129. Whoever rounds such a number to the three digits that it
# is said to have rounds twice: 9.99 - 0.01546 = 9.97454 becomes 9.975 and then 9.98, not 9.97.
# Why it matters here: the tests judge bounds by this library. `nfgrad_tests::exact` adds and multiplies without a limit, and rounds quotients, roots
# and functions only; a difference under a limited context must not be counted as off by half a unit in the last place of its precision, or be
# compared with what another library rounds to as many bits.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "difference"
version = "0.0.0"
edition = "2024"

[dependencies]
dashu-float = "=0.6.2"
dashu-int = "=0.6.2"
TOML
cat >"$folder/src/main.rs" <<'RUST'
use dashu_float::round::mode::HalfEven;
use dashu_float::{Context, Repr};
use dashu_int::IBig;

fn main() {
    println!("dashu-float 0.6.2");
    let three = Context::<HalfEven>::new(3);
    let decimal = |significand: i64, exponent| Repr::<10>::new(IBig::from(significand), exponent);
    for (small, seen, again) in [(decimal(123, -5), "9.989", "9.99"), (decimal(1546, -5), "9.975", "9.98")] {
        let difference = three.sub(&decimal(999, -2), &small).unwrap().value();
        let rounded = difference.clone().with_precision(4).value().with_precision(3).value();
        println!("{difference}, {} digits of {}; rounded to three: {rounded}", difference.repr().digits(), difference.precision());
        assert_eq!((difference.to_string().as_str(), difference.precision()), (seen, 3));
        assert_eq!(rounded.to_string(), again);
    }
    // The sum of the same numbers has three digits.
    let sum = three.add(&decimal(999, -2), &decimal(123, -5)).unwrap().value();
    assert_eq!(sum.to_string(), "9.99");

    let (two, small) = (Repr::<2>::new(IBig::from(1), 1), Repr::new(IBig::from(0xffff_ffff_ffff_ffff_0ed4_6374_4255_be81_u128), -149));
    let difference = Context::<HalfEven>::new(128).sub(&two, &small).unwrap().value();
    println!("2 - 0.ffffffffffffffff0ed463744255be81 * 2^-21: {} bits of 128", difference.repr().digits());
    assert_eq!(difference.repr().digits(), 129);
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml"
