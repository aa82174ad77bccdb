"""The contract's operators written with PyTorch's own functions: (inputs by name, attributes by name) -> outputs by name."""

import torch
import torch.nn.functional as F

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
