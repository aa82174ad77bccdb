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


#: NumPy's layout of every format: exponent bits, fraction bits, and the integers that hold its bits.
LAYOUTS = {"float64": (11, 52, np.uint64), "float32": (8, 23, np.uint32), "float16": (5, 10, np.uint16)}


class Numbers(unittest.TestCase):
    def setUp(self):
        for registered in (answerkey._forward, answerkey._backward):
            registered.clear()
        answerkey.operator("relu")(lambda x: x)

    def echo(self, x, precision):
        """What comes back of the numbers, through the text of a line both ways."""
        request = {"id": 1, "operator": "relu", "pass": "forward", "attributes": {}, "inputs": {"x": wire(x)}}
        answer = answerkey.answer_line(json.dumps(request), {**HELLO, "precision": precision})
        return np.array(json.loads(json.dumps(answer, allow_nan=False))["outputs"]["y"]["data"], np.float64)

    def test_of_every_exponent_survive_bit_for_bit(self):
        for precision, (exponent_bits, fraction_bits, integers) in LAYOUTS.items():
            exponents = np.arange(2**exponent_bits - 1, dtype=integers) << integers(fraction_bits)
            fractions = [0, 1, 2 ** (fraction_bits - 1), 2**fraction_bits - 1]
            magnitudes = np.concatenate([exponents | integers(fraction) for fraction in fractions])
            sign = integers(1) << integers(exponent_bits + fraction_bits)
            x = np.concatenate([magnitudes, magnitudes | sign]).view(answerkey.DTYPES[precision])
            back = self.echo(x.astype(np.float64), precision).astype(answerkey.DTYPES[precision])
            self.assertEqual(back.tobytes(), x.tobytes(), precision)

    def test_of_bfloat16_survive_bit_for_bit(self):
        patterns = np.arange(2**16, dtype=np.uint32) << np.uint32(16)
        x = patterns.view(np.float32)
        x = x[np.isfinite(x)]
        back = answerkey._to_bfloat16(self.echo(x.astype(np.float64), "bfloat16").astype(np.float32))
        self.assertEqual(back.tobytes(), x.tobytes())

    def test_are_rounded_to_bfloat16_to_nearest_and_ties_to_even(self):
        # The neighbours of 1 are 1 − 2⁻⁸ and 1 + 2⁻⁷; 1 + 2⁻⁸ is a tie between two, the even of which is 1.
        for x, expected in ((1 + 2**-8, 1), (1 + 2**-8 + 2**-23, 1 + 2**-7), (1 + 3 * 2**-8, 1 + 2**-6), (-0.0, -0.0)):
            rounded = answerkey._to_bfloat16(np.float32([x]))
            self.assertEqual((rounded[0], np.signbit(rounded[0])), (expected, np.signbit(expected)))

    def test_are_rounded_once_to_the_declared_precision(self):
        # The tie 1 + 2⁻²⁴ + 2⁻⁵⁰ lies above the middle; nine digits alone would say 1.00000006, which lies above it, too, but
        # 1 + 2⁻²⁴ − 2⁻⁵⁰ below the middle has the same nine digits.
        below, above = 1 + 2**-24 - 2**-50, 1 + 2**-24 + 2**-50
        answerkey.operator("relu")(lambda x: np.array([below, above]))
        self.assertEqual(self.echo([1.0], "float32").astype(np.float32).tolist(), [1, 1 + 2**-23])

    def test_too_large_for_the_declared_precision_are_infinite(self):
        answerkey.operator("relu")(lambda x: np.array([1e300, -1e300]))
        data = forward("relu", {"x": [1.0]}, precision="float32")["outputs"]["y"]["data"]
        self.assertEqual(data, ["Infinity", "-Infinity"])

    def test_whole_ones_are_exact_up_to_2_to_the_53(self):
        answerkey.operator("oneHot")(lambda ids: ids)
        ids = [0, 2**53, 2**53 - 1, -(2**53)]
        self.assertEqual(forward("oneHot", {"ids": ids})["outputs"]["y"], {"shape": [4], "data": ids, "type": "int"})


class Limits(unittest.TestCase):
    def test_are_said_in_the_contracts_names(self):
        answerkey._supports.clear()
        answerkey.operator("cross_entropy", attributes={"label_smoothing": (0,)})(lambda logits, target: None)
        answerkey.operator("weight_penalty", attributes={"lambda_": [1]}, ranks={"weight": [2]})(lambda weight: None)
        answerkey.operator("lstm", without=["bias_input", "h0"], largest={"weight_hidden": 8})(lambda x: None)
        answerkey.operator("relu")(lambda x: x)
        self.assertEqual(
            answerkey._supports,
            {
                "crossEntropy": {"attributes": {"labelSmoothing": [0]}},
                "weightPenalty": {"attributes": {"lambda": [1]}, "ranks": {"weight": [2]}},
                "lstm": {"without": ["biasInput", "h0"], "largest": {"weightHidden": 8}},
                "relu": {},
            },
        )


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

    def test_without_the_forward_pass_where_the_form_of_the_call_is_known(self):
        calls = []
        answerkey.operator("matmul")(lambda a, b: calls.append("forward") or a @ b)
        for _ in range(2):
            backward("matmul", {"a": [[2.0]], "b": [[3.0]]}, {"y": [[1.0]]})
        self.assertEqual(calls, ["forward"])
        self.assertIn("has shape (1, 1)", backward("matmul", {"a": [[2.0], [1.0]], "b": [[3.0]]}, {"y": [[1.0]]})["error"])

    def test_refused_for_an_unknown_output_or_of_the_wrong_shape(self):
        inputs = {"a": [[2.0]], "b": [[3.0]]}
        self.assertIn("no output z", backward("matmul", inputs, {"z": [1.0]})["error"])
        self.assertIn("has shape (2,)", backward("matmul", inputs, {"y": [1.0, 2.0]})["error"])


