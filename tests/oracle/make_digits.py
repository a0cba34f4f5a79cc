#!/usr/bin/env python3
"""Makes the oracle files of this folder: exact values and gradients of whole graphs, enclosed by Arb.

    python3 make_digits.py [OUTPUT_FOLDER]

Nothing here depends on the machine: the network is trained in integers (fixed point), and what is written of a result
is its correct rounding to two f64. So a second run gives the same bytes. README.md says what is in the files.
"""

import gzip
import math
import random
import struct
import sys
from pathlib import Path

import flint
from flint import arb, arb_mat, arb_series, ctx, fmpz_mat

HERE = Path(__file__).resolve().parent
DIGITS = HERE.parents[1] / "nfgrad" / "examples" / "data" / "digits.csv.gz"
BATCH, PIXELS, HIDDEN, CLASSES = 16, 64, 32, 10
TRAINED_ROWS = 1500  # the rest is held out, to say honestly how well the network has learnt
FIRST_ROW = 10  # of the oracle's batch: row 5 is still in doubt after training, and would make the gradients large
FIRST_PREC, LAST_PREC = 256, 4096
RELATIVE_RADIUS = arb(2) ** -120


# ---------------------------------------------------------------- formats

def to_f32(v):
    return struct.unpack("<f", struct.pack("<f", v))[0]


def to_bf16(v):
    """Nearest bf16, ties to even. `v` must be an f32, so that there is one rounding."""
    bits = struct.unpack("<I", struct.pack("<f", v))[0]
    bits += 0x7FFF + (bits >> 16 & 1)
    return struct.unpack("<f", struct.pack("<I", bits & 0xFFFF0000))[0]


def hex_float(v):
    """C99 hexadecimal, exact, without trailing zeros."""
    assert math.isfinite(v)
    mantissa, exponent = v.hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}p{exponent}"


# ---------------------------------------------------------------- training, in integers

W_BITS = 40  # weights are multiples of 2^-40: fine enough that their f32 roundings use all 24 bits
Z_BITS = W_BITS + 4  # pixels are multiples of 2^-4, so activations and what flows back are multiples of 2^-44


def shift(matrix, bits):
    """Each entry times 2^-bits, rounded."""
    half = 1 << (bits - 1)
    return fmpz_mat(matrix.nrows(), matrix.ncols(), [(v + half) >> bits for v in matrix.entries()])


def relu(matrix):
    return fmpz_mat(matrix.nrows(), matrix.ncols(), [max(v, 0) for v in matrix.entries()])


def affine(x, w, b, b_shift):
    z = x * w
    row = [v << b_shift for v in b.entries()]
    return z + fmpz_mat(z.nrows(), z.ncols(), row * z.nrows())


def logits_fixed(params, x):
    """h and logits in units of 2^-Z_BITS, of pixels in units of 1/16."""
    w1, b1, w2, b2 = params
    h = relu(affine(x, w1, b1, Z_BITS - W_BITS))
    return h, shift(affine(h, w2, b2, Z_BITS), W_BITS)


def softmax_minus_target(logits, classes):
    """The gradient of the summed loss by the logits, in units of 2^-Z_BITS. Arb rounds, so no C library is asked."""
    ctx.prec = 96
    delta = []
    for row, cls in zip(logits.table(), classes):
        exps = [(arb(v) / 2**Z_BITS).exp() for v in row]
        total = sum(exps, arb(0))
        delta += [
            int((e / total * 2**Z_BITS + 0.5).floor().unique_fmpz()) - ((j == cls) << Z_BITS)
            for j, e in enumerate(exps)
        ]
    return fmpz_mat(len(classes), CLASSES, delta)


def gradients_fixed(params, x, classes):
    """Of each parameter, summed over the batch, in units of 2^-Z_BITS."""
    h, logits = logits_fixed(params, x)
    delta = softmax_minus_target(logits, classes)
    back = shift(delta * params[2].transpose(), W_BITS)
    kept = [v if a > 0 else 0 for v, a in zip(back.entries(), h.entries())]
    back = fmpz_mat(back.nrows(), back.ncols(), kept)
    ones = fmpz_mat(1, x.nrows(), [1] * x.nrows())
    return (
        shift(x.transpose() * back, 4),
        ones * back,
        shift(h.transpose() * delta, Z_BITS),
        ones * delta,
    )


