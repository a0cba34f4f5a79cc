#!/usr/bin/env python3
"""Makes formats.txt of this folder: what ml_dtypes and gfloat round numbers to.

    python3 make_formats.py [OUTPUT_FILE]

README.md says what is in the file. A second run gives the same bytes.
"""

import dataclasses
import random
import re
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
from gfloat import RoundMode, round_float
from gfloat.formats import (
    format_info_bfloat16,
    format_info_binary16,
    format_info_binary32,
    format_info_ocp_e4m3,
    format_info_ocp_e5m2,
)

# As bf16, with three bits more.
tf32 = dataclasses.replace(format_info_bfloat16, name="tf32", k=19, precision=11, num_high_nans=2**10 - 1)

NEAREST = [
    ("e4m3", format_info_ocp_e4m3, False),
    ("e4m3-saturating", format_info_ocp_e4m3, True),
    ("e5m2", format_info_ocp_e5m2, False),
    ("e5m2-saturating", format_info_ocp_e5m2, True),
    ("bf16", format_info_bfloat16, False),
    ("f16", format_info_binary16, False),
    ("tf32", tf32, False),
    ("f32", format_info_binary32, False),
]
OTHER_RULES = [
    ("away", RoundMode.TiesToAway),
    ("zero", RoundMode.TowardZero),
    ("up", RoundMode.TowardPositive),
    ("down", RoundMode.TowardNegative),
]
INPUTS = 150
# The formats of ml_dtypes that have zeros and signs, and their bits.
SMALL = [
    ("float8_e3m4", 8),
    ("float8_e4m3", 8),
    ("float8_e4m3b11fnuz", 8),
    ("float8_e4m3fn", 8),
    ("float8_e4m3fnuz", 8),
    ("float8_e5m2", 8),
    ("float8_e5m2fnuz", 8),
    ("float6_e2m3fn", 6),
    ("float6_e3m2fn", 6),
    ("float4_e2m1fn", 4),
]
TABLES = [("e4m3", ml_dtypes.float8_e4m3fn), ("e5m2", ml_dtypes.float8_e5m2)]
OPS = [("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("div", np.divide)]


def inputs(info, rng):
    """Numbers of the format, points half-way between neighbours, what is next to those in f64, and random ones."""
    smallest = 2.0 ** (info.emin - info.precision + 1) if hasattr(info, "emin") else info.smallest
    out = [0.0, -0.0, float("inf"), -float("inf"), float("nan"), info.max, info.max * (1 + 2.0**-52), smallest / 2]
    while len(out) < INPUTS:
        exponent = rng.uniform(np.log2(info.smallest) - 2, np.log2(info.max) + 0.3)
        x = round_float(info, float(2.0**exponent), RoundMode.TowardZero, True)
        step = max(2.0 ** (np.floor(np.log2(x)) + 1 - info.precision), info.smallest) if x > 0 else info.smallest
        middle = x + step / 2
        sign = rng.choice([1.0, -1.0])
        for y in (x, middle, np.nextafter(middle, 0.0), np.nextafter(middle, np.inf), x + step * rng.random()):
            out.append(float(sign * y))
    return out[:INPUTS]


def fnv1a(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return h


def codes(values, dtype):
    """The codes of the values; every NaN is 0x7f."""
    return np.where(np.isnan(values.astype(np.float32)), 0x7F, values.astype(dtype).view(np.uint8)).astype(np.uint8)


def rounded(dtype, x):
    """From f32: ml_dtypes rounds an f64 to f32 first, so that what is very close to a tie becomes one."""
    x = np.asarray(x)
    assert (x.astype(np.float32) == x)[~np.isnan(x)].all()
    return x.astype(np.float32).astype(dtype).astype(np.float64)


def short(x):
    """A hexadecimal float without the zeros at its end."""
    return re.sub(r"\.?0*p", "p", float(x).hex())


def small(name, bits):
    """All numbers of a format, what lies between them, what lies beyond them, and arithmetic of all pairs."""
    dtype = getattr(ml_dtypes, name)
    numbers = np.arange(1 << (bits - 1), dtype=np.uint8).view(dtype).astype(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    assert (np.diff(numbers) > 0).all() and (rounded(dtype, numbers) == numbers).all()
    yield f"numbers {name} " + " ".join(short(x) for x in numbers)

    middles = ((numbers[1:] + numbers[:-1]) / 2).astype(np.float32)
    around = [middles, np.nextafter(middles, np.float32(0)), np.nextafter(middles, np.float32(np.inf))]
    probes = np.stack(around, axis=1).astype(np.float64)
    found = rounded(dtype, probes)
    assert (rounded(dtype, -probes) == -found).all()
    indices = np.searchsorted(numbers, found)
    assert (numbers[indices] == found).all()
    yield f"between {name} " + " ".join("".join(f"{i:02x}" for i in row) for row in indices)

    last = np.float32(1.5 * numbers[-1] - numbers[-2] / 2)
    sizes = [last, np.nextafter(last, np.float32(0)), np.nextafter(last, np.float32(np.inf)), 2 * last, 1e30]
    sizes += [np.finfo(np.float32).max, np.inf, np.nan, 0.0, 1e-30, np.float32(numbers[1]) / 2]
    for x in [float(np.float32(sign * x)) for x in sizes for sign in (1, -1)]:
        yield f"beyond {name} {short(x)} {short(rounded(dtype, [x])[0])}"

    signed = np.concatenate([numbers, -numbers])
    operands = signed.astype(np.float32).astype(dtype)
    for op, function in OPS:
        exact = function(signed[:, None], signed[None, :])
        result = function(operands[:, None], operands[None, :]).astype(np.float64)
        # Where there is no NaN, ml_dtypes has zeros.
        result[np.isnan(result) | np.isnan(exact)] = np.nan
        words = result.view(np.uint64)
        words[np.isnan(result)] = 0x7FF8 << 48
        assert (words & (2**48 - 1) == 0).all()
        yield f"pairs {name} {op} {fnv1a((words >> 48).flatten().tolist()):016x}"


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "formats.txt"
    rng = random.Random(20260)
    lines = ["# made by make_formats.py: round FORMAT RULE INPUT RESULT; table FORMAT OP FNV1A; README.md has the rest"]
    for name, info, saturates in NEAREST:
        for x in inputs(info, rng):
            y = round_float(info, x, RoundMode.TiesToEven, saturates)
            lines.append(f"round {name} even {x.hex()} {float(y).hex()}")
    for name, info in [("e5m2", format_info_ocp_e5m2), ("f16", format_info_binary16), ("f32", format_info_binary32)]:
        for rule, mode in OTHER_RULES:
            for x in inputs(info, rng):
                # What is too large is a matter of taste in these, and gfloat adds one half in f64: just below half of the
                # smallest number it rounds away.
                wrong = rule == "away" and abs(x) < info.smallest / 2
                if abs(x) <= info.max and not wrong:
                    lines.append(f"round {name} {rule} {x.hex()} {float(round_float(info, x, mode)).hex()}")
    every = np.arange(256, dtype=np.uint8)
    with np.errstate(all="ignore"):
        for name, dtype in TABLES:
            numbers = every.view(dtype)
            for op, function in OPS:
                table = function(numbers[:, None], numbers[None, :])
                lines.append(f"table {name} {op} {fnv1a(codes(table, dtype).tobytes()):016x}")
            halves = np.arange(65536, dtype=np.uint16).view(np.float16)
            lines.append(f"table {name} from-f16 {fnv1a(codes(halves.astype(np.float32).astype(dtype), dtype).tobytes()):016x}")
        for name, bits in SMALL:
            lines.extend(small(name, bits))
    out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
