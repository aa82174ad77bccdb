"""Answers calls of answerkey: `answerkey test "python3 impl.py"` runs the laws against the functions registered here.

One file; it needs the standard library and NumPy.

    import answerkey
    import numpy as np

    @answerkey.operator("softmax")
    def softmax(x, axis):
        e = np.exp(x - x.max(axis, keepdims=True))
        return e / e.sum(axis, keepdims=True)

    @answerkey.backward("softmax")
    def softmax_backward(x, grad_y, axis):
        y = softmax(x, axis)
        return y * (grad_y - (grad_y * y).sum(axis, keepdims=True))

    answerkey.serve(precision="float32")

Operators, inputs and attributes have the names of docs/operators.md, which may be written in snake_case: `crossEntropy` is
also `cross_entropy`, `weightInput` is `weight_input`; `lambda` is `lambda_`, and dots become underscores
(`attention.weightQuery` is `attention_weight_query`). A function takes what it needs by these names: inputs as NumPy arrays,
attributes as numbers, strings, booleans or lists, in the backward pass `grad_` and an output's name for the gradient with
respect to that output. Optional inputs need a default: `def linear(x, weight, bias=None)`.

A forward function returns its output, a tuple of its outputs in the contract's order, or a dict by name; a backward function
the gradient of the first input, a tuple of gradients in the order of the inputs, or a dict by input name.

What is not supported is said where the function is registered, in the contract's names:

    @answerkey.operator("conv2d", attributes={"groups": [1]}, without=["bias"], ranks={"x": [4]}, largest={"x": 64})

A bad call is refused by raising Refusal (or any ValueError). NotImplementedError says that a case is not implemented; any
other exception counts as a crash. What a function prints goes to standard error.
"""

import functools
import inspect
import json
import os
import re
import sys
import traceback

import numpy as np

__version__ = "0.1.0"

PROTOCOL = 1

#: NumPy's type for each precision; bfloat16, which it lacks, is computed in float32 and its answers rounded.
DTYPES = {"float64": np.float64, "float32": np.float32, "float16": np.float16, "bfloat16": np.float32}

#: Significant digits that give the same bits when they are read again.
DIGITS = {"float64": 17, "float32": 9, "float16": 5, "bfloat16": 4}

#: Names of the outputs, where it is not the one output `y`.
OUTPUTS = {
    **dict.fromkeys(
        "squaredError crossEntropy binaryCrossEntropy weightPenalty negativeSampling linearAutoencoder contrastiveLoss "
        "infoNce ntXent discriminatorLoss generatorLoss".split(),
        ("loss",),
    ),
    "convOutputSize": ("size",),
    "rnn": ("hidden",),
    "gru": ("hidden",),
    "gruResetBefore": ("hidden",),
    "lstm": ("hidden", "cell"),
    "scaledDotProductAttention": ("output", "weights"),
    "multiHeadAttention": ("output", "weights"),
    "luongAttention": ("context", "weights"),
    "quadraticAttention": ("output",),
    "recursiveAutoencoder": ("parent", "reconstruction", "logits", "loss"),
    "sgd": ("parameter", "velocity"),
    "adam": ("parameter", "mean", "variance"),
    "maskTokens": ("ids", "chosen"),
}


class Refusal(ValueError):
    """A bad call: which input or attribute, what it held, what it should hold."""


_forward = {}
_backward = {}
_supports = {}

#: Shapes of the outputs by the form of a call, so that a backward call need not compute them again.
_shapes = {}
_SHAPES_KEPT = 10_000


@functools.lru_cache(None)
def python_name(name):
    """The name of an input or attribute as a Python function has it: `attention.weightQuery` → `attention_weight_query`."""
    snake = re.sub(r"(?<=[a-z0-9])[A-Z]", lambda letter: "_" + letter.group().lower(), name.replace(".", "_"))
    return "lambda_" if snake == "lambda" else snake


@functools.lru_cache(None)
def contract_name(name):
    """The name of an operator as the contract has it: `cross_entropy` → `crossEntropy`."""
    return re.sub(r"_([a-z])", lambda match: match.group(1).upper(), name)


def operator(name, attributes=None, without=None, ranks=None, largest=None):
    """Registers the decorated function as the forward pass of the operator of this name, and says what it does not support.

    attributes: the values of an attribute that it has, by the attribute's name: {"groups": [1]}.
    without: optional inputs that it does not take: ["bias"].
    ranks: the numbers of dimensions that an input may have, by the input's name: {"x": [2]}.
    largest: the largest size of an input's dimensions, by the input's name: {"x": 64}.
    What is not mentioned is supported. Names are the contract's, which may be in snake_case.
    """
    limits = {
        "attributes": attributes and {_contract_input(key): list(values) for key, values in attributes.items()},
        "without": without and [_contract_input(key) for key in without],
        "ranks": ranks and {_contract_input(key): list(values) for key, values in ranks.items()},
        "largest": largest and {_contract_input(key): size for key, size in largest.items()},
    }

    def register(function):
        _shapes.clear()
        _forward[contract_name(name)] = function
        _supports[contract_name(name)] = {key: limit for key, limit in limits.items() if limit}
        return function

    return register


