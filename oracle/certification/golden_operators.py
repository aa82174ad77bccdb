"""The operators of the contract as their textbook definitions, in arbitrary precision, and random calls of them.

A tensor is (shape, flat list); an operator takes tensors by name and attributes by name, and answers alike. The formulas are
meant to be checked against the papers by eye: nothing is stabilised, the precision pays for that.
"""

from itertools import product

from mpmath import cos, erf, exp, log, mpf, pi, sin, sqrt, tanh


def strides(shape):
    steps, step = [], 1
    for length in reversed(shape):
        steps.insert(0, step)
        step *= length
    return steps


class T:
    """A tensor: x[i, j] reads an element, `like` makes a tensor of the same shape."""

    def __init__(self, shape, data):
        self.shape, self.data, self.steps = list(shape), list(data), strides(shape)

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        return self.data[sum(i * s for i, s in zip(index, self.steps))]

    def like(self, data):
        return T(self.shape, data)


def build(shape, f):
    return T(shape, [f(*index) for index in product(*map(range, shape))])


def rows(x):
    D = x.shape[-1]
    return [x.data[i : i + D] for i in range(0, len(x.data), D)]


def dot(a, b):
    return sum((p * q for p, q in zip(a, b)), mpf(0))


def norm(a):
    return sqrt(dot(a, a))


def sigma(x):
    return 1 / (1 + exp(-x))


def log_softmax(z):
    total = log(sum(exp(v) for v in z))
    return [v - total for v in z]


def reduced(items, shape, a):
    by = a.get("reduction", "mean")
    if by == "none":
        return {"loss": T(shape, items)}
    return {"loss": T([], [sum(items) / (len(items) if by == "mean" else 1)])}


def elementwise(f):
    return lambda i, a: {"y": i["x"].like([f(x, a) for x in i["x"].data])}


def gelu(x, a):
    if a.get("approximate", "none") == "none":
        return x * (1 + erf(x / sqrt(mpf(2)))) / 2
    return x * (1 + tanh(sqrt(2 / pi) * (x + mpf(0.044715) * x**3))) / 2


def softmax(i, a):
    return {"y": i["x"].like([exp(v) for row in rows(i["x"]) for v in log_softmax(row)])}


def crossEntropy(i, a):
    s, C = mpf(a.get("labelSmoothing", 0)), i["logits"].shape[1]
    items = []
    for z, t in zip(rows(i["logits"]), i["target"].data):
        p = log_softmax(z)
        items.append(-(1 - s) * p[int(t)] - s * sum(p) / C)
    return reduced(items, [len(items)], a)


def binaryCrossEntropy(i, a):
    pairs = zip(i["logits"].data, i["target"].data)
    return reduced([-t * log(sigma(z)) - (1 - t) * log(1 - sigma(z)) for z, t in pairs], i["logits"].shape, a)


