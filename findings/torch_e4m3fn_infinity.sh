#!/usr/bin/env bash
# An infinity cast to fp8.
#
# One would guess: e4m3fn has no infinity, so ∞ becomes NaN, its only special number; that is what the same cast does in ml_dtypes and JAX.
# What happens (torch 2.15.0, ml_dtypes 0.6.0, seen 2026-11-30): PyTorch makes it 448, the largest number. So an overflow upstream
# becomes an ordinary weight. Its cast to e5m2 keeps ∞. Finite numbers beyond the largest saturate in the first and become ∞ in the second.
# Why it matters here: `E4m3` and `E4m3Saturating` are two types, and a model that is brought in must say which of them it means.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet torch==2.15.0 ml_dtypes==0.6.0 numpy==2.4.6
"$folder/bin/python" - <<'PYTHON'
import ml_dtypes
import numpy as np
import torch

beyond = np.array([480, 1e6, np.inf, -np.inf], np.float32)


def by_torch(kind):
    return torch.tensor(beyond).to(kind).float().tolist()


def by_ml_dtypes(kind):
    return beyond.astype(kind).astype(np.float32).tolist()


print("torch", torch.__version__.split("+")[0], "and ml_dtypes", ml_dtypes.__version__, "cast", beyond.tolist())
for name in ("float8_e4m3fn", "float8_e5m2"):
    print(f"{name}: torch {by_torch(getattr(torch, name))}, ml_dtypes {by_ml_dtypes(getattr(ml_dtypes, name))}")
assert by_torch(torch.float8_e4m3fn) == [448, 448, 448, -448]
assert by_torch(torch.float8_e5m2) == [512, np.inf, np.inf, -np.inf]
assert all(np.isnan(by_ml_dtypes(ml_dtypes.float8_e4m3fn)))
PYTHON
