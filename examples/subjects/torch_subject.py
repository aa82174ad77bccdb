"""PyTorch as a subject: the whole operator contract, forward by PyTorch's own functions, backward by autograd.

    answerkey test "python3 examples/subjects/torch_subject.py"
    answerkey test "python3 examples/subjects/torch_subject.py --precision float32"

It needs PyTorch and NumPy (Debian: python3-torch). Where PyTorch has a function for the operator, that function is what is
tested; where it has none, or one with another meaning, the operator is composed of PyTorch's operations. Calls are checked
against the contract first (contract.py), for PyTorch would answer many a call that should be refused.
"""

import argparse
import functools
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))

import answerkey
import contract
import numpy as np
import torch
import torch.nn.functional as F

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("--precision", choices=("float64", "float32"), default="float64")
PRECISION = arguments.parse_args().precision
DTYPE = torch.float64 if PRECISION == "float64" else torch.float32
torch.set_default_dtype(DTYPE)
torch.set_num_threads(1)


def operator(name):
    """Registers a function of tensors as an operator, and autograd through it as its backward pass."""
    kinds = {key: match["kind"] or "float" for key, match in contract.inputs_of(name).items()}
    outputs = answerkey.OUTPUTS.get(name, ("y",))

    def split(call):
        """Inputs, attributes and gradients of a valid call; refuses a bad one."""
        gradients = {key: call.pop("grad_" + key) for key in outputs if "grad_" + key in call}
        inputs = {key: value for key, value in call.items() if isinstance(value, np.ndarray)}
        attributes = {key: value for key, value in call.items() if key not in inputs}
        contract.check(name, inputs, attributes)
        return {key: torch.from_numpy(x) for key, x in inputs.items()}, attributes, gradients

    def register(function):
        def named(tensors, attributes):
            result = function(**tensors, **attributes)
            return dict(zip(outputs, result if isinstance(result, tuple) else (result,)))

        @functools.wraps(function)
        def forward(**call):
            tensors, attributes, _ = split(call)
            with torch.no_grad():
                return {key: y.numpy() for key, y in named(tensors, attributes).items()}

        def backward(**call):
            tensors, attributes, gradients = split(call)
            wanted = [key for key in tensors if kinds[key] == "float" and (name, key) not in CONSTANT]
            for key in wanted:
                tensors[key].requires_grad_()
            results = named(tensors, attributes)
            found = torch.autograd.grad(
                [results[key] for key in outputs],
                [tensors[key] for key in wanted],
                [torch.from_numpy(gradients[key]) for key in outputs],
                allow_unused=True,
            )
            return {
                key: np.zeros(tensors[key].shape) if gradient is None else gradient.numpy()
                for key, gradient in zip(wanted, found)
            }

        answerkey.operator(name)(forward)
        if name not in contract.FORWARD_ONLY:
            answerkey.backward(name)(backward)
        return function

    return register


#: Float inputs to which no gradient flows.
CONSTANT = {("binaryCrossEntropy", "target")}


def reduced(items, reduction):
    return {"mean": torch.mean, "sum": torch.sum, "none": lambda x: x}[reduction](items)


# linear


@operator("matmul")
def matmul(a, b):
    return torch.matmul(a, b)


@operator("linear")
def linear(x, weight, bias=None):
    return F.linear(x, weight, bias)


# activations


operator("sigmoid")(lambda x: torch.sigmoid(x))
operator("tanh")(lambda x: torch.tanh(x))
operator("relu")(lambda x: F.relu(x))
operator("leakyRelu")(lambda x, negative_slope: F.leaky_relu(x, negative_slope))
operator("gelu")(lambda x, approximate: F.gelu(x, approximate=approximate))
operator("softmax")(lambda x, axis: F.softmax(x, int(axis)))
operator("logSoftmax")(lambda x, axis: F.log_softmax(x, int(axis)))


# losses


@operator("squaredError")
def squared_error(prediction, target, factor, reduction):
    return factor * F.mse_loss(prediction, target, reduction=reduction)


@operator("crossEntropy")
def cross_entropy(logits, target, label_smoothing, reduction):
    return F.cross_entropy(logits, target, label_smoothing=label_smoothing, reduction=reduction)


