"""Writes test/witness/models.json: losses, gradients and weights of whole training steps in PyTorch.

    /usr/bin/python3 scripts/witness/models.py [NETWORK...]

Runs all networks, or those named, and keeps the values of the others. It needs PyTorch and torchvision (made with Debian's python3-torch 1.13 and python3-torchvision 0.14) and 8 GB of memory.
The values are float64. float32Errors is PyTorch's own rounding error, in float32 or in float64 with noise of that size,
whichever is larger: the scale for rounding errors of another program.

A gradient is discontinuous where the input of a ReLU crosses zero or the maximum of a pooling window changes, and among a
million elements rounding makes one of them do so. Therefore images are small, batch normalization moves most of its
outputs away from zero (see fill), and the script stops if rounding still changes a branch: use other images.
Dropout is off, because masks differ.
"""
import json
import pathlib
import sys

import torch
import torch.nn as nn
from formula import sample_tensor, formula_tensor
from models_networks import NETWORKS, loss_of
from torchvision.ops import StochasticDepth

# Network: shape of the images (more than one value per channel of a batch norm), training steps, number of the images.
CASES = {
    "lenet5": ([4, 1, 32, 32], 3, 0),
    "lenet-sigmoid": ([4, 1, 28, 28], 1, 0),
    "alexnet": ([2, 3, 224, 224], 1, 0),
    "alexnet-torchvision": ([2, 3, 63, 63], 1, 0),
    "vgg16": ([2, 3, 32, 32], 1, 0),
    "vgg11-bn": ([4, 3, 32, 32], 1, 0),
    "googlenet": ([2, 3, 32, 32], 1, 0),
    "googlenet auxiliary=true": ([2, 3, 32, 32], 1, 0),
    "googlenet batchNorm=true stemStride=2 auxiliary=true": ([4, 3, 64, 64], 1, 6),
    "resnet18": ([4, 3, 32, 32], 1, 0),
    "resnet18 residual=false": ([4, 3, 32, 32], 1, 0),
    "resnet50": ([4, 3, 64, 64], 1, 0),
    "resnet50-projection": ([4, 3, 64, 64], 1, 0),
    "resnet20-cifar": ([4, 3, 32, 32], 3, 0),
    "mobilenet-v1": ([4, 3, 64, 64], 1, 0),
    "mobilenet-v2": ([4, 3, 64, 64], 1, 1),
    "mobilenet-v3-small": ([4, 3, 64, 64], 1, 0),
    "shufflenet-v2-x0.5": ([4, 3, 64, 64], 1, 0),
    "efficientnet-b0": ([4, 3, 64, 64], 1, 0),
    "squeezenet1.1": ([2, 3, 64, 64], 1, 0),
}
# Of a group of tensors, this many are kept, spread evenly over their names, and this many elements of each.
TENSORS, ELEMENTS = 8, 4
LOGITS = 20
# Rounding of a layer's output in float32, relative to its root mean square.
NOISE = 2e-7


def fill(model):
    """Weights by formula, of about the size that Kaiming's rule gives them; batch norms give values of about 2 +- 1."""
    state = model.state_dict()
    with torch.no_grad():
        for name, tensor in state.items():
            if name.endswith("num_batches_tracked"):
                continue
            values = formula_tensor(name, tensor.shape, torch.float64)
            if tensor.dim() > 1:
                fan_in = tensor[0].numel()
                tensor.copy_(values * (6 / fan_in) ** 0.5)
            elif name.endswith(("running_var", "weight")):
                tensor.copy_(1 + 0.25 * values)
            elif name.endswith("bias") and name[:-4] + "running_mean" in state:
                tensor.copy_(2 + 0.25 * values)
            else:
                tensor.copy_(0.1 * values)


def without_dropout(model):
    for module in model.modules():
        if isinstance(module, (nn.Dropout, StochasticDepth)):
            module.p = 0
    return model


def add_noise(model, size):
    """Changes what layers with weights give by as much as rounding does."""
    generator = torch.Generator().manual_seed(0)

    def hook(_layer, _inputs, outputs):
        values = outputs.detach()
        noise = torch.randn(values.shape, generator=generator, dtype=values.dtype)
        return outputs + size * values.square().mean().sqrt() * noise

    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear, nn.BatchNorm2d)):
            module.register_forward_hook(hook)


