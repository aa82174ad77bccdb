"""Which calls the contract allows: docs/operators.md as a table, and a check that refuses every other call.

An operator's line holds its inputs, then its attributes. An input is `name[dimensions]`, or `name` where its shape is free but
equal to that of the other free ones; `?` may be left out. After a colon stands what it holds, where that is not any float:
`int`, `mask` (0 and 1) or `float`, and its limits. Attributes are `name:type` with their limits; a type is `int`, `float`,
`pair`, `list`, `bool` or values separated by bars. All attributes are always sent.
"""

import functools
import operator
import re

import numpy as np
from answerkey import Refusal, python_name

REDUCTION = "reduction:mean|sum|none"
WINDOW = "kernel:pair>=1 stride:pair>=1 padding:pair>=0"
PROJECTIONS = (
    "{0}weightQuery[E,E] {0}weightKey[E,E] {0}weightValue[E,E] {0}weightOutput[E,E] "
    "{0}biasQuery[E]? {0}biasKey[E]? {0}biasValue[E]? {0}biasOutput[E]?"
)
NORM = "{0}.gain[E] {0}.bias[E]"
FEED_FORWARD = "{0}weight1[F,E] {0}bias1[F] {0}weight2[E,F] {0}bias2[E]"

OPERATORS = {
    "matmul": ("a[…,M,K] b[…,K,N]", ""),
    "linear": ("x[…,I] weight[O,I] bias[O]?", ""),
    "sigmoid": ("x", ""),
    "tanh": ("x", ""),
    "relu": ("x", ""),
    "leakyRelu": ("x", "negativeSlope:float>=0"),
    "gelu": ("x", "approximate:none|tanh"),
    "softmax": ("x[…,D]", "axis:int"),
    "logSoftmax": ("x[…,D]", "axis:int"),
    "squaredError": ("prediction target", f"factor:float {REDUCTION}"),
    "crossEntropy": ("logits[N,C] target[N]:int>=0<C", f"labelSmoothing:float>=0<=1 {REDUCTION}"),
    "binaryCrossEntropy": ("logits target:float>=0<=1", REDUCTION),
    "weightPenalty": ("weight", "norm:1|2 lambda:float>=0"),
    "conv1d": ("x[N,C,L] weight[O,C/groups,K] bias[O]?", "stride:int>=1 padding:int>=0 dilation:int>=1 groups:int>=1"),
    "conv2d": (
        "x[N,C,H,W] weight[O,C/groups,KH,KW] bias[O]?",
        "stride:pair>=1 padding:pair>=0 dilation:pair>=1 groups:int>=1",
    ),
    "depthwiseSeparableConv2d": (
        "x[N,C,H,W] depthwise[C,1,KH,KW] pointwise[O,C,1,1] bias[O]?",
        "stride:pair>=1 padding:pair>=0",
    ),
    "convOutputSize": ("", "input:list>=1 kernel:list>=1 stride:list>=1 padding:list>=0 dilation:list>=1"),
    "maxPool2d": ("x[N,C,H,W]", WINDOW),
    "avgPool2d": ("x[N,C,H,W]", f"{WINDOW} countIncludePad:bool"),
    "adaptiveAvgPool2d": ("x[N,C,H,W]", "output:pair>=1"),
    "meanOverTime": ("x[T,N,H] lengths[N]?:int>=1<=T", ""),
    "layerNorm": ("x[…,D] gain[D]? bias[D]?", "epsilon:float>0"),
    "batchNorm": ("x[N,C,…] gain[C]? bias[C]? mean[C]? variance[C]?:float>=0", "epsilon:float>0 training:bool"),
    "localResponseNorm": ("x[N,C,H,W]", "size:int>=1 alpha:float>=0 beta:float>=0 k:float>0"),
    "dropout": ("x mask:mask", "p:float>=0<1"),
    "oneHot": ("ids[…]:int>=0<classes", "classes:int>=1"),
    "embedding": ("ids[…]:int>=0<V table[V,D]", ""),
    "positionalEncoding": ("", "length:int>=1 dim:int>=2"),
    "patchEmbedding": ("image[N,C,H,W] weight[D,C·patch·patch] bias[D]?", "patch:int>=1"),
    "cosineSimilarity": ("a[…,D] b[…,D]", "epsilon:float>0"),
    "negativeSampling": ("center[N,D] positive[N,D] negatives[N,K,D]", ""),
    "rnn": (
        "x[T,N,I] h0[N,H]? weightInput[H,I] weightHidden[H,H] biasInput[H]? biasHidden[H]?",
        "activation:tanh|relu|identity",
    ),
    "lstm": (
        "x[T,N,I] h0[N,H]? c0[N,H]? weightInput[4·H,I] weightHidden[4·H,H] biasInput[4·H]? biasHidden[4·H]?",
        "",
    ),
    **dict.fromkeys(
        ["gru", "gruResetBefore"],
        ("x[T,N,I] h0[N,H]? weightInput[3·H,I] weightHidden[3·H,H] biasInput[3·H]? biasHidden[3·H]?", ""),
    ),
    "scaledDotProductAttention": ("query[…,T,D] key[…,S,D] value[…,S,M] mask[T,S]?:mask", "scale:float causal:bool"),
    "multiHeadAttention": (
        f"query[N,T,E] key[N,S,E] value[N,S,E] {PROJECTIONS.format('')} mask[T,S]?:mask",
        "heads:int>=1 causal:bool",
    ),
    "luongAttention": ("decoder[N,D] encoder[N,S,E] weight[A,B]? vector[A]?", "score:dot|general|concat"),
    "quadraticAttention": ("query[T,D] key[S,D] value[S,M]", ""),
    "feedForward": (f"x[…,E] {FEED_FORWARD.format('')}", ""),
    "encoderLayer": (
        f"x[N,T,E] {PROJECTIONS.format('attention.')} {NORM.format('norm1')} {FEED_FORWARD.format('feedForward.')} "
        f"{NORM.format('norm2')} mask[T,T]?:mask",
        "heads:int>=1 epsilon:float>0",
    ),
    "decoderLayer": (
        f"x[N,T,E] memory[N,S,E] {PROJECTIONS.format('selfAttention.')} {NORM.format('norm1')} "
        f"{PROJECTIONS.format('crossAttention.')} {NORM.format('norm2')} {FEED_FORWARD.format('feedForward.')} "
        f"{NORM.format('norm3')}",
        "heads:int>=1 epsilon:float>0",
    ),
    "linearAutoencoder": ("x[M,N] encoder[K,M] decoder[M,K]", "lambda:float>=0"),
    "recursiveAutoencoder": (
        "left[N,D] right[N,D] target[N]:int>=0<C weight1[P,2·D] bias1[P] weight2[2·D,P] bias2[2·D] weight3[C,P] bias3[C]",
        "",
    ),
    "contrastiveLoss": ("a[N,D] b[N,D] same[N]:mask", f"margin:float>=0 {REDUCTION}"),
    "infoNce": ("query[N,D] key[N,D]", "temperature:float>0 normalize:bool"),
    "ntXent": ("z[2·N,D]", "temperature:float>0"),
    "momentumUpdate": ("target online", "momentum:float>=0<=1"),
    "discriminatorLoss": ("real[N] fake[N]", ""),
    "generatorLoss": ("fake[N]", "kind:nonSaturating|minimax"),
    "horizontalFlip": ("image[N,C,H,W]", ""),
    "gaussianBlur": ("image[N,C,H,W]", "sigma:float>0 radius:int>=0"),
    "adjustColor": ("image[N,C,H,W] scale[C] shift[C]", ""),
    "crop": ("image[N,C,H,W]", "top:int>=0 left:int>=0 height:int>=1 width:int>=1"),
    "resize": ("image[N,C,H,W]", "height:int>=1 width:int>=1"),
    "sgd": ("parameter gradient velocity?", "learningRate:float>=0 momentum:float>=0<=1 weightDecay:float>=0"),
    "adam": (
        "parameter gradient mean variance:float>=0",
        "step:int>=1 learningRate:float>=0 beta1:float>=0<1 beta2:float>=0<1 epsilon:float>0",
    ),
    "maskTokens": ("ids[N,T]:int>=0 draws[N,T] actions[N,T] replacements[N,T]:int>=0", "maskId:int>=0 rate:float>=0<=1"),
}

