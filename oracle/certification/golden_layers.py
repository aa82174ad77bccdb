"""Recurrent networks, attentions, autoencoders, adversarial losses and augmentations as their definitions, and calls of them."""

from mpmath import exp, log, mpf, sqrt, tanh

from golden_operators import T, build, dot, log_softmax, sigma


def affine(weight, bias, x):
    """W·x + b for one vector x; a bias that is not given is 0."""
    O, I = weight.shape
    return [dot(weight.data[o * I : (o + 1) * I], x) + (bias.data[o] if bias else 0) for o in range(O)]


def recurrent(step):
    """Runs step(W·x + b, U·h + c, h, c, H) -> h, c over every sequence."""

    def run(i, a):
        (steps, N, I), H = i["x"].shape, i["weightHidden"].shape[1]
        hidden, cells = {}, []
        for n in range(N):
            h, c = ([i[name][n, j] if name in i else mpf(0) for j in range(H)] for name in ("h0", "c0"))
            for t in range(steps):
                w = affine(i["weightInput"], i.get("biasInput"), [i["x"][t, n, k] for k in range(I)])
                u = affine(i["weightHidden"], i.get("biasHidden"), h)
                h, c = step(w, u, h, c, H, a)
                hidden.update({(t, n, j): h[j] for j in range(H)})
            cells += c
        return {"hidden": build([steps, N, H], lambda *index: hidden[index])}, T([N, H], cells)

    return run


def rnn_step(w, u, h, c, H, a):
    f = {"tanh": tanh, "relu": lambda v: max(v, 0), "identity": lambda v: v}[a["activation"]]
    return [f(p + q) for p, q in zip(w, u)], c


def lstm_step(w, u, h, c, H, a):
    gates = [p + q for p, q in zip(w, u)]
    i, f, g, o = (gates[k * H : (k + 1) * H] for k in range(4))
    c = [sigma(f[j]) * c[j] + sigma(i[j]) * tanh(g[j]) for j in range(H)]
    return [sigma(o[j]) * tanh(c[j]) for j in range(H)], c


def gru_step(w, u, h, c, H, a):
    r, z = ([sigma(w[k * H + j] + u[k * H + j]) for j in range(H)] for k in (0, 1))
    n = [tanh(w[2 * H + j] + r[j] * u[2 * H + j]) for j in range(H)]
    return [(1 - z[j]) * n[j] + z[j] * h[j] for j in range(H)], c


def gruResetBefore(i, a):
    """The cell whole: the candidate's U meets r⊙h, and not the h that `recurrent` hands on as U·h + c."""
    (steps, N, I), H = i["x"].shape, i["weightHidden"].shape[1]
    hidden = {}
    for n in range(N):
        h = [i["h0"][n, j] if "h0" in i else mpf(0) for j in range(H)]
        for t in range(steps):
            w = affine(i["weightInput"], i.get("biasInput"), [i["x"][t, n, k] for k in range(I)])
            u = affine(i["weightHidden"], i.get("biasHidden"), h)
            r, z = ([sigma(w[k * H + j] + u[k * H + j]) for j in range(H)] for k in (0, 1))
            kept = affine(i["weightHidden"], i.get("biasHidden"), [p * q for p, q in zip(r, h)])
            h = [(1 - z[j]) * tanh(w[2 * H + j] + kept[2 * H + j]) + z[j] * h[j] for j in range(H)]
            hidden.update({(t, n, j): h[j] for j in range(H)})
    return {"hidden": build([steps, N, H], lambda *index: hidden[index])}


def lstm(i, a):
    outputs, cell = recurrent(lstm_step)(i, a)
    return {**outputs, "cell": cell}


def weighted(logits, values):
    """Softmax over the keys that have a logit, and the mean of the values."""
    present = [s for s, logit in enumerate(logits) if logit is not None]
    weights = [mpf(0)] * len(logits)
    for s, log_weight in zip(present, log_softmax([logits[s] for s in present])):
        weights[s] = exp(log_weight)
    return weights, [dot(weights, column) for column in zip(*values)]


def matrix(x):
    width = x.shape[-1]
    return [x.data[r : r + width] for r in range(0, len(x.data), width)]