class Errors(unittest.TestCase):
    def setUp(self):
        for registered in (answerkey._forward, answerkey._backward):
            registered.clear()

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
        for value in (np.nan, np.inf, -np.inf):
            refusal = f"relu: x holds {value}; it should hold finite numbers"
            self.assertEqual(self.kind(lambda x: x, {"x": [0, value]}), ("refused", refusal))
        request = {"operator": "relu", "pass": "forward", "attributes": {}}
        request["inputs"] = {"x": {"shape": [1], "data": [0.5], "type": "int"}}
        self.assertIn("holds a fraction", ask(request)["error"])

    def test_an_input_that_was_modified(self):
        def in_place(x):
            x += 1
            return x

        self.assertEqual(self.kind(in_place), ("failed", "RuntimeError: relu: it modified its input x"))

    def test_a_gradient_that_was_modified(self):
        def in_place(x, grad_y):
            grad_y *= 2
            return grad_y

        answerkey.operator("relu")(lambda x: x)
        answerkey.backward("relu")(in_place)
        with contextlib.redirect_stderr(io.StringIO()):
            answer = backward("relu", {"x": [1.0]}, {"y": [1.0]})
        self.assertEqual(answer["error"], "RuntimeError: relu: it modified its input grad_y")

    def test_a_line_that_cannot_be_read(self):
        self.assertIsNone(answerkey.answer_line("{", HELLO)["id"])
        self.assertIsNone(answerkey.answer_line("[]", HELLO)["id"])


class Serving(unittest.TestCase):
    def serve(self, body, requests):
        """The answers to the requests of a script with this body, and its standard error."""
        done = subprocess.run(
            [sys.executable, "-c", f"import answerkey\nimport numpy as np\n{body}"],
            input="".join(json.dumps({"id": i, **request}) + "\n" for i, request in enumerate(requests)),
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.abspath(answerkey.__file__))},
            check=True,
        )
        return done.stdout.splitlines(), done.stderr

    def test_keeps_what_is_printed_out_of_the_answers_and_the_requests_from_what_is_read(self):
        body = (
            "@answerkey.operator('relu')\n"
            "def relu(x):\n"
            "    print('debugging')\n"
            "    import sys\n"
            "    assert sys.stdin.read() == ''\n"
            "    return x\n"
            "answerkey.serve(precision='float32', name='mine')\n"
        )
        call = {"operator": "relu", "pass": "forward", "inputs": {"x": wire([1.0])}, "attributes": {}}
        # More lines than are read ahead at once.
        answers, error = self.serve(body, [{"hello": 1}, *[call] * 1000])
        hello, *others = map(json.loads, answers)
        self.assertEqual(hello, {"id": 0, "name": "mine", "precision": "float32", "operators": {"relu": ["forward"]}})
        self.assertEqual(others, [{"id": i, "outputs": {"y": {"shape": [1], "data": [1.0]}}} for i in range(1, 1001)])
        self.assertIn("debugging", error)

    def test_writes_no_bare_nan_and_keeps_the_sign_of_zero(self):
        body = (
            "answerkey.operator('relu')(lambda x: np.array([np.nan, -np.inf, -0.0, 5e-324]))\n"
            "answerkey.serve()\n"
        )
        call = {"operator": "relu", "pass": "forward", "inputs": {"x": wire([1.0])}, "attributes": {}}
        answers, _ = self.serve(body, [call])
        self.assertEqual(answers, ['{"id":0,"outputs":{"y":{"shape":[4],"data":["NaN","-Infinity",-0.0,5e-324]}}}'])

    def test_says_what_is_supported_and_the_dialects(self):
        body = (
            "answerkey.operator('conv2d', attributes={'groups': [1]}, without=['bias'])(lambda x, weight, groups: x)\n"
            "answerkey.operator('relu')(lambda x: x)\n"
            "answerkey.serve(profile='wgsl', dialects=['mine'])\n"
        )
        hello = json.loads(self.serve(body, [{"hello": 1}])[0][0])
        self.assertEqual(hello["supports"], {"conv2d": {"attributes": {"groups": [1]}, "without": ["bias"]}})
        self.assertEqual((hello["profile"], hello["dialects"]), ("wgsl", ["mine"]))

    def test_refuses_another_version(self):
        self.assertIn("version 1", ask({"hello": 2})["error"])

    def test_refuses_an_unknown_precision(self):
        with self.assertRaisesRegex(ValueError, "float128"):
            answerkey.serve(precision="float128")


class Package(unittest.TestCase):
    def test_has_the_version_of_the_whole(self):
        folder = os.path.dirname(os.path.abspath(answerkey.__file__))
        with open(os.path.join(folder, "..", "package.json"), encoding="utf-8") as file:
            version = json.load(file)["version"]
        self.assertEqual(answerkey.__version__, version)
        with open(os.path.join(folder, "pyproject.toml"), encoding="utf-8") as file:
            self.assertIn('dynamic = ["version"]', file.read())


if __name__ == "__main__":
    unittest.main()
