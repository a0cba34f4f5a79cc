"""Compares the balls of 128, 256 and 512 bits with Arb.

    pip install python-flint
    NFGRAD_VALUES=/tmp/values cargo test --release -p nfgrad-tests --test wide -- --ignored values_for_arb
    python tests/oracle/wide.py /tmp/values
    python tests/oracle/wide.py > tests/oracle/wide.txt

The test writes a line for each result: a function, the words of its numbers, its operands and the result. Here the function is evaluated with 2,600 bits at the
middle and at both ends of every operand, and each value must lie in the ball. Printed are, for each function and length, the largest radius in units in the last
place where the operands are exact, and where they are not the largest quotient of the radius and the distance of the values, with two units added. `NFGRAD_CASES` says how many
lines there are of a function (20,000: 1.2 million lines a run; it takes a quarter of an hour).

The last line writes values instead: a function, an argument of 128 bits, the value cut off after 640. A number is a hexadecimal integer and a power of two. The same program gives the same
bytes.
"""

import collections
import itertools
import random
import sys

from flint import __version__, arb, ctx, fmpz

ctx.prec = 2600
TWO = arb(2)


def cdf(x):
    return (-x / TWO.sqrt()).erfc() / 2


FUNCTIONS = {
    "exp": (lambda x: x.exp(), (-40, 10), True),
    "expm1": (lambda x: x.expm1(), (-200, 10), True),
    "ln": (lambda x: x.log(), (-4, 4), False),
    "log1p": (lambda x: x.log1p(), (-200, 0), True),
    "tanh": (lambda x: x.tanh(), (-100, 7), True),
    "sigmoid": (lambda x: 1 / (1 + (-x).exp()), (-20, 8), True),
    "softplus": (lambda x: x.exp().log1p() if x < 0 else x + (-x).exp().log1p(), (-20, 8), True),
    "cdf": (cdf, (-20, 5), True),
    "pdf": (lambda x: (-x * x / 2).exp() / (2 * arb.pi()).sqrt(), (-20, 5), True),
    "sqrt": (lambda x: x.sqrt(), (-100, 100), False),
    "rsqrt": (lambda x: x.rsqrt(), (-100, 100), False),
    "recip": (lambda x: 1 / x, (-100, 100), True),
    "pow3": (lambda x: x * x * x, (-20, 20), True),
    "pow-7": (lambda x: 1 / x**7, (-20, 20), True),
    "sin": (lambda x: x.sin(), (-40, 40), True),
    "cos": (lambda x: x.cos(), (-40, 40), True),
}
OPERATIONS = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
}


def number(digits, exponent):
    return None if digits == "inf" else arb(fmpz(int(digits, 16))) * TWO ** int(exponent)


class Worst:
    """What was seen of a function at a length."""

    def __init__(self):
        self.lines = self.unknown = self.wrong = 0
        self.exact = self.balls = 0.0

    def add(self, name, words, operands, middle, radius):
        self.lines += 1
        if radius is None:
            self.unknown += 1
            return
        function = OPERATIONS.get(name) or FUNCTIONS[name][0]
        ends = [[m] if r == 0 else [m, m - r, m + r] for m, r in operands]
        distances = [abs(function(*point) - middle) for point in itertools.product(*ends)]
        # What is left out of 2,600 bits decides nothing but at an exact end, where the distance is the radius.
        slack = abs(middle) * TWO ** (-64 * words - 500) + TWO**-2500
        self.wrong += sum(not (distance <= radius or (radius != 0 or distance.contains(0)) and distance - radius < slack) for distance in distances)
        unit = abs(middle) * TWO ** (-64 * words) if middle != 0 else TWO ** (-64 * words)
        if all(len(points) == 1 for points in ends):
            self.exact = max(self.exact, float((radius / unit).mid()))
        else:
            spread = max(distances, key=lambda distance: distance.mid())
            self.balls = max(self.balls, float((radius / (spread + 2 * unit)).mid()))


def compare(path):
    seen = collections.defaultdict(Worst)
    with open(path) as lines:
        for line in lines:
            left, right = line.split(" = ")
            name, words, *parts = left.split()
            balls = [(number(*parts[i : i + 2]), number(*parts[i + 2 : i + 4])) for i in range(0, len(parts), 4)]
            parts = right.split()
            worst = seen[name, int(words)]
            before = worst.wrong
            worst.add(name, int(words), balls, number(*parts[:2]), number(*parts[2:]))
            if worst.wrong > before:
                print("wrong:", line[:500])
    for (name, words), w in sorted(seen.items()):
        print(
            f"{name:9} {64 * words} bits {w.lines:8,} lines, {w.unknown:6,} unknown, {w.wrong} wrong;"
            f" exact operands: radius at most {w.exact:.3g} units; balls: {w.balls:.3g} of the spread and two units"
        )
    return not any(w.wrong for w in seen.values())


def hexadecimal(mantissa, exponent):
    return f"{mantissa:x} {exponent}"


def values():
    print("# Function, argument, value cut off after 640 bits; numbers as hexadecimal integer and power of two.")
    print(f"# From Arb (python-flint {__version__}) by wide.py.")
    for name, (function, (low, high), signed) in FUNCTIONS.items():
        draw = random.Random(name)
        for i in range(14):
            m = draw.getrandbits(128) | 1 << 127
            if i % 3 == 0:
                m = m >> 75 << 75
            m *= -1 if signed and draw.getrandbits(1) else 1
            exponent = draw.randrange(low, high) - 128
            value = function(arb(m) * TWO**exponent)
            if not value.is_finite():
                continue
            cut, bits = (int(part) for part in value.mid().man_exp())
            extra = max(abs(cut).bit_length() - 640, 0)
            print(name, hexadecimal(m, exponent), hexadecimal(cut >> extra, bits + extra))


if len(sys.argv) > 1:
    sys.exit(0 if compare(sys.argv[1]) else 1)
values()