def scaledDotProductAttention(i, a):
    q, k, v = (matrix(i[name]) for name in ("query", "key", "value"))
    scale = mpf(a["scale"]) if "scale" in a else 1 / sqrt(mpf(len(q[0])))
    allowed = lambda t, s: not (a.get("causal") and s > t) and ("mask" not in i or i["mask"][t, s] == 1)
    answers = [
        weighted([scale * dot(q[t], k[s]) if allowed(t, s) else None for s in range(len(k))], v) for t in range(len(q))
    ]
    weights, output = zip(*answers)
    return {
        "output": T([len(q), len(v[0])], sum(output, [])),
        "weights": T([len(q), len(k)], sum(weights, [])),
    }


def luongAttention(i, a):
    score = a["score"]
    N, S, E = i["encoder"].shape
    contexts, weights = [], []
    for n, d in enumerate(matrix(i["decoder"])):
        encoder = matrix(i["encoder"])[n * S : (n + 1) * S]
        if score == "general":
            d = [dot(d, column) for column in zip(*matrix(i["weight"]))]
        if score == "concat":
            logits = [dot(i["vector"].data, map(tanh, affine(i["weight"], None, d + e))) for e in encoder]
        else:
            logits = [dot(d, e) for e in encoder]
        w, context = weighted(logits, encoder)
        weights += w
        contexts += context
    return {"context": T([N, E], contexts), "weights": T([N, S], weights)}


def quadraticAttention(i, a):
    keys, values, result = matrix(i["key"]), matrix(i["value"]), []
    for q in matrix(i["query"]):
        squares = [dot(q, k) ** 2 for k in keys]
        result += [dot(squares, column) / sum(squares) for column in zip(*values)]
    return {"output": T([i["query"].shape[0], i["value"].shape[1]], result)}


def linearAutoencoder(i, a):
    encoder, decoder = matrix(i["encoder"]), matrix(i["decoder"])
    error = mpf(0)
    for x in zip(*matrix(i["x"])):
        code = [dot(row, x) for row in encoder]
        error += sum((dot(row, code) - v) ** 2 for row, v in zip(decoder, x))
    penalty = sum(w**2 for w in i["encoder"].data + i["decoder"].data)
    return {"loss": T([], [error / i["x"].shape[1] + mpf(a.get("lambda", 0)) * penalty])}