def backward(name):
    """Registers the decorated function as the backward pass of the operator of this name."""

    def register(function):
        _backward[contract_name(name)] = function
        return function

    return register


def _contract_input(name):
    """The contract's name of an input or attribute; one with a dot is written with it (`attention.biasQuery`)."""
    return "lambda" if name == "lambda_" else contract_name(name)


def serve(precision="float64", name=None, profile=None, dialects=()):
    """Answers calls from standard input until it ends.

    precision: the format in which the functions compute and get their inputs, a key of DTYPES.
    name: what reports call this implementation; the script's name where not given.
    profile: what its arithmetic may do, where that is not IEEE 754: a name ("wgsl") or figures (docs/protocol.md).
    dialects: choices of its own that it makes where the contract chose otherwise, by name.
    """
    if precision not in DTYPES:
        raise ValueError(f"precision is {precision!r}; it should be one of {', '.join(DTYPES)}")
    for operator_name in _backward:
        if operator_name not in _forward:
            raise ValueError(f"{operator_name} has a backward function and no forward function")
    # Requests and answers keep the real standard input and output to themselves: what a function prints goes to standard
    # error, and what it reads is empty.
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    hello = {"name": name or os.path.basename(sys.argv[0]), "precision": precision, "operators": _passes()}
    if profile is not None:
        hello["profile"] = profile
    supports = {operator_name: limits for operator_name, limits in _supports.items() if limits}
    if supports:
        hello["supports"] = supports
    if dialects:
        hello["dialects"] = list(dialects)
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
    for line in requests:
        if line.strip():
            answers.write(encode(answer_line(line, hello)) + "\n")
            answers.flush()


def answer_line(line, hello):
    """The answer to one line, an object for JSON."""
    try:
        request = json.loads(line)
        number = request["id"]
    except (ValueError, TypeError, KeyError) as error:
        return {"id": None, "error": f"this line is no request: {type(error).__name__}: {error}", "kind": "failed"}
    if "hello" in request:
        if request["hello"] != PROTOCOL:
            return {"id": number, "error": f"this is version {PROTOCOL} of the protocol, not {request['hello']}"}
        return {"id": number, **hello}
    try:
        return {"id": number, **_answer(request, hello["precision"])}
    except NotImplementedError as error:
        return {"id": number, "error": str(error) or "not implemented", "kind": "unimplemented"}
    except ValueError as error:
        return {"id": number, "error": str(error), "kind": "refused"}
    except Exception as error:  # whatever a function under test raises is its failure, not the end of the run
        traceback.print_exc()
        return {"id": number, "error": f"{type(error).__name__}: {error}", "kind": "failed"}


def _passes():
    return {name: ["forward", "backward"] if name in _backward else ["forward"] for name in _forward}


def _answer(request, precision):
    name, is_backward = request["operator"], request["pass"] == "backward"
    function = (_backward if is_backward else _forward).get(name)
    if function is None:
        raise NotImplementedError(f"{name} has no {request['pass']} pass here")
    dtype = DTYPES[precision]
    inputs = {key: _read(name, key, wire, dtype) for key, wire in request["inputs"].items()}
    attributes = {key: _number(value) for key, value in request["attributes"].items()}
    arguments = {**inputs, **attributes}
    outputs = OUTPUTS.get(name, ("y",))
    form = (name, tuple((key, x.shape) for key, x in inputs.items()), repr(attributes))
    if not is_backward:
        unchanged = _guard(name, inputs)
        results = _named(_call(function, name, arguments), outputs)
        unchanged()
        tensors = {key: np.asarray(y) for key, y in results.items()}
        _keep_shapes(form, tensors)
        return {"outputs": {key: _wire(y, precision) for key, y in tensors.items()}}
    given = {key: _read(name, "the gradient for " + key, g, dtype) for key, g in request["gradients"].items()}
    if form not in _shapes:
        _keep_shapes(form, _named(_call(_forward[name], name, arguments), outputs))
    gradients = _complete(name, given, _shapes[form], dtype)
    unchanged = _guard(name, {**inputs, **{"grad_" + key: g for key, g in gradients.items()}})
    result = _call(function, name, {**arguments, **{"grad_" + key: g for key, g in gradients.items()}})
    unchanged()
    names = [key for key, wire in request["inputs"].items() if wire.get("type") != "int"]
    return {"gradients": {key: _wire(np.asarray(g), precision) for key, g in _named(result, names).items()}}


