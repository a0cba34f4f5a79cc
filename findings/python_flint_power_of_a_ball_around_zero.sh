#!/bin/sh
# A power of a ball whose midpoint is 0 is NaN in python-flint.
#
# One would guess that x**2 of an Arb ball x encloses the squares of its numbers, as x*x does. It does for every ball but
# those whose midpoint is exactly 0 and whose radius is not: there x**1, x**2 and x**3 are NaN, though x*x is fine, and so
# is x**2 of the exact 0 and of a ball whose midpoint is next to 0. Complex balls (acb) are not affected. NaN is a sound
# enclosure, but `max(largest, value)` of Python keeps `largest` where `value` is NaN, so a maximum over intervals silently
# leaves such an interval out.
#
# Seen with python-flint 0.9.0 (FLINT 3.6.0), the newest ones, on 2026-11-30. It matters to tests/oracle/gelu_maxima.py,
# which bounds derivatives over intervals: it multiplies, and asserts that every ball is finite.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-flint==0.9.0
"$folder/venv/bin/python" - <<'PYTHON'
import flint
from flint import acb, arb

x, beside = arb(0, 0.001), arb(0.0001, 0.001)
print("python-flint", flint.__version__, "FLINT", flint.__FLINT_VERSION__)
print("x =", x, " x*x =", x * x, " x**1 =", x**1, " x**2 =", x**2, " x**3 =", x**3)
print("beside 0:", beside**2, " exact 0:", arb(0) ** 2, " complex:", acb(x) ** 2)
print("max(1.0, nan) =", max(1.0, float("nan")))
assert all((x**k).is_nan() for k in (1, 2, 3)), "powers are finite now"
assert all(y.is_finite() for y in (x * x, beside**2, arb(0) ** 2, acb(x) ** 2))
assert max(1.0, float("nan")) == 1.0
PYTHON
