"""Writes test/witness/models.json: losses, gradients and weights of whole training steps in PyTorch.

    /usr/bin/python3 scripts/witness/models.py

needs PyTorch and torchvision (made with Debian's python3-torch 1.13 and python3-torchvision 0.14).
The figures are float64; float32Errors says how far PyTorch's own float32 is from them, which is the yardstick where
the network is ill-conditioned (batch normalisation over few values, in the last stage of a ResNet for a small image).
Dropout is off: its masks are not PyTorch's.
"""
import json
import pathlib

import torch
import torch.nn as nn
from formula import figures, formula_tensor
from models_networks import NETWORKS, loss_of

# Network: shape of the images (at least 40 logits), training steps, elements kept of each tensor.
CASES = {
    "lenet5": ([4, 1, 32, 32], 3, 6),
    "resnet18": ([4, 3, 32, 32], 3, 6),
    "resnet18 residual=false": ([4, 3, 32, 32], 3, 6),
    "lenet-sigmoid": ([4, 1, 28, 28], 1, 0),
    "resnet20-cifar": ([4, 3, 32, 32], 1, 0),
    "mobilenet-v2": ([4, 3, 64, 64], 1, 0),
    "squeezenet1.1": ([4, 3, 64, 64], 1, 0),
}


def fill(model):
    """Weights by formula, of about the size that Kaiming's rule gives them."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            values = formula_tensor(name, tensor.shape, torch.float64)
            if tensor.dim() > 1:
                fan_in = tensor[0].numel()
                tensor.copy_(values * (6 / fan_in) ** 0.5)
            elif name.endswith("running_var") or (name.endswith("weight") and tensor.dim() == 1):
                tensor.copy_(1 + 0.25 * values)
            else:
                tensor.copy_(0.1 * values)


def without_dropout(model):
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
    return model


def run(name, dtype):
    """Training steps: losses, and of the first one the logits, gradients and updated state."""
    shape, steps, _ = CASES[name]
    model = without_dropout(NETWORKS[name]()).to(dtype).train()
    fill(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    images = formula_tensor("images", shape, dtype)
    labels = torch.arange(shape[0]) * 3 % 10
    losses, logits = [], []

    def keep_logits(_model, _inputs, outputs):
        logits.append((outputs if isinstance(outputs, torch.Tensor) else outputs.logits).detach())

    model.register_forward_hook(keep_logits)
    for step in range(steps):
        optimizer.zero_grad()
        loss = loss_of(model, images, labels)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            gradients = {n: p.grad.clone() for n, p in model.named_parameters()}
        optimizer.step()
        if step == 0:
            state = model.state_dict().items()
            weights = {n: t.clone() for n, t in state if not n.endswith("num_batches_tracked")}
    return losses, {"logits": logits[0]}, gradients, weights


def figures_of(tensors, samples):
    return {n: figures(t, 40 if n == "logits" else samples) for n, t in tensors.items()}


def without_zeros(gradients):
    """Leaves out gradients that are zero but for rounding: of biases in front of a batch norm."""
    largest = max(gradient.norm() for gradient in gradients.values())
    return {n: gradient for n, gradient in gradients.items() if gradient.norm() > 1e-6 * largest}


def error(exact, rounded):
    """Largest difference of norms and products relative to the norm, and of elements relative to the largest."""
    differences = []
    for name, (norm, product, largest, *elements) in exact.items():
        other_norm, other_product, _, *other_elements = rounded[name]
        differences += [abs(norm - other_norm) / norm, abs(product - other_product) / norm]
        differences += [abs(a - b) / largest for a, b in zip(elements, other_elements)]
    return float(f"{max(differences):.3g}")


def witness_of(name):
    shape, _, samples = CASES[name]
    losses, *exact = run(name, torch.float64)
    rounded_losses, *rounded = run(name, torch.float32)
    exact[1] = without_zeros(exact[1])
    exact, rounded = ([figures_of(tensors, samples) for tensors in each] for each in (exact, rounded))
    names = ["logits", "gradients", "weights"]
    return {
        "shape": shape,
        "losses": [float(f"{loss:.9g}") for loss in losses],
        **dict(zip(names, exact)),
        "float32Errors": {
            "losses": max(abs(a / b - 1) for a, b in zip(losses, rounded_losses)),
            **{name: error(*pair) for name, *pair in zip(names, exact, rounded)},
        },
    }


if __name__ == "__main__":
    witness = {name: witness_of(name) for name in CASES}
    path = pathlib.Path(__file__).parents[2] / "test/witness/models.json"
    rows = [f"{json.dumps(name)}:{json.dumps(case, separators=(',', ':'))}" for name, case in witness.items()]
    path.write_text("{" + ",\n".join(rows) + "}\n")
    print(path, path.stat().st_size)
    for name, case in witness.items():
        print(name, case["float32Errors"])