def conv(x, weight, bias, stride, padding, dilation, groups):
    N, C, H, W = x.shape
    O, depth, KH, KW = weight.shape
    size = lambda d, length, k: (length + 2 * padding[d] - dilation[d] * (k - 1) - 1) // stride[d] + 1

    def entry(n, o, i, j):
        sum_ = bias.data[o] if bias else mpf(0)
        for c, p, q in product(range(depth), range(KH), range(KW)):
            row, column = i * stride[0] + p * dilation[0] - padding[0], j * stride[1] + q * dilation[1] - padding[1]
            if 0 <= row < H and 0 <= column < W:
                sum_ += x[n, o // (O // groups) * depth + c, row, column] * weight[o, c, p, q]
        return sum_

    return build([N, O, size(0, H, KH), size(1, W, KW)], entry)


def conv2d(i, a):
    return {"y": conv(i["x"], i["weight"], i.get("bias"), a["stride"], a["padding"], a["dilation"], a["groups"])}


def conv1d(i, a):
    image = lambda x: T([x.shape[0], x.shape[1], 1, x.shape[2]], x.data)
    y = conv(
        image(i["x"]), image(i["weight"]), i.get("bias"), [1, a["stride"]], [0, a["padding"]], [1, a["dilation"]], a["groups"]
    )
    return {"y": T([y.shape[0], y.shape[1], y.shape[3]], y.data)}


def depthwiseSeparableConv2d(i, a):
    between = conv(i["x"], i["depthwise"], None, a["stride"], a["padding"], [1, 1], i["x"].shape[1])
    return {"y": conv(between, i["pointwise"], i.get("bias"), [1, 1], [0, 0], [1, 1], 1)}


def cell_mean(x, n, c, top, bottom, left, right, divisor=None):
    H, W = x.shape[2:]
    inside = [x[n, c, r, q] for r in range(top, bottom) for q in range(left, right) if 0 <= r < H and 0 <= q < W]
    return sum(inside) / (divisor or len(inside))


def avgPool2d(i, a):
    x, k, s, p = i["x"], a["kernel"], a["stride"], a["padding"]
    N, C, H, W = x.shape
    divisor = k[0] * k[1] if a.get("countIncludePad", True) else None
    size = lambda d, length: (length + 2 * p[d] - k[d]) // s[d] + 1

    def entry(n, c, r, q):
        top, left = r * s[0] - p[0], q * s[1] - p[1]
        return cell_mean(x, n, c, top, top + k[0], left, left + k[1], divisor)

    return {"y": build([N, C, size(0, H), size(1, W)], entry)}


def adaptiveAvgPool2d(i, a):
    x, (h, w) = i["x"], a["output"]
    N, C, H, W = x.shape
    ceil = lambda p, q: -(-p // q)
    return {
        "y": build(
            [N, C, h, w],
            lambda n, c, r, q: cell_mean(x, n, c, r * H // h, ceil((r + 1) * H, h), q * W // w, ceil((q + 1) * W, w)),
        )
    }


def standard(values, epsilon):
    mean = sum(values) / len(values)
    variance = sum((v - mean) ** 2 for v in values) / len(values)
    return [(v - mean) / sqrt(variance + epsilon) for v in values]


def layerNorm(i, a):
    gain, bias = i.get("gain"), i.get("bias")
    scaled = lambda d, v: v * (gain.data[d] if gain else 1) + (bias.data[d] if bias else 0)
    out = [scaled(d, v) for row in rows(i["x"]) for d, v in enumerate(standard(row, mpf(a.get("epsilon", 1e-5))))]
    return {"y": i["x"].like(out)}


def batchNorm(i, a):
    """x[N,C]: what trails is one axis more to average over, and tested elsewhere."""
    x, epsilon = i["x"], mpf(a.get("epsilon", 1e-5))
    N, C = x.shape
    columns = []
    for c in range(C):
        values = [x[n, c] for n in range(N)]
        if a.get("training", True):
            values = standard(values, epsilon)
        else:
            values = [(v - i["mean"].data[c]) / sqrt(i["variance"].data[c] + epsilon) for v in values]
        gain, bias = (i[name].data[c] if name in i else default for name, default in (("gain", 1), ("bias", 0)))
        columns.append([v * gain + bias for v in values])
    return {"y": build([N, C], lambda n, c: columns[c][n])}


def localResponseNorm(i, a):
    x, size = i["x"], a.get("size", 5)
    alpha, beta, k = (mpf(a.get(name, default)) for name, default in (("alpha", 1e-4), ("beta", 0.75), ("k", 2)))

    def entry(n, c, h, w):
        near = range(max(0, c - size // 2), min(x.shape[1], c + size // 2 + 1))
        return x[n, c, h, w] / (k + alpha / size * sum(x[n, d, h, w] ** 2 for d in near)) ** beta

    return {"y": build(x.shape, entry)}


def dropout(i, a):
    return {"y": i["x"].like([x * m / (1 - mpf(a["p"])) for x, m in zip(i["x"].data, i["mask"].data)])}


def positionalEncoding(i, a):
    def entry(t, column):
        angle = t / mpf(10000) ** (mpf(column // 2 * 2) / a["dim"])
        return cos(angle) if column % 2 else sin(angle)

    return {"y": build([a["length"], a["dim"]], entry)}


def patchEmbedding(i, a):
    image, weight, P = i["image"], i["weight"], a["patch"]
    N, C, H, W = image.shape

    def entry(n, patch, d):
        top, left = patch // (W // P) * P, patch % (W // P) * P
        values = [image[n, c, top + r, left + q] for c in range(C) for r in range(P) for q in range(P)]
        return dot(values, rows(weight)[d]) + (i["bias"].data[d] if "bias" in i else 0)

    return {"y": build([N, H // P * (W // P), weight.shape[0]], entry)}


def cosineSimilarity(i, a):
    epsilon = mpf(a.get("epsilon", 1e-8))
    pairs = zip(rows(i["a"]), rows(i["b"]))
    return {"y": T(i["a"].shape[:-1], [dot(p, q) / max(norm(p) * norm(q), epsilon) for p, q in pairs])}


def negativeSampling(i, a):
    N, K, D = i["negatives"].shape
    loss, negatives = mpf(0), rows(i["negatives"])
    for n, (c, p) in enumerate(zip(rows(i["center"]), rows(i["positive"]))):
        loss -= log(sigma(dot(c, p))) + sum(log(sigma(-dot(c, negatives[n * K + k]))) for k in range(K))
    return {"loss": T([], [loss / N])}


def contrastiveLoss(i, a):
    margin, items = mpf(a.get("margin", 1)), []
    for p, q, same in zip(rows(i["a"]), rows(i["b"]), i["same"].data):
        d = norm([u - v for u, v in zip(p, q)])
        items.append(d**2 if same == 1 else max(mpf(0), margin - d) ** 2)
    return reduced(items, [len(items)], a)


def unit(row):
    length = max(norm(row), mpf(1e-12))
    return [v / length for v in row]


def infoNce(i, a):
    queries, keys = rows(i["query"]), rows(i["key"])
    if a.get("normalize", True):
        queries, keys = [unit(q) for q in queries], [unit(k) for k in keys]
    temperature = mpf(a.get("temperature", 0.07))
    losses = [-log_softmax([dot(q, k) / temperature for k in keys])[n] for n, q in enumerate(queries)]
    return {"loss": T([], [sum(losses) / len(losses)])}


def ntXent(i, a):
    z, temperature = [unit(row) for row in rows(i["z"])], mpf(a.get("temperature", 0.5))
    N, loss = len(z) // 2, mpf(0)
    for r in range(2 * N):
        scores = {s: exp(dot(z[r], z[s]) / temperature) for s in range(2 * N) if s != r}
        loss -= log(scores[(r + N) % (2 * N)] / sum(scores.values()))
    return {"loss": T([], [loss / (2 * N)])}


def momentumUpdate(i, a):
    m = mpf(a.get("momentum", 0.999))
    return {"y": i["target"].like([m * t + (1 - m) * o for t, o in zip(i["target"].data, i["online"].data)])}


def adam(i, a):
    names = (("beta1", 0.9), ("beta2", 0.999), ("learningRate", 1e-3), ("epsilon", 1e-8))
    beta1, beta2, rate, epsilon = (mpf(a.get(name, default)) for name, default in names)
    m = [beta1 * v + (1 - beta1) * g for v, g in zip(i["mean"].data, i["gradient"].data)]
    v = [beta2 * s + (1 - beta2) * g**2 for s, g in zip(i["variance"].data, i["gradient"].data)]
    step = a["step"]
    p = [
        p - rate * (mean / (1 - beta1**step)) / (sqrt(variance / (1 - beta2**step)) + epsilon)
        for p, mean, variance in zip(i["parameter"].data, m, v)
    ]
    like = i["parameter"].like
    return {"parameter": like(p), "mean": like(m), "variance": like(v)}


OPERATORS = {
    "sigmoid": elementwise(lambda x, a: sigma(x)),
    "tanh": elementwise(lambda x, a: tanh(x)),
    "leakyRelu": elementwise(lambda x, a: x if x > 0 else mpf(a.get("negativeSlope", 0.01)) * x),
    "gelu": elementwise(gelu),
    "softmax": softmax,
    "logSoftmax": lambda i, a: {"y": i["x"].like([v for row in rows(i["x"]) for v in log_softmax(row)])},
    "crossEntropy": crossEntropy,
    "binaryCrossEntropy": binaryCrossEntropy,
    "conv1d": conv1d,
    "conv2d": conv2d,
    "depthwiseSeparableConv2d": depthwiseSeparableConv2d,
    "avgPool2d": avgPool2d,
    "adaptiveAvgPool2d": adaptiveAvgPool2d,
    "layerNorm": layerNorm,
    "batchNorm": batchNorm,
    "localResponseNorm": localResponseNorm,
    "dropout": dropout,
    "positionalEncoding": positionalEncoding,
    "patchEmbedding": patchEmbedding,
    "cosineSimilarity": cosineSimilarity,
    "negativeSampling": negativeSampling,
    "contrastiveLoss": contrastiveLoss,
    "infoNce": infoNce,
    "ntXent": ntXent,
    "momentumUpdate": momentumUpdate,
    "adam": adam,
}
NOT_DIFFERENTIABLE = {"positionalEncoding", "momentumUpdate", "adam"}
CONSTANT = {"target", "mask", "same"}


def calls(random):
    """Random calls of every operator, small, at several scales."""

    def tensor(*shape, scale=2):
        return T(shape, [float(f"{random.between(-scale, scale):.5g}") for _ in range(size(shape))])

    def size(shape):
        total = 1
        for length in shape:
            total *= length
        return total

    def whole(*shape, most):
        return T(shape, [random.integer(0, most) for _ in range(size(shape))])

    def some(inputs, *names):
        return {name: x for name, x in inputs.items() if name not in names or random.next() < 0.5}

    def reduction():
        return {"reduction": random.pick("mean", "sum", "none")}

    def scale():
        return random.pick(1e-6, 0.1, 1, 5, 20)

    x = lambda: {"x": tensor(6, scale=scale())}
    yield from (("sigmoid", x(), {}) for _ in range(12))
    yield from (("tanh", x(), {}) for _ in range(12))
    yield from (("leakyRelu", x(), {"negativeSlope": random.between(0, 2)}) for _ in range(10))
    yield from (("gelu", x(), {"approximate": random.pick("none", "tanh")}) for _ in range(24))
    for name in ("softmax", "logSoftmax"):
        yield from ((name, {"x": tensor(2, random.integer(1, 4), scale=random.pick(1, 30, 200))}, {}) for _ in range(12))
    for _ in range(12):
        N, C = random.integer(1, 3), random.integer(1, 4)
        inputs = {"logits": tensor(N, C, scale=random.pick(1, 30, 200)), "target": whole(N, most=C - 1)}
        yield "crossEntropy", inputs, {"labelSmoothing": random.pick(0, random.next()), **reduction()}
    for _ in range(12):
        targets = T([4], [random.pick(0, 1, random.next()) for _ in range(4)])
        yield "binaryCrossEntropy", {"logits": tensor(4, scale=random.pick(1, 30, 200)), "target": targets}, reduction()
    for _ in range(8):
        groups, O = random.integer(1, 2), random.integer(1, 2)
        a = {"stride": random.integer(1, 2), "padding": random.integer(0, 1), "dilation": random.integer(1, 2), "groups": groups}
        inputs = {"x": tensor(1, groups * 2, 5), "weight": tensor(groups * O, 2, 2), "bias": tensor(groups * O)}
        yield "conv1d", some(inputs, "bias"), a
    for _ in range(8):
        pair = lambda least, most: [random.integer(least, most), random.integer(least, most)]
        groups, O = random.integer(1, 2), random.integer(1, 2)
        a = {"stride": pair(1, 2), "padding": pair(0, 1), "dilation": pair(1, 2), "groups": groups}
        inputs = {"x": tensor(1, groups, 3, 4), "weight": tensor(groups * O, 1, 2, 2), "bias": tensor(groups * O)}
        yield "conv2d", some(inputs, "bias"), a
        inputs = {"x": tensor(1, 2, 3, 3), "depthwise": tensor(2, 1, 2, 2), "pointwise": tensor(O, 2, 1, 1), "bias": tensor(O)}
        yield "depthwiseSeparableConv2d", some(inputs, "bias"), {"stride": pair(1, 2), "padding": pair(0, 1)}
        a = {"kernel": [2, 3], "stride": pair(1, 2), "padding": pair(0, 1), "countIncludePad": random.next() < 0.5}
        yield "avgPool2d", {"x": tensor(1, 2, 3, 4)}, a
        yield "adaptiveAvgPool2d", {"x": tensor(1, 2, 3, 5)}, {"output": [random.integer(1, 3), random.integer(1, 5)]}
        a = {"size": random.pick(1, 3, 5), "alpha": random.next(), "beta": random.between(0, 2), "k": random.between(0.1, 2)}
        yield "localResponseNorm", {"x": tensor(1, 6, 1, 2, scale=random.pick(1, 100))}, a
        a = {"patch": 2}
        yield "patchEmbedding", some({"image": tensor(1, 1, 2, 4), "weight": tensor(2, 4), "bias": tensor(2)}, "bias"), a
        yield "positionalEncoding", {}, {"length": random.pick(5, 40), "dim": random.pick(2, 6, 8)}
    for _ in range(12):
        D, s = random.pick(1, 3, 4, 5), scale()
        offset = random.pick(0, 0, 1e6)
        shifted = T([2, D], [v + offset for v in tensor(2, D, scale=s).data])
        yield "layerNorm", some({"x": shifted, "gain": tensor(D), "bias": tensor(D)}, "gain", "bias"), {
            "epsilon": random.pick(1e-5, 0.1)
        }
        training = random.next() < 0.5
        given = {"mean": tensor(2), "variance": T([2], [random.next() * 4, random.next()])}
        inputs = some({"x": tensor(4, 2, scale=s), "gain": tensor(2), "bias": tensor(2)}, "gain", "bias")
        yield "batchNorm", inputs if training else {**inputs, **given}, {"training": training}
        yield "dropout", {"x": tensor(6), "mask": whole(6, most=1)}, {"p": random.next()}
        s = random.pick(1, 1e-3, 1e3)
        yield "cosineSimilarity", {"a": tensor(2, 3, scale=s), "b": tensor(2, 3)}, {"epsilon": random.pick(1e-8, 0.5)}
        pairs = {"a": tensor(3, 2, scale=0.5), "b": tensor(3, 2, scale=0.5), "same": whole(3, most=1)}
        yield "contrastiveLoss", pairs, {"margin": random.between(0, 2), **reduction()}
        a = {"temperature": random.between(0.05, 1), "normalize": random.next() < 0.5}
        yield "infoNce", {"query": tensor(3, 2), "key": tensor(3, 2)}, a
        yield "ntXent", {"z": tensor(2 * random.integer(1, 2), 3)}, {"temperature": random.between(0.05, 1)}
        s = random.pick(1, 5)
        inputs = {"center": tensor(2, 2, scale=s), "positive": tensor(2, 2, scale=s), "negatives": tensor(2, 2, 2, scale=s)}
        yield "negativeSampling", inputs, {}
        yield "momentumUpdate", {"target": tensor(5), "online": tensor(5)}, {"momentum": random.pick(0, 1, 0.9, 0.999)}
        state = {"parameter": tensor(4), "gradient": tensor(4), "mean": tensor(4), "variance": T([4], [random.next() for _ in range(4)])}
        yield "adam", state, {"step": random.pick(1, 2, 100), "beta1": random.pick(0.9, 0.5), "epsilon": random.pick(1e-8, 0.1)}
    for _ in range(6):
        # Rows of 2, and one entry apart from the others: the gradient there is ε/σ² of its terms.
        s, epsilon = random.pick(0.1, 1, 20, 1e3), random.pick(1e-5, 0.1)
        inputs = {"x": tensor(2, 2, scale=s), "gain": tensor(2), "bias": tensor(2)}
        yield "layerNorm", some(inputs, "gain", "bias"), {"epsilon": epsilon}
        yield "batchNorm", some(inputs, "gain", "bias"), {"training": True, "epsilon": epsilon}
        D = random.integer(3, 5)
        apart = tensor(1, D, scale=random.pick(1e-9, 1e-3))
        apart.data[random.integer(0, D - 1)] += s
        yield "layerNorm", {"x": apart}, {"epsilon": epsilon}