@operator("binaryCrossEntropy")
def binary_cross_entropy(logits, target, reduction):
    return F.binary_cross_entropy_with_logits(logits, target, reduction=reduction)


@operator("weightPenalty")
def weight_penalty(weight, norm, lambda_):
    return lambda_ * (weight.abs().sum() if norm == 1 else weight.square().sum())


# convolution


@operator("conv1d")
def conv1d(x, weight, stride, padding, dilation, groups, bias=None):
    return F.conv1d(x, weight, bias, stride, padding, dilation, groups)


@operator("conv2d")
def conv2d(x, weight, stride, padding, dilation, groups, bias=None):
    return F.conv2d(x, weight, bias, stride, padding, dilation, groups)


@operator("depthwiseSeparableConv2d")
def depthwise_separable_conv2d(x, depthwise, pointwise, stride, padding, bias=None):
    return F.conv2d(F.conv2d(x, depthwise, None, stride, padding, groups=x.shape[1]), pointwise, bias)


@operator("convOutputSize")
def conv_output_size(input, kernel, stride, padding, dilation):
    """The size of what a convolution of an image of that size answers, axis by axis."""
    sizes = []
    for length, k, s, p, d in zip(input, kernel, stride, padding, dilation):
        sizes.append((length + 2 * p - d * (k - 1) - 1) // s + 1)
    return torch.tensor(sizes)


# pooling


@operator("maxPool2d")
def max_pool2d(x, kernel, stride, padding):
    return F.max_pool2d(x, kernel, stride, padding)


@operator("avgPool2d")
def avg_pool2d(x, kernel, stride, padding, count_include_pad):
    return F.avg_pool2d(x, kernel, stride, padding, count_include_pad=count_include_pad)


operator("adaptiveAvgPool2d")(lambda x, output: F.adaptive_avg_pool2d(x, output))


@operator("meanOverTime")
def mean_over_time(x, lengths=None):
    if lengths is None:
        return x.mean(0)
    taken = torch.arange(len(x))[:, None] < lengths
    return (x * taken[:, :, None]).sum(0) / lengths[:, None]


# normalization and regularization


@operator("layerNorm")
def layer_norm(x, epsilon, gain=None, bias=None):
    return F.layer_norm(x, x.shape[-1:], gain, bias, epsilon)


@operator("batchNorm")
def batch_norm(x, epsilon, training, gain=None, bias=None, mean=None, variance=None):
    """Written out where statistics are given: PyTorch's own treats them as constants."""
    if training:
        return torch.batch_norm(x, gain, bias, None, None, True, 0.1, epsilon, False)
    by_channel = lambda v: v.reshape([1, -1] + [1] * (x.dim() - 2))
    y = (x - by_channel(mean)) / torch.sqrt(by_channel(variance) + epsilon)
    y = y if gain is None else y * by_channel(gain)
    return y if bias is None else y + by_channel(bias)


@operator("localResponseNorm")
def local_response_norm(x, size, alpha, beta, k):
    return F.local_response_norm(x, int(size), alpha, beta, k)


operator("dropout")(lambda x, mask, p: x * mask / (1 - p))


# embeddings


operator("oneHot")(lambda ids, classes: F.one_hot(ids, int(classes)).to(DTYPE))
operator("embedding")(lambda ids, table: F.embedding(ids, table))


@operator("positionalEncoding")
def positional_encoding(length, dim):
    """The angles in float64: a float32 one of many turns would have lost its place in the circle."""
    rates = torch.pow(10000, -torch.arange(0, dim, 2, dtype=torch.float64) / dim)
    angles = torch.arange(length, dtype=torch.float64)[:, None] * rates
    return torch.stack([torch.sin(angles), torch.cos(angles)], -1).flatten(1).to(DTYPE)


@operator("patchEmbedding")
def patch_embedding(image, weight, patch, bias=None):
    kernels = weight.reshape(-1, image.shape[1], patch, patch)
    return F.conv2d(image, kernels, bias, stride=patch).flatten(2).transpose(1, 2)


@operator("cosineSimilarity")
def cosine_similarity(a, b, epsilon):
    """Written out: PyTorch's own holds the norms away from 0 in another way."""
    norms = torch.linalg.vector_norm(a, dim=-1) * torch.linalg.vector_norm(b, dim=-1)
    guarded = torch.where(norms > epsilon, norms, torch.full_like(norms, epsilon))
    return (a * b).sum(-1) / guarded


@operator("negativeSampling")
def negative_sampling(center, positive, negatives):
    drawn = F.logsigmoid(-torch.einsum("nd,nkd->nk", center, negatives)).sum(-1)
    return -(F.logsigmoid((center * positive).sum(-1)) + drawn).mean()


# recurrent


def sequence(function, x, states, weight_input, weight_hidden, biases):
    """One of PyTorch's recurrent functions; a bias or state that is not given is 0."""
    rows, hidden = weight_hidden.shape
    biases = [torch.zeros(rows) if bias is None else bias for bias in biases]
    states = [torch.zeros(1, x.shape[1], hidden) if state is None else state[None] for state in states]
    state = states if len(states) > 1 else states[0]
    return function(x, state, [weight_input, weight_hidden, *biases], True, 1, 0.0, True, False, False)


@operator("rnn")
def rnn(x, weight_input, weight_hidden, activation, h0=None, bias_input=None, bias_hidden=None):
    """PyTorch knows no identity: that one is written out."""
    if activation != "identity":
        function = torch.rnn_relu if activation == "relu" else torch.rnn_tanh
        return sequence(function, x, [h0], weight_input, weight_hidden, [bias_input, bias_hidden])[0]
    h = torch.zeros(x.shape[1], len(weight_hidden)) if h0 is None else h0
    steps = []
    for step in x:
        h = F.linear(step, weight_input, bias_input) + F.linear(h, weight_hidden, bias_hidden)
        steps.append(h)
    return torch.stack(steps)


@operator("lstm")
def lstm(x, weight_input, weight_hidden, h0=None, c0=None, bias_input=None, bias_hidden=None):
    hidden, _, cell = sequence(torch.lstm, x, [h0, c0], weight_input, weight_hidden, [bias_input, bias_hidden])
    return hidden, cell[0]


@operator("gru")
def gru(x, weight_input, weight_hidden, h0=None, bias_input=None, bias_hidden=None):
    return sequence(torch.gru, x, [h0], weight_input, weight_hidden, [bias_input, bias_hidden])[0]


@operator("gruResetBefore")
def gru_reset_before(x, weight_input, weight_hidden, h0=None, bias_input=None, bias_hidden=None):
    """PyTorch has the reset gate behind the matrix only: this one is written out."""
    h = torch.zeros(x.shape[1], weight_hidden.shape[1]) if h0 is None else h0
    U, c = weight_hidden.chunk(3), [None] * 3 if bias_hidden is None else bias_hidden.chunk(3)
    steps = []
    for step in x:
        r, z, n = F.linear(step, weight_input, bias_input).chunk(3, -1)
        r, z = torch.sigmoid(r + F.linear(h, U[0], c[0])), torch.sigmoid(z + F.linear(h, U[1], c[1]))
        h = (1 - z) * torch.tanh(n + F.linear(r * h, U[2], c[2])) + z * h
        steps.append(h)
    return torch.stack(steps)


# attention


def allowed_pairs(T, S, mask, causal):
    allowed = torch.ones(T, S, dtype=torch.bool)
    if mask is not None:
        allowed &= mask.bool()
    return allowed.tril() if causal else allowed


@operator("scaledDotProductAttention")
def scaled_dot_product_attention(query, key, value, scale, causal, mask=None):
    logits = scale * (query @ key.transpose(-1, -2))
    allowed = allowed_pairs(query.shape[-2], key.shape[-2], mask, causal)
    weights = logits.masked_fill(~allowed, -torch.inf).softmax(-1)
    return weights @ value, weights


@operator("multiHeadAttention")
def multi_head_attention(
    query, key, value, weight_query, weight_key, weight_value, weight_output, heads, causal,
    bias_query=None, bias_key=None, bias_value=None, bias_output=None, mask=None,
):  # fmt: skip
    """PyTorch's own, its three input biases in one vector."""
    E = query.shape[-1]
    bias = torch.cat([torch.zeros(E) if b is None else b for b in (bias_query, bias_key, bias_value)])
    output, weights = F.multi_head_attention_forward(
        query.transpose(0, 1), key.transpose(0, 1), value.transpose(0, 1), E, int(heads), None, bias, None, None, False,
        0.0, weight_output, bias_output, attn_mask=~allowed_pairs(query.shape[1], key.shape[1], mask, causal),
        use_separate_proj_weight=True, q_proj_weight=weight_query, k_proj_weight=weight_key, v_proj_weight=weight_value,
        average_attn_weights=False,
    )  # fmt: skip
    return output.transpose(0, 1), weights


@operator("luongAttention")
def luong_attention(decoder, encoder, score, weight=None, vector=None):
    if score == "dot":
        logits = torch.einsum("nd,nsd->ns", decoder, encoder)
    elif score == "general":
        logits = torch.einsum("ne,nse->ns", decoder @ weight, encoder)
    else:
        both = torch.cat([decoder[:, None].expand(-1, encoder.shape[1], -1), encoder], -1)
        logits = torch.tanh(both @ weight.T) @ vector
    weights = logits.softmax(-1)
    return torch.einsum("ns,nse->ne", weights, encoder), weights


@operator("quadraticAttention")
def quadratic_attention(query, key, value):
    """Scores in units of the row's largest, whose squares neither overflow nor all vanish."""
    scores = query @ key.T
    squares = (scores / scores.detach().abs().amax(-1, keepdim=True)).square()
    return squares / squares.sum(-1, keepdim=True) @ value


# transformer


@operator("feedForward")
def feed_forward(x, weight1, bias1, weight2, bias2):
    return F.linear(F.relu(F.linear(x, weight1, bias1)), weight2, bias2)


def part(inputs, name):
    """The inputs of one part of a layer: `attention_weight_query` is `weight_query` there."""
    return {key[len(name) + 1 :]: x for key, x in inputs.items() if key.startswith(name + "_")}


def add_and_norm(x, sublayer, inputs, name, epsilon):
    return layer_norm(x + sublayer, epsilon, **part(inputs, name))


@operator("encoderLayer")
def encoder_layer(x, heads, epsilon, mask=None, **inputs):
    attended, _ = multi_head_attention(x, x, x, heads=heads, causal=False, mask=mask, **part(inputs, "attention"))
    x = add_and_norm(x, attended, inputs, "norm1", epsilon)
    return add_and_norm(x, feed_forward(x, **part(inputs, "feed_forward")), inputs, "norm2", epsilon)


@operator("decoderLayer")
def decoder_layer(x, memory, heads, epsilon, **inputs):
    attended, _ = multi_head_attention(x, x, x, heads=heads, causal=True, **part(inputs, "self_attention"))
    x = add_and_norm(x, attended, inputs, "norm1", epsilon)
    recalled, _ = multi_head_attention(x, memory, memory, heads=heads, causal=False, **part(inputs, "cross_attention"))
    x = add_and_norm(x, recalled, inputs, "norm2", epsilon)
    return add_and_norm(x, feed_forward(x, **part(inputs, "feed_forward")), inputs, "norm3", epsilon)


# autoencoders


@operator("linearAutoencoder")
def linear_autoencoder(x, encoder, decoder, lambda_):
    error = (x - decoder @ (encoder @ x)).square().sum() / x.shape[1]
    return error + lambda_ * (encoder.square().sum() + decoder.square().sum())


@operator("recursiveAutoencoder")
def recursive_autoencoder(left, right, target, weight1, bias1, weight2, bias2, weight3, bias3):
    x = torch.cat([left, right], 1)
    parent = F.relu(F.linear(x, weight1, bias1))
    reconstruction = F.linear(parent, weight2, bias2)
    logits = F.linear(parent, weight3, bias3)
    loss = F.mse_loss(reconstruction, x, reduction="sum") / 2 / len(x) + F.cross_entropy(logits, target)
    return parent, reconstruction, logits, loss


# contrastive


@operator("contrastiveLoss")
def contrastive_loss(a, b, same, margin, reduction):
    difference = a - b
    near = difference.square().sum(-1)
    far = F.relu(margin - torch.linalg.vector_norm(difference, dim=-1)).square()
    return reduced(torch.where(same.bool(), near, far), reduction)


@operator("infoNce")
def info_nce(query, key, temperature, normalize):
    if normalize:
        query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)
    return F.cross_entropy(query @ key.T / temperature, torch.arange(len(query)))


