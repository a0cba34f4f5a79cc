"""Deep networks in Arb: values and gradients, and how long they take there.

    pip install python-flint
    NFGRAD_LEAVES=/tmp/leaves cargo test --release -p nfgrad-tests --test oracle -- --ignored leaves_for_arb
    python tests/oracle/deep.py /tmp/leaves

The test writes the leaves of three networks, exact hexadecimal floats, and how long a certificate took it at a level. Here values and gradients are
enclosed from the same leaves at twice the bits of that level. Some of them are written to `deep_mlp.txt` and `deep_transformer.txt` beside this script, 16 of a tensor.

Then all is computed again at the bits of the level itself, and the times are printed: of all, and of what is inside of products of matrices, where Python has no part.

    mlp:          x = tanh(x @ w + b), 30 times                         loss = mean over all elements of (y - t)^2
    transformer:  n = layer_norm(x); q, k, v = n @ wq, n @ wk, n @ wv, in heads; h = x + softmax(q k^T / sqrt(E)) v @ wo;
                  x = h + gelu(layer_norm(h) @ w1 + c1) @ w2 + c2       eps = 1/100000, gelu(x) = x Phi(x)
"""

import sys
import time
from pathlib import Path

import flint
from flint import arb, arb_mat, ctx

from make_digits import add_row, column_sums, exact_line

HERE = Path(__file__).resolve().parent
KNOWN = 16  # numbers of each tensor that are written
in_products = [0.0]


def timed(product):
    """The seconds of a product are counted."""
    start = time.perf_counter()
    result = product()
    in_products[0] += time.perf_counter() - start
    return result


def times(a, b):
    return timed(lambda: a * b)


def of(like, entries):
    return arb_mat(like.nrows(), like.ncols(), list(entries))


def each(function, *matrices):
    return of(matrices[0], map(function, *(m.entries() for m in matrices)))


def columns(matrix, start, end):
    return arb_mat([row[start:end] for row in matrix.table()])


def beside(matrices):
    return arb_mat([sum((m.table()[i] for m in matrices), []) for i in range(matrices[0].nrows())])


# ---------------------------------------------------------------- the parts, each with its way back

def layer_norm(x, g, b):
    """The result, and a function from its cotangent to those of x, g and b."""
    n, eps = x.ncols(), arb(1) / 100000
    normal, inverse = [], []
    for row in x.table():
        mean = sum(row, arb(0)) / n
        row = [v - mean for v in row]
        r = (sum((v * v for v in row), arb(0)) / n + eps).rsqrt()
        normal.append([v * r for v in row])
        inverse.append(r)
    gain = g.entries()
    y = arb_mat([[v * s + t for v, s, t in zip(row, gain, b.entries())] for row in normal])

    def back(dy):
        dx = []
        for row, d, r in zip(normal, dy.table(), inverse):
            d = [p * q for p, q in zip(d, gain)]
            mean = sum(d, arb(0)) / n
            along = sum((p * q for p, q in zip(d, row)), arb(0)) / n
            dx.append([r * (p - mean - q * along) for p, q in zip(d, row)])
        return arb_mat(dx), column_sums(each(lambda p, q: p * q, dy, arb_mat(normal))), column_sums(dy)

    return y, back


def attention(q, k, v):
    """Of one head."""
    scale = arb(q.ncols()).rsqrt()
    p = []
    for row in times(q, k.transpose()).table():
        row = [s * scale for s in row]
        top = max(row, key=lambda s: s.mid())
        row = [(s - top.mid()).exp() for s in row]
        total = sum(row, arb(0))
        p.append([s / total for s in row])
    weights = arb_mat(p)

    def back(dy):
        ds = []
        for row, d in zip(p, times(dy, v.transpose()).table()):
            mean = sum((a * b for a, b in zip(row, d)), arb(0))
            ds.append([a * (b - mean) * scale for a, b in zip(row, d)])
        ds = arb_mat(ds)
        return times(ds, k), times(ds.transpose(), q), times(weights.transpose(), dy)

    return times(weights, v), back


def gelu(z):
    half, density = arb(2).rsqrt(), (2 * arb.pi()).rsqrt()
    phi = [(-v * half).erfc() / 2 for v in z.entries()]
    slope = [p + v * density * (-v * v / 2).exp() for p, v in zip(phi, z.entries())]
    return of(z, (p * v for p, v in zip(phi, z.entries()))), lambda dy: of(z, (d * s for d, s in zip(dy.entries(), slope)))