def _keep_shapes(form, tensors):
    if len(_shapes) >= _SHAPES_KEPT:
        _shapes.clear()
    _shapes[form] = {key: np.shape(y) for key, y in tensors.items()}


def _guard(name, arrays):
    """A check, for after a call, that it left the bits of these arrays as they are now."""
    before = {key: (x.shape, x.tobytes()) for key, x in arrays.items()}

    def unchanged():
        for key, x in arrays.items():
            if (x.shape, x.tobytes()) != before[key]:
                raise RuntimeError(f"{name}: it modified its input {key}")

    return unchanged


def _call(function, name, arguments):
    """Calls a function with what it takes by name; refuses what it does not take, and what it misses."""
    return function(**dict(zip(_spellings(function, name, tuple(arguments)), arguments.values())))


@functools.lru_cache(None)
def _spellings(function, name, keys):
    """The names that a function has for the arguments of these names."""
    parameters = inspect.signature(function).parameters
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    spellings = []
    for key in keys:
        known = (key, python_name(key), contract_name(key), key.replace(".", "_"))
        found = next((spelling for spelling in known if spelling in parameters), None)
        if found is None and not takes_all:
            raise Refusal(f"{name}: {key} is unknown; known: {', '.join(parameters)}")
        spellings.append(found or python_name(key))
    for key, parameter in parameters.items():
        required = parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        if required and key not in spellings:
            raise Refusal(f"{name}: {key} is missing")
    return spellings


def _complete(name, given, shapes, dtype):
    """The gradient with respect to every output: 0 for one that was not given."""
    for key, gradient in given.items():
        if key not in shapes:
            raise Refusal(f"{name}: there is no output {key} to have a gradient; known: {', '.join(shapes)}")
        if gradient.shape != shapes[key]:
            raise Refusal(f"{name}: the gradient for {key} has shape {gradient.shape}, the output has {shapes[key]}")
    return {key: given[key] if key in given else np.zeros(shape, dtype) for key, shape in shapes.items()}


def _named(result, names):
    """What a function returned, by the contract's names."""
    if isinstance(result, dict):
        by_python_name = {python_name(name): name for name in names}
        return {by_python_name.get(python_name(key), key): value for key, value in result.items()}
    if isinstance(result, tuple):
        return dict(zip(names, result))
    return {names[0]: result}


def _read(name, key, wire, dtype):
    """The array of a tensor on the wire; refuses what is not finite, and a fraction among whole numbers."""
    # NumPy reads "NaN" and "Infinity" as what they say.
    x = np.array(wire["data"], np.float64).reshape(wire["shape"])
    if not np.isfinite(x).all():
        raise Refusal(f"{name}: {key} holds {x[~np.isfinite(x)][0]}; it should hold finite numbers")
    if wire.get("type") != "int":
        return x.astype(dtype)
    if (x != np.floor(x)).any():
        raise Refusal(f"{name}: {key} holds a fraction; it should hold whole numbers")
    return x.astype(np.int64)


def _number(value):
    """A number on the wire: what JSON has no numeral for is a string."""
    return float(value) if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity") else value


def _wire(x, precision):
    """The tensor on the wire: whole numbers as such, others rounded to the precision, in as many digits as name its numbers."""
    shape = list(x.shape)
    if x.dtype.kind in "biu":
        return {"shape": shape, "data": x.astype(np.int64).ravel().tolist(), "type": "int"}
    rounded = x if x.dtype == DTYPES[precision] else _converted(x, DTYPES[precision])
    if precision == "bfloat16":
        rounded = _to_bfloat16(rounded)
    values = rounded.ravel().tolist()
    data = values
    if precision != "float64":
        numeral = f"%.{DIGITS[precision]}g"
        data = [float(numeral % value) for value in values]
    if not np.isfinite(rounded).all():
        data = [value if np.isfinite(value) else _non_finite(value) for value in data]
    return {"shape": shape, "data": data}


def _converted(x, dtype):
    """In another format; what is too large there becomes infinite, without a warning."""
    with np.errstate(over="ignore", under="ignore"):
        return x.astype(dtype)


def _to_bfloat16(x):
    """float32 numbers rounded to bfloat16's eight digits, to nearest and ties to even."""
    bits = x.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(0xFFFF0000)
    return np.where(np.isnan(x), x, rounded.view(np.float32))


def _non_finite(value):
    return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"
