"""Trains the textbook's two ResNets in PyTorch on a small part of MNIST, and prints the test accuracy of each seed.

    python3 scripts/witness/experiments.py plain|residual MNIST_FOLDER FIRST_SEED END_SEED

The setting is that of src/experiments/resnet18-plain.ts and resnet18.ts, with Paddle's initialization. Weights and the order of
images come from PyTorch's random numbers, so seeds do not correspond to Fovea's. With PyTorch 1.13, plain, seeds 0 to 9:
0.825 0.815 0.785 0.850 0.825 0.830 0.800 0.775 0.835 0.785, mean 0.8125.
"""

import gzip
import sys

import numpy as np
import torch
from PIL import Image
from torch import nn
from torchvision.models import resnet18

RATES = {"plain": 0.005, "residual": 0.01}
EPOCHS, BATCH, EVALUATE_EVERY = 5, 64, 15


def read(folder, part, start, count):
    """Images `[count, 1, 32, 32]` from -1 to 1, and their labels."""
    with gzip.open(f"{folder}/{part}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(f"{folder}/{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    chosen = slice(start, start + count)
    resized = [np.array(Image.fromarray(image).resize((32, 32), Image.BILINEAR)) for image in pixels[chosen]]
    images = (torch.tensor(np.array(resized)).float() - 127.5) / 127.5
    return images[:, None], torch.tensor(labels[chosen].astype(np.int64))


def network(kind):
    """The textbook's ResNet-18: one channel, a stem with a bias, Paddle's initialization."""
    net = resnet18(num_classes=10)
    net.conv1 = nn.Conv2d(1, 64, 7, stride=2, padding=3)
    if kind == "plain":
        for block in [*net.layer1, *net.layer2, *net.layer3, *net.layer4]:
            block.forward = plain_forward.__get__(block)
            block.downsample = None
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            fan_in = module.weight[0].numel()
            nn.init.normal_(module.weight, 0, (2 / fan_in) ** 0.5)
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
            nn.init.zeros_(module.bias)
    return net


def plain_forward(block, x):
    hidden = torch.relu(block.bn1(block.conv1(x)))
    return torch.relu(block.bn2(block.conv2(hidden)))


@torch.no_grad()
def accuracy(net, images, labels):
    net.eval()
    right = (net(images).argmax(1) == labels).float().mean().item()
    net.train()
    return right


def run(kind, seed, train, valid, test):
    """Test accuracy of the checkpoint with the best validation, the first one of equals."""
    torch.manual_seed(seed)
    net = network(kind)
    optimizer = torch.optim.SGD(net.parameters(), lr=RATES[kind])
    best, best_state, step = -1.0, {}, 0
    steps = EPOCHS * -(-len(train[1]) // BATCH)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(train[1])).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(train[0][batch]), train[1][batch]).backward()
            optimizer.step()
            step += 1
            if step % EVALUATE_EVERY == 0 or step == steps:
                right = accuracy(net, *valid)
                if right > best:
                    best = right
                    best_state = {name: value.clone() for name, value in net.state_dict().items()}
    net.load_state_dict(best_state)
    return accuracy(net, *test)


def main():
    kind, folder, first, end = sys.argv[1:]
    parts = [read(folder, "train", 0, 1000), read(folder, "train", 50000, 200), read(folder, "t10k", 0, 200)]
    for seed in range(int(first), int(end)):
        print(f"{kind} seed {seed}: {run(kind, seed, *parts):.3f}", flush=True)


main()
