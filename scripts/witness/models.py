"""Writes test/witness/models.json: losses, gradients and weights of whole training steps in PyTorch.

    /usr/bin/python3 scripts/witness/models.py

needs PyTorch and torchvision (made with Debian's python3-torch 1.13 and python3-torchvision 0.14).
The figures are float64; float32Errors says how far PyTorch's own float32 is from them, which is the yardstick where
the network is ill-conditioned (batch normalisation over four values, in the last stage of ResNet-18 at 32x32).
"""
import collections
import json
import pathlib

import torch
import torch.nn as nn
import torchvision
from formula import figures, formula_tensor

STEPS = 3


def lenet5():
    return nn.Sequential(
        collections.OrderedDict(
            conv1=nn.Conv2d(1, 6, 5), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(6, 16, 5), relu2=nn.ReLU(), pool2=nn.AvgPool2d(2),
            conv3=nn.Conv2d(16, 120, 5), relu3=nn.ReLU(), flatten=nn.Flatten(),
            fc1=nn.Linear(120, 84), relu4=nn.ReLU(), fc2=nn.Linear(84, 10),
        )
    )


def without_shortcuts(model):
    """The ablation: the blocks' layers stacked plainly."""
    def forward(self, x):
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))

    for layer in (model.layer1, model.layer2, model.layer3, model.layer4):
        for block in layer:
            block.downsample = None
            block.forward = forward.__get__(block)
    return model


CASES = {
    "lenet5": (lenet5, [4, 1, 32, 32]),
    "resnet18": (lambda: torchvision.models.resnet18(num_classes=10), [4, 3, 32, 32]),
    "resnet18 without shortcuts": (
        lambda: without_shortcuts(torchvision.models.resnet18(num_classes=10)),
        [4, 3, 32, 32],
    ),
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


def run(make, shape, dtype):
    """Three training steps: losses, and of the first one the logits, gradients and updated state."""
    model = make().to(dtype).train()
    fill(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    images = formula_tensor("images", shape, dtype)
    labels = torch.arange(shape[0]) * 3 % 10
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        logits = model(images)
        loss = nn.functional.cross_entropy(logits, labels)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            gradients = {n: p.grad.clone() for n, p in model.named_parameters()}
        optimizer.step()
        if step == 0:
            first_logits = logits.detach()
            state = model.state_dict().items()
            weights = {n: t.clone() for n, t in state if not n.endswith("num_batches_tracked")}
    return losses, {"logits": first_logits}, gradients, weights


def error(exact, rounded):
    """Largest difference of any element, relative to the largest of its tensor."""
    differences = [(exact[n] - rounded[n].double()).abs().max() / exact[n].abs().max() for n in exact]
    return float(f"{float(max(differences)):.3g}")


def witness_of(make, shape):
    losses, *exact = run(make, shape, torch.float64)
    rounded_losses, *rounded = run(make, shape, torch.float32)
    names = ["logits", "gradients", "weights"]
    kept = [{n: figures(t, 40 if n == "logits" else 6) for n, t in tensors.items()} for tensors in exact]
    return {
        "shape": shape,
        "losses": [float(f"{loss:.9g}") for loss in losses],
        **dict(zip(names, kept)),
        "float32Errors": {
            "losses": max(abs(a / b - 1) for a, b in zip(losses, rounded_losses)),
            **{name: error(*pair) for name, *pair in zip(names, exact, rounded)},
        },
    }


if __name__ == "__main__":
    witness = {name: witness_of(make, shape) for name, (make, shape) in CASES.items()}
    path = pathlib.Path(__file__).parents[2] / "test/witness/models.json"
    path.write_text(json.dumps(witness, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, {name: case["float32Errors"] for name, case in witness.items()})
