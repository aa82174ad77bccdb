"""NumPy as a subject: the layers of numpy_layers.py, whose gradients are written by hand.

    answerkey test numpy
    answerkey test "python3 examples/subjects/numpy_subject.py --precision float32"

Calls are checked against the contract first (contract.py), for NumPy would answer many a call that should be refused.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))

import answerkey
import contract
import numpy as np
import numpy_layers


def register(name):
    """Registers a layer as the operator of its name, and its way back as the backward pass."""
    layer = getattr(numpy_layers, name)
    operator_name = answerkey.contract_name(name)
    outputs = answerkey.OUTPUTS.get(operator_name, ("y",))

    def checked(call):
        inputs = {key: value for key, value in call.items() if isinstance(value, np.ndarray)}
        contract.check(operator_name, inputs, {key: value for key, value in call.items() if key not in inputs})
        return layer(**call)

    def forward(**call):
        return checked(call)[0]

    def backward(**call):
        gradients = [call.pop("grad_" + key) for key in outputs]
        return checked(call)[1](*gradients)

    answerkey.operator(operator_name)(forward)
    if operator_name not in contract.FORWARD_ONLY:
        answerkey.backward(operator_name)(backward)


for name in (answerkey.python_name(operator_name) for operator_name in contract.OPERATORS):
    if hasattr(numpy_layers, name):
        register(name)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--precision", choices=("float64", "float32", "float16"), default="float64")
    # What overflows is judged by the laws; a warning of NumPy's beside it tells nothing more.
    np.seterr(all="ignore")
    answerkey.serve(precision=parser.parse_args().precision, name=f"NumPy {np.__version__}")
