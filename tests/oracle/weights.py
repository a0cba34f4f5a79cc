#!/usr/bin/env python3
"""Files of weights and arrays, written by the Python packages for the tests, and ours read by them.

    pip install safetensors==0.8.0 numpy==2.4.6 ml_dtypes==0.6.0
    python tests/oracle/weights.py > /dev/null                 # writes tests/oracle/weights/, the same bytes every time
    NFGRAD_WEIGHTS=/tmp/ours cargo test -p nfgrad-tests --test store -- --ignored files_for_python
    python tests/oracle/weights.py /tmp/ours                   # reads what the test wrote

What is in the files stands once more in `tests/tests/store/python.rs`. There our own files are compared with these byte for byte, which is what shows in CI
that Python reads them.
"""

import io
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors import TensorSpec, safe_open, serialize
from safetensors.numpy import load_file, save

FOLDER = Path(__file__).parent / "weights"

# A model of two layers as PyTorch has it: weights are [out, in].
MLP = {
    "0.weight": np.array([[1, 2, 3], [-1, 0.5, 0.25]], np.float32),
    "0.bias": np.array([0.5, -2], np.float32),
    "2.weight": np.array([[8, -4]], np.float32),
    "2.bias": np.array([1e-3], np.float32),
}

# Numbers that every one of these types has.
NUMBERS = [0.0, 0.5, -1.0, 2.0, -6.0, 4.0, 1.5, -0.5]
TYPES = ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"]


def numbers(name):
    return np.array(NUMBERS).astype(np.dtype(getattr(ml_dtypes, name, name))).reshape(2, 4)


def f4(matrix):
    """Two to a byte, the first in the low half: what torch.float4_e2m1fn_x2 holds."""
    codes = np.array(matrix).astype(ml_dtypes.float4_e2m1fn).view(np.uint8).reshape(2, 2, 2)
    return np.ascontiguousarray(codes[:, :, 0] | codes[:, :, 1] << 4)


def spec(dtype, x):
    return TensorSpec(dtype=dtype, shape=list(x.shape), data_ptr=x.ctypes.data, data_len=x.nbytes)


def types():
    tensors = {name: numbers(name) for name in TYPES}
    tensors["float8_e8m0fnu"] = np.array([0.5, 1, 2, 2.0**-127]).astype(ml_dtypes.float8_e8m0fnu).reshape(2, 2)
    packed = f4(NUMBERS)
    specs = {name: spec(x.dtype.name, x) for name, x in tensors.items()}
    specs["float4_e2m1fn"] = spec("float4_e2m1fn_x2", packed)
    return bytes(serialize(specs))


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(save, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def make():
    matrix = np.array([[1, 2, 3], [4, 5, -6.5]], np.float32)
    inputs = {"x": matrix.astype(np.float64), "t": np.array([3, -1], np.int64)}
    files = {
        "mlp.safetensors": save(MLP),
        "mlp_pt.safetensors": save(MLP | {"steps": np.array(7, np.int64)}, {"format": "pt"}),
        "types.safetensors": types(),
        "matrix.npy": npy(matrix),
        "scalar.npy": npy(np.float64(0.1)),
        "half.npy": npy(np.array([1, -0.5], np.float16)),
        "transposed.npy": npy(np.asfortranarray(matrix)),
        "big_endian.npy": npy(matrix.astype(">f8")),
        "bfloat16.npy": npy(matrix.astype(ml_dtypes.bfloat16)),
        "inputs.npz": npz(np.savez, **inputs),
        "inputs_compressed.npz": npz(np.savez_compressed, **inputs),
    }
    FOLDER.mkdir(exist_ok=True)
    for name, data in files.items():
        (FOLDER / name).write_bytes(data)
        print(name, len(data))


def same(found, expected):
    assert found.dtype == expected.dtype and found.shape == expected.shape, (found, expected)
    assert found.tobytes() == expected.tobytes(), (found, expected)


def check(folder):
    ours = load_file(folder / "mlp.safetensors")
    assert ours.keys() == MLP.keys()
    for name, expected in MLP.items():
        same(ours[name], expected)
    with safe_open(folder / "checkpoint.safetensors", "numpy") as file:
        assert file.metadata()["step"] == "3" and file.metadata()["nfgrad.optimizer"] == "Adam"
        assert file.get_tensor("optimizer/rate") == 0.01
        assert file.get_tensor("optimizer/first_moment/w1").shape == (3, 2)
    with np.load(folder / "params.npz") as file:
        assert set(file) == {"w1", "b1", "w2", "b2"}
        same(file["w1"], np.ascontiguousarray(MLP["0.weight"].T))
        same(file["b2"], MLP["2.bias"])
    same(np.load(folder / "matrix.npy"), np.load(FOLDER / "matrix.npy"))
    same(np.load(folder / "scalar.npy"), np.load(FOLDER / "scalar.npy"))
    print("Python reads our files")


if len(sys.argv) > 1:
    check(Path(sys.argv[1]))
else:
    make()
