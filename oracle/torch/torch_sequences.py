"""Recurrent networks, attentions and the transformer's layers, added to the operators of torch_operators.py."""

import torch
import torch.nn.functional as F

from torch_operators import OPERATORS, operator

__all__ = ["OPERATORS"]


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
def gruResetBefore(i, a):
    """PyTorch has the reset gate behind the matrix only: this one is written out."""
    h = i.get("h0", torch.zeros(i["x"].shape[1], i["weightHidden"].shape[1], dtype=torch.float64))
    U, c = i["weightHidden"].chunk(3), i["biasHidden"].chunk(3) if "biasHidden" in i else [None] * 3
    steps = []
    for x in i["x"]:
        r, z, n = F.linear(x, i["weightInput"], i.get("biasInput")).chunk(3, -1)
        r, z = torch.sigmoid(r + F.linear(h, U[0], c[0])), torch.sigmoid(z + F.linear(h, U[1], c[1]))
        h = (1 - z) * torch.tanh(n + F.linear(r * h, U[2], c[2])) + z * h
        steps.append(h)
    return {"hidden": torch.stack(steps)}


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
