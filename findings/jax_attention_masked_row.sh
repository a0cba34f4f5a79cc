#!/usr/bin/env bash
# Attention whose row of scores is masked whole.
#
# One would guess: nothing is attended to, so the result is 0. ONNX's Attention and PyTorch's scaled_dot_product_attention say so.
# What happens (jax 0.10.2, seen 2026-11-30): the mask is a large negative number that is added, so all scores are equal again,
# and the result is the mean of all values that were masked.
# Why it matters here: rows of padding are masked whole. nfgrad says 0 with radius 0; judged against it, such a row is wrong by the mean of v.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet jax==0.10.2 onnx==1.23.2 numpy==2.4.6
"$folder/bin/python" - <<'PYTHON'
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

warnings.filterwarnings("ignore")
q = np.ones((1, 1, 1, 2), np.float32)
kv = np.array([[[[1, 2], [3, 6]]]], np.float32)
mask = np.zeros((1, 1, 1, 2), bool)

turned = [jnp.array(x).transpose(0, 2, 1, 3) for x in (q, kv, kv)]
by_jax = np.array(jax.nn.dot_product_attention(*turned, mask=jnp.array(mask))).ravel()

ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, None, 2]) for name in "qkvy"]
mask_end = helper.make_tensor_value_info("mask", TensorProto.BOOL, [1, 2])
node = helper.make_node("Attention", ["q", "k", "v", "mask"], ["y"])
model = helper.make_model(helper.make_graph([node], "a", [*ends[:3], mask_end], ends[3:]), opset_imports=[helper.make_opsetid("", 24)])
by_onnx = ReferenceEvaluator(model).run(None, {"q": q, "k": kv, "v": kv, "mask": mask[0, 0]})[0].ravel()

print(f"values (1, 2) and (3, 6), both masked\njax {jax.__version__}: {by_jax}\nonnx {onnx.__version__} (reference evaluator): {by_onnx}")
assert by_jax.tolist() == [2, 4] and by_onnx.tolist() == [0, 0]
PYTHON
