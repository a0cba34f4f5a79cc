"""Compares the f64 elementary functions with MPFR.

    pip install gmpy2
    NFGRAD_VALUES=/tmp/values cargo test --release -p nfgrad-tests --test elementary_exhaustive -- --ignored values_for_mpfr
    python tests/oracle/mpfr.py /tmp/values
    python tests/oracle/mpfr.py /tmp/values tests/oracle/functions_f64.txt

The test writes one file for each function: pairs of f64, little-endian, an argument and what the function returned. Here the function is evaluated
once more with 300 bits. Printed are, for each function, how many arguments there were, the largest error in units in the last place of the result
(a unit counts as no less than 2^-1060, as in `Elementary::WIDE_ULPS`), where it was found, and what is stated; the exit status is 1 if any exceeds that.

The last line writes vectors instead, 150 a function out of the first 30,000 arguments: those where the f64 function errs most, those whose value is
nearest to a tie, and any. The same values give the same bytes.
"""

import pathlib
import random
import struct
import sys

import gmpy2
from gmpy2 import mpfr

gmpy2.get_context().precision = 300
# Results far below the smallest f64 must not vanish on the way.
gmpy2.get_context().emin = gmpy2.get_emin_min()
gmpy2.get_context().emax = gmpy2.get_emax_max()

ROOT_HALF = gmpy2.sqrt(mpfr(0.5))
SLOPE = 2 * gmpy2.sqrt(2 / gmpy2.const_pi())
CUBIC = mpfr(44715) / 1000000


def sigmoid(x):
    return 1 / (1 + gmpy2.exp(-x))


def softplus(x):
    return x + gmpy2.log1p(gmpy2.exp(-x)) if x > 0 else gmpy2.log1p(gmpy2.exp(x))


def normal_cdf(x):
    return gmpy2.erfc(-x * ROOT_HALF) / 2


FUNCTIONS = {
    "exp": gmpy2.exp,
    "ln": gmpy2.log,
    "ln_1p": gmpy2.log1p,
    "tanh": gmpy2.tanh,
    "exp_m1": gmpy2.expm1,
    "sin": gmpy2.sin,
    "cos": gmpy2.cos,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "silu": lambda x: x * sigmoid(x),
    "gelu_tanh": lambda x: x * sigmoid(SLOPE * (x + CUBIC * x * x * x)),
    "normal_cdf": normal_cdf,
    "gelu": lambda x: x * normal_cdf(x),
}


def unit_exponent(y):
    """The unit in the last place of an f64 is 2 to this."""
    field = struct.unpack("<Q", struct.pack("<d", y))[0] >> 52 & 0x7FF
    return max(field - 1023 - 52, -1060)


def error(function, x, y):
    """|y - f(x)| in units in the last place of y."""
    return float(gmpy2.mul_2exp(abs(mpfr(y) - function(mpfr(x))), 2000) / gmpy2.exp2(2000 + unit_exponent(y)))


def compare(path):
    name, stated = path.stem.rsplit("=", 1)
    function = FUNCTIONS[name]
    data = path.read_bytes()
    worst, at, count = 0.0, 0.0, 0
    for x, y in struct.iter_unpack("<dd", data):
        count += 1
        e = error(function, x, y)
        if not e <= worst:
            worst, at = e, x
    print(f"{name:11} {count:9,} arguments: {worst:.4f} units at {at!r}; stated {stated}", flush=True)
    return worst <= float(stated)


def bits(x):
    return struct.pack(">d", x).hex()


def vectors(path):
    name = path.stem.rsplit("=", 1)[0]
    function = FUNCTIONS[name]
    pairs = dict(list(struct.iter_unpack("<dd", path.read_bytes()))[:30000])
    values = {}
    for x in pairs:
        # Where a value is next to x/2, a tie if x is subnormal, only the square of x tells it apart.
        with gmpy2.context(gmpy2.get_context(), precision=300 if abs(x) > 2**-60 else 2400):
            value = function(mpfr(x))
        nearest = float(value)
        if nearest != 0.0 and abs(nearest) != float("inf"):
            values[x] = nearest, int((value - mpfr(nearest)) / gmpy2.exp2(unit_exponent(nearest)) * 1000000)
    hardest = sorted(values, key=lambda x: -error(function, x, pairs[x]))[:50]
    ties = sorted(values, key=lambda x: -abs(values[x][1]))[:50]
    chosen = {*hardest, *ties, *random.Random(name).sample(sorted(values), 50)}
    return [f"{name} {bits(x)} {bits(values[x][0])} {values[x][1]}" for x in sorted(chosen)]


def main():
    print(gmpy2.mpfr_version())
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.f64"))
    assert paths, "no values; see above how they are written"
    if len(sys.argv) > 2:
        head = [
            "# Function, x, f(x) rounded to nearest, and f(x) less that in millionths of its last place, rounded toward zero.",
            f"# Numbers are the bits of f64. From {gmpy2.mpfr_version()} by mpfr.py.",
        ]
        lines = head + [line for path in paths for line in vectors(path)]
        pathlib.Path(sys.argv[2]).write_text("\n".join(lines) + "\n")
        return
    sys.exit(0 if all([compare(path) for path in paths]) else 1)


main()
