"""python3 -m unittest discover python"""

import contextlib
import io
import json
import os
import subprocess
import sys
import unittest

import answerkey
import numpy as np

HELLO = {"name": "test", "precision": "float64", "operators": {}}


def ask(request, precision="float64"):
    return answerkey.answer_line(json.dumps({"id": 7, **request}), {**HELLO, "precision": precision})


def forward(operator, inputs, attributes=None, **options):
    tensors = {name: wire(x) for name, x in inputs.items()}
    request = {"operator": operator, "pass": "forward", "inputs": tensors, "attributes": attributes or {}}
    return ask(request, **options)


def backward(operator, inputs, gradients, attributes=None):
    return ask({
        "operator": operator, "pass": "backward", "attributes": attributes or {},
        "inputs": {name: wire(x) for name, x in inputs.items()},
        "gradients": {name: wire(x) for name, x in gradients.items()},
    })  # fmt: skip


def wire(x):
    array = np.asarray(x)
    data = {"shape": list(array.shape), "data": array.ravel().tolist()}
    return {**data, "type": "int"} if array.dtype.kind == "i" else data


class Names(unittest.TestCase):
    def test_are_snake_case_in_python(self):
        for name, expected in (
            ("weightInput", "weight_input"),
            ("attention.weightQuery", "attention_weight_query"),
            ("feedForward.weight1", "feed_forward_weight1"),
            ("lambda", "lambda_"),
            ("h0", "h0"),
        ):
            self.assertEqual(answerkey.python_name(name), expected)

    def test_of_operators_may_be_written_either_way(self):
        self.assertEqual(answerkey.contract_name("cross_entropy"), "crossEntropy")
        self.assertEqual(answerkey.contract_name("conv2d"), "conv2d")


class Answers(unittest.TestCase):
    def setUp(self):
        for registered in (answerkey._forward, answerkey._backward):
            registered.clear()

    def test_a_single_output_by_the_contracts_name(self):
        answerkey.operator("squared_error")(lambda prediction, target, factor: factor * ((prediction - target) ** 2).sum())
        answer = forward("squaredError", {"prediction": [1.0, 2.0], "target": [0.0, 0.0]}, {"factor": 2})
        self.assertEqual(answer, {"id": 7, "outputs": {"loss": {"shape": [], "data": [10.0]}}})

    def test_a_tuple_of_outputs_in_the_contracts_order(self):
        answerkey.operator("sgd")(lambda parameter, gradient, learning_rate: (parameter - learning_rate * gradient, gradient))
        outputs = forward("sgd", {"parameter": [1.0], "gradient": [4.0]}, {"learningRate": 0.5})["outputs"]
        self.assertEqual({name: y["data"] for name, y in outputs.items()}, {"parameter": [-1.0], "velocity": [4.0]})

    def test_camel_case_parameters_too(self):
        answerkey.operator("leakyRelu")(lambda x, negativeSlope: np.where(x > 0, x, negativeSlope * x))
        self.assertEqual(forward("leakyRelu", {"x": [-2.0]}, {"negativeSlope": 0.5})["outputs"]["y"]["data"], [-1.0])

    def test_whole_numbers_as_such(self):
        answerkey.operator("embedding")(lambda ids, table: table[ids])
        answer = forward("embedding", {"ids": [1], "table": [[1.0], [2.0]]})
        self.assertEqual(answer["outputs"]["y"], {"shape": [1, 1], "data": [2.0]})
        answerkey.operator("convOutputSize")(lambda input: np.array(input))
        self.assertEqual(forward("convOutputSize", {}, {"input": [3]})["outputs"]["size"]["type"], "int")

    def test_float32_in_nine_digits(self):
        answerkey.operator("relu")(lambda x: x)
        self.assertEqual(forward("relu", {"x": [0.1]}, precision="float32")["outputs"]["y"]["data"], [0.100000001])

    def test_what_json_has_no_numeral_for(self):
        answerkey.operator("relu")(lambda x: np.array([np.nan, np.inf, -np.inf, 1]))
        data = forward("relu", {"x": [1.0]})["outputs"]["y"]["data"]
        self.assertEqual(data, ["NaN", "Infinity", "-Infinity", 1.0])


