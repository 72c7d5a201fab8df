"""PyTorch in a benchmark: the process that bench/contender.js controls.

    /usr/bin/python3 bench/pytorch.py train resnet18 --input 64,3,32,32 --classes 10 --threads 2 --layout channels_last

Modes `train` (forward, backward, SGD with momentum) and `infer`. Models: lenet5, alexnet and googlenet as Fovea defines them,
`conv-C-K-KERNEL-STRIDE`, one convolution without bias with both its gradients, and torchvision's by their names.
Runs the step for as many seconds as each line of standard input says and answers with the median as JSON.
"""
import argparse
import json
import resource
import sys
import time

import torch
import torch.nn as nn

WARM_UP = 2


def lenet5(classes):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 5), nn.ReLU(), nn.Flatten(),
        nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes),
    )


def rectified(*settings, **more):
    return nn.Sequential(nn.Conv2d(*settings, **more), nn.ReLU(inplace=True))


def alexnet(classes):
    return nn.Sequential(
        rectified(3, 96, 11, 4, 5), nn.MaxPool2d(2), rectified(96, 256, 5, 1, 2), nn.MaxPool2d(2),
        rectified(256, 384, 3, 1, 1), rectified(384, 384, 3, 1, 1), rectified(384, 256, 3, 1, 1), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(12544, 4096), nn.ReLU(inplace=True), nn.Dropout(),
        nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(4096, classes),
    )


class Inception(nn.Module):
    def __init__(self, inputs, ones, reduce3, threes, reduce5, fives, pooled):
        super().__init__()
        self.branches = nn.ModuleList([
            rectified(inputs, ones, 1),
            nn.Sequential(rectified(inputs, reduce3, 1), rectified(reduce3, threes, 3, padding=1)),
            nn.Sequential(rectified(inputs, reduce5, 1), rectified(reduce5, fives, 5, padding=2)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), rectified(inputs, pooled, 1)),
        ])

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def googlenet(classes):
    def pool():
        return nn.MaxPool2d(3, 2, 1)

    return nn.Sequential(
        rectified(3, 64, 7, 1, 3), pool(), rectified(64, 64, 1), rectified(64, 192, 3, 1, 1), pool(),
        Inception(192, 64, 96, 128, 16, 32, 32), Inception(256, 128, 128, 192, 32, 96, 64), pool(),
        Inception(480, 192, 96, 208, 16, 48, 64), Inception(512, 160, 112, 224, 24, 64, 64),
        Inception(512, 128, 128, 256, 24, 64, 64), Inception(512, 112, 144, 288, 32, 64, 64),
        Inception(528, 256, 160, 320, 32, 128, 128), pool(),
        Inception(832, 256, 160, 320, 32, 128, 128), Inception(832, 384, 192, 384, 48, 128, 128),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, classes),
    )


OWN = {"lenet5": lenet5, "alexnet": alexnet, "googlenet": googlenet}


def make(name, classes):
    if name.startswith("conv-"):
        channels, outputs, kernel, stride = map(int, name.split("-")[1:])
        return nn.Conv2d(channels, outputs, kernel, stride, kernel // 2, bias=False)
    if name in OWN:
        return OWN[name](classes)
    import torchvision

    return getattr(torchvision.models, name.replace("-", "_"))(num_classes=classes)


def step_of(mode, name, model, images, classes):
    if mode == "infer":
        model.eval()

        def infer():
            with torch.inference_mode():
                model(images)

        return infer
    if name.startswith("conv-"):
        images.requires_grad_(True)
        weights = torch.randn_like(model(images).detach())

        def gradients():
            images.grad = model.weight.grad = None
            model(images).backward(weights)

        return gradients
    labels = torch.randint(classes, (len(images),))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)

    def train():
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    return train


def median_ms(step, seconds):
    times = []
    begin = start = time.perf_counter()
    while start - begin < seconds:
        step()
        end = time.perf_counter()
        times.append((end - start) * 1000)
        start = end
    return sorted(times)[len(times) // 2]


def answer(**facts):
    print(json.dumps(facts), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["train", "infer"])
    parser.add_argument("model")
    parser.add_argument("--input", required=True)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--layout", choices=["contiguous", "channels_last"], default="contiguous")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    layout = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}[options.layout]
    model = make(options.model, options.classes).to(memory_format=layout)
    images = torch.randn([int(extent) for extent in options.input.split(",")]).contiguous(memory_format=layout)
    step = step_of(options.mode, options.model, model, images, options.classes)
    for _ in range(WARM_UP):
        step()
    answer()
    for line in sys.stdin:
        medianMs = median_ms(step, float(line))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        answer(medianMs=medianMs, peakRssBytes=peak)


if __name__ == "__main__":
    main()
