"""Gradients at ties and kinks, and what is left of masked rows, in PyTorch, JAX and tinygrad: `case <tab> library <tab> result`."""

import warnings

warnings.filterwarnings("ignore")

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F
from tinygrad import Tensor, dtypes

INFINITE = [-np.inf, -np.inf]
PIXELS = [[[[1.0, 1.0], [1.0, 1.0]]]]
BEYOND = [464.0, 480.0, 1e5, np.inf, -np.inf]


def number(x):
    return "NaN" if np.isnan(x) else "∞" if x == np.inf else "-∞" if x == -np.inf else f"{round(float(x), 6):g}"


def text(numbers):
    return ", ".join(number(x) for x in np.ravel(numbers))


def with_torch(f, *xs):
    xs = [torch.tensor(x, requires_grad=True) for x in xs]
    f(*xs).sum().backward()
    return text([np.ravel(x.grad.numpy()) for x in xs])


def with_jax(f, *xs):
    xs = [jnp.array(x, jnp.float32) for x in xs]
    gradients = jax.grad(lambda *xs: f(*xs).sum(), argnums=tuple(range(len(xs))))(*xs)
    return text([np.ravel(g) for g in gradients])


def with_tinygrad(f, *xs):
    xs = [Tensor(x) for x in xs]
    return text([np.ravel(g.numpy()) for g in f(*xs).sum().gradient(*xs)])


def report(case, torch=None, jax=None, tinygrad=None):
    for library, result in (("torch", torch), ("jax", jax), ("tinygrad", tinygrad)):
        if result is not None:
            print(case, library, result, sep="\t")


def same(case, torch_f, jax_f, tinygrad_f, *xs):
    report(case, with_torch(torch_f, *xs), with_jax(jax_f, *xs), with_tinygrad(tinygrad_f, *xs))


def kinks():
    same("relu", torch.relu, jax.nn.relu, Tensor.relu, [0.0])
    same("abs", torch.abs, jnp.abs, Tensor.abs, [0.0])
    same("leaky_relu", lambda x: F.leaky_relu(x, 0.1), lambda x: jax.nn.leaky_relu(x, 0.1), lambda x: x.leaky_relu(0.1), [0.0])
    same("sqrt", torch.sqrt, jnp.sqrt, Tensor.sqrt, [0.0])
    same("norm", lambda x: (x * x).sum().sqrt(), lambda x: jnp.sqrt((x * x).sum()), lambda x: (x * x).sum().sqrt(), [0.0, 0.0])
    report("norm op", with_torch(torch.linalg.vector_norm, [0.0, 0.0]), with_jax(jnp.linalg.norm, [0.0, 0.0]))
    for n in (0, 1, 2, -1):
        same(f"pow {n}", lambda x: x**n, lambda x: x**n, lambda x: x**n, [0.0])
    same("where", lambda x: torch.where(x > 0, torch.log(x), 0.0), lambda x: jnp.where(x > 0, jnp.log(x), 0.0), lambda x: (x > 0).where(x.log(), 0.0), [0.0])


def ties():
    same("maximum", torch.maximum, jnp.maximum, Tensor.maximum, [1.0], [1.0])
    same("minimum", torch.minimum, jnp.minimum, Tensor.minimum, [1.0], [1.0])
    same("amax", lambda x: torch.amax(x, 0), jnp.max, Tensor.max, [1.0, 1.0, 0.0])
    report("max along an axis", with_torch(lambda x: torch.max(x, 0).values, [1.0, 1.0, 0.0]))
    for name, x in (("clamp low", [0.0]), ("clamp high", [1.0])):
        same(name, lambda x: torch.clamp(x, 0, 1), lambda x: jnp.clip(x, 0, 1), lambda x: x.clamp(0, 1), x)
    report("clamp of lax", jax=with_jax(lambda x: jax.lax.clamp(0.0, x, 1.0), [0.0]))
    window = ((1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    same("max_pool2d", lambda x: F.max_pool2d(x, 2), lambda x: jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, *window), lambda x: x.max_pool2d(2), PIXELS)


def masks():
    report(
        "softmax of -∞",
        text(torch.softmax(torch.tensor(INFINITE), 0).numpy()),
        text(jax.nn.softmax(jnp.array(INFINITE))),
        text(Tensor(INFINITE).softmax().numpy()),
    )
    report("softmax, masked", jax=text(jax.nn.softmax(jnp.ones(2), where=jnp.zeros(2, bool))))
    q, kv, mask = np.ones((1, 1, 1, 2), np.float32), np.array([[[[1, 2], [3, 6]]]], np.float32), np.zeros((1, 1, 1, 2), bool)
    torch_q, torch_kv = torch.tensor(q), torch.tensor(kv)
    turned_q, turned_kv = jnp.array(q).transpose(0, 2, 1, 3), jnp.array(kv).transpose(0, 2, 1, 3)
    report(
        "attention, masked",
        text(F.scaled_dot_product_attention(torch_q, torch_kv, torch_kv, attn_mask=torch.tensor(mask)).numpy()),
        text(jax.nn.dot_product_attention(turned_q, turned_kv, turned_kv, mask=jnp.array(mask))),
        text(Tensor(q).scaled_dot_product_attention(Tensor(kv), Tensor(kv), attn_mask=Tensor(mask)).numpy()),
    )
    logits, target = [[0.0, -np.inf]], [[1.0, 0.0]]
    report(
        "cross_entropy of -∞",
        number(F.cross_entropy(torch.tensor(logits), torch.tensor(target)).item()),
        number((-jnp.array(target) * jax.nn.log_softmax(jnp.array(logits))).sum()),
        number(Tensor(logits).cross_entropy(Tensor(target)).item()),
    )


def casts():
    for name, torch_type, jax_type, tinygrad_type in (
        ("e4m3fn", torch.float8_e4m3fn, jnp.float8_e4m3fn, dtypes.fp8e4m3),
        ("e5m2", torch.float8_e5m2, jnp.float8_e5m2, dtypes.fp8e5m2),
    ):
        beyond = BEYOND if name == "e4m3fn" else [57344.0, 61440.0, 1e6, np.inf, -np.inf]
        report(
            f"cast to {name}",
            text(torch.tensor(beyond).to(torch_type).float().numpy()),
            text(jnp.array(beyond).astype(jax_type).astype(jnp.float32)),
            text(Tensor(beyond).cast(tinygrad_type).float().numpy()),
        )
        print(f"cast to {name}", "onnx", text(onnx_cast(name, beyond)), sep="\t")


def onnx_cast(name, numbers):
    """What ONNX's Cast gives as its default, by its reference evaluator."""
    from onnx import TensorProto, helper
    from onnx.reference import ReferenceEvaluator

    narrow = {"e4m3fn": TensorProto.FLOAT8E4M3FN, "e5m2": TensorProto.FLOAT8E5M2}[name]
    nodes = [helper.make_node("Cast", ["x"], ["y"], to=narrow), helper.make_node("Cast", ["y"], ["z"], to=TensorProto.FLOAT)]
    ends = [[helper.make_tensor_value_info(end, TensorProto.FLOAT, [None])] for end in "xz"]
    model = helper.make_model(helper.make_graph(nodes, "cast", *ends), opset_imports=[helper.make_opsetid("", 21)])
    return ReferenceEvaluator(model).run(None, {"x": np.array(numbers, np.float32)})[0]


if __name__ == "__main__":
    kinks()
    ties()
    masks()
    casts()
