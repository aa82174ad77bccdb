"""Random calls of the operators of golden_operators.py, small, at several scales."""

from golden_operators import T


def calls(random):
    """Yields (operator, inputs, attributes)."""

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
