"""Layers in NumPy alone: a function computes the output and answers with it and with the way back.

The way back takes the gradient with respect to the output and gives those with respect to the inputs, by name; it is None
where there is none. Arrays come checked: see numpy_subject.py.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

# activations


def logistic(x):
    """σ(x) = 1/(1 + e^−x), from the exponential that does not overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def sigmoid(x):
    return logistic(x), lambda grad: {"x": grad * logistic(x) * logistic(-x)}


def tanh(x):
    y = np.tanh(x)
    return y, lambda grad: {"x": grad * (1 - y) * (1 + y)}


def relu(x):
    return np.maximum(x, 0), lambda grad: {"x": grad * (x > 0)}


def leaky_relu(x, negative_slope):
    slope = np.where(x > 0, 1, negative_slope)
    return slope * x, lambda grad: {"x": slope * grad}


def gelu(x, approximate):
    """In float64, which NumPy's missing error function, here that of Python's mathematics, computes in anyway."""
    z = x.astype(np.float64)
    if approximate == "none":
        share = 0.5 * np.vectorize(math.erfc, otypes=[np.float64])(-z / math.sqrt(2))
        density = np.exp(-0.5 * np.clip(z, -40, 40) ** 2) / math.sqrt(2 * math.pi)
        return z * share, lambda grad: {"x": grad * (share + z * density)}
    # ½(1 + tanh u) = σ(2u), which is 0 or 1 far before the cube overflows.
    c, factor = np.clip(z, -40, 40), 2 * math.sqrt(2 / math.pi)
    u, slope = factor * (c + 0.044715 * c**3), factor * (1 + 3 * 0.044715 * c**2)
    return z * logistic(u), lambda grad: {"x": grad * (logistic(u) + c * slope * logistic(u) * logistic(-u))}


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    y = e / e.sum(axis, keepdims=True)
    return y, lambda grad: {"x": y * (grad - (grad * y).sum(axis, keepdims=True))}


def log_softmax(x, axis):
    z = x - x.max(axis, keepdims=True)
    y = z - np.log(np.exp(z).sum(axis, keepdims=True))
    return y, lambda grad: {"x": grad - softmax(x, axis)[0] * grad.sum(axis, keepdims=True)}


# linear algebra


def matmul(a, b):
    def back(grad):
        return {
            "a": summed_to(grad @ np.swapaxes(b, -1, -2), a.shape),
            "b": summed_to(np.swapaxes(a, -1, -2) @ grad, b.shape),
        }

    return a @ b, back


def summed_to(gradient, shape):
    """Over the leading dimensions that the other factor alone has."""
    return gradient.sum(tuple(range(gradient.ndim - len(shape))))


def linear(x, weight, bias=None):
    y = x @ weight.T if bias is None else x @ weight.T + bias

    def back(grad):
        rows, gradients = x.reshape(-1, x.shape[-1]), grad.reshape(-1, grad.shape[-1])
        return given({"x": grad @ weight, "weight": gradients.T @ rows, "bias": gradients.sum(0)}, bias=bias)

    return y, back


def given(gradients, **optional):
    """The gradients without those of inputs that were not given."""
    return {key: gradient for key, gradient in gradients.items() if key not in optional or optional[key] is not None}


def feed_forward(x, weight1, bias1, weight2, bias2):
    hidden, to_first = linear(x, weight1, bias1)
    active, to_hidden = relu(hidden)
    y, to_second = linear(active, weight2, bias2)

    def back(grad):
        second = to_second(grad)
        first = to_first(to_hidden(second["x"])["x"])
        return {"x": first["x"], "weight1": first["weight"], "bias1": first["bias"],
                "weight2": second["weight"], "bias2": second["bias"]}  # fmt: skip

    return y, back


# losses


def reduced(losses, reduction):
    """The loss, and what its gradient gives to every item."""
    if reduction == "none":
        return losses, lambda grad: grad
    if reduction == "sum":
        return losses.sum(), lambda grad: grad * np.ones_like(losses)
    return losses.mean(), lambda grad: grad / losses.size * np.ones_like(losses)


def squared_error(prediction, target, factor, reduction):
    error = prediction - target
    loss, share = reduced(factor * error**2, reduction)

    def back(grad):
        gradient = 2 * factor * error * share(grad)
        return {"prediction": gradient, "target": -gradient}

    return loss, back


