"""Weight files as PyTorch, NumPy and ONNX write them, and what those read from them again.

    /usr/bin/python3 scripts/witness/formats.py > test/witness/formats.json

needs PyTorch, NumPy and ONNX (made with Debian's python3-torch 1.13, NumPy 1.24, ONNX 1.12). Each file is there as
base64, with its tensors as [stored type, shape, values as float32 or int]; files that Fovea refuses have no tensors.
The legacy files differ from run to run: PyTorch names their storages by addresses in memory.
"""
import argparse
import base64
import collections
import io
import json
import os
import pathlib
import pickle
import zipfile

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

TYPES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
    "int16": "I16", "int8": "I8", "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL",
}


def kept(tensor):
    """[stored type, shape, values]; numbers that JSON lacks as text."""
    kind = TYPES[getattr(tensor.dtype, "name", str(tensor.dtype).split(".")[-1])]
    if isinstance(tensor, torch.Tensor):
        tensor = tensor.detach().float() if kind == "BF16" else tensor.detach()
    array = np.asarray(tensor)
    if "F" in kind:
        values = [float(v) if np.isfinite(v) else str(v) for v in array.astype(np.float32).ravel()]
    else:
        values = [int(v) for v in array.ravel()]
    return [kind, list(array.shape), values]


def file(content, tensors=None, **more):
    entry = {"base64": base64.b64encode(content).decode(), **more}
    if tensors is not None:
        entry["tensors"] = {name: kept(tensor) for name, tensor in tensors.items()}
    return entry


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def torch_file(value, path=(), **options):
    """A file of PyTorch with what torch.load gives below `path`."""
    content = saved(value, **options)
    part = torch.load(io.BytesIO(content))
    for key in path:
        part = part[key]
    return file(content, part)


def rewritten(content, change=lambda name, data: data, method=zipfile.ZIP_STORED, zip64=False, extra=()):
    """A zip archive written again, with changed or additional entries."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w") as new:
        for info in old.infolist():
            copy = zipfile.ZipInfo(info.filename)
            copy.compress_type = method
            with new.open(copy, "w", force_zip64=zip64) as entry:
                entry.write(change(info.filename, old.read(info)))
        for name, data in extra:
            new.writestr(zipfile.ZipInfo(name), data)
    return result.getvalue()


NUMBERS = [0, 1, -2.5, 3.14159, 1e-3, 100]
TORCH_TYPES = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
UNSIGNED = ["uint8", "bool"]
EVERY_TYPE = collections.OrderedDict(
    (name, torch.tensor([0, 1, 2 if name in UNSIGNED else -2, 117], dtype=getattr(torch, name)))
    for name in TORCH_TYPES
)


def views():
    grid = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    return {
        "transposed": grid.permute(2, 0, 1),
        "every other": grid[:, ::2, 1::2],
        "row": grid[1, 2],
        "one": grid[1, 1, 1],
        "shared": grid,
        "channels last": torch.arange(16.0).reshape(1, 2, 2, 4).contiguous(memory_format=torch.channels_last),
        "empty": torch.zeros(0, 3),
        "halves": grid.half()[1].t(),
        "truths": (grid > 11).permute(1, 2, 0),
        "special": torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0, 1e-45, 3.4e38]),
    }


def checkpoint():
    """What training scripts save beside the weights."""
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            parameter.copy_(torch.arange(parameter.numel()).reshape(parameter.shape) / 8 - i)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [30, 60])
    model(torch.ones(2, 1, 4, 4)).sum().backward()
    optimizer.step()
    settings = argparse.Namespace(
        lr=0.1,
        data=pathlib.PosixPath("/data/set"),
        device=torch.device("cpu"),
        size=torch.Size([4, 4]),
        type=torch.float16,
    )
    return {
        "epoch": 12, "best": np.float64(91.25), "args": settings, "classes": ["cat", "dog"], "steps": {3, 5},
        "state_dict": collections.OrderedDict((f"module.{k}", v) for k, v in model.state_dict().items()),
        "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(),
    }


class WithStorages(pickle.Pickler):
    """PyTorch's structure of tensors, whose storages are outside of it."""
    def persistent_id(self, value):
        return value.id if isinstance(value, StorageId) else None


class StorageId:
    def __init__(self, *id):
        self.id = id


