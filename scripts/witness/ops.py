"""PyTorch's values for the cases of operators and optimizers (test/*.cases.ts), in 64-bit numbers.

    node scripts/witness/ops.js > /tmp/cases.json
    python3 scripts/witness/ops.py /tmp/cases.json > test/witness/ops.json

The second command needs a Python that has PyTorch. A case is named as in the table; the gradient is that of the sum of
outputs times the case's weights.
"""

import json
import sys

import torch
from torch.nn import functional

SAMPLES = 24


def padded(x, pads, value=0.0):
    top, left, bottom, right = pads
    return functional.pad(x, (left, right, top, bottom), value=value)


def symmetric(pads):
    return pads[0] == pads[2] and pads[1] == pads[3]


def conv(x, weight, bias=None, *, strides, pads, dilations, group):
    return functional.conv2d(padded(x, pads), weight, bias, strides, 0, dilations, group)


def max_pool(x, *, kernelShape, strides, pads, dilations, ceilMode):
    if symmetric(pads):
        return functional.max_pool2d(x, kernelShape, strides, pads[:2], dilations, ceilMode)
    assert not ceilMode
    return functional.max_pool2d(padded(x, pads, -torch.inf), kernelShape, strides, 0, dilations)


def average_pool(x, *, kernelShape, strides, pads, ceilMode, countIncludePad):
    if symmetric(pads):
        return functional.avg_pool2d(x, kernelShape, strides, pads[:2], ceilMode, countIncludePad)
    assert not ceilMode
    means = functional.avg_pool2d(padded(x, pads), kernelShape, strides)
    if countIncludePad:
        return means
    return means / functional.avg_pool2d(padded(torch.ones_like(x), pads), kernelShape, strides)


def batch_normalization(x, scale, bias, mean, variance, *, epsilon):
    return functional.batch_norm(x, mean, variance, scale, bias, False, 0.0, epsilon)


def batch_normalization_training(x, scale, bias, mean, variance, *, epsilon, momentum):
    mean, variance = mean.detach().clone(), variance.detach().clone()
    y = functional.batch_norm(x, mean, variance, scale, bias, True, momentum, epsilon)
    inverse = torch.rsqrt(x.var((0, 2, 3), unbiased=False) + epsilon)
    return y, mean, variance, x.mean((0, 2, 3)), inverse


def softmax_cross_entropy_loss(logits, labels, weights=None, *, labelSmoothing):
    loss = functional.cross_entropy(logits, labels, weights, label_smoothing=labelSmoothing)
    return loss, functional.softmax(logits, 1)


def gemm(a, b, bias=None, *, transA, transB):
    product = (a.T if transA else a) @ (b.T if transB else b)
    return product if bias is None else product + bias


def pad(x, *, pads, value):
    rank = x.dim()
    widths = [side for axis in reversed(range(rank)) for side in (pads[axis], pads[axis + rank])]
    return functional.pad(x, widths, value=value)


def slice_(x, *, starts, ends, steps):
    return x[tuple(slice(*bounds) for bounds in zip(starts, ends, steps))]