#: Operators without a backward pass.
FORWARD_ONLY = {"convOutputSize", "oneHot", "positionalEncoding", "momentumUpdate", "sgd", "adam", "maskTokens"}

INPUT = re.compile(r"(?P<name>[\w.]+)(\[(?P<dimensions>[^\]]*)\])?(?P<optional>\?)?(:(?P<kind>int|mask|float)(?P<limits>.*))?$")
ATTRIBUTE = re.compile(r"(?P<name>\w+):(?P<type>int|float|pair|list|bool|[\w|]+)(?P<limits>.*)$")
LIMIT = re.compile(r"(>=|<=|>|<)(\w+)")
COMPARISONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


@functools.lru_cache(None)
def inputs_of(name):
    """The declared inputs of an operator, by the names that Python functions have for them."""
    return {python_name(match["name"]): match for match in map(INPUT.match, OPERATORS[name][0].split())}


@functools.lru_cache(None)
def attributes_of(name):
    """The declared attributes of an operator, alike."""
    return {python_name(match["name"]): match for match in map(ATTRIBUTE.match, OPERATORS[name][1].split())}


@functools.lru_cache(None)
def limits_of(text):
    """Comparisons and bounds: `>=0<C` → ((≥, 0), (<, "C"))."""
    return tuple((COMPARISONS[sign], int(bound) if bound.isdigit() else bound) for sign, bound in LIMIT.findall(text or ""))


