"""Compares the f64 elementary functions with MPFR.

    pip install gmpy2
    NFGRAD_VALUES=/tmp/values cargo test --release -p nfgrad-tests --test elementary_exhaustive -- --ignored values_for_mpfr
    python tests/oracle/mpfr.py /tmp/values

The test writes one file for each function: pairs of f64, little-endian, an argument and what the function returned. Here the function is evaluated
once more with 300 bits. Printed are, for each function, how many arguments there were, the largest error in units in the last place of the result
(a unit counts as no less than 2^-1060, as in `Elementary::WIDE_ULPS`), where it was found, and what is stated; the exit status is 1 if any exceeds that.
"""

import pathlib
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


def compare(path):
    name, stated = path.stem.rsplit("=", 1)
    function = FUNCTIONS[name]
    data = path.read_bytes()
    worst, at, count = 0.0, 0.0, 0
    for x, y in struct.iter_unpack("<dd", data):
        count += 1
        error = float(gmpy2.mul_2exp(abs(mpfr(y) - function(mpfr(x))), 2000) / gmpy2.exp2(2000 + unit_exponent(y)))
        if not error <= worst:
            worst, at = error, x
    print(f"{name:11} {count:9,} arguments: {worst:.4f} units at {at!r}; stated {stated}", flush=True)
    return worst <= float(stated)


def main():
    print(gmpy2.mpfr_version())
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.f64"))
    assert paths, "no values; see above how they are written"
    sys.exit(0 if all([compare(path) for path in paths]) else 1)


main()
