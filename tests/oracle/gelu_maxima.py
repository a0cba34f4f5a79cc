"""Bounds the derivatives of the gelu with tanh by interval arithmetic (python-flint, Arb): see nfgrad/src/op/gelu.rs.

f(x) = x s(v), v = a x + b x^3, a = 2 sqrt(2/pi), b = 0.044715 a, s the logistic function. With t = tanh(v/2), s' = (1 - t^2)/4:

    f'   = s + x s' v'
    f''  = s' (2 v' - x t v'^2 + x v'')
    f''' = s'' v' (2 v' - x t v'^2 + x v'') + s' (2 v'' - t v'^2 - x t' v'^2 - 2 x t v' v'' + v'' + x v''')

with s'' v' = -s' t v', t' = 2 s' v'. Prints an upper bound of each over |x| <= 8.

Squares are products: in python-flint 0.9 any power of a ball whose midpoint is 0 is NaN, which Python's `max` may lose.
"""

from flint import arb, ctx

ctx.prec = 100


def interval(low, high):
    """The ball that contains both ends."""
    return arb(arb((low + high) / 2).mid(), arb((high - low) / 2).mid() * 1.0000001)


def derivatives(x):
    a = 2 * (2 / arb.pi()).sqrt()
    b = a * 44715 / 1000000
    v, v1, v2, v3 = x * (a + b * x * x), a + 3 * b * x * x, 6 * b * x, 6 * b
    t = (v / 2).tanh()
    s, s1 = (1 + t) / 2, (1 - t * t) / 4
    bent = 2 * v1 - x * t * v1 * v1 + x * v2
    third = 2 * v2 - t * v1 * v1 - 2 * s1 * v1 * x * v1 * v1 - 2 * x * t * v1 * v2 + v2 + x * v3
    return s + x * s1 * v1, s1 * bent, -s1 * t * v1 * bent + s1 * third


STEPS = 1 << 16
largest = [0.0, 0.0, 0.0]
for i in range(-STEPS, STEPS):
    x = interval(8 * i / STEPS, 8 * (i + 1) / STEPS)
    for k, value in enumerate(derivatives(x)):
        assert value.is_finite(), (x, k, value)
        largest[k] = max(largest[k], float(abs(value).upper()))
print("max |f'|, |f''|, |f'''| <=", largest)
