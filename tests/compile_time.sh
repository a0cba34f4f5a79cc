#!/usr/bin/env bash
# CPU seconds that one graph of n nodes adds to `cargo check` and to `cargo build --release` of the user's crate.
#
#     tests/compile_time.sh [n ...]          (default: 50 200 1000)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CARGO_TARGET_DIR="$work/target"

# A chain of products, sums and relus with one earlier node in each, so that positions are read from near and far.
model() {
    local n=$1
    if [ "$n" -gt 0 ]; then
        echo 'use nfgrad::prelude::*;'
        echo 'graph! { pub graph Deep<const B: usize> { input x: [B, 8]; param w: [8, 8]; param b: [8];'
        echo 'let h0 = relu(x @ w + b);'
        for ((i = 3; i + 2 <= n; i += 2)); do
            echo "let h$i = relu(h$([ "$i" -eq 3 ] && echo 0 || echo $((i - 2))) + h$([ $((i % 7)) -eq 0 ] && [ "$i" -gt 9 ] && echo $((i / 2 / 2 * 2 + 1)) || echo 0));"
        done
        echo "output loss = sum(h$((i - 2))); } }"
        echo 'fn main() { let mut run = Deep::<4>::run::<f32>(); run.forward(); run.backward(); println!("{}", run.outputs().loss.value()); }'
    else
        echo 'fn main() {}'
    fi
}

cpu() {
    local TIMEFORMAT='%U %S'
    { time "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; } 2>&1 | awk 'END { print $1 + $2 }'
}

median_of_3() { printf '%s\n' "$@" | sort -g | sed -n 2p; }

# The crate is touched, so only it is compiled: dependencies are built beforehand.
measure() {
    local -a times=()
    for _ in 1 2 3; do
        touch "$work/user/src/main.rs"
        times+=("$(cpu cargo "$@" --manifest-path "$work/user/Cargo.toml")")
    done
    median_of_3 "${times[@]}"
}

mkdir -p "$work/user/src"
cat >"$work/user/Cargo.toml" <<TOML
[package]
name = "user"
version = "0.1.0"
edition = "2024"
[dependencies]
nfgrad = { path = "$root/nfgrad" }
TOML

printf '%8s %16s %16s\n' nodes 'check, CPU s' 'release, CPU s'
for n in 0 "${@:-50 200 1000}"; do
    for n in $n; do
        model "$n" >"$work/user/src/main.rs"
        cpu cargo check --manifest-path "$work/user/Cargo.toml" >/dev/null
        cpu cargo build --release --manifest-path "$work/user/Cargo.toml" >/dev/null
        printf '%8s %16s %16s\n' "$n" "$(measure check)" "$(measure build --release)"
    done
done