def cross_entropy(logits, target, label_smoothing, reduction):
    C = logits.shape[1]
    q = (1 - label_smoothing) * np.eye(C, dtype=logits.dtype)[target] + logits.dtype.type(label_smoothing / C)
    loss, share = reduced(-(q * log_softmax(logits, 1)[0]).sum(1), reduction)
    return loss, lambda grad: {"logits": (softmax(logits, 1)[0] - q) * share(grad)[:, None]}


def softplus(x):
    """log(1 + e^x)"""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def binary_cross_entropy(logits, target, reduction):
    loss, share = reduced((1 - target) * softplus(logits) + target * softplus(-logits), reduction)
    # σ(z) − t, without the difference of two numbers near 1.
    gradient = (1 - target) * logistic(logits) - target * logistic(-logits)
    return loss, lambda grad: {"logits": gradient * share(grad)}


def weight_penalty(weight, norm, lambda_):
    if norm == 1:
        return lambda_ * np.abs(weight).sum(), lambda grad: {"weight": grad * lambda_ * np.sign(weight)}
    return lambda_ * (weight**2).sum(), lambda grad: {"weight": grad * lambda_ * 2 * weight}


def discriminator_loss(real, fake):
    loss = softplus(-real).mean() + softplus(fake).mean()
    return loss, lambda grad: {"real": -grad * logistic(-real) / real.size, "fake": grad * logistic(fake) / fake.size}


def generator_loss(fake, kind):
    if kind == "minimax":
        return -softplus(fake).mean(), lambda grad: {"fake": -grad * logistic(fake) / fake.size}
    return softplus(-fake).mean(), lambda grad: {"fake": -grad * logistic(-fake) / fake.size}


# convolution and pooling


