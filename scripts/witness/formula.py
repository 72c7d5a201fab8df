"""Test values that the TypeScript tests compute in the same way (test/formula.ts): a hash of a name and an index."""
import numpy as np
import torch


def hash_name(name):
    """32-bit FNV-1a."""
    value = 0x811C9DC5
    for character in name:
        value = ((value ^ ord(character)) * 0x01000193) & 0xFFFFFFFF
    return value


def formula_tensor(name, shape, dtype=torch.float32):
    """Values in [-1, 1), multiples of 2^-23, that look random but follow from `name`."""
    size = int(np.prod(shape)) if len(shape) else 1
    with np.errstate(over="ignore"):
        h = np.uint32(hash_name(name)) + np.arange(size, dtype=np.uint32) * np.uint32(0x9E3779B9)
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        h = h ^ (h >> np.uint32(16))
    values = (h >> np.uint32(8)).astype(np.float64) / 2**23 - 1
    return torch.tensor(values.reshape(shape), dtype=dtype)


def sample_tensor(tensor, samples=6):
    """What is kept of a tensor: its norm, its product with a formula tensor, and a few elements spread evenly."""
    flat = tensor.detach().double().reshape(-1)
    weights = formula_tensor("figures", [flat.numel()], torch.float64)
    count = min(samples, flat.numel())
    places = [(i * flat.numel()) // count for i in range(count)]
    numbers = [flat.norm(), flat @ weights, flat.abs().max(), *flat[places]]
    return [float(f"{float(number):.9g}") for number in numbers]