def recursiveAutoencoder(i, a):
    N = i["left"].shape[0]
    parents, reconstructions, all_logits, loss = [], [], [], mpf(0)
    for left, right, target in zip(matrix(i["left"]), matrix(i["right"]), i["target"].data):
        x = left + right
        parent = [max(v, 0) for v in affine(i["weight1"], i["bias1"], x)]
        again = affine(i["weight2"], i["bias2"], parent)
        logits = affine(i["weight3"], i["bias3"], parent)
        loss += (sum((p - q) ** 2 for p, q in zip(again, x)) / 2 - log_softmax(logits)[int(target)]) / N
        parents, reconstructions, all_logits = parents + parent, reconstructions + again, all_logits + logits
    shaped = lambda data: T([N, len(data) // N], data)
    return {
        "parent": shaped(parents),
        "reconstruction": shaped(reconstructions),
        "logits": shaped(all_logits),
        "loss": T([], [loss]),
    }


def mean(values):
    return sum(values) / len(values)


def discriminatorLoss(i, a):
    return {"loss": T([], [-mean([log(sigma(v)) for v in i["real"].data]) - mean([log(sigma(-v)) for v in i["fake"].data])])}


def generatorLoss(i, a):
    if a["kind"] == "minimax":
        return {"loss": T([], [mean([log(sigma(-v)) for v in i["fake"].data])])}
    return {"loss": T([], [-mean([log(sigma(v)) for v in i["fake"].data])])}


def gaussianBlur(i, a):
    (N, C, H, W), r, sigma_ = i["image"].shape, a["radius"], mpf(a["sigma"])
    weights = {p: exp(-(mpf(p) ** 2) / (2 * sigma_**2)) for p in range(-r, r + 1)}
    total = sum(weights.values())
    reflect = lambda p, length: -p if p < 0 else p if p < length else 2 * length - 2 - p
    entry = lambda n, c, y, x: sum(
        weights[p] * weights[q] / total**2 * i["image"][n, c, reflect(y + p, H), reflect(x + q, W)]
        for p in weights
        for q in weights
    )
    return {"y": build([N, C, H, W], entry)}


def resize(i, a):
    N, C, H, W = i["image"].shape

    def neighbours(position, size, length):
        place = min(max((mpf(position) + mpf(1) / 2) * length / size - mpf(1) / 2, 0), length - 1)
        low = int(place)
        return [(low, 1 - (place - low)), (min(low + 1, length - 1), place - low)]

    entry = lambda n, c, y, x: sum(
        p * q * i["image"][n, c, row, column]
        for row, p in neighbours(y, a["height"], H)
        for column, q in neighbours(x, a["width"], W)
    )
    return {"y": build([N, C, a["height"], a["width"]], entry)}


LAYERS = {
    "rnn": lambda i, a: recurrent(rnn_step)(i, a)[0],
    "lstm": lstm,
    "gru": lambda i, a: recurrent(gru_step)(i, a)[0],
    "gruResetBefore": gruResetBefore,
    "scaledDotProductAttention": scaledDotProductAttention,
    "luongAttention": luongAttention,
    "quadraticAttention": quadraticAttention,
    "linearAutoencoder": linearAutoencoder,
    "recursiveAutoencoder": recursiveAutoencoder,
    "discriminatorLoss": discriminatorLoss,
    "generatorLoss": generatorLoss,
    "gaussianBlur": gaussianBlur,
    "resize": resize,
}


def layer_calls(random):
    """Random calls of every operator of LAYERS, small."""

    def tensor(*shape, scale=2):
        size = 1
        for length in shape:
            size *= length
        return T(shape, [random.between(-scale, scale) for _ in range(size)])

    def some(inputs, *names):
        return {name: x for name, x in inputs.items() if name not in names or random.next() < 0.5}

    def network(gates, H):
        inputs = {"x": tensor(2, 1, 2, scale=random.pick(1, 1, 20)), "h0": tensor(1, H), "c0": tensor(1, H)}
        inputs.update({"weightInput": tensor(gates * H, 2), "weightHidden": tensor(gates * H, H)})
        inputs.update({"biasInput": tensor(gates * H), "biasHidden": tensor(gates * H)})
        if gates != 4:
            del inputs["c0"]
        return some(inputs, "h0", "c0", "biasInput", "biasHidden")

    for _ in range(4):
        yield "rnn", network(1, 2), {"activation": random.pick("tanh", "relu", "identity")}
        yield "lstm", network(4, 1), {}
        yield "gru", network(3, 1), {}
    for _ in range(10):
        size = random.pick(1, 1, 20)
        # Two keys at least for every query: with one the gradients are 0, and differences in any precision are not quite.
        inputs = {"query": tensor(2, 2, scale=size), "key": tensor(3, 2, scale=size), "value": tensor(3, 2)}
        mask = T([2, 3], [1, 1, random.integer(0, 1), random.integer(0, 1), 1, 1])
        yield "scaledDotProductAttention", some({**inputs, "mask": mask}, "mask"), {}
        score = random.pick("dot", "general", "concat")
        inputs = {"decoder": tensor(1, 2), "encoder": tensor(1, 3, 2)}
        if score != "dot":
            inputs["weight"] = tensor(2, 2 if score == "general" else 4)
        if score == "concat":
            inputs["vector"] = tensor(2)
        yield "luongAttention", inputs, {"score": score}
        inputs = {"query": tensor(2, 2), "key": tensor(random.integer(2, 3), 2)}
        inputs["value"] = tensor(inputs["key"].shape[0], 2)
        yield "quadraticAttention", inputs, {}
        size = random.pick(1, 30, 200)
        yield "discriminatorLoss", {"real": tensor(2, scale=size), "fake": tensor(2, scale=size)}, {}
        yield "generatorLoss", {"fake": tensor(3, scale=size)}, {"kind": random.pick("nonSaturating", "minimax")}
    for _ in range(4):
        yield "linearAutoencoder", {"x": tensor(2, 3), "encoder": tensor(1, 2), "decoder": tensor(2, 1)}, {"lambda": random.next()}
        inputs = {"left": tensor(2, 1), "right": tensor(2, 1), "target": T([2], [0, random.integer(0, 1)])}
        inputs.update({"weight1": tensor(2, 2), "bias1": tensor(2), "weight2": tensor(2, 2), "bias2": tensor(2)})
        yield "recursiveAutoencoder", {**inputs, "weight3": tensor(2, 2), "bias3": tensor(2)}, {}
        yield "gaussianBlur", {"image": tensor(1, 1, 3, 4)}, {"sigma": random.between(0.3, 2), "radius": random.integer(0, 2)}
        yield "resize", {"image": tensor(1, 1, 3, 2)}, {"height": random.integer(1, 6), "width": random.integer(1, 5)}
    for H in (1, 2, 1, 2):
        # A small x: of a state and a candidate that are both next to 1, float64 keeps no digits for their difference.
        yield "gruResetBefore", {**network(3, H), "x": tensor(2, 1, 2, scale=1)}, {}
