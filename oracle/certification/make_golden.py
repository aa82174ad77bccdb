"""Makes the golden files: values of arbitrary precision (mpmath) that the oracle is held to.

usage: python3 make_golden.py        (in this folder; needs mpmath, on Debian python3-mpmath; takes some minutes)

elementary.bin    for every function of ELEMENTARY, in order, 10,000 values: float64 little-endian, the correctly rounded value,
                  then int8, what rounding left over in units of 1/254 of the last place. The arguments are not stored: they
                  come from the generator below, which the test has as well.
operators.jsonl   calls of operators, with every output and gradient: lists in which each value, correctly rounded, is followed by
                  the scale that its error is measured in: |y|, or Σ|xᵢ·∂y/∂xᵢ| where that is more (its condition times |y|).
                  A gradient has the shape of its output or input, which is not repeated.
layers.jsonl      the same for the operators of golden_layers.py.
golden.sha256     the hashes of all three and of these scripts.
"""

import hashlib
import json
import struct

import mpmath
from mpmath import mp, mpf

from golden_calls import calls
from golden_layers import LAYERS, layer_calls
from golden_operators import CONSTANT, NOT_DIFFERENTIABLE, OPERATORS, T

POINTS = 10_000


class Random:
    """mulberry32, as oracle/testing/random.ts has it."""

    def __init__(self, seed):
        self.state = seed

    def bits(self):
        self.state = (self.state + 0x6D2B79F5) & 0xFFFFFFFF
        t = self.state
        t = ((t ^ (t >> 15)) * (t | 1)) & 0xFFFFFFFF
        t ^= (t + ((t ^ (t >> 7)) * (t | 61))) & 0xFFFFFFFF
        return (t ^ (t >> 14)) & 0xFFFFFFFF

    def next(self):
        high = self.bits()
        return (high * 2**21 + (self.bits() >> 11)) / 2**53

    def integer(self, least, most):
        return least + int(self.next() * (most - least + 1))

    def between(self, least, most):
        return least + self.next() * (most - least)

    def pick(self, *values):
        return values[self.integer(0, len(values) - 1)]


# Name, function, and the interval that a third of the points is drawn from; None: positive, over the whole range of exponents.
ELEMENTARY = [
    ("exponential", mpmath.exp, (-745, 709.7)),
    ("log", mpmath.log, None),
    ("log1p", mpmath.log1p, (0, 1)),
    ("hyperbolicTangent", mpmath.tanh, (-25, 25)),
    ("logistic", lambda x: 1 / (1 + mpmath.exp(-x)), (-745, 50)),
    ("softplus", lambda x: mpmath.log1p(mpmath.exp(x)), (-745, 100)),
    ("sechSquared", lambda x: mpmath.sech(x) ** 2, (-372, 372)),
    ("errorFunction", mpmath.erf, (-7, 7)),
    ("complementaryErrorFunction", mpmath.erfc, (-7, 26.5)),
    ("normalDistribution", lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2, (-38, 9)),
    ("normalDensity", mpmath.npdf, (-38, 38)),
    ("sin", mpmath.sin, (-1000, 1000)),
    ("cos", mpmath.cos, (-1000, 1000)),
]


def argument(random, i, interval):
    """A third over the interval, a third within ±4, a third over magnitudes from 2^-30 to 8, either sign."""
    if interval is None:
        exponent = random.integer(-1000, 1000) if i % 2 else random.integer(-2, 1)
        return (1 + random.next()) * 2.0**exponent
    if interval == (0, 1):
        return (1 + random.next()) * 2.0 ** random.integer(-40, -1)
    if i % 3 == 0:
        return random.between(*interval)
    if i % 3 == 1:
        return random.between(-4, 4)
    sign = -1 if random.next() < 0.5 else 1
    return sign * (1 + random.next()) * 2.0 ** random.integer(-30, 2)


def nearest(y):
    """The float64 nearest to y; mpmath's own conversion rounds subnormal numbers twice."""
    return float(y) if abs(y) >= mpf(2) ** -1022 else float(mpmath.nint(mpmath.ldexp(y, 1074))) * 5e-324


def last_place(y):
    return mpmath.ldexp(1, max(mpmath.frexp(y)[1] - 53, -1074))