def train(rows, steps=3000, batch=64):
    """Stochastic gradient descent with momentum 7/8; the learning rate is 1/32."""
    rng = random.Random(19980701)

    def start(fan_in, columns):
        limit = math.isqrt(6 * 4**W_BITS // fan_in)  # He, uniform
        return fmpz_mat(fan_in, columns, [rng.randrange(-limit, limit + 1) for _ in range(fan_in * columns)])

    params = [start(PIXELS, HIDDEN), fmpz_mat(1, HIDDEN), start(HIDDEN, CLASSES), fmpz_mat(1, CLASSES)]
    speed = [fmpz_mat(p.nrows(), p.ncols()) for p in params]
    # The mean over the batch, the rate, and from one unit to the other: all powers of two.
    apply_bits = batch.bit_length() - 1 + 5 + Z_BITS - W_BITS
    for _ in range(steps):
        chosen = [rows[rng.randrange(TRAINED_ROWS)] for _ in range(batch)]
        x = fmpz_mat(batch, PIXELS, [p for pixels, _ in chosen for p in pixels])
        grads = gradients_fixed(params, x, [cls for _, cls in chosen])
        speed = [v - shift(v, 3) + g for v, g in zip(speed, grads)]
        params = [p - shift(v, apply_bits) for p, v in zip(params, speed)]
    return params


def accuracy(params, rows):
    _, logits = logits_fixed(params, fmpz_mat(len(rows), PIXELS, [p for pixels, _ in rows for p in pixels]))
    hits = sum(row.index(max(row)) == cls for row, (_, cls) in zip(logits.table(), rows))
    return hits / len(rows)


# ---------------------------------------------------------------- the graphs, in balls

def digits_graph(leaf):
    x, t, w1, b1, w2, b2 = (leaf[k] for k in ("x", "t", "w1", "b1", "w2", "b2"))
    z1 = add_row(x * w1, b1)
    positive = [sign(v) for v in z1.entries()]
    h = arb_mat(BATCH, HIDDEN, [v if p else arb(0) for v, p in zip(z1.entries(), positive)])
    logits = add_row(h * w2, b2)
    lse = [sum((z.exp() for z in row), arb(0)).log() for row in logits.table()]
    # log softmax, at each place
    lsm = [z - lse[i] for i, row in enumerate(logits.table()) for z in row]
    loss = -sum((p * q for p, q in zip(t.entries(), lsm)), arb(0)) / BATCH
    g_logits = arb_mat(BATCH, CLASSES, [(v.exp() - p) / BATCH for v, p in zip(lsm, t.entries())])
    g_h = g_logits * w2.transpose()
    g_z1 = arb_mat(BATCH, HIDDEN, [v if p else arb(0) for v, p in zip(g_h.entries(), positive)])
    return {
        "h": h,
        "logits": logits,
        "loss": arb_mat(1, 1, [loss]),
        "grad_x": g_z1 * w1.transpose(),
        "grad_t": arb_mat(BATCH, CLASSES, [-v / BATCH for v in lsm]),
        "grad_w1": x.transpose() * g_z1,
        "grad_b1": column_sums(g_z1),
        "grad_w2": h.transpose() * g_logits,
        "grad_b2": column_sums(g_logits),
    }


def tanh_graph(leaf):
    x, t, w1, b1, w2, b2 = (leaf[k] for k in ("x", "t", "w1", "b1", "w2", "b2"))
    z1 = add_row(x * w1, b1)
    h = arb_mat(z1.nrows(), z1.ncols(), [v.tanh() for v in z1.entries()])
    y = add_row(h * w2, b2)
    miss = y - t
    n = len(miss.entries())
    g_y = miss * (arb(2) / n)
    g_h = g_y * w2.transpose()
    # sech^2, not 1 - tanh^2: no cancellation
    g_z1 = arb_mat(z1.nrows(), z1.ncols(), [g / v.cosh() ** 2 for g, v in zip(g_h.entries(), z1.entries())])
    return {
        "h": h,
        "y": y,
        "loss": arb_mat(1, 1, [sum((v * v for v in miss.entries()), arb(0)) / n]),
        "grad_x": g_z1 * w1.transpose(),
        "grad_t": -g_y,
        "grad_w1": x.transpose() * g_z1,
        "grad_b1": column_sums(g_z1),
        "grad_w2": h.transpose() * g_y,
        "grad_b2": column_sums(g_y),
    }


def add_row(matrix, row):
    return matrix + arb_mat(matrix.nrows(), matrix.ncols(), row.entries() * matrix.nrows())


def column_sums(matrix):
    return arb_mat(1, matrix.nrows(), [1] * matrix.nrows()) * matrix


def sign(v):
    assert v > 0 or v < 0, f"a relu is fed {v}: a tie, or the precision is too low"
    return v > 0


# ---------------------------------------------------------------- the same losses, by power series

def digits_loss(leaf):
    """Written as in the issue, on any scalar: what the gradients are checked against."""
    z1 = product(leaf["x"], leaf["w1"], leaf["b1"])
    logits = product([[v if sign(v[0]) else v * 0 for v in row] for row in z1], leaf["w2"], leaf["b2"])
    rows = zip(logits, leaf["t"])
    losses = (-sum(p * (z - sum(v.exp() for v in row).log()) for p, z in zip(t, row)) for row, t in rows)
    return sum(losses) / arb(BATCH)


def tanh_loss(leaf):
    def tanh(v):
        e = (v + v).exp()
        return (e - 1) / (e + 1)

    y = product([[tanh(v) for v in row] for row in product(leaf["x"], leaf["w1"], leaf["b1"])], leaf["w2"], leaf["b2"])
    terms = [(p - q) * (p - q) for row, t in zip(y, leaf["t"]) for p, q in zip(row, t)]
    return sum(terms) / arb(len(terms))


def product(x, w, b):
    columns = list(zip(*w))
    return [[sum((p * q for p, q in zip(row, col)), start) for col, start in zip(columns, b[0])] for row in x]


def check_gradients(leaf, result, loss):
    """For each leaf: the derivative of the loss along a random direction, by another program and another method.

    A wrong entry of a gradient escapes only if the error is orthogonal to a direction that it has not seen.
    """
    rng = random.Random(7)
    ctx.prec, ctx.cap = 192, 2
    for name in leaf:
        direction = [rng.randrange(-1000, 1001) for _ in leaf[name].entries()]
        series = {}
        for other, matrix in leaf.items():
            moves = iter(direction if other == name else [])
            series[other] = [[arb_series([v, next(moves, 0)]) for v in row] for row in matrix.table()]
        value = loss(series)
        expected = sum((d * g for d, g in zip(direction, result["grad_" + name].entries())), arb(0))
        assert value[0].overlaps(result["loss"][0, 0]), name
        assert value[1].overlaps(expected) and value[1].rad() < arb(2) ** -100, (name, value[1], expected)


# ---------------------------------------------------------------- files

def enclose(leaf, graph):
    """`graph` at the first precision that gives every entry to 2^-120 of itself (or as exactly 0)."""
    prec = FIRST_PREC
    while prec <= LAST_PREC:
        ctx.prec = prec
        result = graph(leaf)
        if all(v == 0 or v.rad() < RELATIVE_RADIUS * v.abs_lower() for m in result.values() for v in m.entries()):
            return prec, result
        prec *= 2
    raise SystemExit("no precision was enough")


def nearest_f64(ball):
    """The f64 nearest to every number of the ball; refuses a ball that has two."""
    low, high = float(ball.lower()), float(ball.upper())
    assert low == high, ball
    return low


def exact_line(ball):
    """`hi lo bound`: |exact - (hi + lo)| <= bound for every number of the ball; the bound is 0 or a power of two."""
    if ball == 0:
        return "0x0p+0 0x0p+0 0x0p+0"
    hi = nearest_f64(ball)
    lo = float((ball - hi).mid())
    rest = ((ball - hi) - lo).abs_upper()
    bound = 0.0 if rest == 0 else math.ldexp(1.0, math.frexp(float(rest))[1] + 1)
    assert arb(bound) >= rest and bound <= abs(hi) * 2.0**-104
    return f"{hex_float(hi)} {hex_float(lo)} {hex_float(bound)}"


def write(path, about, leaf, prec, result):
    lines = [f"# {line}" for line in about]
    lines += [
        "# Made by tests/oracle/make_digits.py with"
        f" python-flint {flint.__version__}, FLINT {flint.__FLINT_VERSION__}, at {prec} bits.",
        "# tensor NAME ROWS COLUMNS KIND, then an element a line, row by row. KIND leaf: the exact number.",
        "# KIND exact: hi lo bound, all f64, with |real value - (hi + lo)| <= bound.",
    ]
    for name, matrix in leaf.items():
        lines.append(f"tensor {name} {matrix.nrows()} {matrix.ncols()} leaf")
        lines += [hex_float(float(v)) for v in matrix.entries()]
    for name, matrix in result.items():
        lines.append(f"tensor {name} {matrix.nrows()} {matrix.ncols()} exact")
        lines += [exact_line(v) for v in matrix.entries()]
    path.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")
    print(f"{path.name}: {prec} bits, loss {result['loss'][0, 0].str(12, radius=False)}, {path.stat().st_size} bytes")


def emit(path, about, leaf, graph, loss):
    prec, result = enclose(leaf, graph)
    check_gradients(leaf, result, loss)
    write(path, about, leaf, prec, result)


def make_digits(folder):
    with gzip.open(DIGITS, "rt", encoding="ascii") as file:
        rows = [[int(v) for v in line.split(",")] for line in file]
    rows = [(row[:PIXELS], row[PIXELS]) for row in rows]
    params = train(rows)
    seen, unseen = accuracy(params, rows[:TRAINED_ROWS]), accuracy(params, rows[TRAINED_ROWS:])
    print(f"accuracy: {seen:.3f} of the rows it learnt, {unseen:.3f} of the others")
    assert seen > 0.95
    chosen = rows[FIRST_ROW : FIRST_ROW + BATCH]
    for name, rounding in (("f32", lambda v: v), ("bf16", to_bf16)):
        ctx.prec = FIRST_PREC
        leaf = {
            "x": arb_mat(BATCH, PIXELS, [arb(p) / 16 for pixels, _ in chosen for p in pixels]),
            "t": arb_mat(BATCH, CLASSES, [int(j == cls) for _, cls in chosen for j in range(CLASSES)]),
        }
        for key, p in zip(("w1", "b1", "w2", "b2"), params):
            leaf[key] = arb_mat(
                p.nrows(), p.ncols(), [arb(rounding(to_f32(int(v) / 2**W_BITS))) for v in p.entries()]
            )
        about = [
            f"A trained digits network whose leaves are {name} numbers; its values and gradients over the reals.",
            "h = relu(x @ w1 + b1); logits = h @ w2 + b2; loss = mean over the rows of -sum_j t_j (z_j - logsumexp(z)).",
            f"x: lines {FIRST_ROW + 1} to {FIRST_ROW + BATCH} of nfgrad/examples/data/digits.csv.gz, over 16;"
            " t: their classes, one-hot.",
            f"Accuracy before rounding: {seen:.3f} of the {TRAINED_ROWS} rows it learnt, {unseen:.3f} of the others.",
        ]
        emit(folder / f"digits_{name}.txt", about, leaf, digits_graph, digits_loss)


def make_tanh(folder):
    rng = random.Random(20240229)
    shapes = {"x": (3, 4), "t": (3, 1), "w1": (4, 8), "b1": (1, 8), "w2": (8, 1), "b2": (1, 1)}
    leaf = {k: arb_mat(m, n, [to_f32(rng.gauss(0, 1)) for _ in range(m * n)]) for k, (m, n) in shapes.items()}
    about = [
        "A 4-8-1 network, leaves random normal f32 numbers; its values and gradients over the reals.",
        "h = tanh(x @ w1 + b1); y = h @ w2 + b2; loss = mean over all elements of (y - t)^2.",
    ]
    emit(folder / "tanh_f32.txt", about, leaf, tanh_graph, tanh_loss)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    make_digits(target)
    make_tanh(target)
