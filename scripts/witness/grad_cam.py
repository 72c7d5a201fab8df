"""Writes test/witness/grad-cam.json: a small network (convolution, ReLU, max pooling, convolution, ReLU, linear) with its weights,
an image, the outputs of its layers, Grad-CAM of two classes at both ReLUs by PyTorch hooks, and bilinear interpolations.

Run in the root of the repository: python3 scripts/witness/grad_cam.py"""

import json

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)


def listed(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{value:.7g}") for value in tensor.detach().flatten().tolist()]}


network = nn.Sequential()
network.add_module("conv1", nn.Conv2d(2, 3, 3, padding=1))
network.add_module("relu1", nn.ReLU())
network.add_module("pool", nn.MaxPool2d(2))
network.add_module("conv2", nn.Conv2d(3, 4, 2))
network.add_module("relu2", nn.ReLU())
network.add_module("flatten", nn.Flatten())
network.add_module("fc", nn.Linear(16, 3))

outputs, gradients = {}, {}
for name, layer in network.named_children():
    layer.register_forward_hook(lambda _, __, output, name=name: outputs.update({name: output}))
    layer.register_full_backward_hook(lambda _, __, grads, name=name: gradients.update({name: grads[0]}))


def grad_cam(image, layer, index):
    network.zero_grad()
    network(image)[0, index].backward()
    weights = gradients[layer].mean(dim=(2, 3), keepdim=True)
    return F.relu((weights * outputs[layer]).sum(dim=1))[0]


image = torch.randn(1, 2, 6, 6)
with torch.no_grad():
    network(image)
kept = {name: listed(output) for name, output in outputs.items()}
cases = [
    {"layer": layer, "class": index, "map": listed(grad_cam(image, layer, index))}
    for layer in ("relu1", "relu2")
    for index in (0, 2)
]
plane = torch.randn(1, 1, 3, 4)
enlargements = [
    listed(F.interpolate(plane, size=size, mode="bilinear", align_corners=False)[0, 0]) for size in ((7, 9), (6, 4), (3, 4))
]

with open("test/witness/grad-cam.json", "w") as file:
    json.dump(
        {
            "weights": {name: listed(value) for name, value in network.state_dict().items()},
            "image": listed(image),
            "outputs": kept,
            "gradCam": cases,
            "plane": listed(plane[0, 0]),
            "enlarged": enlargements,
        },
        file,
        separators=(",", ":"),
    )
    file.write("\n")