class Call:
    """Is pickled as the call of a function."""
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def legacy_with_view():
    """A storage that is a view of another, as PyTorch 0.4 wrote it."""
    buffer = io.BytesIO()
    machine = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    for value in (0x1950A86A20F9469CFC6C, 1001, machine):
        pickle.dump(value, buffer, protocol=2)
    whole = StorageId("storage", torch.FloatStorage, "7", "cpu", 10, None)
    view = StorageId("storage", torch.FloatStorage, "7", "cpu", 10, ("8", 4, 6))
    rebuild = torch._utils._rebuild_tensor
    tensors = {"whole": Call(rebuild, whole, 0, (2, 5), (5, 1)), "view": Call(rebuild, view, 1, (2, 2), (2, 1))}
    WithStorages(buffer, protocol=2).dump(tensors)
    pickle.dump(["7"], buffer, protocol=2)
    buffer.write((10).to_bytes(8, "little") + np.arange(10, dtype="<f4").tobytes())
    return file(buffer.getvalue(), torch.load(io.BytesIO(buffer.getvalue())))


def big_endian():
    """PyTorch since 2.1 says in an entry that a file was written on a machine of the other order."""
    tensors = {"a": torch.tensor(NUMBERS), "b": torch.tensor([1, -2, 300])}
    widths = {"archive/data/0": 4, "archive/data/1": 8}

    def swap(name, data):
        return np.frombuffer(data, f"u{widths[name]}").byteswap().tobytes() if name in widths else data

    return file(rewritten(saved(tensors), swap, extra=[("archive/byteorder", b"big")]), tensors)


def negated():
    """A view that is to be negated, as PyTorch since 2.0 writes it; 1.13 forgets to."""
    storage = StorageId("storage", torch.FloatStorage, "0", "cpu", 2)
    flags = {"conj": False, "neg": True}
    structure = io.BytesIO()
    tensor = Call(torch._utils._rebuild_tensor_v2, storage, 0, (2,), (1,), False, collections.OrderedDict(), flags)
    WithStorages(structure, protocol=2).dump({"a": tensor})

    def change(name, data):
        return structure.getvalue() if name == "archive/data.pkl" else data

    return file(rewritten(saved({"a": torch.ones(2)}), change))


