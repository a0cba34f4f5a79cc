#!/usr/bin/env bash
# Two tensors of one name in a file of safetensors.
#
# One would guess: the file is refused; overlaps and holes between tensors are, so that nothing can be hidden in a file.
# What happens (safetensors 0.8.0, seen 2026-12-01): of two entries for the same bytes the last one counts, with another type or shape. Who reads the first one,
# as other parsers of JSON do, sees another tensor: 1.0 in F32, or 1065353216 in I32.
# Why it matters here: a file must mean one thing. nfgrad parses the header itself, and names the tensor that is there twice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet safetensors==0.8.0 numpy==2.4.6
"$folder/bin/python" - <<'PYTHON'
import struct

import safetensors
from safetensors.numpy import load

print("safetensors", safetensors.__version__)
entry = b'"w":{"dtype":"%s","shape":[1],"data_offsets":[0,4]}'
found = {}
for first, last in [(b"F32", b"I32"), (b"I32", b"F32")]:
    header = b"{" + entry % first + b"," + entry % last + b"}"
    w = load(struct.pack("<Q", len(header)) + header + struct.pack("<f", 1))["w"]
    print(f"{first.decode()}, then {last.decode()}: {w.dtype} {w.tolist()}")
    found[last] = w.tolist()
assert found == {b"I32": [1065353216], b"F32": [1.0]}
PYTHON
