"""A student's layers in NumPy, as a subject: answerkey test "python3 examples/subjects/numpy_subject.py"."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))

import answerkey
import numpy as np


@answerkey.operator("linear")
def linear(x, weight, bias=None):
    if weight.ndim != 2 or x.ndim < 1 or x.shape[-1] != weight.shape[1]:
        raise answerkey.Refusal(f"linear: x has shape {x.shape}, weight has {weight.shape}")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise answerkey.Refusal(f"linear: bias has shape {bias.shape}; it should have {weight.shape[:1]}")
    y = x @ weight.T
    return y if bias is None else y + bias


@answerkey.backward("linear")
def linear_backward(x, weight, grad_y, bias=None):
    rows, gradients = x.reshape(-1, x.shape[-1]), grad_y.reshape(-1, grad_y.shape[-1])
    result = {"x": grad_y @ weight, "weight": gradients.T @ rows}
    return result if bias is None else {**result, "bias": gradients.sum(0)}


@answerkey.operator("relu")
def relu(x):
    return np.maximum(x, 0)


@answerkey.backward("relu")
def relu_backward(x, grad_y):
    return np.where(x > 0, grad_y, 0)


@answerkey.operator("softmax")
def softmax(x, axis):
    if not isinstance(axis, int) or not -x.ndim <= axis < x.ndim:
        raise answerkey.Refusal(f"softmax: axis {axis} is out of range for rank {x.ndim}")
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


@answerkey.backward("softmax")
def softmax_backward(x, grad_y, axis):
    y = softmax(x, axis)
    return y * (grad_y - (grad_y * y).sum(axis, keepdims=True))


@answerkey.operator("cross_entropy")
def cross_entropy(logits, target, label_smoothing, reduction):
    check_cross_entropy(logits, target, label_smoothing, reduction)
    z = logits - logits.max(1, keepdims=True)
    losses = np.log(np.exp(z).sum(1)) - (soft_targets(logits, target, label_smoothing) * z).sum(1)
    return {"mean": losses.mean(), "sum": losses.sum(), "none": losses}[reduction]


@answerkey.backward("cross_entropy")
def cross_entropy_backward(logits, target, grad_loss, label_smoothing, reduction):
    check_cross_entropy(logits, target, label_smoothing, reduction)
    share = grad_loss / len(logits) if reduction == "mean" else grad_loss
    return (softmax(logits, 1) - soft_targets(logits, target, label_smoothing)) * np.reshape(share, (-1, 1))


def soft_targets(logits, target, label_smoothing):
    N, C = logits.shape
    one_hot = np.zeros((N, C), logits.dtype)
    one_hot[np.arange(N), target] = 1
    return (1 - label_smoothing) * one_hot + label_smoothing / C


def check_cross_entropy(logits, target, label_smoothing, reduction):
    if logits.ndim != 2 or target.shape != logits.shape[:1]:
        raise answerkey.Refusal(f"crossEntropy: logits has shape {logits.shape}, target has {target.shape}")
    if target.min() < 0 or target.max() >= logits.shape[1]:
        raise answerkey.Refusal(f"crossEntropy: target should hold classes from 0 to {logits.shape[1] - 1}")
    if isinstance(label_smoothing, str) or not 0 <= label_smoothing <= 1:
        raise answerkey.Refusal(f"crossEntropy: label_smoothing is {label_smoothing}; it should be from 0 to 1")
    if reduction not in ("mean", "sum", "none"):
        raise answerkey.Refusal(f"crossEntropy: reduction is {reduction}; it should be mean, sum or none")


if __name__ == "__main__":
    answerkey.serve(precision="float32", name="a student's NumPy")