def torch_files():
    attributed = torch.tensor([1.0, 2.0])
    attributed.decay = False
    stored = saved(EVERY_TYPE)
    return {
        "every type.pt": torch_file(EVERY_TYPE),
        "every type, legacy.pt": torch_file(EVERY_TYPE, _use_new_zipfile_serialization=False),
        "views.pt": torch_file(views()),
        "views, legacy.pt": torch_file(views(), _use_new_zipfile_serialization=False),
        "view of a storage, legacy.pt": legacy_with_view(),
        "checkpoint.pt": torch_file(checkpoint(), ["state_dict"]),
        "checkpoint, legacy.pt": torch_file(checkpoint(), ["state_dict"], _use_new_zipfile_serialization=False),
        "parameters.pt": torch_file({"plain": torch.nn.Parameter(torch.ones(2)), "attributed": attributed}),
        "protocol 4.pt": torch_file({"a": torch.ones(3)}, pickle_protocol=4),
        "nested.pt": file(
            saved({"a": {"b": torch.ones(1)}, "c": [torch.zeros(2)]}),
            {"a.b": torch.ones(1), "c.0": torch.zeros(2)},
        ),
        "one tensor.pt": file(saved(torch.ones(2, 2)), {"tensor": torch.ones(2, 2)}),
        "compressed.pt": file(rewritten(stored, method=zipfile.ZIP_DEFLATED), EVERY_TYPE),
        "zip64.pt": file(rewritten(stored, zip64=True), EVERY_TYPE),
        "big endian.pt": big_endian(),
        "sparse.pt": file(saved({"a": torch.eye(2).to_sparse()})),
        "complex.pt": file(saved({"a": torch.zeros(2, dtype=torch.complex64)})),
        "quantized.pt": file(saved({"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)})),
        "negated.pt": negated(),
        "expanded.pt": file(saved({"a": torch.ones(1).expand(1000)})),
        "module.pt": file(saved(torch.nn.Linear(1, 1))),
        "script.pt": file(script()),
    }


def script():
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(torch.nn.ReLU(), torch.ones(1)), buffer)
    return buffer.getvalue()


ARRAYS = {
    "fc.weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
    "column major": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big endian": np.array(NUMBERS, dtype=">f4"),
    "half": np.array(NUMBERS, dtype=np.float16),
    "scalar": np.array(7, dtype=np.int64),
    "truths": np.array([True, False]),
    "unsigned": np.array([0, 65535], dtype=np.uint16),
    "empty": np.zeros((0, 2), dtype=np.float32),
    "bytes": np.array([0, 255], dtype=np.uint8),
    "long": np.array([2**31 - 1], dtype=np.uint64),
    "word": np.array([9], dtype=np.uint32),
}


def paddle_files():
    parameters = {name: f"linear_0.{i}" for i, name in enumerate(ARRAYS)}
    with_names = {**ARRAYS, "StructuredToParameterName@@": parameters}
    # Paddle pickles a tensor that is not in a state_dict as a tuple of its name and an array.
    nested = {"model": {"fc.weight": Call(tuple, ("linear_0.w_0", ARRAYS["fc.weight"]))}, "epoch": 3}
    command = {"a": ARRAYS["half"], "b": Call(os.system, "echo done by a weight file")}
    return {
        **{f"protocol {p}.pdparams": file(pickle.dumps(with_names, protocol=p), ARRAYS) for p in (2, 3, 4, 5)},
        "nested.pdparams": file(pickle.dumps(nested, protocol=4), {"fc.weight": ARRAYS["fc.weight"]}),
        "arrays.pkl": file(pickle.dumps(ARRAYS, protocol=4), ARRAYS),
        "sliced.pdparams": file(pickle.dumps({"a@@.0": ARRAYS["half"], "UnpackBigParamInfor@@": {}}, protocol=2)),
        "text protocol.pkl": file(pickle.dumps(ARRAYS, protocol=0)),
        "objects.pkl": file(pickle.dumps({"a": np.array([{}, []], dtype=object)}, protocol=4)),
        "command.pkl": file(pickle.dumps(command, protocol=2)),
        "command, protocol 4.pkl": file(pickle.dumps(command, protocol=4)),
    }


def npy(array, version=None):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=version)
    return buffer.getvalue()


def npz(save, arrays):
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


def numpy_files():
    array = ARRAYS["column major"]
    return {
        **{f"version {v}.npy": file(npy(array, (v, 0)), {"tensor": array}) for v in (1, 2, 3)},
        "big endian.npy": file(npy(ARRAYS["big endian"]), {"tensor": ARRAYS["big endian"]}),
        "arrays.npz": file(npz(np.savez, ARRAYS), ARRAYS),
        "compressed.npz": file(npz(np.savez_compressed, ARRAYS), ARRAYS),
        "float32.npy": file(npy(ARRAYS["fc.weight"]), {"tensor": ARRAYS["fc.weight"]}),
        "text.npy": file(npy(np.array(["a"]))),
        "complex.npy": file(npy(np.array([1j]))),
        "records.npy": file(npy(np.zeros(1, dtype=[("a", "f4")]))),
    }


def model(initializers):
    graph = helper.make_graph([], "graph", [], [], initializers)
    made = helper.make_model(graph)
    helper.set_model_props(made, {"classes": "cat,dog"})
    return made.SerializeToString()


def onnx_file(initializers):
    content = model(initializers)
    read = onnx.load_from_string(content).graph.initializer
    return file(content, {tensor.name: numpy_helper.to_array(tensor) for tensor in read})


def onnx_files():
    arrays = [np.array([0, 1, 1], dtype=t) for t in
              ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "bool")]
    numbers = onnx.mapping.NP_TYPE_TO_TENSOR_TYPE
    typed = [helper.make_tensor(f"{a.dtype}", numbers[a.dtype], [3], a) for a in arrays]
    negative = helper.make_tensor("negative", TensorProto.INT64, [1, 2], [-1, -(2**31)])
    outside = numpy_helper.from_array(np.ones(2, dtype=np.float32), "outside")
    outside.ClearField("raw_data")
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="../../etc/passwd")
    raw = [numpy_helper.from_array(a, f"{a.dtype}") for a in arrays]
    empty = numpy_helper.from_array(np.ones((2, 0, 1), dtype=np.float32), "empty")
    return {
        "raw.onnx": onnx_file([*raw, empty]),
        "typed.onnx": onnx_file([*typed, negative]),
        "outside.onnx": file(model([outside])),
        "text.onnx": file(model([helper.make_tensor("a", TensorProto.STRING, [1], [b"x"])])),
    }


if __name__ == "__main__":
    torch.manual_seed(0)
    files = {**torch_files(), **paddle_files(), **numpy_files(), **onnx_files()}
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in files.items()]
    print("{\n" + ",\n".join(lines) + "\n}")