def dropout(x, key, *, ratio, stream):
    words = random_words([int(word) % 2**32 for word in key], stream, x.numel())
    uniform = torch.tensor([word // 2**8 for word in words], dtype=torch.float64) / 2**24
    mask = (uniform >= ratio).double().reshape(x.shape) / (1 - ratio)
    return x * mask, mask


def random_words(key, stream, count):
    """Words of the counter-based generator of src/tensor/random.ts."""
    low, high, step = key
    purpose = 0x811C9DC5
    for character in stream:
        purpose = (purpose ^ ord(character)) * 0x01000193 % 2**32
    blocks = [philox((i, step, high, 0), (low, purpose)) for i in range((count + 3) // 4)]
    return [word for block in blocks for word in block][:count]


def philox(counter, key):
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c0, 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return c0, c1, c2, c3


OPERATORS = {
    "AdaptiveAveragePool": lambda x, outputSize: functional.adaptive_avg_pool2d(x, outputSize),
    "Add": torch.add,
    "AveragePool": average_pool,
    "BatchNormalization": batch_normalization,
    "BatchNormalizationTraining": batch_normalization_training,
    "Clip": lambda x, min, max: functional.hardtanh(x, min, max),
    "Concat": lambda *inputs, axis: torch.cat(inputs, axis),
    "Conv": conv,
    "Div": torch.div,
    "Dropout": dropout,
    "Elu": lambda x, alpha: functional.elu(x, alpha),
    "Expand": lambda x, shape: x.expand(shape),
    "Gemm": gemm,
    "Gelu": lambda x: functional.gelu(x, approximate="tanh"),
    "GlobalAveragePool": lambda x: functional.adaptive_avg_pool2d(x, 1),
    "HardSigmoid": functional.hardsigmoid,
    "HardSwish": functional.hardswish,
    "LeakyRelu": lambda x, alpha: functional.leaky_relu(x, alpha),
    "MaxPool": max_pool,
    "Mul": torch.mul,
    "Pad": pad,
    "ReduceMean": lambda x, axes, keepDims: x.mean(axes, keepDims),
    "ReduceSum": lambda x, axes, keepDims: x.sum(axes, keepDims),
    "Relu": functional.relu,
    "Reshape": lambda x, shape: x.reshape(shape),
    "Sigmoid": torch.sigmoid,
    "SigmoidCrossEntropyLoss": functional.binary_cross_entropy_with_logits,
    "Silu": functional.silu,
    "Slice": slice_,
    "Softmax": lambda x, axis: functional.softmax(x, axis),
    "SoftmaxCrossEntropyLoss": softmax_cross_entropy_loss,
    "Sqrt": torch.sqrt,
    "Sub": torch.sub,
    "Tanh": torch.tanh,
}


def sgd(weight, weightDecay, momentum=0.0, nesterov=False):
    optimizer = torch.optim.SGD(
        [weight], 1.0, momentum=momentum, weight_decay=weightDecay, nesterov=nesterov
    )
    return optimizer, ["momentum_buffer"] if momentum else []


def adam(kind, weight, beta1, beta2, epsilon, weightDecay):
    optimizer = kind([weight], 1.0, (beta1, beta2), epsilon, weightDecay)
    return optimizer, ["exp_avg", "exp_avg_sq"]


def rmsprop(weight, alpha, epsilon, momentum, weightDecay):
    optimizer = torch.optim.RMSprop([weight], 1.0, alpha, epsilon, weightDecay, momentum)
    return optimizer, ["square_avg", "momentum_buffer"] if momentum else ["square_avg"]


def adagrad(weight, epsilon, weightDecay):
    return torch.optim.Adagrad([weight], 1.0, 0, weightDecay, 0, epsilon), ["sum"]


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, algorithm 2; PyTorch has none."""

    def __init__(self, weight, beta1, beta2, weightDecay):
        super().__init__([weight], {"lr": 1.0})
        self.settings = beta1, beta2, weightDecay
        self.state[weight]["mean"] = torch.zeros_like(weight)

    @torch.no_grad()
    def step(self):
        beta1, beta2, decay = self.settings
        (group,) = self.param_groups
        (weight,) = group["params"]
        mean = self.state[weight]["mean"]
        direction = torch.sign(mean.lerp(weight.grad, 1 - beta1))
        mean.lerp_(weight.grad, 1 - beta2)
        weight -= group["lr"] * (direction + decay * weight)


class Lamb(torch.optim.Optimizer):
    """You et al. 2020, algorithm 2, without bounds on the norm; PyTorch has none."""

    def __init__(self, weight, beta1, beta2, epsilon, weightDecay):
        super().__init__([weight], {"lr": 1.0})
        self.settings = beta1, beta2, epsilon, weightDecay
        self.state[weight].update(mean=torch.zeros_like(weight), square=torch.zeros_like(weight), step=0)

    @torch.no_grad()
    def step(self):
        beta1, beta2, epsilon, decay = self.settings
        (group,) = self.param_groups
        (weight,) = group["params"]
        state = self.state[weight]
        state["step"] += 1
        state["mean"].lerp_(weight.grad, 1 - beta1)
        state["square"].lerp_(weight.grad**2, 1 - beta2)
        mean = state["mean"] / (1 - beta1 ** state["step"])
        square = state["square"] / (1 - beta2 ** state["step"])
        direction = mean / (square.sqrt() + epsilon) + decay * weight
        weight -= group["lr"] * weight.norm() / direction.norm() * direction


OPTIMIZERS = {
    "sgd": sgd,
    "momentum": sgd,
    "nesterov": lambda weight, **settings: sgd(weight, **settings, nesterov=True),
    "adam": lambda weight, **settings: adam(torch.optim.Adam, weight, **settings),
    "adamw": lambda weight, **settings: adam(torch.optim.AdamW, weight, **settings),
    "rmsprop": rmsprop,
    "adagrad": adagrad,
    "lion": lambda weight, **settings: (Lion(weight, **settings), ["mean"]),
    "lamb": lambda weight, **settings: (Lamb(weight, **settings), ["mean", "square"]),
}


def tensor(stored):
    kind = torch.int64 if stored["dtype"] == "int32" else torch.float64
    return torch.tensor(stored["data"], dtype=kind).reshape(stored["shape"])


def case_result(case):
    inputs = [tensor(stored) for stored in case["inputs"]]
    targets = [inputs[i].requires_grad_() for i in case["differentiable"]]
    outputs = OPERATORS[case["operator"]](*inputs, **case["attributes"])
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    weights = [weight and tensor(weight) for weight in case["weights"]]
    loss = sum((y * w).sum() for y, w in zip(outputs, weights) if w is not None)
    gradients = torch.autograd.grad(loss, targets)
    return {
        "outputs": [sample_values(output) for output in outputs],
        "gradients": [sample_values(gradient) for gradient in gradients],
    }


def update_result(update):
    weight = tensor(update["weight"]).requires_grad_()
    optimizer, state = OPTIMIZERS[update["optimizer"]](weight, **update["settings"])
    weights = []
    for rate, gradient in zip(update["learningRates"], update["gradients"]):
        optimizer.param_groups[0]["lr"] = rate
        weight.grad = tensor(gradient)
        optimizer.step()
        weights.append(sample_values(weight))
    return {"weights": weights, "state": [sample_values(optimizer.state[weight][name]) for name in state]}


def sample_values(values):
    """As sampledValues in test/ops.witness.ts."""
    values = values.detach().flatten().tolist()
    count = len(values)
    if count <= SAMPLES:
        return [rounded(value) for value in values]
    samples = [values[int((i + 0.5) * count / SAMPLES)] for i in range(SAMPLES)]
    projections = [projection(values, 7919, 1009), projection(values, 104729, 997)]
    return [rounded(value) for value in samples + projections]


def projection(values, factor, modulus):
    return sum(value * (i * factor % modulus / modulus - 0.5) for i, value in enumerate(values))


def rounded(value):
    short = float(f"{value:.8g}")
    return int(short) if short == int(short) else short


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        stored = json.load(file)
    cases = {case["name"]: case_result(case) for case in stored["cases"]}
    updates = {update["name"]: update_result(update) for update in stored["updates"]}
    print(f'{{"torch": {json.dumps(torch.__version__)},\n"cases": {{\n{lines(cases)}\n}},')
    print(f'"updates": {{\n{lines(updates)}\n}}}}')


def lines(table):
    return ",\n".join(
        f"{json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}" for name, entry in table.items()
    )


if __name__ == "__main__":
    main()
