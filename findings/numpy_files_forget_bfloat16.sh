#!/usr/bin/env bash
# A bf16 array of ml_dtypes in a file, and back.
#
# One would guess: what `numpy.save` and `safetensors.numpy.save` write without a warning, `load` of the same module reads.
# What happens (numpy 2.4.6, ml_dtypes 0.6.0, safetensors 0.8.0, seen 2026-12-01): numpy writes the type `<V2`, two bytes of anything, and gives that back: no
# arithmetic works, and float16 or int16 would look the same. safetensors writes BF16, and its load for numpy raises `KeyError: 'BF16'`; likewise fp8.
# Why it matters here: `.npz` files carry bf16 and fp8 as float32, which has their numbers, and `<V2` is refused with that advice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet safetensors==0.8.0 ml_dtypes==0.6.0 numpy==2.4.6
"$folder/bin/python" - <<'PYTHON'
import io

import ml_dtypes
import numpy as np
import safetensors
from safetensors.numpy import load, save

print("numpy", np.__version__, "ml_dtypes", ml_dtypes.__version__, "safetensors", safetensors.__version__)
for name in ["bfloat16", "float8_e4m3fn"]:
    x = np.array([1, 2, 3]).astype(getattr(ml_dtypes, name))
    file = io.BytesIO()
    np.save(file, x)
    file.seek(0)
    back = np.load(file)
    try:
        load(save({"x": x}))
        failed = None
    except KeyError as error:
        failed = error
    print(f"{name}: numpy gives {back.dtype!r}, safetensors raises {failed!r}")
    assert back.dtype.kind == "V" and failed is not None
PYTHON