@functools.lru_cache(None)
def limited_inputs(name):
    """The declared inputs of an operator whose numbers have limits, alike."""
    return {key: match for key, match in inputs_of(name).items() if match["kind"] == "mask" or match["limits"]}


#: Sizes by dimension letter, by the form of a call (shapes and attributes): only numbers are left to be checked in another of it.
_sizes = {}
_FORMS_KEPT = 10_000


def check(name, inputs, attributes):
    """Raises Refusal where a call breaks the contract; inputs (arrays) and attributes by their Python names."""

    def refuse(what):
        raise Refusal(f"{name}: {what}")

    form = (name, tuple((key, x.shape) for key, x in inputs.items()), repr(attributes))
    sizes = _sizes.get(form)
    if sizes is None:
        sizes = _check_form(name, inputs, attributes, refuse)
        if len(_sizes) >= _FORMS_KEPT:
            _sizes.clear()
        _sizes[form] = sizes
    for key, match in limited_inputs(name).items():
        if key in inputs:
            _check_values(key, match, inputs[key], {**sizes, **attributes}, refuse)
    complaint = CONSTRAINTS.get(name, lambda *_: None)(sizes, attributes, inputs)
    if complaint:
        refuse(complaint)


def _check_form(name, inputs, attributes, refuse):
    """Sizes by dimension letter; refuses wrong names, attributes and shapes."""
    declared, settings = inputs_of(name), attributes_of(name)
    for given, known, what in ((inputs, declared, "input"), (attributes, settings, "attribute")):
        for key in given:
            if key not in known:
                refuse(f"unknown {what} {key}; known: {', '.join(known) or 'none'}")
    for key, match in declared.items():
        if key not in inputs and not match["optional"]:
            refuse(f"input {key} is missing")
    for key, match in settings.items():
        if key not in attributes:
            refuse(f"attribute {key} is missing")
        _check_attribute(key, match, attributes[key], refuse)
    shapes = {key: (inputs[key].shape, match["dimensions"]) for key, match in declared.items() if key in inputs}
    return _bind(name, shapes, attributes, refuse)


