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

PROTOCOL = 1

#: NumPy's type for each precision; bfloat16, which it lacks, is computed in float32.
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


@functools.lru_cache(None)
def python_name(name):
    """The name of an input or attribute as a Python function has it: `attention.weightQuery` → `attention_weight_query`."""
    snake = re.sub(r"(?<=[a-z0-9])[A-Z]", lambda letter: "_" + letter.group().lower(), name.replace(".", "_"))
    return "lambda_" if snake == "lambda" else snake


@functools.lru_cache(None)
def contract_name(name):
    """The name of an operator as the contract has it: `cross_entropy` → `crossEntropy`."""
    return re.sub(r"_([a-z])", lambda match: match.group(1).upper(), name)


def operator(name):
    """Registers the decorated function as the forward pass of the operator of this name."""

    def register(function):
        _forward[contract_name(name)] = function
        return function

    return register


def backward(name):
    """Registers the decorated function as the backward pass of the operator of this name."""

    def register(function):
        _backward[contract_name(name)] = function
        return function

    return register


def serve(precision="float64", name=None, profile=None):
    """Answers calls from standard input until it ends.

    precision: the format in which the functions compute and get their inputs, a key of DTYPES.
    name: what reports call this implementation; the script's name where not given.
    profile: what its arithmetic may do, where that is not IEEE 754: a name ("wgsl") or figures (docs/protocol.md).
    """
    if precision not in DTYPES:
        raise ValueError(f"precision is {precision!r}; it should be one of {', '.join(DTYPES)}")
    for operator_name in _backward:
        if operator_name not in _forward:
            raise ValueError(f"{operator_name} has a backward function and no forward function")
    # Answers keep the real standard output to themselves; whatever is printed goes to standard error.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    hello = {"name": name or os.path.basename(sys.argv[0]), "precision": precision, "operators": _passes()}
    if profile is not None:
        hello["profile"] = profile
    for line in sys.stdin:
        if line.strip():
            answers.write(json.dumps(answer_line(line, hello), ensure_ascii=False, allow_nan=False) + "\n")
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
    inputs = {key: _read(f"{name}: {key}", wire, precision) for key, wire in request["inputs"].items()}
    before = {key: x.copy() for key, x in inputs.items()}
    attributes = {key: _number(value) for key, value in request["attributes"].items()}
    arguments = {**inputs, **attributes}
    outputs = OUTPUTS.get(name, ("y",))
    if is_backward:
        given = {key: _read(f"{name}: the gradient for {key}", g, precision) for key, g in request["gradients"].items()}
        shapes = {key: np.shape(y) for key, y in _named(_call(_forward[name], name, arguments), outputs).items()}
        gradients = _complete(name, given, shapes, DTYPES[precision])
        result = _call(function, name, {**arguments, **{"grad_" + key: g for key, g in gradients.items()}})
        names = [key for key in request["inputs"] if request["inputs"][key].get("type") != "int"]
        answer = {"gradients": _write(_named(result, names), precision)}
    else:
        answer = {"outputs": _write(_named(_call(function, name, arguments), outputs), precision)}
    for key, x in inputs.items():
        if not np.array_equal(x, before[key]):
            raise RuntimeError(f"{name}: it modified its input {key}")
    return answer


def _call(function, name, arguments):
    """Calls a function with what it takes by name; refuses what it does not take, and what it misses."""
    parameters = _parameters(function)
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    named = {}
    for key, value in arguments.items():
        spellings = (key, python_name(key), contract_name(key), key.replace(".", "_"))
        found = next((spelling for spelling in spellings if spelling in parameters), None)
        if found is None and not takes_all:
            raise Refusal(f"{name}: {key} is unknown; known: {', '.join(parameters)}")
        named[found or python_name(key)] = value
    for key, parameter in parameters.items():
        required = parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        if required and key not in named:
            raise Refusal(f"{name}: {key} is missing")
    return function(**named)


@functools.lru_cache(None)
def _parameters(function):
    return inspect.signature(function).parameters


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


def _read(what, wire, precision):
    """The array of a tensor on the wire; refuses what is not finite, and a fraction among whole numbers."""
    # NumPy reads "NaN" and "Infinity" as what they say.
    x = np.array(wire["data"], np.float64).reshape(wire["shape"])
    if not np.isfinite(x).all():
        raise Refusal(f"{what} holds a number that is not finite")
    if wire.get("type") != "int":
        return x.astype(DTYPES[precision])
    if (x != np.floor(x)).any():
        raise Refusal(f"{what} holds a fraction; it should hold whole numbers")
    return x.astype(np.int64)


def _number(value):
    """A number on the wire: what JSON has no numeral for is a string."""
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value


def _write(tensors, precision):
    return {name: _wire(np.asarray(x), DIGITS[precision]) for name, x in tensors.items()}


def _wire(x, digits):
    if x.dtype.kind in "biu":
        return {"shape": list(x.shape), "data": x.astype(np.int64).ravel().tolist(), "type": "int"}
    data = x.astype(np.float64).ravel().tolist()
    if digits < 17:
        data = [float(f"%.{digits}g" % value) for value in data]
    if not np.isfinite(x).all():
        data = [value if np.isfinite(value) else _non_finite(value) for value in data]
    return {"shape": list(x.shape), "data": data}


def _non_finite(value):
    return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"
