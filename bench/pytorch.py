"""One measurement of PyTorch, as JSON: the peer of `fovea bench`.

    /usr/bin/python3 bench/pytorch.py train resnet18 --input 64,3,32,32 --steps 10 --threads 2

Modes `train` (forward, backward, SGD with momentum) and `infer`; models lenet5, resnet18, and `conv-C-K-KERNEL-STRIDE`: one
convolution without bias, forward and both gradients. The better of the two memory layouts counts.
"""
import argparse
import collections
import json
import resource
import time

import torch
import torch.nn as nn


def lenet5(classes):
    return nn.Sequential(
        collections.OrderedDict(
            conv1=nn.Conv2d(1, 6, 5), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(6, 16, 5), relu2=nn.ReLU(), pool2=nn.AvgPool2d(2),
            conv3=nn.Conv2d(16, 120, 5), relu3=nn.ReLU(), flatten=nn.Flatten(),
            fc1=nn.Linear(120, 84), relu4=nn.ReLU(), fc2=nn.Linear(84, classes),
        )
    )


def make(name, classes):
    if name == "lenet5":
        return lenet5(classes)
    if name.startswith("conv-"):
        channels, outputs, kernel, stride = map(int, name.split("-")[1:])
        return nn.Conv2d(channels, outputs, kernel, stride, kernel // 2, bias=False)
    import torchvision

    return getattr(torchvision.models, name)(num_classes=classes)


def step_of(mode, name, model, images, classes):
    labels = torch.randint(classes, (len(images),))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    if mode == "infer":
        model.eval()

        def infer():
            with torch.no_grad():
                model(images)

        return infer
    if name.startswith("conv-"):
        images.requires_grad_(True)
        weights = torch.randn_like(model(images).detach())

        def gradients():
            images.grad = model.weight.grad = None
            model(images).backward(weights)

        return gradients

    def train():
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    return train


def median_ms(step, steps):
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)[len(times) // 2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["train", "infer"])
    parser.add_argument("model")
    parser.add_argument("--input", required=True)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shape = [int(extent) for extent in options.input.split(",")]
    layouts = {}
    for layout in (torch.contiguous_format, torch.channels_last):
        model = make(options.model, options.classes).to(memory_format=layout)
        images = torch.randn(shape).contiguous(memory_format=layout)
        step = step_of(options.mode, options.model, model, images, options.classes)
        for _ in range(2):
            step()
        layouts[str(layout).split(".")[-1]] = median_ms(step, options.steps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"medianMs": min(layouts.values()), "layouts": layouts, "peakRssBytes": peak}))


if __name__ == "__main__":
    main()
