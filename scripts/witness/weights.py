"""Checksums of the weights in the files of shared/data/weights, as PyTorch and NumPy read them.

    /usr/bin/python3 scripts/witness/weights.py FOLDER > test/witness/weights.json

needs PyTorch (made with Debian's python3-torch 1.13). For each file, by its path in FOLDER, the tensors as [shape, SHA-256 of the
elements as float32 or int32]; files that PyTorch cannot load either are skipped.
"""
import hashlib
import json
import pathlib
import pickle
import struct
import sys

import numpy as np
import torch

NOT_WEIGHTS = {".json", ".md", ".png", ".jpg", ".txt", ".tar"}


def safetensors(path):
    """The few lines of the format's description."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    types = {"F32": "<f4", "F16": "<f2", "I64": "<i8"}

    def tensor(dtype, shape, data_offsets):
        start, end = (8 + length + at for at in data_offsets)
        return torch.from_numpy(np.frombuffer(content[start:end], types[dtype]).reshape(shape).copy())

    return {name: tensor(**entry) for name, entry in header.items()}


def paddle(path):
    with path.open("rb") as file:
        entries = pickle.load(file, encoding="latin1")
    return {name: torch.from_numpy(array) for name, array in entries.items() if isinstance(array, np.ndarray)}


def pytorch(path):
    value = torch.load(path, map_location="cpu")
    for key in ("state_dict", "my_state_dict", "my_model"):
        value = value.get(key, value)
    return value


READERS = {".safetensors": safetensors, ".pdparams": paddle, ".pt": pytorch, ".th": pytorch}


def kept(tensor):
    values = tensor.to(torch.float32 if tensor.is_floating_point() else torch.int32).contiguous().numpy()
    return [list(tensor.shape), hashlib.sha256(values.tobytes()).hexdigest()[:16]]


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    witness = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in NOT_WEIGHTS and path.name != "broken.pt":
            tensors = READERS[path.suffix](path)
            witness[str(path.relative_to(folder))] = {name: kept(tensor) for name, tensor in tensors.items()}
    lines = [f"{json.dumps(path)}: {json.dumps(tensors)}" for path, tensors in witness.items()]
    print("{\n" + ",\n".join(lines) + "\n}")
