"""Writes test/witness/models-starts.json: the scale of torchvision's initial weights, for each kind of parameter.

    /usr/bin/python3 scripts/witness/models_starts.py

Per network and kind, the largest parameter of at most a million elements: its name, the root mean
square of its elements, and their largest magnitude, which distinguishes uniform from normal distributions.
"""
import json
import pathlib

import torch
import torch.nn as nn
import torchvision.models as tv

CLASSES = 10
# Built-in models with options, and torchvision's models with their initial weights.
NETWORKS = {
    "alexnet-torchvision": tv.alexnet,
    "vgg11": tv.vgg11,
    "vgg11-bn": tv.vgg11_bn,
    "googlenet batchNorm=true auxiliary=true init=normal": lambda **options: tv.googlenet(init_weights=True, **options),
    "resnet18": tv.resnet18,
    "resnet50": tv.resnet50,
    "mobilenet-v2": tv.mobilenet_v2,
    "mobilenet-v3-small": tv.mobilenet_v3_small,
    "shufflenet-v2-x1.0": tv.shufflenet_v2_x1_0,
    "squeezenet1.1": tv.squeezenet1_1,
    "efficientnet-b0": tv.efficientnet_b0,
}


def kind_of(layer):
    if isinstance(layer, nn.Conv2d):
        classifies = layer.out_channels == CLASSES  # SqueezeNet's last
        return "classifier" if classifies else "grouped convolution" if layer.groups > 1 else "convolution"
    return {nn.Linear: "classifier", nn.BatchNorm2d: "norm"}.get(type(layer))


def starts_of(make):
    torch.manual_seed(0)
    largest = {}
    for path, layer in make(num_classes=CLASSES).named_modules():
        for field, tensor in layer.named_parameters(recurse=False):
            kind = f"{kind_of(layer)} {field}"
            if tensor.numel() <= 1_000_000 and tensor.numel() > largest.get(kind, ("", torch.empty(0)))[1].numel():
                largest[kind] = (f"{path}.{field}", tensor)
    return {
        name: [float(f"{number:.4g}") for number in (tensor.square().mean().sqrt(), tensor.abs().max())]
        for name, tensor in largest.values()
    }


if __name__ == "__main__":
    rows = [f"{json.dumps(name)}:{json.dumps(starts_of(make))}" for name, make in NETWORKS.items()]
    path = pathlib.Path(__file__).parents[2] / "test/witness/models-starts.json"
    path.write_text("{" + ",\n".join(rows) + "}\n")
    print(path, path.stat().st_size)