def elementary():
    parts = []
    for seed, (_, function, interval) in enumerate(ELEMENTARY, start=1):
        random = Random(seed)
        values, rests = [], []
        for i in range(POINTS):
            x = argument(random, i, interval)
            mp.prec = 1300 if abs(x) > 30 else 300
            exact = function(mpf(x))
            rounded = nearest(exact)
            values.append(rounded)
            rests.append(round(254 * float((exact - mpf(rounded)) / last_place(exact))))
        parts.append(struct.pack(f"<{POINTS}d", *values) + struct.pack(f"{POINTS}b", *rests))
    return b"".join(parts)


# Steps so small that what they neglect, and the precision's own noise, vanishes when rounded to float64.
STEP = mpf(2) ** -300


def flat(outputs):
    return [v for y in outputs.values() for v in y.data]


def derivatives(f, variables):
    """∂f/∂x for every variable by central differences with a step of 2^-300 of its size, and the values of f."""
    columns = []
    for k, x in enumerate(variables):
        h = STEP * max(abs(x), mpf(2) ** -30)
        up, down = (f(variables[:k] + [x + d] + variables[k + 1 :]) for d in (h, -h))
        columns.append([(p - q) / (2 * h) for p, q in zip(up, down)])
    return columns


def operator_case(name, inputs, attributes, random):
    """One call with its golden outputs and gradients, each value followed by the scale of its error."""
    mp.prec = 1800
    function = {**OPERATORS, **LAYERS}[name]
    free = [key for key in inputs if key not in CONSTANT]
    variables = [mpf(v) for key in free for v in inputs[key].data]

    def tensors(values):
        given, at = {key: T(x.shape, map(mpf, x.data)) for key, x in inputs.items()}, 0
        for key in free:
            count = len(inputs[key].data)
            given[key] = T(inputs[key].shape, values[at : at + count])
            at += count
        return given

    forward = lambda values: flat(function(tensors(values), attributes))
    outputs = function(tensors(variables), attributes)
    columns = derivatives(forward, variables)

    def scaled(values, slopes):
        sizes = [sum(abs(x * column[k]) for x, column in zip(variables, slopes)) for k in range(len(values))]
        return [[v, max(abs(v), s)] for v, s in zip(values, sizes)]

    short = lambda pairs: [number for v, scale in pairs for number in (nearest(v), float(f"{float(scale):.2g}"))]
    golden = short(scaled(flat(outputs), columns))
    case = {"operator": name, "attributes": attributes, "outputs": {}, "inputs": {}}
    for key, x in inputs.items():
        case["inputs"][key] = {"shape": x.shape, "data": x.data}
    for key, y in outputs.items():
        count = 2 * len(y.data)
        case["outputs"][key], golden = {"shape": y.shape, "golden": golden[:count]}, golden[count:]
    if name in NOT_DIFFERENTIABLE:
        return case

    g = [round(random.between(-2, 2), 4) for _ in flat(outputs)]
    gradient = lambda slopes: [sum(mpf(u) * s for u, s in zip(g, column)) for column in slopes]
    slopes = gradient(columns)
    second = derivatives(lambda values: gradient(derivatives(forward, values)), variables)
    golden = scaled(slopes, second)
    # The gradient is linear in g: its condition with respect to g counts as well.
    for entry, column in zip(golden, columns):
        entry[1] += sum(abs(mpf(u) * s) for u, s in zip(g, column))
    golden = short(golden)
    case["gradients"], case["inputGradients"] = {}, {}
    for key, y in outputs.items():
        case["gradients"][key], g = g[: len(y.data)], g[len(y.data) :]
    for key in free:
        count = 2 * len(inputs[key].data)
        case["inputGradients"][key], golden = golden[:count], golden[count:]
    return case


def write_cases(path, operator_calls, seed):
    random = Random(seed)
    cases = [operator_case(name, inputs, attributes, random) for name, inputs, attributes in operator_calls(random)]
    with open(path, "w") as file:
        file.write("".join(json.dumps(case, separators=(",", ":")) + "\n" for case in cases))


def write_hashes():
    scripts = ["make_golden.py", "golden_operators.py", "golden_layers.py", "golden_calls.py"]
    names = ["elementary.bin", "operators.jsonl", "layers.jsonl", *scripts]
    with open("golden.sha256", "w") as file:
        for name in names:
            file.write(f"{hashlib.sha256(open(name, 'rb').read()).hexdigest()}  {name}\n")


def main():
    with open("elementary.bin", "wb") as file:
        file.write(elementary())
    write_cases("operators.jsonl", calls, 100)
    write_cases("layers.jsonl", layer_calls, 200)
    write_hashes()


if __name__ == "__main__":
    main()
