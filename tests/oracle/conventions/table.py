"""Writes the results of all libraries as the table of a page: `table.py RESULTS.tsv PAGE.md [--check]`."""

import sys
from pathlib import Path

BEGIN, END = "<!-- table: made by tests/oracle/conventions/run -->\n", "<!-- end of the table -->\n"
LIBRARIES = ["nfgrad", "torch", "jax", "burn", "candle", "tinygrad"]
HEADS = ["nfgrad", "PyTorch 2.15", "JAX 0.10", "burn 0.20", "candle 0.11", "tinygrad 0.14"]
CASES = {
    "relu": "gradient of `relu(x)` at 0",
    "abs": "of `abs(x)` at 0",
    "leaky_relu": "of `leaky_relu(x, 0.1)` at 0",
    "maximum": "of `maximum(a, b)` at 1, 1",
    "minimum": "of `minimum(a, b)` at 1, 1",
    "amax": "of the largest of 1, 1, 0",
    "max along an axis": "likewise, along an axis",
    "max_pool2d": "of `max_pool2d` in a window of equal entries",
    "clamp low": "of `clamp(x, 0, 1)` at 0",
    "clamp high": "of `clamp(x, 0, 1)` at 1",
    "clamp of lax": "of `jax.lax.clamp` at 0",
    "sqrt": "of `sqrt(x)` at 0",
    "norm": "of `sqrt(sum(x * x))` at 0, 0",
    "norm op": "of the library's 2-norm at 0, 0",
    "pow 0": "of `x` to the power 0, at 0",
    "pow 1": "to the power 1",
    "pow 2": "to the power 2",
    "pow -1": "to the power -1",
    "where": "of `ln(x)` where `x > 0`, else 0, at 0",
    "softmax of -∞": "`softmax` of -∞, -∞",
    "softmax, masked": "`softmax` of two entries, both masked",
    "attention, masked": "`attention` whose row is masked, values 1, 2 and 3, 6",
    "cross_entropy of -∞": "cross-entropy of logits 0, -∞ against 1, 0",
    "cast to e4m3fn": "464, 480, 1e5, ∞, -∞ cast to e4m3fn",
    "cast to e4m3fn, saturating": "likewise, saturating by the type",
    "cast to e5m2": "57344, 61440, 1e6, ∞, -∞ cast to e5m2",
    "cast to e5m2, saturating": "likewise, saturating by the type",
}


def table(results):
    rows = [["", *HEADS], ["---"] * (len(HEADS) + 1)]
    for case, words in CASES.items():
        rows.append([words, *(results.pop((case, library), "") for library in LIBRARIES)])
    onnx = [f"{case.removeprefix('cast to ')}: {results.pop((case, 'onnx'))}" for case in CASES if (case, "onnx") in results]
    assert not results, f"cases that no row names: {sorted(results)}"
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n\nONNX 1.23, whose `Cast` saturates unless it is told not to: " + "; ".join(onnx) + ".\n"


def main(results, page, check=False):
    lines = [line.split("\t") for line in Path(results).read_text().splitlines()]
    made = table({(case, library): result for case, library, result in lines})
    page = Path(page)
    before, rest = page.read_text().split(BEGIN)
    old, after = rest.split(END)
    if check and old != made:
        sys.exit(f"{page} says something else:\n{made}")
    page.write_text(before + BEGIN + made + END + after)


if __name__ == "__main__":
    main(*sys.argv[1:3], check="--check" in sys.argv[3:])
