"""Compares the oracle's answers to the calls in a JSON file with PyTorch's, in float64, forward and backward.

usage: python3 compare.py cases.json

Every operator below is written with PyTorch's own functions; gradients come from autograd. An entry may differ by 1e-12 of
the largest magnitude in its tensor; in a gradient by 1e-13 of the largest in the call's gradients as well, for where the exact
gradient is 0 (the key's bias in an attention) both answers are what rounding leaves of larger terms.
"""

import json
import sys

import torch
import torch.nn.functional as F

LIMIT = 1e-12
OPERATORS = {}


def operator(function):
    """Registers a function (inputs by name, attributes by name) -> outputs by name under its operator's name."""
    OPERATORS[function.__name__] = function
    return function


def activation(name, function):
    OPERATORS[name] = lambda i, a: {"y": function(i["x"], a)}


activation("leakyRelu", lambda x, a: F.leaky_relu(x, a.get("negativeSlope", 0.01)))
activation("gelu", lambda x, a: F.gelu(x, approximate=a.get("approximate", "none")))
activation("softmax", lambda x, a: F.softmax(x, a.get("axis", -1)))
activation("logSoftmax", lambda x, a: F.log_softmax(x, a.get("axis", -1)))
activation("relu", lambda x, a: F.relu(x))
activation("sigmoid", lambda x, a: torch.sigmoid(x))
activation("tanh", lambda x, a: torch.tanh(x))


@operator
def matmul(i, a):
    return {"y": i["a"] @ i["b"]}


@operator
def linear(i, a):
    return {"y": F.linear(i["x"], i["weight"], i.get("bias"))}


@operator
def squaredError(i, a):
    loss = F.mse_loss(i["prediction"], i["target"], reduction=a.get("reduction", "mean"))
    return {"loss": a.get("factor", 1) * loss}


@operator
def weightPenalty(i, a):
    """lambda·Σ|w|, or lambda·Σ w²."""
    norm = torch.linalg.vector_norm(i["weight"], a.get("norm", 1))
    return {"loss": a["lambda"] * (norm**2 if a.get("norm", 1) == 2 else norm)}


@operator
def maxPool2d(i, a):
    return {"y": F.max_pool2d(i["x"], a["kernel"], a.get("stride"), a.get("padding", 0))}


@operator
def meanOverTime(i, a):
    """The mean of the packed sequences' steps."""
    x = i["x"]
    lengths = i.get("lengths", torch.full([x.shape[1]], len(x)))
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    steps, counts = torch.nn.utils.rnn.pad_packed_sequence(packed)
    return {"y": steps.sum(0) / counts[:, None]}


@operator
def dropout(i, a):
    """PyTorch draws its own mask; given one, what is kept is divided by 1 - p."""
    return {"y": i["x"] * i["mask"].detach() / (1 - a["p"])}


@operator
def oneHot(i, a):
    return {"y": F.one_hot(i["ids"], a["classes"]).double()}


@operator
def embedding(i, a):
    return {"y": F.embedding(i["ids"], i["table"])}


@operator
def contrastiveLoss(i, a):
    distance = torch.linalg.vector_norm(i["a"] - i["b"], dim=-1)
    same = i["same"].bool()
    items = torch.where(same, distance**2, F.relu(a.get("margin", 1) - distance) ** 2)
    by = a.get("reduction", "mean")
    return {"loss": items if by == "none" else items.sum() if by == "sum" else items.mean()}


@operator
def momentumUpdate(i, a):
    return {"y": torch.lerp(i["online"].detach(), i["target"].detach(), a.get("momentum", 0.999))}


@operator
def sgd(i, a):
    """torch.optim.SGD from the given state: one step."""
    parameter = torch.nn.Parameter(i["parameter"].detach().clone())
    parameter.grad = i["gradient"].detach().clone()
    momentum = a.get("momentum", 0)
    optimizer = torch.optim.SGD(
        [parameter], lr=a["learningRate"], momentum=momentum, weight_decay=a.get("weightDecay", 0)
    )
    velocity = i.get("velocity", torch.zeros_like(parameter)).detach().clone()
    optimizer.state[parameter] = {"momentum_buffer": velocity}
    optimizer.step()
    if momentum == 0:
        velocity = i["gradient"].detach() + a.get("weightDecay", 0) * i["parameter"].detach()
    return {"parameter": parameter, "velocity": velocity}