def windows(image, kernel, stride, dilation=(1, 1)):
    """A view of every window of the image, without a copy: [N, C, H′, W′, KH, KW]."""
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    every = sliding_window_view(image, reach, axis=(2, 3))
    return every[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def from_windows(gradients, shape, stride, dilation=(1, 1)):
    """The gradient of an image of this shape from that of its windows: every entry adds up those of the windows it is in."""
    image = np.zeros(shape, gradients.dtype)
    *_, H, W, KH, KW = gradients.shape
    for i in range(KH):
        for j in range(KW):
            top, left = i * dilation[0], j * dilation[1]
            image[:, :, top : top + stride[0] * H : stride[0], left : left + stride[1] * W : stride[1]] += gradients[..., i, j]
    return image


def padded(x, padding, value=0.0):
    (h, w) = padding
    return np.pad(x, [(0, 0), (0, 0), (h, h), (w, w)], constant_values=value)


def cropped(x, padding):
    (h, w), (H, W) = padding, x.shape[2:]
    return x[:, :, h : H - h, w : W - w]


def conv2d(x, weight, stride, padding, dilation, groups, bias=None):
    """A product of windows and kernels, group by group."""
    image = padded(x, padding)
    patches = windows(image, weight.shape[2:], stride, dilation)
    grouped = patches.reshape(len(x), groups, -1, *patches.shape[2:])
    kernels = weight.reshape(groups, -1, *weight.shape[1:])
    y = np.einsum("ngchwij,gocij->ngohw", grouped, kernels, optimize=True)
    y = y.reshape(len(x), len(weight), *y.shape[3:])

    def back(grad):
        by_group = grad.reshape(len(x), groups, -1, *grad.shape[2:])
        to_patches = np.einsum("ngohw,gocij->ngchwij", by_group, kernels, optimize=True).reshape(patches.shape)
        gradients = {
            "x": cropped(from_windows(to_patches, image.shape, stride, dilation), padding),
            "weight": np.einsum("ngohw,ngchwij->gocij", by_group, grouped, optimize=True).reshape(weight.shape),
            "bias": grad.sum((0, 2, 3)),
        }
        return given(gradients, bias=bias)

    return y if bias is None else y + bias[:, None, None], back


def conv1d(x, weight, stride, padding, dilation, groups, bias=None):
    """The convolution of an image of one row."""
    y, to_image = conv2d(x[:, :, None], weight[:, :, None], (1, stride), (0, padding), (1, dilation), groups, bias)

    def back(grad):
        return {key: g if key == "bias" else g[:, :, 0] for key, g in to_image(grad[:, :, None]).items()}

    return y[:, :, 0], back


def depthwise_separable_conv2d(x, depthwise, pointwise, stride, padding, bias=None):
    filtered, to_x = conv2d(x, depthwise, stride, padding, (1, 1), x.shape[1])
    y, to_filtered = conv2d(filtered, pointwise, (1, 1), (0, 0), (1, 1), 1, bias)

    def back(grad):
        second = to_filtered(grad)
        first = to_x(second["x"])
        gradients = {"x": first["x"], "depthwise": first["weight"], "pointwise": second["weight"]}
        return gradients if bias is None else {**gradients, "bias": second["bias"]}

    return y, back


def conv_output_size(input, kernel, stride, padding, dilation):
    lengths, k, s, p, d = map(np.array, (input, kernel, stride, padding, dilation))
    return (lengths + 2 * p - d * (k - 1) - 1) // s + 1, None


def max_pool2d(x, kernel, stride, padding):
    image = padded(x, padding, -np.inf)
    patches = windows(image, kernel, stride)
    entries = patches.reshape(*patches.shape[:4], -1)
    first = entries.argmax(-1)[..., None]

    def back(grad):
        chosen = (np.arange(entries.shape[-1]) == first) * grad[..., None]
        return {"x": cropped(from_windows(chosen.reshape(patches.shape), image.shape, stride), padding)}

    return np.take_along_axis(entries, first, -1)[..., 0], back


def avg_pool2d(x, kernel, stride, padding, count_include_pad):
    image = padded(x, padding)
    counted = padded(np.ones_like(x[:1, :1]), padding, 1.0 if count_include_pad else 0.0)
    patches, counts = windows(image, kernel, stride), windows(counted, kernel, stride).sum((4, 5))

    def back(grad):
        shares = np.broadcast_to((grad / counts)[..., None, None], patches.shape)
        return {"x": cropped(from_windows(shares, image.shape, stride), padding)}

    return patches.sum((4, 5)) / counts, back


def adaptive_avg_pool2d(x, output):
    def cells(size, count):
        return [slice(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]

    every = [(i, j, rows, columns) for i, rows in enumerate(cells(x.shape[2], output[0]))
             for j, columns in enumerate(cells(x.shape[3], output[1]))]  # fmt: skip
    y = np.empty((*x.shape[:2], *output), x.dtype)
    for i, j, rows, columns in every:
        y[:, :, i, j] = x[:, :, rows, columns].mean((2, 3))

    def back(grad):
        gradient = np.zeros_like(x)
        for i, j, rows, columns in every:
            cell = gradient[:, :, rows, columns]
            cell += (grad[:, :, i, j] / (cell.shape[2] * cell.shape[3]))[:, :, None, None]
        return {"x": gradient}

    return y, back


def mean_over_time(x, lengths=None):
    counts = np.full(x.shape[1], len(x)) if lengths is None else lengths
    taken = (np.arange(len(x))[:, None] < counts)[:, :, None]
    return (x * taken).sum(0) / counts[:, None], lambda grad: {"x": taken * (grad / counts[:, None])}


# normalization


def normalized(x, axes, epsilon):
    """(x − μ)/√(σ² + ε) over the axes, and the way back."""
    centred = x - x.mean(axes, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axes, keepdims=True) + epsilon)
    y = centred / deviation

    def back(grad):
        along = (grad * y).mean(axes, keepdims=True)
        return (grad - grad.mean(axes, keepdims=True) - y * along) / deviation

    return y, back


def layer_norm(x, epsilon, gain=None, bias=None):
    return affine(x, normalized(x, -1, epsilon), gain, bias, [-1])


def affine(x, standardized, gain, bias, shape):
    """gain⊙y + bias with one gain and one bias along the dimension that is −1 in `shape`, and the way back to x."""
    y, to_x = standardized
    wide_gain = 1 if gain is None else gain.reshape(shape)
    wide_bias = 0 if bias is None else bias.reshape(shape)
    others = tuple(i for i in range(x.ndim) if i - x.ndim != shape.index(-1) - len(shape))

    def back(grad):
        gradients = {"x": to_x(grad * wide_gain), "gain": (grad * y).sum(others), "bias": grad.sum(others)}
        return given(gradients, gain=gain, bias=bias)

    return wide_gain * y + wide_bias, back


def batch_norm(x, epsilon, training, gain=None, bias=None, mean=None, variance=None):
    shape, axes = [-1] + [1] * (x.ndim - 2), (0, *range(2, x.ndim))
    if training:
        return affine(x, normalized(x, axes, epsilon), gain, bias, shape)
    rate = 1 / np.sqrt(variance.reshape(shape) + epsilon)
    y, to_x = affine(x, ((x - mean.reshape(shape)) * rate, lambda grad: grad * rate), gain, bias, shape)

    def back(grad):
        gradients = to_x(grad)
        spread = gradients["x"] * (x - mean.reshape(shape)) * rate**2
        return {**gradients, "mean": -gradients["x"].sum(axes), "variance": -spread.sum(axes) / 2}

    return y, back


def local_response_norm(x, size, alpha, beta, k):
    def neighbours(z):
        """The sum over `size` neighbouring channels."""
        wide = np.pad(z, [(0, 0), (size // 2, size // 2), (0, 0), (0, 0)])
        return sliding_window_view(wide, size, axis=1).sum(-1)

    D = k + alpha / size * neighbours(x**2)

    def back(grad):
        return {"x": grad * D**-beta - 2 * alpha * beta / size * x * neighbours(grad * x * D ** (-beta - 1))}

    return x * D**-beta, back


def dropout(x, mask, p):
    return x * mask / (1 - p), lambda grad: {"x": grad * mask / (1 - p)}


# embeddings


def one_hot(ids, classes):
    return (ids[..., None] == np.arange(classes)).astype(np.float64), None


def embedding(ids, table):
    def back(grad):
        gradient = np.zeros_like(table)
        np.add.at(gradient, ids, grad)
        return {"table": gradient}

    return table[ids], back


def positional_encoding(length, dim):
    angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(0, dim, 2) / dim)
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(length, dim), None


def patch_embedding(image, weight, patch, bias=None):
    N, C, H, W = image.shape
    tiles = image.reshape(N, C, H // patch, patch, W // patch, patch).transpose(0, 2, 4, 1, 3, 5)
    y, to_rows = linear(tiles.reshape(N, -1, C * patch * patch), weight, bias)

    def back(grad):
        gradients = to_rows(grad)
        rows = gradients.pop("x").reshape(tiles.shape)
        return {"image": rows.transpose(0, 3, 1, 4, 2, 5).reshape(image.shape), **gradients}

    return y, back


def cosine_similarity(a, b, epsilon):
    norm_a, norm_b = (np.sqrt((v**2).sum(-1, keepdims=True)) for v in (a, b))
    guarded = np.maximum(norm_a * norm_b, epsilon)
    y = (a * b).sum(-1, keepdims=True) / guarded

    def back(grad):
        def towards(v, norm, other):
            pull = np.divide(y * v, norm**2, out=np.zeros_like(v), where=norm_a * norm_b > epsilon)
            return grad[..., None] * (other / guarded - pull)

        return {"a": towards(a, norm_a, b), "b": towards(b, norm_b, a)}

    return y[..., 0], back


# attention


def scaled_dot_product_attention(query, key, value, scale, causal, mask=None):
    allowed = np.ones((query.shape[-2], key.shape[-2]), bool) if mask is None else mask != 0
    allowed = np.tril(allowed) if causal else allowed
    transposed = np.swapaxes(key, -1, -2)
    weights, to_logits = softmax(np.where(allowed, scale * (query @ transposed), -np.inf), -1)
    output, to_weights = matmul(weights, value)

    def back(grad_output, grad_weights):
        last = to_weights(grad_output)
        logits = scale * to_logits(last["a"] + grad_weights)["x"]
        return {"query": logits @ key, "key": np.swapaxes(logits, -1, -2) @ query, "value": last["b"]}

    return (output, weights), back


# augmentation and optimizers


def horizontal_flip(image):
    return image[..., ::-1], lambda grad: {"image": grad[..., ::-1]}


def crop(image, top, left, height, width):
    def back(grad):
        gradient = np.zeros_like(image)
        gradient[:, :, top : top + height, left : left + width] = grad
        return {"image": gradient}

    return image[:, :, top : top + height, left : left + width], back


def adjust_color(image, scale, shift):
    wide = scale[:, None, None]

    def back(grad):
        return {"image": wide * grad, "scale": (grad * image).sum((0, 2, 3)), "shift": grad.sum((0, 2, 3))}

    return wide * image + shift[:, None, None], back


def momentum_update(target, online, momentum):
    return momentum * target + (1 - momentum) * online, None


def sgd(parameter, gradient, learning_rate, momentum, weight_decay, velocity=None):
    g = gradient + weight_decay * parameter
    v = g if velocity is None else momentum * velocity + g
    return (parameter - learning_rate * v, v), None


def adam(parameter, gradient, mean, variance, step, learning_rate, beta1, beta2, epsilon):
    m = beta1 * mean + (1 - beta1) * gradient
    v = beta2 * variance + (1 - beta2) * gradient**2
    m_hat, v_hat = m / (1 - beta1**step), v / (1 - beta2**step)
    return (parameter - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v), None
