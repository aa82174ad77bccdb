"""Holds PyTorch to the golden calls that certify the oracle: shows where cases.ts has to keep out of PyTorch's cancellation.

usage: python3 cancellation.py        (in this folder)

cases.ts keeps to ranges in which PyTorch's float64 has 12 digits. That it is PyTorch that lacks them outside, not the oracle, is
seen against values of arbitrary precision (certification/, made by mpmath): the oracle is within 8 units of roundoff scaled by
condition on every one of these calls (operators.test.ts). Printed by tensor, for PyTorch: the largest error in those units, and
the largest deviation as compare.py counts it, relative to the tensor's largest entry; only where either is beyond its limit.

cosineSimilarity's deviations are no cancellation: PyTorch holds each norm at epsilon or more, the contract their product.
"""

import json
import pathlib

import torch

from compare import LIMIT, read
from torch_sequences import OPERATORS

UNITS = 8
ROUNDOFF = 2.0**-53


def errors(y, golden):
    """The largest error in units of roundoff times scale, and relative to the largest entry; each value's scale follows it."""
    values = y.detach().double().flatten().tolist()
    exact, scales = golden[::2], golden[1::2]
    units = max(abs(v - e) / max(ROUNDOFF * scale, 2.0**-1074) for v, e, scale in zip(values, exact, scales))
    return units, max(abs(v - e) for v, e in zip(values, exact)) / max(max(map(abs, exact)), 1e-300)


def examine(case):
    """Name and errors of every output and input gradient of a call."""
    classes = case["operator"] in ("crossEntropy", "recursiveAutoencoder")
    whole = lambda name: "int" if classes and name == "target" else "float"
    inputs = {name: read({**x, "type": whole(name)}) for name, x in case["inputs"].items()}
    for x in inputs.values():
        if x.is_floating_point():
            x.requires_grad_()
    outputs = OPERATORS[case["operator"]](inputs, case["attributes"])
    found = [(name, *errors(outputs[name], y["golden"])) for name, y in case["outputs"].items()]
    if "inputGradients" in case:
        given = [read({"shape": case["outputs"][name]["shape"], "data": case["gradients"][name]}) for name in outputs]
        for name, golden in case["inputGradients"].items():
            (slope,) = torch.autograd.grad(list(outputs.values()), [inputs[name]], given, allow_unused=True, retain_graph=True)
            found.append(("gradient of " + name, *errors(torch.zeros_like(inputs[name]) if slope is None else slope, golden)))
    return found


def main():
    worst, calls = {}, 0
    for file in ("operators.jsonl", "layers.jsonl"):
        for line in (pathlib.Path(__file__).parent / ".." / "certification" / file).open():
            case = json.loads(line)
            if case["operator"] not in OPERATORS:
                continue
            calls += 1
            for name, units, relative in examine(case):
                key = (case["operator"], name)
                worst[key] = tuple(map(max, worst.get(key, (0.0, 0.0)), (units, relative)))
    for (operator, name), (units, relative) in worst.items():
        if units > UNITS or relative > LIMIT:
            print(f"{operator:28} {name:24} {units:8.1e} units, deviation {relative:.1e}")
    print(f"{calls} calls; the oracle is within {UNITS} units on each")


if __name__ == "__main__":
    main()
