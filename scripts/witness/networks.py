"""Reference values of PyTorch for random networks (test/networks.ts), in float64: the output and every gradient.

    node scripts/witness/networks.js | python3 scripts/witness/networks.py > test/witness/networks.json

Reads lists of networks as JSON, one list a line, and answers each with a line.
"""

import json
import sys

import torch
from formula import formula_tensor
from ops import OPERATORS, projection, rounded


def parameter(name, kind, shape):
    tensor = formula_tensor(name, shape).double()
    return tensor.abs() + 0.5 if kind == "variance" else tensor


def network_norms(network):
    seed = network["seed"]
    values = [formula_tensor(f"{seed}/image", network["image"]).double().requires_grad_()]
    weights = []
    for i, layer in enumerate(network["layers"]):
        operands = [
            parameter(f"{seed}/{i}.{k}", each["kind"], each["shape"])
            for k, each in enumerate(layer["parameters"])
        ]
        for each, operand in zip(layer["parameters"], operands):
            if each["kind"] == "weight":
                weights.append(operand.requires_grad_())
        inputs = [values[at] for at in layer["inputs"]]
        result = OPERATORS[layer["operator"]](*inputs, *operands, **layer["attributes"])
        values.append(result[0] if isinstance(result, tuple) else result)
    direction = formula_tensor(f"{seed}/direction", values[-1].shape).double()
    loss = (values[-1] * direction).sum() + (values[0] * values[0]).sum()
    tensors = [values[-1], *torch.autograd.grad(loss, [values[0], *weights])]
    return {"seed": seed, "figures": [norm_and_projection(tensor) for tensor in tensors]}


def norm_and_projection(tensor):
    """Norm and projection, as in test/networks.run.ts."""
    values = tensor.detach().flatten()
    return [rounded(values.norm().item()), rounded(projection(values.tolist(), 7919, 1009))]


for line in sys.stdin:
    rows = [json.dumps(network_norms(network), separators=(",", ":")) for network in json.loads(line)]
    print(f"[{','.join(rows)}]", flush=True)