def _within(value, limits, known):
    return all(np.all(holds(value, known[bound] if isinstance(bound, str) else bound)) for holds, bound in limits_of(limits))


def _check_attribute(key, match, value, refuse):
    kind, limits = match["type"], match["limits"]
    is_number = lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and np.isfinite(v)
    is_whole = lambda v: is_number(v) and v == int(v)
    if kind == "int":
        right = is_whole(value) and _within(value, limits, {})
    elif kind == "float":
        right = is_number(value) and _within(value, limits, {})
    elif kind == "bool":
        right = isinstance(value, bool)
    elif kind in ("pair", "list"):
        right = isinstance(value, list) and len(value) > 0 and (kind == "list" or len(value) == 2)
        right = right and all(is_whole(entry) and _within(entry, limits, {}) for entry in value)
    else:
        right = not isinstance(value, bool) and str(value) in kind.split("|")
    if not right:
        refuse(f"attribute {key} is {value!r}; it should be {kind}{limits or ''}")


def _check_values(key, match, x, known, refuse):
    if match["kind"] == "mask" and not np.isin(x, (0, 1)).all():
        refuse(f"{key} should hold 0 and 1 only")
    if not _within(x, match["limits"], known):
        refuse(f"{key} should hold numbers {match['limits']}")


def _bind(name, given, attributes, refuse):
    """Sizes by dimension letter; refuses wrong ranks and dimensions that disagree."""
    sizes, leading, free, computed = {}, None, None, []
    for key, (shape, dimensions) in given.items():
        if 0 in shape:
            refuse(f"{key} has shape {list(shape)}; every dimension should be at least 1")
        if dimensions is None:
            if free is not None and shape != free:
                refuse(f"{key} has shape {list(shape)}; it should have {list(free)}")
            free = shape
            continue
        named = [dimension for dimension in dimensions.split(",") if dimension != "…"]
        if len(shape) < len(named) or (len(shape) > len(named) and "…" not in dimensions):
            refuse(f"{key} has shape {list(shape)}; it should have [{dimensions}]")
        if dimensions.startswith("…"):
            extra, shape = shape[: len(shape) - len(named)], shape[len(shape) - len(named) :]
            if leading is not None and extra != leading and not (name == "matmul" and () in (extra, leading)):
                refuse(f"{key} has leading dimensions {list(extra)}; it should have {list(leading)}")
            leading = leading if leading and name == "matmul" else extra
        for dimension, size in zip(named, shape):
            if not re.fullmatch(r"[A-Z]+", dimension):
                computed.append((key, dimension, size))
            elif sizes.setdefault(dimension, size) != size:
                refuse(f"{key} has {size} as its {dimension}, another input has {sizes[dimension]}")
    for key, dimension, size in computed:
        if dimension == "2·N" and "N" not in sizes:
            sizes["N"] = size / 2
        value = 1
        for sign, factor in re.findall(r"(^|[·/])(\w+)", dimension):
            number = int(factor) if factor.isdigit() else sizes[factor] if factor in sizes else attributes[factor]
            value = value / number if sign == "/" else value * number
        if value != size or value != int(value):
            refuse(f"{key} has {size} at its dimension {dimension}; it should have {value}")
    return sizes


def _window(sizes, kernel, padding, dilation):
    for axis, (size, k, p, d) in enumerate(zip(sizes, kernel, padding, dilation)):
        if d * (k - 1) + 1 > size + 2 * p:
            return f"the window is larger than the padded input on axis {axis}"


def _groups(s, a):
    if s["C"] % a["groups"] or s["O"] % a["groups"]:
        return f"groups is {a['groups']}; it should divide the channels {s['C']} and {s['O']}"