@operator("ntXent")
def nt_xent(z, temperature):
    z = F.normalize(z, dim=-1)
    rows = len(z)
    if rows % 2 == 1:
        raise ValueError(f"ntXent: z has {rows} rows; it should have an even number, row i + N being the pair of row i")
    logits = (z @ z.T / temperature).masked_fill(torch.eye(rows, dtype=torch.bool), -torch.inf)
    return F.cross_entropy(logits, (torch.arange(rows) + rows // 2) % rows)


operator("momentumUpdate")(lambda target, online, momentum: momentum * target + (1 - momentum) * online)


# adversarial and augmentation


@operator("discriminatorLoss")
def discriminator_loss(real, fake):
    """Softplus as −log σ(−x): PyTorch's own softplus is x itself from its threshold of 20 on."""
    return -(F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean())


@operator("generatorLoss")
def generator_loss(fake, kind):
    return F.logsigmoid(-fake).mean() if kind == "minimax" else -F.logsigmoid(fake).mean()


operator("horizontalFlip")(lambda image: image.flip(-1))


@operator("gaussianBlur")
def gaussian_blur(image, sigma, radius):
    """Reflection padding, then a convolution along each axis."""
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64)
    weights = torch.exp(-(offsets**2) / (2 * sigma**2))
    weights = (weights / weights.sum()).to(DTYPE)
    C = image.shape[1]
    padded = F.pad(image, [int(radius)] * 4, mode="reflect")
    rows = F.conv2d(padded, weights.expand(C, 1, 1, -1), groups=C)
    return F.conv2d(rows, weights[:, None].expand(C, 1, -1, -1), groups=C)


operator("adjustColor")(lambda image, scale, shift: scale[:, None, None] * image + shift[:, None, None])


@operator("crop")
def crop(image, top, left, height, width):
    return image[:, :, top : top + height, left : left + width]


@operator("resize")
def resize(image, height, width):
    return F.interpolate(image, (int(height), int(width)), mode="bilinear", align_corners=False)


# optimizers and pretraining


@operator("sgd")
def sgd(parameter, gradient, learning_rate, momentum, weight_decay, velocity=None):
    """torch.optim.SGD from the given state: one step."""
    optimized = torch.nn.Parameter(parameter.clone())
    optimized.grad = gradient.clone()
    optimizer = torch.optim.SGD([optimized], lr=learning_rate, momentum=momentum, weight_decay=weight_decay)
    if velocity is not None:
        optimizer.state[optimized]["momentum_buffer"] = velocity.clone()
    optimizer.step()
    # Without momentum PyTorch keeps no velocity: it is the decayed gradient.
    moved = optimizer.state[optimized].get("momentum_buffer") if momentum != 0 else None
    return optimized.detach(), gradient + weight_decay * parameter if moved is None else moved


@operator("adam")
def adam(parameter, gradient, mean, variance, step, learning_rate, beta1, beta2, epsilon):
    """torch.optim.Adam from the given state: one step."""
    optimized = torch.nn.Parameter(parameter.clone())
    optimized.grad = gradient.clone()
    optimizer = torch.optim.Adam([optimized], lr=learning_rate, betas=(beta1, beta2), eps=epsilon)
    state = {"step": torch.tensor(float(step - 1)), "exp_avg": mean.clone(), "exp_avg_sq": variance.clone()}
    optimizer.state[optimized] = state
    with torch.enable_grad():
        optimizer.step()
    return optimized.detach(), state["exp_avg"], state["exp_avg_sq"]


@operator("maskTokens")
def mask_tokens(ids, draws, actions, replacements, mask_id, rate):
    threshold = lambda value: torch.tensor(value, dtype=DTYPE)
    chosen = draws < threshold(rate)
    new = torch.where(
        actions < threshold(0.8),
        torch.full_like(ids, int(mask_id)),
        torch.where(actions < threshold(0.9), replacements, ids),
    )
    return torch.where(chosen, new, ids), chosen


if __name__ == "__main__":
    answerkey.serve(precision=PRECISION, name=f"PyTorch {torch.__version__}")
