"""torchvision's side of the alignment: creates random networks and their outputs, or runs given weights.

    python3 torchvision_side.py make resnet18 FOLDER --input 4,3,64,64   writes weights.pth and outputs.npz
    python3 torchvision_side.py run resnet18 FOLDER                      reads weights.safetensors, writes outputs.npz

outputs.npz holds images, evaluated (logits of the evaluated network), trained (logits with batch statistics, no dropout, in
float64) and rounding (how far float32 takes torchvision from these, relative to the largest).
"""
import argparse
import json
import struct
from pathlib import Path

import numpy as np
import torch
import torchvision


def build(name, classes=10):
    extra = {"aux_logits": False, "transform_input": False, "init_weights": True} if name == "googlenet" else {}
    model = getattr(torchvision.models, name)(num_classes=classes, **extra)
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0
    return model


def with_statistics(model, shape):
    """Running statistics that differ from those of a new network."""
    model.train()
    with torch.no_grad():
        for _ in range(3):
            model(torch.randn(shape))
    return model


def outputs(model, images):
    with torch.no_grad():
        evaluated = model.eval()(images)
        rounded = model.train()(images)
        trained = model.double()(images.double())
    rounding = (rounded - trained).abs().max() / trained.abs().max()
    return {
        "images": images.numpy(),
        "evaluated": evaluated.numpy(),
        "trained": trained.float().numpy(),
        "rounding": rounding.float().numpy(),
    }


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        values = np.frombuffer(data[8 + length + start : 8 + length + end], dtype=np.float32)
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["make", "run"])
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--input")
    options = parser.parse_args()
    torch.manual_seed(0)
    model = build(options.model)
    if options.mode == "make":
        shape = [int(extent) for extent in options.input.split(",")]
        with_statistics(model, shape)
        torch.save(model.state_dict(), options.folder / "weights.pth")
        images = torch.randn(shape)
    else:
        model.load_state_dict(read_safetensors(options.folder / "weights.safetensors"))  # Strict: every name, every shape.
        images = torch.from_numpy(np.load(options.folder / "outputs.npz")["images"])
    np.savez(options.folder / "outputs.npz", **outputs(model, images))


if __name__ == "__main__":
    main()