def transformer_layer(x, w, heads):
    width = x.ncols() // heads
    n, back1 = layer_norm(x, w["g1"], w["b1"])
    q, k, v = (times(n, w[name]) for name in ("wq", "wk", "wv"))
    parts = [slice(h * width, (h + 1) * width) for h in range(heads)]
    cut = lambda m: [columns(m, part.start, part.stop) for part in parts]
    attended = [attention(*three) for three in zip(cut(q), cut(k), cut(v))]
    a = beside([y for y, _ in attended])
    h = x + times(a, w["wo"])
    m, back2 = layer_norm(h, w["g2"], w["b2"])
    u, back3 = gelu(add_row(times(m, w["w1"]), w["c1"]))
    y = h + add_row(times(u, w["w2"]), w["c2"])

    def back(dy):
        grad = {"c2": column_sums(dy), "w2": times(u.transpose(), dy)}
        dz = back3(times(dy, w["w2"].transpose()))
        grad |= {"c1": column_sums(dz), "w1": times(m.transpose(), dz)}
        dh, grad["g2"], grad["b2"] = back2(times(dz, w["w1"].transpose()))
        dh = dh + dy
        grad["wo"] = times(a.transpose(), dh)
        da = cut(times(dh, w["wo"].transpose()))
        three = [beside(list(parts)) for parts in zip(*(back(d) for (_, back), d in zip(attended, da)))]
        dn = arb_mat(x.nrows(), x.ncols())
        for name, d in zip(("wq", "wk", "wv"), three):
            grad[name] = times(n.transpose(), d)
            dn = dn + times(d, w[name].transpose())
        dx, grad["g1"], grad["b1"] = back1(dn)
        return dx + dh, grad

    return y, back


def dense_layer(x, w, _):
    # With sech^2 as the slope, not 1 - tanh^2, nothing cancels.
    z = add_row(times(x, w["w"]), w["b"])

    def back(dy):
        dz = each(lambda d, v: d * v.sech() ** 2, dy, z)
        return times(dz, w["w"].transpose()), {"w": times(x.transpose(), dz), "b": column_sums(dz)}

    return each(lambda v: v.tanh(), z), back


def network(leaf, layer, heads):
    """Everything: y, loss, and the gradients of all layers."""
    x, t, backs = leaf["x"], leaf["t"], []
    for w in leaf["layers"]:
        x, back = layer(x, w, heads)
        backs.append(back)
    miss = x - t
    count = x.nrows() * x.ncols()
    result = {"loss": arb_mat(1, 1, [sum((v * v for v in miss.entries()), arb(0)) / count]), "y": x}
    d = miss * (arb(2) / count)
    for i, back in reversed(list(enumerate(backs))):
        d, grad = back(d)
        result |= {f"grad_{name}.{i}": m for name, m in grad.items()}
    return result


# ---------------------------------------------------------------- files

def read(path):
    """The leaves, the bits of the level and the seconds that it took."""
    lines = path.read_text(encoding="ascii").splitlines()
    about = dict(line[2:].split() for line in lines if line.startswith("#"))
    lines = iter(line for line in lines if not line.startswith("#"))
    leaf = {"layers": []}
    for line in lines:
        _, name, rows, cols, _ = line.split()
        entries = [arb(float.fromhex(next(lines))) for _ in range(int(rows) * int(cols))]
        matrix = arb_mat(int(rows), int(cols), entries)
        if name in ("x", "t"):
            leaf[name] = matrix
            continue
        name, i = name.split(".")
        if int(i) == len(leaf["layers"]):
            leaf["layers"].append({})
        leaf["layers"][int(i)][name] = matrix
    return leaf, int(about["bits"]), float(about["seconds"])


def write(path, about, leaf, prec, result, known):
    lines = [
        f"# {about}",
        f"# Made by tests/oracle/deep.py with python-flint {flint.__version__}, FLINT {flint.__FLINT_VERSION__}, at {prec} bits.",
        f"# The first {KNOWN} numbers of some tensors: tensor NAME ROWS COLUMNS exact, then hi lo bound, all f64, with",
        "# |real value - (hi + lo)| <= bound.",
    ]
    for name in known:
        entries = result[name].entries()[:KNOWN]
        lines.append(f"tensor {name} 1 {len(entries)} exact")
        lines += map(exact_line, entries)
    path.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")
    print(f"{path.name}: {prec} bits, loss {result['loss'][0, 0].str(40, radius=False)}, {path.stat().st_size} bytes")


def compare(what, leaf, layer, heads, bits, ours):
    """The same enclosures at the same precision."""
    ctx.prec, in_products[0] = bits, 0.0
    start = time.perf_counter()
    result = network(leaf, layer, heads)
    seconds = time.perf_counter() - start
    worst = max(float(v.rad()) for m in result.values() for v in m.entries())
    print(
        f"{what}: {bits} bits, ours {ours:.3f} s; Arb {seconds:.3f} s, {seconds / ours:.1f} times that,"
        f" of which products {in_products[0]:.3f} s, {in_products[0] / ours:.1f} times; its largest radius {worst:.1e}"
    )


MODELS = {
    "deep_mlp": (dense_layer, 0, "Thirty layers of tanh, width 16, four rows", ("w.0", "b.0", "w.15", "b.15", "w.29", "b.29")),
    "deep_transformer": (
        transformer_layer,
        2,
        "A transformer of six layers, width 16 in two heads, eight tokens",
        ("g1.0", "b1.0", "wq.0", "wv.0", "w1.0", "c2.0", "wk.3", "g2.3", "wo.5", "w2.5"),
    ),
    "large": (transformer_layer, 4, "", ()),
}


def main(folder):
    for name, (layer, heads, about, known) in MODELS.items():
        leaf, bits, ours = read(folder / f"{name}.txt")
        if known:
            ctx.prec = 2 * bits
            result = network(leaf, layer, heads)
            known = ["loss", "y"] + [f"grad_{tensor}" for tensor in known]
            write(HERE / f"{name}.txt", about + "; its values and gradients over the reals.", leaf, ctx.prec, result, known)
        compare(name, leaf, layer, heads, bits, ours)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
