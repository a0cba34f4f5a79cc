#!/bin/sh
# ml_dtypes 0.6.0 rounds an f64 to f32 before it rounds it to a small format. Found 2026-11-30.
#
# One would guess: `np.array(x, np.float64).astype(float8_e4m3fn)` is the number of the format that is nearest to x.
# What happens: x is rounded to f32 first. If that is a tie, the second rounding goes to the even neighbour, whatever
#   side of the tie x was on. Between 1 and 1.125 lies the tie 1.0625; 1.0625 + 2^-40 becomes 1.
#   The same in float8, float6, float4 and bfloat16; f32 and f16 are converted right. Reported upstream as
#   jax-ml/ml_dtypes#401, not merged at this date.
# Why it matters here: tests/oracle/make_formats.py takes its numbers from ml_dtypes. It must give it f32 numbers,
#   or the oracle itself is wrong beside every tie.
#
# Makes a temporary folder, installs there, and removes it. Fails if the behaviour is another one.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q ml_dtypes==0.6.0 numpy==2.4.6
"$dir/venv/bin/python" - <<'PYTHON'
import ml_dtypes
import numpy as np

print("ml_dtypes", ml_dtypes.__version__, "numpy", np.__version__)
# In each format, a point above the middle of 1 and the next number.
for name, next_number in [
    ("bfloat16", 1 + 2**-7),
    ("float8_e4m3fn", 1.125),
    ("float8_e5m2", 1.25),
    ("float6_e2m3fn", 1.125),
    ("float4_e2m1fn", 1.5),
]:
    dtype = getattr(ml_dtypes, name)
    x = (1 + next_number) / 2 + 2.0**-40
    y = float(np.array(x, np.float64).astype(dtype))
    print(f"{name}: {x!r} becomes {y}, though {next_number} is nearer")
    assert y == 1.0 and next_number - x < x - y
x = np.array(1.0625 + 2**-20, np.float32)
assert float(x.astype(ml_dtypes.float8_e4m3fn)) == 1.125  # from f32 it is right
PYTHON
