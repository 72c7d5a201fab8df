"""Writes test/witness/updates.json: 20 training steps of a small network in PyTorch, for every update option.

    /usr/bin/python3 scripts/witness/updates.py

Made with PyTorch 1.13, in float64. Stores the loss of every step, and all parameters and statistics at the end.
test/updates.engines.test.ts recreates the network, its weights and its batches.
"""

import copy
import json
import pathlib

import torch
from formula import formula_tensor
from torch import nn
from torch.optim import SGD, Adam, AdamW, lr_scheduler

STEPS, BATCH = 20, 6


def network():
    model = nn.Sequential()
    model.add_module("conv", nn.Conv2d(1, 4, 3, bias=False))  # A bias would have no gradient but for rounding.
    model.add_module("bn", nn.BatchNorm2d(4))
    model.add_module("relu", nn.ReLU())
    model.add_module("flatten", nn.Flatten())
    model.add_module("fc", nn.Linear(16, 3))
    model.double().train()
    with torch.no_grad():
        for name, tensor in floats(model).items():
            values = formula_tensor(name, tensor.shape, torch.float64)
            tensor.copy_(1 + 0.25 * values if name in ("bn.weight", "bn.running_var") else 0.5 * values)
    return model


def floats(model):
    return {name: tensor for name, tensor in model.state_dict().items() if tensor.is_floating_point()}


def batch(step):
    images = formula_tensor(f"images {step}", [BATCH, 1, 4, 4], torch.float64)
    return images, torch.arange(BATCH) * (step + 1) % 3


def groups(model):
    """As decay 'weights': no decay of what has one axis."""
    parts = [[p for p in model.parameters() if p.dim() > 1], [p for p in model.parameters() if p.dim() == 1]]
    return [{"params": parts[0]}, {"params": parts[1], "weight_decay": 0.0}]


def train(make, schedule=None, parameters=nn.Module.parameters, clip=None, every=1, average=None, frozen=(), epoch=STEPS):
    """With `every` batches to an update; the last update of an epoch is the mean of the batches that are left."""
    model = network()
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not name.startswith(frozen)
    if "bn" in frozen:
        model.bn.eval()
    optimizer = make(parameters(model))
    scheduler = schedule(optimizer) if schedule else None
    averaged = copy.deepcopy(floats(model))
    losses = []
    for step in range(STEPS):
        images, labels = batch(step)
        loss = nn.functional.cross_entropy(model(images), labels)
        losses.append(loss.item())
        place = step % epoch
        first = place - place % every
        count = min(every, epoch - first)
        (loss / count).backward()
        if place == first + count - 1:
            if clip:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            optimizer.zero_grad()
            for name, tensor in floats(model).items() if average else ():
                averaged[name] = average * averaged[name] + (1 - average) * tensor
        if scheduler:
            scheduler.step()
    tensors = averaged if average else floats(model)
    return {
        "losses": losses,
        "weights": {name: [float(f"{x:.9g}") for x in t.flatten().tolist()] for name, t in tensors.items()},
    }


def decayed(parameters):
    return SGD(parameters, 0.1, momentum=0.9, weight_decay=0.05)


def one_cycle(optimizer):
    return lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=STEPS, cycle_momentum=False)


CASES = {
    "sgd": train(lambda p: SGD(p, 0.1)),
    "sgd with decay": train(lambda p: SGD(p, 0.1, weight_decay=0.05)),
    "momentum with decay": train(decayed),
    "nesterov with decay": train(lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=0.05, nesterov=True)),
    "adam": train(lambda p: Adam(p, 0.01)),
    "adam with decay": train(lambda p: Adam(p, 0.01, weight_decay=0.05)),
    "adamw with decay": train(lambda p: AdamW(p, 0.01, weight_decay=0.05)),
    "momentum over one cycle": train(decayed, one_cycle),
    "adamw along a cosine": train(
        lambda p: AdamW(p, 0.01, weight_decay=0.05), lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS)
    ),
    "decay of weights alone": train(decayed, parameters=groups),
    "adamw with decay of weights alone": train(lambda p: AdamW(p, 0.01, weight_decay=0.05), parameters=groups),
    "clipped": train(decayed, clip=0.5),
    "four batches to an update": train(decayed, every=4),
    "adam with four batches to an update": train(lambda p: Adam(p, 0.01), every=4),
    "the batches left at the end of an epoch": train(decayed, every=4, epoch=10),
    "one update an epoch": train(lambda p: Adam(p, 0.01), clip=0.5, every=1000, average=0.8, epoch=5),
    "averages": train(decayed, average=0.8),
    "frozen convolution": train(decayed, frozen=("conv",)),
    "frozen normalisation": train(decayed, frozen=("bn",)),
    "everything": train(decayed, one_cycle, groups, clip=0.5, every=4, average=0.8, frozen=("conv", "bn")),
}

if __name__ == "__main__":
    path = pathlib.Path(__file__).parents[2] / "test/witness/updates.json"
    path.write_text(json.dumps({"torch": torch.__version__, "cases": CASES}) + "\n")
