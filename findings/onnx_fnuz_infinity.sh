#!/bin/sh
# ONNX says that a saturating cast of an infinity to a fnuz format is NaN; its reference evaluator and ONNX Runtime give
# the largest number. onnx 1.23.2, onnxruntime 1.32.0. Found 2026-11-30.
#
# One would guess: what the table of the operator `Cast` says for `saturate` = true, the default: Inf becomes FLT_MAX in
#   E4M3FN and E5M2, and NaN in E4M3FNUZ and E5M2FNUZ.
# What happens: Inf becomes FLT_MAX in all four, in both implementations: 240 and 57344.
#   (onnx/onnx#6220 reported it; the table was touched since, and still says NaN.)
# Why it matters here: `format::beyond` describes such a format. Both readings can be written with it; the docs show
#   the one that is in the table.
#
# Makes a temporary folder, installs there, and removes it. Fails if the behaviour is another one.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q onnx==1.23.2 onnxruntime==1.32.0 ml_dtypes==0.6.0 numpy==2.4.6
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, defs, helper
from onnx.reference import ReferenceEvaluator

print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)
row = next(line for line in defs.get_schema("Cast", 23, "").doc.splitlines() if line.startswith("| Inf "))
print("the table:  x | E4M3FN | E4M3FNUZ | E5M2 | E5M2FNUZ: ", row)
assert [cell.strip() for cell in row.strip("| ").split("|")] == ["Inf", "FLT_MAX", "NaN", "FLT_MAX", "NaN"]

x = np.array([np.inf, -np.inf], np.float32)
value = helper.make_tensor_value_info
for name, largest in [("FLOAT8E4M3FN", 448), ("FLOAT8E4M3FNUZ", 240), ("FLOAT8E5M2", 57344), ("FLOAT8E5M2FNUZ", 57344)]:
    nodes = [
        helper.make_node("Cast", ["x"], ["narrow"], to=getattr(TensorProto, name), saturate=1),
        helper.make_node("Cast", ["narrow"], ["y"], to=TensorProto.FLOAT),
    ]
    graph = helper.make_graph(nodes, "g", [value("x", TensorProto.FLOAT, [2])], [value("y", TensorProto.FLOAT, [2])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10)
    reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    runtime = session.run(None, {"x": x})[0]
    print(f"{name}: [inf, -inf] becomes {reference.tolist()} (reference), {runtime.tolist()} (runtime)")
    assert reference.tolist() == runtime.tolist() == [largest, -largest]
PYTHON
