#!/bin/sh
# ml_dtypes 0.6.0 makes a NaN a zero in the formats of six and four bits, and changes its sign. Found 2026-11-30.
#
# One would guess: a NaN raises an error, a warning, or becomes something that shows, since float6_e2m3fn, float6_e3m2fn
#   and float4_e2m1fn have no code for it. (An infinity becomes the largest number.)
# What happens: NaN becomes -0.0 and -NaN becomes 0.0. So 0/0 is 0 or -0, and one NaN in a tensor is a zero after the
#   cast: nothing shows any more that a computation has failed.
# Why it matters here: a NaN stays a NaN in nfgrad's types of these formats, and its radius is infinite. So in this one
#   place they differ from ml_dtypes, and tests/tests/formats_oracle.rs says so.
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
np.seterr(all="ignore")
for name in ["float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn"]:
    dtype = getattr(ml_dtypes, name)
    nans = np.array([np.nan, -np.nan], np.float32)
    zeros = nans.astype(dtype).astype(np.float32)
    zero = np.zeros(1, dtype)
    quotient = float((zero / zero)[0])
    mean = float(np.array([2.0, np.nan], np.float32).astype(dtype).astype(np.float32).mean())
    print(f"{name}: [nan, -nan] becomes {zeros.tolist()}; 0/0 is {quotient}; the mean of [2, nan] is {mean}")
    assert (zeros == 0).all() and np.signbit(zeros).tolist() == [True, False]
    assert quotient == 0.0 and mean == 1.0
PYTHON
