"""Compares the oracle's answers to the calls in a JSON file with PyTorch's, in float64, forward and backward.

usage: python3 compare.py cases.json

Every operator is written with PyTorch's own functions, in torch_operators.py and torch_sequences.py; gradients come from
autograd. An entry may differ by 1e-12 of the largest magnitude in its tensor; in a gradient by 1e-13 of the largest in the
call's gradients as well, for where the exact gradient is 0 (the key's bias in an attention) both answers are what rounding
leaves of larger terms.
"""

import json
import sys

import torch

from torch_sequences import OPERATORS

LIMIT = 1e-12


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
