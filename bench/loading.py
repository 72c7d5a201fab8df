# torchvision's side of bench/loading.js: images per second of a DataLoader over a folder, one turn for each line of input.
import json
import sys
import time

import torch
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

folder, size, batch, workers = sys.argv[1], *map(int, sys.argv[2:5])
torch.set_num_threads(1)
transform = transforms.Compose(
    [
        transforms.RandomResizedCrop(size),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)
loader = DataLoader(
    ImageFolder(folder, transform),
    batch_size=batch,
    shuffle=True,
    num_workers=workers,
    persistent_workers=workers > 0,
)


def images_per_second(seconds):
    """Whole epochs, until the time is over; the first batch, for which workers start, is not counted."""
    count, start = 0, None
    while True:
        for images, _ in loader:
            now = time.perf_counter()
            if start is None:
                start = now
                continue
            count += len(images)
            if now - start >= seconds:
                return count / (now - start)


print(json.dumps({}), flush=True)
for line in sys.stdin:
    print(json.dumps({"imagesPerSecond": images_per_second(float(line))}), flush=True)