class Gradients(unittest.TestCase):
    def setUp(self):
        answerkey._forward.clear()
        answerkey.operator("matmul")(lambda a, b: a @ b)
        answerkey.backward("matmul")(lambda a, b, grad_y: (grad_y @ b.T, a.T @ grad_y))

    def test_a_tuple_in_the_order_of_the_inputs(self):
        answer = backward("matmul", {"a": [[2.0]], "b": [[3.0]]}, {"y": [[1.0]]})
        self.assertEqual({name: g["data"] for name, g in answer["gradients"].items()}, {"a": [3.0], "b": [2.0]})

    def test_zero_for_an_output_without_one(self):
        answer = backward("matmul", {"a": [[2.0]], "b": [[3.0]]}, {})
        self.assertEqual({name: g["data"] for name, g in answer["gradients"].items()}, {"a": [0.0], "b": [0.0]})

    def test_refused_for_an_unknown_output_or_of_the_wrong_shape(self):
        inputs = {"a": [[2.0]], "b": [[3.0]]}
        self.assertIn("no output z", backward("matmul", inputs, {"z": [1.0]})["error"])
        self.assertIn("has shape (2,)", backward("matmul", inputs, {"y": [1.0, 2.0]})["error"])


class Errors(unittest.TestCase):
    def setUp(self):
        answerkey._forward.clear()

    def kind(self, function, inputs=None):
        answerkey.operator("relu")(function)
        with contextlib.redirect_stderr(io.StringIO()):
            answer = forward("relu", inputs or {"x": [1.0]})
        return answer["kind"], answer["error"]

    def test_a_refusal(self):
        def refuse(x):
            raise answerkey.Refusal("relu: x is not to my taste")

        self.assertEqual(self.kind(refuse), ("refused", "relu: x is not to my taste"))

    def test_a_crash(self):
        self.assertEqual(self.kind(lambda x: 1 / 0), ("failed", "ZeroDivisionError: division by zero"))

    def test_a_missing_pass(self):
        self.assertEqual(ask({"operator": "relu", "pass": "backward"})["kind"], "unimplemented")

    def test_an_input_that_is_unknown_or_missing(self):
        self.assertEqual(self.kind(lambda x: x, {"x": [1.0], "surplus": [1.0]}), ("refused", "relu: surplus is unknown; known: x"))
        self.assertEqual(self.kind(lambda x, y: x), ("refused", "relu: y is missing"))

    def test_numbers_that_are_not_finite_and_fractions_of_whole_numbers(self):
        self.assertEqual(self.kind(lambda x: x, {"x": [np.nan]})[0], "refused")
        request = {"operator": "relu", "pass": "forward", "attributes": {}}
        request["inputs"] = {"x": {"shape": [1], "data": [0.5], "type": "int"}}
        self.assertIn("holds a fraction", ask(request)["error"])

    def test_an_input_that_was_modified(self):
        def in_place(x):
            x += 1
            return x

        self.assertEqual(self.kind(in_place), ("failed", "RuntimeError: relu: it modified its input x"))

    def test_a_line_that_cannot_be_read(self):
        self.assertIsNone(answerkey.answer_line("{", HELLO)["id"])
        self.assertIsNone(answerkey.answer_line("[]", HELLO)["id"])


class Serving(unittest.TestCase):
    def test_keeps_what_is_printed_out_of_the_answers(self):
        script = (
            "import answerkey\n"
            "@answerkey.operator('relu')\n"
            "def relu(x):\n"
            "    print('debugging')\n"
            "    return x\n"
            "answerkey.serve(precision='float32', name='mine')\n"
        )
        requests = [
            {"id": 0, "hello": 1},
            {"id": 1, "operator": "relu", "pass": "forward", "inputs": {"x": wire([1.0])}, "attributes": {}},
        ]
        done = subprocess.run(
            [sys.executable, "-c", script],
            input="\n".join(map(json.dumps, requests)) + "\n",
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.abspath(answerkey.__file__))},
            check=True,
        )
        hello, answer = map(json.loads, done.stdout.splitlines())
        self.assertEqual(hello, {"id": 0, "name": "mine", "precision": "float32", "operators": {"relu": ["forward"]}})
        self.assertEqual(answer, {"id": 1, "outputs": {"y": {"shape": [1], "data": [1.0]}}})
        self.assertIn("debugging", done.stderr)

    def test_refuses_another_version(self):
        self.assertIn("version 1", ask({"hello": 2})["error"])

    def test_refuses_an_unknown_precision(self):
        with self.assertRaisesRegex(ValueError, "float128"):
            answerkey.serve(precision="float128")


if __name__ == "__main__":
    unittest.main()