@operator
def crossEntropy(i, a):
    return {
        "loss": F.cross_entropy(
            i["logits"], i["target"], label_smoothing=a.get("labelSmoothing", 0), reduction=a.get("reduction", "mean")
        )
    }


@operator
def binaryCrossEntropy(i, a):
    reduction = a.get("reduction", "mean")
    return {"loss": F.binary_cross_entropy_with_logits(i["logits"], i["target"].detach(), reduction=reduction)}


def convolution(a):
    return {name: a.get(name, default) for name, default in (("stride", 1), ("padding", 0), ("dilation", 1), ("groups", 1))}


@operator
def conv1d(i, a):
    return {"y": F.conv1d(i["x"], i["weight"], i.get("bias"), **convolution(a))}


@operator
def conv2d(i, a):
    return {"y": F.conv2d(i["x"], i["weight"], i.get("bias"), **convolution(a))}


@operator
def depthwiseSeparableConv2d(i, a):
    between = F.conv2d(
        i["x"], i["depthwise"], stride=a.get("stride", 1), padding=a.get("padding", 0), groups=i["x"].shape[1]
    )
    return {"y": F.conv2d(between, i["pointwise"], i.get("bias"))}


@operator
def avgPool2d(i, a):
    return {
        "y": F.avg_pool2d(
            i["x"], a["kernel"], a.get("stride"), a.get("padding", 0), count_include_pad=a.get("countIncludePad", True)
        )
    }


@operator
def adaptiveAvgPool2d(i, a):
    return {"y": F.adaptive_avg_pool2d(i["x"], a["output"])}


@operator
def layerNorm(i, a):
    x = i["x"]
    return {"y": F.layer_norm(x, x.shape[-1:], i.get("gain"), i.get("bias"), a.get("epsilon", 1e-5))}


@operator
def batchNorm(i, a):
    """Written out where statistics are given: PyTorch's own treats them as constants."""
    epsilon = a.get("epsilon", 1e-5)
    if a.get("training", True):
        return {"y": F.batch_norm(i["x"], None, None, i.get("gain"), i.get("bias"), True, 0.1, epsilon)}
    by_channel = lambda v: v.reshape([1, -1] + [1] * (i["x"].dim() - 2))
    y = (i["x"] - by_channel(i["mean"])) / torch.sqrt(by_channel(i["variance"]) + epsilon)
    y = y * by_channel(i["gain"]) if "gain" in i else y
    y = y + by_channel(i["bias"]) if "bias" in i else y
    plain = F.batch_norm(i["x"], i["mean"].detach(), i["variance"].detach(), i.get("gain"), i.get("bias"), False, 0, epsilon)
    assert torch.allclose(y, plain, rtol=1e-12, atol=1e-12)
    return {"y": y}


@operator
def localResponseNorm(i, a):
    return {
        "y": F.local_response_norm(
            i["x"], a.get("size", 5), alpha=a.get("alpha", 1e-4), beta=a.get("beta", 0.75), k=a.get("k", 2)
        )
    }


@operator
def patchEmbedding(i, a):
    P = a["patch"]
    weight = i["weight"].reshape(-1, i["image"].shape[1], P, P)
    return {"y": F.conv2d(i["image"], weight, i.get("bias"), stride=P).flatten(2).transpose(1, 2)}


@operator
def cosineSimilarity(i, a):
    return {"y": F.cosine_similarity(i["a"], i["b"], dim=-1, eps=a.get("epsilon", 1e-8))}


@operator
def negativeSampling(i, a):
    positive = F.logsigmoid((i["center"] * i["positive"]).sum(-1))
    negative = F.logsigmoid(-torch.einsum("nd,nkd->nk", i["center"], i["negatives"])).sum(-1)
    return {"loss": -(positive + negative).mean()}


