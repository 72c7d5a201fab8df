"""Writes test/witness/models-counts.json: the counts of the built-in models, measured in PyTorch by forward hooks.

    /usr/bin/python3 scripts/witness/models_counts.py [NETWORK...]

Measures all networks, or those named, and keeps the counts of the others.
Per network at one image of its own size, with 10 classes: parameters and running statistics; multiply-adds of
convolution and linear layers, additions of their biases, and two operations for each element that a batch norm gives;
`kept`, the bytes of images that the forward pass keeps for the backward pass, per image, without dropout;
and sha256 of the sorted lines `name shape` of its state and `name shape multiply-adds` of its convolution and linear
layers' outputs, the numbers of a shape joined by x.
"""
import hashlib
import json
import pathlib
import sys

import torch
import torch.nn as nn
from models_networks import NETWORKS, loss_of
from torchvision.ops import StochasticDepth

SIZES = {
    "lenet5": (1, 32, 32), "lenet-sigmoid": (1, 28, 28),
    "efficientnet-b1": (3, 240, 240), "efficientnet-b2": (3, 260, 260), "efficientnet-b3": (3, 300, 300),
}


def size_of(name):
    return SIZES.get(name, (3, 32, 32) if "cifar" in name else (3, 224, 224))


def hash_of(lines):
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def joined(shape):
    return "x".join(map(str, shape))


def counts_of(name):
    torch.manual_seed(0)
    model = NETWORKS[name]().eval()
    counts = {"macs": 0, "biasAdds": 0, "normOps": 0}
    layers = []

    def count_layer(path):
        def hook(layer, _inputs, y):
            macs = y.numel() * layer.weight[0].numel()
            counts["macs"] += macs
            counts["biasAdds"] += 0 if layer.bias is None else y.numel()
            layers.append(f"{path} {joined(y.shape)} {macs}")
        return hook

    def count_norm(_layer, _inputs, y):
        counts["normOps"] += 2 * y.numel()

    for path, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(count_layer(path))
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_hook(count_norm)
    with torch.no_grad():
        model(torch.zeros(1, *size_of(name)))
    state = {n: t for n, t in model.state_dict().items() if not n.endswith("num_batches_tracked")}
    params = sum(p.numel() for p in model.parameters())
    return {
        "params": params,
        "buffers": sum(t.numel() for t in state.values()) - params,
        **counts,
        "kept": kept_bytes(name),
        "state": hash_of(f"{n} {joined(t.shape)}" for n, t in state.items()),
        "layers": hash_of(layers),
    }


def kept_bytes(name):
    """Of two images, halved: batch norm cannot train on one value per channel. Each storage counts once."""
    model = NETWORKS[name]().train()
    for module in model.modules():
        if isinstance(module, (nn.Dropout, StochasticDepth)):
            module.p = 0
    own = {tensor.data_ptr() for tensor in model.state_dict().values()}
    kept = {}

    def keep(tensor):
        if tensor.is_floating_point() and tensor.dim() > 1 and tensor.shape[0] == 2 and tensor.data_ptr() not in own:
            kept[tensor.data_ptr()] = 4 * tensor.numel()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = loss_of(model, torch.rand(2, *size_of(name)), torch.tensor([0, 1]))
    assert loss.requires_grad
    return sum(kept.values()) // 2


if __name__ == "__main__":
    path = pathlib.Path(__file__).parents[2] / "test/witness/models-counts.json"
    kept = json.loads(path.read_text()) if sys.argv[1:] else {}
    counts = {name: counts_of(name) if name in sys.argv[1:] or name not in kept else kept[name] for name in NETWORKS}
    rows = [f"{json.dumps(name)}:{json.dumps(row)}" for name, row in counts.items()]
    path.write_text("{" + ",\n".join(rows) + "}\n")
    print(path, path.stat().st_size)
