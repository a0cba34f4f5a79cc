#!/usr/bin/env bash
# A transposed array in a file of safetensors.
#
# One would guess: `save_file({"w": w.T})` writes the transposed matrix, or refuses. ("Tensors need to be contiguous and dense", says its documentation.)
# What happens (safetensors 0.8.0, numpy 2.4.6, seen 2026-12-01): the shape is that of the transposed matrix, the numbers are in the order of `w` itself: another
# matrix, and no word of it. The same with a Fortran-ordered array. Of every second column what is written are the first columns of the memory.
# Why it matters here: who brings a `Linear` of PyTorch transposes its weight, and `w.T` is the first thing to write. The file loads and the model is wrong.
# `np.ascontiguousarray(w.T)` is right, and so is the untransposed file with `Mapping::transposed`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet safetensors==0.8.0 numpy==2.4.6
"$folder/bin/python" - <<'PYTHON'
import numpy as np
import safetensors
from safetensors.numpy import load, save

print("safetensors", safetensors.__version__, "numpy", np.__version__)
w = np.arange(6, dtype=np.float32).reshape(2, 3)
columns = np.arange(12, dtype=np.float32).reshape(3, 4)[:, ::2]
for name, array in [("w.T", w.T), ("asfortranarray(w)", np.asfortranarray(w)), ("every second column", columns)]:
    found = load(save({"w": array}))["w"]
    print(f"{name}: {array.tolist()} comes back as {found.tolist()}")
    assert found.shape == array.shape and not np.array_equal(found, array)
right = np.ascontiguousarray(w.T)
assert np.array_equal(load(save({"w": right}))["w"], right)
PYTHON
