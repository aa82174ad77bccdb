"""The operators of the contract as their textbook definitions, in arbitrary precision.

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