def _axis(s, a, inputs):
    rank = inputs["x"].ndim
    if not -rank <= a["axis"] < rank:
        return f"axis {a['axis']} is out of range for rank {rank}"


def _pooling(s, a, inputs):
    if any(2 * p > k for p, k in zip(a["padding"], a["kernel"])):
        return "padding should be at most half the kernel"
    return _window((s["H"], s["W"]), a["kernel"], a["padding"], (1, 1))


def _conv_output_size(s, a, inputs):
    if len({len(entries) for entries in a.values()}) > 1:
        return "the lists should be equally long"
    return _window(a["input"], a["kernel"], a["padding"], a["dilation"])


def _batch_norm(s, a, inputs):
    for key in ("mean", "variance"):
        if a["training"] == (key in inputs):
            return f"{key} is {'superfluous' if a['training'] else 'missing'} where training is {a['training']}"


def _attention(s, a, inputs):
    causal = a.get("causal", False)
    if "S" in s and causal and s["T"] != s["S"]:
        return "causal attention needs as many keys as queries"
    if "mask" in inputs and not (np.tril(inputs["mask"]) if causal else inputs["mask"]).any(-1).all():
        return "mask leaves a query no key"


def _heads(s, a, inputs):
    if s["E"] % a["heads"]:
        return f"heads is {a['heads']}; it should divide the {s['E']} features"
    return _attention(s, a, inputs)


def _luong(s, a, inputs):
    score, shapes = a["score"], {key: inputs[key].shape for key in ("weight", "vector") if key in inputs}
    if score == "dot":
        wanted = {}
        if s["D"] != s["E"]:
            return "decoder and encoder should have equally many features"
    elif score == "general":
        wanted = {"weight": (s["D"], s["E"])}
    else:
        wanted = {"weight": (s.get("A"), s["D"] + s["E"]), "vector": (s.get("A"),)}
    if shapes != wanted:
        return f"for score {score!r} the parameters should have the shapes {wanted}, they have {shapes}"


CONSTRAINTS = {
    "softmax": _axis,
    "logSoftmax": _axis,
    "conv1d": lambda s, a, i: _groups(s, a) or _window((s["L"],), (s["K"],), (a["padding"],), (a["dilation"],)),
    "conv2d": lambda s, a, i: _groups(s, a)
    or _window((s["H"], s["W"]), (s["KH"], s["KW"]), a["padding"], a["dilation"]),
    "depthwiseSeparableConv2d": lambda s, a, i: _window((s["H"], s["W"]), (s["KH"], s["KW"]), a["padding"], (1, 1)),
    "convOutputSize": _conv_output_size,
    "maxPool2d": _pooling,
    "avgPool2d": _pooling,
    "adaptiveAvgPool2d": lambda s, a, i: "output should be at most the input's height and width"
    if a["output"][0] > s["H"] or a["output"][1] > s["W"]
    else None,
    "batchNorm": _batch_norm,
    "localResponseNorm": lambda s, a, i: "size should be odd" if a["size"] % 2 == 0 else None,
    "positionalEncoding": lambda s, a, i: "dim should be even" if a["dim"] % 2 else None,
    "patchEmbedding": lambda s, a, i: "patch should divide height and width"
    if s["H"] % a["patch"] or s["W"] % a["patch"]
    else None,
    "scaledDotProductAttention": _attention,
    "multiHeadAttention": _heads,
    "luongAttention": _luong,
    "quadraticAttention": lambda s, a, i: None if (i["query"] @ i["key"].T).any(-1).all() else "a query meets no key",
    "encoderLayer": _heads,
    "decoderLayer": _heads,
    "gaussianBlur": lambda s, a, i: "radius should be less than height and width"
    if a["radius"] >= min(s["H"], s["W"])
    else None,
    "crop": lambda s, a, i: "the crop should lie inside the image"
    if a["top"] + a["height"] > s["H"] or a["left"] + a["width"] > s["W"]
    else None,
}