def run(name, dtype, noise=0):
    """Training steps: losses, and of the first one the logits, gradients and updated state."""
    shape, steps, number = CASES[name]
    model = without_dropout(NETWORKS[name]()).to(dtype).train()
    fill(model)
    if noise:
        add_noise(model, noise)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    images = formula_tensor(f"images {number}", shape, dtype)
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
            gradients = {n: sample_tensor(p.grad, ELEMENTS) for n, p in model.named_parameters()}
        optimizer.step()
        if step == 0:
            state = model.state_dict().items()
            weights = {n: sample_tensor(t, ELEMENTS) for n, t in state if not n.endswith("num_batches_tracked")}
    return losses, sample_tensor(logits[0], LOGITS), gradients, weights


def zeros_of(gradients):
    """Names of gradients that are zero but for rounding: of biases in front of a batch norm."""
    largest = max(norm for norm, *_ in gradients.values())
    return [name for name, (norm, *_) in gradients.items() if norm < 1e-6 * largest]


def group_of(tensors, zeros=()):
    """Some of the tensors, those of auxiliary classifiers' last layers among them, and the logarithms of all norms."""
    names = sorted(set(tensors) - set(zeros))
    count = min(TENSORS, len(names))
    places = {i * (len(names) - 1) // (count - 1) for i in range(count)}
    kept = [n for i, n in enumerate(names) if i in places or n in ("aux1.fc2.weight", "aux2.fc2.weight")]
    norms = torch.tensor([tensors[n][0] for n in names], dtype=torch.float64)
    return {"norms": sample_tensor(norms.log(), 0), "tensors": {n: tensors[n] for n in kept}, "zeros": list(zeros)}


def error(exact, rounded, zeros=()):
    """Largest difference of norms and products relative to the norm, and of elements relative to the largest."""
    differences = []
    for name in exact.keys() - set(zeros):
        norm, product, largest, *elements = exact[name]
        other_norm, other_product, _, *other_elements = rounded[name]
        differences += [abs(norm - other_norm) / norm, abs(product - other_product) / norm]
        differences += [abs(a - b) / largest for a, b in zip(elements, other_elements)]
    return float(f"{max(differences):.3g}")


def witness_of(name):
    shape, _, number = CASES[name]
    losses, logits, gradients, weights = run(name, torch.float64)
    zeros = zeros_of(gradients)
    errors = []
    for rounded in (run(name, torch.float32), run(name, torch.float64, NOISE)):
        errors.append({
            "losses": max(abs(a / b - 1) for a, b in zip(losses, rounded[0])),
            "logits": error({"logits": logits}, {"logits": rounded[1]}),
            "gradients": error(gradients, rounded[2], zeros),
            "weights": error(weights, rounded[3]),
        })
    return {
        "shape": shape,
        "images": f"images {number}",
        "losses": [float(f"{loss:.9g}") for loss in losses],
        "logits": logits,
        "gradients": group_of(gradients, zeros),
        "weights": group_of(weights),
        "float32Errors": {what: float(f"{max(each[what] for each in errors):.3g}") for what in errors[0]},
    }


def check_conditions(witness):
    jumps = [name for name, case in witness.items() if case["float32Errors"]["gradients"] > 3e-4]
    if jumps:
        raise SystemExit(f"rounding makes a gradient jump in {jumps}; give them images of another number")


if __name__ == "__main__":
    path = pathlib.Path(__file__).parents[2] / "test/witness/models.json"
    chosen = sys.argv[1:] or list(CASES)
    made = {}
    for name in chosen:
        made[name] = witness_of(name)
        print(name, made[name]["float32Errors"], flush=True)
    check_conditions(made)
    kept = json.loads(path.read_text()) if sys.argv[1:] else {}
    witness = {name: made.get(name) or kept[name] for name in CASES}
    rows = [f"{json.dumps(name)}:{json.dumps(case, separators=(',', ':'))}" for name, case in witness.items()]
    path.write_text("{" + ",\n".join(rows) + "}\n")
    print(path, path.stat().st_size)
