#!/usr/bin/env bash
# Cross-entropy with a logit of -∞ whose target is 0.
#
# One would guess: a class that is excluded by a logit of -∞ adds nothing to the loss if its target is 0, however the target is written.
# What happens (torch 2.15.0, seen 2026-11-30): with the class index the loss is 0. With the same target as one-hot it is NaN (0 times -∞),
# while its gradient is (0, 0): training goes on, and only the printed loss is no number.
# Why it matters here: cross_entropy of nfgrad takes one-hot targets. It counts 0 times -∞ as 0, so that masked classes can be certified.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet torch==2.15.0 numpy==2.4.6
"$folder/bin/python" - <<'PYTHON'
import numpy as np
import torch
import torch.nn.functional as F

print("torch", torch.__version__.split("+")[0])
seen = []
for words, target in (("class index 0", torch.tensor([0])), ("one-hot (1, 0)", torch.tensor([[1.0, 0.0]]))):
    logits = torch.tensor([[0.0, -np.inf]], requires_grad=True)
    loss = F.cross_entropy(logits, target)
    loss.backward()
    seen.append((loss.item(), logits.grad.tolist()))
    print(f"logits (0, -inf), {words}: loss {loss.item()}, gradient {logits.grad.tolist()}")
assert seen[0] == (0.0, [[0.0, 0.0]])
assert np.isnan(seen[1][0]) and seen[1][1] == [[0.0, 0.0]]
PYTHON