@operator
def infoNce(i, a):
    query, key = i["query"], i["key"]
    if a.get("normalize", True):
        query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)
    logits = query @ key.T / a.get("temperature", 0.07)
    return {"loss": F.cross_entropy(logits, torch.arange(len(logits)))}


@operator
def ntXent(i, a):
    z = F.normalize(i["z"], dim=-1)
    rows = len(z)
    logits = (z @ z.T / a.get("temperature", 0.5)).masked_fill(torch.eye(rows, dtype=torch.bool), -torch.inf)
    return {"loss": F.cross_entropy(logits, (torch.arange(rows) + rows // 2) % rows)}


@operator
def adam(i, a):
    """torch.optim.Adam from the given state: one step."""
    parameter = torch.nn.Parameter(i["parameter"].detach().clone())
    parameter.grad = i["gradient"].detach().clone()
    betas = (a.get("beta1", 0.9), a.get("beta2", 0.999))
    optimizer = torch.optim.Adam([parameter], lr=a.get("learningRate", 1e-3), betas=betas, eps=a.get("epsilon", 1e-8))
    mean, variance = i["mean"].detach().clone(), i["variance"].detach().clone()
    optimizer.state[parameter] = {"step": torch.tensor(float(a["step"] - 1)), "exp_avg": mean, "exp_avg_sq": variance}
    optimizer.step()
    return {"parameter": parameter, "mean": mean, "variance": variance}


def sequence(function, i, *more):
    """One of PyTorch's recurrent functions with the call's weights; a bias or state that is not given is 0."""
    rows, H = i["weightHidden"].shape
    zeros = lambda *shape: torch.zeros(*shape, dtype=torch.float64)
    biases = [i[name] if name in i else zeros(rows) for name in ("biasInput", "biasHidden")]
    states = [i[name][None] if name in i else zeros(1, i["x"].shape[1], H) for name in ("h0", *more)]
    state = states if more else states[0]
    return function(i["x"], state, [i["weightInput"], i["weightHidden"], *biases], True, 1, 0.0, True, False, False)


@operator
def rnn(i, a):
    """PyTorch knows no identity: that one is written out."""
    activation = a.get("activation", "tanh")
    if activation != "identity":
        return {"hidden": sequence(torch.rnn_relu if activation == "relu" else torch.rnn_tanh, i)[0]}
    h, steps = i.get("h0", torch.zeros(i["x"].shape[1], len(i["weightHidden"]), dtype=torch.float64)), []
    for x in i["x"]:
        h = F.linear(x, i["weightInput"], i.get("biasInput")) + F.linear(h, i["weightHidden"], i.get("biasHidden"))
        steps.append(h)
    return {"hidden": torch.stack(steps)}


@operator
def lstm(i, a):
    hidden, _, cell = sequence(torch.lstm, i, "c0")
    return {"hidden": hidden, "cell": cell[0]}


@operator
def gru(i, a):
    return {"hidden": sequence(torch.gru, i)[0]}


@operator
def scaledDotProductAttention(i, a):
    T, S, D = i["query"].shape[-2], i["key"].shape[-2], i["query"].shape[-1]
    allowed = torch.ones(T, S, dtype=torch.bool)
    if "mask" in i:
        allowed &= i["mask"].bool()
    if a.get("causal", False):
        allowed &= torch.ones(T, S, dtype=torch.bool).tril()
    logits = a.get("scale", D**-0.5) * (i["query"] @ i["key"].transpose(-1, -2))
    weights = logits.masked_fill(~allowed, -torch.inf).softmax(-1)
    return {"output": weights @ i["value"], "weights": weights}


def heads_of(i, heads, blocked):
    """PyTorch's own multi-head attention, its three input biases in one vector."""
    E = i["weightQuery"].shape[0]
    nothing = torch.zeros(E, dtype=torch.float64)
    bias = torch.cat([i.get("bias" + name, nothing) for name in ("Query", "Key", "Value")])
    query, key, value = (i[name].transpose(0, 1) for name in ("query", "key", "value"))
    output, weights = F.multi_head_attention_forward(
        query, key, value, E, heads, None, bias, None, None, False, 0.0, i["weightOutput"], i.get("biasOutput"),
        attn_mask=blocked, use_separate_proj_weight=True, q_proj_weight=i["weightQuery"], k_proj_weight=i["weightKey"],
        v_proj_weight=i["weightValue"], average_attn_weights=False,
    )  # fmt: skip
    return output.transpose(0, 1), weights


@operator
def multiHeadAttention(i, a):
    blocked = torch.zeros(i["query"].shape[1], i["key"].shape[1], dtype=torch.bool)
    if "mask" in i:
        blocked |= ~i["mask"].bool()
    if a.get("causal", False):
        blocked |= torch.ones_like(blocked).triu(1)
    output, weights = heads_of(i, a["heads"], blocked)
    return {"output": output, "weights": weights}


@operator
def luongAttention(i, a):
    decoder, encoder = i["decoder"], i["encoder"]
    score = a.get("score", "dot")
    if score == "dot":
        logits = torch.einsum("nd,nsd->ns", decoder, encoder)
    elif score == "general":
        logits = torch.einsum("nd,de,nse->ns", decoder, i["weight"], encoder)
    else:
        both = torch.cat([decoder[:, None].expand(-1, encoder.shape[1], -1), encoder], -1)
        logits = torch.tanh(both @ i["weight"].T) @ i["vector"]
    weights = logits.softmax(-1)
    return {"context": torch.einsum("ns,nse->ne", weights, encoder), "weights": weights}


@operator
def quadraticAttention(i, a):
    squares = (i["query"] @ i["key"].T) ** 2
    return {"output": squares / squares.sum(-1, keepdim=True) @ i["value"]}


@operator
def feedForward(i, a):
    return {"y": F.linear(F.relu(F.linear(i["x"], i["weight1"], i["bias1"])), i["weight2"], i["bias2"])}


def part(i, name):
    return {key[len(name) + 1 :]: value for key, value in i.items() if key.startswith(name + ".")}


def norm(x, i, name, a):
    return F.layer_norm(x, x.shape[-1:], i[name + ".gain"], i[name + ".bias"], a.get("epsilon", 1e-5))


@operator
def encoderLayer(i, a):
    x = i["x"]
    blocked = ~i["mask"].bool() if "mask" in i else None
    attended, _ = heads_of({"query": x, "key": x, "value": x, **part(i, "attention")}, a["heads"], blocked)
    x = norm(x + attended, i, "norm1", a)
    return {"y": norm(x + feedForward({"x": x, **part(i, "feedForward")}, {})["y"], i, "norm2", a)}


@operator
def decoderLayer(i, a):
    x, memory = i["x"], i["memory"]
    later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
    attended, _ = heads_of({"query": x, "key": x, "value": x, **part(i, "selfAttention")}, a["heads"], later)
    x = norm(x + attended, i, "norm1", a)
    recalled, _ = heads_of({"query": x, "key": memory, "value": memory, **part(i, "crossAttention")}, a["heads"], None)
    x = norm(x + recalled, i, "norm2", a)
    return {"y": norm(x + feedForward({"x": x, **part(i, "feedForward")}, {})["y"], i, "norm3", a)}


@operator
def linearAutoencoder(i, a):
    x, encoder, decoder = i["x"], i["encoder"], i["decoder"]
    error = torch.linalg.norm(x - decoder @ encoder @ x) ** 2 / x.shape[1]
    return {"loss": error + a.get("lambda", 0) * (encoder.square().sum() + decoder.square().sum())}


@operator
def recursiveAutoencoder(i, a):
    x = torch.cat([i["left"], i["right"]], 1)
    parent = F.relu(F.linear(x, i["weight1"], i["bias1"]))
    again = F.linear(parent, i["weight2"], i["bias2"])
    logits = F.linear(parent, i["weight3"], i["bias3"])
    loss = F.mse_loss(again, x, reduction="sum") / 2 / len(x) + F.cross_entropy(logits, i["target"])
    return {"parent": parent, "reconstruction": again, "logits": logits, "loss": loss}


@operator
def discriminatorLoss(i, a):
    return {"loss": -F.logsigmoid(i["real"]).mean() - F.logsigmoid(-i["fake"]).mean()}


@operator
def generatorLoss(i, a):
    minimax = a.get("kind", "nonSaturating") == "minimax"
    return {"loss": F.logsigmoid(-i["fake"]).mean() if minimax else -F.logsigmoid(i["fake"]).mean()}


@operator
def horizontalFlip(i, a):
    return {"y": i["image"].flip(-1)}


@operator
def gaussianBlur(i, a):
    """Reflection padding, then one convolution with the outer product of the weights."""
    radius, C = a["radius"], i["image"].shape[1]
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64)
    weights = torch.exp(-(offsets**2) / (2 * a["sigma"] ** 2))
    kernel = torch.outer(weights, weights) / weights.sum() ** 2
    padded = F.pad(i["image"], [radius] * 4, mode="reflect")
    return {"y": F.conv2d(padded, kernel.expand(C, 1, -1, -1), groups=C)}


@operator
def adjustColor(i, a):
    return {"y": i["scale"][:, None, None] * i["image"] + i["shift"][:, None, None]}


@operator
def crop(i, a):
    top, left = a["top"], a["left"]
    return {"y": i["image"][:, :, top : top + a["height"], left : left + a["width"]]}


@operator
def resize(i, a):
    return {"y": F.interpolate(i["image"], (a["height"], a["width"]), mode="bilinear", align_corners=False)}


def read(wire):
    number = torch.int64 if wire.get("type") == "int" else torch.float64
    return torch.tensor([float(v) for v in wire["data"]], dtype=torch.float64).to(number).reshape(wire["shape"])


def deviation(ours, theirs, least_scale=0.0):
    assert list(ours.shape) == list(theirs.shape), f"shape {list(ours.shape)}, PyTorch's is {list(theirs.shape)}"
    scale = max(theirs.abs().max().item(), least_scale)
    if torch.equal(ours, theirs):
        return 0.0
    relative = (ours - theirs).abs().max().item() / max(scale, 1e-300)
    return relative if relative < float("inf") else float("inf")


def compare(case):
    """The largest deviation of a case, and the tensor that has it."""
    inputs = {name: read(wire) for name, wire in case["inputs"].items()}
    for x in inputs.values():
        if x.is_floating_point():
            x.requires_grad_()
    outputs = OPERATORS[case["operator"]](inputs, case["attributes"])
    found = [(deviation(read(wire), outputs[name].detach()), name) for name, wire in case["outputs"].items()]
    if "inputGradients" in case:
        wanted = list(case["inputGradients"])
        given = [read(case["gradients"][name]) for name in outputs]
        theirs = torch.autograd.grad(list(outputs.values()), [inputs[name] for name in wanted], given, allow_unused=True)
        theirs = [torch.zeros_like(inputs[name]) if g is None else g for name, g in zip(wanted, theirs)]
        least_scale = 0.1 * max(gradient.abs().max().item() for gradient in theirs)
        for name, gradient in zip(wanted, theirs):
            ours = read(case["inputGradients"][name])
            found.append((deviation(ours, gradient, least_scale), "gradient of " + name))
    return max(found)


def main():
    worst, count, failed = {}, {}, 0
    for case in json.load(open(sys.argv[1])):
        name = case["operator"]
        try:
            result = compare(case)
        except (AssertionError, RuntimeError, KeyError) as error:
            result = (float("inf"), repr(error))
        count[name] = count.get(name, 0) + 1
        worst[name] = max(worst.get(name, (0.0, "")), result)
        if result[0] > LIMIT:
            failed += 1
    for name in worst:
        print(f"{name:28} {count[name]:4} calls, largest deviation {worst[name][0]:.1e} {worst[name][1]}")
    print(f"{sum(count.values())} calls, {failed} beyond {LIMIT}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
